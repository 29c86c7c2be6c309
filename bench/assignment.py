"""Who serves a place, beside a bare look-up in a tree and beside every geodesic; a plan for a city beside greedy."""

import random
import resource
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from scipy.spatial import cKDTree

from app.domains.communities.errors import NobodyInReach
from app.domains.communities.rules import CityMap, FoundMany, Site
from app.domains.communities.rules.city_plan import CityPlan, Household, Stand, plan_city
from app.infra.distance import geodesic_m
from app.kernel.geo import Point, ecef
from bench.figures import Row, row

LAT, LON = 30.3, 115.1
RESIDENTS, SITES = 100_000, 2_000
#: Half the side of the city in degrees, and how far a point reaches.
SIDE, REACH_M = 0.15, 1_500
HOUSEHOLDS, BUILDINGS, LEADERS = 100_000, 2_500, 300
#: What a move must save.
STICKY_M = 300.0
CHUNK = 500
#: WGS-84 as Vincenty's formula wants it.
A, F = 6_378_137.0, 1 / 298.257223563
B = A * (1 - F)


def assignments(_stage: object = None) -> Iterator[Row]:
    """One resident and 100,000, beside scipy's tree alone; then each answer against every geodesic, capacity too."""
    dice = random.Random(1)
    sites = [Site(UUID(int=1 + n), UUID(int=1), _somewhere(dice), REACH_M, UUID(int=1)) for n in range(SITES)]
    places = [_somewhere(dice) for _ in range(RESIDENTS)]
    city = CityMap({}, sites, geodesic_m)
    tree, xyz = cKDTree(ecef([site.place for site in sites])), ecef(places)
    yield from _speeds(city, tree, places, xyz)
    found, ways = city.find_many(places), _Ways(places, sites)
    yield _none_wrong("assignment_wrong", _wrong(found, ways, places, sites))
    rooms = [dice.randint(30, 70) for _ in sites]
    begun = time.perf_counter()
    seated = _one_after_the_other(city, found, places, rooms)
    yield row("assignment_full_time", 1e6 * (time.perf_counter() - begun) / RESIDENTS, "µs/resident, with capacity")
    yield _none_wrong("assignment_full_wrong", _wrong_when_full(seated, ways, places, sites, rooms))


def _none_wrong(name: str, wrong: int) -> Row:
    if wrong:
        raise SystemExit(f"{name}: {wrong} of {RESIDENTS} residents are not where every geodesic would send them")
    return row(name, wrong, f"of {RESIDENTS} residents")


def _speeds(city: CityMap, tree: Any, places: list[Point], xyz: Any) -> Iterator[Row]:
    ours = median(_timed(lambda: city.find_many(places)) for _ in range(5)) / len(places) * 1e6
    bare = median(_timed(lambda: tree.query(ecef(places))) for _ in range(5)) / len(places) * 1e6
    yield row("assignment_bulk", ours, "µs/resident", bare, ours / bare)
    some = [n for n in range(2_000) if city.find_many(places[n : n + 1]).at(0)]

    def one_by_one() -> None:
        for n in some:
            city.find(places[n], lambda _: True)

    def bare_ones() -> None:
        for n in some:
            tree.query(xyz[n])

    one = median(_timed(one_by_one) for _ in range(5)) / len(some) * 1e6
    look = median(_timed(bare_ones) for _ in range(5)) / len(some) * 1e6
    yield row("assignment_one", one, "µs/resident", look, one / look)


class _Ways:
    """Every way by Vincenty's inverse formula (1975) where a sphere does not exclude it: an oracle of its own."""

    def __init__(self, places: list[Point], sites: list[Site]) -> None:
        self._places = _radians(places)
        self._sites = _radians([site.place for site in sites])
        self._from, self._to = _unit(self._places), _unit(self._sites)

    def near(self, begin: int, most: int) -> tuple[Any, Any]:
        """Numbers and metres of the `most` nearest sites of `CHUNK` places, the nearest first, ties by number."""
        rows = slice(begin, begin + CHUNK)
        numbers = np.argpartition(-(self._from[rows] @ self._to.T), most, axis=1)[:, :most]
        numbers.sort(axis=1)
        metres = vincenty(self._places[rows][:, None, :], self._sites[numbers])
        order = np.argsort(metres, axis=1, kind="stable")
        return np.take_along_axis(numbers, order, axis=1), np.take_along_axis(metres, order, axis=1)


