"""Plans for the leaders of the small world."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from app.domains.tasks.service import plans
from app.domains.tasks.values import Audience, SavePlan, SaveStep
from app.flows import tasks
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_as
from tests.factories.accounts import make_account
from tests.factories.world import World

#: The day of the small world on which tests begin.
TODAY = date(2026, 11, 20)


def make_planner(world: World) -> Actor:
    """Somebody at the leaders' desk."""
    account = world.services.database.transact(Actor.system("test"), make_account, Role.HQ_COMMUNITY, name="计划员")
    return Actor("计划员", Role.HQ_COMMUNITY, account.id)


def make_plan(world: World, planner: Actor, *steps: dict[str, Any], starts_on: date = TODAY) -> UUID:
    """A draft with these steps; each is what `SaveStep` takes, with a day-0 step until 20:00 for everybody as usual."""
    return world.services.database.transact(planner, _plan, steps, starts_on)


def _plan(uow: UnitOfWork, steps: tuple[dict[str, Any], ...], starts_on: date) -> UUID:
    assert uow.actor.id is not None
    plan_id = plans.save_plan(uow, SavePlan(plan_id=None, title="双十一预热", note="", starts_on=starts_on))
    uow.session.flush()
    for number, step in enumerate(steps):
        usual = {
            "title": f"第{number}步", "day_offset": 0, "on_date": None, "due_time": time(20), "script": "", "asset": "",
            "needs_proof": False, "owner_id": uow.actor.id, "audience": Audience(),
        }  # fmt: skip
        plans.save_step(uow, SaveStep(plan_id=plan_id, step_id=None, **usual | step))
        uow.session.flush()
    return plan_id


def make_todos(world: World) -> int:
    """Let the worker make what is due; returns how many are new."""
    database = world.services.database
    return tasks.make_todos(run_as(world.services, "plans"), database.read, database.clock.now())


def days(number: int) -> date:
    """So many days after the first."""
    return TODAY + timedelta(days=number)
