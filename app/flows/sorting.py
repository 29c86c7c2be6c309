"""Station sort: sheets and crates from the demand; receiving has released the goods to the sorting tables before."""

from contextlib import suppress
from typing import Any

from app.domains.logistics import queries
from app.domains.logistics.errors import NothingToSort
from app.domains.logistics.service import sorting
from app.domains.logistics.values.sorting import SheetsMade
from app.flows.station import StationRun


def sort_station(st: StationRun, options: dict[str, Any]) -> str:
    """Make sheets and crates. Option `finish`: mark every sheet as sorted, where nobody ticks them off one by one.

    A round in which nothing is due has no sheets, and goes on to its end.
    """
    with suppress(NothingToSort):
        made: SheetsMade = st.run(sorting.make_sheets, st.group_buy_id)
        st.progress(0, made.sheets, f"{made.sheets} sheets, {made.crates} crates")
    if options.get("finish"):
        st.run(sorting.finish_all, st.group_buy_id)
    totals = st.read(queries.sheet_totals, st.group_buy_id)
    st.progress(totals.sheets - totals.waiting, totals.sheets)
    waiting = f", {totals.waiting} to be sorted" if totals.waiting else ""
    return f"{totals.sheets} sheets, {totals.crates} crates, {totals.pieces} pieces{waiting}"
