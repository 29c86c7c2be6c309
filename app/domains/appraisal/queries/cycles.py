"""Cycles, who sits in them, and their targets."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domains.appraisal.models import Appeal, Consequence, Cycle, Seat, TargetRow
from app.domains.appraisal.values import (
    AppealStatus,
    ConsequenceState,
    CycleCard,
    CycleCount,
    CycleStage,
    SeatCard,
    Target,
    TargetState,
    Why,
)
from app.domains.communities.models import Leader
from app.domains.scoring.values import Measure
from app.kernel.errors import NotFound

#: Stages in which a cycle still moves.
MOVING = (CycleStage.ANNOUNCED, CycleStage.RUNNING, CycleStage.PROVISIONAL, CycleStage.FINAL)
#: Stages in which leaders know their scores.
TOLD = (CycleStage.PROVISIONAL, CycleStage.FINAL, CycleStage.CLOSED)


def cycles(session: Session, hub_id: UUID | None = None, limit: int = 50) -> list[CycleCard]:
    """Cycles of a hub or of all, newest first."""
    wanted = select(Cycle).order_by(Cycle.first_on.desc(), Cycle.announced_at.desc(), Cycle.id).limit(limit)
    if hub_id is not None:
        wanted = wanted.where(Cycle.hub_id == hub_id)
    return [_card(row) for row in session.scalars(wanted)]


def due_cycles(session: Session) -> list[UUID]:
    """Cycles that may have something to do: everything that is not over."""
    return list(session.scalars(select(Cycle.id).where(Cycle.stage.in_(MOVING)).order_by(Cycle.first_on, Cycle.id)))


def waiting_cycles(session: Session, now: datetime, hub_id: UUID | None = None) -> list[tuple[CycleCard, CycleCount]]:
    """Cycles in which an appeal waits for an answer or a consequence for a decision, oldest first."""
    wanted = select(Cycle).where(Cycle.stage.in_([CycleStage.PROVISIONAL, CycleStage.FINAL]))
    if hub_id is not None:
        wanted = wanted.where(Cycle.hub_id == hub_id)
    found = [_card(row) for row in session.scalars(wanted.order_by(Cycle.first_on, Cycle.id))]
    many = counts(session, [one.id for one in found], now) if found else {}
    return [(one, many[one.id]) for one in found if many[one.id].appeals_open or many[one.id].to_decide]


def get_cycle(session: Session, cycle_id: UUID) -> CycleCard:
    """One cycle. Raises NotFound."""
    row = session.get(Cycle, cycle_id)
    if row is None:
        raise NotFound("cycle")
    return _card(row)


def has_told_scores(session: Session, hub_id: UUID, first_on: date, last_on: date) -> bool:
    """Whether a cycle of exactly these days has told its leaders their scores."""
    told = select(Cycle.id).where(
        Cycle.hub_id == hub_id, Cycle.first_on == first_on, Cycle.last_on == last_on, Cycle.stage.in_(TOLD)
    )
    return session.scalar(told.limit(1)) is not None


def find_current(session: Session, leader_id: UUID) -> SeatCard | None:
    """The cycle in which a leader can say something now: the oldest that waits for a possible appeal, else the newest.

    The next cycle is announced while the one before it is judged.
    """
    seats = history(session, leader_id, 8)
    told = [
        seat for seat, cycle in seats if cycle.stage is CycleStage.PROVISIONAL and seat.provisional_centi is not None
    ]
    newest = seats[0][0] if seats else None
    return told[-1] if told else newest


def counts(session: Session, cycle_ids: Collection[UUID], now: datetime) -> dict[UUID, CycleCount]:
    """How far the leaders of cycles are, in one statement."""
    is_open = Appeal.status == AppealStatus.OPEN
    many = func.count(Seat.id.distinct())
    rows = session.execute(
        select(
            Seat.cycle_id, many.label("leaders"),
            many.filter(Seat.target_state.in_([TargetState.ACCEPTED, TargetState.SETTLED])).label("agreed"),
            many.filter(Seat.target_state == TargetState.ANSWERED).label("answered"),
            many.filter(func.jsonb_array_length(Seat.unjudged) > 0).label("unjudged"),
            func.count(Appeal.id.distinct()).filter(is_open).label("appeals_open"),
            func.count(Appeal.id.distinct()).filter(is_open, Appeal.due_at < now).label("appeals_late"),
            func.count(Consequence.id.distinct())
            .filter(Consequence.state == ConsequenceState.PROPOSED)
            .label("to_decide"),
        )
        .outerjoin(Appeal, Appeal.seat_id == Seat.id)
        .outerjoin(Consequence, Consequence.seat_id == Seat.id)
        .where(Seat.cycle_id.in_(cycle_ids))
        .group_by(Seat.cycle_id)
    )  # fmt: skip
    found = {
        row["cycle_id"]: CycleCount(**{k: v for k, v in row.items() if k != "cycle_id"}) for row in rows.mappings()
    }
    return {cycle_id: found.get(cycle_id, CycleCount()) for cycle_id in cycle_ids}


def seats(session: Session, cycle_id: UUID) -> list[SeatCard]:
    """All leaders of a cycle, best score first, those without one last."""
    score = func.coalesce(Seat.final_centi, Seat.provisional_centi)
    return _seats(session, [Seat.cycle_id == cycle_id], (score.desc().nulls_last(), Leader.code))


def seats_of_leader(session: Session, leader_id: UUID, limit: int = 24) -> list[SeatCard]:
    """A leader's cycles, newest first; cycles that were called off are left out."""
    found = select(Cycle.id).where(Cycle.stage != CycleStage.CALLED_OFF)
    return _seats(session, [Seat.leader_id == leader_id, Seat.cycle_id.in_(found)], (Cycle.first_on.desc(),), limit)


