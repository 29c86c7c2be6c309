"""Buying what a round needs, and what is bought ahead of any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert, select

from app.domains.supply import queries, rules
from app.domains.supply.errors import SupplierMissing
from app.domains.supply.models import PurchaseLine, PurchaseOrder, Supplier
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.rules import dock, purchasing as decisions
from app.domains.supply.service import orders as steps
from app.domains.supply.values import PurchasePlanLine, PurchaseStatus, Want
from app.domains.supply.values.purchasing import (
    BelowMinimum,
    DraftLine,
    PreBuyLine,
    PurchaseEventKind,
    PurchasePurpose,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.kernel.reasons import Reason

#: Nobody orders further ahead.
LONGEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _For:
    """Where and when goods are to come, and for which round, if any."""

    hub_id: UUID
    deliver_on: date
    group_buy_id: UUID | None


def send_purchase_orders(
    uow: UnitOfWork, hub_id: UUID, group_buy_id: UUID, deliver_on: date, wants: Sequence[Want]
) -> list[UUID]:
    """Make one purchase order per supplier for what a round wants, in whole packs, and send those that are decided.

    An order below a minimum of its supplier waits for HQ as long as the supplier's patience lasts; without patience
    its usual choice is taken here, but for DROP, which the caller has to carry out (residents get money back). A
    supplier that has its order of this round already keeps it unchanged, so repeating is harmless. Numbers follow the
    suppliers' codes. Returns the ids of the round's orders. Raises SupplierMissing.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    uow.lock(f"purchase orders of {hub_id}")
    plan = rules.plan_purchase(wants, queries.terms_by_sku(uow.session, {want.sku_id for want in wants}))
    sent = queries.ordered_suppliers(uow.session, group_buy_id)
    fresh = {supplier_id: lines for supplier_id, lines in plan.items() if supplier_id not in sent}
    if fresh:
        made = _write(uow, _For(hub_id, deliver_on, group_buy_id), fresh)
        sent |= {order.supplier_id: order.id for order in made}
    return list(sent.values())


def send_pre_buy(uow: UnitOfWork, hub_id: UUID, deliver_on: date, lines: Sequence[PreBuyLine]) -> list[UUID]:
    """Order goods ahead of any round, to stock: one order per supplier in order of their codes; returns their ids.

    An order below its supplier's minimum value waits for a decision without end, since no round hangs on it.
    Raises Invalid for no packs, too few packs, more pieces than a dock would count, a day before the supplier can
    deliver or more than a year ahead; SupplierMissing.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    uow.lock(f"purchase orders of {hub_id}")
    wished = {line.sku_id: line.packs for line in lines if line.packs}
    if not wished or min(wished.values()) < 0:
        raise Invalid(field="packs", reason="order at least one pack")
    terms = queries.terms_by_sku(uow.session, set(wished))
    if unknown := [sku_id for sku_id in wished if sku_id not in terms]:
        raise SupplierMissing(sku_ids=unknown)
    plan: dict[UUID, list[PurchasePlanLine]] = {}
    for sku_id, packs in sorted(wished.items(), key=lambda one: (terms[one[0]].supplier_code, one[0])):
        t = terms[sku_id]
        if packs < t.min_packs:
            raise Invalid(field="packs", reason="fewer packs than the supplier sells of this")
        if packs * t.pack_size > dock.MOST_PIECES:
            raise Invalid(field="packs", reason=Reason.TOO_LARGE)
        plan.setdefault(t.supplier_id, []).append(
            PurchasePlanLine(
                sku_id=sku_id, supplier_id=t.supplier_id, wanted_qty=0, packs=packs, pack_size=t.pack_size,
                ordered_qty=packs * t.pack_size, cost_cents=t.cost_cents,
            )
        )  # fmt: skip
    _check_lead_times(uow, hub_id, deliver_on, set(plan))
    return [order.id for order in _write(uow, _For(hub_id, deliver_on, None), plan)]


def _check_lead_times(uow: UnitOfWork, hub_id: UUID, deliver_on: date, supplier_ids: set[UUID]) -> None:
    longest = max(uow.session.scalars(select(Supplier.lead_days).where(Supplier.id.in_(supplier_ids))))
    today = reads.local_day(uow.session, hub_id, uow.now)
    if deliver_on < today + timedelta(days=longest):
        raise Invalid(field="deliver_on", reason="lies before the supplier's lead time has passed")
    if deliver_on > today + LONGEST_AHEAD:
        raise Invalid(field="deliver_on", reason="lies more than a year ahead")


def _write(uow: UnitOfWork, what: _For, plan: dict[UUID, list[PurchasePlanLine]]) -> list[PurchaseOrder]:
    """Write orders with their lines; those that need no decision are sent."""
    rows = uow.session.scalars(select(Supplier).where(Supplier.id.in_(plan)))
    suppliers = {supplier.id: supplier for supplier in rows}
    code = queries.hub_code(uow.session, what.hub_id)
    before = queries.orders_of_day(uow.session, what.hub_id, what.deliver_on)
    orders = []
    for place, (supplier_id, lines) in enumerate(plan.items(), start=before + 1):
        goods = rules.goods_cents(lines)
        orders.append(
            PurchaseOrder(
                id=new_id(), no=rules.purchase_no(code, what.deliver_on, place), hub_id=what.hub_id,
                group_buy_id=what.group_buy_id, supplier_id=supplier_id, status=PurchaseStatus.DECISION,
                purpose=PurchasePurpose.ROUND if what.group_buy_id else PurchasePurpose.PRE_BUY,
                deliver_on=what.deliver_on, total_cents=goods, top_up_cents=0, version=1, link_key="",
                min_order_cents=suppliers[supplier_id].min_order_cents, supplier_note="", hq_note="",
            )
        )  # fmt: skip
    uow.session.add_all(orders)
    uow.session.flush()
    uow.session.execute(
        insert(PurchaseLine),
        [
            {"purchase_order_id": order.id, "sku_id": line.sku_id, "wanted_qty": line.wanted_qty, "packs": line.packs,
             "pack_size": line.pack_size, "ordered_qty": line.ordered_qty, "cost_cents": line.cost_cents,
             "answer_reason": ""}
            for order in orders
            for line in plan[order.supplier_id]
        ],
    )  # fmt: skip
    for order in orders:
        _send_or_wait(uow, order, suppliers[order.supplier_id])
    return orders


def _send_or_wait(uow: UnitOfWork, order: PurchaseOrder, supplier: Supplier) -> None:
    """Send an order that reaches its minimums; one below them waits, or takes the supplier's usual choice at once."""
    lines = steps.drafts(uow, order)
    is_round = order.purpose is PurchasePurpose.ROUND
    below = decisions.is_below(lines, order.min_order_cents) if is_round else order.total_cents < order.min_order_cents
    if not below:
        uow.audit("supply.send_purchase_order", order.id, None, {"no": order.no, "total_cents": order.total_cents})
        steps.send(uow, order)
    elif is_round and supplier.decide_minutes == 0 and supplier.below_minimum is not BelowMinimum.DROP:
        settle(uow, order, lines, supplier.below_minimum)
    else:
        order.decide_by = uow.now + timedelta(minutes=supplier.decide_minutes) if is_round else None
        after = {"no": order.no, "total_cents": order.total_cents, "min_order_cents": order.min_order_cents}
        uow.audit("supply.wait_for_decision", order.id, None, after)
        steps.note(
            uow, order, PurchaseEventKind.WAITING, goods_cents=order.total_cents,
            min_order_cents=order.min_order_cents,
        )  # fmt: skip


