"""Inputs, results and transition tables of the appraisal room. Scores are hundredths of a point, rates bps."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.communities.values import LeaderStatus
from app.domains.scoring.values import AdjustFact, Measure, Tier


class CycleStage(StrEnum):
    """Where a cycle stands."""

    #: Dated and told; targets lie before the leaders.
    ANNOUNCED = "announced"
    #: The days that are judged.
    RUNNING = "running"
    #: Scores are told; leaders may appeal.
    PROVISIONAL = "provisional"
    #: Scores stand; HQ decides what follows.
    FINAL = "final"
    CLOSED = "closed"
    CALLED_OFF = "called_off"


CYCLE_MOVES: dict[CycleStage, frozenset[CycleStage]] = {
    CycleStage.ANNOUNCED: frozenset({CycleStage.RUNNING, CycleStage.CALLED_OFF}),
    CycleStage.RUNNING: frozenset({CycleStage.PROVISIONAL, CycleStage.CALLED_OFF}),
    CycleStage.PROVISIONAL: frozenset({CycleStage.FINAL, CycleStage.CALLED_OFF}),
    CycleStage.FINAL: frozenset({CycleStage.CLOSED}),
    CycleStage.CLOSED: frozenset(),
    CycleStage.CALLED_OFF: frozenset(),
}


class TargetState(StrEnum):
    """What a leader made of her targets. Targets that she left alone stand when the cycle begins."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    #: She said why they do not fit; HQ replies.
    ANSWERED = "answered"
    #: HQ replied and kept or changed them.
    SETTLED = "settled"


TARGET_MOVES: dict[TargetState, frozenset[TargetState]] = {
    TargetState.PROPOSED: frozenset({TargetState.ACCEPTED, TargetState.ANSWERED}),
    TargetState.ANSWERED: frozenset({TargetState.ACCEPTED, TargetState.SETTLED}),
    TargetState.ACCEPTED: frozenset(),
    TargetState.SETTLED: frozenset(),
}


