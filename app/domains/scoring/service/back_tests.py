"""Back-tests of a draft: asked for, carried out period by period by the worker, cancelled, replaced by a newer one."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domains.scoring import queries
from app.domains.scoring.models import BackTest
from app.domains.scoring.service.policies import terms_to_json
from app.domains.scoring.values import BACK_TEST_MOVES, BackTestState, Trial
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move

#: Periods of four weeks, each a week before the other.
PERIODS = 8


def ask(uow: UnitOfWork, draft_id: UUID, hub_id: UUID) -> UUID:
    """Let the worker try a draft, as it is now, on the last periods of a hub; an earlier back-test of it is replaced.

    Asking twice for the same is one back-test. Raises NotFound, Invalid (the hub has no facts).
    """
    uow.require(Permission.SCORING_JUDGE)
    terms = terms_to_json(queries.get_draft(uow.session, draft_id).terms)
    last_on = queries.last_day(uow.session, hub_id, uow.now)
    if last_on is None:
        raise Invalid(field="hub", reason="has nothing to try a policy on before its first round is settled")
    uow.lock(f"scoring.back_test:{draft_id}:{hub_id}")
    row = uow.session.scalar(select(BackTest).where(BackTest.draft_id == draft_id, BackTest.hub_id == hub_id))
    if row:
        open_ = row.state in {BackTestState.WAITING, BackTestState.RUNNING}
        if open_ and (row.terms, row.last_on) == (terms, last_on):
            return row.id
        uow.session.delete(row)
        uow.session.flush()
    row = BackTest(
        id=new_id(), draft_id=draft_id, hub_id=hub_id, state=BackTestState.WAITING, terms=terms, last_on=last_on,
        periods=PERIODS, done=0, asked_by=uow.actor.name, asked_at=uow.now, trials=[],
    )  # fmt: skip
    uow.session.add(row)
    uow.defer(Job("back_test", {"back_test_id": str(row.id)}))
    return row.id


def begin(uow: UnitOfWork, back_test_id: UUID) -> bool:
    """The worker begins, or goes on after a crash; False when it is cancelled, replaced or over."""
    uow.require(Permission.SCORING_JUDGE)
    row = uow.session.get(BackTest, back_test_id, with_for_update=True)
    if row is None or row.state not in {BackTestState.WAITING, BackTestState.RUNNING}:
        return False
    row.state = BackTestState.RUNNING
    return True


def keep(uow: UnitOfWork, back_test_id: UUID, number: int, found: Trial | None) -> bool:
    """Keep what one period said (None: it had no facts); False when the worker should stop.

    The last period ends the back-test. May be repeated: a period that is kept already is not kept twice.
    """
    uow.require(Permission.SCORING_JUDGE)
    row = uow.session.get(BackTest, back_test_id, with_for_update=True)
    if row is None or row.state is not BackTestState.RUNNING:
        return False
    if number == row.done:
        row.done = number + 1
        row.trials = [*row.trials, _json(found)] if found else row.trials
    if row.done == row.periods:
        row.state, row.finished_at = BackTestState.DONE, uow.now
    return row.state is BackTestState.RUNNING


def cancel(uow: UnitOfWork, back_test_id: UUID) -> None:
    """Let the worker stop after the period it is at; what was found so far stays. Raises NotFound, WrongState."""
    uow.require(Permission.SCORING_JUDGE)
    row = uow.session.get(BackTest, back_test_id, with_for_update=True)
    if row is None:
        raise NotFound("back_test")
    check_move("back_test", BACK_TEST_MOVES, row.state, BackTestState.CANCELLED)
    row.state, row.finished_at = BackTestState.CANCELLED, uow.now


def _json(trial: Trial) -> dict[str, Any]:
    return {
        "from": trial.period_from.isoformat(),
        "to": trial.period_to.isoformat(),
        "rows": [
            [str(one.leader_id), one.stage, one.held_centi, one.held_tier, one.tried_centi, one.tried_tier]
            for one in trial.rows
        ],
        "links": [asdict(link) for link in trial.links],
    }
