"""The indexed assignment answers like a plain search over everything."""

import math
from uuid import UUID

from hypothesis import given, settings, strategies as st
from shapely.geometry import Point as Dot, shape

from app.domains.communities.errors import NobodyInReach
from app.domains.communities.rules import CityMap, Found, Site
from app.domains.communities.values import HomeReason
from app.infra.distance import geodesic_m
from app.kernel.geo import Point
from tests.factories.communities import LAT, LON, square

#: A coarse grid makes edges, corners and equal distances likely.
grid = st.integers(-12, 12).map(lambda n: n / 2000)
places = st.builds(lambda a, b: Point(LAT + a, LON + b), grid, grid)
shapes = st.lists(st.tuples(places, st.sampled_from([0.001, 0.0015, 0.003])), max_size=6).map(
    lambda drawn: {UUID(int=n + 1): square(p.lat, p.lon, half) for n, (p, half) in enumerate(drawn)}
)
leaders = st.sampled_from([None, UUID(int=901), UUID(int=902)])
sites = st.lists(st.tuples(places, st.integers(1, 6), st.sampled_from([60, 112, 500, 900]), leaders), max_size=25).map(
    lambda drawn: [Site(UUID(int=100 + n), UUID(int=h), p, r, leader) for n, (p, h, r, leader) in enumerate(drawn)]
)


def square_metres(geometry: dict[str, object]) -> int:
    drawn = shape(geometry)
    return round(drawn.area * 111_320**2 * math.cos(math.radians(drawn.centroid.y)))


def plain(
    shapes_by_id: dict[UUID, dict[str, object]], all_sites: list[Site], place: Point, full: set[UUID]
) -> Found | None:
    """The oracle: look at every polygon and every point."""
    holding = [id_ for id_, g in shapes_by_id.items() if shape(g).intersects(Dot(place.lon, place.lat))]
    holding.sort(key=lambda id_: (square_metres(shapes_by_id[id_]), id_))
    free = [s for s in all_sites if s.leader_id and s.pickup_point_id not in full]
    ways = sorted((geodesic_m(place, s.place), s.pickup_point_id, s) for s in free)
    for way, _, s in ways:
        if holding and s.neighbourhood_id == holding[0]:
            return Found(s, HomeReason.IN_POLYGON, round(way))
    for way, _, s in ways:
        if way <= s.reach_m:
            return Found(s, HomeReason.NEAREST, round(way))
    return None


def ask(city: CityMap, place: Point, full: set[UUID]) -> Found | NobodyInReach:
    try:
        return city.find(place, lambda s: s.pickup_point_id not in full)
    except NobodyInReach as refusal:
        return refusal


@settings(max_examples=300)
@given(shapes, sites, places, st.sets(st.integers(100, 124)))
def test_same_answer_as_brute_force(
    drawn: dict[UUID, dict[str, object]], all_sites: list[Site], place: Point, full_numbers: set[int]
) -> None:
    full = {UUID(int=n) for n in full_numbers}
    expected = plain(drawn, all_sites, place, full)
    city = CityMap(drawn, all_sites, geodesic_m)
    answer = ask(city, place, full)
    if isinstance(answer, NobodyInReach):
        served = [geodesic_m(place, s.place) for s in all_sites if s.leader_id]
        in_reach = [s for s in all_sites if s.leader_id and geodesic_m(place, s.place) <= s.reach_m]
        assert expected is None
        assert answer.nearest_m == (round(min(served)) if served else None)
        assert answer.full == len(in_reach)
        return
    found = answer
    assert found.site.pickup_point_id in city.candidates(place)
    assert expected is not None
    assert (found.reason, found.distance_m) == (expected.reason, expected.distance_m)
    assert abs(geodesic_m(place, found.site.place) - geodesic_m(place, expected.site.place)) < 1e-6
    assert found.site == expected.site
