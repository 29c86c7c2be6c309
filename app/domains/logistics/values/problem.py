"""A routing problem in plain numbers: what the engine solves, whether it comes from a round or from a benchmark."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A square table between places: costs in whole units of the caller's choice, or whole seconds.
Table = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One call of a truck at a place: what it takes off, how long that takes, and between which seconds it may begin.

    With a `prize` the visit may be left out, which costs the prize; without one it must be made.
    """

    place: int
    load: tuple[int, ...]
    service_s: int = 0
    opens_s: int = 0
    closes_s: int | None = None
    prize: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Equal trucks: capacity in the dimensions of the loads, costs, shift, and how often they may come back to load."""

    capacity: tuple[int, ...]
    count: int = 1
    fixed_cost: int = 0
    #: Which of the problem's cost tables counts for them.
    profile: int = 0
    from_s: int = 0
    until_s: int | None = None
    leave_by_s: int | None = None
    #: Longest time from leaving to coming back; None = no limit.
    longest_s: int | None = None
    reloads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Place 0 is the depot; tables are indexed by places."""

    visits: tuple[Visit, ...]
    fleets: tuple[Fleet, ...]
    #: Cost of each leg, one table per profile.
    costs: tuple[Table, ...]
    seconds: Table
    depot_opens_s: int = 0
    depot_closes_s: int | None = None
    #: How long a truck stands at the depot to load for a further tour.
    reload_s: int = 0
    #: Begin with no tour at all, which keeps every rule where all visits have a prize.
    from_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A visit on a tour, with the seconds between which it is served."""

    visit: int
    trip: int
    begins_s: int
    ends_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One truck's day in order; `trip` of the calls counts from 1 and rises after each loading."""

    fleet: int
    calls: tuple[Call, ...]
    starts_s: int
    ends_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best that a search found; `feasible` says whether it keeps every rule, `cost` excludes prizes not earned."""

    feasible: bool
    cost: int
    tours: tuple[Tour, ...]
    left_out: tuple[int, ...]
    iterations: int
