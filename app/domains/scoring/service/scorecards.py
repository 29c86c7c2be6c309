"""Scorecards: every leader of a hub judged by one policy over one period, with all that explains it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING, LeaderCard
from app.domains.scoring import queries, rules
from app.domains.scoring.events import ReviewWithdrawn
from app.domains.scoring.models import PolicyRow, Scorecard
from app.domains.scoring.values import LeaderFacts, Policy, Score, Weight
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

    Reads the daily facts as they stand. Repeating replaces the period's scorecards. Seven statements whatever the
    number of leaders. Raises NotFound, Invalid (the period ends before it begins or after today, or is too long).
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
    policy = _policy(uow)
    leaders = [one for one in communities.leader_cards(uow.session, hub_id) if _served(one, period_to)]
    facts = queries.facts_of_leaders(uow.session, period_from, period_to, {one.id: one.households for one in leaders})
    scores = [rules.score(facts[one.id], policy) for one in leaders]
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


def adopt_policy(uow: UnitOfWork, weights: Sequence[Weight]) -> int:
    """Judge by other weights from the next review on; returns the new version. Older scorecards keep theirs.

    Raises Invalid unless every measure stands at most once, its target differs from its worst and all points add up
    to 100.
    """
    uow.require(Permission.SCORING_JUDGE)
    measures = [weight.measure for weight in weights]
    if len(set(measures)) < len(measures):
        raise Invalid(field="weights", reason="a measure stands twice")
    if any(weight.points <= 0 or weight.target_bps == weight.worst_bps for weight in weights):
        raise Invalid(field="weights", reason="points must be above 0, and the target differ from the worst")
    if sum(weight.points for weight in weights) != rules.ALL_POINTS:
        raise Invalid(field="weights", reason=f"points must add up to {rules.ALL_POINTS}")
    uow.lock("scorecard policy")
    version = _policy(uow).version + 1
    rows = [asdict(weight) for weight in weights]
    uow.session.add(PolicyRow(version=version, weights={"weights": rows}, created_at=uow.now))
    uow.audit("scoring.adopt_policy", None, {"version": version - 1}, {"version": version, "weights": rows})
    return version


def _served(leader: LeaderCard, last_on: date) -> bool:
    return leader.status in SERVING and (leader.since is None or leader.since <= last_on)


def _policy(uow: UnitOfWork) -> Policy:
    """The newest policy; the default one is written down at its first use, so that no used version ever changes."""
    policy = queries.current_policy(uow.session)
    if policy is None:
        policy = rules.DEFAULT_POLICY
        weights = [asdict(weight) for weight in policy.weights]
        uow.session.execute(
            insert(PolicyRow)
            .values(version=policy.version, weights={"weights": weights}, created_at=uow.now)
            .on_conflict_do_nothing()
        )
    return policy


def _row(score: Score, facts: LeaderFacts, place: int) -> dict[str, Any]:
    known = asdict(facts)
    del known["leader_id"]
    return {
        "id": new_id(), "leader_id": score.leader_id, "total_centi": score.total_centi, "tier": score.tier,
        "rank": place, "facts": known, "parts": {"parts": [asdict(part) for part in score.parts]},
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
