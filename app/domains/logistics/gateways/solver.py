"""The tours of a round by the engine. Runs long: never call it inside a transaction or a web request."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from app.domains.logistics import rules
from app.domains.logistics.errors import NotEnoughTrucks, PlanWrong
from app.domains.logistics.gateways import engine, shaping
from app.domains.logistics.gateways.engine import OnCost, ShouldStop
from app.domains.logistics.gateways.shaping import MIDNIGHT_S, MILLI, Yard
from app.domains.logistics.values.problem import Call, Found, Problem, Tour
from app.domains.logistics.values.routes import (
    Ground,
    Planned,
    PlannedRoute,
    PlannedStop,
    RouteRulesCard,
    SolverBudget,
    StopDemand,
    VehicleCard,
)
from app.infra.distance import DistanceSource, StraightLines
from app.kernel.geo import Point

#: Part of the budget after which a search that kept leaving somebody behind may leave out what does not fit.
PATIENCE = 0.3
#: A hub that leaves no truck to one neighbourhood alone.
NO_RULES = RouteRulesCard(whole_truck_pct=0)

#: Called with the cost in cents of each better plan that keeps all rules.
OnBest = Callable[[int], None]


class Search(Protocol):
    """How the engine is run: here, or in a process of its own."""

    def __call__(
        self,
        problem: Problem,
        budget: SolverBudget,
        on_cost: OnCost | None = None,
        should_stop: ShouldStop | None = None,
        patience: float = 1.0,
    ) -> Found:
        """As `engine.search`."""
        ...  # fmt: skip


def ground_of(depot: Point, stops: Sequence[StopDemand], roads: DistanceSource) -> Ground:
    """Distances between the hub and the pickup points of a round."""
    places = {stop.pickup_point_id: stop.place for stop in stops}
    metres, seconds = roads.table([depot, *places.values()])
    return Ground(metres, seconds, {point: n for n, point in enumerate(places, 1)})


def solve(
    depot: Point,
    stops: Sequence[StopDemand],
    vehicles: Sequence[VehicleCard],
    budget: SolverBudget,
    on_best: OnBest | None = None,
) -> list[PlannedRoute]:
    """All stops or nothing: raises StopTooBig for a stop above every truck, NotEnoughTrucks for one left over."""
    if not stops:
        return []
    rules.check_fleet(vehicles, stops)
    found = plan(ground_of(depot, stops, StraightLines()), stops, vehicles, budget, NO_RULES, on_best=on_best)
    if found.unplanned:
        raise NotEnoughTrucks(trucks=len(vehicles), missing_ml=0, missing_g=0)
    return list(found.routes)


def plan(  # noqa: PLR0913  a plan has so many sides
    ground: Ground,
    stops: Sequence[StopDemand],
    vehicles: Sequence[VehicleCard],
    budget: SolverBudget,
    hub: RouteRulesCard = NO_RULES,
    *,
    on_best: OnBest | None = None,
    should_stop: ShouldStop | None = None,
    search: Search = engine.search,
) -> Planned:
    """Cheapest tours found within the budget: fixed costs of the trucks used, kilometres and stops.

    Volume, weight, zones, hours, shifts and the number of tours are kept, which is checked again here. A point bigger
    than every truck is divided among several; what fits nowhere comes back as unplanned with the reason. The same seed
    with `iterations` and no `seconds` gives the same plan. Raises NotEnoughTrucks without any truck that can drive.
    """
    yard = Yard(ground, [v for v in vehicles if v.broken_at is None], hub)
    if stops and not yard.trucks:
        missing = sum(s.volume_ml for s in stops), sum(s.weight_g for s in stops)
        raise NotEnoughTrucks(trucks=0, missing_ml=missing[0], missing_g=missing[1])
    parts = [part for stop in stops for part in shaping.divide(stop, yard.trucks)]
    fitting = [part for part in parts if any(rules.carries(t, [part]) for t in yard.trucks)]
    found = _search(yard, fitting, budget, (_in_cents(on_best), should_stop, search)) if fitting else None
    routes = [route for tour in found.tours for route in _routes(yard, tour, fitting)] if found else []
    routes.sort(key=lambda r: (r.stops[0].arrive_s, str(r.vehicle_id)))
    over = [part for part in parts if part not in fitting] + [fitting[n] for n in (found.left_out if found else ())]
    done = Planned(routes=tuple(routes), unplanned=tuple(shaping.explain(yard, part, routes) for part in over))
    rules.check_plan(done.routes, stops, yard.trucks, done.unplanned)
    check_hours(yard, done.routes, stops)
    return done


def _in_cents(on_best: OnBest | None) -> OnCost | None:
    return None if on_best is None else lambda cost: on_best(round(cost / MILLI))


def _search(
    yard: Yard,
    parts: Sequence[StopDemand],
    budget: SolverBudget,
    run: tuple[OnCost | None, ShouldStop | None, Search],
) -> Found:
    """With every stop; when that does not work out, with the right to leave some out."""
    on_cost, should_stop, search = run
    problem = shaping.problem_of(yard, parts)
    if _could_fit(yard, parts):
        found = search(problem, budget, on_cost, should_stop, PATIENCE)
        if found.feasible:
            return found
    loose = shaping.with_prizes(problem, yard, parts)
    found = search(loose, budget, on_cost, should_stop, PATIENCE)
    return found if found.feasible else search(replace(loose, from_nothing=True), budget, on_cost, should_stop)


def _could_fit(yard: Yard, parts: Sequence[StopDemand]) -> bool:
    room = sum(t.capacity_ml * t.max_tours for t in yard.trucks), sum(t.capacity_g * t.max_tours for t in yard.trucks)
    return sum(p.volume_ml for p in parts) <= room[0] and sum(p.weight_g for p in parts) <= room[1]


def _routes(yard: Yard, tour: Tour, parts: Sequence[StopDemand]) -> list[PlannedRoute]:
    """A truck's day as one route per loading."""
    trips: dict[int, list[Call]] = {}
    for call in tour.calls:
        trips.setdefault(call.trip, []).append(call)
    return [_route(yard, tour, calls, parts) for calls in trips.values()]


