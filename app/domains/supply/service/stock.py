"""Stock as movements: what leaves for the sorting tables."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert

from app.domains.supply import queries, rules
from app.domains.supply.models import StockMovement
from app.domains.supply.values import MovementKind, Want
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def book_sorted(uow: UnitOfWork, group_buy_id: UUID, due: Sequence[Want]) -> int:
    """Take what a round's residents are due out of the round's lots, first expired first; the rest stays as surplus.

    Happens once per round: repeating changes nothing. Returns the pieces that left. Raises StockMissing.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.lock(f"stock of round {group_buy_id}")
    if queries.is_sorted_out(uow.session, group_buy_id):
        return 0
    taken = rules.take_first_expiring(queries.lots_of_round(uow.session, group_buy_id), due)
    if taken:
        uow.session.execute(
            insert(StockMovement),
            [
                {"hub_id": lot.hub_id, "sku_id": lot.sku_id, "lot_id": lot.lot_id, "kind": MovementKind.SORTED,
                 "cause_id": group_buy_id, "qty": -qty, "at": uow.now}
                for lot, qty in taken
            ],
        )  # fmt: skip
    pieces = sum(qty for _, qty in taken)
    uow.audit("supply.book_sorted", group_buy_id, None, {"pieces": pieces, "lots": len(taken)})
    return pieces
