"""The orders of a group-buy that HQ called off, batch by batch. Quota and money are the flow's business."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update

from app.domains.orders.events import OrderCalledOff
from app.domains.orders.models import LineCut, Order, OrderLine
from app.domains.orders.values import CutReason, OrderStatus, StandingLine, StandingOrder
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

_STANDING = (OrderStatus.PLACED, OrderStatus.PAID)


def hold_standing(uow: UnitOfWork, group_buy_id: UUID, limit: int) -> list[StandingOrder]:
    """Up to `limit` orders of a round that are unpaid or paid, locked to the end of the transaction; by id."""
    uow.require(Permission.ORDERS_MANAGE)
    wanted = select(Order).where(Order.group_buy_id == group_buy_id, Order.status.in_(_STANDING))
    orders = uow.session.scalars(
        wanted.order_by(Order.id).limit(limit).with_for_update().execution_options(populate_existing=True)
    ).all()
    lines = _lines(uow, [order.id for order in orders])
    return [
        StandingOrder(
            id=order.id, no=order.no, status=order.status, resident_id=order.resident_id, currency=order.currency,
            lines=tuple(lines[order.id]),
        )
        for order in orders
    ]  # fmt: skip


def _lines(uow: UnitOfWork, order_ids: Sequence[UUID]) -> dict[UUID, list[StandingLine]]:
    """Lines by order. What a resident took out herself gave its quota back then; every other cut did not."""
    given_back = (
        select(func.coalesce(func.sum(LineCut.qty), 0))
        .where(LineCut.line_id == OrderLine.id, LineCut.reason == CutReason.RESIDENT)
        .scalar_subquery()
    )
    rows = uow.session.execute(
        select(
            OrderLine.id, OrderLine.order_id, OrderLine.offer_id, (OrderLine.qty - OrderLine.cut_qty).label("left_qty"),
            (OrderLine.qty * OrderLine.unit_price_cents - OrderLine.refunded_cents).label("left_cents"),
            (OrderLine.qty - given_back).label("held_qty"), OrderLine.tolerance_qty,
        )
        .where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.id)
    )  # fmt: skip
    found: dict[UUID, list[StandingLine]] = defaultdict(list)
    for row in rows:
        found[row.order_id].append(
            StandingLine(
                line_id=row.id, order_id=row.order_id, offer_id=row.offer_id, left_qty=row.left_qty,
                left_cents=int(row.left_cents), held_qty=int(row.held_qty), tolerance_qty=row.tolerance_qty,
            )
        )  # fmt: skip
    return found


def call_off(uow: UnitOfWork, orders: Sequence[StandingOrder], reason: str) -> None:
    """Cancel orders that the caller holds, and let their residents know why; three statements, however many."""
    uow.require(Permission.ORDERS_MANAGE)
    ids = [order.id for order in orders]
    uow.session.execute(
        update(Order)
        .where(Order.id.in_(ids), Order.status.in_(_STANDING))
        .values(status=OrderStatus.CANCELLED, ended_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    after = {"status": "cancelled", "reason": reason}
    uow.audit_many("orders.move", [(order.id, {"status": order.status.value}, after) for order in orders])
    for order in orders:
        uow.emit(OrderCalledOff(order.id, order.resident_id, order.no, order.left_cents, order.currency, reason))
