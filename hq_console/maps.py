"""Maps as HQ's pages show them: shapes and places in the coordinate system of the tiles, and back to ours."""

import json
from typing import Any

from app.domains.communities.values.ground import NeighbourhoodCard, PickupPlace
from app.infra.coordinates import from_wgs84, shape_from_wgs84, shape_to_wgs84
from app.kernel.geo import Point, System
from app.web.context import services
from app.web.words import tr


def tiles() -> dict[str, Any] | None:
    """Where the map's background comes from; None = no background."""
    settings = services().settings
    return {"url": settings.map_tiles_url, "attribution": settings.map_attribution} if settings.map_tiles_url else None


def shown_system() -> System:
    """The system that maps are shown in: that of the tiles, else ours."""
    settings = services().settings
    return settings.map_tiles_system if settings.map_tiles_url else System.WGS84


def shown(geometry: dict[str, Any]) -> dict[str, Any]:
    """A shape as the map draws it."""
    found: dict[str, Any] = shape_from_wgs84(geometry, shown_system())
    return found


def spot(place: Point, name: str = "", text: str = "", kind: str = "") -> dict[str, Any]:
    """A place as the map draws it."""
    lat, lon = from_wgs84(place, shown_system())
    return {"lat": lat, "lon": lon, "name": name, "text": text, "kind": kind}


def feature(card: NeighbourhoodCard) -> dict[str, Any]:
    """A neighbourhood as the map draws it."""
    return {"type": "Feature", "properties": {"name": tr(card), "text": card.code}, "geometry": shown(card.geometry)}


def feature_collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Features together."""
    return {"type": "FeatureCollection", "features": features}


def point_spots(places: list[PickupPlace]) -> list[dict[str, Any]]:
    """Pickup points as the map draws them."""
    return [spot(one.place, one.pickup_point_name, one.address) for one in places]


def drawn_geometry(text: str, before: dict[str, Any] | None) -> Any:
    """What an editor sent, in WGS-84; corners that nobody moved stay exactly as they were.

    A Feature, or a collection of one, counts as its geometry. None for what is no JSON.
    """
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and found.get("type") == "FeatureCollection" and len(found.get("features") or ()) == 1:
        found = found["features"][0]
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = found.get("geometry")
    if shown_system() is System.WGS84 or not isinstance(found, dict):
        return found
    kept = dict(zip(_corners(shown(before)), _corners(before), strict=True)) if before else {}
    return _put_back(found, shape_to_wgs84(found, shown_system()), kept)


def _put_back(sent: dict[str, Any], ours: dict[str, Any], kept: dict[tuple[float, ...], tuple[float, ...]]) -> Any:
    """Converted corners, but those known in `kept` as they were."""

    def walk(given: Any, converted: Any) -> Any:
        if isinstance(given, list) and given and isinstance(given[0], int | float):
            return list(kept.get(tuple(given), converted))
        if isinstance(given, list):
            return [walk(one, other) for one, other in zip(given, converted, strict=True)]
        return converted

    return {**ours, "coordinates": walk(sent.get("coordinates"), ours.get("coordinates"))}


def _corners(geometry: dict[str, Any]) -> list[tuple[float, ...]]:
    """Every position of a geometry, in order."""

    def walk(value: Any) -> list[tuple[float, ...]]:
        if value and isinstance(value[0], int | float):
            return [tuple(value)]
        return [corner for one in value for corner in walk(one)]

    return walk(geometry["coordinates"])


def _no_number(constant: str) -> float:
    raise ValueError(constant)
