"""What happens to a purchase order after it was made: HQ's choice, the supplier's answer, amendments, an end."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.domains.supply import rules
from app.domains.supply.errors import AlreadyDecided, AmendTooLate, AnswerTooLate, LinkDead
from app.domains.supply.models import PurchaseLine, PurchaseOrder, Supplier
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.rules import purchasing as decisions
from app.domains.supply.service import orders as steps, purchasing
from app.domains.supply.values import PURCHASE_MOVES, PurchaseStatus
from app.domains.supply.values.purchasing import (
    AmendOrder,
    AnswerLine,
    AnswerOrder,
    BelowMinimum,
    DraftLine,
    PurchaseEventKind,
    PurchaseOrderSheet,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_token
from app.kernel.states import check_move

#: Orders that a supplier may answer and HQ may amend: sent, and nothing of them counted.
_ANSWERABLE = frozenset({PurchaseStatus.SENT, PurchaseStatus.SEEN, PurchaseStatus.CONFIRMED})


def decide(uow: UnitOfWork, purchase_order_id: UUID, choice: BelowMinimum | None) -> list[DraftLine]:
    """Choose what happens to an order below its supplier's minimum; None takes the supplier's usual choice.

    Returns the lines that a DROP took off. Raises NotFound, AlreadyDecided.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    order = steps.hold(uow, purchase_order_id)
    if order.status is not PurchaseStatus.DECISION:
        raise AlreadyDecided(purchase_order_no=order.no)
    usual = uow.session.scalars(select(Supplier.below_minimum).where(Supplier.id == order.supplier_id)).one()
    return purchasing.settle(uow, order, steps.drafts(uow, order), choice or usual)


# --- the supplier -------------------------------------------------------------------------------------------------


def mark_seen(uow: UnitOfWork, purchase_order_id: UUID, link_key: str) -> None:
    """The supplier has opened the order; only the first time counts. Raises LinkDead."""
    uow.require(Permission.SUPPLY_ANSWER)
    order = _by_link(uow, purchase_order_id, link_key)
    if order.status is PurchaseStatus.SENT:
        order.status, order.seen_at = PurchaseStatus.SEEN, uow.now
        steps.note(uow, order, PurchaseEventKind.SEEN)
        uow.audit("supply.see_purchase_order", order.id, {"status": "sent"}, {"status": "seen"})


def answer(uow: UnitOfWork, purchase_order_id: UUID, link_key: str, given: AnswerOrder) -> bool:
    """Take in what the supplier will bring; what he confirms is what the dock expects from now on.

    He may answer again until goods are counted; the same answer twice changes nothing and returns False. What he
    lowers is his own doing, so the fee for a minimum stays as agreed. Raises LinkDead, AnswerTooLate, Invalid.
    """
    uow.require(Permission.SUPPLY_ANSWER)
    order = _by_link(uow, purchase_order_id, link_key)
    if order.status not in _ANSWERABLE:
        raise AnswerTooLate(purchase_order_no=order.no)
    sheet = reads.purchase_order_sheet(uow.session, order.id)
    lines = decisions.checked_answer(sheet.lines, given.lines)
    before = _answered(sheet) | {"note": order.supplier_note}
    kind = decisions.kind_of_answer(sheet.lines, lines)
    told = _told(sheet, lines)
    after = {"answer": kind.value, "note": given.note.strip(), "lines": told}
    if order.answer is not None and before == after:
        return False
    check_move("purchase_order", PURCHASE_MOVES, order.status, PurchaseStatus.CONFIRMED)
    order.seen_at = order.seen_at or uow.now
    order.status, order.answer, order.answered_at = PurchaseStatus.CONFIRMED, kind, uow.now
    order.supplier_note = given.note.strip()
    uow.session.execute(
        update(PurchaseLine),
        [
            {"id": line.line_id, "confirmed_packs": lines[line.line_id].packs,
             "answer_reason": lines[line.line_id].reason}
            for line in sheet.lines
        ],
    )  # fmt: skip
    uow.audit("supply.answer_purchase_order", order.id, before, after)
    changed = [one for one in told if one["packs"] != one["ordered_packs"]]
    steps.note(uow, order, PurchaseEventKind.ANSWERED, answer=kind.value, note=order.supplier_note, lines=changed)
    return True


def _by_link(uow: UnitOfWork, purchase_order_id: UUID, link_key: str) -> PurchaseOrder:
    order = uow.session.get(PurchaseOrder, purchase_order_id)
    if order is None:
        raise LinkDead("purchase_order")
    order = steps.hold(uow, purchase_order_id)
    if not link_key or order.link_key != link_key:
        raise LinkDead("purchase_order")
    return order


def _answered(sheet: PurchaseOrderSheet) -> dict[str, Any]:
    """The answer that stands, in the shape of a new one."""
    old = {
        line.line_id: AnswerLine(
            line_id=line.line_id,
            packs=line.packs if line.confirmed_packs is None else line.confirmed_packs,
            reason=line.answer_reason,
        )
        for line in sheet.lines
    }
    return {"answer": sheet.answer.value if sheet.answer else None, "lines": _told(sheet, old)}


