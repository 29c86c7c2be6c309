"""A leader is away on some pickup days: asked for by her or entered by HQ, agreed with a deputy, or cancelled."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from app.domains.communities import queries
from app.domains.communities.errors import (
    AbsenceBegun,
    AbsenceOverlaps,
    DeputyAway,
    NobodyServes,
    PointFull,
    StandsIn,
)
from app.domains.communities.events import AbsenceDecided
from app.domains.communities.models import Absence, Leader, PickupPoint
from app.domains.communities.values import SERVING
from app.domains.communities.values.absences import ABSENCE_MOVES, AbsenceCard, AbsenceState, AskAbsence
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.states import check_move
from app.kernel.words import one_line

LONGEST_NOTE = 300
#: Nobody is away longer; who is should rest or be replaced.
LONGEST = timedelta(days=60)
_HOLDS = (AbsenceState.ASKED, AbsenceState.AGREED)


def ask(uow: UnitOfWork, wish: AskAbsence) -> UUID:
    """Note the pickup days on which a leader wants to be away; nothing changes before HQ agrees and names a deputy.

    She asks for herself; HQ may enter it for anybody. Raises NotFound, Invalid (days in the wrong order, too many, or
    begun), NobodyServes (she does not serve), AbsenceOverlaps, StandsIn (she is somebody's deputy on such a day).
    """
    uow.require(Permission.COMMUNITIES_ASK_ABSENCE)
    if not _may(uow, wish.leader_id):
        raise NotFound(what="leader")
    leader = _held(uow, wish.leader_id)
    if leader.status not in SERVING:
        raise NobodyServes
    if wish.last_on < wish.first_on:
        raise Invalid(field="last_on", reason="lies before the first day")
    if wish.last_on - wish.first_on > LONGEST:
        raise Invalid(field="last_on", reason=Reason.TOO_LARGE)
    if wish.first_on < _today(uow, leader.hub_id):
        raise Invalid(field="first_on", reason="lies in the past")
    _refuse_overlap(uow, leader.id, wish.first_on, wish.last_on)
    row = Absence(
        id=new_id(), leader_id=leader.id, hub_id=leader.hub_id, first_on=wish.first_on, last_on=wish.last_on,
        note=one_line("note", wish.note, LONGEST_NOTE, needed=False), state=AbsenceState.ASKED,
        asked_by=uow.actor.name, asked_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    days = {"first_on": str(wish.first_on), "last_on": str(wish.last_on)}
    uow.audit("communities.ask_absence", leader.id, None, days)
    return row.id


def agree(uow: UnitOfWork, absence_id: UUID, deputy_id: UUID) -> AbsenceCard:
    """HQ agrees and names who hands out instead; the flow moves what is open. Called once the homes are held.

    Raises NotFound, WrongState, NobodyServes (the deputy), DeputyAway, Invalid (herself, or the days are over),
    PointFull (her point has not room for the residents of both and of whom else its leaders stand in for).
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, absence_id)
    check_move("absence", ABSENCE_MOVES, row.state, AbsenceState.AGREED)
    if row.last_on < _today(uow, row.hub_id):
        raise Invalid(field="last_on", reason="lies in the past")
    if deputy_id == row.leader_id:
        raise Invalid(field="deputy_id", reason="cannot stand in for herself")
    leader, deputy = (_held(uow, one) for one in (row.leader_id, deputy_id))
    if deputy.hub_id != leader.hub_id:
        raise NotFound(what="leader")
    if deputy.status not in SERVING:
        raise NobodyServes
    if _overlapping(uow, deputy.id, row.first_on, row.last_on) is not None:
        raise DeputyAway
    _check_room(uow, row, leader, deputy)
    row.state, row.deputy_id = AbsenceState.AGREED, deputy.id
    return _decided(uow, row, "")


