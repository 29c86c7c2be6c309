"""What rows of hubs, neighbourhoods, pickup points and leaders must satisfy, and shapes on the map."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shapely import get_num_coordinates, get_parts
from shapely.errors import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.domains.communities.values import LEADER_MOVES, LeaderInput, LeaderStatus, PostRole
from app.domains.communities.values.ground import HubInput, NeighbourhoodInput, PickupPointInput, PointDays
from app.kernel.changes import RowFault
from app.kernel.geo import Point
from app.kernel.reasons import Reason

MAX_CORNERS = 5_000
#: Degrees of longitude; a wider polygon means one across the 180th meridian that was not cut there (RFC 7946, 3.1.9).
HALF_ROUND = 180
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_WEEKDAYS = re.compile("1?2?3?4?5?6?7?")


def centre(geometry: dict[str, Any]) -> Point:
    """A point that certainly lies inside a shape."""
    inside = shape(geometry).representative_point()
    return Point(inside.y, inside.x)


def shape_fault(geometry: Any) -> Reason | None:
    """Why a GeoJSON geometry cannot be a neighbourhood's shape; None when it can."""
    try:
        if _has_few_corners(geometry):
            return Reason.FEW_CORNERS
        drawn = shape(geometry) if geometry["type"] in {"Polygon", "MultiPolygon", "Point"} else None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, GEOSException):
        drawn = None
    if drawn is None or drawn.is_empty:
        return Reason.NOT_SHAPE
    if int(get_num_coordinates(drawn)) > MAX_CORNERS:
        return Reason.TOO_DETAILED
    if geometry["type"] != "Point" and (not drawn.is_valid or drawn.area == 0):
        return Reason.CROSSES_ITSELF
    return _bounds_fault(drawn)


def _bounds_fault(drawn: BaseGeometry) -> Reason | None:
    west, south, east, north = drawn.bounds
    if not (_on_earth(south, west) and _on_earth(north, east)):
        return Reason.OUT_OF_RANGE
    wide = any(part.bounds[2] - part.bounds[0] > HALF_ROUND for part in get_parts(drawn))
    return Reason.TOO_WIDE if wide else None


def _has_few_corners(geometry: Any) -> bool:
    """Whether some ring of a (multi)polygon has fewer than three corners, its closing one not counted."""
    if geometry["type"] not in {"Polygon", "MultiPolygon"}:
        return False
    nested = geometry["coordinates"]
    rings = [ring for polygon in (nested if geometry["type"] == "MultiPolygon" else [nested]) for ring in polygon]
    return any(len({str(corner) for corner in ring}) < 3 for ring in rings)


