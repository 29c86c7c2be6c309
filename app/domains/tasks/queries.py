"""Reads of the tasks room; nothing here writes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.communities.models import Leader
from app.domains.tasks import rules
from app.domains.tasks.models import Plan, Step, Todo
from app.domains.tasks.values import Audience, PlanCard, PlanState, StepCard, TodoCard
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

#: Done at a moment up to which it was due.
_IN_TIME = and_(Todo.done_at.is_not(None), Todo.done_at <= Todo.due_at)


def plans(session: Session, ask: PageAsk, state: PlanState | None = None) -> Page[PlanCard]:
    """Plans, newest first, with how far they are."""
    wanted = _plans().order_by(Plan.id.desc()).limit(ask.limit + 1)
    if state is not None:
        wanted = wanted.where(Plan.state == state)
    if ask.after:
        wanted = wanted.where(Plan.id < ask.after)
    rows = [PlanCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def get_plan(session: Session, plan_id: UUID) -> PlanCard:
    """One plan; raises NotFound."""
    row = session.execute(_plans().where(Plan.id == plan_id)).mappings().first()
    if row is None:
        raise NotFound("plan")
    return PlanCard(**row)


def _plans() -> Select[*tuple[Any, ...]]:
    def of_steps(what: Any) -> Any:
        return select(what).where(Step.plan_id == Plan.id).scalar_subquery()

    def of_todos(*conditions: ColumnElement[bool]) -> Any:
        return select(func.count(Todo.id)).where(Todo.plan_id == Plan.id, *conditions).scalar_subquery()

    names = (
        "id", "title", "note", "starts_on", "state", "made_by", "made_at", "published_at", "withdrawn_at", "reason",
    )  # fmt: skip
    return select(
        *(getattr(Plan, name) for name in names), of_steps(func.count(Step.id)).label("steps"),
        of_steps(func.min(Step.due_on)).label("first_on"), of_steps(func.max(Step.due_on)).label("last_on"),
        of_todos().label("todos"), of_todos(Todo.done_at.is_not(None)).label("done"),
    )  # fmt: skip


def steps(session: Session, plan_id: UUID, now: datetime) -> list[StepCard]:
    """The steps of a plan by day, with what became of their to-dos."""
    return _steps(session, [Step.plan_id == plan_id], now)


def steps_to_make(session: Session, first_on: date, last_on: date, now: datetime) -> list[StepCard]:
    """Steps of published plans whose day lies in a span."""
    published = select(Plan.id).where(Plan.state == PlanState.PUBLISHED)
    return _steps(session, [Step.due_on.between(first_on, last_on), Step.plan_id.in_(published)], now)


def _steps(session: Session, conditions: Sequence[ColumnElement[bool]], now: datetime) -> list[StepCard]:
    names = (
        "id", "plan_id", "title", "day_offset", "on_date", "due_on", "due_time", "script", "asset", "needs_proof",
        "owner_id", "hub_id", "tier", "seniority", "leader_id",
    )  # fmt: skip
    rows = session.execute(
        select(
            *(getattr(Step, name) for name in names), Account.name.label("owner_name"),
            func.count(Todo.id).label("todos"), func.count(Todo.id).filter(_IN_TIME).label("done_in_time"),
            func.count(Todo.id).filter(Todo.done_at > Todo.due_at).label("done_late"),
            func.count(Todo.id).filter(Todo.done_at.is_(None), Todo.due_at < now).label("overdue"),
        )
        .join(Account, Account.id == Step.owner_id)
        .outerjoin(Todo, Todo.step_id == Step.id)
        .where(*conditions)
        .group_by(Step.id, Account.name)
        .order_by(Step.due_on, Step.due_time, Step.id)
    ).mappings()  # fmt: skip
    cards = []
    for row in rows:
        fields = dict(row)
        audience = Audience(**{name: fields.pop(name) for name in Audience.__dataclass_fields__})
        cards.append(StepCard(audience=audience, **fields))
    return cards


def todos_of_leader(session: Session, leader_id: UUID, now: datetime, today: date) -> list[TodoCard]:
    """What a leader has to do: of today and tomorrow, what is left of the past weeks, and what she did today."""
    wanted = or_(
        Todo.due_on >= today,
        and_(Todo.done_at.is_(None), Todo.due_on >= today - rules.KEPT_OPEN),
        Todo.done_at >= now - rules.AHEAD,
    )
    return _todos(session, [Todo.leader_id == leader_id, wanted], now, today)


def get_todo(session: Session, todo_id: UUID, now: datetime, today: date) -> TodoCard:
    """One to-do; raises NotFound. Callers ask first whose it is."""
    found = _todos(session, [Todo.id == todo_id], now, today)
    if not found:
        raise NotFound("task")
    return found[0]


def waiting(session: Session, leader_id: UUID, today: date) -> int:
    """How many to-dos of today and before a leader has not ticked."""
    wanted = select(func.count(Todo.id)).where(
        Todo.leader_id == leader_id, Todo.done_at.is_(None), Todo.due_on.between(today - rules.KEPT_OPEN, today)
    )
    return session.scalar(wanted) or 0


def todos_of_plan(
    session: Session, plan_id: UUID, ask: PageAsk, now: datetime, today: date, *, open_only: bool = False
) -> Page[TodoCard]:
    """Who did what of a plan, in the order of making; or only what is not ticked."""
    conditions: list[ColumnElement[bool]] = [Todo.plan_id == plan_id]
    if open_only:
        conditions.append(Todo.done_at.is_(None))
    if ask.after:
        conditions.append(Todo.id > ask.after)
    rows = _todos(session, conditions, now, today, ask.limit + 1)
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def photos_in_use(session: Session) -> set[str]:
    """Keys of the photos with which leaders proved what they did: they stay as long as the to-do is kept."""
    return set(session.scalars(select(Todo.proof_photo).where(Todo.proof_photo != "")))


def has_proof(session: Session, plan_id: UUID, key: str) -> bool:
    """Whether a picture is the proof of a to-do of this plan."""
    return session.scalar(select(Todo.id).filter_by(plan_id=plan_id, proof_photo=key).limit(1)) is not None


def plan_has_asset(session: Session, plan_id: UUID, key: str) -> bool:
    """Whether a picture belongs to a step of this plan."""
    return session.scalar(select(Step.id).filter_by(plan_id=plan_id, asset=key).limit(1)) is not None


def _todos(
    session: Session, conditions: Sequence[ColumnElement[bool]], now: datetime, today: date, limit: int | None = None
) -> list[TodoCard]:
    of_todo = ("id", "step_id", "plan_id", "leader_id", "due_on", "due_at", "done_at", "proof_text", "proof_photo")
    order = (Todo.id,) if limit else (Todo.due_at, Todo.id)
    rows = session.execute(
        select(
            *(getattr(Todo, name) for name in of_todo), Step.title, Step.script, Step.asset, Step.needs_proof,
            Plan.title.label("plan_title"), Account.name.label("owner_name"), Leader.name.label("leader_name"),
        )
        .join(Step, Step.id == Todo.step_id)
        .join(Plan, Plan.id == Todo.plan_id)
        .join(Account, Account.id == Step.owner_id)
        .join(Leader, Leader.id == Todo.leader_id)
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
    ).mappings()  # fmt: skip
    return [
        TodoCard(state=rules.state_of(row["due_at"], row["due_on"], row["done_at"], now, today), **row) for row in rows
    ]
