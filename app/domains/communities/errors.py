"""What the communities room may refuse."""

from dataclasses import dataclass
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
class PlanUnderWay(Conflict):
    """The hub has an open plan for its residents; finish or drop that one first."""

    code: ClassVar[str] = "plan_under_way"
