"""Writing orders and moving their status. Quota and money are the flows' business."""

from dataclasses import fields
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update

from app.domains.orders import queries, rules
from app.domains.orders.errors import OverLimit
from app.domains.orders.events import OrderLapsed, OrderPaid
from app.domains.orders.models import ORDER_NO, Order, OrderLine
from app.domains.orders.service import wishes
from app.domains.orders.values import ORDER_MOVES, NewLine, NewOrder, OrderHead, OrderItem, OrderStatus, Wished
from app.infra.db import Base
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import WrongState, check_move

#: The plain tables: an order is written as rows, without the mapper's bookkeeping.
_ORDERS, _LINES = (Base.metadata.tables[model.__tablename__] for model in (Order, OrderLine))
#: Built once: every payment asks it.
_LOCKED = (
    select(*(_ORDERS.c[name.name] for name in fields(OrderHead)))
    .where(_ORDERS.c.id == bindparam("order_id"))
    .with_for_update()
)


def create(uow: UnitOfWork, order: NewOrder) -> str:
    """Write an order and its lines, with two statements, and return its number.

    A third one notes the wishes for offers in full boxes, where there are any: who came first is served first.
    No audit row: the order itself is the append-only record of who wanted what, when.
    """
    uow.require(Permission.ORDERS_PLACE)
    number = func.concat(f"L{order.pickup_on:%y%m%d}-", ORDER_NO.next_value())
    row = {
        "id": order.id, "no": number, "status": OrderStatus.PLACED, "resident_id": order.resident_id,
        "hub_id": order.hub_id, "group_buy_id": order.group_buy_id, "neighbourhood_id": order.neighbourhood_id,
        "pickup_point_id": order.pickup_point_id, "leader_id": order.leader_id, "pickup_on": order.pickup_on,
        "currency": order.currency, "total_cents": rules.total_cents(order.lines), "refunded_cents": 0,
        "note": order.note, "placed_at": uow.now, "pay_by": order.pay_by,
    }  # fmt: skip
    no = uow.session.scalar(insert(_ORDERS).values(row).returning(_ORDERS.c.no))
    _insert_lines(uow, order.id, order, order.lines)
    wishes.note(uow, order.id, {}, wishes.of_lines(order.lines))
    return str(no)


def _insert_lines(uow: UnitOfWork, order_id: UUID, order: NewOrder | Order, lines: tuple[NewLine, ...]) -> None:
    uow.session.execute(
        insert(_LINES),
        [
            {
                "id": new_id(), "order_id": order_id, "group_buy_id": order.group_buy_id,
                "resident_id": order.resident_id, "pickup_point_id": order.pickup_point_id, "offer_id": line.offer_id,
                "sku_id": line.sku_id, "qty": line.qty, "cut_qty": 0, "unit_price_cents": line.unit_price_cents,
                "final_price_cents": line.unit_price_cents, "refunded_cents": 0, "commission_bps": line.commission_bps,
                "commission_min_cents": line.commission_min_cents, "tax_bps": line.tax_bps,
                "wanted_qty": line.wanted_qty if line.fills_boxes else None, "tolerance_qty": line.tolerance_qty,
            }
            for line in lines
        ],
    )  # fmt: skip


def check_limits(uow: UnitOfWork, resident_id: UUID, limits: dict[UUID, int], asked: dict[UUID, int]) -> None:
    """Raise OverLimit when a resident holds more of an offer than `limits` says; the caller holds the offers' rows.

    `asked` are the pieces of this very request, which are written already: the refusal tells what she has without them.
    """
    uow.require(Permission.ORDERS_PLACE)
    had = queries.qty_of_resident(uow.session, resident_id, list(limits))
    for offer_id, qty in had.items():
        if qty > limits[offer_id]:
            raise OverLimit(offer_id=offer_id, limit=limits[offer_id], had=qty - asked.get(offer_id, 0))


def lock(uow: UnitOfWork, order_id: UUID) -> OrderHead:
    """Hold an order until the transaction ends and tell how it stands; raises NotFound."""
    uow.require(Permission.ORDERS_PLACE)
    row = uow.session.execute(_LOCKED, {"order_id": order_id}).one_or_none()
    if row is None:
        raise NotFound("order")
    return OrderHead(**row._mapping)


