"""Calling a whole group-buy off: orders go back in batches, suppliers are told, what lies in stock is free again.

The first step is one transaction, after which nobody orders and no station runs. The rest goes batch by batch, each
harmless to repeat: whoever continues a killed run finds what is left.
"""

from dataclasses import dataclass
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import call_offs, quotas
from app.domains.groupbuys.values import Wish
from app.domains.logistics.service import demand, pickups
from app.domains.orders import queries as orders
from app.domains.orders.service import call_offs as order_call_offs
from app.domains.orders.values import CutLine, CutReason, OrderStatus, StandingOrder
from app.domains.payments.service import payments
from app.domains.supply.queries import purchasing as purchases
from app.domains.supply.service import changes, stock
from app.domains.supply.values import PurchaseStatus
from app.flows.refund import cut_and_refund
from app.flows.station import OnProgress
from app.infra.events import Job
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound

TASK = "call_off"
#: Orders in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What calling a group-buy off would do, or still has to do."""

    paid_orders: int
    paid_cents: int
    unpaid_orders: int
    cancelled_orders: int
    #: Purchase orders that are taken back, and those of which goods were counted: they have to be paid.
    purchase_orders: int
    counted_orders: int

    @property
    def open_orders(self) -> int:
        """Orders that are still to be cancelled."""
        return self.paid_orders + self.unpaid_orders


def consequences(read: Run, group_buy_id: UUID) -> Consequences:
    """Look at what calling off does before it is done; and while it runs, at what is left."""
    totals = read(orders.round_totals, group_buy_id)
    sheets = read(purchases.purchase_order_sheets, group_buy_id)
    states = [PurchaseStatus(sheet.status) for sheet in sheets]
    counted = {PurchaseStatus.PARTLY_RECEIVED, PurchaseStatus.RECEIVED}
    paid, cents = totals.get(OrderStatus.PAID, (0, 0))
    return Consequences(
        paid_orders=paid, paid_cents=cents, unpaid_orders=totals.get(OrderStatus.PLACED, (0, 0))[0],
        cancelled_orders=totals.get(OrderStatus.CANCELLED, (0, 0))[0],
        purchase_orders=sum(state not in counted | {PurchaseStatus.CANCELLED} for state in states),
        counted_orders=sum(state in counted for state in states),
    )  # fmt: skip


def ask_call_off(uow: UnitOfWork, group_buy_id: UUID, reason: str) -> bool:
    """Call a group-buy off now and let the worker give everything back; asked again, it continues. False when done.

    Raises as `call_offs.begin`.
    """
    uow.require(Permission.GROUPBUYS_CLOSE)
    call_offs.begin(uow, group_buy_id, reason)
    word = groupbuys.call_off_of(uow.session, group_buy_id)
    if word is None or word.done_at is not None:
        return False
    uow.defer(Job(TASK, {"group_buy_id": str(group_buy_id)}, lock=f"round:{group_buy_id}"))
    return True


def call_off(run: Run, read: Run, group_buy_id: UUID, reason: str, on_progress: OnProgress | None = None) -> str:
    """Call a group-buy off and give everything back, here and now; returns what was done. Repeatable."""
    run(call_offs.begin, group_buy_id, reason)
    return give_back(run, read, group_buy_id, on_progress)


def give_back(run: Run, read: Run, group_buy_id: UUID, on_progress: OnProgress | None = None) -> str:
    """Cancel and refund the orders of a group-buy that was called off, take its purchase orders back, free its stock.

    Continues where it was stopped; one that is done is left alone. Raises NotFound where nothing was called off.
    """
    word = read(groupbuys.call_off_of, group_buy_id)
    if word is None:
        raise NotFound("call_off")
    if word.done_at is not None:
        return str(word.note)
    before = consequences(read, group_buy_id)
    total = before.open_orders + before.cancelled_orders
    while run(cancel_batch, group_buy_id, word.reason):
        if on_progress:
            on_progress(total - consequences(read, group_buy_id).open_orders, total, "")
    for sheet in read(purchases.purchase_order_sheets, group_buy_id):
        run(changes.call_off, sheet.id, word.reason)
    run(free_goods, group_buy_id)
    after = consequences(read, group_buy_id)
    note = f"{after.cancelled_orders} orders cancelled"
    if after.counted_orders:
        note += f", {after.counted_orders} purchase orders to be paid"
    run(call_offs.finish, group_buy_id, note)
    return note


def cancel_batch(uow: UnitOfWork, group_buy_id: UUID, reason: str) -> int:
    """Cancel up to a batch of a called-off round's orders: all their money goes back; returns how many.

    What an order was given back before stays; afterwards its refunds are its total. Nothing is refunded twice: a
    cancelled order is not found again, and a cut has its cause.
    """
    uow.require(Permission.GROUPBUYS_CLOSE)
    system = uow.as_system("call off")
    found = order_call_offs.hold_standing(system, group_buy_id, BATCH)
    if not found:
        return 0
    cut_and_refund(system, _cuts(found, group_buy_id))
    quotas.release(
        system,
        [
            Wish(offer_id=line.offer_id, qty=line.held_qty, tolerance_qty=line.tolerance_qty)
            for order in found
            for line in order.lines
        ],
    )
    pickups.void(system, *(order.id for order in found))
    payments.give_up(system, [order.id for order in found if order.status is OrderStatus.PLACED])
    order_call_offs.call_off(system, found, reason)
    return len(found)


def _cuts(found: list[StandingOrder], group_buy_id: UUID) -> list[CutLine]:
    """Everything that is left of paid lines, pieces and money; the money that was paid, not the price of today."""
    return [
        CutLine(
            line_id=line.line_id, qty=line.left_qty, amount_cents=line.left_cents, reason=CutReason.CALLED_OFF,
            cause_id=group_buy_id,
        )
        for order in found
        if order.status is OrderStatus.PAID
        for line in order.lines
        if line.left_qty or line.left_cents
    ]  # fmt: skip


def free_goods(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Nobody waits for goods any more: the demand falls to nothing, and what came or was allotted is free stock."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    system = uow.as_system("call off")
    demand.lower_due(system, group_buy_id)
    stock.book_sorted(system, group_buy_id, [])
