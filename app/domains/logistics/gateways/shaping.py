"""A round in the engine's numbers: stops too big for a truck are divided, whole trucks kept apart, leftovers explained.

Costs are thousandths of a cent, times are seconds after midnight of the hub's day.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from uuid import UUID

import numpy as np

from app.domains.catalogue.values import Zone
from app.domains.logistics import rules
from app.domains.logistics.values.problem import Fleet, Problem, Table, Visit
from app.domains.logistics.values.routes import (
    Fix,
    Ground,
    PlannedRoute,
    RouteRulesCard,
    StopDemand,
    Unplaced,
    Unplanned,
    VehicleCard,
)

#: The engine computes in whole numbers and a kilometre's price is not a whole number of cents a metre.
MILLI = 1_000
#: The engine knows no negative time: its clock starts at midnight, ours at the earliest usual departure.
MIDNIGHT_S = rules.DEPART_FROM.hour * 3600 + rules.DEPART_FROM.minute * 60
#: Loading a truck for a further tour.
RELOAD_S = 1_800


@dataclass(frozen=True, slots=True)
class Yard:
    """What a plan starts from: roads, trucks that can drive, and how the hub plans."""

    ground: Ground
    trucks: Sequence[VehicleCard]
    hub: RouteRulesCard


def seconds_of_day(moment: time) -> int:
    """Seconds after midnight."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def divide(stop: StopDemand, trucks: Sequence[VehicleCard]) -> list[StopDemand]:
    """A stop as it is when a truck takes it whole; else runs of crates, each as long as the best truck can take.

    A single crate that no truck takes stands alone and ends as unplanned.
    """
    if any(rules.carries(truck, [stop]) for truck in trucks):
        return [stop]
    parts: list[StopDemand] = []
    first, end = stop.first_crate, stop.first_crate + stop.crates
    while first < end:
        size = max((_longest(stop, first, end - first, truck) for truck in trucks), default=0)
        if not size and parts and not any(rules.carries(t, [parts[-1]]) for t in trucks):
            parts[-1] = stop.part(parts[-1].first_crate, parts[-1].crates + 1)  # what nobody takes stays one heap
            first += 1
            continue
        parts.append(stop.part(first, size or 1))
        first += size or 1
    return parts


def _longest(stop: StopDemand, first: int, most: int, truck: VehicleCard) -> int:
    """How many crates from `first` on a truck can take at once; the more crates the heavier, so halving finds it."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if rules.carries(truck, [stop.part(first, middle)]) else (low, middle - 1)
    return low


def whole_trucks(parts: Sequence[StopDemand], trucks: Sequence[VehicleCard], percent: int) -> list[list[int]]:
    """Groups of parts (by index) that ride alone: neighbourhoods that fill so much of the smallest truck for them.

    A full part of a divided point rides alone, and the rest of its neighbourhood is looked at once more.
    """
    if not percent:
        return []
    groups: list[list[int]] = []
    by_place: dict[UUID, list[int]] = defaultdict(list)
    for n, part in enumerate(parts):
        if part.first_crate and _filled([part], trucks) >= percent:
            groups.append([n])
        else:
            by_place[part.neighbourhood_id or part.pickup_point_id].append(n)
    for members in by_place.values():
        full = [n for n in members if len(members) > 1 and _filled([parts[n]], trucks) >= percent]
        rest = [n for n in members if n not in full]
        groups += [[n] for n in full]
        if rest and _filled([parts[n] for n in rest], trucks) >= percent:
            groups.append(rest)
    return groups


def _filled(parts: Sequence[StopDemand], trucks: Sequence[VehicleCard]) -> float:
    """Percent of the smallest truck that takes these parts together; 0 when none does."""
    volume, weight = sum(p.volume_ml for p in parts), sum(p.weight_g for p in parts)
    able = [t for t in trucks if rules.carries(t, parts)]
    return max((100 * max(volume / t.capacity_ml, weight / t.capacity_g) for t in able), default=0.0)


def problem_of(yard: Yard, parts: Sequence[StopDemand]) -> Problem:
    """The engine's problem: place n + 1 is part n; zones that a truck lacks are a load that it has no room for."""
    at = [0, *(yard.ground.place_of[part.pickup_point_id] for part in parts)]
    metres, seconds = (np.ascontiguousarray(t[np.ix_(at, at)]) for t in (yard.ground.metres, yard.ground.seconds))
    rates = sorted({(t.cost_per_km_cents, t.cost_per_stop_cents) for t in yard.trucks})
    scarce = [z for z in Zone if any(z not in t.zones for t in yard.trucks) and any(z in p.zones for p in parts)]
    alone = whole_trucks(parts, yard.trucks, yard.hub.whole_truck_pct)
    costs = tuple(_costs(metres, rate, alone, _dear(metres, yard.trucks)) for rate in rates)
    crates = max(1, sum(part.crates for part in parts))
    opens, closes = seconds_of_day(yard.hub.dock_opens), seconds_of_day(yard.hub.dock_closes)
    return Problem(
        visits=tuple(_visit(place, part, scarce) for place, part in enumerate(parts, 1)),
        fleets=tuple(
            Fleet(
                capacity=(t.capacity_ml, t.capacity_g, *(crates if z in t.zones else 0 for z in scarce)),
                fixed_cost=t.fixed_cost_cents * MILLI,
                profile=rates.index((t.cost_per_km_cents, t.cost_per_stop_cents)),
                from_s=max(opens, seconds_of_day(t.shift_from)),
                until_s=max(opens, min(closes, seconds_of_day(t.shift_until))),
                leave_by_s=_leave_by(t, opens, closes),
                reloads=t.max_tours - 1,
            )
            for t in yard.trucks
        ),
        costs=costs,
        seconds=seconds,
        depot_opens_s=opens,
        depot_closes_s=closes,
        reload_s=RELOAD_S,
    )