def vincenty(a: Any, b: Any) -> Any:
    """Metres between places in radians (…, 2) on the WGS-84 ellipsoid; within 0.1 mm for places of one city."""
    u1, u2 = np.arctan((1 - F) * np.tan(a[..., 0])), np.arctan((1 - F) * np.tan(b[..., 0]))
    sin1, cos1, sin2, cos2 = np.sin(u1), np.cos(u1), np.sin(u2), np.cos(u2)
    apart = b[..., 1] - a[..., 1]
    lam = apart
    for _ in range(6):
        east, north = cos2 * np.sin(lam), cos1 * sin2 - sin1 * cos2 * np.cos(lam)
        sin_s, cos_s = np.hypot(east, north), sin1 * sin2 + cos1 * cos2 * np.cos(lam)
        sigma = np.arctan2(sin_s, cos_s)
        sin_a = np.divide(cos1 * cos2 * np.sin(lam), sin_s, out=np.zeros_like(sin_s), where=sin_s > 0)
        cos2_a = 1 - sin_a**2
        mid = cos_s - np.divide(2 * sin1 * sin2, cos2_a, out=np.zeros_like(cos2_a), where=cos2_a > 1e-12)
        c = F / 16 * cos2_a * (4 + F * (4 - 3 * cos2_a))
        lam = apart + (1 - c) * F * sin_a * (sigma + c * sin_s * (mid + c * cos_s * (2 * mid**2 - 1)))
    u = cos2_a * (A**2 - B**2) / B**2
    big = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    small = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    inner = cos_s * (2 * mid**2 - 1) - small / 6 * mid * (4 * sin_s**2 - 3) * (4 * mid**2 - 3)
    return B * big * (sigma - small * sin_s * (mid + small / 4 * inner))


def _wrong(found: FoundMany, ways: _Ways, places: list[Point], sites: list[Site]) -> int:
    """Answers that differ from the nearest of all that reach; where the formulas leave a doubt geopy decides."""
    wrong = 0
    for begin in range(0, len(places), CHUNK):
        numbers, metres = ways.near(begin, 12)
        best = np.where(metres[:, 0] <= REACH_M, numbers[:, 0], -1)
        for at in np.flatnonzero(best != found.number[begin : begin + CHUNK]):
            wrong += not _is_right(places[begin + at], int(found.number[begin + at]), int(best[at]), sites)
    return wrong


def _is_right(place: Point, ours: int, theirs: int, sites: list[Site]) -> bool:
    ways = [(geodesic_m(place, sites[n].place), n) for n in (ours, theirs) if n >= 0]
    able = [way for way in ways if way[0] <= REACH_M]
    return (min(able)[1] if able else -1) == ours


def _one_after_the_other(city: CityMap, found: FoundMany, places: list[Point], rooms: list[int]) -> list[int]:
    """In order of arrival, as the house does it for many: the first choice, or the next one with room."""
    left, seated = list(rooms), []

    def has_room(site: Site) -> bool:
        return left[site.pickup_point_id.int - 1] > 0

    for n, place in enumerate(places):
        number = int(found.number[n])
        if number >= 0 and not left[number]:
            try:
                number = city.find(place, has_room).site.pickup_point_id.int - 1
            except NobodyInReach:
                number = -1
        if number >= 0:
            left[number] -= 1
        seated.append(number)
    return seated


def _wrong_when_full(seated: list[int], ways: _Ways, places: list[Point], sites: list[Site], rooms: list[int]) -> int:
    left, wrong, most = list(rooms), 0, 160
    for begin in range(0, len(places), CHUNK):
        numbers, metres = ways.near(begin, most)
        if metres[:, -1].min() <= REACH_M:
            raise SystemExit("the oracle looks at too few points")
        for at, (ids, far) in enumerate(zip(numbers.tolist(), metres.tolist(), strict=True)):
            best = next((n for n, way in zip(ids, far, strict=True) if way <= REACH_M and left[n] > 0), -1)
            ours = seated[begin + at]
            wrong += best != ours and not _is_right(places[begin + at], ours, best, sites)
            if ours >= 0:
                left[ours] -= 1
    return wrong


