"""Scorecards: every leader of a hub judged by one policy over one period, with all that explains it."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.scoring import queries, rules
from app.domains.scoring.events import ReviewWithdrawn
from app.domains.scoring.models import Scorecard
from app.domains.scoring.service import policies
from app.domains.scoring.values import LeaderFacts, Score
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.words import one_line

#: A review covers at most so many days.
LONGEST_PERIOD = timedelta(days=366)
LONGEST_REASON = 300


def compute(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date) -> int:
    """Score every leader of a hub who served in a period (both days included) and rank them; returns how many.

    Reads the daily facts as they stand. Repeating replaces the period's scorecards. The policy is the one that held on
    the first day, the peers of a leader are the others who served. Ten statements whatever the number of leaders.
    Raises NotFound, Invalid (the period ends before it begins or after today, or is too long).
    """
    uow.require(Permission.SCORING_JUDGE)
    hub = communities.get_hub(uow.session, hub_id)
    if period_to < period_from:
        raise Invalid(field="period_to", reason="must not lie before the first day")
    if period_to > uow.now.astimezone(ZoneInfo(hub.timezone)).date():
        raise Invalid(field="period_to", reason="must not lie in the future")
    if period_to - period_from > LONGEST_PERIOD:
        raise Invalid(field="period_from", reason=f"at most {LONGEST_PERIOD.days} days before the last day")
    uow.lock(f"scorecards of hub {hub_id}")
    policy = policies.in_force(uow, period_from)
    leaders = [one for one in communities.leader_cards(uow.session, hub_id) if rules.served(one, period_to)]
    facts = queries.facts_of_leaders(uow.session, period_from, period_to, {one.id: one.households for one in leaders})
    scores = rules.scores([facts[one.id] for one in leaders], policy)
    places = rules.ranks([score.total_centi for score in scores])
    common = {
        "hub_id": hub_id, "period_from": period_from, "period_to": period_to, "policy_version": policy.version,
        "of": len(scores), "computed_at": uow.now,
    }  # fmt: skip
    rows = [common | _row(score, facts[score.leader_id], place) for score, place in zip(scores, places, strict=True)]
    _replace(uow, hub_id, (period_from, period_to), rows)
    after = {"from": period_from.isoformat(), "to": period_to.isoformat(), "leaders": len(rows)}
    uow.audit("scoring.compute", hub_id, None, after | {"policy_version": policy.version})
    return len(rows)


def withdraw(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date, reason: str) -> list[UUID]:
    """Take a review's scorecards back, so that the ones before count again; returns whose they were.

    Its leaders are told why. Raises NotFound where nobody was judged over this period, Invalid without a reason.
    """
    uow.require(Permission.SCORING_JUDGE)
    words = one_line("reason", reason, LONGEST_REASON)
    uow.lock(f"scorecards of hub {hub_id}")
    gone = uow.session.execute(
        delete(Scorecard)
        .where(
            Scorecard.hub_id == hub_id, Scorecard.period_from == period_from, Scorecard.period_to == period_to
        )
        .returning(Scorecard.leader_id, Scorecard.total_centi, Scorecard.tier)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    if not gone:
        raise NotFound(what="review")
    leaders = sorted(row.leader_id for row in gone)
    before = {"cards": {str(row.leader_id): [row.total_centi, row.tier.value] for row in gone}}
    period = {"from": period_from.isoformat(), "to": period_to.isoformat()}
    uow.audit("scoring.withdraw_review", hub_id, before | period, {"reason": words})
    withdrawal_id = new_id()
    for leader_id in leaders:
        uow.emit(ReviewWithdrawn(withdrawal_id, leader_id, period_from, period_to, words))
    return leaders


def _row(score: Score, facts: LeaderFacts, place: int) -> dict[str, Any]:
    known = asdict(facts)
    del known["leader_id"]
    return {
        "id": new_id(), "leader_id": score.leader_id, "total_centi": score.total_centi, "tier": score.tier,
        "rank": place, "facts": known, "parts": {
            "parts": [asdict(part) for part in score.parts], "stage": score.stage, "is_held_back": score.is_held_back,
        },
    }  # fmt: skip


def _replace(uow: UnitOfWork, hub_id: UUID, period: tuple[date, date], rows: list[dict[str, Any]]) -> None:
    """Write the period's scorecards; a leader who does not count any more loses hers."""
    uow.session.execute(
        delete(Scorecard).where(
            Scorecard.hub_id == hub_id, Scorecard.period_from == period[0], Scorecard.period_to == period[1],
            Scorecard.leader_id.not_in([row["leader_id"] for row in rows]),
        )
    )  # fmt: skip
    if not rows:
        return
    adding = insert(Scorecard)
    renewed = [name for name in rows[0] if name not in {"id", "leader_id", "period_from", "period_to"}]
    saving = adding.on_conflict_do_update(
        index_elements=["leader_id", "period_from", "period_to"],
        set_={name: adding.excluded[name] for name in renewed},
    )
    uow.session.execute(saving.returning(Scorecard.id), rows).all()