def _leave_by(truck: VehicleCard, opens: int, closes: int) -> int:
    """Trucks leave before the late morning, unless their shift begins later."""
    begins = max(opens, seconds_of_day(truck.shift_from))
    ends = max(opens, min(closes, seconds_of_day(truck.shift_until)))
    return min(ends, max(begins, seconds_of_day(rules.DEPART_UNTIL)))


def _visit(place: int, part: StopDemand, scarce: Sequence[Zone]) -> Visit:
    return Visit(
        place=place,
        load=(part.volume_ml, part.weight_g, *(sum(z is zone for z, _ in part.crate_loads) for zone in scarce)),
        service_s=rules.stop_service_s(part),
        opens_s=seconds_of_day(part.opens),
        closes_s=seconds_of_day(part.closes),
    )


def _dear(metres: Table, trucks: Sequence[VehicleCard]) -> int:
    """More than a truck of its own would cost any stop."""
    rate = max((t.cost_per_km_cents for t in trucks), default=0)
    return 2 * int(metres.max()) * rate + max((t.fixed_cost_cents for t in trucks), default=0) * MILLI + MILLI


def _costs(metres: Table, rate: tuple[int, int], alone: Sequence[Sequence[int]], dear: int) -> Table:
    """Cost of each leg; legs between a whole truck's stops and others cost more than another truck would."""
    per_km, per_stop = rate
    costs = metres * per_km  # cents a kilometre are thousandths of a cent a metre
    costs[:, 1:] += per_stop * MILLI
    np.fill_diagonal(costs, 0)
    for group in alone:
        inside = np.zeros(len(costs), dtype=bool)
        inside[[n + 1 for n in group]] = True
        outside = ~inside
        outside[0] = False  # by way of the hub they may share a truck's day
        costs[np.ix_(inside, outside)] += 5 * dear
        costs[np.ix_(outside, inside)] += 5 * dear
    return np.ascontiguousarray(costs)


def with_prizes(problem: Problem, yard: Yard, parts: Sequence[StopDemand]) -> Problem:
    """The same problem in which stops may be left out, at a price above every way to serve them; more crates, more."""
    dear = _dear(yard.ground.metres, yard.trucks)
    prizes = [20 * dear + dear * part.crates for part in parts]
    return replace(
        problem, visits=tuple(replace(v, prize=prize) for v, prize in zip(problem.visits, prizes, strict=True))
    )


def explain(yard: Yard, part: StopDemand, routes: Sequence[PlannedRoute]) -> Unplanned:
    """Why no truck takes a part, and the cheapest way to get it there all the same."""
    reason, fix, code, cost = _way_out(yard, part, routes)
    return Unplanned(
        pickup_point_id=part.pickup_point_id, first_crate=part.first_crate, crates=part.crates, reason=reason, fix=fix,
        vehicle_code=code, cost_cents=cost,
    )  # fmt: skip


def _way_out(yard: Yard, part: StopDemand, routes: Sequence[PlannedRoute]) -> tuple[Unplaced, Fix, str, int]:
    if not yard.trucks:  # all of them are out of order
        return Unplaced.SPACE, Fix.OTHER_TRUCK, "", 0
    if not any(part.zones <= t.zones for t in yard.trucks):
        return Unplaced.ZONE, Fix.OTHER_TRUCK, "", 0
    able = [t for t in yard.trucks if rules.carries(t, [part])]
    if not able:
        return Unplaced.TOO_BIG, Fix.OTHER_TRUCK, "", 0
    place = yard.ground.place_of[part.pickup_point_id]
    there, seconds = yard.ground.leg_m(0, place), yard.ground.leg_s(0, place)

    def cost(truck: VehicleCard, trip: int) -> int:
        return rules.route_cost_cents(truck, 2 * there, stops=1, trip=trip)

    if not any(_in_time(yard, t, part, seconds, seconds_of_day(t.shift_from)) for t in able):
        return Unplaced.HOURS, Fix.LATER, "", 0
    again = [
        (cost(truck, 2), truck.code)
        for truck in able
        for back in [max((r.back_s or 0 for r in routes if r.vehicle_id == truck.id), default=0)]
        if _in_time(yard, truck, part, seconds, back + MIDNIGHT_S + RELOAD_S)
    ]
    more = min((cost(truck, 1), truck.code) for truck in able)
    if again and min(again) <= more:
        return Unplaced.SPACE, Fix.SECOND_TOUR, min(again)[1], min(again)[0]
    return Unplaced.SPACE, Fix.ONE_MORE_TRUCK, more[1], more[0]


def _in_time(yard: Yard, truck: VehicleCard, part: StopDemand, seconds: int, leaves_s: int) -> bool:
    """Whether a truck that leaves then reaches the stop before it closes and is back within its shift."""
    leaves = max(leaves_s, seconds_of_day(yard.hub.dock_opens))
    begins = max(leaves + seconds, seconds_of_day(part.opens))
    back = begins + rules.stop_service_s(part) + seconds
    ends = min(seconds_of_day(truck.shift_until), seconds_of_day(yard.hub.dock_closes))
    return begins <= seconds_of_day(part.closes) and back <= ends
