"""Tables of the tasks room."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.tasks.values import PlanState, Seniority
from app.infra.db import Base
from app.kernel.ids import new_id


class Plan(Base):
    """What HQ wants leaders to do; its steps change only while it is a draft."""

    __tablename__ = "tasks_plan"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str]
    note: Mapped[str]
    #: Day 0 of its steps.
    starts_on: Mapped[date]
    state: Mapped[PlanState] = mapped_column(index=True)
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    #: Why it was withdrawn.
    reason: Mapped[str] = mapped_column(default="")


class Step(Base):
    """One thing to do on one day, and for whom."""

    __tablename__ = "tasks_step"
    __table_args__ = (
        CheckConstraint("(day_offset IS NULL) <> (on_date IS NULL)", name="one_day"),
        CheckConstraint("day_offset >= 0", name="offset_not_negative"),
        Index(None, "plan_id", "due_on"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("tasks_plan.id"))
    title: Mapped[str]
    day_offset: Mapped[int | None]
    on_date: Mapped[date | None]
    #: The day that follows from the plan's start, or from the date.
    due_on: Mapped[date]
    due_time: Mapped[time]
    script: Mapped[str]
    #: Key of a stored picture, or empty.
    asset: Mapped[str]
    needs_proof: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"))
    hub_id: Mapped[UUID | None]
    #: A tier of the scorecard, by its value; this room does not know the scorecard.
    tier: Mapped[str | None]
    seniority: Mapped[Seniority | None]
    leader_id: Mapped[UUID | None]


class Todo(Base):
    """One step for one leader."""

    __tablename__ = "tasks_todo"
    __table_args__ = (
        UniqueConstraint("step_id", "leader_id"),
        CheckConstraint("done_at IS NOT NULL OR proof_text || proof_photo = ''", name="proof_when_done"),
        Index(None, "leader_id", "due_on"),
        Index(None, "hub_id", "due_on"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    step_id: Mapped[UUID] = mapped_column(ForeignKey("tasks_step.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("tasks_plan.id"), index=True)
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    proof_text: Mapped[str] = mapped_column(default="")
    #: Key of a stored picture, or empty.
    proof_photo: Mapped[str] = mapped_column(default="")
