"""Station sort: sheets and crates from the demand, goods out of stock, and the mark that all of it is sorted."""

from typing import Any
from uuid import UUID

from app.domains.logistics import queries
from app.domains.logistics.service import sorting
from app.domains.logistics.values import SheetsMade
from app.domains.supply.service import stock
from app.domains.supply.values import Want
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def plan_sorting(uow: UnitOfWork, group_buy_id: UUID) -> SheetsMade:
    """Make the sheets of a round and take their pieces out of the hub's stock; may be repeated.

    Raises NothingToSort, AlreadyDispatched, StockMissing when the round did not receive what it still owes.
    """
    uow.require(Permission.LOGISTICS_SORT)
    made = sorting.make_sheets(uow, group_buy_id)
    due = [Want(sku_id=d.sku_id, qty=d.due_qty) for d in queries.demand_cards(uow.session, group_buy_id) if d.due_qty]
    stock.book_sorted(uow.as_system("sorting"), group_buy_id, due)
    return made


def sort_station(st: StationRun, options: dict[str, Any]) -> str:
    """Make sheets and crates. Option `finish`: mark every sheet as sorted, where nobody ticks them off one by one."""
    made: SheetsMade = st.run(plan_sorting, st.group_buy_id)
    st.progress(0, made.sheets, f"{made.sheets} sheets, {made.crates} crates")
    if options.get("finish"):
        st.run(sorting.finish_all, st.group_buy_id)
    totals = st.read(queries.sheet_totals, st.group_buy_id)
    st.progress(totals.sheets - totals.waiting, totals.sheets)
    waiting = f", {totals.waiting} to be sorted" if totals.waiting else ""
    return f"{totals.sheets} sheets, {totals.crates} crates, {totals.pieces} pieces{waiting}"
