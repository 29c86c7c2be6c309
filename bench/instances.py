"""Public routing instances (CVRPLIB and VRPLIB files) as problems of our own engine, and the costs in their `.sol` files.

An instance counts in the convention in which its best-known solution was computed: distances rounded to whole numbers
(Uchoa et al.), cut to one decimal (the usual for time windows), cut to whole numbers, or exact. Which one it is
is found by adding up the known routes: the convention that gives the cost in the file is the right one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import vrplib
from numpy.typing import NDArray

from app.domains.logistics.values.problem import Fleet, Problem, Visit

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Convention:
    """How distances become whole numbers: times `scale`, then rounded or cut."""

    name: str
    scale: int
    is_rounded: bool
    #: How far a cost written in a file may be from the sum of its legs, per leg.
    slack: float = 0.0

    def __call__(self, values: Real) -> NDArray[np.int64]:
        """Whole numbers of these distances or times."""
        scaled = np.asarray(values, dtype=np.float64) * self.scale
        whole = np.rint(scaled) if self.is_rounded else np.floor(scaled + 1e-6)
        return np.asarray(whole, dtype=np.int64)


ROUNDED = Convention("rounded", 1, is_rounded=True)
ONE_DECIMAL = Convention("one decimal", 10, is_rounded=False)
CUT = Convention("cut", 1, is_rounded=False)
EXACT = Convention("exact", 1000, is_rounded=True, slack=0.0005)
CONVENTIONS = (ROUNDED, ONE_DECIMAL, CUT, EXACT)


@dataclass(frozen=True, slots=True)
class Instance:
    """One file: the problem, the cost of the best known solution in the file's own unit, and how its numbers count."""

    name: str
    path: Path
    problem: Problem
    convention: Convention
    best_known: float | None


def read_all(directory: Path) -> list[Instance]:
    """Every instance of a directory by name; files of other kinds are passed over."""
    files = [p for p in sorted(directory.iterdir()) if p.suffix.lower() in {".vrp", ".txt"}]
    return [read(path) for path in files if _is_instance(path)]


def _is_instance(path: Path) -> bool:
    head = path.read_text(errors="replace")[:4000].upper()
    return "CAPACITY" in head and ("DIMENSION" in head or "CUST" in head)


def read(path: Path) -> Instance:
    """One instance with the solution beside it, if there is one."""
    is_solomon = "DIMENSION" not in path.read_text(errors="replace")[:4000].upper()
    raw: dict[str, Any] = vrplib.read_instance(path, instance_format="solomon" if is_solomon else "vrplib")
    legs = np.asarray(raw["edge_weight"], dtype=np.float64)
    solution = _solution(path.with_suffix(".sol"))
    cost, routes = (None, []) if solution is None else (solution.get("cost"), solution["routes"])
    convention = _convention(legs, cost, routes, has_windows="time_window" in raw)
    return Instance(path.stem, path, problem_of(raw, convention), convention, None if cost is None else float(cost))


def _solution(path: Path) -> dict[str, Any] | None:
    return dict(vrplib.read_solution(path)) if path.exists() else None


def _convention(legs: Real, cost: float | None, routes: list[list[int]], *, has_windows: bool) -> Convention:
    usual = ONE_DECIMAL if has_windows else ROUNDED
    if cost is None or not routes:
        return usual
    for convention in (usual, *CONVENTIONS):
        steps = sum(len(route) + 1 for route in routes)
        if abs(cost_of(routes, convention(legs)) / convention.scale - cost) <= 0.011 + steps * convention.slack:
            return convention
    return usual


def cost_of(routes: list[list[int]], legs: NDArray[np.int64]) -> int:
    """The sum of the legs of routes that begin and end at the depot."""
    return sum(int(legs[a, b]) for route in routes for a, b in zip((0, *route), (*route, 0), strict=True))


def problem_of(raw: dict[str, Any], convention: Convention) -> Problem:
    """The instance in the engine's words; the first node is the depot, and time runs as distance does."""
    size = len(raw["edge_weight"])
    depots = np.atleast_1d(raw.get("depot", np.array([0])))
    if depots.tolist() != [0]:
        raise ValueError(f"{raw.get('name')}: one depot, and it comes first")
    legs = np.ascontiguousarray(convention(raw["edge_weight"]))
    np.fill_diagonal(legs, 0)
    service = convention(np.broadcast_to(raw.get("service_time", 0), size))
    windows = convention(raw["time_window"]) if "time_window" in raw else None
    longest = raw.get("distance")
    visits = tuple(
        Visit(
            place=n, load=(int(raw["demand"][n]),), service_s=int(service[n]),
            opens_s=0 if windows is None else int(windows[n, 0]),
            closes_s=None if windows is None else int(windows[n, 1]),
        )
        for n in range(1, size)
    )  # fmt: skip
    fleet = Fleet(
        capacity=(int(raw["capacity"]),),
        count=int(raw.get("vehicles", size - 1)),
        longest_s=None if longest is None else int(convention(np.array(longest))),
    )
    opens, closes = (0, None) if windows is None else (int(windows[0, 0]), int(windows[0, 1]))
    return Problem(
        visits=visits, fleets=(fleet,), costs=(legs,), seconds=legs, depot_opens_s=opens, depot_closes_s=closes
    )
