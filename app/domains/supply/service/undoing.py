"""Taking back one's own last count: a row the other way round, never a change of the first one."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select, update

from app.domains.supply import queries
from app.domains.supply.errors import NotYourLastCount, StockMissing
from app.domains.supply.models import PurchaseLine, PurchaseOrder, ReceiptLine, StockMovement
from app.domains.supply.queries import dock
from app.domains.supply.service import receiving, stock
from app.domains.supply.values import ExpectedLine, MovementKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def take_back(uow: UnitOfWork, receipt_id: UUID) -> None:
    """Take back one's own latest count of a delivery; its line and its order are open again.

    Stock and the supplier's claim fall by what had been counted. A second call is refused, so a double tap takes back
    one count only. Raises NotFound, NotYourLastCount, GoodsReleased, StockMissing where the pieces are gone meanwhile.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    receipt = uow.session.get(ReceiptLine, receipt_id)
    if receipt is None:
        raise NotFound("receipt")
    line = queries.expected_lines(uow.session, [receipt.purchase_line_id])[receipt.purchase_line_id]
    receiving.lock_orders(uow, PurchaseOrder.id == line.purchase_order_id)
    line = queries.expected_lines(uow.session, [receipt.purchase_line_id])[receipt.purchase_line_id]
    mine = uow.actor.id and dock.last_count_of(uow.session, line.purchase_order_id, uow.actor.id)
    if mine != receipt_id:
        raise NotYourLastCount
    receiving.refuse_released(uow, [line])
    stock.lock_stock(uow, line.hub_id)
    _refuse_gone(uow, receipt)
    back_id = _reverse(uow, receipt, line)
    after = replace(
        line, received_qty=line.received_qty - receipt.received_qty,
        rejected_qty=line.rejected_qty - receipt.rejected_qty, is_counted=False,
    )  # fmt: skip
    uow.session.execute(
        update(PurchaseLine)
        .where(PurchaseLine.id == line.id)
        .values(received_qty=after.received_qty, rejected_qty=after.rejected_qty, counted_at=None)
    )
    receiving.move_orders(uow, {line.id: after})
    uow.audit(
        "supply.take_back", line.id, {"received_qty": line.received_qty, "rejected_qty": line.rejected_qty},
        {"received_qty": after.received_qty, "rejected_qty": after.rejected_qty, "receipt": str(back_id)},
    )  # fmt: skip


def _refuse_gone(uow: UnitOfWork, receipt: ReceiptLine) -> None:
    if receipt.lot_id is None:
        return
    here = uow.session.scalar(select(func.sum(StockMovement.qty)).filter_by(lot_id=receipt.lot_id)) or 0
    if here < receipt.received_qty:
        movement = uow.session.scalars(select(StockMovement).filter_by(lot_id=receipt.lot_id).limit(1)).one()
        raise StockMissing(sku_id=movement.sku_id, wanted=receipt.received_qty, here=int(here))


def _reverse(uow: UnitOfWork, receipt: ReceiptLine, line: ExpectedLine) -> UUID:
    back_id = new_id()
    uow.session.add(
        ReceiptLine(
            id=back_id, purchase_line_id=line.id, lot_id=receipt.lot_id, received_qty=-receipt.received_qty,
            rejected_qty=-receipt.rejected_qty, reject_reason=receipt.reject_reason, received_by=uow.actor.name,
            received_by_id=uow.actor.id, received_at=uow.now, reverses_id=receipt.id,
        )
    )  # fmt: skip
    uow.session.flush()
    if receipt.lot_id is not None and receipt.received_qty:
        uow.session.add(
            StockMovement(
                id=new_id(), hub_id=line.hub_id, sku_id=line.sku_id, lot_id=receipt.lot_id, kind=MovementKind.RECEIVED,
                cause_id=back_id, qty=-receipt.received_qty, at=uow.now,
            )
        )  # fmt: skip
    uow.session.flush()
    receiving.post(uow, [receiving.bill(back_id, line, -receipt.received_qty * line.cost_cents)])
    return back_id
