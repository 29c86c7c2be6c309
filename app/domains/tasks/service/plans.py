"""HQ's side: writing a plan, publishing it, taking it back before it begins, using it again."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete, func, select, update

from app.domains.accounts import queries as accounts
from app.domains.tasks import rules
from app.domains.tasks.errors import PlanFixed
from app.domains.tasks.models import Plan, Step, Todo
from app.domains.tasks.values import PLAN_MOVES, Audience, PlanState, SavePlan, SaveStep
from app.infra.uow import UnitOfWork
from app.kernel.actors import HQ_ROLES, Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def check_planner(uow: UnitOfWork) -> None:
    """Refuse a picture of somebody who plans nothing. Raises Forbidden."""
    uow.require(Permission.TASKS_PLAN)


def save_plan(uow: UnitOfWork, wish: SavePlan) -> UUID:
    """Begin a draft, or change one; steps that count from its start move with it.

    Raises NotFound, PlanFixed, Invalid.
    """
    uow.require(Permission.TASKS_PLAN)
    rules.check_plan(wish)
    said = {"title": wish.title, "note": wish.note, "starts_on": wish.starts_on}
    if wish.plan_id is None:
        plan_id = new_id()
        uow.session.add(
            Plan(id=plan_id, state=PlanState.DRAFT, made_by=uow.actor.name, made_at=uow.now, reason="", **said)
        )
        uow.audit("tasks.save_plan", plan_id, None, _plain(said))
        return plan_id
    plan = _draft(uow, wish.plan_id)
    before = {name: getattr(plan, name) for name in said}
    for name, value in said.items():
        setattr(plan, name, value)
    for step in uow.session.scalars(select(Step).where(Step.plan_id == plan.id)):
        step.due_on = rules.due_on(step.day_offset, step.on_date, wish.starts_on)
        if step.due_on < wish.starts_on:
            raise Invalid(field="starts_on", reason="a step with a date of its own would be before the start")
    uow.audit("tasks.save_plan", plan.id, _plain(before), _plain(said))
    return plan.id


def save_step(uow: UnitOfWork, wish: SaveStep) -> UUID:
    """Add a step to a draft, or change one. The owner is somebody at HQ. Raises NotFound, PlanFixed, Invalid."""
    uow.require(Permission.TASKS_PLAN)
    plan = _draft(uow, wish.plan_id)
    rules.check_step(wish, plan.starts_on)
    if accounts.get_account(uow.session, wish.owner_id).role not in HQ_ROLES:
        raise Invalid(field="owner_id", reason="must be somebody at HQ")
    step = uow.session.get(Step, wish.step_id) if wish.step_id else None
    if wish.step_id and (step is None or step.plan_id != plan.id):
        raise NotFound("step")
    if step is None:
        if _count_steps(uow, plan.id) >= rules.MAX_STEPS:
            raise Invalid(field="", reason=f"A plan has at most {rules.MAX_STEPS} steps.")
        step = Step(id=new_id(), plan_id=plan.id)
        uow.session.add(step)
    for name in ("title", "day_offset", "on_date", "due_time", "script", "asset", "needs_proof", "owner_id"):
        setattr(step, name, getattr(wish, name))
    for name in Audience.__dataclass_fields__:
        setattr(step, name, getattr(wish.audience, name))
    step.due_on = rules.due_on(wish.day_offset, wish.on_date, plan.starts_on)
    after = {"plan_id": str(plan.id), "title": wish.title, "due_on": step.due_on.isoformat()}
    uow.audit("tasks.save_step", step.id, None, after)
    return step.id


def drop_step(uow: UnitOfWork, plan_id: UUID, step_id: UUID) -> None:
    """Take a step out of a draft. Raises NotFound, PlanFixed."""
    uow.require(Permission.TASKS_PLAN)
    plan = _draft(uow, plan_id)
    gone = delete(Step).where(Step.id == step_id, Step.plan_id == plan.id).returning(Step.title)
    title = uow.session.scalar(gone)
    if title is None:
        raise NotFound("step")
    uow.audit("tasks.drop_step", step_id, {"plan_id": str(plan.id), "title": title}, None)


def publish(uow: UnitOfWork, plan_id: UUID, today: date) -> None:
    """Let a plan's to-dos be made; from now on it does not change. Its first day must not be over.

    Raises NotFound, WrongState, Invalid (no steps, or a step whose day has passed).
    """
    uow.require(Permission.TASKS_PLAN)
    plan = _held(uow, plan_id)
    check_move("plan", PLAN_MOVES, plan.state, PlanState.PUBLISHED)
    first_on = uow.session.scalar(select(func.min(Step.due_on)).where(Step.plan_id == plan.id))
    if first_on is None:
        raise Invalid(field="", reason="A plan needs at least one step.")
    if first_on < today:
        raise Invalid(field="starts_on", reason="a step's day has passed already")
    plan.state, plan.published_at = PlanState.PUBLISHED, uow.now
    uow.audit("tasks.publish", plan.id, {"state": "draft"}, {"state": "published"})


def withdraw(uow: UnitOfWork, plan_id: UUID, reason: str, today: date) -> int:
    """Take back a plan that has not begun anywhere; tasks made for its first day go. Returns how many.

    `today` is the latest day by any hub's calendar. Raises NotFound, WrongState, PlanBegun, Invalid.
    """
    uow.require(Permission.TASKS_PLAN)
    plan = _held(uow, plan_id)
    check_move("plan", PLAN_MOVES, plan.state, PlanState.WITHDRAWN)
    if not reason.strip() or len(reason) > rules.MAX_NOTE:
        raise Invalid(field="reason", reason=f"1 to {rules.MAX_NOTE} characters")
    first_on = uow.session.scalar(select(func.min(Step.due_on)).where(Step.plan_id == plan.id))
    if plan.state is PlanState.PUBLISHED:
        rules.check_not_begun(first_on, today)
    before = plan.state.value
    gone = uow.session.scalars(delete(Todo).where(Todo.plan_id == plan.id).returning(Todo.id)).all()
    plan.state, plan.withdrawn_at, plan.reason = PlanState.WITHDRAWN, uow.now, reason.strip()
    uow.audit("tasks.withdraw", plan.id, {"state": before}, {"state": "withdrawn", "reason": plan.reason})
    return len(gone)


def use_again(uow: UnitOfWork, plan_id: UUID, starts_on: date) -> UUID:
    """A new draft with the same steps from another day on; dates of their own move by as many days. Raises NotFound."""
    uow.require(Permission.TASKS_PLAN)
    old = _held(uow, plan_id)
    made = save_plan(uow, SavePlan(plan_id=None, title=old.title, note=old.note, starts_on=starts_on))
    shift = starts_on - old.starts_on
    names = [column.name for column in Step.__table__.columns if column.name not in {"id", "plan_id"}]
    uow.session.flush()
    for step in uow.session.scalars(select(Step).where(Step.plan_id == old.id).order_by(Step.id)):
        uow.session.add(Step(id=new_id(), plan_id=made, **{name: getattr(step, name) for name in names}))
    uow.session.flush()
    moved = update(Step).where(Step.plan_id == made)
    uow.session.execute(moved.values(due_on=Step.due_on + shift.days, on_date=Step.on_date + shift.days))
    return made


def _plain(said: dict[str, object]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def _count_steps(uow: UnitOfWork, plan_id: UUID) -> int:
    return uow.session.scalar(select(func.count(Step.id)).where(Step.plan_id == plan_id)) or 0


def _held(uow: UnitOfWork, plan_id: UUID) -> Plan:
    plan = uow.session.scalar(select(Plan).where(Plan.id == plan_id).with_for_update())
    if plan is None:
        raise NotFound("plan")
    return plan


def _draft(uow: UnitOfWork, plan_id: UUID) -> Plan:
    plan = _held(uow, plan_id)
    if plan.state is not PlanState.DRAFT:
        raise PlanFixed
    return plan
