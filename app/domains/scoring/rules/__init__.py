"""The scorecard: how facts become points, points a tier, and a tier a step. Every number can be explained."""

from collections.abc import Sequence
from datetime import date

from app.domains.communities.values import SERVING, LeaderCard, LeaderStatus
from app.domains.scoring.rules.fairness import compare, links
from app.domains.scoring.rules.points import FRACTIONS, TIERS, score, scores, tier_of
from app.domains.scoring.rules.policy import (
    ALL_POINTS,
    BALANCED,
    DEFAULT_POLICY,
    NOTICE,
    check_notice,
    check_terms,
    held_on,
    points_at,
    stage_of,
    terms_of,
)
from app.domains.scoring.values import Step, Tier

__all__ = [
    "ALL_POINTS", "BALANCED", "DEFAULT_POLICY", "FRACTIONS", "NOTICE", "TIERS", "check_notice", "check_terms",
    "compare", "held_on", "links", "next_step", "points_at", "ranks", "score", "scores", "served", "stage_of",
    "terms_of", "tier_of",
]  # fmt: skip


def served(leader: LeaderCard, last_on: date) -> bool:
    """Whether a leader is judged over a period that ends on a day: she serves now, and did so by then."""
    return leader.status in SERVING and (leader.since is None or leader.since <= last_on)


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
