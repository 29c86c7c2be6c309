"""How far a round has come. The board reads what these write; every station may be started again."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.groupbuys import rules
from app.domains.groupbuys.errors import CalledOff
from app.domains.groupbuys.models import GroupBuy, RoundStepRow
from app.domains.groupbuys.values import GroupBuyStatus, Station, StepState
from app.infra.uow import UnitOfWork
from app.kernel.errors import NotFound

#: A refusal may name every open line of a night; longer texts are cut.
MOST_WORDS = 20_000


def start_step(uow: UnitOfWork, group_buy_id: UUID, station: Station) -> bool:
    """Mark a station as running; False when it is done already.

    Raises StationTooEarly, CalledOff. May be repeated after a crash.
    """
    uow.require(rules.STATION_RIGHTS[station])
    uow.lock(f"round:{group_buy_id}")
    group_buy = uow.session.get(GroupBuy, group_buy_id)
    if group_buy is None:
        raise NotFound("group_buy")
    if group_buy.status is GroupBuyStatus.CANCELLED:
        raise CalledOff
    steps = uow.session.scalars(select(RoundStepRow).filter_by(group_buy_id=group_buy_id)).all()
    states = {s.station: s.state for s in steps}
    if states.get(station) is StepState.DONE:
        return False
    rules.check_turn(station, states)
    fresh = {"state": StepState.RUNNING, "note": "", "started_at": uow.now, "moved_at": uow.now, "finished_at": None}
    uow.session.execute(
        insert(RoundStepRow)
        .values(group_buy_id=group_buy_id, station=station, done=0, total=0, **fresh)
        .on_conflict_do_update(index_elements=["group_buy_id", "station"], set_=fresh)
    )
    return True


def advance_step(uow: UnitOfWork, group_buy_id: UUID, station: Station, done: int, total: int, note: str = "") -> None:
    """Show that `done` of `total` is finished; what was taken for stopped and moves again runs."""
    uow.require(rules.STATION_RIGHTS[station])
    alive = {"state": StepState.RUNNING, "moved_at": uow.now, "finished_at": None}
    _set(uow, group_buy_id, station, done=done, total=total, note=note, **alive)


def finish_step(uow: UnitOfWork, group_buy_id: UUID, station: Station, note: str) -> None:
    """Mark a station as done, with what the board shows."""
    uow.require(rules.STATION_RIGHTS[station])
    _set(uow, group_buy_id, station, state=StepState.DONE, note=note, finished_at=uow.now)
    uow.audit("round." + station.value, group_buy_id, None, {"note": note})


def fail_step(uow: UnitOfWork, group_buy_id: UUID, station: Station, reason: str) -> None:
    """Mark a station as failed, with the reason; it can be started again."""
    uow.require(rules.STATION_RIGHTS[station])
    _set(uow, group_buy_id, station, state=StepState.FAILED, note=reason[:MOST_WORDS], finished_at=uow.now)


def _set(uow: UnitOfWork, group_buy_id: UUID, station: Station, **values: object) -> None:
    uow.session.execute(
        update(RoundStepRow)
        .where(
            RoundStepRow.group_buy_id == group_buy_id,
            RoundStepRow.station == station,
            RoundStepRow.state != StepState.DONE,
        )
        .values(**values)
    )
