"""Who should fetch where in a whole city: least walking in total, nobody above a leader's room, few moves.

A transportation problem: households that live at one place and fetch at one point travel together, so the city has
thousands of places, not a hundred thousand households. Each place first knows its nearest stands only; the prices of
the solution then say whether any other pair could be better, and those pairs join until none is left (column
generation, Ford and Fulkerson 1958). So the answer is the best over all pairs. Numbers of households stay whole, since
every corner of a transportation problem with whole supplies and rooms is whole (Dantzig 1951).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.domains.communities.errors import CityTooFull
from app.kernel.geo import Point, arc_bounds, ecef

#: Nearest stands that each place begins with.
FIRST_ARCS = 8
#: Pairs of places and stands whose distances are in memory at once.
CHUNK = 2_000_000
#: A pair whose price is better by less than this many metres is not worth another round.
EPSILON_M = 1e-6
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Household:
    """One home to be served: where it lies, the stand it uses at present (None: none that serves), may it move."""

    id: UUID
    place: Point
    now: UUID | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Stand:
    """A pickup point with a leader who serves: households it can take, and how far it takes newcomers from."""

    id: UUID
    place: Point
    room: int
    #: None: any distance.
    reach_m: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A household that goes from one stand to another, with both ways in metres (`before_m` None: it had none)."""

    household_id: UUID
    old: UUID | None
    new: UUID
    before_m: float | None
    after_m: float


