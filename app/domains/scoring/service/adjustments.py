"""Facts that were counted wrong: corrected by a dated adjustment with its reason, never by hand in a score."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.domains.scoring.models import Adjustment, LeaderDay
from app.domains.scoring.values import AdjustFact, AdjustFacts
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.words import one_line

LONGEST_REASON = 300
#: What is a part of what: neither may be above the other after a correction.
_WITHIN = {
    AdjustFact.ON_TIME_HANDOVERS: AdjustFact.HANDOVERS,
    AdjustFact.PICKED_PIECES: AdjustFact.DUE_PIECES,
    AdjustFact.LEADER_FAULT_CLAIMS: AdjustFact.CLAIMS,
}


def adjust(uow: UnitOfWork, wishes: Sequence[AdjustFacts]) -> None:
    """Correct facts of pickup days on which something was counted; the days are right at once and whenever recounted.

    Raises Invalid for a day without facts, a correction of nothing, and where less than nothing, or a part above its
    whole, would be left.
    """
    uow.require(Permission.SCORING_JUDGE)
    for wish in wishes:
        if not wish.delta:
            raise Invalid(field="delta", reason="must not be 0")
        reason = one_line("reason", wish.reason, LONGEST_REASON)
        day = uow.session.get(LeaderDay, (wish.leader_id, wish.on_date), with_for_update=True)
        if day is None:
            raise Invalid(field="on_date", reason="nothing was counted on this day")
        before = int(getattr(day, wish.fact.value))
        setattr(day, wish.fact.value, before + wish.delta)
        uow.session.add(
            Adjustment(leader_id=wish.leader_id, hub_id=day.hub_id, on_date=wish.on_date, fact=wish.fact,
                       delta=wish.delta, reason=reason, cause_id=wish.cause_id, at=uow.now, by=uow.actor.name)
        )  # fmt: skip
        after = {"on": wish.on_date.isoformat(), wish.fact.value: before + wish.delta, "reason": reason}
        uow.audit("scoring.adjust_facts", wish.leader_id, {wish.fact.value: before}, after)
    for wish in wishes:
        _check(uow.session.get_one(LeaderDay, (wish.leader_id, wish.on_date)))
    uow.session.flush()


def _check(day: LeaderDay) -> None:
    facts = {fact: int(getattr(day, fact.value)) for fact in AdjustFact}
    if min(facts.values()) < 0 or any(facts[part] > facts[whole] for part, whole in _WITHIN.items()):
        raise Invalid(field="delta", reason="leaves less than nothing, or a part above its whole")


def apply(uow: UnitOfWork, hub_id: UUID, first_on: date, last_on: date) -> None:
    """Lay the adjustments of a hub and period upon days that were just counted anew; one statement.

    A day of which nothing is counted any more stays away.
    """
    uow.require(Permission.SCORING_JUDGE)
    sums = {
        fact.value: func.coalesce(func.sum(Adjustment.delta).filter(Adjustment.fact == fact), 0).label(fact.value)
        for fact in AdjustFact
    }
    wrong = (
        select(Adjustment.leader_id, Adjustment.on_date, *sums.values())
        .where(Adjustment.hub_id == hub_id, Adjustment.on_date.between(first_on, last_on))
        .group_by(Adjustment.leader_id, Adjustment.on_date)
        .subquery()
    )
    right: dict[str, Any] = {
        name: func.greatest(0, getattr(LeaderDay, name) + wrong.c[name]) for name in sums
    }  # fmt: skip
    uow.session.execute(
        update(LeaderDay)
        .where(LeaderDay.leader_id == wrong.c.leader_id, LeaderDay.on_date == wrong.c.on_date)
        .values(right)
        .execution_options(synchronize_session=False)
    )