def refuse(uow: UnitOfWork, absence_id: UUID, answer: str) -> None:
    """HQ does not agree; she reads the answer. Raises NotFound, WrongState, Invalid (no answer)."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, absence_id)
    check_move("absence", ABSENCE_MOVES, row.state, AbsenceState.REFUSED)
    row.state = AbsenceState.REFUSED
    _decided(uow, row, one_line("answer", answer, LONGEST_NOTE))


def cancel(uow: UnitOfWork, absence_id: UUID) -> AbsenceCard:
    """Take an absence back before its first day, by her or by HQ; returns it as it was.

    Raises NotFound (or of somebody else), WrongState, AbsenceBegun.
    """
    uow.require(Permission.COMMUNITIES_ASK_ABSENCE)
    row = _locked(uow, absence_id)
    if not _may(uow, row.leader_id):
        raise NotFound("absence")
    check_move("absence", ABSENCE_MOVES, row.state, AbsenceState.CANCELLED)
    if row.state is AbsenceState.AGREED and row.first_on <= _today(uow, row.hub_id):
        raise AbsenceBegun
    before = queries.get_absence(uow.session, absence_id)
    row.state = AbsenceState.CANCELLED
    _decided(uow, row, "")
    return before


def change_deputy(uow: UnitOfWork, old_id: UUID, new_id_: UUID) -> list[UUID]:
    """Let somebody else stand in for those for whom a leader who leaves would have; returns those absences.

    Days that are over at the hub stay as they were.
    Nobody stands in for herself: such an absence keeps its deputy and counts for nothing.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    today = _today(uow, queries.get_leader(uow.session, old_id).hub_id)
    going = (Absence.deputy_id == old_id, Absence.state == AbsenceState.AGREED, Absence.last_on >= today)
    changed = update(Absence).where(*going, Absence.leader_id != new_id_).values(deputy_id=new_id_)
    return list(uow.session.scalars(changed.returning(Absence.id)))


def give_deputy_back(uow: UnitOfWork, ids: list[UUID], deputy_id: UUID) -> None:
    """Undo `change_deputy`."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    uow.session.execute(update(Absence).where(Absence.id.in_(ids)).values(deputy_id=deputy_id))


def _may(uow: UnitOfWork, leader_id: UUID) -> bool:
    """A leader speaks for herself only, HQ for everybody."""
    return uow.actor.role is not Role.LEADER or uow.actor.id == leader_id


def _today(uow: UnitOfWork, hub_id: UUID) -> date:
    return uow.now.astimezone(ZoneInfo(queries.get_hub(uow.session, hub_id).timezone)).date()


def _held(uow: UnitOfWork, leader_id: UUID) -> Leader:
    leader = uow.session.get(Leader, leader_id, with_for_update={"key_share": True})
    if leader is None:
        raise NotFound(what="leader")
    return leader


def _locked(uow: UnitOfWork, absence_id: UUID) -> Absence:
    row = uow.session.scalar(select(Absence).filter_by(id=absence_id).with_for_update())
    if row is None:
        raise NotFound("absence")
    return row


def _overlapping(uow: UnitOfWork, leader_id: UUID, first_on: date, last_on: date) -> Absence | None:
    wanted = select(Absence).where(
        Absence.leader_id == leader_id, Absence.state.in_(_HOLDS), Absence.first_on <= last_on,
        Absence.last_on >= first_on,
    )  # fmt: skip
    return uow.session.scalar(wanted.order_by(Absence.first_on).limit(1))


def _refuse_overlap(uow: UnitOfWork, leader_id: UUID, first_on: date, last_on: date) -> None:
    if other := _overlapping(uow, leader_id, first_on, last_on):
        raise AbsenceOverlaps(first_on=other.first_on, last_on=other.last_on)
    for one in queries.deputised(uow.session, leader_id, first_on):
        if one.first_on <= last_on:
            raise StandsIn(first_on=one.first_on, last_on=one.last_on)


def _check_room(uow: UnitOfWork, row: Absence, leader: Leader, deputy: Leader) -> None:
    """A deputy at another point needs seats there for the residents of both, and of others who come there by then."""
    if deputy.pickup_point_id == leader.pickup_point_id:
        return
    point = uow.session.get_one(PickupPoint, deputy.pickup_point_id, with_for_update={"key_share": True})
    there = queries.residents_by_point(uow.session, ids=[point.id]).get(point.id, 0)
    away, stands_in = aliased(Leader), aliased(Leader)
    others = uow.session.scalars(
        select(Absence.leader_id)
        .join(away, away.id == Absence.leader_id)
        .join(stands_in, stands_in.id == Absence.deputy_id)
        .where(
            Absence.state == AbsenceState.AGREED, Absence.first_on <= row.last_on, Absence.last_on >= row.first_on,
            stands_in.pickup_point_id == point.id, away.pickup_point_id != point.id,
        )
        .distinct()
    ).all()  # fmt: skip
    coming = queries.residents_by_leader(uow.session, ids={leader.id, *others})
    if there + sum(coming.values()) > point.capacity_orders:
        raise PointFull(capacity_orders=point.capacity_orders)


def _decided(uow: UnitOfWork, row: Absence, answer: str) -> AbsenceCard:
    row.decided_by, row.decided_at, row.answer = uow.actor.name, uow.now, answer
    uow.session.flush()
    after = {
        "absence_id": str(row.id), "state": row.state.value, "deputy_id": str(row.deputy_id or ""), "answer": answer,
    }  # fmt: skip
    uow.audit("communities.decide_absence", row.leader_id, None, after)
    uow.emit(AbsenceDecided(row.id, row.state.value))
    return queries.get_absence(uow.session, row.id)
