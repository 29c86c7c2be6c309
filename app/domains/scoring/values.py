"""Inputs and results of the scoring room. Scores are in points of 100; rates in ten-thousandths (bps)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Measure(StrEnum):
    """What a scorecard weighs."""

    PENETRATION = "penetration"
    #: Residents whose first paid order this was, of the households; nothing is ever earned by recruiting leaders.
    ACQUISITION = "acquisition"
    REPURCHASE = "repurchase"
    PICKUP_RATE = "pickup_rate"
    #: Pieces handed out on the pickup day itself.
    IN_WINDOW = "in_window"
    ON_TIME = "on_time"
    CLAIM_RATE = "claim_rate"
    #: Claims to which she told her side before the time for it was over.
    ANSWERS = "answers"
    #: Stars above the first, of the four that each rating after a pickup can give.
    RATING = "rating"
    #: Tasks of HQ's plans, done in time.
    TASKS = "tasks"


class Stage(StrEnum):
    """How old the service in a neighbourhood is: growth weighs acquisition, a mature one weighs repurchase."""

    NEW = "new"
    GROWING = "growing"
    MATURE = "mature"


class Tier(StrEnum):
    """What a final score means for the leader."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDay:
    """One leader's pickup day from before Linli: facts by the names of `DayCard`, and who bought.

    `residents` are numbers by which the system before knew the residents; they tell who came back, nothing else.
    """

    leader_id: UUID
    on_date: date
    facts: Mapping[str, int]
    residents: tuple[int, ...]


class AdjustFact(StrEnum):
    """Facts of a pickup day that HQ may correct after an appeal; whatever has money or residents in it is not."""

    HANDOVERS = "handovers"
    ON_TIME_HANDOVERS = "on_time_handovers"
    DUE_PIECES = "due_pieces"
    PICKED_PIECES = "picked_pieces"
    CLAIMS = "claims"
    LEADER_FAULT_CLAIMS = "leader_fault_claims"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustFacts:
    """One fact of one leader's pickup day was counted wrong by `delta`; `cause_id` says by whose finding."""

    leader_id: UUID
    on_date: date
    fact: AdjustFact
    delta: int
    reason: str
    cause_id: UUID


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
    in_window_pieces: int = 0
    #: Buyers of each day who had fetched an order in the 7 or 30 days before, summed over the days.
    repurchased_7: int = 0
    repurchased_30: int = 0
    #: Buyers of each day, summed over the days: what the two above are a share of.
    buyer_days: int = 0
    #: Handovers that she counted and that differed from the sheet.
    count_reports: int = 0
    supplier_fault_claims: int = 0
    hub_fault_claims: int = 0
    #: Claims of which she was asked, those that she answered in time, and the minutes until her first answers.
    asked_claims: int = 0
    answered_claims: int = 0
    answer_minutes: int = 0
    #: Ratings after pickup, and the sum of her stars (1-5 each).
    ratings: int = 0
    stars: int = 0
    tasks_due: int = 0
    tasks_done: int = 0
    #: Days since the neighbourhood first had a leader, at the end of the period.
    service_days: int = 0
    #: How far her residents walk on average; None when no home is known exactly.
    distance_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How much a measure counts: `target_bps` earns all its points, `worst_bps` none, in between they grow evenly."""

    measure: Measure
    #: In a mature neighbourhood, and in every other for which no points of its own are set.
    points: int
    target_bps: int
    #: Rates are shrunk to what her peers reach - to this one while they are too few - with about the weight of
    #: `prior_n` observations, so that small numbers do not decide.
    prior_bps: int
    prior_n: int
    worst_bps: int = 0
    new_points: int | None = None
    growing_points: int | None = None
    #: Whoever counts as worse than this cannot rise above bronze, whatever the total.
    floor_bps: int | None = None
    #: Whether what households, age of the service and distance explain is taken out first.
    by_potential: bool = False


#: A policy that holds from this day on has always held.
SINCE_EVER = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A version of the scorecard; points of all weights add up to 100 in every stage.

    A period is judged by the newest version that held on its first day.
    """

    version: int
    weights: tuple[Weight, ...]
    #: A neighbourhood is new below so many days of service, and mature from so many on.
    new_days: int = 56
    mature_days: int = 182
    valid_from: date = SINCE_EVER
    #: What leaders are told about it.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """A policy without version and date: what a draft holds, what a back-test tries, what is adopted."""

    weights: tuple[Weight, ...]
    new_days: int = 56
    mature_days: int = 182
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCard:
    """A policy in the making, kept until it is adopted or thrown away."""

    id: UUID
    name: str
    terms: PolicyTerms
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCard:
    """A version of the policy, with who announced it when."""

    policy: Policy
    created_at: datetime
    announced_by: str


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
    #: The points before they were rounded to hundredths, and the share (0-1) that earned them.
    points: float = 0.0
    counted: float = 0.0
    #: What her peers reach (0-1), with the weight of how many observations it was mixed in; None before there were any.
    usual: float | None = None
    usual_n: float = 0.0
    #: What normalising by the neighbourhood's potential added to the measured share (0-1).
    shift: float = 0.0
    #: Hundredths of a point that her peers' rate would have earned: where the waterfall begins.
    usual_centi: int = 0
    floor_bps: int | None = None
    is_below_floor: bool = False
    #: A realistic step: so many more (or fewer) of the numerator, and the hundredths of a point that they would earn.
    step: int = 0
    step_centi: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A leader's score in a period; `total_centi` is in hundredths of a point (0-10000)."""

    leader_id: UUID
    total_centi: int
    tier: Tier
    parts: tuple[Part, ...]
    stage: Stage = Stage.MATURE
    #: Whether a floor holds her at bronze although the total would earn more.
    is_held_back: bool = False


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
    stage: Stage = Stage.MATURE
    is_held_back: bool = False


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
    in_window_pieces: int = 0
    repurchased_7: int = 0
    repurchased_30: int = 0
    count_reports: int = 0
    supplier_fault_claims: int = 0
    hub_fault_claims: int = 0
    asked_claims: int = 0
    answered_claims: int = 0
    answer_minutes: int = 0
    #: Ratings after pickup, and the sum of her stars (1-5 each).
    ratings: int = 0
    stars: int = 0
    tasks_due: int = 0
    tasks_done: int = 0