class AppealStatus(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    #: The facts were corrected and the score computed anew.
    UPHELD = "upheld"
    DECLINED = "declined"


APPEAL_MOVES: dict[AppealStatus, frozenset[AppealStatus]] = {
    AppealStatus.OPEN: frozenset({AppealStatus.UPHELD, AppealStatus.DECLINED}),
    AppealStatus.UPHELD: frozenset(),
    AppealStatus.DECLINED: frozenset(),
}


class ConsequenceKind(StrEnum):
    """What may follow from a final score."""

    #: Another tier, and with it another commission, from a date on.
    TIER = "tier"
    WARNING = "warning"
    PROBATION = "probation"
    #: A probation ends well.
    RESTORE = "restore"
    #: Somebody else should lead; the replacement itself takes two persons.
    REPLACEMENT = "replacement"


class ConsequenceState(StrEnum):
    """Rules propose, a person decides."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


CONSEQUENCE_MOVES: dict[ConsequenceState, frozenset[ConsequenceState]] = {
    ConsequenceState.PROPOSED: frozenset({ConsequenceState.CONFIRMED, ConsequenceState.DISMISSED}),
    ConsequenceState.CONFIRMED: frozenset(),
    ConsequenceState.DISMISSED: frozenset(),
}


class PlanState(StrEnum):
    """How a probation's plan ended."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


PLAN_MOVES: dict[PlanState, frozenset[PlanState]] = {
    PlanState.RUNNING: frozenset({PlanState.PASSED, PlanState.FAILED}),
    PlanState.PASSED: frozenset(),
    PlanState.FAILED: frozenset(),
}


class Why(StrEnum):
    """A reason that a rule gives, for people to read in their language."""

    #: Nobody is judged.
    TOO_NEW = "too_new"
    FEW_HANDOVERS = "few_handovers"
    FEW_BUYERS = "few_buyers"
    NOT_SERVING = "not_serving"
    #: Something follows.
    OTHER_TIER = "other_tier"
    BELOW_BRONZE = "below_bronze"
    WARNED_BEFORE = "warned_before"
    TARGETS_REACHED = "targets_reached"
    PLAN_OVER = "plan_over"
    BETTER_AGAIN = "better_again"


class News(StrEnum):
    """What a leader is told of her appraisal."""

    TARGETS = "targets"
    TARGETS_SETTLED = "targets_settled"
    PROVISIONAL = "provisional"
    APPEAL_ANSWERED = "appeal_answered"
    FINAL = "final"
    CALLED_OFF = "called_off"
    TIER = "tier"
    WARNING = "warning"
    PROBATION = "probation"
    RESTORE = "restore"
    CHECKUP = "checkup"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceCycle:
    """HQ's wish for a hub's next cycle; both days are judged. `note` is told to the leaders."""

    hub_id: UUID
    first_on: date
    last_on: date
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target: what she did before, what leaders like her did (their median), and what is hoped for."""

    measure: Measure
    target_bps: int
    own_bps: int | None
    peers_bps: int | None
    #: Whether more is better; complaints are better when they are fewer.
    higher_is_better: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What was measured of one leader in one measure, and between which bounds the policy gives points."""

    measure: Measure
    rate_bps: int
    #: How much was counted; 0 when there was nothing to measure.
    denominator: int
    target_bps: int
    worst_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleTargets:
    """HQ's reply to a leader who answered; targets that are not named stay as they are."""

    seat_id: UUID
    reply: str
    targets: dict[Measure, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAppeal:
    """A leader says what is wrong with the facts under her score, with photos that she uploaded before."""

    seat_id: UUID
    text: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """By how much one fact of one pickup day was wrong; negative where too much was counted."""

    on_date: date
    fact: AdjustFact
    delta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAppeal:
    """HQ's answer; upheld appeals name what was wrong, and nothing else changes a score."""

    appeal_id: UUID
    upheld: bool
    answer: str
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConsequence:
    """HQ's word on what the rules propose; the leader reads `note`. `plan` is needed for a probation."""

    consequence_id: UUID
    confirm: bool
    note: str
    plan: "PlanInput | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """What a leader on probation is to reach, until when, and on which days somebody looks in."""

    words: str
    until_on: date
    goals: dict[Measure, int]
    checkups: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a cycle found of one leader, as the rules read it."""

    status: LeaderStatus
    tier: Tier
    #: The tier that her commission follows now; None before her first.
    standing: Tier | None
    handovers: int
    buyers: int
    #: Days of the cycle on which she held a post.
    served_days: int
    warned_before: bool
    #: Whether a plan of hers has run out.
    plan_over: bool
    reached_all_targets: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the rules propose for one leader, and why."""

    kind: ConsequenceKind
    reasons: tuple[Why, ...]
    tier: Tier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCard:
    """A cycle as lists show it."""

    id: UUID
    hub_id: UUID
    no: int
    first_on: date
    last_on: date
    policy_version: int
    stage: CycleStage
    note: str
    announced_at: datetime
    announced_by: str
    #: Until when leaders may appeal; None before the scores are told.
    appeals_until: datetime | None
    final_at: datetime | None
    closed_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCount:
    """How far the leaders of a cycle are."""

    leaders: int = 0
    agreed: int = 0
    answered: int = 0
    unjudged: int = 0
    appeals_open: int = 0
    appeals_late: int = 0
    to_decide: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatCard:
    """One leader in one cycle."""

    id: UUID
    cycle_id: UUID
    leader_id: UUID
    leader_name: str
    leader_code: str
    leader_status: LeaderStatus
    target_state: TargetState
    answer: str
    reply: str
    provisional_centi: int | None
    provisional_tier: Tier | None
    final_centi: int | None
    final_tier: Tier | None
    #: Why nobody judges her in this cycle; empty when she is judged.
    unjudged: tuple[Why, ...]
    targets_reached: int | None
    targets_of: int | None
    #: The commission's tier before the cycle was final.
    standing: Tier | None

    @property
    def total_centi(self) -> int | None:
        """The newest score."""
        return self.final_centi if self.final_centi is not None else self.provisional_centi

    @property
    def tier(self) -> Tier | None:
        """The newest tier."""
        return self.final_tier or self.provisional_tier


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealCard:
    """An appeal with its clock and who has it in hand."""

    id: UUID
    seat_id: UUID
    cycle_id: UUID
    leader_id: UUID
    leader_name: str
    text: str
    photos: tuple[str, ...]
    status: AppealStatus
    filed_at: datetime
    due_at: datetime
    owner_id: UUID | None
    owner_name: str
    answer: str
    answered_at: datetime | None
    answered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceCard:
    """What is proposed or decided for a leader."""

    id: UUID
    seat_id: UUID
    leader_id: UUID
    leader_name: str
    hub_id: UUID
    kind: ConsequenceKind
    state: ConsequenceState
    tier: Tier | None
    #: From when a tier counts; None until it is confirmed.
    from_at: datetime | None
    reasons: tuple[Why, ...]
    note: str
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckupCard:
    """A day on which somebody looks in on a leader on probation."""

    id: UUID
    due_on: date
    done_at: datetime | None
    done_by: str
    words: str
    on_track: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """A probation's plan."""

    id: UUID
    leader_id: UUID
    seat_id: UUID
    words: str
    from_on: date
    until_on: date
    state: PlanState
    goals: dict[Measure, int]
    checkups: tuple[CheckupCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCard:
    """A tier and from when on commission follows it."""

    tier: Tier
    from_at: datetime
