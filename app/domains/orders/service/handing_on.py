"""Open orders go to another leader, and to her pickup point."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, column, or_, select, update, values

from app.domains.orders import queries
from app.domains.orders.models import Order, OrderLine
from app.domains.orders.values import OrderHead, OrderMove, OrderStatus
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

_OPEN = (OrderStatus.PLACED, OrderStatus.PAID)


def hold_of_leader(uow: UnitOfWork, leader_id: UUID, days: tuple[date, date], ids: Collection[UUID]) -> list[OrderHead]:
    """Hold a leader's unpaid and paid orders of some pickup days, and those of `ids`, until the transaction ends.

    A payment or change that is under way is finished first. Which paid ones are still to be fetched, the caller asks
    of their pickups.
    """
    uow.require(Permission.ORDERS_MANAGE)
    hers = (Order.leader_id == leader_id) & Order.pickup_on.between(*days)
    return _held(uow, or_(hers, Order.id.in_(ids)))


def hold_of_residents(
    uow: UnitOfWork, residents: Collection[UUID], leader_ids: Collection[UUID], days: tuple[date, date]
) -> list[OrderHead]:
    """Hold the unpaid and paid orders that some residents have with some leaders on some pickup days."""
    uow.require(Permission.ORDERS_MANAGE)
    theirs = Order.resident_id.in_(residents) & Order.leader_id.in_(leader_ids) & Order.pickup_on.between(*days)
    return _held(uow, theirs)


def hold(uow: UnitOfWork, ids: Collection[UUID]) -> list[OrderHead]:
    """Hold orders by id, where they are unpaid or paid."""
    uow.require(Permission.ORDERS_MANAGE)
    return _held(uow, Order.id.in_(ids))


def hold_unpaid_at(uow: UnitOfWork, pickup_point_id: UUID, ids: Collection[UUID]) -> list[OrderHead]:
    """Hold the unpaid orders of a pickup point, and those of `ids`."""
    uow.require(Permission.ORDERS_MANAGE)
    return _held(uow, or_(queries.UNPAID & (Order.pickup_point_id == pickup_point_id), Order.id.in_(ids)))


def hand_on(uow: UnitOfWork, moves: Sequence[OrderMove]) -> None:
    """Give orders that the caller holds to other leaders and pickup points, with two statements.

    The resident fetches at the order's point; its lines' point is where the truck brings the goods, and follows only
    `with_lines`: as long as the round takes orders nothing was added up yet.
    """
    uow.require(Permission.ORDERS_MANAGE)
    if not moves:
        return
    rows = values(column("id", Uuid), column("leader_id", Uuid), column("point_id", Uuid), name="move")
    goes = rows.data([(m.order_id, m.leader_id, m.pickup_point_id) for m in moves])
    quiet = {"synchronize_session": False}
    moved = update(Order).where(Order.id == goes.c.id)
    uow.session.execute(
        moved.values(leader_id=goes.c.leader_id, pickup_point_id=goes.c.point_id).execution_options(**quiet)
    )
    along = [m for m in moves if m.with_lines]
    if along:
        goes = rows.data([(m.order_id, m.leader_id, m.pickup_point_id) for m in along])
        lines = update(OrderLine).where(OrderLine.order_id == goes.c.id)
        uow.session.execute(lines.values(pickup_point_id=goes.c.point_id).execution_options(**quiet))


def _held(uow: UnitOfWork, condition: ColumnElement[bool]) -> list[OrderHead]:
    columns = [getattr(Order, field.name) for field in fields(OrderHead)]
    wanted = select(*columns).where(condition, Order.status.in_(_OPEN)).order_by(Order.id).with_for_update()
    return [OrderHead(**row._mapping) for row in uow.session.execute(wanted)]
