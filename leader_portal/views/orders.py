"""The orders of a leader's neighbours: the list and one order, without its code."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import OPEN_PICKUPS
from app.domains.orders import queries
from app.flows.residents import MAX_TEXT, write_to_resident
from app.kernel.errors import Invalid, NotFound, TooMany
from app.web.context import read, transact
from app.web.say import say
from app.web.watermark import watermark_picture
from app.web.words import gettext as _
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
    return _page(order_id, "", "")


@leader.post("/orders/<uuid:order_id>/message")
def write(order_id: UUID) -> ResponseReturnValue:
    """Write to whoever placed it, through the app: a leader knows no phone numbers."""
    typed = request.form.get("text", "").strip()
    try:
        transact(write_to_resident, order_id, typed)
    except (Invalid, TooMany) as refusal:
        return _page(order_id, typed, say(refusal)), refusal.status
    flash(_("Sent. It stands among her messages."), "success")
    return redirect(url_for("leader.order", order_id=order_id), 303)


@leader.get("/watermark.svg")
def watermark() -> ResponseReturnValue:
    """Who looks and when, pale, for pages that show people's data."""
    return watermark_picture()


def _page(order_id: UUID, typed: str, error: str) -> str:
    at = here()
    card = read(queries.get_order, order_id)
    if card.leader_id != at.id and not read(logistics.serves, at.id, card.pickup_point_id):
        raise NotFound("order")
    pickup = read(logistics.pickup_of_order, order_id)
    return render_template(
        "leader_portal/order.html", card=card, pickup=pickup, cuts=read(queries.cuts_of_order, order_id),
        picked={line.order_line_id: line.picked_qty for line in pickup.lines} if pickup else {},
        can_hand_out=pickup is not None and pickup.state in OPEN_PICKUPS, typed=typed, error=error, most=MAX_TEXT,
    )  # fmt: skip
