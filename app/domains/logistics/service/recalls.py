"""What a recall stops on its way to residents."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, update

from app.domains.logistics.models import Pickup, PickupLine
from app.domains.logistics.values.pickup import OPEN_PICKUPS, PICKUP_MOVES, PickupState
from app.infra.bulk import one_of
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.states import check_move


def lock_pickups(uow: UnitOfWork, order_ids: Collection[UUID]) -> None:
    """Hold the pickups of these orders, so that nothing is handed out while it is being recalled."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    held = select(Pickup.id).where(Pickup.order_id == one_of(order_ids)).order_by(Pickup.id).with_for_update()
    uow.session.execute(held)


def stop_lines(uow: UnitOfWork, line_ids: Collection[UUID]) -> int:
    """What was not fetched of these order lines is not due any more; returns how many pickups had nothing left.

    The caller cuts and refunds the same pieces in the same transaction. Repeating changes nothing.
    """
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    touched = set(
        uow.session.scalars(
            update(PickupLine)
            .where(PickupLine.order_line_id == one_of(line_ids), PickupLine.due_qty > PickupLine.picked_qty)
            .values(due_qty=PickupLine.picked_qty)
            .returning(PickupLine.pickup_id)
            .execution_options(synchronize_session=False)
        )
    )
    left = (
        select(PickupLine.pickup_id)
        .where(PickupLine.pickup_id == one_of(touched))
        .group_by(PickupLine.pickup_id)
        .having(func.sum(PickupLine.due_qty - PickupLine.picked_qty) == 0)
    )
    done = select(Pickup).where(Pickup.id.in_(left), Pickup.state.in_(OPEN_PICKUPS)).order_by(Pickup.id)
    pickups = uow.session.scalars(done).all()
    for pickup in pickups:
        ends = PickupState.VOID if pickup.state is PickupState.READY else PickupState.DONE
        check_move("pickup", PICKUP_MOVES, pickup.state, ends)
        pickup.state = ends
    uow.session.flush()
    return len(pickups)
