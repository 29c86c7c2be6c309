"""Reads of the appraisal room; nothing here writes."""

from app.domains.appraisal.queries.appeals import (
    appeals,
    appeals_late,
    find_appeal,
    get_appeal,
    photos_in_dispute,
)
from app.domains.appraisal.queries.cycles import (
    counts,
    cycles,
    due_cycles,
    find_current,
    get_cycle,
    get_seat,
    has_told_scores,
    history,
    seats,
    seats_of_leader,
    targets,
    waiting_cycles,
)
from app.domains.appraisal.queries.outcomes import (
    consequences,
    get_consequence,
    last_results,
    plans,
    running_plans,
    standing_tier,
    standing_tiers,
    tiers,
    to_decide,
)

__all__ = [
    "appeals", "appeals_late", "consequences", "counts", "cycles", "due_cycles", "find_appeal", "find_current",
    "get_appeal", "get_consequence", "get_cycle", "get_seat", "has_told_scores", "history",
    "last_results", "photos_in_dispute", "plans", "running_plans", "seats", "seats_of_leader", "standing_tier",
    "standing_tiers", "targets", "tiers", "to_decide", "waiting_cycles",
]  # fmt: skip
