"""Inputs and results of the orders room."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.groupbuys.values import WishStep


class OrderStatus(StrEnum):
    """Where an order stands commercially; what happens to the goods stands in logistics."""

    PLACED = "placed"
    PAID = "paid"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


ORDER_MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset({OrderStatus.PAID, OrderStatus.LAPSED, OrderStatus.CANCELLED}),
    OrderStatus.PAID: frozenset({OrderStatus.CANCELLED}),
    #: A late payment is honoured while stock remains.
    OrderStatus.LAPSED: frozenset({OrderStatus.PAID}),
    OrderStatus.CANCELLED: frozenset(),
}


class CutReason(StrEnum):
    """Why pieces or money were taken off a line after it was ordered."""

    RESIDENT = "resident"
    BELOW_MINIMUM = "below_minimum"
    #: Wanted or tolerated, but not needed for full boxes.
    PACK_FILL = "pack_fill"
    PRICE_BREAK = "price_break"
    SHORTAGE = "shortage"
    #: The supplier's minimum was not reached and nothing was bought of it.
    SUPPLIER_MINIMUM = "supplier_minimum"
    #: Sold by weight, and the scale showed less than was estimated.
    WEIGHT = "weight"
    #: Sorters did not find them.
    SORT_SHORT = "sort_short"
    #: HQ called the whole group-buy off.
    CALLED_OFF = "called_off"
    HANDOVER_SHORT = "handover_short"
    HANDOVER_DAMAGED = "handover_damaged"
    UNCLAIMED = "unclaimed"
    CLAIM = "claim"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Wished:
    """Pieces wanted in any case, and pieces taken besides if they fill a box."""

    wanted_qty: int
    tolerance_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLoad:
    """Orders that stand at a pickup point for one day: in all, and with goods of each zone.

    `own_zones` are those of one order of them; the empty one is there when it has anything at all.
    """

    orders: dict[str, int]
    own_zones: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem:
    """Pieces of one offer in a basket: `qty` wanted, and up to `tolerance_qty` more if they fill a box."""

    offer_id: UUID
    qty: int
    tolerance_qty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """A resident's basket in one group-buy. `expected_total_cents` is the total she saw: another one is refused."""

    group_buy_id: UUID
    items: tuple[OrderItem, ...]
    idempotency_key: str
    expected_total_cents: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrder:
    """The quantities that an order shall have from now on; offers that are not named are taken out.

    `expected_total_cents` is the new total that she saw for an unpaid order: another one is refused.
    """

    order_id: UUID
    items: tuple[OrderItem, ...]
    expected_total_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What a resident is told when her order stands; `is_new` is False when the same request had placed it before."""

    id: UUID
    no: str
    status: OrderStatus
    total_cents: int
    currency: str
    pay_by: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a basket would cost now, line by line; nothing is held."""

    group_buy_id: UUID
    currency: str
    total_cents: int
    lines: tuple["NewLine", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line as checkout hands it to the orders room, with the terms it keeps.

    All `qty` pieces are charged: the wanted ones and `tolerance_qty`, so that nobody ever pays more than she saw.
    `fills_boxes` says whether the offer is ordered in full boxes, so that her place in the queue is kept.
    """

    offer_id: UUID
    sku_id: UUID
    qty: int
    unit_price_cents: int
    commission_bps: int
    tolerance_qty: int = 0
    fills_boxes: bool = False
    #: Least that the leader earns for handing this line out.
    commission_min_cents: int = 0
    #: Tax that the price contains, in ten-thousandths of the price without it.
    tax_bps: int = 0

    @property
    def wanted_qty(self) -> int:
        """Pieces wanted in any case."""
        return self.qty - self.tolerance_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order whose quota is held and whose prices are known."""

    id: UUID
    resident_id: UUID
    hub_id: UUID
    group_buy_id: UUID
    neighbourhood_id: UUID
    pickup_point_id: UUID
    leader_id: UUID
    pickup_on: date
    currency: str
    pay_by: datetime
    note: str
    lines: tuple[NewLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCard:
    """One line. Effective pieces are `qty - cut_qty`; what it costs in the end is `net_cents`.

    `qty` pieces were charged. Where the offer is ordered in full boxes, `wanted_qty` and `tolerance_qty` are what she
    wanted and tolerated last, and `given_qty` what the cut-off gave her; elsewhere they are None, 0 and None.
    """

    id: UUID
    order_id: UUID
    offer_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    qty: int
    cut_qty: int
    unit_price_cents: int
    #: Price after the cut-off's price break; equals `unit_price_cents` where none was reached.
    final_price_cents: int
    refunded_cents: int
    commission_bps: int
    wanted_qty: int | None = None
    tolerance_qty: int = 0
    given_qty: int | None = None
    #: Grams that a piece of a SKU sold by weight is estimated at; 0 for any other.
    estimate_g: int = 0
    #: What the scale showed for all pieces; None before, and for SKUs that are not sold by weight.
    weight_g: int | None = None
    #: Tax that the price contains, as it was when she ordered.
    tax_bps: int = 0

    @property
    def effective_qty(self) -> int:
        """Pieces still due to the resident."""
        return self.qty - self.cut_qty

    @property
    def wished(self) -> Wished:
        """What the resident wished last; for an offer by the piece the pieces still due."""
        if self.wanted_qty is None:
            return Wished(self.effective_qty, 0)
        return Wished(self.wanted_qty, self.tolerance_qty)

    @property
    def net_cents(self) -> int:
        """What the resident pays for this line in the end."""
        return self.qty * self.unit_price_cents - self.refunded_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHead:
    """One order without its lines."""

    id: UUID
    no: str
    status: OrderStatus
    resident_id: UUID
    hub_id: UUID
    group_buy_id: UUID
    neighbourhood_id: UUID
    pickup_point_id: UUID
    leader_id: UUID
    pickup_on: date
    currency: str
    total_cents: int
    refunded_cents: int
    note: str
    placed_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    #: When it lapsed or was cancelled.
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard(OrderHead):
    """One order with its lines."""

    resident_name: str
    phone_tail: str
    lines: tuple[LineCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutLine:
    """Take `qty` pieces (may be 0) and `amount_cents` off a line; (line, reason, cause) is unique."""

    line_id: UUID
    qty: int
    amount_cents: int
    reason: CutReason
    cause_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A cut that was made; `is_new` is False when the same cause had made it before."""

    id: UUID
    line_id: UUID
    order_id: UUID
    sku_id: UUID
    resident_id: UUID
    qty: int
    amount_cents: int
    reason: CutReason
    is_paid: bool
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """A paid line with pieces still due, in the order in which it was paid; food for allocation and sheets."""

    line_id: UUID
    order_id: UUID
    offer_id: UUID
    sku_id: UUID
    pickup_point_id: UUID
    resident_id: UUID
    effective_qty: int
    unit_price_cents: int
    final_price_cents: int
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLine:
    """A paid line of an offer in full boxes, as it was wished last; `steps` are its part of the journal."""

    line_id: UUID
    offer_id: UUID
    wanted_qty: int
    tolerance_qty: int
    unit_price_cents: int
    steps: tuple[WishStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWeight:
    """Net grams of all pieces of a line together, by the scale; `is_sure` for a weight far from what is expected."""

    line_id: UUID
    weight_g: int
    is_sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A line after the scale: the price of a piece, and what goes back now; `is_new` is False for the same weight."""

    line_id: UUID
    weight_g: int
    qty: int
    price_cents: int
    back_cents: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRow:
    """Pieces of one SKU wanted at one pickup point."""

    pickup_point_id: UUID
    sku_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders a list shows; None means all."""

    hub_id: UUID | None = None
    group_buy_id: UUID | None = None
    leader_id: UUID | None = None
    status: OrderStatus | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesDay:
    """What was paid on one local day: orders, their value less refunds, and how many leaders had any."""

    on_date: date
    orders: int
    net_cents: int
    leaders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingLine:
    """What a line of a standing order still holds: pieces and money that were not taken off, and pieces of a quota."""

    line_id: UUID
    order_id: UUID
    offer_id: UUID
    left_qty: int
    left_cents: int
    held_qty: int
    tolerance_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrder:
    """An order that waits for payment or is paid, with its lines."""

    id: UUID
    no: str
    status: OrderStatus
    resident_id: UUID
    currency: str
    lines: tuple[StandingLine, ...]

    @property
    def left_cents(self) -> int:
        """Money that was not given back yet; of an unpaid order nothing was taken."""
        return sum(line.left_cents for line in self.lines) if self.status is OrderStatus.PAID else 0


@dataclass(frozen=True, slots=True)
class OrderMove:
    """An order goes to a leader and a pickup point; `with_lines` its goods are brought there too."""

    order_id: UUID
    leader_id: UUID
    pickup_point_id: UUID
    with_lines: bool
