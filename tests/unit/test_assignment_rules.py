"""Which pickup point serves a place: polygons with their edges, overlaps, reach, room."""

from uuid import UUID

import pytest

from app.domains.communities import rules
from app.domains.communities.errors import NobodyInReach
from app.domains.communities.values import HomeReason
from app.infra.distance import geodesic_m
from app.kernel.geo import Point
from app.kernel.reasons import Reason
from tests.factories.communities import LAT, LON, square

BIG, SMALL, FAR = UUID(int=1), UUID(int=2), UUID(int=3)
ANN, BEN = UUID(int=21), UUID(int=22)


def site(number: int, hood: UUID, lat: float, lon: float, reach_m: int = 800, leader: UUID | None = ANN) -> rules.Site:
    return rules.Site(UUID(int=number), hood, Point(lat, lon), reach_m, leader)


def city(*sites: rules.Site) -> rules.CityMap:
    shapes = {
        BIG: square(LAT, LON, 0.004),
        SMALL: square(LAT, LON, 0.001),
        FAR: {"type": "Point", "coordinates": [LON, LAT]},
    }
    return rules.CityMap(shapes, sites, geodesic_m)


def roomy(_: rules.Site) -> bool:
    return True


@pytest.mark.parametrize(
    ("lat", "lon", "hood"),
    [
        (LAT, LON, SMALL),
        (LAT + 0.001, LON, SMALL),  # on an edge of the small square
        (LAT + 0.001, LON + 0.001, SMALL),  # on its corner
        (LAT + 0.0010001, LON, BIG),
        (LAT + 0.004, LON + 0.004, BIG),
        (LAT + 0.0041, LON, None),
    ],
)
def test_edges_belong_and_the_smallest_of_overlapping_wins(lat: float, lon: float, hood: UUID | None) -> None:
    assert city().neighbourhood_at(Point(lat, lon)) == hood


def test_equal_shapes_go_to_the_older() -> None:
    twins = rules.CityMap({SMALL: square(LAT, LON), BIG: square(LAT, LON)}, [], geodesic_m)
    assert twins.neighbourhood_at(Point(LAT, LON)) == BIG


def test_the_nearest_point_of_the_neighbourhood_even_beyond_its_reach() -> None:
    near, far = site(11, SMALL, LAT, LON + 0.002, reach_m=1), site(12, SMALL, LAT, LON + 0.003)
    other = site(13, BIG, LAT, LON)
    found = city(far, near, other).find(Point(LAT, LON), roomy)
    assert (found.site, found.reason, found.distance_m) == (near, HomeReason.IN_POLYGON, 192)


def test_a_full_neighbourhood_sends_on_to_the_nearest_in_reach() -> None:
    own, near, nearer = (
        site(11, SMALL, LAT, LON),
        site(12, BIG, LAT, LON + 0.003),
        site(13, FAR, LAT, LON + 0.002, reach_m=100),
    )
    found = city(own, near, nearer).find(Point(LAT, LON), lambda s: s != own)
    assert (found.site, found.reason, found.distance_m) == (near, HomeReason.NEAREST, 289)


def test_points_without_a_leader_do_not_exist() -> None:
    nobody, somebody = site(11, SMALL, LAT, LON, leader=None), site(12, BIG, LAT, LON + 0.003, leader=BEN)
    assert city(nobody, somebody).find(Point(LAT, LON), roomy).site == somebody


def test_refusal_names_the_nearest_and_counts_the_full_ones() -> None:
    near, far = site(11, BIG, LAT, LON + 0.006), site(12, BIG, LAT, LON + 0.1)
    place = Point(LAT + 0.006, LON + 0.006)
    with pytest.raises(NobodyInReach) as refusal:
        city(near, far).find(place, lambda s: s != near)
    assert (refusal.value.nearest_m, refusal.value.full) == (round(geodesic_m(place, near.place)), 1)
    with pytest.raises(NobodyInReach) as refusal:
        city().find(place, roomy)
    assert (refusal.value.nearest_m, refusal.value.full) == (None, 0)


def test_the_reach_is_met_exactly_or_not() -> None:
    place, point = Point(LAT + 0.006, LON), Point(LAT + 0.012, LON)
    way = geodesic_m(place, point)
    assert 665.0 < way < 666.0
    assert city(site(11, BIG, point.lat, point.lon, reach_m=666)).find(place, roomy).distance_m == 665
    with pytest.raises(NobodyInReach):
        city(site(11, BIG, point.lat, point.lon, reach_m=665)).find(place, roomy)


def test_points_at_one_place_go_by_age() -> None:
    twins = [site(number, BIG, LAT, LON + 0.005) for number in (15, 14, 16)]
    assert city(*twins).find(Point(LAT, LON + 0.006), roomy).site.pickup_point_id == UUID(int=14)


def test_many_full_points_nearby_do_not_hide_the_free_one() -> None:
    full = [site(100 + n, BIG, LAT, LON + 0.0041 + n * 1e-6) for n in range(50)]
    free = site(11, BIG, LAT, LON + 0.009)
    assert city(*full, free).find(Point(LAT, LON + 0.0045), lambda s: s == free).site == free


@pytest.mark.parametrize(
    ("geometry", "fault"),
    [
        (square(LAT, LON), None),
        ({"type": "Point", "coordinates": [LON, LAT]}, None),
        (
            {
                "type": "MultiPolygon",
                "coordinates": [square(LAT, LON)["coordinates"], square(LAT, LON + 1)["coordinates"]],
            },
            None,
        ),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, Reason.NOT_SHAPE),
        ({"type": "Polygon", "coordinates": []}, Reason.NOT_SHAPE),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, Reason.FEW_CORNERS),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2], [1, 2]]]}, Reason.FEW_CORNERS),
        ({"type": "Polygon"}, Reason.NOT_SHAPE),
        ({"type": "Point", "coordinates": ["a", "b"]}, Reason.NOT_SHAPE),
        ({"type": ["Polygon"], "coordinates": []}, Reason.NOT_SHAPE),
        (None, Reason.NOT_SHAPE),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, Reason.CROSSES_ITSELF),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, Reason.CROSSES_ITSELF),
        ({"type": "Point", "coordinates": [LAT, LON]}, Reason.OUT_OF_RANGE),
        ({"type": "Point", "coordinates": [float("nan"), 1]}, Reason.OUT_OF_RANGE),
        ({"type": "Polygon", "coordinates": [[[0, 0]] * 5001 + [[1, 0], [1, 1], [0, 0]]]}, Reason.TOO_DETAILED),
    ],
)
def test_shapes_that_cannot_be_a_neighbourhood(geometry: object, fault: Reason | None) -> None:
    assert rules.shape_fault(geometry) == fault


def test_centre_lies_inside_even_of_a_bent_shape() -> None:
    bent = {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [8, 9], [8, 1], [0, 1], [0, 0]]]}
    inside = rules.centre(bent)
    assert rules.CityMap({BIG: bent}, [], geodesic_m).neighbourhood_at(inside) == BIG
