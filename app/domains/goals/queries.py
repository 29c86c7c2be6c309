"""Reads of the goals room; nothing here writes."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.communities import queries as communities
from app.domains.communities.models import Neighbourhood
from app.domains.goals import rules
from app.domains.goals.models import Goal
from app.domains.goals.values import Counted, GoalCard, Kpi
from app.domains.scoring import queries as scoring
from app.domains.scoring.models import LeaderDay


def goals(session: Session, month: date) -> dict[UUID | None, dict[Kpi, GoalCard]]:
    """Every goal of a month, by hub; those of HQ as a whole under None."""
    found: dict[UUID | None, dict[Kpi, GoalCard]] = {}
    for row in session.scalars(select(Goal).where(Goal.month == month)):
        found.setdefault(row.hub_id, {})[row.kpi] = GoalCard(
            hub_id=row.hub_id, kpi=row.kpi, target=row.target, set_at=row.set_at, set_by=row.set_by
        )
    return found


def counted(session: Session, month: date) -> dict[UUID, Counted]:
    """What the leaders' facts of a month add up to, by hub, those who left included; eight statements."""
    last = rules.last_day(month)
    hub_of = {leader.id: leader.hub_id for leader in communities.leader_cards(session)}
    facts = scoring.facts_of_leaders(session, month, last, dict.fromkeys(hub_of, 0))
    homes = select(Neighbourhood.hub_id, func.sum(Neighbourhood.households)).group_by(Neighbourhood.hub_id)
    days = select(LeaderDay.hub_id, func.max(LeaderDay.on_date)).where(LeaderDay.on_date.between(month, last))
    households = dict(session.execute(homes).all())
    until = dict(session.execute(days.group_by(LeaderDay.hub_id)).all())
    sums = {
        hub.id: dict.fromkeys(_SUMMED, 0) | {"households": int(households.get(hub.id, 0))}
        for hub in communities.hubs(session)
    }
    for leader_id, one in facts.items():
        for name in _SUMMED:
            sums[hub_of[leader_id]][name] += getattr(one, name)
    return {hub_id: Counted(**numbers, until_on=until.get(hub_id)) for hub_id, numbers in sums.items()}


_SUMMED = ("orders", "buyers", "handovers", "on_time_handovers", "due_pieces", "picked_pieces", "claims")
