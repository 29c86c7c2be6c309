"""Tours of a round: read, search outside of any transaction, save in one; by hand, and after a breakdown."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries
from app.domains.logistics.errors import NoPlan, NothingToSort, PlanWrong
from app.domains.logistics.gateways import apart, driving, engine, shaping, solver
from app.domains.logistics.gateways.engine import ShouldStop
from app.domains.logistics.gateways.solver import OnBest, Search
from app.domains.logistics.service import moves, routes, searches, slots
from app.domains.logistics.values.routes import (
    PlanCard,
    PlannedRoute,
    PlanOrigin,
    PlanState,
    RouteCard,
    SolverBudget,
    StopCard,
    StopDemand,
    VehicleCard,
)
from app.domains.logistics.values.tours import Arrangement, Preview, RoadStop, RoadTour
from app.flows.station import StationRun
from app.infra.distance import DistanceSource, StraightLines
from app.infra.uow import Run
from app.kernel.errors import DomainError, NotFound
from app.kernel.money import format_cents

#: How often a search writes what it found, and asks whether somebody wants it to stop, in seconds.
TELL_EVERY_S = 0.5


def plan_routes(  # noqa: PLR0913  who acts, what, and how the search is run
    run: Run,
    read: Run,
    group_buy_id: UUID,
    budget: SolverBudget,
    on_best: OnBest | None = None,
    *,
    roads: DistanceSource | None = None,
    should_stop: ShouldStop | None = None,
    search: Search = engine.search,
) -> UUID:
    """Plan the tours of a round with the hub's trucks; returns the new plan, which replaces the one before.

    Locked trucks keep their tours; what fits nowhere is listed as unplanned. The search runs between two transactions;
    when the sheets change meanwhile, saving refuses what no longer fits. Raises NothingToSort, NotEnoughTrucks,
    PlanWrong, AlreadyDispatched, RoadsUnknown.
    """
    yard, stops = _yard(read, group_buy_id, roads)
    kept = _locked(read, group_buy_id)
    held = {route.vehicle_id for route in kept}
    free = [truck for truck in yard.trucks if truck.id not in held]
    open_stops = [part for stop in stops for part in _without(stop, kept)]
    found = solver.plan(
        yard.ground, open_stops, free, budget, yard.hub, on_best=on_best, should_stop=should_stop, search=search
    )
    tours = [*kept, *found.routes]
    plan_id: UUID = run(routes.save_plan, group_buy_id, tours, found.unplanned, PlanOrigin.SOLVER, budget.seed)
    run(slots.follow_routes, group_buy_id)
    return plan_id


def _yard(read: Run, group_buy_id: UUID, roads: DistanceSource | None) -> tuple[shaping.Yard, list[StopDemand]]:
    """Roads, trucks and rules of a round's hub, and what is to be brought where. Raises NothingToSort."""
    card = read(groupbuys.get_group_buy, group_buy_id)
    hub = read(communities.get_hub, card.hub_id)
    stops: list[StopDemand] = read(queries.stops_of_round, group_buy_id)
    if not stops:
        raise NothingToSort
    rules = read(queries.route_rules, card.hub_id)
    roads = roads or StraightLines(rules.detour_pct / 100, rules.speed_kmh)
    trucks = read(queries.vehicles, card.hub_id, only_active=True)
    return shaping.Yard(solver.ground_of(hub.place, stops, roads), trucks, rules), stops


def _locked(read: Run, group_buy_id: UUID) -> list[PlannedRoute]:
    plan: PlanCard | None = read(queries.current_plan, group_buy_id)
    if plan is None or plan.state is not PlanState.PLANNED:
        return []
    return [route for route in read(queries.planned_routes, plan.id) if route.locked]


def _without(stop: StopDemand, kept: Sequence[PlannedRoute]) -> list[StopDemand]:
    """Runs of a point's crates that no kept tour carries."""
    gone = {
        crate
        for route in kept
        for there in route.stops
        if there.pickup_point_id == stop.pickup_point_id
        for crate in range(there.first_crate, there.first_crate + (there.crates or stop.crates))
    }
    if not gone:
        return [stop]
    parts, first = [], 0
    for crate in range(stop.crates + 1):
        if crate == stop.crates or crate in gone:
            if crate > first:
                parts.append(stop.part(first, crate - first))
            first = crate + 1
    return parts


# --- in the worker --------------------------------------------------------------------------------------------------


