"""Vehicles, route plans, stops and load lists."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone
from app.kernel.geo import Point


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
