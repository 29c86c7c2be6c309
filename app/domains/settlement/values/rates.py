"""Commission rates by version: what is announced, what a line gets of it, and what it would mean."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domains.communities.values import LeaderKind
from app.domains.scoring.values import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule:
    """A rate for a category, a tier, a kind of leader, or any mixture; None fits all."""

    category_id: UUID | None
    tier: Tier | None
    leader_kind: LeaderKind | None
    rate_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceRates:
    """The next version of rates; it holds for orders from `valid_from` on."""

    valid_from: datetime
    #: Least commission for each order line that is handed out (a parcel); 0 for none.
    min_line_cents: int
    note: str
    rules: tuple[RateRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateVersionCard:
    id: UUID
    version: int
    valid_from: datetime
    min_line_cents: int
    note: str
    announced_at: datetime
    announced_by: str
    rules: tuple[RateRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRate:
    """What a line gets at order time; a rate of None means the offer's own. `tax_bps` is in its price."""

    rate_bps: int | None
    min_cents: int
    tax_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTrial:
    """Lines handed out from `since` to before `until`, under rules that may never hold.

    `leader_id` None tries all leaders; `kind` and `tier` pretend that the leaders had these.
    """

    since: datetime
    until: datetime
    rules: tuple[RateRule, ...]
    min_cents: int
    leader_id: UUID | None = None
    kind: LeaderKind | None = None
    tier: Tier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """Lines of one leader and category: what they earned, and would have earned."""

    leader_id: UUID
    category_id: UUID
    lines: int
    net_cents: int
    earned_cents: int
    would_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Commission that cannot be paid out yet, and when the next of it can."""

    currency: str
    amount_cents: int
    next_at: datetime