def _on_earth(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180


def faults_of_hubs(rows: Iterable[HubInput]) -> list[RowFault]:
    """Everything that forbids saving these hubs."""
    faults = []
    for row in rows:
        faults += [*_texts(row.code, row, ("name", "name_en")), *_place(row.code, row.lat, row.lon)]
        if not _is_zone(row.timezone):
            faults.append(RowFault(row.code, "timezone", Reason.NOT_ZONE, row.timezone))
        if not _CURRENCY.fullmatch(row.currency):
            faults.append(RowFault(row.code, "currency", Reason.NOT_CURRENCY, row.currency))
    return faults


def faults_of_neighbourhoods(rows: Iterable[NeighbourhoodInput], hubs: Mapping[str, UUID]) -> list[RowFault]:
    """Everything that forbids saving these neighbourhoods; `hubs` are the known ones by code."""
    faults = []
    for row in rows:
        faults += _texts(row.code, row, ("name", "name_en"))
        if row.hub not in hubs:
            faults.append(RowFault(row.code, "hub", Reason.UNKNOWN, row.hub))
        if row.households < 1:
            faults.append(RowFault(row.code, "households", Reason.TOO_SMALL, str(row.households)))
        if wrong := shape_fault(row.geometry):
            faults.append(RowFault(row.code, "geometry", wrong))
    return faults


def faults_of_points(rows: Iterable[PickupPointInput], neighbourhoods: Collection[str]) -> list[RowFault]:
    """Everything that forbids saving these pickup points; `neighbourhoods` are the known codes."""
    faults = []
    for row in rows:
        faults += [*_texts(row.code, row, ("name", "address")), *_place(row.code, row.lat, row.lon)]
        if row.neighbourhood not in neighbourhoods:
            faults.append(RowFault(row.code, "neighbourhood", Reason.UNKNOWN, row.neighbourhood))
        for name in ("capacity_orders", "reach_m"):
            if getattr(row, name) < 1:
                faults.append(RowFault(row.code, name, Reason.TOO_SMALL, str(getattr(row, name))))
        if row.closes <= row.opens:
            faults.append(RowFault(row.code, "closes", Reason.CLOSES_EARLY, row.closes.isoformat("minutes")))
        if row.days is not None:
            faults += _days(row.code, row.days)
    return faults


def _days(key: str, days: PointDays) -> list[RowFault]:
    limits = ("day_orders", "day_ambient", "day_chilled", "day_frozen")
    given = {name: getattr(days, name) for name in limits}
    faults = [
        RowFault(key, name, Reason.TOO_SMALL, str(most))
        for name, most in given.items()
        if most is not None and most < 0
    ]
    if not _WEEKDAYS.fullmatch(days.rest_weekdays):
        faults.append(RowFault(key, "rest_weekdays", Reason.NOT_ONE_OF, days.rest_weekdays))
    elif len(days.rest_weekdays) == 7:
        faults.append(RowFault(key, "rest_weekdays", Reason.NEVER_OPEN))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderNow:
    """A leader as she stands before an import."""

    status: LeaderStatus
    pickup_point: str
    residents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderGround:
    """What a list of leaders is checked against, all by code unless said otherwise."""

    #: Neighbourhood ids.
    neighbourhoods: Mapping[str, UUID]
    #: Pickup point → its neighbourhood's code.
    points: Mapping[str, str]
    #: Present leaders.
    leaders: Mapping[str, LeaderNow]
    #: Neighbourhood code → code of the leader with the open primary post.
    primaries: Mapping[str, str]
    #: Phone → code of the leader who has it.
    phones: Mapping[str, str]
    #: Lower-case logins of accounts that are no leaders'.
    logins: Collection[str]


#: Back from a probation.
_ENDS_PROBATION = {LeaderStatus.PROBATION, LeaderStatus.ACTIVE}


def faults_of_leaders(rows: Sequence[LeaderInput], ground: LeaderGround) -> list[RowFault]:
    """Everything that forbids saving these leaders, one by one and together (one primary per neighbourhood)."""
    faults = []
    for row in rows:
        faults += [*_person(row, ground), *_post(row, ground)]
    return faults + _primaries(rows, ground) + _phones(rows, ground)


def _person(row: LeaderInput, ground: LeaderGround) -> list[RowFault]:
    faults = _texts(row.code, row, ("name",))
    if row.code.lower() in ground.logins:
        faults.append(RowFault(row.code, "code", Reason.TAKEN, row.code))
    now = ground.leaders.get(row.code)
    if now and row.status is not now.status:
        if row.status not in LEADER_MOVES[now.status]:
            faults.append(RowFault(row.code, "status", Reason.WRONG_MOVE, row.status))
        elif row.status is LeaderStatus.REMOVED and now.status is not LeaderStatus.APPLICANT:
            faults.append(RowFault(row.code, "status", Reason.TWO_PERSONS, row.status))
        elif row.status is LeaderStatus.PROBATION or {now.status, row.status} == _ENDS_PROBATION:
            faults.append(RowFault(row.code, "status", Reason.APPRAISAL, row.status))
    return faults


def _post(row: LeaderInput, ground: LeaderGround) -> list[RowFault]:
    faults = []
    if row.neighbourhood not in ground.neighbourhoods:
        faults.append(RowFault(row.code, "neighbourhood", Reason.UNKNOWN, row.neighbourhood))
    if row.pickup_point not in ground.points:
        faults.append(RowFault(row.code, "pickup_point", Reason.UNKNOWN, row.pickup_point))
    elif ground.points[row.pickup_point] != row.neighbourhood and not faults:
        faults.append(RowFault(row.code, "pickup_point", Reason.ELSEWHERE, row.pickup_point))
    now = ground.leaders.get(row.code)
    if now and now.residents and now.pickup_point != row.pickup_point:
        faults.append(RowFault(row.code, "pickup_point", Reason.FIXED, row.pickup_point))
    return faults


def _primaries(rows: Sequence[LeaderInput], ground: LeaderGround) -> list[RowFault]:
    """Second primaries of a neighbourhood, once all rows are taken together with who is there already."""
    named = {row.code for row in rows}
    holders = {hood: code for hood, code in ground.primaries.items() if code not in named}
    wanting = [row for row in rows if row.role is PostRole.PRIMARY and row.status is not LeaderStatus.REMOVED]
    return [
        RowFault(row.code, "role", Reason.HAS_PRIMARY, row.neighbourhood)
        for row in wanting
        if holders.setdefault(row.neighbourhood, row.code) != row.code
    ]


def _phones(rows: Sequence[LeaderInput], ground: LeaderGround) -> list[RowFault]:
    """Phones that two leaders would share; a phone stays taken until its present owner has given it up."""
    owners = dict(ground.phones)
    return [
        RowFault(row.code, "phone", Reason.TAKEN, row.phone)
        for row in rows
        if owners.setdefault(row.phone, row.code) != row.code
    ]


def _texts(key: str, row: object, names: Iterable[str]) -> list[RowFault]:
    faults = [] if _CODE.fullmatch(key) else [RowFault(key, "code", Reason.NOT_CODE, key)]
    return faults + [RowFault(key, name, Reason.MISSING) for name in names if not getattr(row, name).strip()]


def _place(key: str, lat: float, lon: float) -> list[RowFault]:
    faults = [] if -90 <= lat <= 90 else [RowFault(key, "lat", Reason.OUT_OF_RANGE, str(lat))]
    return faults if -180 <= lon <= 180 else [*faults, RowFault(key, "lon", Reason.OUT_OF_RANGE, str(lon))]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
