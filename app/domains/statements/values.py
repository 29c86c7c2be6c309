"""Results of the statements room. Amounts are signed as the payee sees them: what she gets is positive."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.aftersales.values import ClaimKind
from app.domains.ledger.values import LedgerAccount
from app.domains.logistics.values.handover import Fault

#: What a leader and we owe each other: her commission, less the cash in her hands. A move from one of these accounts
#: to another is no line of a statement.
LEADER_ACCOUNTS = (LedgerAccount.LEADER_FROZEN, LedgerAccount.LEADER_PAYABLE, LedgerAccount.LEADER_CASH)


class LineKind(StrEnum):
    """What a line of a statement tells of."""

    EARNED = "earned"
    TAKEN_BACK = "taken_back"
    #: Cash that she took from residents, and handed in.
    CASH_TAKEN = "cash_taken"
    CASH_HANDED_IN = "cash_handed_in"
    FEE = "fee"
    PAID_OUT = "paid_out"
    #: A payout that was rejected, failed or came back: the money is on the balance again.
    PUT_BACK = "put_back"
    GOODS = "goods"
    #: A supplier's fee for an order below her minimum.
    MINIMUM = "minimum"
    #: What a hub gets for a tour.
    DELIVERY = "delivery"
    CHARGED = "charged"
    CREDITED = "credited"
    PAID = "paid"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLine:
    """One event of money on a leader's statement, with what it came from."""

    journal_id: UUID
    kind: LineKind
    at: datetime
    amount_cents: int
    order_no: str | None = None
    sku_name: str | None = None
    sku_name_en: str | None = None
    #: By how much the net sales changed.
    net_cents: int = 0
    commission_bps: int | None = None
    #: Of what was taken back: what the complaint was, and whose fault.
    claim_kind: ClaimKind | None = None
    fault: Fault | None = None
    payout_no: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCard:
    """A leader's week in a list."""

    id: UUID
    no: str
    leader_id: UUID
    leader_name: str
    leader_code: str
    hub_id: UUID
    currency: str
    week_on: date
    opening_cents: int
    closing_cents: int
    closed_at: datetime

    @property
    def change_cents(self) -> int:
        """What the week came to."""
        return self.closing_cents - self.opening_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSheet:
    """A leader's week with every line. `card` is None while the week runs."""

    card: WeekCard | None
    leader_id: UUID
    leader_name: str
    leader_code: str
    hub_id: UUID
    currency: str
    week_on: date
    opening_cents: int
    closing_cents: int
    lines: tuple[WeekLine, ...]
    #: What the lines of each kind add up to, in the order in which they are told.
    sums: dict[LineKind, int]
    net_sales_cents: int
    effective_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One event of money between a hub and a supplier, or on a hub's own account."""

    journal_id: UUID
    kind: LineKind
    at: datetime
    amount_cents: int
    #: Purchase order, payout, tour, order of a complaint or round of a handover that it belongs to.
    about: str = ""
    sku_name: str = ""
    sku_name_en: str = ""
    qty: int | None = None
    reason: str = ""
    #: When goods received are due, by the supplier's terms.
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """What falls due on a day and is not paid yet; payments pay the oldest first."""

    due_on: date
    open_cents: int
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSheet:
    """A statement of a supplier with one hub, or of a hub, over some days."""

    owner_id: UUID
    owner_name: str
    owner_name_en: str
    owner_code: str
    hub_id: UUID
    currency: str
    first: date
    last: date
    opening_cents: int
    closing_cents: int
    lines: tuple[AccountLine, ...]
    sums: dict[LineKind, int]
    due: tuple[DueLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What one hub owes one supplier now, and how much of it is overdue."""

    supplier_id: UUID
    code: str
    name: str
    name_en: str
    hub_id: UUID
    currency: str
    payment_days: int
    owed_cents: int
    overdue_cents: int
    next_due_on: date | None
    next_due_cents: int
