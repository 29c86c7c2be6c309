"""Stocktakes: a blind count of everything, a second look at what differs, and the books put right with a reason."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.domains.supply.errors import LotsUncounted, StockMissing, StocktakeRunning
from app.domains.supply.models import Stocktake, StocktakeLine
from app.domains.supply.queries import lots as reads
from app.domains.supply.service import stock
from app.domains.supply.values import MovementKind
from app.domains.supply.values.stock import STOCKTAKE_MOVES, LotCard, StocktakeRow, StocktakeState
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move

#: More pieces of one lot than this are a slip of the finger.
MOST_PIECES = 1_000_000


def open_count(uow: UnitOfWork, hub_id: UUID) -> UUID:
    """Begin to count a hub's stock. Raises StocktakeRunning when the hub is at it already."""
    uow.require(Permission.SUPPLY_RECEIVE)
    stock.lock_stock(uow, hub_id)
    if reads.open_stocktake(uow.session, hub_id):
        raise StocktakeRunning
    made = Stocktake(
        id=new_id(), hub_id=hub_id, state=StocktakeState.COUNTING, opened_by=uow.actor.name, opened_at=uow.now,
        reason="",
    )  # fmt: skip
    uow.session.add(made)
    uow.session.flush()
    uow.audit("supply.open_stocktake", made.id, None, {"hub_id": str(hub_id)})
    return made.id


def count_lots(uow: UnitOfWork, stocktake_id: UUID, counted: Mapping[UUID, int]) -> None:
    """Write down what was found of lots, beside what the books say at this moment.

    A later count of the same lot replaces the earlier one while the stocktake is open: several people may count, and
    the second look may correct. Raises NotFound, WrongState, Invalid.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    taken = _locked(uow, stocktake_id)
    if taken.state not in {StocktakeState.COUNTING, StocktakeState.REVIEW}:
        check_move("stocktake", STOCKTAKE_MOVES, taken.state, StocktakeState.REVIEW)
    if any(not 0 <= qty <= MOST_PIECES for qty in counted.values()):
        raise Invalid(field="qty", reason="must not be negative")
    here = {lot.lot_id: lot.qty for lot in reads.lots(uow.session, taken.hub_id, uow.now.date())}
    known = {row.lot_id for row in reads.stocktake_rows(uow.session, stocktake_id)}
    if unknown := set(counted) - known:
        raise NotFound(f"lot {min(unknown)}")
    if not counted:
        return
    adding = insert(StocktakeLine)
    fresh = {name: adding.excluded[name] for name in ("counted_qty", "book_qty", "counted_by", "counted_at")}
    uow.session.execute(
        adding.on_conflict_do_update(index_elements=["stocktake_id", "lot_id"], set_=fresh),
        [
            {"stocktake_id": stocktake_id, "lot_id": lot_id, "counted_qty": qty, "book_qty": here.get(lot_id, 0),
             "counted_by": uow.actor.name, "counted_at": uow.now}
            for lot_id, qty in sorted(counted.items())
        ],
        execution_options={"synchronize_session": False},
    )  # fmt: skip


def ask_review(uow: UnitOfWork, stocktake_id: UUID) -> None:
    """End the blind count and show what differs. Raises LotsUncounted naming lots that nobody has counted."""
    uow.require(Permission.SUPPLY_RECEIVE)
    taken = _locked(uow, stocktake_id)
    rows = reads.stocktake_rows(uow.session, stocktake_id)
    if waiting := [f"{row.sku_code} {row.lot_code}" for row in rows if row.counted_qty is None]:
        raise LotsUncounted(lots=waiting[:20])
    check_move("stocktake", STOCKTAKE_MOVES, taken.state, StocktakeState.REVIEW)
    taken.state = StocktakeState.REVIEW


def count_again(uow: UnitOfWork, stocktake_id: UUID) -> None:
    """Send people back to the shelves; what they found so far stays on the sheet."""
    uow.require(Permission.SUPPLY_RECEIVE)
    taken = _locked(uow, stocktake_id)
    check_move("stocktake", STOCKTAKE_MOVES, taken.state, StocktakeState.COUNTING)
    taken.state = StocktakeState.COUNTING


def drop(uow: UnitOfWork, stocktake_id: UUID) -> None:
    """Give up a stocktake; the books stay as they are."""
    uow.require(Permission.SUPPLY_RECEIVE)
    taken = _locked(uow, stocktake_id)
    check_move("stocktake", STOCKTAKE_MOVES, taken.state, StocktakeState.DROPPED)
    taken.state, taken.closed_by, taken.closed_at = StocktakeState.DROPPED, uow.actor.name, uow.now
    uow.audit("supply.drop_stocktake", taken.id, {"state": "open"}, {"state": "dropped"})


def post(uow: UnitOfWork, stocktake_id: UUID, reason: str) -> int:
    """Put the books right by what differs, after the second look; returns the value of the change in cents.

    Each variance is a movement and an audit row of its own, their value one journal between goods and the hub's
    losses. Goods that moved since they were counted change nothing: a variance is what was found beside the books of
    that moment. Raises WrongState, LotsUncounted, Invalid without a reason, StockMissing when a lot would fall below 0.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    if not reason.strip():
        raise Invalid(field="reason", reason="say why the books are changed")
    taken = _locked(uow, stocktake_id)
    check_move("stocktake", STOCKTAKE_MOVES, taken.state, StocktakeState.POSTED)
    stock.lock_stock(uow, taken.hub_id)
    rows = reads.stocktake_rows(uow.session, stocktake_id)
    if waiting := [f"{row.sku_code} {row.lot_code}" for row in rows if row.counted_qty is None]:
        raise LotsUncounted(lots=waiting[:20])
    changes = _changes(uow, taken, [row for row in rows if row.variance_qty])
    value = stock.adjust(uow, stocktake_id, MovementKind.STOCKTAKE, changes) if changes else 0
    for lot, qty in changes:
        after = {"qty": lot.qty + qty, "lot": lot.lot_code, "reason": reason.strip()}
        uow.audit("supply.correct_stock", lot.lot_id, {"qty": lot.qty}, after)
    taken.state, taken.reason = StocktakeState.POSTED, reason.strip()
    taken.closed_by, taken.closed_at = uow.actor.name, uow.now
    return value


def _changes(uow: UnitOfWork, taken: Stocktake, rows: list[StocktakeRow]) -> list[tuple[LotCard, int]]:
    """The lots that differ, with how many pieces more or fewer they hold in truth."""
    here = {lot.lot_id: lot for lot in reads.lots(uow.session, taken.hub_id, uow.now.date())}
    changes = []
    for row in rows:
        lot = here.get(row.lot_id) or reads.empty_lot(uow.session, row.lot_id)
        if lot.qty + row.variance_qty < 0:
            raise StockMissing(sku_id=lot.sku_id, wanted=-row.variance_qty, here=lot.qty)
        changes.append((lot, row.variance_qty))
    return changes


def _locked(uow: UnitOfWork, stocktake_id: UUID) -> Stocktake:
    taken = uow.session.scalar(select(Stocktake).filter_by(id=stocktake_id).with_for_update())
    if taken is None:
        raise NotFound("stocktake")
    return taken
