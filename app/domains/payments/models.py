"""Tables of the payments room. Order ids are plain ids: orders stand on a floor above."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.payments.values import EntryKind, HoldStatus, PaymentStatus, RefundKind, RefundStatus, Route
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Payment(Base):
    """One attempt to collect an order's total, or the balance's part of one. `id` is the key at the provider."""

    __tablename__ = "payments_payment"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(
            "refunded_cents BETWEEN 0 AND greatest(received_cents, capture_cents)", name="refunds_within_payment"
        ),
        CheckConstraint("released_cents + capture_cents BETWEEN 0 AND amount_cents", name="released_within_amount"),
        Index(
            "ix_payments_payment_open",
            "next_look_at",
            postgresql_where=text("status IN ('intended', 'waiting', 'authorised')"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(index=True)
    order_no: Mapped[str]
    hub_id: Mapped[UUID]
    resident_id: Mapped[UUID]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    #: What the provider says it took; 0 until then. Another sum than the amount is refunded whole.
    received_cents: Mapped[int] = mapped_column(BigCents, default=0)
    #: Intended and paid refunds together; guarded so that it never passes what was received.
    refunded_cents: Mapped[int] = mapped_column(BigCents, default=0)
    currency: Mapped[str]
    #: How and with which way back it was started; kept because a repeated call must ask for exactly the same.
    method: Mapped[str]
    return_url: Mapped[str]
    status: Mapped[PaymentStatus]
    #: The provider's id (pi_…).
    provider_ref: Mapped[str | None] = mapped_column(unique=True)
    redirect_url: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    #: When the provider is asked again while the payment is open; the pauses double.
    next_look_at: Mapped[datetime]
    #: What of the order's total is taken from the balance beside this payment.
    part_cents: Mapped[int] = mapped_column(BigCents, default=0, server_default=text("0"))
    #: The payment that this one is the balance's part of.
    part_of: Mapped[UUID | None] = mapped_column(ForeignKey("payments_payment.id"), index=True)
    #: The kept card and its customer, as the provider calls them.
    source_ref: Mapped[str | None]
    customer_ref: Mapped[str | None]
    #: Held, but not to be taken any more.
    released_cents: Mapped[int] = mapped_column(BigCents, default=0, server_default=text("0"))
    #: What is taken of a held amount; written before the provider is asked to, 0 until then.
    capture_cents: Mapped[int] = mapped_column(BigCents, default=0, server_default=text("0"))
    #: A held amount is taken before this instant, for then the bank lets it go.
    capture_by: Mapped[datetime | None]
    #: The leader who holds the cash.
    holder_id: Mapped[UUID | None]


class Refund(Base):
    """Money on its way back. One cause (a cut of a line, a late payment) has at most one refund of each payment."""

    __tablename__ = "payments_refund"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        UniqueConstraint("cause_id", "payment_id"),
        Index("ix_payments_refund_open", "next_try_at", postgresql_where=text("status = 'intended'")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments_payment.id"), index=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    cause_id: Mapped[UUID]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    reason: Mapped[str]
    kind: Mapped[RefundKind]
    route: Mapped[Route] = mapped_column(default=Route.SOURCE, server_default=text("'source'"))
    status: Mapped[RefundStatus]
    provider_ref: Mapped[str | None] = mapped_column(unique=True)
    failure: Mapped[str | None]
    #: How often HQ ordered it again after the payer's bank had sent it back; each order has its own key.
    attempt: Mapped[int] = mapped_column(default=0)
    #: Calls to the provider within this attempt, counted before each call.
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]


class Hold(Base):
    """Money held in the house for a payment, whose id it bears: of a balance, or promised in cash."""

    __tablename__ = "payments_hold"
    __table_args__ = (
        CheckConstraint("taken_cents BETWEEN 0 AND amount_cents", name="taken_within_amount"),
        CheckConstraint("returned_cents BETWEEN 0 AND taken_cents", name="returned_within_taken"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Which way to pay keeps it: "balance" or "cash".
    keeper: Mapped[str]
    resident_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_no: Mapped[str]
    currency: Mapped[str]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    taken_cents: Mapped[int] = mapped_column(BigCents, default=0)
    returned_cents: Mapped[int] = mapped_column(BigCents, default=0)
    status: Mapped[HoldStatus]


class BalanceRow(Base):
    """What a resident may spend in one currency: the sum of her entries, never below 0."""

    __tablename__ = "payments_balance"
    __table_args__ = (CheckConstraint("cents >= 0", name="never_negative"),)
    resident_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    cents: Mapped[int] = mapped_column(BigCents)


class BalanceEntryRow(Base):
    """One change of a balance; append-only. A cause changes it once of a kind."""

    __tablename__ = "payments_balance_entry"
    __table_args__ = (
        UniqueConstraint("cause_id", "kind"),
        CheckConstraint("amount_cents <> 0", name="not_nothing"),
        Index(None, "resident_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID]
    currency: Mapped[str]
    kind: Mapped[EntryKind]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    #: The payment that held or let go, or the refund (told apart by attempt).
    cause_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_no: Mapped[str]
    at: Mapped[datetime]


class PayerRow(Base):
    """What a resident has settled about paying."""

    __tablename__ = "payments_payer"
    resident_id: Mapped[UUID] = mapped_column(primary_key=True)
    refunds_to: Mapped[Route]
    #: Who she is at the provider (cus_…), once she has kept a card.
    customer_ref: Mapped[str | None] = mapped_column(unique=True)


class SeenEvent(Base):
    """A webhook event that was handled; written in the transaction that handled it."""

    __tablename__ = "payments_seen_event"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(index=True)