def search_routes(
    run: Run, read: Run, search_id: UUID, roads: DistanceSource | None = None, search: Search = apart.search
) -> None:
    """One search that HQ asked for: every better plan is shown at once, a refusal is kept with it, Stop takes the best.

    May be repeated: a search whose worker died begins anew, one that has ended is left alone.
    """
    if not run(searches.begin_search, search_id):
        return
    asked = read(queries.search_of, search_id)
    watch = _Watch(run, read, search_id)
    budget = SolverBudget(seconds=float(asked.seconds), seed=asked.seed)
    try:
        plan_id = plan_routes(
            run, read, asked.group_buy_id, budget, watch.tell, roads=roads, should_stop=watch.should_stop, search=search
        )
    except DomainError as refusal:
        run(searches.end_search, search_id, None, str(refusal))
        return
    plan: PlanCard = read(queries.current_plan, asked.group_buy_id)
    watch.tell(plan.cost_cents)  # a search may begin with its best, and locked trucks cost something too
    watch.flush()
    run(searches.end_search, search_id, plan_id)


class _Watch:
    """Writes better plans down and asks for Stop, neither more often than `TELL_EVERY_S`."""

    def __init__(self, run: Run, read: Run, search_id: UUID) -> None:
        self._run, self._read, self._id = run, read, search_id
        self._began = self._told = self._asked = time.perf_counter()
        self._new: list[tuple[int, int]] = []

    def tell(self, cost_cents: int) -> None:
        """A better plan was found."""
        now = time.perf_counter()
        self._new.append((round(1000 * (now - self._began)), cost_cents))
        if now - self._told >= TELL_EVERY_S:
            self._told = now
            self.flush()

    def should_stop(self) -> bool:
        """Whether somebody pressed Stop; also a chance to write down what came last."""
        now = time.perf_counter()
        if now - self._asked < TELL_EVERY_S:
            return False
        self._asked = now
        self.flush()
        stopped: bool = self._read(queries.stop_is_asked, self._id)
        return stopped

    def flush(self) -> None:
        """Write what is not written yet."""
        if self._new:
            self._run(searches.note_cost, self._id, self._new)
            self._new = []


def route_station(st: StationRun, options: dict[str, Any]) -> str:
    """Plan the tours. Options: `seconds` for the solver (5); `iterations` and `seed` for the same plan each time.

    Without a sheet there is nothing to plan.
    """
    iterations = options.get("iterations")
    seconds = options.get("seconds") or (None if iterations else 5.0)
    budget = SolverBudget(seconds=seconds, iterations=iterations, seed=int(options.get("seed") or 1))
    currency = st.read(groupbuys.get_group_buy, st.group_buy_id).currency
    best: list[int] = []

    def tell(cost_cents: int) -> None:
        """Show a better plan at once, but not more often than the first and every tenth."""
        best.append(cost_cents)
        if len(best) % 10 == 1:
            st.progress(0, 1, f"{format_cents(cost_cents, currency)} {currency}")

    search: Search = apart.search if seconds else engine.search
    try:
        plan_routes(st.run, st.read, st.group_buy_id, budget, tell, roads=st.roads, search=search)
    except NothingToSort:
        return f"0 trucks, 0 stops, 0.0 km, {format_cents(0, currency)} {currency}"
    plan: PlanCard = st.read(queries.current_plan, st.group_buy_id)
    st.progress(1, 1)
    stops, km = sum(len(r.stops) for r in plan.routes), plan.distance_m / 1000
    trucks = len({r.vehicle_id for r in plan.routes})
    left = f", {len(plan.unplanned)} unplanned" if plan.unplanned else ""
    return f"{trucks} trucks, {stops} stops, {km:.1f} km, {format_cents(plan.cost_cents, currency)} {currency}{left}"


# --- by hand --------------------------------------------------------------------------------------------------------


def preview(read: Run, group_buy_id: UUID, wanted: Arrangement, roads: DistanceSource | None = None) -> Preview:
    """What an arrangement by hand would come to, with every rule it breaks; nothing is saved.

    Crates that stand on no tour are unplanned. Raises NoPlan, PlanWrong for crates that do not exist or stand twice.
    """
    plan = _open_plan(read, group_buy_id)
    yard, stops = _yard(read, group_buy_id, roads)
    tours, left = _arranged(yard, stops, wanted)
    driven = driving.drive_all(yard, tours)
    done = [driving.as_planned(tour) for tour in driven]
    return Preview(
        tours=tuple(driven), unplanned=tuple(shaping.explain(yard, part, done) for part in left),
        cost_cents=sum(t.cost_cents for t in driven), distance_m=sum(t.distance_m for t in driven),
        before_cost_cents=plan.cost_cents, before_distance_m=plan.distance_m,
    )  # fmt: skip


