"""What followed: consequences, plans, and the tier that commission follows."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.appraisal.models import CheckupRow, Consequence, Cycle, GoalRow, PlanRow, Seat, TierRow
from app.domains.appraisal.values import (
    CheckupCard,
    ConsequenceCard,
    ConsequenceState,
    CycleStage,
    PlanCard,
    PlanState,
    TierCard,
    Why,
)
from app.domains.communities.models import Leader
from app.domains.scoring.values import Measure, Tier
from app.kernel.errors import NotFound


def consequences(session: Session, cycle_id: UUID | None = None, seat_id: UUID | None = None) -> list[ConsequenceCard]:
    """Consequences of a cycle or of one leader in it, those that wait for HQ first."""
    conditions = [Seat.cycle_id == cycle_id] if cycle_id else []
    return _cards(session, conditions + ([Consequence.seat_id == seat_id] if seat_id else []))


def get_consequence(session: Session, consequence_id: UUID) -> ConsequenceCard:
    """One consequence. Raises NotFound."""
    found = _cards(session, [Consequence.id == consequence_id])
    if not found:
        raise NotFound("consequence")
    return found[0]


def to_decide(session: Session, cycle_id: UUID) -> int:
    """How many consequences of a cycle wait for a decision."""
    waiting = select(func.count()).select_from(Consequence).join(Seat, Seat.id == Consequence.seat_id)
    return session.scalar(waiting.where(Seat.cycle_id == cycle_id, Consequence.state == ConsequenceState.PROPOSED)) or 0


def last_results(session: Session, hub_id: UUID, before: UUID) -> dict[UUID, Tier]:
    """The final tier of each leader in her newest cycle before this one in which she was judged."""
    rows = session.execute(
        select(Seat.leader_id, Seat.final_tier)
        .join(Cycle, Cycle.id == Seat.cycle_id)
        .ext(distinct_on(Seat.leader_id))
        .where(
            Cycle.hub_id == hub_id, Cycle.id != before, Seat.final_tier.is_not(None),
            func.jsonb_array_length(Seat.unjudged) == 0, Cycle.stage.in_([CycleStage.FINAL, CycleStage.CLOSED]),
        )
        .order_by(Seat.leader_id, Cycle.first_on.desc())
    )  # fmt: skip
    return {leader_id: tier for leader_id, tier in rows if tier is not None}


def tiers(session: Session, leader_id: UUID) -> list[TierCard]:
    """The tiers that a leader's commission followed and will follow, newest first."""
    rows = session.scalars(select(TierRow).where(TierRow.leader_id == leader_id).order_by(TierRow.from_at.desc()))
    return [TierCard(tier=row.tier, from_at=row.from_at) for row in rows]


def standing_tier(session: Session, leader_id: UUID, at: datetime) -> Tier | None:
    """The tier that a leader's commission follows at an instant; None before her first."""
    return next((card.tier for card in tiers(session, leader_id) if card.from_at <= at), None)


def standing_tiers(session: Session, leader_ids: Collection[UUID]) -> dict[UUID, Tier]:
    """The newest tier of each leader, one that begins later included: what a new one is compared with."""
    rows = session.execute(
        select(TierRow.leader_id, TierRow.tier)
        .ext(distinct_on(TierRow.leader_id))
        .where(TierRow.leader_id.in_(leader_ids))
        .order_by(TierRow.leader_id, TierRow.from_at.desc())
    )
    return dict(rows.all())


def plans(session: Session, leader_id: UUID) -> list[PlanCard]:
    """A leader's plans, newest first."""
    return _plans(session, PlanRow.leader_id == leader_id)


def running_plans(session: Session, leader_ids: Collection[UUID]) -> dict[UUID, PlanCard]:
    """The running plan of each of these leaders who has one."""
    found = _plans(session, PlanRow.leader_id.in_(leader_ids), PlanRow.state == PlanState.RUNNING)
    return {plan.leader_id: plan for plan in found}


def _plans(session: Session, *conditions: ColumnElement[bool]) -> list[PlanCard]:
    rows = session.scalars(select(PlanRow).where(*conditions).order_by(PlanRow.from_on.desc(), PlanRow.id)).all()
    ids = [row.id for row in rows]
    goals: dict[UUID, dict[Measure, int]] = {id_: {} for id_ in ids}
    for goal in session.scalars(select(GoalRow).where(GoalRow.plan_id.in_(ids)).order_by(GoalRow.measure)):
        goals[goal.plan_id][Measure(goal.measure)] = goal.target_bps
    checkups: dict[UUID, list[CheckupCard]] = {id_: [] for id_ in ids}
    for one in session.scalars(select(CheckupRow).where(CheckupRow.plan_id.in_(ids)).order_by(CheckupRow.due_on)):
        checkups[one.plan_id].append(
            CheckupCard(id=one.id, due_on=one.due_on, done_at=one.done_at, done_by=one.done_by, words=one.words,
                        on_track=one.on_track)
        )  # fmt: skip
    return [
        PlanCard(id=row.id, leader_id=row.leader_id, seat_id=row.seat_id, words=row.words, from_on=row.from_on,
                 until_on=row.until_on, state=row.state, goals=goals[row.id], checkups=tuple(checkups[row.id]))
        for row in rows
    ]  # fmt: skip


def _cards(session: Session, conditions: list[ColumnElement[bool]]) -> list[ConsequenceCard]:
    rows = session.execute(
        select(Consequence, Seat.leader_id, Leader.name, Cycle.hub_id)
        .join(Seat, Seat.id == Consequence.seat_id)
        .join(Cycle, Cycle.id == Seat.cycle_id)
        .join(Leader, Leader.id == Seat.leader_id)
        .where(*conditions)
        .order_by(Consequence.state != ConsequenceState.PROPOSED, Consequence.kind, Leader.code, Consequence.id)
    )
    return [
        ConsequenceCard(
            id=row.id, seat_id=row.seat_id, leader_id=leader_id, leader_name=name, hub_id=hub_id, kind=row.kind,
            state=row.state, tier=row.tier, from_at=row.from_at, reasons=tuple(Why(why) for why in row.reasons),
            note=row.note, proposed_at=row.proposed_at, decided_at=row.decided_at, decided_by=row.decided_by,
        )
        for row, leader_id, name, hub_id in rows
    ]  # fmt: skip