def move(uow: UnitOfWork, order: OrderHead, new: OrderStatus) -> None:
    """Move an order that the caller has locked along its table of transitions; raises WrongState.

    `paid_at` is set when it becomes paid, `ended_at` when it lapses or is cancelled.
    """
    uow.require(Permission.ORDERS_PLACE)
    check_move("order", ORDER_MOVES, order.status, new)
    is_paid = new is OrderStatus.PAID
    when = {"paid_at": uow.now, "ended_at": None} if is_paid else {"ended_at": uow.now}
    still = (Order.id == order.id, Order.status == order.status)
    moved = update(Order).where(*still).values(status=new, **when).returning(Order.id)
    if uow.session.scalar(moved) is None:
        raise WrongState(what="order", state=order.status.value, wanted=new.value)
    uow.audit("orders.move", order.id, {"status": order.status.value}, {"status": new.value})
    if is_paid:
        uow.emit(OrderPaid(order.id, order.resident_id, order.no, order.total_cents, order.currency))


def replace_lines(uow: UnitOfWork, order_id: UUID, lines: tuple[NewLine, ...]) -> None:
    """Give an unpaid order other lines and their total; raises WrongState when it is not unpaid any more."""
    uow.require(Permission.ORDERS_PLACE)
    order = _locked(uow, order_id)
    check_move("order", ORDER_MOVES, order.status, OrderStatus.LAPSED)
    before = order.total_cents
    gone = delete(OrderLine).where(OrderLine.order_id == order_id)
    told = uow.session.execute(gone.returning(OrderLine.offer_id, OrderLine.wanted_qty, OrderLine.tolerance_qty))
    wished = {row.offer_id: Wished(row.wanted_qty, row.tolerance_qty) for row in told if row.wanted_qty is not None}
    order.total_cents = rules.total_cents(lines)
    _insert_lines(uow, order_id, order, lines)
    wishes.note(uow, order_id, wished, wishes.of_lines(lines))
    uow.audit("orders.amend", order_id, {"total_cents": before}, {"total_cents": order.total_cents})


def lapse_due(uow: UnitOfWork, limit: int, group_buy_id: UUID | None = None) -> tuple[int, list[OrderItem]]:
    """Lapse unpaid orders that are past their time - all of a round when `group_buy_id` is given (cut-off).

    Returns how many lapsed and the pieces that the caller must give back. Three statements for up to `limit` orders.
    """
    uow.require(Permission.ORDERS_MANAGE)
    wanted = select(Order.id).where(queries.UNPAID).order_by(Order.id).limit(limit)
    if group_buy_id is None:
        wanted = wanted.where(Order.pay_by <= uow.now).with_for_update(skip_locked=True)
    else:
        wanted = wanted.where(Order.group_buy_id == group_buy_id).with_for_update()
    ids = list(uow.session.scalars(wanted))
    if not ids:
        return 0, []
    lapsed = uow.session.execute(
        update(Order)
        .where(Order.id.in_(ids), Order.status == OrderStatus.PLACED)
        .values(status=OrderStatus.LAPSED, ended_at=uow.now)
        .returning(Order.id, Order.resident_id, Order.no)
    ).all()
    for row in lapsed:
        uow.emit(OrderLapsed(row.id, row.resident_id, row.no))
    lines = uow.session.execute(
        select(
            OrderLine.offer_id,
            func.sum(OrderLine.qty - OrderLine.cut_qty - OrderLine.tolerance_qty).label("qty"),
            func.sum(OrderLine.tolerance_qty).label("tolerance_qty"),
        )
        .where(OrderLine.order_id.in_([row.id for row in lapsed]))
        .group_by(OrderLine.offer_id)
    )
    return len(lapsed), [OrderItem(offer_id=r.offer_id, qty=r.qty, tolerance_qty=r.tolerance_qty) for r in lines]


def _locked(uow: UnitOfWork, order_id: UUID) -> Order:
    order = uow.session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("order")
    return order
