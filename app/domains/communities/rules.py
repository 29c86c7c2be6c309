"""Pure decisions of the communities room: which pickup point serves a place, and what a row must satisfy."""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree, get_num_coordinates
from shapely.errors import GEOSException
from shapely.geometry import Point as Dot, shape
from shapely.geometry.base import BaseGeometry

from app.domains.communities.errors import NobodyInReach
from app.domains.communities.values import (
    LEADER_MOVES,
    HomeReason,
    HubInput,
    LeaderInput,
    LeaderStatus,
    NeighbourhoodInput,
    PickupPointInput,
    PostRole,
)
from app.kernel.changes import RowFault
from app.kernel.geo import Point, chord_to_arc, to_ecef
from app.kernel.reasons import Reason

#: Two ways that differ by less than this part are measured again on the ellipsoid.
NEAR_TIE = 1e-6
#: Metres of one degree of latitude.
DEGREE_M = 111_320
MAX_CORNERS = 5_000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_CURRENCY = re.compile(r"[A-Z]{3}")
Measure = Callable[[Point, Point], float]


@dataclass(frozen=True, slots=True)
class Site:
    """A pickup point as the assignment sees it; `leader_id` is who serves there, None when nobody does."""

    pickup_point_id: UUID
    neighbourhood_id: UUID
    place: Point
    reach_m: int
    leader_id: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """The pickup point for a place, why, and the way there in metres."""

    site: Site
    reason: HomeReason
    distance_m: int


class CityMap:
    """Polygons and served pickup points, indexed: which neighbourhood holds a place, which point is nearest."""

    def __init__(self, shapes: Mapping[UUID, dict[str, Any]], sites: Iterable[Site], measure: Measure) -> None:
        """`shapes` are GeoJSON geometries by neighbourhood; `measure` tells the exact way in metres for near-ties."""
        drawn = {id_: shape(geometry) for id_, geometry in shapes.items() if geometry["type"] != "Point"}
        self._hoods = sorted(drawn, key=lambda id_: (_area(drawn[id_]), id_))
        self._polygons = STRtree([drawn[id_] for id_ in self._hoods])
        self._sites = [site for site in sites if site.leader_id is not None]
        self._xyz = np.array([to_ecef(site.place) for site in self._sites], dtype=np.float64).reshape(-1, 3)
        self._max_reach = max((site.reach_m for site in self._sites), default=0)
        self._measure = measure
        self._in_hood: dict[UUID, list[int]] = {}
        for number, site in enumerate(self._sites):
            self._in_hood.setdefault(site.neighbourhood_id, []).append(number)

    def neighbourhood_at(self, place: Point) -> UUID | None:
        """The neighbourhood whose polygon holds or touches a place; of several the smallest, then the oldest."""
        hits = self._polygons.query(Dot(place.lon, place.lat), predicate="intersects")
        return self._hoods[int(hits.min())] if len(hits) else None

    def find(self, place: Point, has_room: Callable[[Site], bool]) -> Found:
        """The pickup point for a place: nearest in its neighbourhood, else the nearest one that reaches it.

        Points without room or leader are passed over. Raises NobodyInReach.
        """
        hood = self.neighbourhood_at(place)
        inside = [n for n in self._in_hood.get(hood, ()) if has_room(self._sites[n])] if hood else []
        if inside:
            return self._closest(place, _ways(self._chords(place), inside), HomeReason.IN_POLYGON)
        return self._nearest(place, has_room)

    def candidates(self, place: Point) -> list[UUID]:
        """Every served pickup point that `find` might look at for a place, and perhaps a few more."""
        hood = self.neighbourhood_at(place)
        near = self._near(self._chords(place))
        return [self._sites[n].pickup_point_id for n in {*near, *(self._in_hood.get(hood, ()) if hood else ())}]

    def _nearest(self, place: Point, has_room: Callable[[Site], bool]) -> Found:
        if not self._sites:
            raise NobodyInReach(nearest_m=None, full=0)
        chords = self._chords(place)
        reaching = [way for way in _ways(chords, self._near(chords)) if self._reaches(place, way)]
        free = [way for way in reaching if has_room(self._sites[way[1]])]
        if not free:
            raise NobodyInReach(nearest_m=round(chord_to_arc(float(chords.min()))), full=len(reaching))
        return self._closest(place, free, HomeReason.NEAREST)

    def _chords(self, place: Point) -> NDArray[np.float64]:
        """Metres straight through the ground to every site: a few thousand take less than a tree's one answer."""
        chords: NDArray[np.float64] = np.sqrt(((self._xyz - to_ecef(place)) ** 2).sum(axis=1))
        return chords

    def _near(self, chords: NDArray[np.float64]) -> list[int]:
        """Sites that might reach a place: a chord is never longer than its arc."""
        return [int(n) for n in np.flatnonzero(chords <= _beyond(self._max_reach))]

    def _reaches(self, place: Point, way: tuple[float, int]) -> bool:
        arc, number = way
        site = self._sites[number]
        if abs(arc - site.reach_m) <= arc * NEAR_TIE:
            arc = self._measure(place, site.place)
        return arc <= site.reach_m

    def _closest(self, place: Point, ways: Sequence[tuple[float, int]], reason: HomeReason) -> Found:
        """The nearest of `ways` (sorted); near-ties are measured on the ellipsoid, true ties go to the older point."""
        best, number = ways[0]
        ties = [n for arc, n in ways if arc <= _beyond(best)]
        if len(ties) > 1:
            exact = ((self._measure(place, self._sites[n].place), self._sites[n].pickup_point_id, n) for n in ties)
            number = min(exact)[2]
        return Found(self._sites[number], reason, round(best))


def _ways(chords: NDArray[np.float64], numbers: Iterable[int]) -> list[tuple[float, int]]:
    """Arcs in metres with the numbers of their sites, the shortest first."""
    return sorted((chord_to_arc(float(chords[n])), n) for n in numbers)


def _beyond(arc_m: float) -> float:
    """From here on a way is longer for certain, whatever the rounding; a millimetre at least."""
    return arc_m * (1 + NEAR_TIE) + 1e-3


def _area(polygon: BaseGeometry) -> int:
    """Whole square metres, good enough to compare shapes of one city."""
    return round(float(polygon.area) * DEGREE_M**2 * math.cos(math.radians(polygon.centroid.y)))


def centre(geometry: dict[str, Any]) -> Point:
    """A point that certainly lies inside a shape."""
    inside = shape(geometry).representative_point()
    return Point(inside.y, inside.x)


def shape_fault(geometry: Any) -> Reason | None:
    """Why a GeoJSON geometry cannot be a neighbourhood's shape; None when it can."""
    try:
        drawn = shape(geometry) if geometry["type"] in {"Polygon", "MultiPolygon", "Point"} else None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, GEOSException):
        return Reason.NOT_SHAPE
    if drawn is None or drawn.is_empty:
        return Reason.NOT_SHAPE
    if int(get_num_coordinates(drawn)) > MAX_CORNERS:
        return Reason.TOO_DETAILED
    west, south, east, north = drawn.bounds
    if not (_on_earth(south, west) and _on_earth(north, east)):
        return Reason.OUT_OF_RANGE
    if geometry["type"] != "Point" and (not drawn.is_valid or drawn.area == 0):
        return Reason.CROSSES_ITSELF
    return None


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
    if now and row.status is not now.status and row.status not in LEADER_MOVES[now.status]:
        faults.append(RowFault(row.code, "status", Reason.WRONG_MOVE, row.status))
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
