"""Which pickup point serves a place: its neighbourhood's, else the nearest one in reach; exact, by an index.

The rule of the house. A place belongs to the polygon that holds or touches it; of several to the smallest in whole
square metres, then to the oldest; a hole is outside, its edge inside; a place on the 180th meridian is looked up from
both sides. Ways are geodesics on the WGS-84 ellipsoid; equal ones go to the older pickup point (the lower id). Without
room, or without a leader who serves, a point does not exist; beyond its reach it serves its own neighbourhood only.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree, points
from shapely.geometry import Point as Dot, shape
from shapely.geometry.base import BaseGeometry

from app.domains.communities.errors import NobodyInReach
from app.domains.communities.rules.faults import shape_fault
from app.domains.communities.values import HomeReason
from app.kernel.geo import SLACK_M, Point, arc_bounds, ecef, to_ecef

#: Metres of one degree of latitude.
DEGREE_M = 111_320
#: Up to here a refusal names the nearest point exactly; farther away the nearest by chord is near enough.
FAR_M = 100_000.0
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


@dataclass(frozen=True, slots=True, eq=False)
class FoundMany:
    """Answers for many places as columns: the number of the site (-1: nobody reaches), whether by polygon, metres."""

    sites: Sequence[Site]
    number: NDArray[np.intp]
    inside: NDArray[np.bool_]
    metres: NDArray[np.int64]

    def at(self, row: int) -> Found | None:
        """The answer for one of the places."""
        number = int(self.number[row])
        reason = HomeReason.IN_POLYGON if self.inside[row] else HomeReason.NEAREST
        return None if number < 0 else Found(self.sites[number], reason, int(self.metres[row]))


class CityMap:
    """Polygons and served pickup points, indexed: which neighbourhood holds a place, which point is nearest.

    A tree of straight chords chooses; a chord bounds its geodesic from both sides (`arc_bounds`), so only
    where those bounds do not decide a way is measured on the ellipsoid. The work does not grow with the city.
    """

    def __init__(self, shapes: Mapping[UUID, dict[str, Any]], sites: Iterable[Site], measure: Measure) -> None:
        """`shapes` are GeoJSON geometries by neighbourhood; `measure` tells the exact way in metres.

        A shape that cannot be a neighbourhood's (see `shape_fault`) holds nobody.
        """
        from scipy.spatial import cKDTree  # noqa: PLC0415  0.3 s of a start, needed by the first newcomer only

        drawn = {id_: shape(g) for id_, g in shapes.items() if shape_fault(g) is None and g["type"] != "Point"}
        self._hoods = sorted(drawn, key=lambda id_: (_area(drawn[id_]), id_))
        self._polygons = STRtree([drawn[id_] for id_ in self._hoods])
        self._sites = [site for site in sites if site.leader_id is not None]
        self._xyz = ecef([site.place for site in self._sites])
        self._tree = cKDTree(self._xyz)
        self._reach = np.array([site.reach_m for site in self._sites], dtype=np.float64)
        self._measure = measure
        self._in_hood: dict[UUID, list[int]] = {}
        for number, site in enumerate(self._sites):
            self._in_hood.setdefault(site.neighbourhood_id, []).append(number)

    def neighbourhood_at(self, place: Point) -> UUID | None:
        """The neighbourhood whose polygon holds or touches a place; of several the smallest, then the oldest."""
        sides = {place.lon, -place.lon} if abs(place.lon) == 180 else {place.lon}
        hits = [hit for lon in sides for hit in self._polygons.query(Dot(lon, place.lat), predicate="intersects")]
        return self._hoods[int(min(hits))] if hits else None

    def find(self, place: Point, has_room: Callable[[Site], bool]) -> Found:
        """The pickup point for a place: nearest in its neighbourhood, else the nearest one that reaches it.

        Points without room or leader are passed over. Raises NobodyInReach.
        """
        found, full = self._look(place, has_room)
        if found is None:
            raise NobodyInReach(nearest_m=self._nearest_m(place), full=full)
        return found

    def find_many(self, places: Sequence[Point]) -> FoundMany:
        """What `find` answers for each of many places while every point has room; microseconds a place."""
        draft = _Draft(self._sites, ecef(places))
        if self._sites:
            self._draft_inside(draft, self._hoods_of(places))
            rows = np.flatnonzero(draft.number < 0)
            chords, numbers = self._tree.query(draft.xyz[rows], k=2)
            draft.take(rows, np.asarray(numbers), np.asarray(chords), self._reach)
        for row in map(int, np.flatnonzero(draft.is_open)):
            draft.settle(row, self._look(places[row], lambda _: True)[0])
        return draft.answer()

    def candidates(self, place: Point) -> list[UUID]:
        """Every served pickup point that `find` might look at for a place, and perhaps a few more."""
        return [self._sites[n].pickup_point_id for n in {*self._near(place), *self._of_hood(place)}]

    def _look(self, place: Point, has_room: Callable[[Site], bool]) -> tuple[Found | None, int]:
        """Who serves a place; if nobody does, how many points reach it that have no room."""
        inside = [n for n in self._of_hood(place) if has_room(self._sites[n])]
        if inside:
            return self._closest(place, inside, HomeReason.IN_POLYGON), 0
        reaching = self._reaching(place)
        free = [n for n in reaching if has_room(self._sites[n])]
        return (self._closest(place, free, HomeReason.NEAREST), 0) if free else (None, len(reaching))

    def _of_hood(self, place: Point) -> list[int]:
        hood = self.neighbourhood_at(place)
        return self._in_hood.get(hood, []) if hood else []

    def _near(self, place: Point) -> list[int]:
        """Sites that might reach a place: a chord is never longer than its way over the ground."""
        if not self._sites:
            return []
        return list(self._tree.query_ball_point(to_ecef(place), float(self._reach.max()) + SLACK_M))

    def _reaching(self, place: Point) -> list[int]:
        numbers = np.array(self._near(place), dtype=np.intp)
        least, most = arc_bounds(self._chords(place, numbers))
        reach = self._reach[numbers]
        return [
            int(n)
            for n, sure, never in zip(numbers, most <= reach, least > reach, strict=True)
            if sure or (not never and self._way(place, n) <= self._sites[n].reach_m)
        ]

    def _closest(self, place: Point, numbers: Sequence[int], reason: HomeReason) -> Found:
        """The nearest of `numbers`; what the bounds leave open is measured, true ties go to the older point."""
        least, most = arc_bounds(self._chords(place, numbers))
        best = int(most.argmin())
        ties = [int(t) for t in np.flatnonzero(least <= most[best])]
        if len(ties) == 1 and round(least[best]) == round(most[best]):
            return Found(self._sites[numbers[best]], reason, round(most[best]))
        exact = ((self._way(place, numbers[t]), self._sites[numbers[t]].pickup_point_id, numbers[t]) for t in ties)
        way, _, number = min(exact)
        return Found(self._sites[number], reason, round(way))

    def _nearest_m(self, place: Point) -> int | None:
        """How far the nearest point is: exact within `FAR_M`, beyond that the way to the nearest by chord."""
        if not self._sites:
            return None
        chord, number = self._tree.query(to_ecef(place))
        if chord > FAR_M:
            return round(self._way(place, int(number)))
        most = float(arc_bounds(np.array([chord]))[1][0])
        return round(min(self._way(place, n) for n in self._tree.query_ball_point(to_ecef(place), most + SLACK_M)))

    def _way(self, place: Point, number: int) -> float:
        return self._measure(place, self._sites[number].place)

    def _chords(self, place: Point, numbers: Sequence[int] | NDArray[np.intp]) -> NDArray[np.float64]:
        """Metres straight through the ground to some sites."""
        apart = self._xyz[numbers] - to_ecef(place)
        chords: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        return chords

    def _hoods_of(self, places: Sequence[Point]) -> NDArray[np.intp]:
        """Numbers of the neighbourhoods that hold places; -1 for none."""
        spots = np.array([(p.lon, p.lat) for p in places], dtype=np.float64).reshape(-1, 2)
        hood = np.full(len(places), len(self._hoods), dtype=np.intp)
        rows, hits = self._polygons.query(points(spots), predicate="intersects")
        np.minimum.at(hood, rows, hits)
        hood[hood == len(self._hoods)] = -1
        for row in map(int, np.flatnonzero(np.abs(spots[:, 0]) == 180)):
            found = self.neighbourhood_at(places[row])
            hood[row] = self._hoods.index(found) if found else -1
        return hood

    def _draft_inside(self, draft: "_Draft", hoods: NDArray[np.intp]) -> None:
        """Who lives in a neighbourhood with points of its own goes to the nearest of them, however far it reaches."""
        order = np.argsort(hoods, kind="stable")
        ends = np.flatnonzero(np.diff(hoods[order])) + 1
        for rows in np.split(order, ends):
            number = int(hoods[rows[0]]) if len(rows) else -1
            own = self._in_hood.get(self._hoods[number], []) if number >= 0 else []
            if own:
                chords = np.linalg.norm(draft.xyz[rows, None, :] - self._xyz[own], axis=2)
                nearest = np.argsort(chords, axis=1)[:, :2]
                draft.take(rows, np.array(own)[nearest], np.take_along_axis(chords, nearest, axis=1), None)


class _Draft:
    """Columns of `FoundMany` while they are filled; rows that the bounds leave open are asked for one by one."""

    def __init__(self, sites: Sequence[Site], xyz: NDArray[np.float64]) -> None:
        self.xyz = xyz
        self.number = np.full(len(xyz), -1, dtype=np.intp)
        self.is_open = np.zeros(len(xyz), dtype=np.bool_)
        self._sites = sites
        self._inside = np.zeros(len(xyz), dtype=np.bool_)
        self._metres = np.zeros(len(xyz), dtype=np.int64)

    def take(
        self,
        rows: NDArray[np.intp],
        numbers: NDArray[np.intp],
        chords: NDArray[np.float64],
        reach: NDArray[np.float64] | None,
    ) -> None:
        """Each row's nearest and second site (columns); with `reach` it must certainly reach, else it is in its own."""
        least, most = arc_bounds(chords[:, 0])
        metres = np.rint(most)
        sure = np.rint(least) == metres
        if chords.shape[1] > 1:
            sure &= arc_bounds(chords[:, 1])[0] > most
        nobody = np.zeros(len(rows), dtype=np.bool_)
        if reach is not None:
            sure &= most <= reach[numbers[:, 0]]
            nobody = least > reach.max()
        self.number[rows] = np.where(nobody, -1, numbers[:, 0])
        self._metres[rows] = np.where(sure, metres, 0)
        self._inside[rows] = reach is None
        self.is_open[rows] = ~sure & ~nobody

    def settle(self, row: int, found: Found | None) -> None:
        """Put down what was found for an open row."""
        self.number[row] = self._sites.index(found.site) if found else -1
        self._inside[row] = found is not None and found.reason is HomeReason.IN_POLYGON
        self._metres[row] = found.distance_m if found else 0

    def answer(self) -> FoundMany:
        """The filled columns."""
        return FoundMany(self._sites, self.number, self._inside, self._metres)


def _area(polygon: BaseGeometry) -> int:
    """Whole square metres, good enough to compare shapes of one city."""
    return round(float(polygon.area) * DEGREE_M**2 * math.cos(math.radians(polygon.centroid.y)))
