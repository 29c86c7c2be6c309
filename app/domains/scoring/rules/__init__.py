"""The scorecard: how facts become points, and points a tier. Every number can be explained."""

from collections.abc import Sequence
from datetime import date

from app.domains.communities.values import SERVING, LeaderCard
from app.domains.scoring.rules.fairness import compare, links
from app.domains.scoring.rules.points import FRACTIONS, TIERS, score, scores, tier_of
from app.domains.scoring.rules.policy import (
    ALL_POINTS,
    BALANCED,
    DEFAULT_POLICY,
    NOTICE,
    check_notice,
    check_terms,
    fingerprint,
    held_on,
    points_at,
    stage_of,
    terms_of,
)

__all__ = [
    "ALL_POINTS", "BALANCED", "DEFAULT_POLICY", "FRACTIONS", "NOTICE", "TIERS", "check_notice", "check_terms",
    "compare", "fingerprint", "held_on", "links", "points_at", "ranks", "score", "scores", "served",
    "stage_of", "terms_of", "tier_of",
]  # fmt: skip


def served(leader: LeaderCard, last_on: date) -> bool:
    """Whether a leader is judged over a period that ends on a day: she serves now, and did so by then."""
    return leader.status in SERVING and (leader.since is None or leader.since <= last_on)


def ranks(totals: Sequence[int]) -> list[int]:
    """Places of totals, best first; equal totals share a place and the next place is skipped (1, 2, 2, 4)."""
    ordered = sorted(totals, reverse=True)
    return [ordered.index(total) + 1 for total in totals]
