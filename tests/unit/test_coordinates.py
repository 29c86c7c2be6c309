"""WGS-84, GCJ-02 and BD-09 against points that others have published."""

from typing import Any

import pytest

from app.infra.coordinates import from_wgs84, shape_from_wgs84, shape_to_wgs84, to_wgs84
from app.infra.distance import geodesic_m
from app.kernel.geo import Point, System

#: WGS-84 and GCJ-02 of Shanghai, Shenzhen and Beijing: the test vectors of googollee/eviltransform.
GCJ = [
    (Point(31.1774276, 121.5272106), Point(31.17530398364597, 121.531541859215)),
    (Point(22.543847, 113.912316), Point(22.540796131694766, 113.9171764808363)),
    (Point(39.911954, 116.377817), Point(39.91334545536069, 116.38404722455657)),
]
#: The worked example of wandergis/coordtransform: WGS-84 (39.915, 116.404) on maps in GCJ-02.
TIANANMEN = Point(39.915, 116.404)
TIANANMEN_GCJ = Point(39.91640428150164, 116.41024449916938)
#: The same place on Baidu's maps, as its ports publish it.
TIANANMEN_BD = Point(39.922699552216216, 116.41662724378733)
#: WGS-84 and BD-09 as Baidu's own service answered (googollee/eviltransform): the open formula is near, not equal.
BD_MEASURED = [
    (Point(29.196131605295484, 120.00877901149691), Point(29.199786, 120.019809)),
    (Point(29.206795749156136, 120.0253853970846), Point(29.210504, 120.036455)),
]


@pytest.mark.parametrize(("wgs", "gcj"), [*GCJ, (TIANANMEN, TIANANMEN_GCJ)])
def test_published_points_of_gcj02(wgs: Point, gcj: Point) -> None:
    assert geodesic_m(Point(*from_wgs84(wgs, System.GCJ02)), gcj) < 0.02  # seven places of a degree
    assert geodesic_m(Point(*to_wgs84(gcj.lat, gcj.lon, System.GCJ02)), wgs) < 0.02
    assert 400 < geodesic_m(wgs, gcj) < 700  # so an unconverted place would be a few streets off


def test_a_published_point_of_bd09() -> None:
    assert geodesic_m(Point(*from_wgs84(TIANANMEN, System.BD09)), TIANANMEN_BD) < 0.02
    assert geodesic_m(Point(*to_wgs84(TIANANMEN_BD.lat, TIANANMEN_BD.lon, System.BD09)), TIANANMEN) < 0.02


@pytest.mark.parametrize(("wgs", "bd"), BD_MEASURED)
def test_baidus_own_answers_are_met_within_a_street(wgs: Point, bd: Point) -> None:
    assert geodesic_m(Point(*to_wgs84(bd.lat, bd.lon, System.BD09)), wgs) < 50
    assert geodesic_m(wgs, bd) > 1_100


@pytest.mark.parametrize("system", list(System))
def test_there_and_back_is_a_centimetre(system: System) -> None:
    for lat in (22.5, 30.3, 39.9):
        place = Point(lat, 115.1)
        assert geodesic_m(Point(*to_wgs84(*from_wgs84(place, system), system)), place) < 0.02


def test_wgs84_is_left_alone_and_outside_china_nothing_shifts() -> None:
    assert to_wgs84(30.123456789, 115.1, System.WGS84) == (30.123456789, 115.1)
    assert from_wgs84(Point(48.8566, 2.3522), System.GCJ02) == (48.8566, 2.3522)


def test_what_is_not_on_the_earth_is_left_for_the_rules_to_refuse() -> None:
    assert to_wgs84(95.0, 115.1, System.GCJ02) == (95.0, 115.1)


def test_shapes_are_converted_corner_by_corner_and_odd_parts_stay() -> None:
    ring = [[115.1, 30.3], [115.11, 30.3], [115.11, 30.31], [115.1, 30.3]]
    drawn = shape_from_wgs84({"type": "Polygon", "coordinates": [ring]}, System.GCJ02)
    lat, lon = from_wgs84(Point(30.3, 115.1), System.GCJ02)
    assert drawn["coordinates"][0][0] == drawn["coordinates"][0][-1] == [lon, lat]
    back = shape_to_wgs84(drawn, System.GCJ02)
    for given, found in zip(ring, back["coordinates"][0], strict=True):
        assert found == pytest.approx(given, abs=1e-7)
    odd: dict[str, Any] = {"type": "Polygon", "coordinates": "none"}
    assert shape_to_wgs84(odd, System.GCJ02) == odd
    assert shape_to_wgs84(None, System.GCJ02) is None
    assert shape_to_wgs84(drawn, System.WGS84) is drawn
