"""Tables of the payments room. Order ids are plain ids: orders stand on a floor above."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.payments.values import PaymentStatus, RefundKind, RefundStatus
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Payment(Base):
    """One attempt to collect an order's total. `id` is the idempotency key at the provider."""

    __tablename__ = "payments_payment"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("refunded_cents BETWEEN 0 AND received_cents", name="refunds_within_payment"),
        Index("ix_payments_payment_open", "next_look_at", postgresql_where=text("status IN ('intended', 'waiting')")),
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


class Refund(Base):
    """Money on its way back. One cause (a cut of a line, a late payment) has at most one refund."""

    __tablename__ = "payments_refund"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        Index("ix_payments_refund_open", "next_try_at", postgresql_where=text("status = 'intended'")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments_payment.id"), index=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    cause_id: Mapped[UUID] = mapped_column(unique=True)
    amount_cents: Mapped[int] = mapped_column(BigCents)
    reason: Mapped[str]
    kind: Mapped[RefundKind]
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


class SeenEvent(Base):
    """A webhook event that was handled; written in the transaction that handled it."""

    __tablename__ = "payments_seen_event"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(index=True)