def settle(uow: UnitOfWork, order: PurchaseOrder, lines: list[DraftLine], choice: BelowMinimum) -> list[DraftLine]:
    """Carry a choice out on an order that waits, and send what is left of it; for other services of this room.

    Returns the lines that a DROP took off the order: what they were to bring goes back to the residents as money,
    which is the caller's business, in the same transaction.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    before = {"packs": {str(line.line_id): line.packs for line in lines}, "total_cents": order.total_cents}
    dropped: list[DraftLine] = []
    if choice is BelowMinimum.DROP:
        dropped = decisions.lines_to_drop(lines, order.min_order_cents)
        gone = {line.line_id for line in dropped}
        lines = [_emptied(line) if line.line_id in gone else line for line in lines]
    elif choice is BelowMinimum.TOP_UP:
        lines = decisions.with_extra(lines, decisions.top_up(lines, order.min_order_cents))
    order.decision, order.decide_by = choice, None
    bought = any(line.packs for line in lines)
    fee = rules.top_up_cents(order.min_order_cents, decisions.goods_of(lines)) if bought else 0
    if choice is BelowMinimum.FEE:
        order.top_up_cents, order.total_cents = fee, decisions.goods_of(lines) + fee
    else:
        steps.write_lines(uow, order, lines, fee)
    after = {
        "no": order.no, "choice": choice.value, "total_cents": order.total_cents, "top_up_cents": fee,
        "packs": {str(line.line_id): line.packs for line in lines},
    }  # fmt: skip
    uow.audit("supply.decide_purchase_order", order.id, before, after)
    pieces = sum(line.wanted_qty for line in dropped)
    steps.note(uow, order, PurchaseEventKind.DECIDED, choice=choice.value, fee_cents=fee, dropped_qty=pieces)
    if bought:
        steps.send(uow, order)
    else:
        order.status = PurchaseStatus.CANCELLED
        steps.note(uow, order, PurchaseEventKind.CANCELLED)
    return dropped


def _emptied(line: DraftLine) -> DraftLine:
    return DraftLine(
        line_id=line.line_id, sku_id=line.sku_id, wanted_qty=0, packs=0, pack_size=line.pack_size,
        cost_cents=line.cost_cents,
    )  # fmt: skip
