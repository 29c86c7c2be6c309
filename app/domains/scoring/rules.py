"""The scorecard: how facts become points, points a tier, and a tier a step. Every number can be explained."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from app.domains.communities.values import LeaderStatus
from app.domains.scoring.values import LeaderFacts, Measure, Part, Policy, Score, Step, Tier, Weight

#: Version 1. Rates are ten-thousandths; claim_rate 10 means one leader-fault claim per 1,000 pieces handed out.
DEFAULT_POLICY = Policy(
    version=1,
    weights=(
        Weight(measure=Measure.PENETRATION, points=25, target_bps=2_500, prior_bps=1_000, prior_n=50),
        Weight(measure=Measure.REPURCHASE, points=25, target_bps=6_000, prior_bps=3_000, prior_n=10),
        Weight(measure=Measure.PICKUP_RATE, points=20, target_bps=9_900, worst_bps=8_000, prior_bps=9_700, prior_n=50),
        Weight(measure=Measure.ON_TIME, points=15, target_bps=9_500, worst_bps=5_000, prior_bps=9_000, prior_n=3),
        Weight(measure=Measure.CLAIM_RATE, points=15, target_bps=10, worst_bps=100, prior_bps=10, prior_n=300),
    ),
)
#: What the points of a policy add up to.
ALL_POINTS = 100
#: From how many hundredths of a point on a tier is earned.
TIERS = ((8_500, Tier.GOLD), (7_000, Tier.SILVER), (5_500, Tier.BRONZE))

#: Numerator and denominator of each measure.
FRACTIONS: dict[Measure, Callable[[LeaderFacts], tuple[int, int]]] = {
    Measure.PENETRATION: lambda f: (f.buyers, f.households),
    Measure.REPURCHASE: lambda f: (f.repeat_buyers, f.buyers),
    Measure.PICKUP_RATE: lambda f: (f.picked_pieces, f.due_pieces),
    Measure.ON_TIME: lambda f: (f.on_time_handovers, f.handovers),
    Measure.CLAIM_RATE: lambda f: (f.leader_fault_claims, f.picked_pieces),
}


def score(facts: LeaderFacts, policy: Policy) -> Score:
    """A leader's score with the part of every measure. The parts' points add up to the total exactly."""
    parts = tuple(_part(facts, weight) for weight in policy.weights)
    total = sum(part.points_centi for part in parts)
    return Score(leader_id=facts.leader_id, total_centi=total, tier=tier_of(total), parts=parts)


def tier_of(total_centi: int) -> Tier:
    """The tier of a total: gold from 85 points, silver from 70, bronze from 55, below that a warning."""
    return next((tier for least, tier in TIERS if total_centi >= least), Tier.WARNING)


def _part(facts: LeaderFacts, weight: Weight) -> Part:
    """One measure: its rate shrunk to (n + prior_n × prior) / (d + prior_n), on the line from worst to target."""
    numerator, denominator = FRACTIONS[weight.measure](facts)
    shrunk = _shrunk_bps(numerator, denominator, weight)
    share = (shrunk - weight.worst_bps) / (weight.target_bps - weight.worst_bps)
    points = weight.points * 100 * min(Fraction(1), max(Fraction(0), share))
    return Part(
        measure=weight.measure, points_max=weight.points, points_centi=_half_up(points), numerator=numerator,
        denominator=denominator, rate_bps=_half_up(Fraction(numerator * 10_000, denominator)) if denominator else 0,
        shrunk_bps=_half_up(shrunk), target_bps=weight.target_bps, worst_bps=weight.worst_bps,
    )  # fmt: skip


def _shrunk_bps(numerator: int, denominator: int, weight: Weight) -> Fraction:
    weighed = denominator + weight.prior_n
    if not weighed:
        return Fraction(weight.prior_bps)
    return Fraction(numerator * 10_000 + weight.prior_bps * weight.prior_n, weighed)


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def ranks(totals: Sequence[int]) -> list[int]:
    """Places of totals, best first; equal totals share a place and the next place is skipped (1, 2, 2, 4)."""
    ordered = sorted(totals, reverse=True)
    return [ordered.index(total) + 1 for total in totals]


def next_step(status: LeaderStatus, tier: Tier, handovers: int, *, warned_before: bool) -> Step:
    """What a review does: a warning puts an active leader on probation, anything better ends a probation.

    A warning while on probation recommends a replacement to HQ, if she had been warned a while before and so had time
    to do better (`warned_before`). A period without handovers judges nobody.
    """
    if not handovers:
        return Step.NONE
    if tier is Tier.WARNING:
        again = Step.REPLACE if warned_before else Step.NONE
        return {LeaderStatus.ACTIVE: Step.PROBATION, LeaderStatus.PROBATION: again}.get(status, Step.NONE)
    return Step.RESTORE if status is LeaderStatus.PROBATION else Step.NONE
