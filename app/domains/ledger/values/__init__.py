"""Accounts of the ledger and the shape of a journal. Debits are positive, credits negative, in minor units."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class LedgerAccount(StrEnum):
    """The accounts; what each means stands in `chart.CHART`."""

    PROVIDER_CLEARING = "provider_clearing"
    BANK = "bank"
    LEADER_CASH = "leader_cash"
    RESIDENT_BALANCE = "resident_balance"
    DEFERRED_SALES = "deferred_sales"
    LEADER_FROZEN = "leader_frozen"
    LEADER_PAYABLE = "leader_payable"
    PAYOUT_TRANSIT = "payout_transit"
    SUPPLIER_PAYABLE = "supplier_payable"
    HUB_PAYABLE = "hub_payable"
    TAX = "tax"
    SALES = "sales"
    REFUNDS = "refunds"
    PROMOTIONS = "promotions"
    OTHER_INCOME = "other_income"
    GOODS = "goods"
    COMMISSION = "commission"
    HUB_COST = "hub_cost"
    DELIVERY_COST = "delivery_cost"
    HUB_LOSS = "hub_loss"
    LOSS = "loss"
    FEES = "fees"


class JournalKind(StrEnum):
    """Which business event a journal tells of."""

    PAYMENT_CAPTURED = "payment_captured"
    REFUND_PAID = "refund_paid"
    #: A refund that the payer's bank sent back to us.
    REFUND_RETURNED = "refund_returned"
    GOODS_RECEIVED = "goods_received"
    GOODS_PICKED_UP = "goods_picked_up"
    COMMISSION_CHANGED = "commission_changed"
    #: The claim window ended: frozen commission may be paid out.
    COMMISSION_RELEASED = "commission_released"
    SUPPLIER_CHARGED = "supplier_charged"
    HUB_CHARGED = "hub_charged"
    #: A leader bears what she lost or broke.
    LEADER_CHARGED = "leader_charged"
    #: Lost goods that nobody else bears.
    LOSS_BORNE = "loss_borne"
    #: The supplier's bill brought beside what came: its surplus over the goods, or its shortfall.
    SUPPLIER_BILLED = "supplier_billed"
    #: What a supplier asks for bringing less than her minimum.
    MINIMUM_BILLED = "minimum_billed"
    #: Pieces received in good state that the bill forgot.
    SUPPLIER_CREDITED = "supplier_credited"
    #: Stock lost, or found and missed at a stocktake.
    STOCK_ADJUSTED = "stock_adjusted"
    #: Cash that a leader took from residents reached us, or she was charged what is missing.
    CASH_HANDED_IN = "cash_handed_in"
    #: Money given to a resident's balance by HQ, or paid out of it.
    BALANCE_GRANTED = "balance_granted"
    BALANCE_WITHDRAWN = "balance_withdrawn"
    #: A coupon or gift that we bear.
    PROMOTION_USED = "promotion_used"
    #: What the provider kept for itself, what it sent to our bank, and whatever else it did on its own account.
    PROVIDER_FEE = "provider_fee"
    PROVIDER_PAYOUT = "provider_payout"
    PROVIDER_ADJUSTED = "provider_adjusted"
    #: A tour's cost, as it was driven; and what a hub gets for its work.
    DELIVERY_BOOKED = "delivery_booked"
    HUB_BOOKED = "hub_booked"
    #: A leader's withdrawal: taken from what is available, gone out, or come back.
    PAYOUT_REQUESTED = "payout_requested"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_RETURNED = "payout_returned"
    #: A supplier's or hub's statement was paid.
    SUPPLIER_PAID = "supplier_paid"
    HUB_PAID = "hub_paid"
    TAX_BOOKED = "tax_booked"
    #: The other way round of a journal that was wrong, and what should have been booked in its place.
    REVERSED = "reversed"
    CORRECTED = "corrected"


#: What a person may reverse. Every other journal follows a row of a room (a payment, a pickup, a claim …) and is undone
#: where that row is, so that books and rooms cannot part.
REVERSIBLE = frozenset(
    {
        JournalKind.PROVIDER_FEE, JournalKind.PROVIDER_PAYOUT, JournalKind.PROVIDER_ADJUSTED,
        JournalKind.DELIVERY_BOOKED, JournalKind.HUB_BOOKED, JournalKind.CORRECTED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a journal: an account, whose it is (leader, supplier, hub) and a signed amount."""

    account: LedgerAccount
    amount_cents: int
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostJournal:
    """One event of money. (kind, cause_id) is unique: posting it again changes nothing."""

    kind: JournalKind
    cause_id: UUID
    hub_id: UUID
    currency: str
    postings: tuple[Posting, ...]
    #: Why a person posts it.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseJournal:
    """The wish to undo a journal for a reason; `instead_cents` books its sides anew with that amount (two sides)."""

    journal_id: UUID
    reason: str
    instead_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The newest posting that could be seen, and a transaction that began after every older posting was written."""

    posting_id: int
    xid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod:
    """The wish to close a month of a hub: its first day, and its two instants by the hub's clock."""

    hub_id: UUID
    month: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCard:
    """A closed month of a hub."""

    id: UUID
    hub_id: UUID
    month: date
    starts_at: datetime
    ends_at: datetime
    closed_at: datetime
    closed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSumCard:
    """An account in a closed month; debit positive."""

    account: LedgerAccount
    currency: str
    opening_cents: int
    moved_cents: int

    @property
    def closing_cents(self) -> int:
        """What it held at the end."""
        return self.opening_cents + self.moved_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account's sum; debit positive."""

    account: LedgerAccount
    owner_id: UUID | None
    currency: str
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """Which journals a list shows; None means all."""

    hub_id: UUID | None = None
    kind: JournalKind | None = None
    cause_id: UUID | None = None
    account: LedgerAccount | None = None
    owner_id: UUID | None = None
    #: Not before, and before.
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCard:
    """A posted journal with its sides."""

    id: UUID
    kind: JournalKind
    cause_id: UUID
    hub_id: UUID
    currency: str
    at: datetime
    note: str
    postings: tuple[Posting, ...]
