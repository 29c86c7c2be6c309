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
    #: The money is held for us and will be taken by `capture`: a card's authorisation, a part of a balance, cash that
    #: the leader collects at the pickup. Orders count it as paid.
    AUTHORISED = "authorised"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"


#: Statuses in which the payer may still pay.
OPEN = frozenset({PaymentStatus.INTENDED, PaymentStatus.WAITING})
#: Statuses that stand behind an order.
BACKING = frozenset({PaymentStatus.AUTHORISED, PaymentStatus.SUCCEEDED})


class Method(StrEnum):
    """How a payer pays."""

    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"
    #: A card that the payer has kept at the provider; authorised when ordered, captured when the truck leaves.
    CARD = "card"
    #: A card that pays at once; test keys only.
    CARD_TEST = "card_test"
    #: The resident's balance: refund credit.
    BALANCE = "balance"
    #: The leader collects it at the pickup.
    CASH = "cash"


#: Methods that need nobody outside the house.
OWN_METHODS = frozenset({Method.BALANCE, Method.CASH})


class Route(StrEnum):
    """Which way money goes back."""

    #: To where it came from.
    SOURCE = "source"
    #: To the resident's balance.
    BALANCE = "balance"
    #: It was only held, and is not taken.
    RELEASE = "release"


class EntryKind(StrEnum):
    """Why a balance changed."""

    HELD = "held"
    RELEASED = "released"
    REFUNDED = "refunded"


class HoldStatus(StrEnum):
    """What became of money held in the house."""

    HELD = "held"
    TAKEN = "taken"
    GONE = "gone"


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
    method: str = Method.ALIPAY
    #: Where the payer comes back to.
    return_url: str = ""
    #: What of the order's total is taken from her balance beside `amount_cents`.
    part_cents: int = 0
    #: The payment that this one is the balance's part of.
    part_of: UUID | None = None
    #: The card that is charged and whose it is, as the provider calls them.
    source_ref: str | None = None
    customer_ref: str | None = None


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
    part_cents: int = 0
    part_of: UUID | None = None
    source_ref: str | None = None
    customer_ref: str | None = None
    #: Held but not to be taken any more.
    released_cents: int = 0
    #: What is taken of a held amount; 0 until the taking is begun.
    capture_cents: int = 0
    capture_by: datetime | None = None
    #: The leader who holds the cash.
    holder_id: UUID | None = None

    @property
    def is_open(self) -> bool:
        """True while the payer may still pay."""
        return self.status in OPEN

    @property
    def covers_cents(self) -> int:
        """What of the order it pays for, together with its part from the balance."""
        return self.amount_cents + self.part_cents

    @property
    def due_cents(self) -> int:
        """What is to be taken in the end: the amount less what was released."""
        return self.capture_cents or self.amount_cents - self.released_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Money held in the house for a payment: of a balance, or promised in cash."""

    ref: str
    amount_cents: int
    taken_cents: int
    returned_cents: int
    status: HoldStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSum:
    """What a resident has in one currency."""

    currency: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceEntry:
    """One change of a balance; money in is positive."""

    id: UUID
    kind: EntryKind
    currency: str
    amount_cents: int
    order_id: UUID
    order_no: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """What a resident has settled about paying: where refunds go, and who she is at the provider."""

    resident_id: UUID
    refunds_to: Route = Route.SOURCE
    customer_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCard:
    """A card that a payer keeps at the provider; we know no more of it."""

    ref: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


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
    route: Route = Route.SOURCE
    resident_id: UUID | None = None
    order_no: str = ""

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
    #: What may be captured while it is AUTHORISED.
    amount_held_cents: int = 0
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
    #: Our payout whose transfer was taken back, wholly or in part.
    payout_id: UUID | None = None
    #: The connected account whose own bank refused the money that lies there.
    refused_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A payment after news of it: whether it was taken just now, stands behind its order just now, ended just now."""

    payment: PaymentCard
    is_taken: bool = False
    is_backing: bool = False
    #: It came to nothing: it never stood behind its order.
    is_ended: bool = False


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


class BookingKind(StrEnum):
    """What a line of our balance at the provider is."""

    CHARGE = "charge"
    REFUND = "refund"
    #: A refund that the payer's bank sent back.
    REFUND_RETURNED = "refund_returned"
    #: Money sent on to a leader's or supplier's account there.
    TRANSFER = "transfer"
    #: Such money that came back, because the transfer was reversed.
    TRANSFER_RETURNED = "transfer_returned"
    #: What the provider did on its own account: a transfer to our bank, a fee, a dispute.
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A line of our balance as the provider keeps it; money out is negative, the fee comes on top."""

    #: Its id, the id of what was booked, and of the payment that this belongs to.
    ref: str
    source_ref: str
    payment_ref: str | None
    kind: BookingKind
    #: The provider's own word.
    type_name: str
    amount_cents: int
    fee_cents: int
    currency: str
    at: datetime
