"""Stock as movements: what rounds take, first expired first out, what is allotted to them, and what is lost."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select, update

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.supply import queries, rules
from app.domains.supply.errors import StockMissing
from app.domains.supply.models import Allotment, LossReport, PurchaseOrder, StockMovement
from app.domains.supply.queries import lots as reads
from app.domains.supply.values import LotInHand, MovementKind, Want
from app.domains.supply.values.stock import LoseStock, LotCard
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id


def available_by_sku(uow: UnitOfWork, hub_id: UUID, on: date) -> dict[UUID, int]:
    """Pieces that a hub has and no round waits for, by SKU: not frozen, and good until `on` at least.

    What came for a round counts only when that round has taken what it needed.
    """
    uow.require(Permission.SUPPLY_READ)
    free: dict[UUID, int] = {}
    for lot in reads.free_lots(uow.session, hub_id, on):
        free[lot.sku_id] = free.get(lot.sku_id, 0) + lot.qty
    return free


def take(uow: UnitOfWork, hub_id: UUID, group_buy_id: UUID, wants: Sequence[Want], on: date) -> dict[UUID, int]:
    """Allot free stock to a round before it buys, as far as it goes, first expired first; pieces by SKU.

    The pieces stay in their lots until the round's goods go to the tables (`book_sorted`). A round is allotted once:
    repeating returns what it was given then. `on` is the day on which residents fetch the goods.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    lock_stock(uow, hub_id)
    if known := reads.allotted_by_sku(uow.session, group_buy_id):
        return known
    lots = reads.free_lots(uow.session, hub_id, on, {want.sku_id for want in wants})
    taken = rules.take_first_expiring(lots, _as_far_as(lots, wants))
    if taken:
        uow.session.execute(
            insert(Allotment),
            [{"group_buy_id": group_buy_id, "lot_id": lot.lot_id, "qty": qty, "at": uow.now} for lot, qty in taken],
        )
        uow.audit("supply.take_stock", group_buy_id, None, {"pieces": sum(qty for _, qty in taken), "lots": len(taken)})
    given: dict[UUID, int] = {}
    for lot, qty in taken:
        given[lot.sku_id] = given.get(lot.sku_id, 0) + qty
    return given


def _as_far_as(lots: Sequence[LotInHand], wants: Sequence[Want]) -> list[Want]:
    here: dict[UUID, int] = {}
    for lot in lots:
        here[lot.sku_id] = here.get(lot.sku_id, 0) + lot.qty
    return [Want(sku_id=w.sku_id, qty=min(w.qty, here[w.sku_id])) for w in wants if here.get(w.sku_id)]


def lock_stock(uow: UnitOfWork, hub_id: UUID) -> None:
    """Wait for everybody else who takes, loses or counts stock of a hub."""
    uow.require(Permission.SUPPLY_READ)
    uow.lock(f"stock of hub {hub_id}")


def book_sorted(uow: UnitOfWork, group_buy_id: UUID, due: Sequence[Want]) -> int:
    """Take what a round's residents are due out of its lots, first expired first; the rest becomes free stock.

    The lots are those that came for the round and what it was allotted; frozen ones are passed over.
    Happens once per round: repeating changes nothing. Returns the pieces that left. Raises StockMissing.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.lock(f"stock of round {group_buy_id}")
    if queries.is_sorted_out(uow.session, group_buy_id):
        return 0
    _hold_goods(uow, group_buy_id)
    taken = rules.take_first_expiring(reads.lots_for_round(uow.session, group_buy_id), due)
    if taken:
        uow.session.execute(
            insert(StockMovement),
            [
                {"hub_id": lot.hub_id, "sku_id": lot.sku_id, "lot_id": lot.lot_id, "kind": MovementKind.SORTED,
                 "cause_id": group_buy_id, "qty": -qty, "at": uow.now}
                for lot, qty in taken
            ],
        )  # fmt: skip
    _release(uow, group_buy_id)
    pieces = sum(qty for _, qty in taken)
    uow.audit("supply.book_sorted", group_buy_id, None, {"pieces": pieces, "lots": len(taken)})
    return pieces


def _hold_goods(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Wait for docks that count or take back for this round, and for who loses, counts or freezes stock of its hubs."""
    mine = select(PurchaseOrder.id).where(PurchaseOrder.group_buy_id == group_buy_id).order_by(PurchaseOrder.id)
    uow.session.execute(mine.with_for_update())
    for hub_id in sorted({lot.hub_id for lot in reads.lots_for_round(uow.session, group_buy_id)}):
        lock_stock(uow, hub_id)


