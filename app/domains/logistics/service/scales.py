"""What the scale must leave alone: goods that somebody has fetched. And what must not leave without it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics.errors import AlreadyPickedUp, LinesUnweighed
from app.domains.logistics.models import LeftUnweighed, Pickup
from app.domains.logistics.queries import weighing
from app.domains.logistics.values.pickup import PickupState
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: So many lines are named in a refusal.
NAMED = 20
_UNFETCHED = (PickupState.EXPECTED, PickupState.READY)


def hold_unfetched(uow: UnitOfWork, order_ids: Collection[UUID]) -> None:
    """Keep orders from being fetched until this transaction ends; raises AlreadyPickedUp when one was, even in part."""
    uow.require(Permission.LOGISTICS_SORT)
    wanted = select(Pickup).where(Pickup.order_id.in_(order_ids)).order_by(Pickup.id).with_for_update()
    for pickup in uow.session.scalars(wanted):
        if pickup.state not in _UNFETCHED:
            raise AlreadyPickedUp(pickup_id=pickup.id)


def check_weighed(uow: UnitOfWork, group_buy_id: UUID, sheet_id: UUID | None = None) -> None:
    """Raise LinesUnweighed while lines of a round, or of one sheet, wait for the scale and HQ has not let them go."""
    uow.require(Permission.LOGISTICS_SORT)
    if waiting := weighing.unweighed(uow.session, group_buy_id, sheet_id):
        raise LinesUnweighed(open=len(waiting), goods=list(dict.fromkeys(waiting))[:NAMED])


def leave_unweighed(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Let the lines that nobody weighed keep their price as ordered, on HQ's word; returns how many there are.

    They may still be weighed later. Repeating changes nothing. Raises NotFound.
    """
    uow.require(Permission.LOGISTICS_SORT)
    groupbuys.get_group_buy(uow.session, group_buy_id)
    lines = len(weighing.unweighed(uow.session, group_buy_id))
    if lines:
        word = insert(LeftUnweighed).values(group_buy_id=group_buy_id, lines=lines, by=uow.actor.name, at=uow.now)
        uow.session.execute(word.on_conflict_do_nothing())
        uow.audit("logistics.leave_unweighed", group_buy_id, None, {"lines": lines})
    return lines
