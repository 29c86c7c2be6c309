"""Inputs and results of the logistics room. `qty` counts pieces."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone
from app.kernel.geo import Point


class SharePolicy(StrEnum):
    """How a shortage is shared out among those who paid."""

    FIRST_COME = "first_come"
    PRO_RATA = "pro_rata"
    SPREAD = "spread"


class SheetState(StrEnum):
    """How far a sorting sheet is."""

    WAITING = "waiting"
    SORTED = "sorted"


class PlanState(StrEnum):
    """How far a route plan is; a newer version replaces the older one until it is dispatched."""

    PLANNED = "planned"
    DISPATCHED = "dispatched"
    REPLACED = "replaced"


PLAN_MOVES: dict[PlanState, frozenset[PlanState]] = {
    PlanState.PLANNED: frozenset({PlanState.DISPATCHED, PlanState.REPLACED}),
    PlanState.DISPATCHED: frozenset(),
    PlanState.REPLACED: frozenset(),
}


class HandoverState(StrEnum):
    """Whether the leader has counted."""

    EXPECTED = "expected"
    COUNTED = "counted"


class Fault(StrEnum):
    """Who answers for a difference. Never the leader for what others did."""

    SUPPLIER = "supplier"
    HUB = "hub"
    CARRIER = "carrier"
    LEADER = "leader"


class PickupState(StrEnum):
    """How far an order is handed out."""

    EXPECTED = "expected"
    READY = "ready"
    PARTLY = "partly"
    DONE = "done"
    VOID = "void"


#: A pickup is void when nothing of its order is left to hand out; a partly picked one is done when the rest lapses.
PICKUP_MOVES: dict[PickupState, frozenset[PickupState]] = {
    PickupState.EXPECTED: frozenset({PickupState.READY, PickupState.VOID}),
    PickupState.READY: frozenset({PickupState.PARTLY, PickupState.DONE, PickupState.VOID}),
    PickupState.PARTLY: frozenset({PickupState.PARTLY, PickupState.DONE}),
    PickupState.DONE: frozenset(),
    PickupState.VOID: frozenset(),
}
OPEN_PICKUPS = (PickupState.READY, PickupState.PARTLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareWish:
    """Pieces that one line wants of a short SKU; `rank` is its place in the queue (0 = first to pay)."""

    line_id: UUID
    qty: int
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one line gets of a short SKU."""

    line_id: UUID
    wanted_qty: int
    given_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCard:
    """Demand of one SKU in one round: at cut-off, and still due after shortages."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    zone: Zone
    wanted_qty: int
    due_qty: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCard:
    """One pickup point's sorting sheet in one temperature zone."""

    id: UUID
    group_buy_id: UUID
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone
    version: int
    state: SheetState
    pieces: int
    crates: int
    weight_g: int
    volume_ml: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLineCard:
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLine:
    """Pieces of one SKU that go into crates; volume and weight are those of one piece."""

    sku_id: UUID
    qty: int
    volume_ml: int
    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedCrate:
    """What one crate holds: pieces by SKU, in the order in which they are put in."""

    contents: tuple[tuple[UUID, int], ...]
    volume_ml: int
    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetToPack:
    """A sheet's pieces in shelf order, and what the codes of its crates are made of."""

    id: UUID
    zone: Zone
    round_on: date
    pickup_point_code: str
    lines: list[PackLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTotals:
    """How many sheets, unsorted sheets, crates and pieces a round has."""

    sheets: int
    waiting: int
    crates: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateLabel:
    """One crate as its label shows it."""

    code: str
    seq: int
    sheet_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsMade:
    """What a run of the sorting plan did: sheets that stand now, and how many were new, changed or gone."""

    sheets: int
    created: int
    changed: int
    removed: int
    crates: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleInput:
    """A truck of a hub."""

    code: str
    name: str
    capacity_ml: int
    capacity_g: int
    cost_per_km_cents: int
    fixed_cost_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleCard:
    """A truck that a hub can send."""

    id: UUID
    hub_id: UUID
    code: str
    name: str
    capacity_ml: int
    capacity_g: int
    cost_per_km_cents: int
    fixed_cost_cents: int
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDemand:
    """What must be brought to one pickup point, and when it can be received (local time of the hub).

    Volume is that of whole crates, however full they are; weight includes the empty crates.
    """

    pickup_point_id: UUID
    place: Point
    volume_ml: int
    weight_g: int
    crates: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStop:
    """One stop of a route; times are seconds after the truck's earliest departure."""

    pickup_point_id: UUID
    arrive_s: int
    leave_s: int
    leg_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoute:
    """One truck's tour in visiting order."""

    vehicle_id: UUID
    stops: tuple[PlannedStop, ...]
    distance_m: int
    volume_ml: int
    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverBudget:
    """How long the solver may search; with `iterations` instead of seconds the same seed gives the same plan."""

    seconds: float | None = 5.0
    iterations: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCard:
    id: UUID
    seq: int
    pickup_point_id: UUID
    pickup_point_name: str
    address: str
    place: Point
    leader_name: str | None
    arrive_at: datetime
    leave_at: datetime
    crates: int
    volume_ml: int
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCard:
    id: UUID
    no: int
    vehicle_code: str
    vehicle_name: str
    capacity_ml: int
    capacity_g: int
    volume_ml: int
    weight_g: int
    distance_m: int
    cost_cents: int
    stops: tuple[StopCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """The current route plan of a round."""

    id: UUID
    version: int
    state: PlanState
    depot: Point
    cost_cents: int
    distance_m: int
    routes: tuple[RouteCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLine:
    """One crate in the order in which it is loaded: last stop first."""

    position: int
    stop_seq: int
    pickup_point_name: str
    crate_code: str
    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """A leader's count of one SKU: what is missing or damaged, and whose fault it is."""

    sku_id: UUID
    short_qty: int = 0
    damaged_qty: int = 0
    fault: Fault = Fault.HUB
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLineCard:
    id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    expected_qty: int
    short_qty: int
    damaged_qty: int
    fault: Fault | None
    note: str

    @property
    def good_qty(self) -> int:
        """Pieces that residents can get."""
        return self.expected_qty - self.short_qty - self.damaged_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCard:
    """What one leader gets from the truck for one round."""

    id: UUID
    group_buy_id: UUID
    pickup_point_id: UUID
    pickup_point_name: str
    leader_id: UUID
    pickup_on: date
    state: HandoverState
    crates: int
    #: When the truck is planned to be there.
    planned_at: datetime
    counted_at: datetime | None
    lines: tuple[HandoverLineCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRefunds:
    """What residents were given back because of one handover's differences."""

    orders: int
    pieces: int
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Pieces of one SKU that are missing or damaged at a handover; `line_id` is the handover line."""

    line_id: UUID
    sku_id: UUID
    good_qty: int
    short_qty: int
    damaged_qty: int
    fault: Fault

    @property
    def lost_qty(self) -> int:
        """Pieces that nobody can get."""
        return self.short_qty + self.damaged_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCount:
    """The result of a count; `is_new` is False when the same count had been given before."""

    handover_id: UUID
    group_buy_id: UUID
    hub_id: UUID
    pickup_point_id: UUID
    differences: tuple[Difference, ...]
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupNotice:
    """Whom to tell about one pickup; the code is for the resident's eyes only."""

    pickup_id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    code: str
    state: PickupState
    pickup_point_name: str
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclaimedLine:
    """Pieces of one order line that nobody fetched in time."""

    order_line_id: UUID
    order_id: UUID
    pickup_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupLineCard:
    order_line_id: UUID
    sku_id: UUID
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    due_qty: int
    picked_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupCard:
    """One order waiting at a pickup point. The code is shown to its resident only, never in the leader's list."""

    id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    resident_name: str
    phone_tail: str
    pickup_point_id: UUID
    leader_id: UUID
    pickup_on: date
    state: PickupState
    picked_at: datetime | None
    lines: tuple[PickupLineCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PickLine:
    """Pieces of one order line that are handed out now."""

    order_line_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPickup:
    """Hand out against a code; `lines` None means all that is due. `event_key` makes a repeated sync harmless.

    `pickup_id` says which entry of the list the leader had chosen: the code must then be that one's.
    """

    code: str
    event_key: str
    lines: tuple[PickLine, ...] | None = None
    pickup_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedLine:
    """Pieces that this pickup handed out of one line, and the line's total so far."""

    order_line_id: UUID
    order_id: UUID
    qty: int
    picked_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupDone:
    """The result of one pickup event."""

    event_id: UUID
    pickup_id: UUID
    order_id: UUID
    order_no: str
    leader_id: UUID
    hub_id: UUID
    state: PickupState
    picked: tuple[PickedLine, ...]
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTry:
    """A code that opens nothing here; `left` tries remain before the leader has to wait."""

    left: int
