"""What another policy would have said of weeks that are over; nothing is written."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.communities import queries as communities
from app.domains.scoring import rules
from app.domains.scoring.models import LeaderDay
from app.domains.scoring.queries.facts import facts_of_leaders
from app.domains.scoring.queries.policies import current_policy
from app.domains.scoring.values import PolicyTerms, Trial, TrialRow

#: A tried period is as long as a usual review.
PERIOD = timedelta(days=28)
MOST_PERIODS = 12


def last_day(session: Session, hub_id: UUID) -> date | None:
    """The last pickup day of a hub of which there are facts."""
    return session.scalar(select(func.max(LeaderDay.on_date)).where(LeaderDay.hub_id == hub_id))


def back_test(session: Session, hub_id: UUID, terms: PolicyTerms, last_on: date, periods: int) -> list[Trial]:
    """Score periods of four weeks that end on a day, a week before it, and so on, by the policy that held and by terms.

    The newest period comes first; in each, leaders whose tier would change come first, then by how much the score
    changes. Periods without facts are left out. Six statements a period, whatever the number of leaders.
    """
    leaders = communities.leader_cards(session, hub_id)
    found = []
    for weeks_ago in range(min(periods, MOST_PERIODS)):
        last = last_on - timedelta(weeks=weeks_ago)
        first = last - PERIOD + timedelta(days=1)
        judged = [leader for leader in leaders if rules.served(leader, last)]
        known = facts_of_leaders(session, first, last, {leader.id: leader.households for leader in judged})
        facts = [known[leader.id] for leader in judged]
        if not any(one.orders or one.handovers for one in facts):
            continue
        held = rules.scores(facts, current_policy(session, first) or rules.DEFAULT_POLICY)
        tried = rules.scores(facts, terms)
        rows = [
            TrialRow(leader_id=leader.id, leader_name=leader.name, neighbourhood_name=leader.neighbourhood_name,
                     neighbourhood_name_en=leader.neighbourhood_name_en, held=old, tried=new)
            for leader, old, new in zip(judged, held, tried, strict=True)
        ]  # fmt: skip
        rows.sort(key=lambda row: (not row.is_moved, -abs(row.tried.total_centi - row.held.total_centi)))
        links = rules.links(facts, [score.total_centi for score in tried])
        found.append(Trial(period_from=first, period_to=last, rows=tuple(rows), links=tuple(links)))
    return found
