"""Counting what comes off the truck: receipts, lots, stock and the supplier's claim, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, update

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.supply import queries
from app.domains.supply.errors import GoodsReleased, LinesUncounted
from app.domains.supply.events import PurchaseOrderReceived
from app.domains.supply.models import Lot, PurchaseLine, PurchaseOrder, ReceiptLine, StockMovement
from app.domains.supply.rules import dock as rules
from app.domains.supply.service import differences
from app.domains.supply.values import (
    PURCHASE_MOVES,
    CountRow,
    ExpectedLine,
    MovementKind,
    PurchaseStatus,
    ReceiveLine,
)
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.changes import InvalidRows, RowFault
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.states import check_move


@dataclass(frozen=True, slots=True)
class _Counted:
    """One count, its receipt's id, and the line before and after it."""

    receipt_id: UUID
    count: ReceiveLine
    before: ExpectedLine
    after: ExpectedLine


def count_line(uow: UnitOfWork, count: ReceiveLine) -> UUID:
    """Take in one count at the dock and return its receipt's id; see `count_lines`.

    A second tap with the same key finds the first one's receipt. Raises KeyReused for another count with that key.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    receipt_id = new_id()
    if count.idempotency_key and uow.actor.id is not None:
        told = [str(count.purchase_line_id), count.received_qty, count.rejected_qty, count.lot_code, count.billed_qty]
        key = IdempotencyKey(
            account_id=uow.actor.id, action="supply.count", key=count.idempotency_key, result_id=receipt_id,
            fingerprint=idempotency.fingerprint(told), at=uow.now,
        )  # fmt: skip
        if done := idempotency.claim(uow.session, key):
            return done
    count_lines(uow, [count], [receipt_id])
    return receipt_id


def close_delivery(uow: UnitOfWork, purchase_order_id: UUID) -> int:
    """Declare every line of a delivery complete: nothing more comes of it. Returns how many lines were open.

    May be repeated. Raises NotFound.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    queries.get_purchase_order(uow.session, purchase_order_id)
    lock_orders(uow, PurchaseOrder.id == purchase_order_id)
    waiting = queries.purchase_lines(uow.session, purchase_order_id=purchase_order_id, uncounted=True)
    count_lines(uow, [ReceiveLine(purchase_line_id=line.id, received_qty=0) for line in waiting])
    return len(waiting)


def count_from_rows(uow: UnitOfWork, rows: Sequence[CountRow]) -> int:
    """Take in a count sheet, all or nothing; a line's last row completes it. Returns the number of rows.

    Raises InvalidRows naming every order and SKU that does not exist, and what `count_lines` raises.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    known = queries.line_ids_by_codes(uow.session, {row.po for row in rows})
    keys = [(row.po, row.sku) for row in rows]
    if unknown := [key for key in dict.fromkeys(keys) if key not in known]:
        raise InvalidRows(faults=[RowFault(f"{po} {sku}", "sku", Reason.UNKNOWN, sku) for po, sku in unknown])
    last = {key: place for place, key in enumerate(keys)}
    counts = [
        ReceiveLine(
            purchase_line_id=known[key], received_qty=row.received, rejected_qty=row.rejected, reject_reason=row.reason,
            lot_code=row.lot, expires_on=row.expires, is_final=last[key] == place,
        )
        for place, (key, row) in enumerate(zip(keys, rows, strict=True))
    ]  # fmt: skip
    count_lines(uow, counts)
    return len(counts)


def count_as_ordered(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Complete every line of a round that is still expected as delivered in full; returns how many lines that were.

    May be repeated. What was rejected of a line stays rejected: only the rest of it comes in.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    lock_orders(uow, PurchaseOrder.group_buy_id == group_buy_id)
    waiting = [line.id for line in queries.purchase_lines(uow.session, group_buy_id=group_buy_id, uncounted=True)]
    expected = queries.expected_lines(uow.session, waiting)
    count_lines(uow, [rules.rest_as_ordered(expected[line_id]) for line_id in waiting])
    return len(waiting)


def count_lines(uow: UnitOfWork, counts: Sequence[ReceiveLine], receipt_ids: Sequence[UUID] = ()) -> None:
    """Take in counts: good pieces become a lot in stock and a claim of the supplier, rejected ones only a note.

    Each count is a row of its own, so several people's counts add up. Two docks at one order wait for each other.
    What a complete line's bill says beyond or below the goods is charged or credited; when the last line of an order
    is complete, so is the order, and the fee below its minimum is billed. As many statements for many counts as for
    few. Raises NotFound, LineCounted, OverDelivered, GoodsReleased, Invalid; then nothing was counted.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    line_ids = {count.purchase_line_id for count in counts}
    lock_orders(uow, PurchaseOrder.id.in_(select(PurchaseLine.purchase_order_id).where(PurchaseLine.id.in_(line_ids))))
    lines = queries.expected_lines(uow.session, line_ids)
    if len(lines) < len(line_ids):
        raise NotFound("purchase_line")
    refuse_released(uow, lines.values())
    done = []
    for place, count in enumerate(counts):
        before = lines[count.purchase_line_id]
        written = rules.settled_count(before, count)
        after = lines[before.id] = rules.after_count(before, count)
        done.append(_Counted(receipt_ids[place] if receipt_ids else new_id(), written, before, after))
    if done:
        _write_receipts(uow, done, _lots(uow, done))
        _write_lines(uow, done, lines)
        move_orders(uow, lines)


