"""The assignment is exact: the answer of looking at every pickup point with geopy's geodesic, at any corner of the map.

The oracle takes no part of the engine. Over a city a way on the ellipsoid differs from the one on a sphere by less
than 0.6 %, so what is 2 % longer on the sphere than the shortest cannot win; the rest is measured by geopy, each one.
"""

import random
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from geopy.distance import geodesic
from shapely.geometry import Point as Dot, shape

from app.domains.accounts.service.accounts import open_accounts
from app.domains.accounts.values import OpenAccount
from app.domains.communities import queries
from app.domains.communities.errors import NobodyInReach
from app.domains.communities.rules import CityMap, Found, Site
from app.domains.communities.service.homes import assign_home, assign_homes
from app.domains.communities.service.leaders import change_status
from app.domains.communities.service.places import save_neighbourhoods, save_pickup_points
from app.domains.communities.values import ChooseHome, HomeReason, LeaderStatus, NewHome, PostRole
from app.infra.distance import geodesic_m
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Role
from app.kernel.geo import Point
from tests.factories.communities import (
    LAT,
    LON,
    leader_input,
    make_city,
    make_resident,
    neighbourhood_input,
    point_input,
    square,
)

SITES, PLACES = 2_000, 500
SIDE = 0.15
ANN = UUID(int=9)
Room = Callable[[Site], bool]


def roomy(_: Site) -> bool:
    return True


def scattered(number: int, dice: random.Random) -> list[Point]:
    """Places over a city, on a grid of about a metre, so that some of them are the same."""
    return [
        Point(round(LAT + dice.uniform(-SIDE, SIDE), 5), round(LON + dice.uniform(-SIDE, SIDE), 5))
        for _ in range(number)
    ]


