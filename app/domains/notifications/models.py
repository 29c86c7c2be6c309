"""Tables of the notifications room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.notifications.values import MailKind, MailState, MessageKind
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


class Mail(Base):
    """An e-mail that is to be sent; its text is written when it goes out, so it never tells what is old."""

    __tablename__ = "notifications_mail"
    __table_args__ = (CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[MailKind]
    about_id: Mapped[UUID] = mapped_column(index=True)
    to_address: Mapped[str]
    subject: Mapped[str]
    state: Mapped[MailState]
    tries: Mapped[int]
    #: Why the last try failed; empty when it did not.
    error: Mapped[str]
    queued_by: Mapped[str]
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
