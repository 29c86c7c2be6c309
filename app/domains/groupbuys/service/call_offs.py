"""Calling a group-buy off: it takes no orders any more, and its stations do not run; a flow gives the orders back."""

from uuid import UUID

from sqlalchemy import select

from app.domains.groupbuys.errors import CallOffTooLate, StationAtWork
from app.domains.groupbuys.events import GroupBuyCalledOff
from app.domains.groupbuys.models import CallOff, GroupBuy, RoundStepRow
from app.domains.groupbuys.values import GROUP_BUY_MOVES, GroupBuyStatus, Station, StepState
from app.domains.supply import queries as supply
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.states import check_move
from app.kernel.words import one_line

LONGEST_REASON = 300


def begin(uow: UnitOfWork, group_buy_id: UUID, reason: str) -> bool:
    """Let an open or closed group-buy not take place, for a reason that everybody is told; its day is free again.

    Waits for orders in flight. Repeating changes nothing and returns False; the first reason stays.
    Raises NotFound, Invalid without a reason, WrongState for a draft (delete it) or a settled one, StationAtWork,
    CallOffTooLate once its goods are released to the sorting tables.
    """
    uow.require(Permission.GROUPBUYS_CLOSE)
    uow.lock(f"round:{group_buy_id}")
    group_buy = uow.session.get(GroupBuy, group_buy_id, with_for_update=True, populate_existing=True)
    if group_buy is None:
        raise NotFound("group_buy")
    if group_buy.status is GroupBuyStatus.CANCELLED:
        return False
    words = one_line("reason", reason, LONGEST_REASON)
    before = group_buy.status
    check_move("group_buy", GROUP_BUY_MOVES, before, GroupBuyStatus.CANCELLED)
    _check_stations(uow, group_buy_id)
    group_buy.status = GroupBuyStatus.CANCELLED
    uow.session.add(CallOff(group_buy_id=group_buy_id, reason=words, by=uow.actor.name, at=uow.now))
    uow.session.flush()
    after = {"status": "cancelled", "reason": words}
    uow.audit("groupbuys.call_off", group_buy_id, {"status": before.value}, after)
    uow.emit(
        GroupBuyCalledOff(
            group_buy_id, group_buy.hub_id, group_buy.title, group_buy.title_en, group_buy.pickup_on.isoformat(), words
        )
    )
    return True


def _check_stations(uow: UnitOfWork, group_buy_id: UUID) -> None:
    steps = uow.session.scalars(select(RoundStepRow).filter_by(group_buy_id=group_buy_id)).all()
    for step in steps:
        if step.state is StepState.RUNNING:
            raise StationAtWork(station=step.station)
    received = any(step.station is Station.RECEIVE and step.state is StepState.DONE for step in steps)
    if received or supply.is_sorted_out(uow.session, group_buy_id):
        raise CallOffTooLate


def finish(uow: UnitOfWork, group_buy_id: UUID, note: str) -> None:
    """Note that everything was given back, with what the board shows; only the first time counts. Raises NotFound."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    word = uow.session.get(CallOff, group_buy_id, with_for_update=True)
    if word is None:
        raise NotFound("call_off")
    if word.done_at is None:
        word.done_at, word.note = uow.now, note
        uow.audit("groupbuys.call_off_done", group_buy_id, None, {"note": note})
