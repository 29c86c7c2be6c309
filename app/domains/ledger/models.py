"""Tables of the ledger room: journals and their postings; rows are only ever added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.ledger.values import JournalKind, LedgerAccount
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Journal(Base):
    """One event of money, linked to its cause. Its postings add up to zero (constraint trigger `ledger_balanced`)."""

    __tablename__ = "ledger_journal"
    __table_args__ = (UniqueConstraint("kind", "cause_id"), Index(None, "hub_id", "at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[JournalKind]
    #: Row that caused it: a payment, refund, receipt line, pickup event, commission entry.
    cause_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    at: Mapped[datetime]


class PostingRow(Base):
    """One side of a journal; debit positive, credit negative."""

    __tablename__ = "ledger_posting"
    __table_args__ = (CheckConstraint("amount_cents <> 0", name="not_zero"), Index(None, "account", "owner_id"))
    id: Mapped[int] = mapped_column(BigCents, Identity(), primary_key=True)
    journal_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_journal.id"), index=True)
    account: Mapped[LedgerAccount]
    owner_id: Mapped[UUID | None]
    amount_cents: Mapped[int] = mapped_column(BigCents)