def _told(sheet: PurchaseOrderSheet, lines: dict[UUID, AnswerLine]) -> list[dict[str, Any]]:
    return [
        {"sku": line.sku_code, "ordered_packs": line.packs, "packs": lines[line.line_id].packs,
         "reason": lines[line.line_id].reason}
        for line in sheet.lines
    ]  # fmt: skip


# --- HQ -----------------------------------------------------------------------------------------------------------


def amend(uow: UnitOfWork, wish: AmendOrder) -> int:
    """Make a sent order smaller before anything of it is counted; returns the new version.

    The supplier gets the next version with a new link and answers again; the old link is dead. The fee for his
    minimum is measured anew. An order without any packs left is cancelled.
    Raises NotFound, AmendTooLate, Invalid for more packs, no change, or no reason.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    order = steps.hold(uow, wish.purchase_order_id)
    if order.status not in _ANSWERABLE:
        raise AmendTooLate(purchase_order_no=order.no, state=order.status.value)
    if not wish.reason.strip():
        raise Invalid(field="reason", reason="say why, so that the supplier understands")
    sheet = reads.purchase_order_sheet(uow.session, order.id)
    lines = steps.drafts(uow, order)
    packs = decisions.checked_amendment(lines, wish.packs)
    before = {"version": order.version, "total_cents": order.total_cents}
    lines = [_with_packs(line, packs.get(line.line_id, line.packs)) for line in lines]
    bought = any(line.packs for line in lines)
    order.version += 1
    order.hq_note = wish.reason.strip()
    fee = rules.top_up_cents(order.min_order_cents, decisions.goods_of(lines)) if bought else 0
    steps.write_lines(uow, order, lines, fee)
    changed = [
        {"sku": line.sku_code, "old_packs": line.packs, "packs": packs[line.line_id]}
        for line in sheet.lines
        if line.line_id in packs
    ]
    after = {"version": order.version, "total_cents": order.total_cents, "reason": order.hq_note, "lines": changed}
    uow.audit("supply.amend_purchase_order", order.id, before, after)
    if bought:
        steps.send(uow, order, PurchaseEventKind.AMENDED, reason=order.hq_note, lines=changed)
    else:
        _cancel(uow, order, changed)
    return order.version


def cancel(uow: UnitOfWork, purchase_order_id: UUID, reason: str) -> int:
    """Take a sent order back altogether; the supplier is told. Returns the version. Raises as `amend`."""
    uow.require(Permission.SUPPLY_MANAGE)
    order = steps.hold(uow, purchase_order_id)
    packs = {line.line_id: 0 for line in steps.drafts(uow, order) if line.packs}
    return amend(uow, AmendOrder(purchase_order_id=order.id, packs=packs, reason=reason))


def call_off(uow: UnitOfWork, purchase_order_id: UUID, reason: str) -> bool:
    """Take an order back because its round does not take place: one that was sent, or one that waits for a decision.

    The supplier is told of one that he knows. Repeating changes nothing. False, and nothing changes, for an order of
    which goods were counted: it has to be paid. Raises NotFound, Invalid without a reason.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    order = steps.hold(uow, purchase_order_id)
    if order.status is PurchaseStatus.CANCELLED:
        return True
    if order.status in _ANSWERABLE:
        cancel(uow, order.id, reason)
        return True
    if order.status is not PurchaseStatus.DECISION:
        return False
    check_move("purchase_order", PURCHASE_MOVES, order.status, PurchaseStatus.CANCELLED)
    before = {"status": order.status.value, "total_cents": order.total_cents}
    steps.write_lines(uow, order, [_with_packs(line, 0) for line in steps.drafts(uow, order)], 0)
    order.status, order.decide_by, order.hq_note = PurchaseStatus.CANCELLED, None, reason
    steps.note(uow, order, PurchaseEventKind.CANCELLED, reason=reason)
    uow.audit("supply.call_off_purchase_order", order.id, before, {"status": "cancelled", "reason": reason})
    return True


def _cancel(uow: UnitOfWork, order: PurchaseOrder, changed: list[dict[str, Any]]) -> None:
    check_move("purchase_order", PURCHASE_MOVES, order.status, PurchaseStatus.CANCELLED)
    order.status, order.link_key = PurchaseStatus.CANCELLED, ""
    steps.note(uow, order, PurchaseEventKind.CANCELLED, reason=order.hq_note, lines=changed)
    steps.write_to_supplier(uow, order)


def _with_packs(line: DraftLine, packs: int) -> DraftLine:
    return DraftLine(
        line_id=line.line_id, sku_id=line.sku_id, wanted_qty=line.wanted_qty, packs=packs, pack_size=line.pack_size,
        cost_cents=line.cost_cents,
    )  # fmt: skip


def renew_link(uow: UnitOfWork, purchase_order_id: UUID) -> None:
    """Kill the link of an open order and send a new one: the old one fell into wrong hands. Raises as `send_again`."""
    uow.require(Permission.SUPPLY_MANAGE)
    order = steps.hold(uow, purchase_order_id)
    if order.status not in _ANSWERABLE:
        raise AmendTooLate(purchase_order_no=order.no, state=order.status.value)
    order.link_key = new_token()
    uow.audit("supply.renew_link", order.id, None, {"no": order.no, "version": order.version})
    steps.write_to_supplier(uow, order)
