"""Inputs and results of the ratings room. Stars are 1 to 5."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Tag(StrEnum):
    """What a resident ticks instead of writing."""

    FRIENDLY = "friendly"
    QUICK = "quick"
    WELL_KEPT = "well_kept"
    FRESH = "fresh"
    GOOD_VALUE = "good_value"
    LONG_WAIT = "long_wait"
    UNFRIENDLY = "unfriendly"
    BADLY_KEPT = "badly_kept"
    NOT_FRESH = "not_fresh"


class HideReason(StrEnum):
    """The rule that hidden words break."""

    ABUSE = "abuse"
    PERSONAL_DATA = "personal_data"
    ADVERTISING = "advertising"
    OFF_TOPIC = "off_topic"


class Shown(StrEnum):
    """Which ratings a list holds."""

    ALL = "all"
    #: Two stars or fewer for the leader or the goods.
    LOW = "low"
    WITH_WORDS = "with_words"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveRating:
    """What a resident says of one own order: of the leader who handed it out, and of the goods."""

    order_id: UUID
    leader_stars: int
    goods_stars: int
    tags: tuple[Tag, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HideWords:
    """Words that break a rule are hidden, with the leader's answer to them; the stars stay counted."""

    rating_id: UUID
    reason: HideReason
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateableOrder:
    """An order as far as ratings go."""

    order_id: UUID
    order_no: str
    resident_id: UUID
    leader_id: UUID
    hub_id: UUID
    pickup_on: date
    #: When pieces of it were handed out last; None when none were.
    picked_at: datetime | None
    #: Whether the resident and the leader have the same phone.
    is_leaders_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingCard:
    """One rating. `text` and `answer` are empty to everybody but HQ and who wrote them once they are hidden."""

    id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    resident_name: str
    leader_id: UUID
    leader_name: str
    hub_id: UUID
    pickup_on: date
    leader_stars: int
    goods_stars: int
    tags: tuple[Tag, ...]
    text: str
    given_at: datetime
    changed_at: datetime | None
    answer: str
    answered_at: datetime | None
    hidden_at: datetime | None
    hidden_by: str | None
    hidden_reason: HideReason | None

    @property
    def initial(self) -> str:
        """How the public page names the resident: the first letter of her name, and no more."""
        return self.resident_name[:1] + "**"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stars:
    """How many ratings there are and how many stars they give in all."""

    number: int
    leader_stars: int
    goods_stars: int
