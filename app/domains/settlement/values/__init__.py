"""Inputs and results of the settlement room."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class EntryKind(StrEnum):
    """Whether an entry gives or takes."""

    ACCRUAL = "accrual"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEarning:
    """The state of one order line from which its commission follows."""

    order_line_id: UUID
    order_id: UUID
    leader_id: UUID
    hub_id: UUID
    currency: str
    picked_qty: int
    final_price_cents: int
    #: Refunded after pickup for the leader's fault.
    claimed_cents: int
    commission_bps: int
    commission_min_cents: int
    #: When the time to complain about it ends, by the last hand-out; None while nothing was handed out.
    claim_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTax:
    """A taxed line: what it brought, its rate, and the tax that is booked for it."""

    order_line_id: UUID
    hub_id: UUID
    currency: str
    tax_bps: int
    #: Handed out at the final price, less everything given back since.
    net_cents: int
    booked_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCard:
    """One commission entry as a statement shows it."""

    id: UUID
    order_id: UUID
    order_no: str
    sku_name: str
    sku_name_en: str
    kind: EntryKind
    amount_cents: int
    net_cents: int
    commission_bps: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """A leader's money in a period; `effective_bps` is commission over net sales."""

    leader_id: UUID
    currency: str
    accrued_cents: int
    reversed_cents: int
    net_sales_cents: int
    effective_bps: int
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementCard:
    id: UUID
    leader_id: UUID
    leader_name: str
    hub_id: UUID
    group_buy_id: UUID
    no: str
    pickup_on: date
    currency: str
    accrued_cents: int
    reversed_cents: int
    total_cents: int
    net_sales_cents: int
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one entry adds: commission, and by how much the line's net value changed. Either may be 0, not both."""

    kind: EntryKind
    amount_cents: int
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What the entries of one line add up to so far."""

    order_line_id: UUID
    group_buy_id: UUID
    amount_cents: int
    net_cents: int
    #: Whether some of it is frozen still.
    is_frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasable:
    """Frozen entries of one leader, hub and currency whose time is over, and what they add up to."""

    leader_id: UUID
    hub_id: UUID
    currency: str
    amount_cents: int
    entry_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderDue:
    """A leader of a round who has entries that no statement holds."""

    leader_id: UUID
    leader_code: str
    hub_id: UUID
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """What nobody fetched of a round: still waiting, and already given up and refunded."""

    waiting_orders: int
    refunded_orders: int
    refunded_pieces: int
