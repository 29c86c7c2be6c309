"""Tables of the reconciliation room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.payments.values import BookingKind
from app.domains.reconciliation.values import DifferenceState, MismatchKind
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class BookingRow(Base):
    """A line of our balance as the provider keeps it; `id` is the cause of its fee's journal."""

    __tablename__ = "reconciliation_booking"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    #: The provider's id of the line (txn_…).
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[BookingKind]
    #: The provider's own word.
    type_name: Mapped[str]
    #: What was booked (ch_…, re_…, po_…), and the payment it belongs to (pi_…).
    source_ref: Mapped[str] = mapped_column(index=True)
    payment_ref: Mapped[str | None] = mapped_column(index=True)
    #: Signed: money out is negative. The fee is on top.
    amount_cents: Mapped[int] = mapped_column(BigCents)
    fee_cents: Mapped[int] = mapped_column(BigCents)
    currency: Mapped[str]
    at: Mapped[datetime]
    on: Mapped[date] = mapped_column(index=True)
    #: Ours, once it matched.
    payment_id: Mapped[UUID | None] = mapped_column(index=True)
    refund_id: Mapped[UUID | None] = mapped_column(index=True)


class Day(Base):
    """A day that was compared; the newest run counts."""

    __tablename__ = "reconciliation_day"
    on: Mapped[date] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    bookings: Mapped[int]
    matched: Mapped[int]


class Difference(Base):
    """A difference that was found, and what became of it; never deleted."""

    __tablename__ = "reconciliation_difference"
    __table_args__ = (
        UniqueConstraint(
            "kind",
            "ref",
            "booking_ref",
            "payment_id",
            "refund_id",
            name="uq_reconciliation_difference_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_reconciliation_difference_open", "on", postgresql_where=text("state = 'open'")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    on: Mapped[date] = mapped_column(index=True)
    kind: Mapped[MismatchKind]
    state: Mapped[DifferenceState]
    ref: Mapped[str]
    booking_ref: Mapped[str | None]
    payment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    hub_id: Mapped[UUID | None]
    currency: Mapped[str]
    ours_cents: Mapped[int] = mapped_column(BigCents)
    theirs_cents: Mapped[int] = mapped_column(BigCents)
    reason: Mapped[str] = mapped_column(default="", server_default=text("''"))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
