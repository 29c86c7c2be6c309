"""Inputs and results of the payments room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class PaymentStatus(StrEnum):
    """What we know of a payment; ranks only rise, whatever the order in which events arrive."""

    INTENDED = "intended"
    WAITING = "waiting"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"


class RefundStatus(StrEnum):
    """What we know of a refund."""

    INTENDED = "intended"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundKind(StrEnum):
    """Whether the goods had been handed out when the money went back; decides the ledger account."""

    BEFORE_PICKUP = "before_pickup"
    AFTER_PICKUP = "after_pickup"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendPayment:
    """The wish to collect `amount_cents` for one order."""

    order_id: UUID
    order_no: str
    hub_id: UUID
    resident_id: UUID
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCard:
    id: UUID
    order_id: UUID
    order_no: str
    hub_id: UUID
    resident_id: UUID
    amount_cents: int
    currency: str
    status: PaymentStatus
    provider_ref: str | None
    #: Where the payer approves, while that is needed.
    redirect_url: str | None
    failure: str | None
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendRefund:
    """Give back part of an order's payment. (cause_id) is unique: one cause, one refund."""

    order_id: UUID
    cause_id: UUID
    amount_cents: int
    reason: str
    kind: RefundKind = RefundKind.BEFORE_PICKUP
    #: Which payment, where it matters (money that came too late); else the one that paid the order.
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCard:
    id: UUID
    payment_id: UUID
    order_id: UUID
    cause_id: UUID
    amount_cents: int
    currency: str
    reason: str
    kind: RefundKind
    status: RefundStatus
    provider_ref: str | None
    payment_ref: str | None
    hub_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """What the provider says of a payment."""

    ref: str
    status: PaymentStatus
    amount_received_cents: int
    redirect_url: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """A verified webhook: which payment or refund it speaks of; `payment_ref` None for kinds we do not need."""

    id: str
    kind: str
    payment_ref: str | None
