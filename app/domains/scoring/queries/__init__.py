"""Reads of the scoring room; nothing here writes."""

from app.domains.scoring.queries.cards import (
    last_scorecards,
    scorecard_of_leader,
    scorecards,
    scorecards_of_leader,
    scorecards_of_period,
    totals_before,
)
from app.domains.scoring.queries.facts import COUNTED, ON_TIME_MINUTES, days_of_leader, facts_of_leaders, leader_days
from app.domains.scoring.queries.policies import current_policy, drafts, get_draft, has_judged, policy_cards
from app.domains.scoring.queries.trials import find_back_test, get_back_test, last_day, trial

__all__ = [
    "COUNTED", "ON_TIME_MINUTES", "current_policy", "days_of_leader", "drafts", "facts_of_leaders", "find_back_test",
    "get_back_test", "get_draft", "has_judged", "last_day", "last_scorecards", "leader_days", "policy_cards",
    "scorecard_of_leader", "scorecards", "scorecards_of_leader", "scorecards_of_period", "totals_before", "trial",
]  # fmt: skip
