"""Facts that the scoring room publishes."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReviewWithdrawn:
    """HQ took a review back; this leader's score of that period counts for nothing any more."""

    topic: ClassVar[str] = "scoring.review_withdrawn"
    withdrawal_id: UUID
    leader_id: UUID
    period_from: date
    period_to: date
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyAnnounced:
    """Another scorecard policy will hold; every leader is told before."""

    topic: ClassVar[str] = "scoring.policy_announced"
    announcement_id: UUID
    version: int
    valid_from: date
    note: str
