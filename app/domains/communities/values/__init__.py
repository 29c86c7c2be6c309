"""Inputs and results of the communities room: leaders, posts and homes; other subjects have files of their own."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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
    LeaderStatus.RESTING: frozenset({LeaderStatus.ACTIVE, LeaderStatus.PROBATION, LeaderStatus.REMOVED}),
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
