"""Inputs and results of the recruitment room."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domains.communities.values import LeaderKind
from app.domains.communities.values.ground import PickupPlace
from app.kernel.geo import Point


class ApplicationStatus(StrEnum):
    """How far an application is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    #: Training and contract follow.
    ACCEPTED = "accepted"
    #: She is a leader now.
    ACTIVE = "active"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


MOVES: dict[ApplicationStatus, frozenset[ApplicationStatus]] = {
    ApplicationStatus.DRAFT: frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.WITHDRAWN}),
    ApplicationStatus.SUBMITTED: frozenset(
        {ApplicationStatus.ACCEPTED, ApplicationStatus.DECLINED, ApplicationStatus.WITHDRAWN}
    ),
    ApplicationStatus.ACCEPTED: frozenset(
        {ApplicationStatus.ACTIVE, ApplicationStatus.DECLINED, ApplicationStatus.WITHDRAWN}
    ),
    ApplicationStatus.ACTIVE: frozenset(),
    ApplicationStatus.DECLINED: frozenset(),
    ApplicationStatus.WITHDRAWN: frozenset(),
}
#: While an application stands so, its phone cannot begin another one.
OPEN = (ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.ACCEPTED)


class Experience(StrEnum):
    """How long somebody has served customers: never, up to a year, longer."""

    NONE = "none"
    SOME = "some"
    MUCH = "much"


class Item(StrEnum):
    """What an application is scored by."""

    RADIUS = "radius"
    ENDORSEMENTS = "endorsements"
    STORAGE = "storage"
    FLOOR = "floor"
    FRIDGE = "fridge"
    FREEZER = "freezer"
    HOURS = "hours"
    EXPERIENCE = "experience"
    IDENTITY = "identity"


class TrainingStep(StrEnum):
    """What a leader must have learned before she begins."""

    COUNTING = "counting"
    COLD_CHAIN = "cold_chain"
    HANDING_OUT = "handing_out"
    COMPLAINTS = "complaints"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What somebody says of herself and her place, checked. Of her identity card only the last four characters."""

    name: str
    id_tail: str
    kind: LeaderKind
    address: str
    place: Point
    floor: int
    storage_m2: int
    fridge_l: int
    freezer_l: int
    opens: time
    closes: time
    experience: Experience
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a score is made of; `distance_m` is the way from the place to its neighbourhood, 0 inside it."""

    distance_m: int
    endorsements: int
    storage_m2: int
    floor: int
    fridge_l: int
    freezer_l: int
    open_minutes: int
    experience: Experience
    is_identity_checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A version of the checklist: what each item weighs (together 100), and how much of it earns the whole weight."""

    version: int
    weights: dict[Item, int]
    radius_m: int
    endorsements: int
    storage_m2: int
    fridge_l: int
    freezer_l: int
    open_minutes: int
    #: From so many points on the checklist speaks for the applicant; people decide.
    pass_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCard:
    """A version, from when it holds, and who made it when; the first one stands in the rules and has no maker."""

    policy: Policy
    from_at: datetime | None
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredItem:
    """One item: what was found beside what was wanted, its weight, and the hundredths of a point that it earned."""

    item: Item
    have: int
    want: int
    weight: int
    centi: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the checklist says, item by item, and by which version."""

    policy_version: int
    items: tuple[ScoredItem, ...]

    @property
    def centi(self) -> int:
        """Hundredths of a point, 0 to 10,000."""
        return sum(one.centi for one in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCard:
    """A version of the contract in both languages."""

    version: int
    text_zh: str
    text_en: str
    at: datetime | None
    by: str

    def text(self, locale: str) -> str:
        """The text in a language."""
        return self.text_en if locale == "en" else self.text_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Which text was signed, by which name, when; `sha256` is that of the text."""

    version: int
    locale: str
    sha256: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCard:
    """An application as its owner and HQ see it; the phone is masked to its tail. `candidate` is None in a draft."""

    id: UUID
    resident_id: UUID
    phone_tail: str
    status: ApplicationStatus
    #: The fields as typed, whatever they are worth.
    typed: dict[str, str]
    photos: tuple[str, ...]
    candidate: Candidate | None
    hub_id: UUID | None
    neighbourhood_id: UUID | None
    neighbourhood_name: str | None
    neighbourhood_name_en: str | None
    distance_m: int | None
    score: Score | None
    consent_version: int | None
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str
    identity_by: str | None
    signature: Signature | None
    leader_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFilter:
    """Which applications a list shows; `text` looks into the name, also as pinyin, and the tail of the phone."""

    status: ApplicationStatus | None = None
    hub_id: UUID | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementCard:
    """A link to endorse an application, and who used it."""

    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    resident_name: str | None
    words: str
    distance_m: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCard:
    """One training step: when the applicant ticked it, and who at HQ checked it."""

    step: TrainingStep
    ticked_at: datetime | None
    checked_at: datetime | None
    checked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCard:
    """What HQ wrote down at the interview."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Hand an application in; `consent_version` is the privacy text that the applicant agreed to, None without."""

    consent_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """Accept or decline an application, for a reason that the applicant is told."""

    application_id: UUID
    accept: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate:
    """Let an accepted applicant begin, with a leader's code and a pickup point of her own."""

    application_id: UUID
    leader_code: str
    point_code: str
    capacity_orders: int
    reach_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What lies around a place: the nearest points with the way there and their residents, and households nearby."""

    points: tuple[tuple[PickupPlace, int, int], ...]
    households: int
    #: Of these, households of neighbourhoods in which nobody serves.
    households_alone: int


class Advice(StrEnum):
    """What HQ might do about a neighbourhood."""

    RECRUIT = "recruit"
    SPLIT = "split"
    MERGE = "merge"
    OVERLOADED = "overloaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One neighbourhood and what might be done there. `wanted` is how many leaders it should have.

    `with_name` is the neighbourhood to merge with; `capacity` that of the points, for an overloaded one.
    """

    advice: Advice
    neighbourhood_id: UUID
    name: str
    name_en: str
    place: Point
    hub_id: UUID
    households: int
    residents: int
    leaders: int
    capacity: int
    wanted: int
    applicants: int
    with_name: str = ""
    with_name_en: str = ""


Typed = dict[str, str]
JsonScore = dict[str, Any]
