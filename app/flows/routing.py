"""Tours of a round: read, search outside of any transaction, save in one; by hand, and after a breakdown."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries
from app.domains.logistics.errors import NoPlan, NothingToSort, PlanWrong
from app.domains.logistics.gateways import apart, driving, engine, shaping, solver
from app.domains.logistics.gateways.engine import ShouldStop
from app.domains.logistics.gateways.solver import OnBest, Search
from app.domains.logistics.service import routes, searches, slots
from app.domains.logistics.values.routes import (
    PlanCard,
    PlannedRoute,
    PlanOrigin,
    PlanState,
    SolverBudget,
    StopDemand,
    VehicleCard,
)
from app.domains.logistics.values.tours import Arrangement, Preview
from app.flows.station import StationRun
from app.infra.distance import DistanceSource, StraightLines
from app.infra.uow import Run
from app.kernel.errors import DomainError
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
    yard, stops = yard_of(read, group_buy_id, roads)
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


def yard_of(read: Run, group_buy_id: UUID, roads: DistanceSource | None) -> tuple[shaping.Yard, list[StopDemand]]:
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
    yard, stops = yard_of(read, group_buy_id, roads)
    tours, left = _arranged(yard, stops, wanted)
    driven = driving.drive_all(yard, tours)
    done = [driving.as_planned(tour) for tour in driven]
    return Preview(
        tours=tuple(driven), unplanned=tuple(shaping.explain(yard, part, done) for part in left),
        cost_cents=sum(t.cost_cents for t in driven), distance_m=sum(t.distance_m for t in driven),
        before_cost_cents=plan.cost_cents, before_distance_m=plan.distance_m,
    )  # fmt: skip


def save_arrangement(
    run: Run,
    read: Run,
    group_buy_id: UUID,
    wanted: Arrangement,
    roads: DistanceSource | None = None,
    *,
    seen_version: int | None = None,
) -> UUID:
    """Make an arrangement by hand the plan; `seen_version` is the plan that it began with.

    Raises PlanWrong above capacity or beyond a shift, PlanReplaced, and as `preview`.
    """
    found = preview(read, group_buy_id, wanted, roads)
    for tour in found.tours:
        if not tour.is_loadable:
            raise PlanWrong(problem="above_capacity", subject_id=tour.vehicle.id)
        if tour.overtime_s:
            raise PlanWrong(problem="outside_hours", subject_id=tour.vehicle.id)
    held = {route.vehicle_id for route in _locked(read, group_buy_id)}
    tours = [driving.as_planned(tour, locked=tour.vehicle.id in held) for tour in found.tours]
    plan_id: UUID = run(routes.save_by_hand, group_buy_id, tours, found.unplanned, seen_version)
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
