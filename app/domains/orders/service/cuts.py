"""Taking pieces and money off lines, with the reason. A cause cuts a line once, however often it is told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer, Uuid

from app.domains.orders.errors import CutTooLarge
from app.domains.orders.models import LineCut, Order, OrderLine
from app.domains.orders.values import Cut, CutLine
from app.infra.bulk import insert_new_rows, one_of
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

_APPLY = text(
    """
    WITH cut AS MATERIALIZED (
      SELECT line_id, sum(qty) AS qty, sum(amount_cents) AS amount_cents
      FROM unnest(:lines, :qtys, :amounts) AS c(line_id, qty, amount_cents) GROUP BY line_id
    )
    UPDATE orders_line l SET cut_qty = l.cut_qty + c.qty, refunded_cents = l.refunded_cents + c.amount_cents
    FROM cut c WHERE l.id = c.line_id
      AND l.cut_qty + c.qty <= l.qty AND l.refunded_cents + c.amount_cents <= l.qty::bigint * l.unit_price_cents
    RETURNING l.id
    """
).bindparams(
    bindparam("lines", type_=ARRAY(Uuid())),
    bindparam("qtys", type_=ARRAY(Integer())),
    bindparam("amounts", type_=ARRAY(BigInteger())),
)
_PRICES = text(
    """
    UPDATE orders_line l SET final_price_cents = p.price
    FROM unnest(:offers, :prices) AS p(offer_id, price), orders_order o
    WHERE l.offer_id = p.offer_id AND l.unit_price_cents > p.price AND l.final_price_cents <> p.price
      AND o.id = l.order_id AND o.status = 'paid'
    """
).bindparams(bindparam("offers", type_=ARRAY(Uuid())), bindparam("prices", type_=ARRAY(Integer())))


def cut_lines(uow: UnitOfWork, wanted: Sequence[CutLine]) -> list[Cut]:
    """Apply cuts, all or none, with five statements whatever their number.

    Repeating is harmless: a (line, reason, cause) that was cut before comes back with `is_new` False.
    Raises CutTooLarge when a line does not have that many pieces or that much money left.
    """
    uow.require(Permission.ORDERS_MANAGE)
    if not wanted:
        return []
    lines = uow.session.execute(
        select(OrderLine.id, OrderLine.order_id, OrderLine.sku_id, OrderLine.resident_id, Order.paid_at)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.id == one_of(c.line_id for c in wanted))
        .order_by(OrderLine.id)
        .with_for_update(of=OrderLine)
    ).all()
    by_id = {row.id: row for row in lines}
    if missing := [c.line_id for c in wanted if c.line_id not in by_id]:
        raise CutTooLarge(line_id=missing[0])
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "line_id": c.line_id, "order_id": by_id[c.line_id].order_id, "qty": c.qty,
         "amount_cents": c.amount_cents, "reason": c.reason, "cause_id": c.cause_id}
        for c in wanted
    ]  # fmt: skip
    fresh = insert_new_rows(uow.session, LineCut, rows, ("line_id", "reason", "cause_id"), {"at": uow.now})
    made = list(zip(wanted, rows, strict=True))
    _apply(uow, [c for c, row in made if row["id"] in fresh], {c.line_id: by_id[c.line_id].order_id for c in wanted})
    return [
        Cut(id=row["id"] if row["id"] in fresh else c.cause_id, line_id=c.line_id, order_id=line.order_id,
            sku_id=line.sku_id, resident_id=line.resident_id, qty=c.qty, amount_cents=c.amount_cents, reason=c.reason,
            is_paid=line.paid_at is not None, is_new=row["id"] in fresh)
        for c, row in made
        for line in (by_id[c.line_id],)
    ]  # fmt: skip


def _apply(uow: UnitOfWork, cuts: Sequence[CutLine], order_of: dict[UUID, UUID]) -> None:
    """Lower the lines and raise the orders' refunds by the cuts."""
    if not cuts:
        return
    done = set(
        uow.session.scalars(
            _APPLY,
            {
                "lines": [c.line_id for c in cuts],
                "qtys": [c.qty for c in cuts],
                "amounts": [c.amount_cents for c in cuts],
            },
        )
    )
    if refused := [c.line_id for c in cuts if c.line_id not in done]:
        raise CutTooLarge(line_id=refused[0])
    touched = one_of({order_of[c.line_id] for c in cuts})
    # Each new cut holds its order's key; a lock that spares the key lets two cuts of one order wait, not deadlock.
    held = select(Order.id).where(Order.id == touched).order_by(Order.id).with_for_update(key_share=True)
    uow.session.execute(held)
    refunded = (
        select(func.coalesce(func.sum(OrderLine.refunded_cents), 0))
        .where(OrderLine.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    uow.session.execute(
        update(Order)
        .where(Order.id == touched)
        .values(refunded_cents=refunded)
        .execution_options(synchronize_session=False)
    )


def set_final_prices(uow: UnitOfWork, prices: dict[UUID, int]) -> None:
    """At cut-off: lines of offers that reached a break get the lower price, nobody a higher one; repeatable."""
    uow.require(Permission.ORDERS_MANAGE)
    if prices:
        uow.session.execute(_PRICES, {"offers": list(prices), "prices": list(prices.values())})
