"""Targets: a leader accepts hers or says why they do not fit, and HQ replies."""

from uuid import UUID

from sqlalchemy import select

from app.domains.appraisal import queries, rules
from app.domains.appraisal.models import Seat, TargetRow
from app.domains.appraisal.service import cycles
from app.domains.appraisal.values import TARGET_MOVES, CycleStage, News, SettleTargets, TargetState
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.states import WrongState, check_move

#: While a leader may still answer, and while HQ may still reply.
_OPEN = (CycleStage.ANNOUNCED, CycleStage.RUNNING)


def accept(uow: UnitOfWork, seat_id: UUID) -> None:
    """Accept one's own targets; repeating changes nothing. Raises NotFound, WrongState."""
    uow.require(Permission.APPRAISAL_ANSWER)
    seat = _own(uow, seat_id)
    if seat.target_state is TargetState.ACCEPTED:
        return
    _move(uow, seat, TargetState.ACCEPTED)


def answer(uow: UnitOfWork, seat_id: UUID, text: str) -> None:
    """Say why one's own targets do not fit; HQ replies. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.APPRAISAL_ANSWER)
    seat = _own(uow, seat_id)
    rules.check_words("text", text)
    _move(uow, seat, TargetState.ANSWERED)
    seat.answer, seat.answered_at = text.strip(), uow.now


def settle(uow: UnitOfWork, wish: SettleTargets) -> None:
    """Reply to a leader who answered, and change targets or keep them. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.SCORING_JUDGE)
    seat = _held(uow, wish.seat_id)
    _still_open(uow, seat)
    rules.check_words("reply", wish.reply)
    rows = {row.measure: row for row in uow.session.scalars(select(TargetRow).where(TargetRow.seat_id == seat.id))}
    known = [target.measure for target in queries.targets(uow.session, [seat.id])[seat.id]]
    cycles.check_measures(wish.targets, known)
    _move(uow, seat, TargetState.SETTLED)
    seat.reply, seat.replied_by = wish.reply.strip(), uow.actor.name
    before = {measure: row.target_bps for measure, row in rows.items()}
    for measure, target_bps in wish.targets.items():
        rows[measure.value].target_bps = target_bps
    after = {measure: row.target_bps for measure, row in rows.items()}
    uow.audit("appraisal.settle_targets", seat.id, before, after | {"reply": seat.reply})
    cycles.tell(uow, seat.id, News.TARGETS_SETTLED, seat.reply)


def _own(uow: UnitOfWork, seat_id: UUID) -> Seat:
    """The seat of the leader who acts, held; a foreign one is not found."""
    seat = _held(uow, seat_id)
    if seat.leader_id != uow.actor.id:
        raise NotFound("seat")
    _still_open(uow, seat)
    return seat


def _held(uow: UnitOfWork, seat_id: UUID) -> Seat:
    seat = uow.session.get(Seat, seat_id, with_for_update=True, populate_existing=True)
    if seat is None:
        raise NotFound("seat")
    return seat


def _still_open(uow: UnitOfWork, seat: Seat) -> None:
    cycle = queries.get_cycle(uow.session, seat.cycle_id)
    if cycle.stage not in _OPEN:
        raise WrongState(what="cycle", state=cycle.stage.value, wanted=CycleStage.ANNOUNCED.value)


def _move(uow: UnitOfWork, seat: Seat, new: TargetState) -> None:
    check_move("targets", TARGET_MOVES, seat.target_state, new)
    old, seat.target_state = seat.target_state, new
    uow.audit("appraisal.answer_targets", seat.id, {"targets": old.value}, {"targets": new.value})
