"""Policies of the scorecard: the first one, one to begin drafts with, and what every policy must keep."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from app.domains.scoring.values import DraftCard, Measure, Policy, PolicyTerms, Stage, Weight
from app.kernel.errors import Invalid

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
#: How long before it holds a policy is announced, once leaders have been judged by another.
NOTICE = timedelta(days=14)
MOST_BPS = 10_000
MOST_PRIOR = 10_000
LONGEST_NOTE = 300

#: What a new draft begins with: growth weighs acquisition, a mature neighbourhood weighs repurchase.
BALANCED = PolicyTerms(
    weights=(
        Weight(measure=Measure.PENETRATION, points=15, growing_points=15, new_points=20, target_bps=2_500,
               prior_bps=1_000, prior_n=50, by_potential=True),
        Weight(measure=Measure.ACQUISITION, points=5, growing_points=15, new_points=25, target_bps=800, prior_bps=300,
               prior_n=50, by_potential=True),
        Weight(measure=Measure.REPURCHASE, points=30, growing_points=20, new_points=5, target_bps=6_000,
               prior_bps=3_000, prior_n=10),
        Weight(measure=Measure.PICKUP_RATE, points=10, target_bps=9_900, worst_bps=8_000, prior_bps=9_700, prior_n=50,
               floor_bps=8_500),
        Weight(measure=Measure.IN_WINDOW, points=5, target_bps=9_500, worst_bps=7_000, prior_bps=9_000, prior_n=50),
        Weight(measure=Measure.ON_TIME, points=10, target_bps=9_500, worst_bps=5_000, prior_bps=9_000, prior_n=3),
        Weight(measure=Measure.CLAIM_RATE, points=10, target_bps=10, worst_bps=100, prior_bps=10, prior_n=300,
               floor_bps=200),
        Weight(measure=Measure.ANSWERS, points=5, target_bps=9_500, worst_bps=3_000, prior_bps=8_000, prior_n=3),
        Weight(measure=Measure.RATING, points=5, target_bps=9_500, worst_bps=5_000, prior_bps=8_500, prior_n=20),
        Weight(measure=Measure.TASKS, points=5, target_bps=9_500, worst_bps=3_000, prior_bps=8_000, prior_n=3),
    ),
)  # fmt: skip


def points_at(weight: Weight, stage: Stage) -> int:
    """The points of a measure in a stage; those of a mature neighbourhood where the stage has none of its own."""
    own = {Stage.NEW: weight.new_points, Stage.GROWING: weight.growing_points}.get(stage)
    return weight.points if own is None else own


def stage_of(policy: Policy | PolicyTerms, service_days: int) -> Stage:
    """New, growing or mature, by the days since the neighbourhood first had a leader."""
    if service_days < policy.new_days:
        return Stage.NEW
    return Stage.GROWING if service_days < policy.mature_days else Stage.MATURE


def terms_of(policy: Policy) -> PolicyTerms:
    """A policy without version and date, for a draft that begins with it."""
    return PolicyTerms(
        weights=policy.weights, new_days=policy.new_days, mature_days=policy.mature_days, note=policy.note
    )


def fingerprint(draft: DraftCard) -> str:
    """A short name of a draft as an editor was shown it: another one means that somebody has saved meanwhile."""
    told = json.dumps([draft.name, asdict(draft.terms)], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def check_terms(terms: PolicyTerms) -> None:
    """Raises Invalid unless these terms can judge: each measure once, its target apart from its worst, 100 points."""
    measures = [weight.measure for weight in terms.weights]
    if len(set(measures)) < len(measures):
        raise Invalid(field="weights", reason="a measure stands twice")
    if any(weight.target_bps == weight.worst_bps for weight in terms.weights):
        raise Invalid(field="weights", reason="the target must differ from the worst")
    for weight in terms.weights:
        _check_weight(weight)
    for stage in Stage:
        total = sum(points_at(weight, stage) for weight in terms.weights)
        if total != ALL_POINTS:
            raise Invalid(field="weights", reason=f"points must add up to {ALL_POINTS} in every stage")
    if not 0 <= terms.new_days <= terms.mature_days:
        raise Invalid(field="mature_days", reason="must not lie before the days of a new neighbourhood")
    if len(terms.note) > LONGEST_NOTE:
        raise Invalid(field="note", reason=f"at most {LONGEST_NOTE} characters")


def _check_weight(weight: Weight) -> None:
    points = [points_at(weight, stage) for stage in Stage]
    if min(points) < 0 or max(points) == 0:
        raise Invalid(field="weights", reason="points must not be below 0, and above 0 in some stage")
    shares = [weight.target_bps, weight.worst_bps, weight.prior_bps, weight.floor_bps or 0]
    if min(shares) < 0 or max(shares) > MOST_BPS:
        raise Invalid(field="weights", reason="rates lie between 0 and 100 %")
    if not 0 <= weight.prior_n <= MOST_PRIOR:
        raise Invalid(field="weights", reason=f"the weight of the usual lies between 0 and {MOST_PRIOR}")


def check_notice(valid_from: date, today: date) -> None:
    """Raises Invalid unless a policy is announced long enough before it holds."""
    if valid_from < today + NOTICE:
        raise Invalid(field="valid_from", reason=f"must lie at least {NOTICE.days} days ahead: leaders are told before")


def held_on(policies: Sequence[Policy], on: date) -> Policy | None:
    """The newest version that held on a day."""
    held = [policy for policy in policies if policy.valid_from <= on]
    return max(held, key=lambda policy: (policy.valid_from, policy.version), default=None)
