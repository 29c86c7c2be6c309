"""Tours by hand, on the road and in comparison; searches for tours, and the links of drivers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domains.catalogue.values import Zone
from app.domains.logistics.values.routes import (
    PlanOrigin,
    PlanState,
    RunState,
    StopDemand,
    Unplanned,
    VehicleCard,
)

#: A tour by hand: truck, number of its tour, and (pickup point, first crate, crates) in order.
Arrangement = tuple[tuple[UUID, int, tuple[tuple[UUID, int, int], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivenStop:
    """A stop as a tour in this order would reach it; seconds as in PlannedStop."""

    part: StopDemand
    arrive_s: int
    leave_s: int
    leg_m: int
    #: How long after the window's end.
    late_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What a tour in a given order comes to, and which rules it breaks."""

    vehicle: VehicleCard
    trip: int
    stops: tuple[DrivenStop, ...]
    leave_s: int
    back_s: int
    distance_m: int
    volume_ml: int
    weight_g: int
    cost_cents: int
    wrong_zones: frozenset[Zone]
    #: How long after the end of the shift, or of the dock, it is back.
    overtime_s: int

    @property
    def is_loadable(self) -> bool:
        """Whether the truck can carry it; no plan above capacity is ever saved."""
        fits = self.volume_ml <= self.vehicle.capacity_ml and self.weight_g <= self.vehicle.capacity_g
        return fits and not self.wrong_zones

    @property
    def is_in_time(self) -> bool:
        """Whether every window and the shift are kept."""
        return not self.overtime_s and not any(stop.late_s for stop in self.stops)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an arrangement by hand would come to, beside what the plan comes to now."""

    tours: tuple[Driven, ...]
    unplanned: tuple[Unplanned, ...]
    cost_cents: int
    distance_m: int
    before_cost_cents: int
    before_distance_m: int

    @property
    def can_be_saved(self) -> bool:
        """No plan above what a truck carries, or beyond its shift, is saved; being late is for people to decide."""
        return all(tour.is_loadable and not tour.overtime_s for tour in self.tours)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadStop:
    """A stop of a plan on the road, as a truck will reach it from where it is."""

    key: tuple[UUID, int]
    arrive_s: int
    leave_s: int
    leg_m: int
    collect_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadTour:
    """What a truck still has to do after a breakdown; `vehicle_id` may be a truck that was not on the road yet."""

    vehicle_id: UUID
    trip: int
    stops: tuple[RoadStop, ...]
    back_s: int
    #: Metres of the whole tour, what was driven already included.
    distance_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLinkCard:
    """A driver's way to one truck's tours of one round."""

    id: UUID
    group_buy_id: UUID
    vehicle_id: UUID
    vehicle_code: str
    vehicle_name: str
    expires_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCard:
    """One search for tours: its budget, how far it is, and what it found; `curve` is (ms, cents) of better plans."""

    id: UUID
    group_buy_id: UUID
    state: RunState
    seconds: int
    seed: int
    asked_by: str
    asked_at: datetime
    began_at: datetime | None
    finished_at: datetime | None
    stop_asked: bool
    curve: tuple[tuple[int, int], ...]
    plan_id: UUID | None
    note: str

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in {RunState.WAITING, RunState.SEARCHING}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVersion:
    """One version of a round's plan."""

    id: UUID
    version: int
    state: PlanState
    origin: PlanOrigin
    seed: int | None
    cost_cents: int
    distance_m: int
    planned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlace:
    """Where a stop stands in one version of a plan."""

    key: tuple[UUID, int]
    name: str
    vehicle_code: str
    trip: int
    seq: int
    arrive_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A stop that two versions put in different places; None = not on any tour."""

    name: str
    before: StopPlace | None
    after: StopPlace | None
