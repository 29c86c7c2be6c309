"""Everybody a seat at the least cost in all: a transportation problem with many places and few stands, in integers.

Stands have prices. Every place goes where cost and price together are least; what is then above a stand's room moves
on over the cheapest chain of stands towards one that is wanting (successive shortest paths, Busacker and Gowen 1961,
with the prices of Edmonds and Karp 1972; Ahuja, Magnanti and Orlin, Network Flows, 9.7). No step leaves optimality, so
the last one is the optimum over all pairs, and the prices prove it. The graph has a node a stand and not one a
household: for each pair of stands only the cheapest household to send is kept. A coarse city with every 64th, 16th,
4th place along a curve gives the prices to begin with; they save time only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
#: The cost of what is not allowed; sums of some of them still fit.
NEVER = 1 << 60
#: Costs from here on mean "not allowed", whatever was added or taken away.
_HUGE = 1 << 59
#: How many places of the full city one of a coarse city stands for, and how few a city has that needs no coarser one.
_STEPS, _FEW = (64, 16, 4), 1_000
#: Pairs of places and stands in memory at once beside the costs.
_CHUNK = 2_000_000
#: Moves between two words about how far the search is.
_TELL_EVERY = 1_000

#: Told now and then: cost of what is seated so far, and how many have no seat of their own yet.
OnStep = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Seating:
    """`amount` of each used pair of place and stand; who is left, what stands lack, and what one more seat is worth."""

    row: Ints
    stand: Ints
    amount: Ints
    #: Of each place those without a seat, of each stand those missing to its least number.
    left: Ints
    short: Ints
    #: Cost that one more seat at a stand would save; below zero where its least number costs something.
    price: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Hall:
    """What is to be solved: what each place sends, what each stand takes at most and at least, and the costs.

    `costs` is places × (stands + 1), NEVER where a pair is not allowed; the last column is the solver's own. Neighbours
    in `order` are alike, so that every fourth of them may speak for the others.
    """

    costs: Ints
    supply: Ints
    room: Ints
    least: Ints
    order: Ints


def seat(hall: Hall, on_step: OnStep | None = None) -> Seating:
    """The cheapest seating of all; as many as possible have a seat, and stands lack as few as possible of their least.

    Deterministic: equal cities give equal answers.
    """
    places, stands = len(hall.costs), hall.costs.shape[1] - 1
    allowed = hall.costs[:, :stands]
    # A household is left only when no chain of moves, at most one at each stand, could seat it.
    beyond = (stands + 1) * (int(allowed.max(initial=0, where=allowed < NEVER)) + 1)
    hall.costs[:, stands] = beyond
    price = np.zeros(stands + 2, dtype=np.int64)
    for step in _STEPS:
        if places >= step * _FEW:
            begins = np.arange(0, places, step)
            some = hall.order[np.minimum(begins + step // 2, places - 1)]
            supply = np.add.reduceat(hall.supply[hall.order], begins)
            price = _searched(hall, hall.costs[some], supply, price, beyond, on_step).worth()
    return _searched(hall, hall.costs, hall.supply, price, beyond, on_step).answer()


def _searched(hall: Hall, costs: Ints, supply: Ints, price: Ints, beyond: int, on_step: OnStep | None) -> "_Search":
    search = _Search(hall, costs, supply, price, beyond)
    search.run(on_step)
    return search


class _Search:
    """Nodes are the stands, `left` for those without a seat, and `sink`, where every seat taken is counted."""

    def __init__(self, hall: Hall, costs: Ints, supply: Ints, price: Ints, beyond: int) -> None:
        stands = costs.shape[1] - 1
        self.left, self.sink, self.beyond = stands, stands + 1, beyond
        self.costs, self.price = costs, price.copy()
        #: Room and least number of each stand; nobody needs to be left, and there is room for all who are.
        self.room = np.append(hall.room, supply.sum() + 1)
        self.least = np.append(np.minimum(hall.least, hall.room), 0)
        self.taken: list[dict[int, int]] = [{} for _ in range(stands + 1)]
        load = self._choose(supply)
        self.flow = self._flow(load)
        self.excess = np.append(load - self.flow, self.flow.sum() - supply.sum())
        #: What it costs to send one more from node to node, and which place would send it.
        self.way = np.full((stands + 2, stands + 2), NEVER, dtype=np.int64)
        self.via = np.full((stands + 2, stands + 2), -1, dtype=np.int64)
        for stand in range(stands + 1):
            self._look(stand, np.arange(stands + 1))
            self._gate(stand)

    def run(self, on_step: OnStep | None) -> None:
        """Send on what is above the room, along the cheapest chain each time, until nothing is."""
        steps = 0
        while self.excess[start := int(self.excess.argmax())] > 0:
            if on_step and steps % _TELL_EVERY == 0:
                self._tell(on_step)
            self._send(self._cheapest_chain(start))
            steps += 1
        if on_step:
            self._tell(on_step)

    def answer(self) -> Seating:
        """Who goes where, by place and stand."""
        used = [(row, stand, n) for stand, rows in enumerate(self.taken) for row, n in rows.items()]
        row, stand, amount = np.array(sorted(used), dtype=np.int64).reshape(-1, 3).T
        is_left = stand == self.left
        left = np.bincount(row[is_left], weights=amount[is_left], minlength=len(self.costs)).astype(np.int64)
        short = np.maximum(self.least - self.flow, 0)[:-1]
        return Seating(
            row[~is_left], stand[~is_left], amount[~is_left], left, short, self.worth()[: self.left]
        )  # fmt: skip

    def worth(self) -> Ints:
        """The price of each node beside a seat that nobody needs."""
        worth: Ints = self.price - self.price[self.sink]
        return worth

    def _choose(self, supply: Ints) -> Ints:
        """Every place goes where cost and price together are least; how many each stand gets."""
        stands, size = self.left + 1, max(1, _CHUNK // (self.left + 1))
        load = np.zeros(stands, dtype=np.int64)
        for begin in range(0, len(self.costs), size):
            best = (self.costs[begin : begin + size] + self.price[:stands]).argmin(axis=1)
            for row, stand in enumerate(best.tolist(), begin):
                self.taken[stand][row] = int(supply[row])
            load += np.bincount(best, weights=supply[begin : begin + size], minlength=stands).astype(np.int64)
        return load

    def _flow(self, load: Ints) -> Ints:
        """Seats taken as the prices demand: a dear stand is full, one below zero has its least number at most."""
        price = self.price[: self.sink]
        low = np.where(price > 0, self.room, np.where(price > -self.beyond, self.least, 0))
        high = np.where(price >= 0, self.room, np.where(price >= -self.beyond, self.least, 0))
        return np.clip(load, low, high)

    def _look(self, stand: int, others: Ints) -> None:
        """Find the cheapest place to send on from a stand to others."""
        rows = np.fromiter(self.taken[stand], np.int64, len(self.taken[stand]))
        if not len(rows):
            self.way[stand, others], self.via[stand, others] = NEVER, -1
            return
        more = self.costs[np.ix_(rows, others)] - self.costs[rows, stand][:, None]
        best = more.argmin(axis=0)
        self.way[stand, others] = more[best, np.arange(len(others))]
        self.via[stand, others] = rows[best]

    def _gate(self, stand: int) -> None:
        """What one more or one fewer seat taken at a stand costs: nothing between its bounds, much below the least."""
        flow, least = self.flow[stand], self.least[stand]
        self.way[stand, self.sink] = -self.beyond if flow < least else 0 if flow < self.room[stand] else NEVER
        self.way[self.sink, stand] = 0 if flow > least else self.beyond if flow > 0 else NEVER

    def _cheapest_chain(self, start: int) -> list[int]:
        """Nodes from one with too many to the nearest that wants some (Dijkstra); prices follow."""
        far = np.full(len(self.price), _HUGE, dtype=np.int64)
        open_ = far.copy()
        came = np.zeros(len(self.price), dtype=np.int64)
        far[start] = open_[start] = 0
        done = []
        while self.excess[node := int(open_.argmin())] >= 0:
            done.append(node)
            open_[node] = NEVER
            through = self.way[node] + self.price + (far[node] - self.price[node])
            better = (through < far).nonzero()[0]
            far[better] = open_[better] = through[better]
            came[better] = node
        self.price[done] += far[node] - far[done]
        chain = [node]
        while chain[-1] != start:
            chain.append(int(came[chain[-1]]))
        return chain[::-1]

    def _send(self, chain: list[int]) -> None:
        """Send on as many as every link of the chain carries."""
        links = [(a, b, int(self.via[a, b])) for a, b in pairwise(chain)]
        most = min(int(self.excess[chain[0]]), -int(self.excess[chain[-1]]), *(self._carries(*link) for link in links))
        self.excess[chain[0]] -= most
        self.excess[chain[-1]] += most
        for a, b, row in links:
            if self.sink in {a, b}:
                stand = a if b == self.sink else b
                self.flow[stand] += most if b == self.sink else -most
                self._gate(stand)
            else:
                self._leave(a, row, most)
                self._join(b, row, most)

    def _carries(self, a: int, b: int, row: int) -> int:
        if b == self.sink:
            return int((self.least if self.flow[a] < self.least[a] else self.room)[a] - self.flow[a])
        if a == self.sink:
            return int(self.flow[b] - (self.least[b] if self.flow[b] > self.least[b] else 0))
        return self.taken[a][row]

    def _leave(self, stand: int, row: int, number: int) -> None:
        rows = self.taken[stand]
        rows[row] -= number
        if not rows[row]:
            del rows[row]
            self._look(stand, np.flatnonzero(self.via[stand] == row))

    def _join(self, stand: int, row: int, number: int) -> None:
        rows = self.taken[stand]
        rows[row] = rows.get(row, 0) + number
        more = self.costs[row] - self.costs[row, stand]
        better = np.flatnonzero(more < self.way[stand, : self.sink])
        self.way[stand, better], self.via[stand, better] = more[better], row

    def _tell(self, on_step: OnStep) -> None:
        rows = [np.fromiter(rows, np.int64, len(rows)) for rows in self.taken[: self.left]]
        amounts = [np.fromiter(rows.values(), np.int64, len(rows)) for rows in self.taken[: self.left]]
        cost = sum(int((self.costs[r, s] * n).sum()) for s, (r, n) in enumerate(zip(rows, amounts, strict=True)))
        on_step(cost, int(np.maximum(self.excess[: self.sink], 0).sum() + sum(self.taken[self.left].values())))
