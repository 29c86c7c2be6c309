"""Inputs and results of the tasks room."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


PLAN_MOVES: dict[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.PUBLISHED, PlanState.WITHDRAWN}),
    PlanState.PUBLISHED: frozenset({PlanState.WITHDRAWN}),
    PlanState.WITHDRAWN: frozenset(),
}


class Seniority(StrEnum):
    """How old a leader's service is, by the stage of her last scorecard; who has none is new."""

    NEW = "new"
    GROWING = "growing"
    MATURE = "mature"


class TodoState(StrEnum):
    """How a to-do stands at a moment."""

    #: Its day has not come.
    AHEAD = "ahead"
    OPEN = "open"
    #: Not done, and its time is over.
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePlan:
    """What a plan is called and for, and the day from which its steps count; `plan_id` None makes a new one."""

    plan_id: UUID | None
    title: str
    note: str
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Which serving leaders a step is for; what is None does not matter, the rest must all be so."""

    hub_id: UUID | None = None
    #: A tier of the scorecard, by its value.
    tier: str | None = None
    seniority: Seniority | None = None
    leader_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveStep:
    """One step of a draft: on a day counted from the plan's start, or on a date of its own; `step_id` None adds one."""

    plan_id: UUID
    step_id: UUID | None
    title: str
    #: Days after the plan's start; None when `on_date` says the day.
    day_offset: int | None
    on_date: date | None
    #: By the clocks of the leader's hub.
    due_time: time
    #: What the leader copies, with names in braces for what differs from leader to leader.
    script: str
    #: Key of a stored picture, or empty.
    asset: str
    needs_proof: bool
    #: Who at HQ answers questions about it.
    owner_id: UUID
    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """A plan with how far its leaders are."""

    id: UUID
    title: str
    note: str
    starts_on: date
    state: PlanState
    made_by: str
    made_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    reason: str
    steps: int
    first_on: date | None
    last_on: date | None
    todos: int
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCard:
    """A step with what became of its to-dos."""

    id: UUID
    plan_id: UUID
    title: str
    day_offset: int | None
    on_date: date | None
    #: The day that follows from either.
    due_on: date
    due_time: time
    script: str
    asset: str
    needs_proof: bool
    owner_id: UUID
    owner_name: str
    audience: Audience
    todos: int
    done_in_time: int
    done_late: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoCard:
    """One leader's task."""

    id: UUID
    step_id: UUID
    plan_id: UUID
    plan_title: str
    leader_id: UUID
    leader_name: str
    title: str
    script: str
    asset: str
    needs_proof: bool
    owner_name: str
    due_on: date
    due_at: datetime
    done_at: datetime | None
    proof_text: str
    proof_photo: str
    state: TodoState


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTodo:
    """A task for a leader, to be made unless she has it."""

    step_id: UUID
    plan_id: UUID
    leader_id: UUID
    hub_id: UUID
    due_on: date
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The leader has done it; words or a photo show it, where the step asks for proof."""

    todo_id: UUID
    text: str = ""
    photo: str = ""
