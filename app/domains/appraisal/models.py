"""Tables of the appraisal room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.appraisal.values import (
    AppealStatus,
    ConsequenceKind,
    ConsequenceState,
    CycleStage,
    PlanState,
    TargetState,
)
from app.domains.scoring.values import Tier
from app.infra.db import Base
from app.kernel.ids import new_id


def _tier(name: str) -> Mapped[Tier | None]:
    """A column for a tier, with a constraint of its own name: a seat has several."""
    words = Enum(Tier, name=name, native_enum=False, create_constraint=True, length=32,
                 values_callable=lambda members: [member.value for member in members])  # fmt: skip
    return mapped_column(words)


class Cycle(Base):
    """One hub's appraisal over a period."""

    __tablename__ = "appraisal_cycle"
    __table_args__ = (
        UniqueConstraint("hub_id", "no"),
        CheckConstraint("last_on > first_on", name="days_in_order"),
        Index(None, "stage"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID]
    #: Counts the cycles of a hub.
    no: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    #: The scorecard policy that was announced; it judges even when there is a newer one.
    policy_version: Mapped[int]
    stage: Mapped[CycleStage]
    note: Mapped[str]
    announced_at: Mapped[datetime]
    announced_by: Mapped[str]
    appeals_until: Mapped[datetime | None]
    final_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: Why it was called off.
    reason: Mapped[str] = mapped_column(default="")


class Seat(Base):
    """One leader in one cycle: her targets' state and her scores as they were told."""

    __tablename__ = "appraisal_seat"
    __table_args__ = (UniqueConstraint("cycle_id", "leader_id"), Index(None, "leader_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_cycle.id"))
    leader_id: Mapped[UUID]
    target_state: Mapped[TargetState]
    #: What she said to her targets, and what HQ replied.
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(default="")
    replied_by: Mapped[str] = mapped_column(default="")
    #: Hundredths of a point.
    provisional_centi: Mapped[int | None]
    provisional_tier: Mapped[Tier | None] = _tier("provisional_tier")
    final_centi: Mapped[int | None]
    final_tier: Mapped[Tier | None] = _tier("final_tier")
    #: Why nobody judges her (`values.Why`).
    unjudged: Mapped[list[str]]
    targets_reached: Mapped[int | None]
    #: The tier that her commission followed when the cycle became final.
    standing: Mapped[Tier | None] = _tier("standing")


class TargetRow(Base):
    """One target of one leader in one cycle; rates in bps."""

    __tablename__ = "appraisal_target"
    __table_args__ = (CheckConstraint("target_bps >= 0", name="target_not_negative"),)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_seat.id"), primary_key=True)
    #: A `scoring.values.Measure`; older cycles keep measures that later policies leave out.
    measure: Mapped[str] = mapped_column(String(32), primary_key=True)
    target_bps: Mapped[int]
    own_bps: Mapped[int | None]
    peers_bps: Mapped[int | None]
    higher_is_better: Mapped[bool]


class Appeal(Base):
    """What a leader holds against her provisional score; one for each cycle."""

    __tablename__ = "appraisal_appeal"
    __table_args__ = (UniqueConstraint("seat_id"), Index(None, "status", "due_at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_seat.id"))
    text: Mapped[str]
    #: Keys of stored pictures.
    photos: Mapped[list[str]]
    status: Mapped[AppealStatus]
    filed_at: Mapped[datetime]
    #: When HQ must have answered.
    due_at: Mapped[datetime]
    owner_id: Mapped[UUID | None]
    owner_name: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(default="")


class Consequence(Base):
    """What the rules propose for a leader, and what HQ decided."""

    __tablename__ = "appraisal_consequence"
    __table_args__ = (UniqueConstraint("seat_id", "kind"), Index(None, "state"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_seat.id"))
    kind: Mapped[ConsequenceKind]
    state: Mapped[ConsequenceState]
    tier: Mapped[Tier | None]
    from_at: Mapped[datetime | None]
    #: `values.Why`.
    reasons: Mapped[list[str]]
    #: What the leader reads.
    note: Mapped[str] = mapped_column(default="")
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")


class PlanRow(Base):
    """A probation's plan; a leader has one running at most."""

    __tablename__ = "appraisal_plan"
    __table_args__ = (
        Index("uq_appraisal_plan_running", "leader_id", unique=True, postgresql_where=text("state = 'running'")),
        CheckConstraint("until_on > from_on", name="days_in_order"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID] = mapped_column(index=True)
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_seat.id"))
    words: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    state: Mapped[PlanState]
    ended_at: Mapped[datetime | None]


class GoalRow(Base):
    """One goal of a plan, in bps."""

    __tablename__ = "appraisal_goal"
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_plan.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(String(32), primary_key=True)
    target_bps: Mapped[int]


class CheckupRow(Base):
    """A day on which somebody of HQ looks in on a plan."""

    __tablename__ = "appraisal_checkup"
    __table_args__ = (UniqueConstraint("plan_id", "due_on"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_plan.id"))
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    on_track: Mapped[bool | None]


class TierRow(Base):
    """The tier that a leader's commission follows from an instant on; dated, never rewritten."""

    __tablename__ = "appraisal_tier"
    leader_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_at: Mapped[datetime] = mapped_column(primary_key=True)
    tier: Mapped[Tier]
    #: The consequence that gave it; None for tiers from before there were cycles.
    consequence_id: Mapped[UUID | None]