def history(session: Session, leader_id: UUID, limit: int = 24) -> list[tuple[SeatCard, CycleCard]]:
    """A leader's cycles with her seat in each, newest first; three statements, however many they are."""
    found = seats_of_leader(session, leader_id, limit)
    rows = session.scalars(select(Cycle).where(Cycle.id.in_([one.cycle_id for one in found])))
    known = {row.id: _card(row) for row in rows}
    return [(one, known[one.cycle_id]) for one in found]


def get_seat(session: Session, seat_id: UUID) -> SeatCard:
    """One leader in one cycle. Raises NotFound."""
    found = _seats(session, [Seat.id == seat_id], (Seat.id,))
    if not found:
        raise NotFound("seat")
    return found[0]


def targets(session: Session, seat_ids: Collection[UUID]) -> dict[UUID, tuple[Target, ...]]:
    """The targets of seats, in the order of the measures' names; one statement."""
    rows = session.scalars(
        select(TargetRow).where(TargetRow.seat_id.in_(seat_ids)).order_by(TargetRow.seat_id, TargetRow.measure)
    )
    found: dict[UUID, list[Target]] = {seat_id: [] for seat_id in seat_ids}
    for row in rows:
        found[row.seat_id].append(
            Target(measure=Measure(row.measure), target_bps=row.target_bps, own_bps=row.own_bps,
                   peers_bps=row.peers_bps, higher_is_better=row.higher_is_better)
        )  # fmt: skip
    order = list(Measure)
    return {seat_id: tuple(sorted(own, key=lambda one: order.index(one.measure))) for seat_id, own in found.items()}


def _card(row: Cycle) -> CycleCard:
    return CycleCard(**{field.name: getattr(row, field.name) for field in fields(CycleCard)})


def _seats(
    session: Session, conditions: list[ColumnElement[bool]], order: tuple[Any, ...], limit: int | None = None
) -> list[SeatCard]:
    rows = session.execute(
        select(Seat, Leader.name, Leader.code, Leader.status)
        .join(Leader, Leader.id == Seat.leader_id)
        .join(Cycle, Cycle.id == Seat.cycle_id)
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
    )
    found = rows.all()
    seen = {"leader_name", "leader_code", "leader_status", "unjudged", "targets_of"}
    plain = [field.name for field in fields(SeatCard) if field.name not in seen]
    many = _how_many_targets(session, [row.Seat.id for row in found])
    return [
        SeatCard(
            **{name: getattr(row.Seat, name) for name in plain}, leader_name=row.name, leader_code=row.code,
            leader_status=row.status, unjudged=tuple(Why(why) for why in row.Seat.unjudged),
            targets_of=many.get(row.Seat.id),
        )
        for row in found
    ]  # fmt: skip


def _how_many_targets(session: Session, seat_ids: Collection[UUID]) -> dict[UUID, int]:
    counted = select(TargetRow.seat_id, func.count()).where(TargetRow.seat_id.in_(seat_ids))
    return dict(session.execute(counted.group_by(TargetRow.seat_id)).all())