def save_arrangement(
    run: Run, read: Run, group_buy_id: UUID, wanted: Arrangement, roads: DistanceSource | None = None
) -> UUID:
    """Make an arrangement by hand the plan. Raises PlanWrong above capacity or beyond a shift, and as `preview`."""
    found = preview(read, group_buy_id, wanted, roads)
    for tour in found.tours:
        if not tour.is_loadable:
            raise PlanWrong(problem="above_capacity", subject_id=tour.vehicle.id)
        if tour.overtime_s:
            raise PlanWrong(problem="outside_hours", subject_id=tour.vehicle.id)
    held = {route.vehicle_id for route in _locked(read, group_buy_id)}
    tours = [driving.as_planned(tour, locked=tour.vehicle.id in held) for tour in found.tours]
    plan_id: UUID = run(routes.save_plan, group_buy_id, tours, found.unplanned, PlanOrigin.HAND)
    return plan_id


def _open_plan(read: Run, group_buy_id: UUID) -> PlanCard:
    plan: PlanCard | None = read(queries.current_plan, group_buy_id)
    if plan is None:
        raise NoPlan
    return plan


def _arranged(
    yard: shaping.Yard, stops: Sequence[StopDemand], wanted: Arrangement
) -> tuple[list[tuple[VehicleCard, list[StopDemand]]], list[StopDemand]]:
    """The arrangement with its loads, and what stands on no tour."""
    known, trucks = {s.pickup_point_id: s for s in stops}, {t.id: t for t in yard.trucks}
    taken: list[PlannedRoute] = []
    tours = []
    for vehicle_id, _trip, parts in wanted:
        if vehicle_id not in trucks:
            raise PlanWrong(problem="above_capacity", subject_id=vehicle_id)
        loads = []
        for point, first, crates in parts:
            whole = known.get(point)
            if whole is None or not 0 <= first < first + crates <= whole.crates:
                raise PlanWrong(problem="unknown_stop", subject_id=point)
            if not any(p.first_crate <= first and first + crates <= p.first_crate + p.crates
                       for p in _without(whole, taken)):  # fmt: skip
                raise PlanWrong(problem="double_stop", subject_id=point)
            loads.append(whole.part(first, crates))
            taken.append(driving.as_planned(driving.drive(yard, trucks[vehicle_id], 1, loads[-1:])))
        tours.append((trucks[vehicle_id], loads))
    return tours, [part for stop in stops for part in _without(stop, taken)]


# --- after a breakdown ----------------------------------------------------------------------------------------------


def break_down(
    run: Run, read: Run, group_buy_id: UUID, vehicle_id: UUID, now: datetime, roads: DistanceSource | None = None
) -> UUID | None:
    """A truck cannot drive any more. On the road its undelivered stops go to others from where these are now.

    Before the trucks leave it is only marked, and the tours are to be planned anew: None.
    Raises NotFound for a truck without a tour, PlanOutdated.
    """
    plan: PlanCard | None = read(queries.current_plan, group_buy_id)
    if plan is None or plan.state is not PlanState.DISPATCHED:
        run(moves.mark_broken, vehicle_id, True)
        return None
    broken = [route for route in plan.routes if route.vehicle_id == vehicle_id]
    if not broken:
        raise NotFound("route")
    yard, stops = _yard(read, group_buy_id, roads)
    yard = replace(yard, trucks=[t for t in yard.trucks if t.broken_at is None and t.id != vehicle_id])
    known = {s.pickup_point_id: s for s in stops}
    base = read(queries.first_departure, group_buy_id)
    clock = round((now - base).total_seconds())
    lost = [_whole(known, s) for route in broken for s in route.stops if s.arrived_at is None]
    wreck = _place(yard, [s for route in broken for s in route.stops])
    helpers = _helpers(yard, plan, known, clock)
    told, stranded = driving.take_over(yard, wreck, lost, list(helpers.values()))
    name = next((r.vehicle_code for r in broken), "")
    tours = [
        _road_tour(yard, plan, trip, helper, (wreck, name))
        for trip, helper in zip([key[1] for key in helpers], told, strict=True)
        if helper.left
    ]
    tours += _untouched([r for r in plan.routes if r.vehicle_id != vehicle_id], tours, base)
    left = [*plan.unplanned, *(shaping.explain(yard, part, ()) for part in stranded)]
    run(moves.mark_broken, vehicle_id, True)
    plan_id: UUID = run(moves.replace_on_road, plan, group_buy_id, tours, left)
    return plan_id