def _release(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """From now on what is left of the round's goods is anybody's."""
    for table in (PurchaseOrder, Allotment):
        uow.session.execute(
            update(table)
            .where(table.group_buy_id == group_buy_id, table.released_at.is_(None))
            .values(released_at=uow.now)
            .execution_options(synchronize_session=False)
        )


def lose(uow: UnitOfWork, wish: LoseStock) -> UUID:
    """Take pieces of a lot out of the books because they are gone; the hub bears them at cost. Returns the report's id.

    Safe to repeat with the same key. Raises NotFound, Invalid, StockMissing when the lot holds fewer pieces.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    if wish.qty <= 0:
        raise Invalid(field="qty", reason="must be one piece or more")
    report_id = new_id()
    if done := _claimed(uow, wish, report_id):
        return done
    lot = reads.get_lot(uow.session, wish.lot_id, uow.now.date())
    lock_stock(uow, lot.hub_id)
    lot = reads.get_lot(uow.session, wish.lot_id, uow.now.date())
    if wish.qty > lot.qty:
        raise StockMissing(sku_id=lot.sku_id, wanted=wish.qty, here=lot.qty)
    uow.session.add(
        LossReport(
            id=report_id, lot_id=lot.lot_id, qty=wish.qty, reason=wish.reason, note=wish.note.strip(),
            photo=wish.photo, by=uow.actor.name, at=uow.now,
        )
    )  # fmt: skip
    adjust(uow, report_id, MovementKind.LOST, [(lot, -wish.qty)])
    after = {"qty": lot.qty - wish.qty, "lot": lot.lot_code, "reason": wish.reason.value, "note": wish.note.strip()}
    uow.audit("supply.lose", lot.lot_id, {"qty": lot.qty}, after)
    return report_id


def _claimed(uow: UnitOfWork, wish: LoseStock, report_id: UUID) -> UUID | None:
    if not wish.idempotency_key or uow.actor.id is None:
        return None
    print_ = idempotency.fingerprint([str(wish.lot_id), wish.qty, wish.reason.value, wish.note])
    key = IdempotencyKey(
        account_id=uow.actor.id, action="supply.lose", key=wish.idempotency_key, fingerprint=print_,
        result_id=report_id, at=uow.now,
    )  # fmt: skip
    return idempotency.claim(uow.session, key)


def adjust(uow: UnitOfWork, cause_id: UUID, kind: MovementKind, changes: Sequence[tuple[LotCard, int]]) -> int:
    """Book pieces more or fewer of lots, and their value at cost between goods and the hub's losses; in cents.

    The one way in which stock changes without goods being bought or sold.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.session.execute(
        insert(StockMovement),
        [
            {"hub_id": lot.hub_id, "sku_id": lot.sku_id, "lot_id": lot.lot_id, "kind": kind, "cause_id": cause_id,
             "qty": qty, "at": uow.now}
            for lot, qty in changes
        ],
    )  # fmt: skip
    value = sum(qty * lot.cost_cents for lot, qty in changes)
    if value:
        hub_id = changes[0][0].hub_id
        journals.post(
            uow.as_system("supply.stock"),
            PostJournal(
                kind=JournalKind.STOCK_ADJUSTED, cause_id=cause_id, hub_id=hub_id,
                currency=queries.hub_currency(uow.session, hub_id),
                postings=(
                    Posting(LedgerAccount.GOODS, value), Posting(LedgerAccount.HUB_LOSS, -value, owner_id=hub_id),
                ),
            ),
        )  # fmt: skip
    return value
