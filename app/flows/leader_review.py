"""Scorecards of a hub over a period of one's choice, to be read: only an appraisal cycle lets anything follow."""

from datetime import date
from uuid import UUID

from app.domains.appraisal import queries as appraisal
from app.domains.appraisal.errors import DaysAppraised
from app.domains.scoring.service import facts, scorecards
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def review(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date) -> int:
    """Score the leaders of a hub over a period, both days included; returns how many. Nobody's status changes by it.

    Facts are counted anew first, so late claims count. Repeating replaces the period's scorecards; those on which an
    appraisal cycle rests stand. Raises NotFound, Invalid, DaysAppraised.
    """
    uow.require(Permission.SCORING_JUDGE)
    _check_free(uow, hub_id, period_from, period_to)
    facts.rebuild_days(uow, hub_id, period_from, period_to)
    return scorecards.compute(uow, hub_id, period_from, period_to)


def withdraw(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date, reason: str) -> int:
    """Take scorecards back that were wrong: the ones before count again, and every leader is told why.

    A period may be scored anew afterwards. Returns whose they were, counted. Raises NotFound, Invalid, DaysAppraised.
    """
    uow.require(Permission.SCORING_JUDGE)
    _check_free(uow, hub_id, period_from, period_to)
    return len(scorecards.withdraw(uow, hub_id, period_from, period_to, reason))


def _check_free(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date) -> None:
    """Refuse the very days of a cycle whose scores were told: an appeal corrects those."""
    if appraisal.has_told_scores(uow.session, hub_id, period_from, period_to):
        raise DaysAppraised
