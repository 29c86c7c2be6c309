"""What the scale must leave alone: goods that somebody has fetched."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.domains.logistics.errors import AlreadyPickedUp
from app.domains.logistics.models import Pickup
from app.domains.logistics.values.pickup import PickupState
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

_UNFETCHED = (PickupState.EXPECTED, PickupState.READY)


def hold_unfetched(uow: UnitOfWork, order_ids: Collection[UUID]) -> None:
    """Keep orders from being fetched until this transaction ends; raises AlreadyPickedUp when one was, even in part."""
    uow.require(Permission.LOGISTICS_SORT)
    wanted = select(Pickup).where(Pickup.order_id.in_(order_ids)).order_by(Pickup.id).with_for_update()
    for pickup in uow.session.scalars(wanted):
        if pickup.state not in _UNFETCHED:
            raise AlreadyPickedUp(pickup_id=pickup.id)
