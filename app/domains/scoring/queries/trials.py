"""What another policy would have said of weeks that are over."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.communities import queries as communities
from app.domains.scoring import rules
from app.domains.scoring.models import BackTest, LeaderDay
from app.domains.scoring.queries.facts import facts_of_leaders
from app.domains.scoring.queries.policies import current_policy, terms_from_json
from app.domains.scoring.values import BackTestCard, Link, PolicyTerms, Stage, Tier, Trait, Trial, TrialRow
from app.kernel.errors import NotFound

#: A tried period is as long as a usual review.
PERIOD = timedelta(days=28)


def last_day(session: Session, hub_id: UUID, now: datetime) -> date | None:
    """The last pickup day of a hub that is over and of which there are facts.

    Facts may be dated ahead, where a round was settled before its pickup day; what is not over is not tried.
    """
    today = now.astimezone(ZoneInfo(communities.get_hub(session, hub_id).timezone)).date()
    days = select(func.max(LeaderDay.on_date)).where(LeaderDay.hub_id == hub_id, LeaderDay.on_date < today)
    return session.scalar(days)


def trial(session: Session, hub_id: UUID, terms: PolicyTerms, last_on: date) -> Trial | None:
    """Score the four weeks up to a day by the policy that held and by these terms; None where there are no facts.

    Leaders whose tier would change come first, then by how much the score changes. Seven statements, whatever the
    number of leaders; nothing is written.
    """
    first_on = last_on - PERIOD + timedelta(days=1)
    judged = [leader for leader in communities.leader_cards(session, hub_id) if rules.served(leader, last_on)]
    known = facts_of_leaders(session, first_on, last_on, {leader.id: leader.households for leader in judged})
    facts = [known[leader.id] for leader in judged]
    if not any(one.orders or one.handovers for one in facts):
        return None
    held = rules.scores(facts, current_policy(session, first_on) or rules.DEFAULT_POLICY)
    tried = rules.scores(facts, terms)
    rows = [
        TrialRow(leader_id=new.leader_id, stage=new.stage, held_centi=old.total_centi, held_tier=old.tier,
                 tried_centi=new.total_centi, tried_tier=new.tier)
        for old, new in zip(held, tried, strict=True)
    ]  # fmt: skip
    rows.sort(key=lambda row: (not row.is_moved, -abs(row.tried_centi - row.held_centi)))
    links = rules.links(facts, [score.total_centi for score in tried])
    return Trial(period_from=first_on, period_to=last_on, rows=tuple(rows), links=tuple(links))


def find_back_test(session: Session, draft_id: UUID, hub_id: UUID) -> BackTestCard | None:
    """The newest back-test of a draft on a hub."""
    row = session.scalar(select(BackTest).where(BackTest.draft_id == draft_id, BackTest.hub_id == hub_id))
    return _card(row) if row else None


def get_back_test(session: Session, back_test_id: UUID) -> BackTestCard:
    """One back-test. Raises NotFound."""
    row = session.get(BackTest, back_test_id)
    if row is None:
        raise NotFound("back_test")
    return _card(row)


def _card(row: BackTest) -> BackTestCard:
    return BackTestCard(
        id=row.id, draft_id=row.draft_id, hub_id=row.hub_id, state=row.state, terms=terms_from_json(row.terms),
        last_on=row.last_on, periods=row.periods, done=row.done, asked_by=row.asked_by, asked_at=row.asked_at,
        finished_at=row.finished_at, trials=tuple(_trial(kept) for kept in row.trials),
    )  # fmt: skip


def _trial(kept: dict[str, Any]) -> Trial:
    """A period as `service.back_tests` stores it."""
    return Trial(
        period_from=date.fromisoformat(kept["from"]),
        period_to=date.fromisoformat(kept["to"]),
        rows=tuple(
            TrialRow(
                leader_id=UUID(leader_id), stage=Stage(stage), held_centi=held, held_tier=Tier(held_tier),
                tried_centi=tried, tried_tier=Tier(tried_tier),
            )
            for leader_id, stage, held, held_tier, tried, tried_tier in kept["rows"]
        ),
        links=tuple(Link(**{**link, "trait": Trait(link["trait"])}) for link in kept["links"]),
    )  # fmt: skip