def refuse_released(uow: UnitOfWork, lines: Iterable[ExpectedLine]) -> None:
    """Raise GoodsReleased when a round has taken its goods to the tables: what it got is decided."""
    uow.require(Permission.SUPPLY_RECEIVE)
    number_of = {line.group_buy_id: line.purchase_order_no for line in lines if line.group_buy_id is not None}
    for group_buy_id, number in number_of.items():
        if queries.is_sorted_out(uow.session, group_buy_id):
            raise GoodsReleased(purchase_order_no=number)


def hold_counted(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Keep every dock from counting or taking back for a round until this transaction ends.

    Raises LinesUncounted naming orders and SKUs while a line is open: what is shared out must be all that came.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    lock_orders(uow, PurchaseOrder.group_buy_id == group_buy_id)
    waiting = queries.purchase_lines(uow.session, group_buy_id=group_buy_id, uncounted=True)
    if waiting:
        raise LinesUncounted(lines=[f"{line.purchase_order_no} {line.sku_code}" for line in waiting])


def lock_orders(uow: UnitOfWork, which: ColumnElement[bool]) -> None:
    """Wait for every other dock that counts these orders."""
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.session.execute(select(PurchaseOrder.id).where(which).order_by(PurchaseOrder.id).with_for_update())


def _lots(uow: UnitOfWork, done: list[_Counted]) -> dict[tuple[UUID, str], UUID]:
    """The lots of these counts by line and mark; new ones are made, a known one must not change its expiry."""
    known = {
        (lot.purchase_line_id, lot.code): lot
        for lot in uow.session.scalars(select(Lot).where(Lot.purchase_line_id.in_({d.before.id for d in done})))
    }
    for d in done:
        key = _lot_key(d)
        if d.count.received_qty == 0:
            continue
        if key not in known:
            known[key] = Lot(
                id=new_id(), hub_id=d.before.hub_id, sku_id=d.before.sku_id, purchase_line_id=d.before.id, code=key[1],
                expires_on=rules.expiry(d.before, d.count.expires_on), received_at=uow.now,
            )  # fmt: skip
            uow.session.add(known[key])
        elif d.count.expires_on not in {None, known[key].expires_on}:
            raise Invalid(field="expires_on", reason="this lot was counted with another expiry; give it another mark")
    uow.session.flush()
    return {key: lot.id for key, lot in known.items()}


def _lot_key(d: _Counted) -> tuple[UUID, str]:
    return d.before.id, rules.lot_code(d.before, d.count.lot_code)


def _write_receipts(uow: UnitOfWork, done: list[_Counted], lots: dict[tuple[UUID, str], UUID]) -> None:
    good = {
        d.receipt_id: lots[d.before.id, rules.lot_code(d.before, d.count.lot_code)]
        for d in done
        if d.count.received_qty
    }
    uow.session.execute(
        insert(ReceiptLine),
        [
            {"id": d.receipt_id, "purchase_line_id": d.before.id, "lot_id": good.get(d.receipt_id),
             "received_qty": d.count.received_qty, "rejected_qty": d.count.rejected_qty,
             "reject_reason": d.count.reject_reason.strip(), "received_by": uow.actor.name,
             "received_by_id": uow.actor.id, "received_at": uow.now, "temperature_dc": d.count.temperature_dc,
             "temperature_note": d.count.temperature_note.strip(), "photo": d.count.photo}
            for d in done
        ],
    )  # fmt: skip
    if good:
        uow.session.execute(
            insert(StockMovement),
            [
                {"hub_id": d.before.hub_id, "sku_id": d.before.sku_id, "lot_id": good[d.receipt_id],
                 "kind": MovementKind.RECEIVED, "cause_id": d.receipt_id, "qty": d.count.received_qty, "at": uow.now}
                for d in done
                if d.receipt_id in good
            ],
        )  # fmt: skip
    bills = [bill(d.receipt_id, d.before, d.count.received_qty * d.before.cost_cents) for d in done]
    post(uow, bills)


def bill(
    cause_id: UUID, line: ExpectedLine, cents: int, kind: JournalKind = JournalKind.GOODS_RECEIVED
) -> PostJournal | None:
    """The supplier's claim for goods, or for bringing so few; None where nothing is owed."""
    if cents == 0:
        return None
    return PostJournal(
        kind=kind, cause_id=cause_id, hub_id=line.hub_id, currency=line.currency,
        postings=(
            Posting(LedgerAccount.GOODS, cents),
            Posting(LedgerAccount.SUPPLIER_PAYABLE, -cents, owner_id=line.supplier_id),
        ),
    )  # fmt: skip


def post(uow: UnitOfWork, bills: list[PostJournal | None]) -> None:
    """Write the bills that there are."""
    uow.require(Permission.SUPPLY_RECEIVE)
    journals.post_many(uow.as_system("supply.receive"), [bill for bill in bills if bill is not None])


def _write_lines(uow: UnitOfWork, done: list[_Counted], lines: dict[UUID, ExpectedLine]) -> None:
    uow.session.execute(
        update(PurchaseLine),
        [
            {"id": line.id, "received_qty": line.received_qty, "rejected_qty": line.rejected_qty,
             "billed_qty": line.billed_qty, "counted_at": uow.now if line.is_counted else None}
            for line in lines.values()
        ],
    )  # fmt: skip
    differences.settle(uow, list(lines.values()))
    for d in done:
        uow.audit("supply.receive", d.before.id, _audited(d.before), _audited(d.after))


def _audited(line: ExpectedLine) -> dict[str, object]:
    said: dict[str, object] = {} if line.billed_qty is None else {"billed_qty": line.billed_qty}
    return {"received_qty": line.received_qty, "rejected_qty": line.rejected_qty, "is_counted": line.is_counted} | said


def move_orders(uow: UnitOfWork, lines: dict[UUID, ExpectedLine]) -> None:
    """Bring the orders to where their lines stand; a complete one is billed for its fee below the minimum, once.

    Who brought nothing that we took in gets no fee either.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    any_line = {line.purchase_order_id: line for line in lines.values()}
    mine = PurchaseLine.purchase_order_id.in_(any_line)
    came = func.sum(PurchaseLine.received_qty) > 0
    complete = func.bool_and(PurchaseLine.counted_at.is_not(None))
    stands = {
        order_id: (is_complete, has_come)
        for order_id, is_complete, has_come in uow.session.execute(
            select(PurchaseLine.purchase_order_id, complete, came).where(mine).group_by(PurchaseLine.purchase_order_id)
        )
    }
    orders = uow.session.scalars(select(PurchaseOrder).where(PurchaseOrder.id.in_(any_line)).order_by(PurchaseOrder.no))
    bills = []
    for order in orders.all():
        is_complete, has_come = stands[order.id]
        status = PurchaseStatus.RECEIVED if is_complete else PurchaseStatus.PARTLY_RECEIVED
        check_move("purchase_order", PURCHASE_MOVES, order.status, status)
        order.status = status
        if status is PurchaseStatus.RECEIVED:
            fee = order.top_up_cents if has_come else 0
            bills.append(bill(order.id, any_line[order.id], fee, JournalKind.MINIMUM_BILLED))
            uow.emit(PurchaseOrderReceived(order.id, order.no, order.supplier_id, order.hub_id, order.group_buy_id))
    post(uow, bills)
