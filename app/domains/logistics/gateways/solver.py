"""PyVRP behind a face of our own values. Runs long: never call it inside a transaction or a web request."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pyvrp import (
    Client,
    Depot,
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
    Location,
    PenaltyParams,
    ProblemData,
    Route,
    Solution,
    SolveParams,
    VehicleType,
    solve as pyvrp_solve,
)
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, StoppingCriterion

from app.domains.logistics import rules
from app.domains.logistics.errors import NotEnoughTrucks
from app.domains.logistics.values.routes import PlannedRoute, PlannedStop, SolverBudget, StopDemand, VehicleCard
from app.infra.distance import matrix_m
from app.kernel.geo import Point

#: PyVRP computes in whole numbers and a kilometre's price is not a whole number of cents a metre.
MILLI = 1_000
#: The default of 1e5 lets the solver buy its way out of capacity when costs are large (measured).
MAX_PENALTY = 1e8
NO_BUDGET = "a solver budget needs seconds, iterations or both"

#: Called with the cost in cents of each better plan that keeps all rules.
OnBest = Callable[[int], None]


class _Progress(IteratedLocalSearchCallbacks):
    def __init__(self, on_best: OnBest | None) -> None:
        self._tell = on_best

    def on_best(self, best: Solution) -> None:
        """Hand a better plan's cost on, unless it breaks a rule still."""
        if self._tell and best.is_feasible():
            self._tell(round((best.distance_cost() + best.fixed_vehicle_cost()) / MILLI))


def solve(
    depot: Point,
    stops: Sequence[StopDemand],
    vehicles: Sequence[VehicleCard],
    budget: SolverBudget,
    on_best: OnBest | None = None,
) -> list[PlannedRoute]:
    """Cheapest tours found within the budget: fixed costs of the trucks used plus kilometres.

    Capacity in volume and weight and the hours of stops are kept; the same seed with `iterations` and no `seconds`
    gives the same plan. Raises NotEnoughTrucks when no plan keeps all rules, StopTooBig for a stop above every truck.
    """
    if not stops:
        return []
    rules.check_fleet(vehicles, stops)
    data = _problem(depot, stops, vehicles)
    params = SolveParams(
        ils=IteratedLocalSearchParams(callbacks=_Progress(on_best)),
        penalty=PenaltyParams(max_penalty=MAX_PENALTY),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that penalties reached their bound shows in is_feasible
        result = pyvrp_solve(data, stop=_stop(budget), seed=budget.seed, collect_stats=False, params=params)
    if not result.best.is_feasible():
        raise NotEnoughTrucks(trucks=len(vehicles), missing_ml=0, missing_g=0)
    routes = [_route(data, route, stops, vehicles) for route in result.best.routes()]
    return sorted(routes, key=lambda r: (r.stops[0].arrive_s, str(r.vehicle_id)))


def _stop(budget: SolverBudget) -> StoppingCriterion:
    limits: list[StoppingCriterion] = []
    if budget.iterations is not None:
        limits.append(MaxIterations(budget.iterations))
    if budget.seconds is not None:
        limits.append(MaxRuntime(budget.seconds))
    if not limits:
        raise ValueError(NO_BUDGET)
    return MultipleCriteria(limits)


def _problem(depot: Point, stops: Sequence[StopDemand], vehicles: Sequence[VehicleCard]) -> ProblemData:
    """Location 0 is the depot, location i + 1 is stop i; clients are counted from 0 apart from depots."""
    points = [depot, *(stop.place for stop in stops)]
    metres = matrix_m(points)
    back_by = rules.seconds_after_departure(rules.BACK_BY)
    return ProblemData(
        locations=[Location(x=p.lon, y=p.lat) for p in points],
        clients=[
            Client(
                location=number,
                delivery=[stop.volume_ml, stop.weight_g],
                service_duration=rules.service_s(stop.crates),
                tw_early=max(0, rules.seconds_after_departure(stop.opens)),
                tw_late=rules.seconds_after_departure(stop.closes),
            )
            for number, stop in enumerate(stops, 1)
        ],
        depots=[Depot(location=0, tw_early=0, tw_late=back_by)],
        vehicle_types=[
            VehicleType(
                num_available=1,
                capacity=[vehicle.capacity_ml, vehicle.capacity_g],
                fixed_cost=vehicle.fixed_cost_cents * MILLI,
                tw_early=0,
                tw_late=back_by,
                start_late=rules.seconds_after_departure(rules.DEPART_UNTIL),
                unit_distance_cost=vehicle.cost_per_km_cents,  # cents a kilometre are thousandths of a cent a metre
            )
            for vehicle in vehicles
        ],
        distance_matrices=[cast("Any", metres)],
        duration_matrices=[cast("Any", _seconds(metres))],
    )


def _seconds(metres: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.rint(metres * 3.6 / rules.SPEED_KMH).astype(np.int64)


def _route(
    data: ProblemData, route: Route, stops: Sequence[StopDemand], vehicles: Sequence[VehicleCard]
) -> PlannedRoute:
    metres = data.distance_matrix(0)
    here, planned = 0, []
    for visit in route.schedule():
        if not visit.is_client():
            continue
        location = data.client(visit.idx).location
        planned.append(
            PlannedStop(
                pickup_point_id=stops[visit.idx].pickup_point_id,
                arrive_s=int(visit.start_time),
                leave_s=int(visit.end_time),
                leg_m=int(metres[here, location]),
            )
        )
        here = location
    volume, weight = route.delivery()
    return PlannedRoute(
        vehicle_id=vehicles[route.vehicle_type()].id,
        stops=tuple(planned),
        distance_m=int(route.distance()),
        volume_ml=int(volume),
        weight_g=int(weight),
    )
