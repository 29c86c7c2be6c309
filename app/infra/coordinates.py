"""Coordinate systems at the edges: inside the house there is WGS-84 only.

GCJ-02 (the shifted system of Chinese maps, half a kilometre off) and BD-09 (Baidu's, up to 1.4 km off) are converted
by the library `prcoords`; the inverses iterate until they are exact to millimetres. A place is converted by the system
that its source declares, never by where it seems to lie; outside China GCJ-02 is WGS-84 by definition.
"""

from collections.abc import Callable
from typing import Any

import prcoords

from app.kernel.geo import Point, System

#: Seven places of a degree are a centimetre.
PLACES = 7
#: A geometry is at most MultiPolygon > polygon > ring > position deep.
_DEEPEST = 4

_TO_WGS: dict[System, Callable[[Any], Any]] = {
    System.GCJ02: prcoords.gcj_wgs_bored,
    System.BD09: prcoords.bd_wgs_bored,
}
_FROM_WGS: dict[System, Callable[[Any], Any]] = {System.GCJ02: prcoords.wgs_gcj, System.BD09: prcoords.wgs_bd}


def to_wgs84(lat: float, lon: float, system: System) -> tuple[float, float]:
    """Latitude and longitude in WGS-84 of a place given in `system`; outside China they are the same."""
    return _turn(lat, lon, _TO_WGS.get(system))


def from_wgs84(place: Point, system: System) -> tuple[float, float]:
    """Latitude and longitude of a place as maps in `system` write them."""
    return _turn(place.lat, place.lon, _FROM_WGS.get(system))


def shape_to_wgs84(geometry: Any, system: System) -> Any:
    """A GeoJSON geometry given in `system`; parts that are no positions stay, for the rules to refuse them."""
    return _shape(geometry, _TO_WGS.get(system))


def shape_from_wgs84(geometry: Any, system: System) -> Any:
    """A GeoJSON geometry as maps in `system` draw it."""
    return _shape(geometry, _FROM_WGS.get(system))


def _turn(lat: float, lon: float, convert: Callable[[Any], Any] | None) -> tuple[float, float]:
    if convert is None or not prcoords.sanity_in_china_p(prcoords.Coords(lat, lon)):
        return lat, lon
    found = convert((lat, lon))
    return round(found.lat, PLACES), round(found.lon, PLACES)


def _shape(geometry: Any, convert: Callable[[Any], Any] | None) -> Any:
    if convert is None or not isinstance(geometry, dict):
        return geometry
    return {**geometry, "coordinates": _positions(geometry.get("coordinates"), convert, _DEEPEST)}


def _positions(value: Any, convert: Callable[[Any], Any], depth: int) -> Any:
    """Every [longitude, latitude] pair of nested lists, converted."""
    if not isinstance(value, list) or depth == 0:
        return value
    if len(value) >= 2 and all(isinstance(number, int | float) for number in value[:2]):
        lat, lon = _turn(float(value[1]), float(value[0]), convert)
        return [lon, lat, *value[2:]]
    return [_positions(one, convert, depth - 1) for one in value]
