"""Buying what a round needs."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select

from app.domains.supply import queries, rules
from app.domains.supply.events import PurchaseOrderSent
from app.domains.supply.models import PurchaseLine, PurchaseOrder, Supplier
from app.domains.supply.values import PurchasePlanLine, PurchaseStatus, Want
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id


def send_purchase_orders(
    uow: UnitOfWork, hub_id: UUID, group_buy_id: UUID, deliver_on: date, wants: Sequence[Want]
) -> list[UUID]:
    """Send one purchase order per supplier for what a round wants, in whole packs and at least at the minimums.

    A supplier that has its order of this round already keeps it unchanged, so repeating is harmless. Numbers follow
    the suppliers' codes. Returns the ids of the round's orders. Raises SupplierMissing.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    uow.lock(f"purchase orders of {hub_id}")
    plan = rules.plan_purchase(wants, queries.terms_by_sku(uow.session, {want.sku_id for want in wants}))
    sent = queries.ordered_suppliers(uow.session, group_buy_id)
    fresh = {supplier_id: lines for supplier_id, lines in plan.items() if supplier_id not in sent}
    if fresh:
        orders = _new_orders(uow, hub_id, group_buy_id, deliver_on, fresh)
        _write(uow, orders, fresh)
        sent |= {order.supplier_id: order.id for order in orders}
    return list(sent.values())


def _new_orders(
    uow: UnitOfWork, hub_id: UUID, group_buy_id: UUID, deliver_on: date, plan: dict[UUID, list[PurchasePlanLine]]
) -> list[PurchaseOrder]:
    rows = uow.session.execute(select(Supplier.id, Supplier.min_order_cents).where(Supplier.id.in_(plan)))
    minimum = dict(rows.all())
    code = queries.hub_code(uow.session, hub_id)
    before = queries.orders_of_day(uow.session, hub_id, deliver_on)
    orders = []
    for place, (supplier_id, lines) in enumerate(plan.items(), start=before + 1):
        goods = rules.goods_cents(lines)
        top_up = rules.top_up_cents(minimum[supplier_id], goods)
        orders.append(
            PurchaseOrder(
                id=new_id(), no=rules.purchase_no(code, deliver_on, place), hub_id=hub_id, group_buy_id=group_buy_id,
                supplier_id=supplier_id, status=PurchaseStatus.SENT, deliver_on=deliver_on,
                total_cents=goods + top_up, top_up_cents=top_up, sent_at=uow.now,
            )
        )  # fmt: skip
    return orders


def _write(uow: UnitOfWork, orders: list[PurchaseOrder], plan: dict[UUID, list[PurchasePlanLine]]) -> None:
    uow.session.add_all(orders)
    uow.session.flush()
    uow.session.execute(
        insert(PurchaseLine),
        [
            {"purchase_order_id": order.id, "sku_id": line.sku_id, "wanted_qty": line.wanted_qty, "packs": line.packs,
             "pack_size": line.pack_size, "ordered_qty": line.ordered_qty, "cost_cents": line.cost_cents}
            for order in orders
            for line in plan[order.supplier_id]
        ],
    )  # fmt: skip
    for order in orders:
        after = {"no": order.no, "total_cents": order.total_cents, "top_up_cents": order.top_up_cents}
        uow.audit("supply.send_purchase_order", order.id, None, after)
        uow.emit(PurchaseOrderSent(order.id, order.no, order.supplier_id, order.hub_id, order.group_buy_id))
