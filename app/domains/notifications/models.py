"""Tables of the notifications room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.notifications.values import MessageKind
from app.infra.db import Base
from app.kernel.ids import new_id


class Message(Base):
    """One message in one inbox; a repeated cause makes no second one."""

    __tablename__ = "notifications_message"
    __table_args__ = (UniqueConstraint("account_id", "kind", "about_id"), Index(None, "account_id", "at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"))
    kind: Mapped[MessageKind]
    about_id: Mapped[UUID]
    params: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
