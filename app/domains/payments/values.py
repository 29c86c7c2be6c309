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


#: Statuses in which the payer may still pay.
OPEN = frozenset({PaymentStatus.INTENDED, PaymentStatus.WAITING})


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
    #: "alipay", or "card_test" (a card that pays at once; test keys only).
    method: str = "alipay"
    #: Where the payer comes back to.
    return_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCard:
    """One attempt to collect an order's total."""

    id: UUID
    order_id: UUID
    order_no: str
    hub_id: UUID
    resident_id: UUID
    amount_cents: int
    received_cents: int
    refunded_cents: int
    currency: str
    method: str
    return_url: str
    status: PaymentStatus
    provider_ref: str | None
    #: Where the payer approves, while that is needed.
    redirect_url: str | None
    failure: str | None
    created_at: datetime
    settled_at: datetime | None

    @property
    def is_open(self) -> bool:
        """True while the payer may still pay."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendRefund:
    """Give back part of an order's payment. (cause_id) is unique: one cause, one refund."""

    order_id: UUID
    cause_id: UUID
    amount_cents: int
    reason: str
    kind: RefundKind = RefundKind.BEFORE_PICKUP
    #: Which payment, where an order was paid twice; None = the order's first one that has enough left.
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCard:
    """Money on its way back."""

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
    failure: str | None
    attempt: int
    tries: int
    hub_id: UUID
    created_at: datetime
    settled_at: datetime | None

    @property
    def key(self) -> str:
        """Idempotency key at the provider: the refund's id, told apart by attempt."""
        return str(self.id) if self.attempt == 0 else f"{self.id}-{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """What the provider says of a payment."""

    ref: str
    status: PaymentStatus
    amount_received_cents: int
    redirect_url: str | None = None
    failure: str | None = None
    #: Our payment's id as the provider noted it; finds a payment whose `ref` we never learned.
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundState:
    """What the provider says of a refund; INTENDED while the payer's bank has not answered."""

    ref: str
    status: RefundStatus
    failure: str | None = None
    #: The refund's key as the provider noted it.
    refund_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """A verified webhook with the state it tells of; neither for kinds we do not need or that are not ours."""

    id: str
    kind: str
    payment: ProviderState | None = None
    refund: RefundState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A payment after news of it; `is_news` when it became paid just now."""

    payment: PaymentCard
    is_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilter:
    """Which payments a list shows; None means all."""

    hub_id: UUID | None = None
    status: PaymentStatus | None = None
    order_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFilter:
    """Which refunds a list shows; None means all."""

    hub_id: UUID | None = None
    status: RefundStatus | None = None
    kind: RefundKind | None = None
