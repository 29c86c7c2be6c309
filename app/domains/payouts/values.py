"""Inputs and results of the payouts room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domains.ledger.values import LedgerAccount


class PayeeKind(StrEnum):
    """Whom we owe."""

    LEADER = "leader"
    SUPPLIER = "supplier"
    HUB = "hub"


class PayoutWay(StrEnum):
    """How the money travels: a transfer by Stripe Connect, a line in a bank file, or a transfer made by hand."""

    STRIPE = "stripe"
    BANK_FILE = "bank_file"
    BY_HAND = "by_hand"


class PayoutStatus(StrEnum):
    """How far a payout is."""

    ASKED = "asked"
    APPROVED = "approved"
    PAYING = "paying"
    PAID = "paid"
    REJECTED = "rejected"
    #: It never arrived; the money is back on the balance.
    FAILED = "failed"
    #: It had arrived and came back.
    RETURNED = "returned"


#: News moves a payout only along these arrows, whatever the order in which it arrives.
MOVES: dict[PayoutStatus, frozenset[PayoutStatus]] = {
    PayoutStatus.ASKED: frozenset({PayoutStatus.APPROVED, PayoutStatus.REJECTED}),
    PayoutStatus.APPROVED: frozenset({PayoutStatus.PAYING, PayoutStatus.REJECTED, PayoutStatus.PAID}),
    PayoutStatus.PAYING: frozenset({PayoutStatus.PAID, PayoutStatus.FAILED}),
    PayoutStatus.PAID: frozenset({PayoutStatus.RETURNED}),
    PayoutStatus.REJECTED: frozenset(),
    PayoutStatus.FAILED: frozenset(),
    PayoutStatus.RETURNED: frozenset(),
}
#: Statuses in which the money is off the balance and has not arrived.
UNDER_WAY = frozenset({PayoutStatus.ASKED, PayoutStatus.APPROVED, PayoutStatus.PAYING})
#: Statuses after which the money is back on the balance.
UNDONE = frozenset({PayoutStatus.REJECTED, PayoutStatus.FAILED, PayoutStatus.RETURNED})

#: From which account a payee is paid out.
PAYABLE: dict[PayeeKind, LedgerAccount] = {
    PayeeKind.LEADER: LedgerAccount.LEADER_PAYABLE,
    PayeeKind.SUPPLIER: LedgerAccount.SUPPLIER_PAYABLE,
    PayeeKind.HUB: LedgerAccount.HUB_PAYABLE,
}
#: Which of our accounts a way takes the money from.
SOURCE: dict[PayoutWay, LedgerAccount] = {
    PayoutWay.STRIPE: LedgerAccount.PROVIDER_CLEARING,
    PayoutWay.BANK_FILE: LedgerAccount.BANK,
    PayoutWay.BY_HAND: LedgerAccount.BANK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A hub's rules of withdrawing; amounts in the hub's currency."""

    min_cents: int = 5_000
    fee_cents: int = 100
    #: Above this, two different people approve.
    second_above_cents: int = 500_000
    #: How long payouts wait after bank details were changed.
    cooldown_hours: int = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Where a payee's money goes: a bank account, or a connected account of Stripe."""

    way: PayoutWay
    holder: str
    bank_name: str = ""
    account_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsCard:
    """Details as people see them: the account number only by its last four characters."""

    id: UUID
    way: PayoutWay
    holder: str
    bank_name: str
    masked_no: str
    changed_at: datetime
    #: Payouts are not sent earlier than this.
    usable_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveCash:
    """Cash of ours that a leader handed in; `note` says how (a receipt's number, the bank's)."""

    leader_id: UUID
    amount_cents: int
    note: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPayout:
    """A leader's wish to withdraw; `shown_cents` is the available balance that she saw when she asked."""

    amount_cents: int
    shown_cents: int
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySupplier:
    """HQ's wish to pay a supplier out of what one hub owes her, or (without one) the hub itself for its work."""

    supplier_id: UUID | None
    hub_id: UUID
    way: PayoutWay
    amount_cents: int
    shown_cents: int
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutCard:
    """One payout as lists and pages show it."""

    id: UUID
    no: str
    payee_kind: PayeeKind
    payee_id: UUID
    payee_name: str
    hub_id: UUID
    currency: str
    amount_cents: int
    fee_cents: int
    way: PayoutWay
    status: PayoutStatus
    holder: str
    bank_name: str
    masked_no: str
    asked_at: datetime
    not_before_at: datetime
    first_by: UUID | None
    second_by: UUID | None
    needs_two: bool
    reason: str
    provider_ref: str | None
    batch_id: UUID | None
    settled_at: datetime | None
    tries: int

    @property
    def net_cents(self) -> int:
        """What arrives."""
        return self.amount_cents - self.fee_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """One step of a payout."""

    status: PayoutStatus
    at: datetime
    by_name: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a way of paying is told: `key` is the same however often it is told."""

    key: str
    no: str
    payout_id: UUID
    amount_cents: int
    currency: str
    account_no: str
    #: The provider's id, once it is known.
    ref: str | None
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WayState:
    """What a way of paying says of a payout: PAYING, PAID, FAILED or RETURNED."""

    status: PayoutStatus
    ref: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFilter:
    """Which payouts a list shows; None means all."""

    hub_id: UUID | None = None
    payee_id: UUID | None = None
    payee_kind: PayeeKind | None = None
    status: PayoutStatus | None = None
    batch_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCard:
    """A file for the bank; `open` of its `count` payouts have no result yet."""

    id: UUID
    no: str
    hub_id: UUID
    currency: str
    count: int
    total_cents: int
    sha256: str
    made_at: datetime
    made_by: str
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """One line of the bank's answer."""

    row: int
    payout_no: str
    is_paid: bool
    reason: str
    bank_ref: str
