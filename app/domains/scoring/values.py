"""Inputs and results of the scoring room. Scores are in points of 100; rates in ten-thousandths (bps)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Measure(StrEnum):
    """What a scorecard weighs."""

    PENETRATION = "penetration"
    REPURCHASE = "repurchase"
    PICKUP_RATE = "pickup_rate"
    ON_TIME = "on_time"
    CLAIM_RATE = "claim_rate"


class Tier(StrEnum):
    """What a final score means for the leader."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderFacts:
    """One leader in a period, summed from daily facts. Only leader-fault claims count against her."""

    leader_id: UUID
    households: int
    orders: int
    sales_cents: int
    buyers: int
    new_buyers: int
    repeat_buyers: int
    due_pieces: int
    picked_pieces: int
    handovers: int
    on_time_handovers: int
    claims: int
    leader_fault_claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How much a measure counts: `target_bps` earns all its points, `worst_bps` none, in between they grow evenly."""

    measure: Measure
    points: int
    target_bps: int
    #: Rates are shrunk to this one with the weight of `prior_n` observations, so that small numbers do not decide.
    prior_bps: int
    prior_n: int
    worst_bps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A version of the scorecard; points of all weights add up to 100."""

    version: int
    weights: tuple[Weight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One measure of one scorecard, with the numbers from which its points follow."""

    measure: Measure
    points_max: int
    #: Hundredths of a point.
    points_centi: int
    numerator: int
    denominator: int
    #: What was measured; 0 when there was nothing to measure.
    rate_bps: int
    #: The rate that earned the points: pulled towards the usual one where little was measured.
    shrunk_bps: int
    target_bps: int
    worst_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A leader's score in a period; `total_centi` is in hundredths of a point (0-10000)."""

    leader_id: UUID
    total_centi: int
    tier: Tier
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardCard:
    """A stored scorecard as the portal and the console show it."""

    id: UUID
    leader_id: UUID
    leader_name: str
    neighbourhood_name: str | None
    neighbourhood_name_en: str | None
    period_from: date
    period_to: date
    policy_version: int
    total_centi: int
    tier: Tier
    rank: int
    of: int
    facts: LeaderFacts
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCard:
    """One leader's pickup day, for her chart."""

    on_date: date
    orders: int
    sales_cents: int
    buyers: int
    new_buyers: int
    due_pieces: int
    picked_pieces: int
    handovers: int
    on_time_handovers: int
    claims: int
    leader_fault_claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a review did to a leader, and the reason that she is told. `moved` is False for a mere recommendation."""

    leader_id: UUID
    leader_code: str
    total_centi: int
    step: "Step"
    reason: str
    moved: bool


class Step(StrEnum):
    """What follows from a leader's tier."""

    NONE = "none"
    PROBATION = "probation"
    RESTORE = "restore"
    #: A second warning: HQ looks for a replacement; nothing happens by itself.
    REPLACE = "replace"
