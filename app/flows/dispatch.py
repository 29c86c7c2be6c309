"""Station dispatch: the trucks leave; from now on sheets and plan stand, and leaders expect their crates."""

from typing import Any

from app.domains.logistics import queries
from app.domains.logistics.service import routes, scales
from app.domains.orders import queries as orders
from app.domains.payments.service import payments
from app.flows.station import StationRun


def dispatch_station(st: StationRun, options: dict[str, Any]) -> str:
    """Send the trucks of the current plan off. Refused while a sheet is open or the plan is older than the sheets.

    Refused also while lines wait for the scale; option `unweighed`: they keep their price as ordered. Without a sheet
    no truck leaves. What cards hold for the round is taken now: by weight and shortage it is final.
    """
    if options.get("unweighed"):
        st.run(scales.leave_unweighed, st.group_buy_id)
    has_sheets = st.read(queries.sheet_totals, st.group_buy_id).sheets > 0
    points = st.run(routes.dispatch, st.group_buy_id) if has_sheets else 0
    st.run(payments.capture_held, st.read(orders.paid_orders, st.group_buy_id))
    st.progress(points, points)
    return f"{points} pickup points on the way"
