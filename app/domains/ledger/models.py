"""Tables of the ledger room: journals and their postings, checkpoints of balances, closed periods.

Rows are only ever added, but for balances, which `service.checkpoints` keeps equal to the postings below the mark.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.ledger.values import JournalKind, LedgerAccount
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Journal(Base):
    """One event of money, linked to its cause. Its postings add up to zero (constraint trigger `ledger_balanced`).

    The database refuses one whose `at` lies in a closed period of its hub (trigger `ledger_period_open`).
    """

    __tablename__ = "ledger_journal"
    __table_args__ = (UniqueConstraint("kind", "cause_id"), Index(None, "hub_id", "at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[JournalKind]
    #: Row that caused it: a payment, refund, receipt line, pickup event, commission entry; the journal it reverses.
    cause_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    at: Mapped[datetime]
    #: Why a person posted it; empty for what follows from a row.
    note: Mapped[str] = mapped_column(default="", server_default=text("''"))


class PostingRow(Base):
    """One side of a journal; debit positive, credit negative."""

    __tablename__ = "ledger_posting"
    __table_args__ = (CheckConstraint("amount_cents <> 0", name="not_zero"), Index(None, "account", "owner_id", "id"))
    id: Mapped[int] = mapped_column(BigCents, Identity(), primary_key=True)
    journal_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_journal.id"), index=True)
    account: Mapped[LedgerAccount]
    owner_id: Mapped[UUID | None]
    amount_cents: Mapped[int] = mapped_column(BigCents)


class BalanceMark(Base):
    """A checkpoint was taken: `Held` holds every posting up to this id, and none above. The newest one counts."""

    __tablename__ = "ledger_balance_mark"
    upto_id: Mapped[int] = mapped_column(BigCents, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    #: Postings that this checkpoint took in.
    postings: Mapped[int]


class Held(Base):
    """Sum of an account's postings up to the newest mark; debit positive."""

    __tablename__ = "ledger_balance"
    __table_args__ = (
        UniqueConstraint("account", "owner_id", "hub_id", "currency", postgresql_nulls_not_distinct=True),
    )
    id: Mapped[int] = mapped_column(BigCents, Identity(), primary_key=True)
    account: Mapped[LedgerAccount]
    owner_id: Mapped[UUID | None]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    amount_cents: Mapped[int] = mapped_column(BigCents)


class Period(Base):
    """A closed month of a hub: no journal is posted between its two instants any more, and nothing opens it again."""

    __tablename__ = "ledger_period"
    __table_args__ = (UniqueConstraint("hub_id", "month"), CheckConstraint("starts_at < ends_at", name="in_order"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID]
    #: First day of the month.
    month: Mapped[date]
    #: From, and before; by the hub's clock.
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]


class PeriodSum(Base):
    """An account in a closed month: what it held at the beginning, and what moved; debit positive."""

    __tablename__ = "ledger_period_sum"
    period_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_period.id"), primary_key=True)
    account: Mapped[LedgerAccount] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    opening_cents: Mapped[int] = mapped_column(BigCents)
    moved_cents: Mapped[int] = mapped_column(BigCents)