class Trait(StrEnum):
    """What a score should not depend on, for no leader can do anything about it."""

    HOUSEHOLDS = "households"
    #: Sales of an order: how wealthy a neighbourhood is, as far as its baskets show it.
    BASKET = "basket"
    SERVICE_DAYS = "service_days"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How strongly scores rise with a trait: Spearman's rank correlation with its 95 % interval."""

    trait: Trait
    #: Leaders of whom the trait is known.
    number: int
    #: -1 to 1; None where too few are known, or all are alike.
    r: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure of one leader (bps) beside the median of neighbourhoods like hers, and of all."""

    measure: Measure
    own_bps: int
    alike_bps: int | None
    all_bps: int | None


class BackTestState(StrEnum):
    """How far a back-test is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


_B = BackTestState


BACK_TEST_MOVES: dict[BackTestState, frozenset[BackTestState]] = {
    _B.WAITING: frozenset({_B.RUNNING, _B.CANCELLED}),
    _B.RUNNING: frozenset({_B.DONE, _B.CANCELLED}),
    _B.DONE: frozenset(),
    _B.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One leader of a back-test: score and tier under the policy that held, and under the one that is tried."""

    leader_id: UUID
    stage: Stage
    held_centi: int
    held_tier: Tier
    tried_centi: int
    tried_tier: Tier

    @property
    def is_moved(self) -> bool:
        """Whether the tried policy puts her into another tier."""
        return self.held_tier is not self.tried_tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One period of a back-test: every leader who served, those whose tier changes most first."""

    period_from: date
    period_to: date
    rows: tuple[TrialRow, ...]
    #: What the tried scores depend on.
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTestCard:
    """A draft tried on a hub's last periods by the worker: how far it is, and what it found."""

    id: UUID
    draft_id: UUID
    hub_id: UUID
    state: BackTestState
    #: What was tried; the draft may have changed since.
    terms: PolicyTerms
    last_on: date
    #: Periods to try, and those tried so far (periods without facts count as tried).
    periods: int
    done: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    #: The newest period first.
    trials: tuple[Trial, ...]

    @property
    def is_at_work(self) -> bool:
        """Whether the worker is at it."""
        return self.state in {BackTestState.WAITING, BackTestState.RUNNING}
