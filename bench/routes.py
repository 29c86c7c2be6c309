"""The route planner: how close to the best known tours, what our own wrapper costs, and a city of our own."""

import argparse
import json
import resource
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pyvrp
from pyvrp.stop import MaxIterations

from app.domains.logistics.gateways import engine, solver
from app.domains.logistics.values.problem import Problem
from app.domains.logistics.values.routes import SolverBudget
from bench import instances
from bench.city import city

Row = dict[str, Any]
#: A result of `python -m bench routes`: name, value, unit, limit, ratio.
Figure = tuple[str, float, str, float | None, float | None]


def main(arguments: Sequence[str]) -> int:
    """`flask bench routes --instances DIR [--seconds N] [--iterations N] [--seed N] [--json]`."""
    ask = argparse.ArgumentParser(prog="flask bench routes", description=main.__doc__)
    ask.add_argument(
        "--instances", type=Path, required=True, help="a directory of CVRPLIB/VRPLIB files with .sol beside"
    )
    ask.add_argument("--seconds", type=float, default=None, help="for each instance (10 where nothing is said)")
    ask.add_argument("--iterations", type=int, default=None, help="steps of the search; alone, results repeat exactly")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--json", action="store_true", help="print JSON instead of a table")
    wish = ask.parse_args(arguments)
    if not wish.instances.is_dir():
        ask.error(f"{wish.instances} is not a directory")
    seconds = wish.seconds if wish.seconds or wish.iterations else 10.0
    budget = SolverBudget(seconds=seconds, iterations=wish.iterations, seed=wish.seed)
    found = []
    for instance in instances.read_all(wish.instances):
        found.append(measure(instance, budget))
        if not wish.json:
            print(_line(found[-1]), flush=True)
    if not found:
        ask.error(f"no instance in {wish.instances}")
    if wish.json:
        print(json.dumps(found))
    else:
        gaps = [row["gap_pct"] for row in found if row["gap_pct"] is not None]
        print(f"{'mean gap':<16}{fmean(gaps):>14.2f} %" if gaps else "no best known costs")
    return 0


def measure(instance: instances.Instance, budget: SolverBudget) -> Row:
    """Solve one instance through the engine that plans rounds; a result that breaks a rule has no cost."""
    begun = time.perf_counter()
    found = engine.search(instance.problem, budget)
    seconds = time.perf_counter() - begun
    routes = [[instance.problem.visits[c.visit].place for c in tour.calls] for tour in found.tours]
    _check(instance.problem, routes, is_feasible=found.feasible, name=instance.name)
    cost = instances.cost_of(routes, instance.problem.costs[0]) / instance.convention.scale
    known = instance.best_known
    gap = None if known is None else round(100 * (cost - known) / known, 3)
    return {"name": instance.name, "cost": cost, "best_known": known, "gap_pct": gap, "seconds": round(seconds, 2)}


def _check(problem: Problem, routes: list[list[int]], *, is_feasible: bool, name: str) -> None:
    """Every customer once, no truck above capacity, added up here anew."""
    demand = {visit.place: visit.load[0] for visit in problem.visits}
    visited = sorted(place for route in routes for place in route)
    over = [route for route in routes if sum(demand[place] for place in route) > problem.fleets[0].capacity[0]]
    if not is_feasible or over or visited != sorted(demand) or len(routes) > problem.fleets[0].count:
        raise SystemExit(f"{name}: no plan that keeps the rules was found in this time")


def _line(row: Row) -> str:
    known = "" if row["best_known"] is None else f"  best known {row['best_known']:>10}  gap {row['gap_pct']:>6.2f} %"
    return f"{row['name']:<16}{row['cost']:>14}{known}  {row['seconds']:>7.1f} s"


# --- rows of bench/latest.json --------------------------------------------------------------------------------------

#: How many steps the wrapper and the bare engine do against each other, and how often.
STEPS, TIMES = 1_500, 12


def figures(directory: Path | None, seconds: Sequence[float] = (10, 60)) -> Iterator[Figure]:
    """Wrapper against bare PyVRP, a city of 500 stops, and the gaps when a directory of instances is given."""
    yield from wrapper()
    yield from own_city(min(seconds))
    if directory is not None:
        found = instances.read_all(directory)
        for wait in seconds:
            rows = [measure(instance, SolverBudget(seconds=wait)) for instance in found]
            gaps = [row["gap_pct"] for row in rows if row["gap_pct"] is not None]
            for row in rows:
                if row["gap_pct"] is not None:
                    yield (
                        f"routes_{row['name']}_{wait:g}s",
                        row["cost"],
                        "cost",
                        row["best_known"],
                        1 + row["gap_pct"] / 100,
                    )
            yield f"routes_gap_{wait:g}s", fmean(gaps), f"% over {len(gaps)} instances", None, None


def wrapper() -> Iterator[Figure]:
    """CPU seconds of building and searching through our wrapper beside bare PyVRP, same seed, same steps, same tours.

    They take turns, and who begins changes, so that a slow minute of the machine meets both; of each the least counts.
    """
    problem = city(200, with_windows=True).problem
    budget = SolverBudget(seconds=None, iterations=STEPS, seed=3)
    data, told = engine.problem_data(problem), list[int]()
    sides = (lambda: engine.search(problem, budget, told.append, lambda: False).cost, lambda: _bare(data))
    times: tuple[list[float], list[float]] = ([], [])
    costs = set()
    for turn in range(TIMES):
        for side in (0, 1) if turn % 2 else (1, 0):
            begun = time.process_time()
            costs.add(sides[side]())
            times[side].append(time.process_time() - begun)
    if len(costs) > 1:
        raise SystemExit("the wrapper and bare PyVRP found different tours at equal steps")
    ours, bare = map(min, times)
    yield "routes_wrapper", ours, f"s of CPU, {STEPS} steps", bare, ours / bare


def _bare(data: pyvrp.ProblemData) -> int:
    """The cost that PyVRP alone finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = pyvrp.solve(
            data, MaxIterations(STEPS), seed=3, collect_stats=False,
            params=pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=engine.MAX_PENALTY)),
        )  # fmt: skip
    return plain.best.distance_cost() + plain.best.fixed_vehicle_cost()


def own_city(seconds: float) -> Iterator[Figure]:
    """A city of 500 stops with windows, from a round's stops to checked tours, and the memory of this process."""
    place = city(500, with_windows=True)
    begun = time.perf_counter()
    found = solver.plan(place.ground, place.stops, place.trucks, SolverBudget(seconds=seconds))
    took = time.perf_counter() - begun
    if found.unplanned:
        raise SystemExit("the city of 500 stops has unplanned stops")
    km = sum(route.distance_m for route in found.routes) / 1000
    yield "routes_city_500", km, f"km, {len(found.routes)} trucks", None, None
    yield "routes_city_500_time", took, "s", seconds, took / seconds
    yield "routes_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", None, None
