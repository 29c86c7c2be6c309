"""Square metres, overlaps, pockets and places outside, against numbers known from elsewhere."""

import math
from typing import Any

import pytest

from app.infra.areas import area_m2, crossing, outside, overlaps, pockets
from app.infra.distance import geodesic_m
from app.kernel.geo import Point


def box(west: float, south: float, east: float, north: float, *holes: Any) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring, *holes]}


def test_the_whole_earth_has_its_published_surface() -> None:
    """510,065,621.7 km², the WGS-84 ellipsoid's (NIMA TR8350.2, authalic radius 6,371,007.1809 m)."""
    assert area_m2(box(-180, -90, 180, 90)) == pytest.approx(4 * math.pi * 6_371_007.1809**2, rel=1e-9)


def test_a_compound_has_the_area_of_its_measured_sides() -> None:
    """Two sides by geopy's geodesic, multiplied: the same within a thousandth at this size."""
    wide = geodesic_m(Point(30.301, 115.10), Point(30.301, 115.102))
    high = geodesic_m(Point(30.30, 115.10), Point(30.302, 115.10))
    assert area_m2(box(115.10, 30.30, 115.102, 30.302)) == pytest.approx(wide * high, rel=1e-4)


def test_overlaps_name_both_and_what_they_share() -> None:
    shapes = {
        "a": box(115.10, 30.30, 115.102, 30.302), "b": box(115.101, 30.30, 115.103, 30.302),
        "c": box(115.103, 30.30, 115.104, 30.302),  # only touches b
        "d": {"type": "Point", "coordinates": [115.1011, 30.301]},
    }  # fmt: skip
    (found,) = overlaps(shapes)
    assert set(found.keys) == {"a", "b"}
    assert found.area_m2 == pytest.approx(area_m2(shapes["a"]) / 2, abs=1)
    assert overlaps({}) == []


def test_a_seam_of_a_few_centimetres_is_no_overlap() -> None:
    assert overlaps({"a": box(115.1, 30.3, 115.1010001, 30.302), "b": box(115.101, 30.3, 115.102, 30.302)}) == []


def test_a_pocket_is_enclosed_by_several_and_claimed_by_none() -> None:
    around = {
        "south": box(115.10, 30.300, 115.103, 30.301), "north": box(115.10, 30.302, 115.103, 30.303),
        "west": box(115.10, 30.300, 115.101, 30.303), "east": box(115.102, 30.300, 115.103, 30.303),
    }  # fmt: skip
    (found,) = pockets(around)
    assert found.area_m2 == area_m2(box(115.101, 30.301, 115.102, 30.302))
    assert pockets({**around, "middle": box(115.1009, 30.3009, 115.1021, 30.3021)}) == []


def test_a_hole_that_somebody_drew_is_meant() -> None:
    ring = [[115.101, 30.301], [115.102, 30.301], [115.102, 30.302], [115.101, 30.302], [115.101, 30.301]]
    assert pockets({"a": box(115.10, 30.30, 115.103, 30.303, ring)}) == []
    assert pockets({}) == []


def test_places_outside_every_shape() -> None:
    places = [Point(30.301, 115.101), Point(30.31, 115.101), Point(30.30, 115.10)]
    assert outside({"a": box(115.10, 30.30, 115.102, 30.302)}, places) == [1]
    assert outside({}, places) == [0, 1, 2]
    assert outside({}, []) == []


def test_where_a_bow_tie_crosses_itself() -> None:
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    assert crossing(bow) == Point(1.0, 1.0)
    assert crossing(box(0, 0, 1, 1)) is None
    assert crossing({"type": "Polygon", "coordinates": "none"}) is None
