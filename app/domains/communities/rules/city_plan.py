"""Who should fetch where in a whole city: least walking in total, nobody above a leader's room, few moves.

Households that live at one place and fetch at one point travel together; ways are whole thousandths of a millimetre, so
that the seating (`rules/seats`) is the best over all pairs and not nearly so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.domains.communities.errors import CityTooFull, TooFewResidents
from app.domains.communities.rules.seats import NEVER, Hall, Ints, OnStep, Seating, seat
from app.kernel.geo import Point, arc_bounds, ecef

#: Pairs of places and stands whose distances are in memory at once, as floats.
CHUNK = 500_000
#: What the solver counts in a metre.
PARTS = 1_000_000
#: Bits of each axis of the curve that keeps neighbours together.
CURVE_BITS = 16
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Household:
    """One home to be served: where it lies, the stand it uses at present (None: none that serves), may it move.

    `only` is a pair that HQ has locked: this household goes to that stand, however far it is.
    """

    id: UUID
    place: Point
    now: UUID | None = None
    is_fixed: bool = False
    only: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """A pickup point with a leader who serves: households it can take, how far from, and how many it should have."""

    id: UUID
    place: Point
    room: int
    #: None: any distance.
    reach_m: int | None = None
    least: int = 0


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


#: Told now and then: metres walked by what is seated so far, and households that still have to be seated.
OnRound = Callable[[float, int], None]


def plan_city(
    households: Sequence[Household],
    stands: Sequence[Stand],
    sticky_m: float = 0.0,
    on_round: OnRound | None = None,
    *,
    some_may_lose: bool = False,
) -> CityPlan:
    """The plan with the least walking (straight over the ground), where a move counts as `sticky_m` more metres.

    Nobody moves unless that saves her more than `sticky_m`, apart from households without a stand and those of a stand
    above its room; only where that cannot seat everybody, or leaves a stand below its least number, others make room
    too (`is_relaxed`). Fixed households stay even above the room, locked pairs come true first. Beyond a stand's reach
    only those stay who use it already. With `some_may_lose` a move has to save `sticky_m` on the whole only: some walk
    farther so that others save more. Raises CityTooFull, TooFewResidents.
    """
    ground = _Ground(households, stands, sticky_m)
    tell: OnStep | None = (lambda cost, left: on_round(cost / PARTS, left)) if on_round else None
    seating = seat(ground.hall(is_relaxed=some_may_lose), tell)
    is_relaxed = some_may_lose or ground.is_wanting(seating)
    if is_relaxed and not some_may_lose:
        seating = seat(ground.hall(is_relaxed=True), tell)
    if seating.left.any():
        raise ground.too_full(seating.left)
    if seating.short.any():
        raise ground.too_few(seating.short)
    return ground.plan_of(seating, is_relaxed=is_relaxed)


def place_households(households: Sequence[Household], stands: Sequence[Stand]) -> dict[UUID, Move]:
    """The nearest stands with room for households that lose theirs: the least walking in total, each household once.

    For a leader who leaves: give `room` as what is free now, and `reach_m` None to seat everybody at any distance.
    Raises CityTooFull, which says how many found no seat.
    """
    plan = plan_city([Household(one.id, one.place) for one in households], stands)
    return {move.household_id: move for move in plan.moves}


class _Ground:
    """Places with the households that live there, and everything that does not change between two searches."""

    def __init__(self, households: Sequence[Household], stands: Sequence[Stand], sticky_m: float) -> None:
        self.stands, self.sticky_m = sorted(stands, key=lambda one: one.id), sticky_m
        self.number = {stand.id: n for n, stand in enumerate(self.stands)}
        self.seat_xyz = ecef([stand.place for stand in self.stands])
        self.reach = np.array([np.inf if s.reach_m is None else s.reach_m for s in self.stands], dtype=np.float64)
        self.groups: dict[tuple[Point, int], list[UUID]] = {}
        #: Households that have no choice: who, at which stand now (-1: none), at which one then.
        self.bound: list[tuple[Household, int, int]] = []
        for one in sorted(households, key=lambda one: one.id):
            now = self.number.get(one.now, -1) if one.now else -1
            only = self.number.get(one.only, -1) if one.only else now if one.is_fixed else -1
            if only >= 0:
                self.bound.append((one, now, only))
            else:
                self.groups.setdefault((one.place, now), []).append(one.id)
        self.xyz = ecef([place for place, _ in self.groups])
        self.now: Ints = np.array([now for _, now in self.groups], dtype=np.int64)
        self.supply: Ints = np.array([len(ids) for ids in self.groups.values()], dtype=np.int64)
        rooms = np.array([stand.room for stand in self.stands], dtype=np.int64)
        least = np.array([stand.least for stand in self.stands], dtype=np.int64)
        taken = self._bound_seats(rooms)
        self.room: Ints = np.maximum(rooms - taken, 0)
        self.least: Ints = np.maximum(least - taken, 0)
        settled = self.now >= 0
        used = np.bincount(self.now[settled], weights=self.supply[settled], minlength=len(self.stands))
        #: Places whose households may leave without a gain: they have no stand, or theirs is above its room.
        self.must: NDArray[np.bool_] = ~settled
        self.must[settled] = (used > self.room)[self.now[settled]]

    def _bound_seats(self, rooms: Ints) -> Ints:
        """Seats of those who have no choice. Raises CityTooFull where more are sent to a stand than it has room for."""
        taken = np.bincount([then for _, _, then in self.bound], minlength=len(self.stands))
        sent = np.bincount([then for _, now, then in self.bound if now != then], minlength=len(self.stands))
        above = np.minimum(sent, np.maximum(taken - rooms, 0))
        if above.any():
            raise CityTooFull(missing=int(above.sum()), where=self._by_stand(above))
        return taken

    def hall(self, *, is_relaxed: bool) -> Hall:
        """The seating that is to be solved."""
        costs = np.full((len(self.supply), len(self.stands) + 1), NEVER, dtype=np.int64)
        for rows in self.chunks():
            dear = self.costs(rows, is_relaxed=is_relaxed)
            allowed = np.isfinite(dear)
            costs[rows, :-1][allowed] = np.rint(dear[allowed] * PARTS)
        return Hall(costs, self.supply, self.room, self.least, self._order())

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

    def is_wanting(self, seating: Seating) -> bool:
        """Whether somebody is left, or a stand has fewer than it should."""
        return bool(seating.left.any() or seating.short.any())

    def plan_of(self, seating: Seating, *, is_relaxed: bool) -> CityPlan:
        """Say which household goes where: who is known longest (the lowest id) stays."""
        order = np.lexsort((seating.stand, seating.stand != self.now[seating.row], seating.row))
        row, stand, amount = seating.row[order], seating.stand[order], seating.amount[order]
        ids = [iter(group) for group in self.groups.values()]
        trips = [
            (next(ids[r]), now, then)
            for r, now, then, n in zip(
                row.tolist(), self.now[row].tolist(), stand.tolist(), amount.tolist(), strict=True
            )
            for _ in range(n)
        ]
        xyz = np.concatenate((ecef([one.place for one, _, _ in self.bound]), np.repeat(self.xyz[row], amount, axis=0)))
        trips = [(one.id, now, then) for one, now, then in self.bound] + trips
        before = self._ways_to(xyz, [now for _, now, _ in trips])
        after = self._ways_to(xyz, [then for _, _, then in trips])
        stand_ids: list[UUID | None] = [*(one.id for one in self.stands), None]
        return CityPlan(
            {id_: self.stands[then].id for id_, _, then in trips},
            tuple(
                Move(id_, stand_ids[now], self.stands[then].id, None if now < 0 else old, new)
                for (id_, now, then), old, new in zip(trips, before, after, strict=True) if now != then
            ),
            sum(way for (_, now, _), way in zip(trips, before, strict=True) if now >= 0), sum(after), is_relaxed,
        )  # fmt: skip

    def too_full(self, left: Ints) -> CityTooFull:
        """How many households found no seat, and near which stands they live."""
        near = np.zeros(len(self.stands), dtype=np.int64)
        for row in map(int, np.flatnonzero(left)):
            if self.stands:
                near[self.ways(slice(row, row + 1))[0].argmin()] += left[row]
        return CityTooFull(missing=int(left.sum()), where=self._by_stand(near))

    def too_few(self, short: Ints) -> TooFewResidents:
        """How many households stands lack to their least number, and which."""
        return TooFewResidents(missing=int(short.sum()), where=self._by_stand(short))

    def _by_stand(self, number: Ints) -> tuple[tuple[UUID, int], ...]:
        counted = [(self.stands[n].id, int(number[n])) for n in np.flatnonzero(number)]
        return tuple(sorted(counted, key=lambda pair: (-pair[1], pair[0])))

    def _order(self) -> Ints:
        """Places so that neighbours who fetch at one stand follow each other: along Morton's curve (1966)."""
        flat = np.array([(place.lat, place.lon) for place, _ in self.groups], dtype=np.float64).reshape(-1, 2)
        span = np.ptp(flat, axis=0).max(initial=0.0) if len(flat) else 0.0
        cells = ((flat - flat.min(axis=0, initial=np.inf)) * ((1 << CURVE_BITS) - 1) / max(span, 1e-9)).astype(np.int64)
        code = np.zeros(len(flat), dtype=np.int64)
        for bit in range(CURVE_BITS):
            code |= (cells[:, 0] >> bit & 1) << 2 * bit + 1 | (cells[:, 1] >> bit & 1) << 2 * bit
        return np.lexsort((code, self.now))

    def _ways_to(self, xyz: Floats, stands: Sequence[int]) -> list[float]:
        """Metres from each place to its stand (any number where there is none)."""
        apart = self.seat_xyz[np.maximum(np.array(stands, dtype=np.int64), 0)] - xyz if self.stands else xyz
        ways: list[float] = arc_bounds(np.sqrt((apart**2).sum(axis=1)))[1].tolist()
        return ways
