"""Appeals with their clocks."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domains.appraisal import rules
from app.domains.appraisal.models import Appeal, Cycle, Seat
from app.domains.appraisal.queries.cycles import MOVING
from app.domains.appraisal.values import AppealCard, AppealStatus
from app.domains.communities.models import Leader
from app.kernel.errors import NotFound


def appeals(session: Session, cycle_id: UUID) -> list[AppealCard]:
    """The appeals of a cycle: open ones first, the nearest deadline leading."""
    return _cards(session, Seat.cycle_id == cycle_id)


def find_appeal(session: Session, seat_id: UUID) -> AppealCard | None:
    """A leader's appeal in a cycle, if she made one."""
    return next(iter(_cards(session, Appeal.seat_id == seat_id)), None)


def get_appeal(session: Session, appeal_id: UUID) -> AppealCard:
    """One appeal. Raises NotFound."""
    found = _cards(session, Appeal.id == appeal_id)
    if not found:
        raise NotFound("appeal")
    return found[0]


def appeals_late(session: Session, now: datetime, hub_id: UUID | None = None) -> tuple[int, int]:
    """(open appeals, of these past their time), of one hub or of all."""
    late = func.count().filter(Appeal.due_at < now)
    wanted = select(func.count(), late).select_from(Appeal).where(Appeal.status == AppealStatus.OPEN)
    if hub_id is not None:
        wanted = wanted.join(Seat, Seat.id == Appeal.seat_id).join(Cycle, Cycle.id == Seat.cycle_id)
        wanted = wanted.where(Cycle.hub_id == hub_id)
    waiting, overdue = session.execute(wanted).one()
    return int(waiting), int(overdue)


def photos_in_dispute(session: Session, now: datetime) -> set[str]:
    """Keys of the photos beside appeals whose cycle is not over, or was closed so lately that it may be disputed."""
    lately = now - timedelta(days=rules.DISPUTED_DAYS)
    keys = (
        select(func.jsonb_array_elements_text(Appeal.photos))
        .join(Seat, Seat.id == Appeal.seat_id)
        .join(Cycle, Cycle.id == Seat.cycle_id)
        .where(Cycle.stage.in_(MOVING) | (Cycle.closed_at >= lately))
    )
    return set(session.scalars(keys))


def _cards(session: Session, condition: ColumnElement[bool]) -> list[AppealCard]:
    rows = session.execute(
        select(Appeal, Seat.cycle_id, Seat.leader_id, Leader.name)
        .join(Seat, Seat.id == Appeal.seat_id)
        .join(Leader, Leader.id == Seat.leader_id)
        .where(condition)
        .order_by(Appeal.status != AppealStatus.OPEN, Appeal.due_at, Appeal.id)
    )
    return [
        AppealCard(
            id=row.id, seat_id=row.seat_id, cycle_id=cycle_id, leader_id=leader_id, leader_name=name, text=row.text,
            photos=tuple(row.photos), status=row.status, filed_at=row.filed_at, due_at=row.due_at,
            owner_id=row.owner_id, owner_name=row.owner_name, answer=row.answer, answered_at=row.answered_at,
            answered_by=row.answered_by,
        )
        for row, cycle_id, leader_id, name in rows
    ]  # fmt: skip
