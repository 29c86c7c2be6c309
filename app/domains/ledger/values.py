"""Accounts of the ledger and the shape of a journal. Debits are positive, credits negative, in minor units."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class LedgerAccount(StrEnum):
    """The chart of accounts."""

    #: Asset: money held for us by the payment provider.
    PROVIDER_CLEARING = "provider_clearing"
    #: Liability: paid by residents for goods that are not handed out yet.
    DEFERRED_SALES = "deferred_sales"
    #: Income: goods handed out.
    SALES = "sales"
    #: Income, contra: given back after the goods were handed out.
    REFUNDS = "refunds"
    #: Liability per leader: commission earned and not paid out.
    LEADER_PAYABLE = "leader_payable"
    #: Expense: commission.
    COMMISSION = "commission"
    #: Liability per supplier: goods received and not paid.
    SUPPLIER_PAYABLE = "supplier_payable"
    #: Expense: goods received.
    GOODS = "goods"
    #: Expense per hub: damage and loss that a hub answers for.
    HUB_LOSS = "hub_loss"


class JournalKind(StrEnum):
    """Which business event a journal tells of."""

    PAYMENT_CAPTURED = "payment_captured"
    REFUND_PAID = "refund_paid"
    #: A refund that the payer's bank sent back to us.
    REFUND_RETURNED = "refund_returned"
    GOODS_RECEIVED = "goods_received"
    GOODS_PICKED_UP = "goods_picked_up"
    COMMISSION_CHANGED = "commission_changed"
    SUPPLIER_CHARGED = "supplier_charged"
    HUB_CHARGED = "hub_charged"
    #: The supplier's bill brought beside what came: its surplus over the goods, or its shortfall.
    SUPPLIER_BILLED = "supplier_billed"
    #: Pieces received in good state that the bill forgot.
    SUPPLIER_CREDITED = "supplier_credited"
    #: Stock lost, or found and missed at a stocktake.
    STOCK_ADJUSTED = "stock_adjusted"


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
    postings: tuple[Posting, ...]
