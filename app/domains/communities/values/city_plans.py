"""Plans for the city: who would belong where with the least walking, and how far such a plan is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kernel.geo import Point


class CityPlanState(StrEnum):
    """How far a plan for the city is; in an open one nobody else of the hub may begin another."""

    WAITING = "waiting"
    SOLVING = "solving"
    DRAFT = "draft"
    FAILED = "failed"
    DROPPED = "dropped"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


_P = CityPlanState


CITY_PLAN_MOVES: dict[CityPlanState, frozenset[CityPlanState]] = {
    _P.WAITING: frozenset({_P.SOLVING, _P.DROPPED}),
    _P.SOLVING: frozenset({_P.DRAFT, _P.FAILED, _P.DROPPED}),
    _P.DRAFT: frozenset({_P.APPLYING, _P.DROPPED}),
    _P.FAILED: frozenset(),
    _P.DROPPED: frozenset(),
    _P.APPLYING: frozenset({_P.APPLIED}),
    _P.APPLIED: frozenset({_P.UNDOING}),
    _P.UNDOING: frozenset({_P.UNDONE}),
    _P.UNDONE: frozenset(),
}


#: A hub has one plan at most in these.
OPEN_PLANS = (_P.WAITING, _P.SOLVING, _P.DRAFT, _P.APPLYING, _P.UNDOING)


class PlannedMoveState(StrEnum):
    """What became of one resident's move."""

    PLANNED = "planned"
    MOVED = "moved"
    #: She moved by herself meanwhile, or the place she was to go to has no leader or no room any more.
    STALE = "stale"
    BACK = "back"
    #: Not taken back: she has moved on by herself, or her old place has no leader or no room any more.
    STAYED = "stayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCityPlan:
    """What HQ wants of a plan: a move must save so many metres, and a leader gets `least` to `most` residents."""

    hub_id: UUID
    sticky_m: int
    most: int
    #: Who chose her pickup point or came by a leader's link stays.
    keep_wishes: bool = True
    least: int = 0
    #: A move has to save on the whole only: some walk farther so that others save more.
    some_may_lose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLoad:
    """Residents of one pickup point before and after a plan, and what it may hold."""

    pickup_point_id: UUID
    leader_id: UUID
    room: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPlanCard:
    """A plan for a hub's residents: what was asked, how far it is, what it would change."""

    id: UUID
    hub_id: UUID
    state: CityPlanState
    sticky_m: int
    most: int
    keep_wishes: bool
    asked_by: str
    asked_at: datetime
    solved_at: datetime | None
    finished_at: datetime | None
    #: Why there is no plan; empty when there is one.
    note: str
    #: Each round of the search: milliseconds, metres walked, residents without a seat.
    rounds: tuple[tuple[int, int, int], ...]
    residents: int
    #: Walking of all residents whose homes are known, in metres.
    before_m: int
    after_m: int
    is_relaxed: bool
    loads: tuple[PlannedLoad, ...]
    #: How many moves stand where; states without any are left out.
    moves: dict[PlannedMoveState, int]
    least: int = 0
    some_may_lose: bool = False
    #: Residents whom a locked pair bound.
    locked: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the worker is at it or HQ has to decide."""
        return self.state in OPEN_PLANS

    @property
    def is_at_work(self) -> bool:
        """Whether the worker is at it."""
        return self.is_open and self.state is not CityPlanState.DRAFT


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMove:
    """One resident's move, with both ways in metres (`before_m` None: nobody served her)."""

    resident_id: UUID
    home_id: UUID
    from_point_id: UUID
    to_point_id: UUID
    before_m: int | None
    after_m: int
    state: PlannedMoveState = PlannedMoveState.PLANNED
    name: str = ""
    #: She moves because of a locked pair.
    is_locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedHome:
    """A resident whose pickup point was changed for her, and where she goes now."""

    resident_id: UUID
    home_id: UUID
    pickup_point_name: str
    address: str
    leader_name: str
    distance_m: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningHome:
    """An open home as a plan for the city sees it."""

    home_id: UUID
    resident_id: UUID
    pickup_point_id: UUID
    place: Point
    #: Whether she said where she lives; who did not stays where she is.
    is_known: bool
    #: Whether she chose the pickup point or followed a leader's link.
    is_wish: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Residents who go from one pickup point to another, with their mean ways in metres."""

    from_point_id: UUID
    to_point_id: UUID
    residents: int
    before_m: int | None
    after_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedPlan:
    """What a search found: who moves (home by home), every point's load, walking in metres."""

    moves: Sequence[PlannedMove]
    loads: Sequence[PlannedLoad]
    residents: int
    before_m: int
    after_m: int
    is_relaxed: bool
    locked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHome:
    """Keep a pair in every plan: a pickup point with one resident, or with all who live `within_m` of a place."""

    pickup_point_id: UUID
    resident_id: UUID | None = None
    place: Point | None = None
    within_m: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLock:
    """A locked pair, with the name of the resident or the place, and who locked it."""

    id: UUID
    pickup_point_id: UUID
    pickup_point_name: str
    resident_id: UUID | None
    name: str | None
    place: Point | None
    within_m: int
    locked_by: str
    locked_at: datetime


@dataclass(frozen=True, slots=True)
class Seat:
    """The present home of a resident and, as far as it is known, where she lives."""

    resident_id: UUID
    pickup_point_id: UUID
    place: Point | None
