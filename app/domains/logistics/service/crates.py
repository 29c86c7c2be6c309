"""Crates: closing what is filled, and noting the empty ones that come back."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyDispatched, CrateNotFilled, TooManyEmpties
from app.domains.logistics.models import Crate, CrateReturn, Handover, Sheet, SortPut
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import Invalid, NotFound


def close(uow: UnitOfWork, group_buy_id: UUID, code: str) -> bool:
    """Note that a crate is filled, checked and closed; False when it was closed before.

    Raises NotFound for a label of another round, CrateNotFilled while something of its sheet is still to be put.
    """
    uow.require(Permission.LOGISTICS_SORT)
    sheet_id = uow.session.scalar(
        select(Sheet.id).join(Crate, Crate.sheet_id == Sheet.id)
        .where(Sheet.group_buy_id == group_buy_id, Crate.code == code).with_for_update(of=Sheet)
    )  # fmt: skip
    if sheet_id is None:
        raise NotFound("crate")
    still_open = uow.session.scalar(
        select(func.count()).select_from(SortPut).where(SortPut.sheet_id == sheet_id, SortPut.put_at.is_(None))
    )
    if still_open:
        raise CrateNotFilled(open=still_open)
    closed = update(Crate).where(Crate.code == code, Crate.closed_at.is_(None))
    return bool(uow.session.scalar(closed.values(closed_at=uow.now, closed_by=uow.actor.name).returning(Crate.id)))


def reopen(uow: UnitOfWork, group_buy_id: UUID, code: str) -> None:
    """Open a closed crate again. Repeating changes nothing. Raises NotFound, AlreadyDispatched once it has left."""
    uow.require(Permission.LOGISTICS_SORT)
    if queries.find_crate(uow.session, group_buy_id, code) is None:
        raise NotFound("crate")
    uow.lock(f"logistics.sort:{group_buy_id}")
    if uow.session.scalar(select(Handover.id).filter_by(group_buy_id=group_buy_id).limit(1)):
        raise AlreadyDispatched
    uow.session.execute(update(Crate).where(Crate.code == code).values(closed_at=None, closed_by=None))


def take_empties(uow: UnitOfWork, handover_id: UUID, qty: int) -> int:
    """Note how many empty crates the truck of a handover takes back from its point; returns how many stay there.

    The driver, the hub or the leader who serves the point may say it, at the arrival or later; saying it again
    corrects the number. Raises NotFound, Invalid, TooManyEmpties with what stands there from earlier rounds.
    """
    uow.require(Permission.LOGISTICS_HAND_OVER)
    handover = uow.session.scalar(select(Handover).filter_by(id=handover_id).with_for_update())
    if handover is None or not (
        uow.actor.role is not Role.LEADER or queries.takes_handover(uow.session, uow.actor.id, handover.id)
    ):
        raise NotFound("handover")
    if qty < 0:
        raise Invalid(field="empties", reason="is not a whole number")
    place = (handover.group_buy_id, handover.pickup_point_id)
    uow.lock(f"logistics.empties:{handover.pickup_point_id}")  # trucks of several rounds find the same crates there
    there, before = queries.empties_at(uow.session, *place, handover.hub_id)
    if qty > there:
        raise TooManyEmpties(there=there)
    if qty != before:
        fresh = {"qty": qty, "at": uow.now, "by": uow.actor.name}
        uow.session.execute(
            insert(CrateReturn)
            .values(group_buy_id=place[0], pickup_point_id=place[1], hub_id=handover.hub_id, **fresh)
            .on_conflict_do_update(index_elements=["group_buy_id", "pickup_point_id"], set_=fresh)
        )
        uow.audit("logistics.take_empties", handover_id, {"qty": before}, {"qty": qty})
    return there - qty
