"""Who changed what, when, from what to what: every change of money, price, stock, status or personal data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.db import Base
from app.kernel.ids import new_id


class AuditRow(Base):
    """One change. Append-only."""

    __tablename__ = "infra_audit"
    __table_args__ = (Index(None, "entity_id", "at"), Index(None, "at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    #: Account of the person, None for programs.
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    #: What was done, as room.verb, e.g. "supply.receive".
    action: Mapped[str]
    entity_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
