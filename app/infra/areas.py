"""Shapes on the ground measured and compared: square metres, overlaps, pockets that nobody covers, places outside.

Areas are exact on the WGS-84 ellipsoid: Lambert's cylindrical equal-area projection (Snyder 1987, USGS Professional
Paper 1395, equations 3-12, 10-14 and 10-15 with the equator as standard parallel) keeps them; edges are straight lines
between longitudes and latitudes, as GeoJSON draws them. Shapes are GeoJSON polygons; points have no area.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from app.kernel.geo import ECC2, RADIUS_M, Point

K = TypeVar("K")
#: Smaller overlaps are the rounding of a shared border.
LEAST_OVERLAP_M2 = 10
#: Smaller pockets are the seams between polygons that were drawn side by side.
LEAST_POCKET_M2 = 100
#: How an invalid shape says where: "Self-intersection[115.1 30.3]".
_OPENS, _CLOSES = "[", "]"


@dataclass(frozen=True, slots=True)
class Common:
    """Ground that two shapes both claim, by their keys, or (a pocket, `keys` empty) that none does."""

    keys: tuple[Any, ...]
    area_m2: int
    #: A place in the middle of it.
    at: Point


def area_m2(geometry: dict[str, Any]) -> int:
    """Whole square metres of a shape."""
    return _m2(shape(geometry))


def overlaps(shapes: Mapping[K, dict[str, Any]]) -> list[Common]:
    """Every two shapes that share ground, the most first."""
    drawn = _polygons(shapes)
    if not drawn:
        return []
    keys, areas = list(drawn), list(drawn.values())
    left, right = shapely.STRtree(areas).query(areas, predicate="intersects")
    found = []
    for one, two in zip(left.tolist(), right.tolist(), strict=True):
        if one >= two:
            continue
        both = areas[one].intersection(areas[two])
        if (m2 := _m2(both)) >= LEAST_OVERLAP_M2:
            found.append(Common((keys[one], keys[two]), m2, _inside(both)))
    return sorted(found, key=lambda one: -one.area_m2)


def pockets(shapes: Mapping[K, dict[str, Any]]) -> list[Common]:
    """Ground that shapes enclose together but none of them covers, the most first; one shape's own holes are meant."""
    drawn = list(_polygons(shapes).values())
    if not drawn:
        return []
    whole = shapely.union_all([shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(one))))
                               for one in drawn])  # fmt: skip
    holes = [shapely.polygons(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    found = [Common((), _m2(hole), _inside(hole)) for hole in holes]
    return sorted((one for one in found if one.area_m2 >= LEAST_POCKET_M2), key=lambda one: -one.area_m2)


def outside(shapes: Mapping[K, dict[str, Any]], places: Sequence[Point]) -> list[int]:
    """Numbers of the places that no shape holds or touches."""
    if not places:
        return []
    tree = shapely.STRtree(list(_polygons(shapes).values()))
    dots = shapely.points([(place.lon, place.lat) for place in places])
    held = set(tree.query(dots, predicate="intersects")[0].tolist())
    return [number for number in range(len(places)) if number not in held]


def crossing(geometry: dict[str, Any]) -> Point | None:
    """Where a shape crosses itself; None when it does not, or when nothing can say where."""
    try:
        told = explain_validity(shape(geometry))
        lon, lat = map(float, told.partition(_OPENS)[2].rstrip(_CLOSES).split()[:2])
        return Point(lat, lon)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.GEOSException):
        return None


def _polygons(shapes: Mapping[K, dict[str, Any]]) -> dict[K, BaseGeometry]:
    return {key: shape(geometry) for key, geometry in shapes.items() if geometry["type"] != "Point"}


def _inside(drawn: BaseGeometry) -> Point:
    dot = drawn.representative_point()
    return Point(dot.y, dot.x)


def _m2(drawn: BaseGeometry) -> int:
    return round(float(shapely.transform(drawn, _flat).area))


def _flat(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitude and latitude as metres of the equal-area plane."""
    ecc = math.sqrt(ECC2)
    sine = np.sin(np.radians(degrees[:, 1]))
    q = (1 - ECC2) * (sine / (1 - ECC2 * sine**2) - np.log((1 - ecc * sine) / (1 + ecc * sine)) / (2 * ecc))
    return np.column_stack((RADIUS_M * np.radians(degrees[:, 0]), RADIUS_M * q / 2))
