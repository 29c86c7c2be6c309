"""Reads of the logistics room; nothing here writes. Codes of pickups are shown to their residents only."""

from app.domains.logistics.queries.handovers import (
    get_handover,
    handovers_of_leader,
    handovers_of_round,
    open_handovers,
)
from app.domains.logistics.queries.leaders import served_point, serves
from app.domains.logistics.queries.pickups import (
    candidates,
    find_pickup_by_code,
    order_no,
    picked_in_event,
    picked_of_lines,
    pickup_code_of_order,
    pickup_notices,
    pickup_of_order,
    pickups_of_leader,
    ready_lines,
    unclaimed,
)
from app.domains.logistics.queries.routes import current_plan, load_list, stop_times, stops_of_round, vehicles
from app.domains.logistics.queries.sorting import (
    crate_labels,
    demand_cards,
    get_sheet,
    sheet_lines,
    sheet_totals,
    sheets,
    sheets_to_pack,
    wanted_lines,
)

__all__ = [
    "candidates",
    "crate_labels",
    "current_plan",
    "demand_cards",
    "find_pickup_by_code",
    "get_handover",
    "get_sheet",
    "handovers",
    "handovers_of_leader",
    "handovers_of_round",
    "load_list",
    "open_handovers",
    "order_no",
    "picked_in_event",
    "picked_of_lines",
    "pickup_code_of_order",
    "pickup_notices",
    "pickup_of_order",
    "pickups_of_leader",
    "ready_lines",
    "served_point",
    "serves",
    "sheet_lines",
    "sheet_totals",
    "sheets",
    "sheets_to_pack",
    "stop_times",
    "stops_of_round",
    "unclaimed",
    "vehicles",
    "wanted_lines",
]