@dataclass(frozen=True, slots=True)
class CityPlan:
    """Where every household goes, and who of them has to move."""

    stand_of: dict[UUID, UUID]
    moves: tuple[Move, ...]
    #: Walking of all households in metres, at present (of those who have a stand) and by the plan.
    before_m: float
    after_m: float
    #: Whether some may move without the wanted gain: asked for, or because the city could not be seated otherwise.
    is_relaxed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A transportation problem: `supply` of each place, `room` of each stand, and priced arcs between them."""

    supply: Ints
    room: Ints
    row: Ints
    stand: Ints
    cost: Floats
    #: What it costs to leave one household without a stand.
    left_cost: float


@dataclass(frozen=True, slots=True, eq=False)
class FlowAnswer:
    """Households on each arc, households left at each place, and what one more costs there and one seat is worth."""

    amount: Ints
    left: Ints
    row_price: Floats
    stand_price: Floats


Solve = Callable[[Flow], FlowAnswer]
#: Told after each round of the search: metres walked by what is seated so far, and households not seated yet.
OnRound = Callable[[float, int], None]


def plan_city(
    households: Sequence[Household],
    stands: Sequence[Stand],
    solve: Solve,
    sticky_m: float = 0.0,
    on_round: OnRound | None = None,
    *,
    some_may_lose: bool = False,
) -> CityPlan:
    """The plan with the least walking (straight over the ground), where a move counts as `sticky_m` more metres.

    Nobody moves unless that saves her more than `sticky_m`, apart from households without a stand and those of a stand
    above its room; only where that cannot seat everybody others make room too (`is_relaxed`). Fixed households stay
    even above the room. Beyond a stand's reach only those stay who use it already. With `some_may_lose` a move has to
    save `sticky_m` on the whole only: some walk farther so that others save more. Raises CityTooFull.
    """
    ground = _Ground(households, stands, sticky_m)
    arcs, answer = _solve_all(ground, solve, on_round, is_relaxed=some_may_lose)
    is_relaxed = bool(answer.left.any()) or some_may_lose
    if answer.left.any() and not some_may_lose:
        arcs, answer = _solve_all(ground, solve, on_round, is_relaxed=True)
    if answer.left.any():
        raise ground.refusal(answer.left)
    return ground.plan_of(arcs, answer, is_relaxed=is_relaxed)


def place_households(households: Sequence[Household], stands: Sequence[Stand], solve: Solve) -> dict[UUID, Move]:
    """The nearest stands with room for households that lose theirs: the least walking in total, each household once.

    For a leader who leaves: give `room` as what is free now, and `reach_m` None to seat everybody at any distance.
    Raises CityTooFull, which says how many found no seat.
    """
    plan = plan_city([Household(one.id, one.place) for one in households], stands, solve)
    return {move.household_id: move for move in plan.moves}


class _Ground:
    """Places with the households that live there, and everything that does not change from round to round."""

    def __init__(self, households: Sequence[Household], stands: Sequence[Stand], sticky_m: float) -> None:
        self.stands, self.sticky_m = sorted(stands, key=lambda one: one.id), sticky_m
        self.number = {stand.id: n for n, stand in enumerate(self.stands)}
        self.seat_xyz = ecef([stand.place for stand in self.stands])
        self.reach = np.array([np.inf if s.reach_m is None else s.reach_m for s in self.stands], dtype=np.float64)
        self.groups: dict[tuple[Point, int], list[UUID]] = {}
        self.fixed: list[Household] = []
        for one in sorted(households, key=lambda one: one.id):
            now = self.number.get(one.now, -1) if one.now else -1
            if one.is_fixed and now >= 0:
                self.fixed.append(one)
            else:
                self.groups.setdefault((one.place, now), []).append(one.id)
        self.xyz = ecef([place for place, _ in self.groups])
        self.now: Ints = np.array([now for _, now in self.groups], dtype=np.int64)
        self.supply: Ints = np.array([len(ids) for ids in self.groups.values()], dtype=np.int64)
        taken = np.bincount([self.number[one.now] for one in self.fixed if one.now], minlength=len(self.stands))
        rooms = np.array([stand.room for stand in self.stands], dtype=np.int64)
        self.room: Ints = np.maximum(rooms - taken, 0)
        settled = self.now >= 0
        used = np.bincount(self.now[settled], weights=self.supply[settled], minlength=len(self.stands))
        #: Places whose households may leave without a gain: they have no stand, or theirs is above its room.
        self.must: NDArray[np.bool_] = ~settled
        self.must[settled] = (used > self.room)[self.now[settled]]

    def costs(self, rows: slice, *, is_relaxed: bool) -> Floats:
        """Metres from some places to every stand, moves dearer, and infinite where a pair is not allowed."""
        ways = self.ways(rows)
        now, at = self.now[rows], np.flatnonzero(self.now[rows] >= 0)
        allowed = ways <= self.reach
        stay = ways[at, now[at]]
        if not is_relaxed:
            choosy = at[~self.must[rows][at]]
            allowed[choosy] &= ways[choosy] < (ways[choosy, now[choosy]] - self.sticky_m)[:, None]
        dear = np.where(allowed, ways, np.inf)
        dear[at] += self.sticky_m
        dear[at, now[at]] = stay
        return dear

    def ways(self, rows: slice) -> Floats:
        """Metres over the ground from some places to every stand, to the millimetre within a city."""
        chords = np.sqrt(((self.xyz[rows, None, :] - self.seat_xyz) ** 2).sum(axis=2))
        return arc_bounds(chords)[1]

    def chunks(self) -> Iterator[slice]:
        """All places, some at a time."""
        size = max(1, CHUNK // max(1, len(self.stands)))
        for begin in range(0, len(self.supply), size):
            yield slice(begin, min(begin + size, len(self.supply)))

    def plan_of(self, arcs: "_Arcs", answer: FlowAnswer, *, is_relaxed: bool) -> CityPlan:
        """Say which household goes where: who is known longest (the lowest id) stays."""
        used = np.flatnonzero(answer.amount)
        order = used[np.lexsort((arcs.stand[used], arcs.stand[used] != self.now[arcs.row[used]], arcs.row[used]))]
        ways = self._used_ways(arcs.row[order], arcs.stand[order])
        ids = [iter(group) for group in self.groups.values()]
        stand_of = {one.id: one.now for one in self.fixed if one.now}
        moves = []
        for row, stand, amount, (before, after) in zip(
            arcs.row[order], arcs.stand[order], answer.amount[order], ways, strict=True
        ):
            new, old = self.stands[stand].id, self.stands[self.now[row]].id if self.now[row] >= 0 else None
            for _ in range(int(amount)):
                household = next(ids[row])
                stand_of[household] = new
                if new != old:
                    moves.append(Move(household, old, new, before if old else None, after))
        walked = [(b if self.now[r] >= 0 else 0.0, a, int(n)) for r, n, (b, a) in
                  zip(arcs.row[order], answer.amount[order], ways, strict=True)]  # fmt: skip
        still = sum(self._fixed_ways())
        return CityPlan(
            stand_of, tuple(moves), still + sum(b * n for b, _, n in walked), still + sum(a * n for _, a, n in walked),
            is_relaxed,
        )  # fmt: skip

    def refusal(self, left: Ints) -> CityTooFull:
        """How many households found no seat, and near which stands they live."""
        where: dict[UUID, int] = {}
        for row in map(int, np.flatnonzero(left)):
            nearest = int(self.ways(slice(row, row + 1))[0].argmin()) if self.stands else -1
            if nearest >= 0:
                near = self.stands[nearest].id
                where[near] = where.get(near, 0) + int(left[row])
        worst = sorted(where.items(), key=lambda pair: (-pair[1], pair[0]))
        return CityTooFull(missing=int(left.sum()), where=tuple(worst))

    def _used_ways(self, rows: Ints, stands: Ints) -> list[tuple[float, float]]:
        """Metres at present (any number where there is no stand) and by the plan."""
        before = self.seat_xyz[np.maximum(self.now[rows], 0)] - self.xyz[rows]
        after = self.seat_xyz[stands] - self.xyz[rows]
        both = [arc_bounds(np.sqrt((apart**2).sum(axis=1)))[1] for apart in (before, after)]
        return list(zip(both[0].tolist(), both[1].tolist(), strict=True))

    def _fixed_ways(self) -> list[float]:
        at = [self.number[one.now] for one in self.fixed if one.now]
        apart = ecef([one.place for one in self.fixed]) - self.seat_xyz[at]
        ways: list[float] = arc_bounds(np.sqrt((apart**2).sum(axis=1)))[1].tolist()
        return ways


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    row: Ints
    stand: Ints
    cost: Floats

    def __add__(self, other: "_Arcs") -> "_Arcs":
        return _Arcs(
            np.concatenate((self.row, other.row)),
            np.concatenate((self.stand, other.stand)),
            np.concatenate((self.cost, other.cost)),
        )

    def without(self, known: "_Arcs", stands: int) -> "_Arcs":
        """Only arcs that are not `known`: the solver's tolerance may make a known one look better by a hair."""
        new = ~np.isin(self.row * stands + self.stand, known.row * stands + known.stand)
        return _Arcs(self.row[new], self.stand[new], self.cost[new])


