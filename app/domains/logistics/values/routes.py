"""Vehicles, route plans, stops and load lists."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone
from app.domains.logistics.values.problem import Table
from app.kernel.geo import Point


class PlanState(StrEnum):
    """How far a route plan is; a newer version replaces the older one until it is dispatched."""

    PLANNED = "planned"
    DISPATCHED = "dispatched"
    REPLACED = "replaced"


PLAN_MOVES: dict[PlanState, frozenset[PlanState]] = {
    PlanState.PLANNED: frozenset({PlanState.DISPATCHED, PlanState.REPLACED}),
    # Only after a breakdown on the road, by a version that is dispatched in the same moment.
    PlanState.DISPATCHED: frozenset({PlanState.REPLACED}),
    PlanState.REPLACED: frozenset(),
}


class PlanOrigin(StrEnum):
    """Who made a version of a plan."""

    SOLVER = "solver"
    HAND = "hand"
    BREAKDOWN = "breakdown"


class RunState(StrEnum):
    """How far a search for tours is."""

    WAITING = "waiting"
    SEARCHING = "searching"
    DONE = "done"
    FAILED = "failed"


#: A search that has not ended.
OPEN_RUNS = (RunState.WAITING, RunState.SEARCHING)


class Unplaced(StrEnum):
    """Why no truck takes a stop."""

    ZONE = "zone"
    TOO_BIG = "too_big"
    SPACE = "space"
    HOURS = "hours"


class Fix(StrEnum):
    """The cheapest way to get an unplanned stop delivered."""

    SECOND_TOUR = "second_tour"
    ONE_MORE_TRUCK = "one_more_truck"
    OTHER_TRUCK = "other_truck"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleInput:
    """A truck of a hub."""

    code: str
    name: str
    capacity_ml: int
    capacity_g: int
    cost_per_km_cents: int
    fixed_cost_cents: int
    cost_per_stop_cents: int = 0
    carries_ambient: bool = True
    carries_chilled: bool = True
    carries_frozen: bool = True
    shift_from: time = time(5)
    shift_until: time = time(18)
    max_tours: int = 1


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
    cost_per_stop_cents: int = 0
    carries_ambient: bool = True
    carries_chilled: bool = True
    carries_frozen: bool = True
    shift_from: time = time(5)
    shift_until: time = time(18)
    max_tours: int = 1
    broken_at: datetime | None = None

    @property
    def zones(self) -> frozenset[Zone]:
        """Zones whose crates may ride along."""
        carried = {
            Zone.AMBIENT: self.carries_ambient,
            Zone.CHILLED: self.carries_chilled,
            Zone.FROZEN: self.carries_frozen,
        }
        return frozenset(zone for zone, can in carried.items() if can)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRulesCard:
    """How a hub plans its tours."""

    #: A neighbourhood that fills this share of a truck gets a tour of its own; 0 = never.
    whole_truck_pct: int = 80
    detour_pct: int = 130
    speed_kmh: int = 25
    dock_opens: time = time(5)
    dock_closes: time = time(18)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowInput:
    """When one pickup point can take deliveries; `service_s` None = by the number of crates."""

    pickup_point_id: UUID
    opens: time
    closes: time
    service_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCard:
    """When a pickup point takes deliveries; `is_usual` = nobody decided otherwise."""

    pickup_point_id: UUID
    code: str
    name: str
    opens: time
    closes: time
    service_s: int | None
    is_usual: bool


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
    #: Seconds from arrival to leaving; None = by the number of crates.
    service_s: int | None = None
    #: Which neighbourhood it belongs to, for the whole-truck rule.
    neighbourhood_id: UUID | None = None
    #: Zone and weight of each crate in the order of zone and number; empty = any zone, equal weights.
    crate_loads: tuple[tuple[Zone, int], ...] = ()
    #: Number of the first crate; other than 0 only for a part of a point's crates.
    first_crate: int = 0

    @property
    def zones(self) -> frozenset[Zone]:
        """Zones that its truck must carry."""
        return frozenset(zone for zone, _ in self.crate_loads)

    def part(self, first_crate: int, crates: int) -> "StopDemand":
        """So many of the crates from number `first_crate` on; with equal weights where those of crates are not known.

        Parts that follow each other without a gap add up to the whole.
        """
        if first_crate == self.first_crate and crates == self.crates:
            return self
        here = first_crate - self.first_crate
        loads = self.crate_loads[here : here + crates]
        shares = [self.weight_g * n // self.crates for n in (here, here + crates)]
        return replace(
            self,
            volume_ml=self.volume_ml // self.crates * crates,
            weight_g=sum(grams for _, grams in loads) if loads else shares[1] - shares[0],
            crates=crates,
            crate_loads=loads,
            first_crate=first_crate,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStop:
    """One stop of a route; times are seconds after the truck's earliest departure."""

    pickup_point_id: UUID
    arrive_s: int
    leave_s: int
    leg_m: int
    #: The part of the point's crates: from this number on, so many; None = all.
    first_crate: int = 0
    crates: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoute:
    """One truck's tour in visiting order."""

    vehicle_id: UUID
    stops: tuple[PlannedStop, ...]
    distance_m: int
    volume_ml: int
    weight_g: int
    #: Which tour of its truck this is.
    trip: int = 1
    #: Seconds after the earliest departure; None = not known.
    leave_s: int | None = None
    back_s: int | None = None
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """Crates that no truck takes, why, and the cheapest way out with its cost where it has one."""

    pickup_point_id: UUID
    first_crate: int
    crates: int
    reason: Unplaced
    fix: Fix
    vehicle_code: str = ""
    cost_cents: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """Metres and seconds of road between places; place 0 is the hub, `place_of` says where each pickup point is."""

    metres: Table
    seconds: Table
    place_of: Mapping[UUID, int]

    def leg_m(self, from_place: int, to_place: int) -> int:
        """Metres from one place to another."""
        return int(self.metres[from_place, to_place])

    def leg_s(self, from_place: int, to_place: int) -> int:
        """Seconds from one place to another."""
        return int(self.seconds[from_place, to_place])


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What the solver found: tours, and what is on none of them."""

    routes: tuple[PlannedRoute, ...]
    unplanned: tuple[Unplanned, ...] = ()


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
    leg_m: int = 0
    weight_g: int = 0
    first_crate: int = 0
    empties_qty: int | None = None
    handed_at: datetime | None = None
    handed_to: str = ""
    problem: str = ""
    problem_at: datetime | None = None
    collect_from: str = ""

    @property
    def key(self) -> tuple[UUID, int]:
        """What stays the same from version to version: the point, and the number of its first crate here."""
        return self.pickup_point_id, self.first_crate


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
    vehicle_id: UUID
    trip: int = 1
    locked: bool = False
    leaves_at: datetime | None = None
    back_at: datetime | None = None
    #: Since when its truck cannot drive.
    broken_at: datetime | None = None


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
    origin: PlanOrigin = PlanOrigin.SOLVER
    seed: int | None = None
    unplanned: tuple[Unplanned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLine:
    """One crate in the order in which it is loaded: last stop first."""

    position: int
    stop_seq: int
    pickup_point_name: str
    crate_code: str
    zone: Zone