# --- a plan for a city ----------------------------------------------------------------------------------------------


def city_plans(_stage: object = None) -> Iterator[Row]:
    """100,000 households × 300 leaders of 300 to 500: time, walking beside greedy, and how many a threshold moves.

    Once in 2,500 buildings, once each at a place of its own.
    """
    dice = random.Random(2)
    stands = [Stand(UUID(int=1 + n), _downtown(dice), dice.randint(300, 500)) for n in range(LEADERS)]
    blocks = [_downtown(dice) for _ in range(BUILDINGS)]
    homes = [Household(UUID(int=1000 + n), dice.choice(blocks)) for n in range(HOUSEHOLDS)]
    yield from _planned("city_plan", homes, stands)
    apart = [Household(home.id, _downtown(dice)) for home in homes]
    yield from _planned("city_plan_apart", apart, stands)
    yield row("city_plan_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


def _planned(name: str, homes: list[Household], stands: list[Stand]) -> Iterator[Row]:
    greedy, greedy_m = _greedy(homes, stands)
    plan, took = _solved(homes, stands, 0.0)
    _check(plan, stands)
    yield row(name, took, "s")
    yield row(f"{name}_walk", plan.after_m / 1000, "km", greedy_m / 1000, plan.after_m / greedy_m)
    settled = [Household(home.id, home.place, stand) for home, stand in zip(homes, greedy, strict=True)]
    for sticky, lose in ((STICKY_M, False), (0.0, True), (STICKY_M, True)):
        rule = f"{name}_{'total' if lose else 'each'}_{sticky:.0f}m"
        moved, took = _solved(settled, stands, sticky, some_may_lose=lose)
        _check(moved, stands)
        yield row(f"{rule}_time", took, "s")
        yield row(f"{rule}_walk", moved.after_m / 1000, "km", plan.after_m / 1000, moved.after_m / plan.after_m)
        yield row(f"{rule}_moves", 100 * len(moved.moves) / len(homes), "% of households")


def _solved(
    homes: list[Household], stands: list[Stand], sticky_m: float, *, some_may_lose: bool = False
) -> tuple[CityPlan, float]:
    begun = time.perf_counter()
    plan = plan_city(homes, stands, sticky_m, some_may_lose=some_may_lose)
    return plan, time.perf_counter() - begun


def _check(plan: CityPlan, stands: list[Stand]) -> None:
    """Everybody has one seat, and nobody above the room, or the measurement means nothing."""
    seated = np.bincount([stand.int - 1 for stand in plan.stand_of.values()], minlength=len(stands))
    if len(plan.stand_of) != HOUSEHOLDS or (seated > [stand.room for stand in stands]).any():
        raise SystemExit("the plan breaks a rule")


def _greedy(homes: list[Household], stands: list[Stand]) -> tuple[list[UUID], float]:
    """In order of arrival each goes to the nearest stand with room."""
    there, left, total, chosen = ecef([s.place for s in stands]), np.array([s.room for s in stands]), 0.0, []
    places = ecef([home.place for home in homes])
    for xyz in places:
        ways = np.where(left > 0, ((there - xyz) ** 2).sum(axis=1), np.inf)
        best = int(ways.argmin())
        left[best] -= 1
        total += float(np.sqrt(ways[best]))
        chosen.append(stands[best].id)
    return chosen, total


def _somewhere(dice: random.Random) -> Point:
    return Point(LAT + dice.uniform(-SIDE, SIDE), LON + dice.uniform(-SIDE, SIDE))


def _downtown(dice: random.Random) -> Point:
    return Point(LAT + dice.gauss(0, 0.03), LON + dice.gauss(0, 0.03))


def _radians(places: list[Point]) -> Any:
    return np.radians([(p.lat, p.lon) for p in places])


def _unit(radians: Any) -> Any:
    lat, lon = radians[:, 0], radians[:, 1]
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _timed(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun
