"""PyVRP behind our own plain numbers: the one place that knows its classes. Runs long; never inside a transaction."""

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

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
    solve,
)

from app.domains.logistics.values.problem import Call, Fleet, Found, Problem, Tour, Visit
from app.domains.logistics.values.routes import SolverBudget

#: The default of 1e5 lets the solver buy its way out of capacity when costs are large (measured).
MAX_PENALTY = 1e8
#: What PyVRP answers as the cost of a plan that breaks a rule.
BROKEN = 2**62
NO_BUDGET = "a solver budget needs seconds, iterations or both"

#: Called with the cost of each better plan that keeps all rules.
OnCost = Callable[[int], None]
#: Asked between two steps of the search; True ends it with the best so far.
ShouldStop = Callable[[], bool]


class _Progress(IteratedLocalSearchCallbacks):
    def __init__(self, tell: OnCost) -> None:
        self._tell = tell

    def on_best(self, best: Solution) -> None:
        """Hand a better plan's cost on, unless it breaks a rule still."""
        if best.is_feasible():
            self._tell(_cost(best))


class _Until:
    """Ends a search by time, by steps or by request; without any plan that keeps the rules after `patience` of it."""

    def __init__(self, budget: SolverBudget, should_stop: ShouldStop | None, patience: float) -> None:
        if budget.seconds is None and budget.iterations is None:
            raise ValueError(NO_BUDGET)
        self._began, self._steps = time.perf_counter(), 0
        self._seconds, self._most, self._asked = budget.seconds, budget.iterations, should_stop
        self._patience = patience

    def __call__(self, best_cost: float) -> bool:
        if self._most is not None and self._steps >= (self._most * self._part(best_cost)):
            return True
        if self._seconds is not None:
            spent = time.perf_counter() - self._began
            if spent >= self._seconds * self._part(best_cost):
                return True
        self._steps += 1
        return self._asked is not None and self._asked()

    def _part(self, best_cost: float) -> float:
        return self._patience if best_cost >= BROKEN else 1.0


def search(
    problem: Problem,
    budget: SolverBudget,
    on_cost: OnCost | None = None,
    should_stop: ShouldStop | None = None,
    patience: float = 1.0,
) -> Found:
    """The cheapest tours found within the budget; the caller looks at `feasible`.

    The same seed with `iterations` and no `seconds` gives the same tours. `patience` is the part of the budget after
    which a search that has not found any plan that keeps the rules gives up.
    """
    data = problem_data(problem)
    ils = IteratedLocalSearchParams(callbacks=_Progress(on_cost)) if on_cost else IteratedLocalSearchParams()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that penalties reached their bound shows in is_feasible
        result = solve(
            data,
            stop=_Until(budget, should_stop, patience),
            seed=budget.seed,
            collect_stats=False,
            params=SolveParams(ils=ils, penalty=PenaltyParams(max_penalty=MAX_PENALTY)),
            initial_solution=Solution(data, []) if problem.from_nothing else None,
        )
    best = result.best
    tours = tuple(_tour(route) for route in best.routes() if route.num_clients())
    served = {call.visit for tour in tours for call in tour.calls}
    return Found(
        feasible=best.is_feasible(),
        cost=_cost(best),
        tours=tours,
        left_out=tuple(n for n in range(len(problem.visits)) if n not in served),
        iterations=result.num_iterations,
    )


def _cost(solution: Solution) -> int:
    return int(solution.distance_cost() + solution.fixed_vehicle_cost())


def problem_data(problem: Problem) -> ProblemData:
    """The problem in PyVRP's words; locations are places, depot 1 is the same yard with the time that loading takes."""
    hours = _known(tw_early=problem.depot_opens_s, tw_late=problem.depot_closes_s)
    depots = [Depot(location=0, **hours)]
    if any(fleet.reloads for fleet in problem.fleets):
        depots.append(Depot(location=0, service_duration=problem.reload_s, **hours))
    return ProblemData(
        locations=[Location(0, 0) for _ in range(len(problem.seconds))],
        clients=[_client(visit) for visit in problem.visits],
        depots=depots,
        vehicle_types=[_vehicle_type(fleet) for fleet in problem.fleets],
        distance_matrices=[cast("Any", table) for table in problem.costs],
        duration_matrices=[cast("Any", problem.seconds) for _ in problem.costs],
    )


def _client(visit: Visit) -> Client:
    return Client(
        location=visit.place,
        delivery=list(visit.load),
        service_duration=visit.service_s,
        tw_early=visit.opens_s,
        required=visit.prize is None,
        **_known(tw_late=visit.closes_s, prize=visit.prize),
    )


def _vehicle_type(fleet: Fleet) -> VehicleType:
    return VehicleType(
        num_available=fleet.count,
        capacity=list(fleet.capacity),
        fixed_cost=fleet.fixed_cost,
        tw_early=fleet.from_s,
        unit_distance_cost=1,
        profile=fleet.profile,
        reload_depots=[1] if fleet.reloads else [],
        max_reloads=fleet.reloads,
        **_known(tw_late=fleet.until_s, start_late=fleet.leave_by_s, shift_duration=fleet.longest_s),
    )


def _known(**values: int | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _tour(route: Route) -> Tour:
    steps = route.schedule()
    calls = [
        Call(visit=step.idx, trip=step.trip + 1, begins_s=int(step.start_time), ends_s=int(step.end_time))
        for step in steps
        if step.is_client()
    ]
    trips = {trip: no for no, trip in enumerate(sorted({call.trip for call in calls}), 1)}  # empty trips do not count
    return Tour(
        fleet=route.vehicle_type(),
        calls=tuple(_renumbered(calls, trips)),
        starts_s=int(route.start_time()),
        ends_s=int(route.end_time()),
    )


def _renumbered(calls: Sequence[Call], trips: dict[int, int]) -> list[Call]:
    return [Call(visit=c.visit, trip=trips[c.trip], begins_s=c.begins_s, ends_s=c.ends_s) for c in calls]
