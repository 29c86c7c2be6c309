"""The orders of a leader's neighbours: the list and one order, without its code."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import OPEN_PICKUPS
from app.domains.orders import queries
from app.kernel.errors import NotFound
from app.web.context import read
from leader_portal.doors import asked_page, here, leader


@leader.get("/orders")
def orders() -> ResponseReturnValue:
    """A page of orders, newest first; searched by number, name or the end of the phone."""
    text = request.args.get("q", "").strip()[:80]
    page = read(queries.orders_of_leader, here().id, asked_page(), None, text)
    return render_template("leader_portal/orders.html", page=page, q=text)


@leader.get("/orders/<uuid:order_id>")
def order(order_id: UUID) -> ResponseReturnValue:
    """One order: what was ordered, taken off and handed out."""
    at = here()
    card = read(queries.get_order, order_id)
    if card.leader_id != at.id and not read(logistics.serves, at.id, card.pickup_point_id):
        raise NotFound("order")
    pickup = read(logistics.pickup_of_order, order_id)
    return render_template(
        "leader_portal/order.html", card=card, pickup=pickup, cuts=read(queries.cuts_of_order, order_id),
        picked={line.order_line_id: line.picked_qty for line in pickup.lines} if pickup else {},
        can_hand_out=pickup is not None and pickup.state in OPEN_PICKUPS,
    )  # fmt: skip
