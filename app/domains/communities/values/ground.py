"""Hubs, neighbourhoods and pickup points: as imported, edited, found and shown; their days and limits."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from app.kernel.geo import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class HubInput:
    code: str
    name: str
    name_en: str
    lat: float
    lon: float
    timezone: str
    currency: str
    cutoff: time


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourhoodInput:
    """As imported from GeoJSON: `geometry` is a Polygon, MultiPolygon or Point in WGS-84."""

    code: str
    name: str
    name_en: str
    hub: str
    households: int
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDays:
    """How many orders a pickup point takes for one day - in all, and with goods of each zone - and its weekly rest.

    None = as many as come; `rest_weekdays` are ISO digits in order, "67" = Saturday and Sunday.
    """

    day_orders: int | None = None
    day_ambient: int | None = None
    day_chilled: int | None = None
    day_frozen: int | None = None
    rest_weekdays: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupPointInput:
    """A pickup point in WGS-84; `days` None leaves its day limits and weekly rest as they are."""

    code: str
    neighbourhood: str
    name: str
    address: str
    lat: float
    lon: float
    opens: time
    closes: time
    capacity_orders: int
    reach_m: int
    days: PointDays | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Dated days without pickup; both ends are included."""

    id: UUID
    from_on: date
    until_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRest:
    """HQ closes a pickup point for some days; residents read the reason."""

    pickup_point_id: UUID
    from_on: date
    until_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDay:
    """What a pickup point takes on one pickup day, and whether it hands out at all."""

    pickup_point_id: UUID
    on: date
    days: PointDays
    rests: bool
    #: Why, for dated rests; empty for the weekly ones.
    reason: str = ""
    #: The next day on which it hands out; None when there is none within a year.
    next_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourhoodCard:
    """A neighbourhood in lists and on maps: its pickup points, and the leaders who serve there now."""

    id: UUID
    code: str
    name: str
    name_en: str
    hub_id: UUID
    households: int
    geometry: dict[str, Any]
    centre: Point
    points: int
    leaders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlace:
    """A place that a geocoder knows for an address, in WGS-84 degrees."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EditNeighbourhood:
    """HQ draws a neighbourhood or changes one; `seen` is the fingerprint of what the editor was shown, None = new."""

    row: NeighbourhoodInput
    seen: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPoint:
    """HQ places a pickup point or changes one; `seen` as for neighbourhoods."""

    row: PickupPointInput
    seen: str | None
    #: As typed: coordinate system, latitude and longitude; kept in the audit log.
    given: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A sorting site that serves neighbourhoods, with its local rules."""

    id: UUID
    code: str
    name: str
    name_en: str
    place: Point
    timezone: str
    currency: str
    cutoff: time


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupPlace:
    """A pickup point with its neighbourhood and serving leader, as residents and planners see it."""

    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    address: str
    place: Point
    opens: time
    closes: time
    capacity_orders: int
    reach_m: int
    neighbourhood_id: UUID
    neighbourhood_code: str
    neighbourhood_name: str
    neighbourhood_name_en: str
    hub_id: UUID
    leader_id: UUID | None
    leader_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LonelyPoint:
    """A pickup point at which nobody serves although residents belong there."""

    place: PickupPlace
    residents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFilter:
    """Which pickup points or neighbourhoods a list shows; `text` looks into code and names, of points further."""

    hub_id: UUID | None = None
    text: str = ""
    #: Only where a leader serves now.
    only_served: bool = False