def _whole(known: dict[UUID, StopDemand], stop: StopCard) -> StopDemand:
    return known[stop.pickup_point_id].part(stop.first_crate, stop.crates)


def _key(part: StopDemand) -> tuple[UUID, int]:
    return part.pickup_point_id, part.first_crate


def _place(yard: shaping.Yard, stops: Sequence[StopCard]) -> int:
    """Where a truck was last seen: at the stop that it reached last, else at the hub."""
    seen = [s for s in stops if s.arrived_at is not None]
    last = max(seen, key=lambda s: (s.arrived_at, s.seq), default=None)
    return 0 if last is None else yard.ground.place_of[last.pickup_point_id]


def _helpers(
    yard: shaping.Yard, plan: PlanCard, known: dict[UUID, StopDemand], clock: int
) -> dict[tuple[UUID, int], driving.OnRoad]:
    """Trucks that can help, by truck and tour: those under way with what is on board, and idle ones at the hub."""
    found: dict[tuple[UUID, int], driving.OnRoad] = {}
    for truck in yard.trucks:
        mine = [route for route in plan.routes if route.vehicle_id == truck.id]
        under_way = next((r for r in mine if any(s.arrived_at is None for s in r.stops)), mine[-1] if mine else None)
        stops = under_way.stops if under_way else ()
        place = _place(yard, stops)
        left = tuple(_whole(known, s) for s in stops if s.arrived_at is None)
        trip = under_way.trip if under_way else 1
        begins = shaping.seconds_of_day(truck.shift_from) - shaping.MIDNIGHT_S
        found[truck.id, trip] = driving.OnRoad(truck, place, max(clock, begins), left)
    return found


def _road_tour(
    yard: shaping.Yard, plan: PlanCard, trip: int, helper: driving.OnRoad, wreck: tuple[int, str]
) -> RoadTour:
    stops, back, metres = driving.road_times(yard, wreck[0], helper)
    driven = sum(
        s.leg_m for r in plan.routes for s in r.stops
        if r.vehicle_id == helper.vehicle.id and r.trip == trip and s.arrived_at is not None
    )  # fmt: skip
    fetched = {s.key: s.collect_from for r in plan.routes for s in r.stops}
    return RoadTour(
        vehicle_id=helper.vehicle.id, trip=trip, back_s=back, distance_m=driven + metres,
        stops=tuple(
            RoadStop(
                key=_key(s.part), arrive_s=s.arrive_s, leave_s=s.leave_s, leg_m=s.leg_m,
                collect_from=" + ".join(
                    filter(None, (fetched.get(_key(s.part), ""), wreck[1] if helper.meets_after == n else ""))
                ),
            )
            for n, s in enumerate(stops)
        ),
    )  # fmt: skip


def _untouched(routes: Sequence[RouteCard], told: Sequence[RoadTour], base: datetime) -> list[RoadTour]:
    """Tours that keep their stops: a helper's further ones, and those of trucks that do not help.

    A further tour begins later when its truck comes back late from the one before.
    """
    back = {(tour.vehicle_id, tour.trip): tour.back_s for tour in told}
    kept: list[RoadTour] = []

    def seconds(moment: datetime) -> int:
        return round((moment - base).total_seconds())

    for route in sorted(routes, key=lambda r: r.trip):
        ahead = [stop for stop in route.stops if stop.arrived_at is None]
        if not ahead or (route.vehicle_id, route.trip) in back:
            continue
        before = back.get((route.vehicle_id, route.trip - 1))
        leaves = seconds(route.leaves_at or ahead[0].arrive_at)
        late = 0 if before is None else max(0, before + shaping.RELOAD_S - leaves)
        ends = seconds(route.back_at or ahead[-1].leave_at) + late
        back[route.vehicle_id, route.trip] = ends
        stops = tuple(
            RoadStop(
                key=stop.key, arrive_s=seconds(stop.arrive_at) + late, leave_s=seconds(stop.leave_at) + late,
                leg_m=stop.leg_m, collect_from=stop.collect_from,
            )
            for stop in ahead
        )  # fmt: skip
        kept.append(
            RoadTour(
                vehicle_id=route.vehicle_id, trip=route.trip, back_s=ends, distance_m=route.distance_m, stops=stops
            )
        )
    return kept
