"""Inputs and results of the communities room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kernel.geo import Point


class LeaderStatus(StrEnum):
    """Where a leader stands; only active and probation leaders serve residents."""

    APPLICANT = "applicant"
    ACTIVE = "active"
    PROBATION = "probation"
    RESTING = "resting"
    REMOVED = "removed"


LEADER_MOVES: dict[LeaderStatus, frozenset[LeaderStatus]] = {
    LeaderStatus.APPLICANT: frozenset({LeaderStatus.ACTIVE, LeaderStatus.REMOVED}),
    LeaderStatus.ACTIVE: frozenset({LeaderStatus.PROBATION, LeaderStatus.RESTING, LeaderStatus.REMOVED}),
    LeaderStatus.PROBATION: frozenset({LeaderStatus.ACTIVE, LeaderStatus.RESTING, LeaderStatus.REMOVED}),
    LeaderStatus.RESTING: frozenset({LeaderStatus.ACTIVE, LeaderStatus.REMOVED}),
    LeaderStatus.REMOVED: frozenset(),
}
SERVING = (LeaderStatus.ACTIVE, LeaderStatus.PROBATION)


class LeaderKind(StrEnum):
    """Where a leader hands out: at home, in a shop, or in a shop that does little else (a top store)."""

    HOME = "home"
    SHOP = "shop"
    TOP_STORE = "top_store"


#: Residents whom the pickup point of a new leader may serve at most, by her kind: what a living room can hold.
KIND_LIMITS: dict[LeaderKind, int] = {LeaderKind.HOME: 300, LeaderKind.SHOP: 600, LeaderKind.TOP_STORE: 1_500}
#: Households that one leader can know and serve; outside them a neighbourhood is a case for splitting or merging.
LEAST_HOUSEHOLDS, MOST_HOUSEHOLDS = 300, 500


class Workload(StrEnum):
    """Whether the households of a neighbourhood are enough, right or too many for the leaders who serve there."""

    FEW = "few"
    RIGHT = "right"
    MANY = "many"


class PostRole(StrEnum):
    """A leader's post in a neighbourhood: one active primary, any number of backups."""

    PRIMARY = "primary"
    BACKUP = "backup"


class HomeReason(StrEnum):
    """Why a resident belongs to a pickup point."""

    IN_POLYGON = "in_polygon"
    NEAREST = "nearest"
    LEADER_LINK = "leader_link"
    CHOSEN = "chosen"
    #: By HQ's plan for the whole city.
    PLANNED = "planned"


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
class LeaderInput:
    code: str
    name: str
    phone: str
    kind: LeaderKind
    neighbourhood: str
    pickup_point: str
    role: PostRole
    status: LeaderStatus


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
class LeaderCard:
    """A leader as HQ and the portal see her; the phone is masked to its tail."""

    id: UUID
    code: str
    name: str
    phone_tail: str
    kind: LeaderKind
    status: LeaderStatus
    hub_id: UUID
    neighbourhood_id: UUID | None
    neighbourhood_name: str | None
    neighbourhood_name_en: str | None
    households: int
    pickup_point_id: UUID
    pickup_point_name: str
    share_code: str
    post: PostRole | None
    since: date | None
    #: Whether residents may pay her in cash at the pickup.
    takes_cash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LonelyPoint:
    """A pickup point at which nobody serves although residents belong there."""

    place: PickupPlace
    residents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """How a leader's status changed last, and what she was told."""

    old: LeaderStatus
    new: LeaderStatus
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseHome:
    """A resident says where she lives: a location, a leader's link, or a pickup point picked from the list."""

    location: Point | None = None
    share_code: str | None = None
    pickup_point_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a resident picks up, from whom, and why there. `distance_m` only when a location was given.

    While her leader rests or after she left, `leader_id` is who serves at the same point instead; `is_served` is False
    when nobody does.
    """

    resident_id: UUID
    hub_id: UUID
    neighbourhood_id: UUID
    pickup_point_id: UUID
    leader_id: UUID
    reason: HomeReason
    distance_m: int | None = None
    is_served: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHome:
    """A resident without a home and where she lives."""

    resident_id: UUID
    location: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCard:
    """A resident as her leader and HQ see her; the phone is masked to its tail."""

    resident_id: UUID
    name: str
    phone_tail: str
    pickup_point_id: UUID
    leader_id: UUID
    reason: HomeReason
    distance_m: int | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRow:
    """A resident with phone and home, for export; personal data in full."""

    name: str
    phone: str
    neighbourhood: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderFilter:
    """Which leaders a list shows; `text` looks into code and name, also as pinyin."""

    hub_id: UUID | None = None
    status: LeaderStatus | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFilter:
    """Which pickup points or neighbourhoods a list shows; `text` looks into code and names, of points further."""

    hub_id: UUID | None = None
    text: str = ""
    #: Only where a leader serves now.
    only_served: bool = False


class AbsenceState(StrEnum):
    """How far a leader's wish to be away is."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


ABSENCE_MOVES: dict[AbsenceState, frozenset[AbsenceState]] = {
    AbsenceState.ASKED: frozenset({AbsenceState.AGREED, AbsenceState.REFUSED, AbsenceState.CANCELLED}),
    AbsenceState.AGREED: frozenset({AbsenceState.CANCELLED}),
    AbsenceState.REFUSED: frozenset(),
    AbsenceState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAbsence:
    """A leader is away on these pickup days, both included; `note` is why, for HQ."""

    leader_id: UUID
    first_on: date
    last_on: date
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceCard:
    """Pickup days on which a leader is away, and who hands out instead once HQ has agreed."""

    id: UUID
    leader_id: UUID
    leader_name: str
    hub_id: UUID
    first_on: date
    last_on: date
    note: str
    state: AbsenceState
    deputy_id: UUID | None
    deputy_name: str | None
    asked_by: str
    asked_at: datetime
    decided_by: str
    answer: str


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
    """What HQ wants of a plan: a move must save so many metres, and no leader gets more than `most` residents."""

    hub_id: UUID
    sticky_m: int
    most: int
    #: Who chose her pickup point or came by a leader's link stays.
    keep_wishes: bool = True


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


@dataclass(frozen=True, slots=True)
class Seat:
    """The present home of a resident and, as far as it is known, where she lives."""

    resident_id: UUID
    pickup_point_id: UUID
    place: Point | None


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who hands out for an absent leader on a day, and where."""

    leader_id: UUID
    deputy_id: UUID
    pickup_point_id: UUID
