"""Leaders' side: to-dos are made from plans, and ticked."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.domains.tasks import rules
from app.domains.tasks.errors import AlreadyTicked, TaskAhead
from app.domains.tasks.models import Plan, Step, Todo
from app.domains.tasks.values import MakeTodo, PlanState, Tick
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound


def make(uow: UnitOfWork, wanted: Sequence[MakeTodo]) -> int:
    """Give leaders their tasks; who has one keeps it as it is. May be repeated. Returns how many are new.

    Plans are held meanwhile, so that none is withdrawn under it; tasks of one that was are left out.
    """
    uow.require(Permission.TASKS_MAKE)
    ids = {one.plan_id for one in wanted}
    held = select(Plan.id).where(Plan.id.in_(ids), Plan.state == PlanState.PUBLISHED).order_by(Plan.id)
    standing = set(uow.session.scalars(held.with_for_update(read=True)))
    rows = [
        {**asdict(one), "made_at": uow.now, "proof_text": "", "proof_photo": ""}
        for one in wanted
        if one.plan_id in standing
    ]
    if not rows:
        return 0
    made = insert(Todo).on_conflict_do_nothing(index_elements=["step_id", "leader_id"]).returning(Todo.id)
    return len(uow.session.execute(made, rows).all())


def tick(uow: UnitOfWork, wish: Tick, today: date) -> None:
    """Note that the leader has done a task of her own, on its day or later; it is done once, and stays done.

    Whoever ticks after its time is late. The caller has asked whose the photo is.
    Raises NotFound for another's, TaskAhead, AlreadyTicked, Invalid.
    """
    uow.require(Permission.TASKS_DO)
    todo = uow.session.scalar(select(Todo).where(Todo.id == wish.todo_id).with_for_update())
    if todo is None or todo.leader_id != uow.actor.id:
        raise NotFound("task")
    if todo.done_at is not None:
        raise AlreadyTicked
    if todo.due_on > today:
        raise TaskAhead(on=todo.due_on)
    needs_proof = bool(uow.session.scalar(select(Step.needs_proof).where(Step.id == todo.step_id)))
    rules.check_tick(wish, needs_proof=needs_proof)
    todo.done_at, todo.proof_text, todo.proof_photo = uow.now, wish.text, wish.photo
    after = {"text": wish.text, "photo": wish.photo, "late": uow.now > todo.due_at}
    uow.audit("tasks.tick", todo.id, None, after)