def on_a_sphere(place: Point, spots: Sequence[Point]) -> Any:
    lat1, lon1 = np.radians(place.lat), np.radians(place.lon)
    lat, lon = np.radians([s.lat for s in spots]), np.radians([s.lon for s in spots])
    half = np.sin((lat - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat) * np.sin((lon - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))


def brute_force(place: Point, sites: Sequence[Site], *, sieve: bool = True) -> tuple[float, Site] | None:
    """The nearest site that reaches a place, of equal ones the one with the lowest id; with the way there."""
    ways = on_a_sphere(place, [site.place for site in sites])
    best: tuple[float, UUID, Site] | None = None
    for n in np.argsort(ways):
        if sieve and best and ways[n] > best[0] * 1.02 + 1:
            break
        site = sites[n]
        if sieve and ways[n] > site.reach_m * 1.02 + 1:
            continue
        way = geodesic((place.lat, place.lon), (site.place.lat, site.place.lon)).meters
        if way <= site.reach_m and (best is None or (way, site.pickup_point_id) < best[:2]):
            best = (way, site.pickup_point_id, site)
    return (best[0], best[2]) if best else None


@pytest.fixture(scope="module")
def crowd() -> list[Site]:
    dice = random.Random(5)
    spots = scattered(SITES, dice)
    spots[1::100] = spots[::100]  # twins at one door: the older one serves
    return [Site(UUID(int=1 + n), UUID(int=1), spot, dice.choice([300, 500, 900]), ANN) for n, spot in enumerate(spots)]


def test_the_sieve_of_the_oracle_loses_nothing(crowd: list[Site]) -> None:
    for place in scattered(3, random.Random(1)):
        assert brute_force(place, crowd[::5]) == brute_force(place, crowd[::5], sieve=False)


def test_500_places_over_2000_points(crowd: list[Site]) -> None:
    places = scattered(PLACES, random.Random(2))
    city = CityMap({}, crowd, geodesic_m)
    many = city.find_many(places)
    reached = wrong_on_a_sphere = 0
    for number, place in enumerate(places):
        expected = brute_force(place, crowd)
        if expected is None:
            assert many.at(number) is None
            with pytest.raises(NobodyInReach):
                city.find(place, roomy)
            continue
        way, site = expected
        assert city.find(place, roomy) == Found(site, HomeReason.NEAREST, round(way)) == many.at(number)
        reached += 1
        near = on_a_sphere(place, [one.place for one in crowd])
        able = [n for n, one in enumerate(crowd) if near[n] <= one.reach_m]
        wrong_on_a_sphere += bool(able) and crowd[min(able, key=lambda n: near[n])] != site
    assert reached == 449
    assert wrong_on_a_sphere > 0  # these places tell an exact answer from one that is nearly so


def test_with_capacity_one_after_the_other(crowd: list[Site]) -> None:
    """In order of arrival; who finds her point full goes on to the next one that reaches her."""
    dice = random.Random(3)
    places = [Point(LAT + dice.gauss(0, SIDE / 3), LON + dice.gauss(0, SIDE / 3)) for _ in range(PLACES)]
    rooms = {site.pickup_point_id: dice.choice([0, 1, 1, 2]) for site in crowd}
    left = dict(rooms)
    city = CityMap({}, crowd, geodesic_m)
    sent_on = nobody = 0
    for place in places:
        expected = brute_force(place, [site for site in crowd if left[site.pickup_point_id] > 0])
        try:
            found = city.find(place, lambda site: left[site.pickup_point_id] > 0)
        except NobodyInReach:
            assert expected is None
            nobody += 1
            continue
        assert expected is not None
        assert (found.site, found.distance_m) == (expected[1], round(expected[0]))
        left[found.site.pickup_point_id] -= 1
        sent_on += brute_force(place, crowd) != expected
    assert min(left.values()) == 0
    assert (sent_on, nobody) == (89, 182)


def test_in_the_database_with_capacity_rest_and_many_at_once(run: Any, read: Any) -> None:
    """600 points, every tenth leader rests: 200 newcomers in one go get what one after the other would get."""
    dice = random.Random(4)
    spots = [Point(LAT + dice.gauss(0, 0.02), LON + dice.gauss(0, 0.02)) for _ in range(600)]
    hood = neighbourhood_input(geometry={"type": "Point", "coordinates": [LON, LAT]})
    city = make_city(
        run, [hood],
        [point_input(f"P{n:04}", lat=p.lat, lon=p.lon, capacity_orders=1 + n % 2, reach_m=dice.choice([300, 900]))
         for n, p in enumerate(spots)],
        [leader_input(f"L{n:04}", pickup_point=f"P{n:04}", role=PostRole.BACKUP if n else PostRole.PRIMARY,
                      status=LeaderStatus.ACTIVE if n % 10 else LeaderStatus.RESTING) for n in range(600)],
    )  # fmt: skip
    wishes = [OpenAccount(role=Role.RESIDENT, name="林", phone=f"137{n:08}") for n in range(200)]
    people: list[UUID] = run(open_accounts, wishes)
    homes = [Point(LAT + dice.gauss(0, 0.008), LON + dice.gauss(0, 0.008)) for _ in people]
    placed = run(assign_homes, [NewHome(resident_id=r, location=p) for r, p in zip(people, homes, strict=True)])
    assert city.hub_id
    sites = {
        p.pickup_point_id: Site(p.pickup_point_id, p.neighbourhood_id, p.place, p.reach_m, p.leader_id)
        for p in read(queries.places)
    }
    left = {p.pickup_point_id: p.capacity_orders if p.leader_id else 0 for p in read(queries.places)}
    assert sum(room == 0 for room in left.values()) == 60
    for who, place in zip(people, homes, strict=True):
        expected = brute_force(place, [site for id_, site in sites.items() if left[id_] > 0])
        if expected is None:
            assert who in placed.refused
            continue
        home = placed.homes[who]
        assert (home.pickup_point_id, home.distance_m) == (expected[1].pickup_point_id, round(expected[0]))
        left[home.pickup_point_id] -= 1
    assert len(placed.homes) > 150
    assert len(placed.refused) > 0


# --- the index of a process follows the ground ----------------------------------------------------------------------


def test_the_index_is_built_anew_only_when_the_ground_changes(
    run: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = make_city(run)
    built: list[int] = []
    real = CityMap.__init__

    def counted(self: CityMap, *args: Any) -> None:
        built.append(1)
        real(self, *args)

    monkeypatch.setattr(CityMap, "__init__", counted)
    here, stamp = Point(LAT, LON + 0.0095), read(queries.ground_stamp)
    for number in range(3):
        assert (
            run(assign_home, make_resident(run, number), ChooseHome(location=here)).pickup_point_id
            == (city.points["P002"])
        )
    assert (len(built), read(queries.ground_stamp)) == (1, stamp)
    run(change_status, city.leaders["L002"], LeaderStatus.RESTING, "holiday")
    with pytest.raises(NobodyInReach):
        run(assign_home, make_resident(run, 4), ChooseHome(location=here))
    assert len(built) == 2
    run(save_pickup_points, [point_input(reach_m=2000)])
    assert run(assign_home, make_resident(run, 5), ChooseHome(location=here)).pickup_point_id == city.points["P001"]
    run(save_neighbourhoods, [neighbourhood_input(geometry=square(LAT, LON, 0.012))])
    home = run(assign_home, make_resident(run, 6), ChooseHome(location=here))
    assert (home.pickup_point_id, home.reason) == (city.points["P001"], HomeReason.NEAREST)  # the smaller one holds it
    assert len(built) == 4


def test_a_change_that_is_taken_back_leaves_no_trace(run: Any, database: Database) -> None:
    city, here = make_city(run), Point(LAT, LON)
    newcomer = make_resident(run)

    def change_and_fail(uow: UnitOfWork) -> None:
        change_status(uow, city.leaders["L001"], LeaderStatus.RESTING, "holiday")
        with pytest.raises(NobodyInReach):
            assign_home(uow, newcomer, ChooseHome(location=here))
        raise LookupError

    with pytest.raises(LookupError):
        run(change_and_fail)
    assert run(assign_home, newcomer, ChooseHome(location=here)).pickup_point_id == city.points["P001"]


# --- corners of geometry --------------------------------------------------------------------------------------------


def site(number: int, lat: float, lon: float, hood: int = 1, reach_m: int = 900) -> Site:
    return Site(UUID(int=number), UUID(int=hood), Point(lat, lon), reach_m, ANN)


def polygon(*rings: Collection[tuple[float, float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in ring] for ring in rings]}


def box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def hood_at(city: CityMap, lat: float, lon: float) -> int | None:
    """The neighbourhood that `find` and `find_many` agree on, by its number."""
    found = city.neighbourhood_at(Point(lat, lon))
    many = city.find_many([Point(lat, lon), Point(lat, lon)]).at(1)
    if many is not None and many.reason is HomeReason.IN_POLYGON:
        assert many.site.neighbourhood_id == found
    return found.int if found else None


def test_ties_go_to_the_older_point() -> None:
    """The same distance east and west, and at one door: the lowest id, in whatever order they are given."""
    for order in ([3, 1, 2], [1, 2, 3], [2, 3, 1]):
        spots = {1: (LAT, LON + 0.001), 2: (LAT, LON - 0.001), 3: (LAT, LON + 0.001)}
        city = CityMap({}, [site(n, *spots[n]) for n in order], geodesic_m)
        east, west = geodesic_m(Point(LAT, LON), Point(*spots[1])), geodesic_m(Point(LAT, LON), Point(*spots[2]))
        expected = 1 if east <= west else 2
        assert city.find(Point(LAT, LON), roomy).site.pickup_point_id.int == expected
        assert city.find_many([Point(LAT, LON)]).at(0) == city.find(Point(LAT, LON), roomy)


def test_a_hair_nearer_is_nearer() -> None:
    """A micrometre decides where both round to the same metre; a chord alone would not know."""
    place, step = Point(LAT, LON), 0.00500000
    spots = [Point(LAT, LON + step), Point(LAT, LON - step - 1e-11), Point(LAT + 1e-11, LON + step)]
    ways = [geodesic_m(place, spot) for spot in spots]
    best = min(range(3), key=lambda n: (ways[n], n))
    city = CityMap({}, [site(n + 1, s.lat, s.lon) for n, s in enumerate(spots)], geodesic_m)
    assert city.find(place, roomy).site.pickup_point_id.int == best + 1


def test_a_shared_border_belongs_to_the_smaller_then_the_older() -> None:
    left, right = polygon(box(LON - 0.002, LAT, LON, LAT + 0.001)), polygon(box(LON, LAT, LON + 0.001, LAT + 0.001))
    twins = {UUID(int=1): right, UUID(int=2): left, UUID(int=3): right}
    city = CityMap(twins, [site(11, LAT, LON, hood=1), site(12, LAT, LON, hood=2)], geodesic_m)
    assert hood_at(city, LAT + 0.0005, LON) == 1
    assert hood_at(city, LAT, LON) == 1  # the common corner
    assert hood_at(city, LAT + 0.0005, LON - 1e-9) == 2
    assert city.find(Point(LAT + 0.0005, LON), roomy).site.pickup_point_id.int == 11


def test_overlaps_go_to_the_smallest() -> None:
    shapes = {UUID(int=n): square(LAT, LON, half) for n, half in ((1, 0.004), (2, 0.001), (3, 0.002))}
    city = CityMap(shapes, [site(10 + n, LAT, LON + n / 1000, hood=n) for n in (1, 2, 3)], geodesic_m)
    assert [hood_at(city, LAT, LON + d) for d in (0.0, 0.001, 0.0015, 0.002, 0.003, 0.005)] == [2, 2, 3, 3, 1, None]


def test_a_hole_is_outside_and_its_edge_inside() -> None:
    yard = polygon(
        box(LON - 0.003, LAT - 0.003, LON + 0.003, LAT + 0.003), box(LON - 0.001, LAT - 0.001, LON + 0.001, LAT + 0.001)
    )
    own, other = site(11, LAT + 0.0025, LON, hood=1), site(12, LAT, LON + 0.0005, hood=2)
    city = CityMap({UUID(int=1): yard}, [own, other], geodesic_m)
    assert [hood_at(city, LAT, LON + d) for d in (0.0, 0.001, 0.002, 0.003)] == [None, 1, 1, 1]
    assert city.find(Point(LAT, LON), roomy) == Found(other, HomeReason.NEAREST, 48)
    assert city.find(Point(LAT, LON + 0.001), roomy).site == own


@pytest.mark.parametrize("lon", [180.0, -180.0, 179.9995, -179.9995])
def test_across_the_antimeridian(lon: float) -> None:
    """A shape cut at the date line (RFC 7946, 3.1.9), and points on both sides of it: neighbours all the same."""
    cut = {
        "type": "MultiPolygon",
        "coordinates": [polygon(box(179.999, -17.001, 180, -16.999))["coordinates"],
                        polygon(box(-180, -17.001, -179.999, -16.999))["coordinates"]],
    }  # fmt: skip
    place = Point(-17.0, lon)
    east, west = site(11, -17.0, -179.9996), site(12, -17.0, 179.9998)
    city = CityMap({UUID(int=1): cut}, [east, west], geodesic_m)
    best = min((geodesic_m(place, s.place), s.pickup_point_id, s) for s in (east, west))
    expected = Found(best[2], HomeReason.IN_POLYGON, round(best[0]))
    assert city.find(place, roomy) == expected == city.find_many([place]).at(0)
    assert expected.distance_m < 80
    outside = CityMap({}, [east, west], geodesic_m)
    assert outside.find(place, roomy) == Found(best[2], HomeReason.NEAREST, round(best[0]))


@pytest.mark.parametrize(
    "geometry",
    [
        polygon(box(179.5, -17, -179.5, -16)),  # not cut at the date line: it would reach around the earth
        polygon([(LON, LAT), (LON + 0.01, LAT), (LON, LAT), (LON, LAT)]),  # no area
        polygon([(LON, LAT), (LON, LAT), (LON, LAT), (LON, LAT)]),  # one point
        polygon(
            [
                (LON - 0.01, LAT - 0.01),
                (LON + 0.01, LAT + 0.01),
                (LON + 0.01, LAT - 0.01),
                (LON - 0.01, LAT + 0.01),
                (LON - 0.01, LAT - 0.01),
            ]
        ),
        {"type": "Polygon", "coordinates": []},
    ],
    ids=["around the earth", "flat", "one point", "crosses itself", "empty"],
)
def test_a_degenerate_polygon_holds_nobody_and_hurts_nobody(geometry: dict[str, Any]) -> None:
    good = square(LAT, LON + 0.1)
    city = CityMap({UUID(int=1): geometry, UUID(int=2): good}, [site(11, LAT, LON, hood=1)], geodesic_m)
    assert hood_at(city, LAT, LON) is None
    assert hood_at(city, -16.5, 0.0) is None
    assert hood_at(city, LAT, LON + 0.1) == 2
    assert city.find(Point(LAT, LON), roomy) == Found(site(11, LAT, LON, hood=1), HomeReason.NEAREST, 0)


def test_a_sliver_of_a_few_centimetres_is_a_neighbourhood() -> None:
    sliver = polygon(box(LON, LAT, LON + 1e-7, LAT + 0.001))
    assert shape(sliver).intersects(Dot(LON, LAT))
    shapes = {UUID(int=1): square(LAT, LON), UUID(int=2): sliver}
    city = CityMap(shapes, [site(11, LAT, LON, hood=1), site(12, LAT, LON, hood=2)], geodesic_m)
    assert (hood_at(city, LAT + 0.0005, LON), hood_at(city, LAT + 0.0005, LON + 2e-7)) == (2, 1)


@pytest.mark.parametrize("lat", [-89.999, 89.999, 0.0])
def test_at_the_poles_and_on_the_equator(lat: float) -> None:
    spots = [Point(lat, lon) for lon in (-120.0, 0.0, 60.0, 179.0)]
    city = CityMap({}, [site(n + 1, s.lat, s.lon, reach_m=400_000) for n, s in enumerate(spots)], geodesic_m)
    place = Point(lat, 61.0)
    expected = min((geodesic_m(place, s), n + 1) for n, s in enumerate(spots))
    found = city.find(place, roomy)
    assert (found.site.pickup_point_id.int, found.distance_m) == (expected[1], round(expected[0]))


def test_from_the_other_side_of_the_earth() -> None:
    city = CityMap({}, [site(1, LAT, LON), site(2, LAT + 0.001, LON)], geodesic_m)
    with pytest.raises(NobodyInReach) as refusal:
        city.find(Point(-LAT, LON - 180), roomy)
    assert 19_900_000 < (refusal.value.nearest_m or 0) < 20_010_000
    assert city.find_many([Point(-LAT, LON - 180)]).at(0) is None