def _solve_all(
    ground: _Ground, solve: Solve, on_round: OnRound | None, *, is_relaxed: bool
) -> tuple[_Arcs, FlowAnswer]:
    """Solve with a few arcs, add those whose price is better, until none is."""
    arcs, dearest = _first_arcs(ground, is_relaxed=is_relaxed)
    # A household is left only when no chain of moves, at most one at each stand, could seat it.
    left_cost = (len(ground.stands) + 1) * (dearest + 1.0)
    while len(ground.supply):
        flow = Flow(ground.supply, ground.room, arcs.row, arcs.stand, arcs.cost, left_cost)
        answer = solve(flow)
        if on_round:
            on_round(float((arcs.cost * answer.amount).sum()), int(answer.left.sum()))
        better = _better_arcs(ground, answer, is_relaxed=is_relaxed).without(arcs, len(ground.stands))
        if not len(better.row):
            return arcs, answer
        arcs += better
    nothing = np.zeros(0, dtype=np.int64)
    return arcs, FlowAnswer(nothing, nothing, np.zeros(0), np.zeros(0))


def _first_arcs(ground: _Ground, *, is_relaxed: bool) -> tuple[_Arcs, float]:
    """The cheapest few arcs of each place, and the dearest of all allowed ones."""
    found, dearest = _none(), 0.0
    for rows in ground.chunks():
        costs = ground.costs(rows, is_relaxed=is_relaxed)
        few = min(FIRST_ARCS, costs.shape[1])
        near = np.argpartition(costs, few - 1, axis=1)[:, :few] if few else np.zeros((len(costs), 0), dtype=np.int64)
        kept = np.take_along_axis(costs, near, axis=1)
        row, column = np.nonzero(np.isfinite(kept))
        found += _Arcs(row + rows.start, near[row, column], kept[row, column])
        dearest = max(dearest, float(costs[np.isfinite(costs)].max(initial=0.0)))
    return found, dearest


def _better_arcs(ground: _Ground, answer: FlowAnswer, *, is_relaxed: bool) -> _Arcs:
    """Allowed arcs that would make the answer cheaper by its prices, the best two of each place."""
    found = _none()
    for rows in ground.chunks():
        costs = ground.costs(rows, is_relaxed=is_relaxed)
        reduced = costs - answer.row_price[rows, None] - answer.stand_price
        best = np.argsort(reduced, axis=1)[:, :2]
        row, column = np.nonzero(np.take_along_axis(reduced, best, axis=1) < -EPSILON_M)
        stand = best[row, column]
        found += _Arcs(row + rows.start, stand, costs[row, stand])
    return found


def _none() -> _Arcs:
    return _Arcs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
