"""What the communities room may refuse."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False)
class NobodyInReach(DomainError):
    """No pickup point with room and a serving leader reaches this place.

    `nearest_m` is the way to the nearest served point in metres (None: there is none), `full` how many were in reach
    but had no room left.
    """

    code: ClassVar[str] = "nobody_in_reach"
    nearest_m: int | None
    full: int


@dataclass(eq=False)
class PointFull(Conflict):
    """The pickup point has as many residents as it can serve; choose another one."""

    code: ClassVar[str] = "point_full"
    capacity_orders: int


@dataclass(eq=False)
class NobodyServes(Conflict):
    """The leader rests or has left, or the pickup point has no leader at present."""

    code: ClassVar[str] = "nobody_serves"


@dataclass(eq=False)
class GeocoderSilent(Conflict):
    """The geocoder gave no usable answer; type the place or put it on the map."""

    code: ClassVar[str] = "geocoder_silent"
    reason: str


@dataclass(eq=False)
class ChangedMeanwhile(Conflict):
    """Somebody else saved this after it was opened for editing; look at it again before saving."""

    code: ClassVar[str] = "changed_meanwhile"


@dataclass(eq=False)
class PointServed(Conflict):
    """A serving leader hands out at this pickup point; it needs no successor."""

    code: ClassVar[str] = "point_served"


@dataclass(eq=False)
class NeededElsewhere(Conflict):
    """The leader is the only one at her own pickup point, and residents belong there."""

    code: ClassVar[str] = "needed_elsewhere"


@dataclass(eq=False)
class CityTooFull(Conflict):
    """The pickup points together have too little room in reach for everybody.

    `missing` households found no seat; `where` says near which points most of them live: (pickup point, households).
    """

    code: ClassVar[str] = "city_too_full"
    missing: int
    where: tuple[tuple[UUID, int], ...]


@dataclass(eq=False)
class TooFewResidents(Conflict):
    """There are too few households in reach for every leader's least number.

    `missing` households are lacking in all; `where` says at which points: (pickup point, households).
    """

    code: ClassVar[str] = "too_few_residents"
    missing: int
    where: tuple[tuple[UUID, int], ...]


@dataclass(eq=False)
class PlanUnderWay(Conflict):
    """The hub has an open plan for its residents; finish or drop that one first."""

    code: ClassVar[str] = "plan_under_way"


@dataclass(eq=False)
class TwoPersonsNeeded(Conflict):
    """A leader who has worked is removed by a replacement: one person proposes it, another confirms."""

    code: ClassVar[str] = "two_persons_needed"


@dataclass(eq=False)
class AppraisalNeeded(Conflict):
    """A probation, with its plan, begins and ends only by an appraisal cycle."""

    code: ClassVar[str] = "appraisal_needed"


@dataclass(eq=False)
class AbsenceOverlaps(Conflict):
    """She is away, or has asked to be, on some of these days already."""

    code: ClassVar[str] = "absence_overlaps"
    first_on: date
    last_on: date


@dataclass(eq=False)
class StandsIn(Conflict):
    """On some of these days she hands out for another leader, who is away."""

    code: ClassVar[str] = "stands_in"
    first_on: date
    last_on: date


@dataclass(eq=False)
class DeputyAway(Conflict):
    """Who should stand in is away herself on some of these days."""

    code: ClassVar[str] = "deputy_away"


@dataclass(eq=False)
class AbsenceBegun(Conflict):
    """The absence has begun or is over; it cannot be cancelled any more."""

    code: ClassVar[str] = "absence_begun"