def _route(yard: Yard, tour: Tour, calls: Sequence[Call], parts: Sequence[StopDemand]) -> PlannedRoute:
    ground, here, distance, stops = yard.ground, 0, 0, []
    for call in calls:
        part = parts[call.visit]
        place = ground.place_of[part.pickup_point_id]
        stops.append(
            PlannedStop(
                pickup_point_id=part.pickup_point_id, arrive_s=call.begins_s - MIDNIGHT_S,
                leave_s=call.ends_s - MIDNIGHT_S, leg_m=ground.leg_m(here, place), first_crate=part.first_crate,
                crates=part.crates,
            )
        )  # fmt: skip
        distance += ground.leg_m(here, place)
        here = place
    first = ground.place_of[parts[calls[0].visit].pickup_point_id]
    leaves = tour.starts_s if calls[0].trip == 1 else calls[0].begins_s - ground.leg_s(0, first)
    return PlannedRoute(
        vehicle_id=yard.trucks[tour.fleet].id,
        stops=tuple(stops),
        distance_m=distance + ground.leg_m(here, 0),
        volume_ml=sum(parts[c.visit].volume_ml for c in calls),
        weight_g=sum(parts[c.visit].weight_g for c in calls),
        trip=calls[0].trip,
        leave_s=leaves - MIDNIGHT_S,
        back_s=calls[-1].ends_s + ground.leg_s(here, 0) - MIDNIGHT_S,
    )


def check_hours(yard: Yard, routes: Sequence[PlannedRoute], stops: Sequence[StopDemand]) -> None:
    """Trust no solver about time either: windows, driving times, shifts, and one tour after the other.

    Raises PlanWrong with the truck or stop.
    """
    demand = {s.pickup_point_id: s for s in stops}
    trucks = {t.id: t for t in yard.trucks}
    back: dict[object, int] = {}
    for route in sorted(routes, key=lambda r: (str(r.vehicle_id), r.trip)):
        truck = trucks[route.vehicle_id]
        here, clock = 0, route.leave_s if route.leave_s is not None else 0
        ready = back.get(truck.id, rules.seconds_after_departure(truck.shift_from))
        for stop in route.stops:
            place, window = yard.ground.place_of[stop.pickup_point_id], demand[stop.pickup_point_id]
            opens, closes = (rules.seconds_after_departure(t) for t in (window.opens, window.closes))
            if stop.arrive_s < clock + yard.ground.leg_s(here, place) or not opens <= stop.arrive_s <= closes:
                raise PlanWrong(problem="outside_hours", subject_id=stop.pickup_point_id)
            here, clock = place, stop.leave_s
        back[truck.id] = clock + yard.ground.leg_s(here, 0) + shaping.RELOAD_S
        ends = rules.seconds_after_departure(truck.shift_until)
        if (route.leave_s or 0) < ready or back[truck.id] - shaping.RELOAD_S > ends:
            raise PlanWrong(problem="outside_hours", subject_id=truck.id)
