"""Holding order lines: what is decided about them is read when nobody else can change them any more.

A statement that waits for a row sees that row as it is then, but whatever it joins as it was before: so first the
lines are held, and a second statement reads.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.domains.orders.models import OrderLine
from app.infra.bulk import one_of
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def hold(uow: UnitOfWork, line_ids: Collection[UUID]) -> None:
    """Let nobody else weigh or cut these lines until the transaction ends; everybody takes them by id."""
    uow.require(Permission.ORDERS_MANAGE)
    held = select(OrderLine.id).where(OrderLine.id == one_of(line_ids)).order_by(OrderLine.id)
    uow.session.execute(held.with_for_update())


def hold_goods(
    uow: UnitOfWork, group_buy_id: UUID, sku_ids: Collection[UUID], pickup_point_id: UUID | None = None
) -> None:
    """As `hold`, for all lines of some goods of a round, at one pickup point or everywhere."""
    uow.require(Permission.ORDERS_MANAGE)
    held = select(OrderLine.id).where(OrderLine.group_buy_id == group_buy_id, OrderLine.sku_id == one_of(sku_ids))
    if pickup_point_id is not None:
        held = held.where(OrderLine.pickup_point_id == pickup_point_id)
    uow.session.execute(held.order_by(OrderLine.id).with_for_update())
