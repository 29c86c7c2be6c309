"""Orders: search, and one order with everything that happened to it."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.accounts.service import vips
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders_room
from app.domains.orders.values import OrderFilter, OrderStatus
from app.domains.payments import queries as payments
from app.domains.payments.values import Method
from app.kernel.actors import Permission
from app.web.context import read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq, may
from hq_console.lists import HubChoice, ask_page, asked_id, asked_text, chips_of


@hq.get("/orders")
@needs(Permission.ORDERS_READ)
def orders() -> ResponseReturnValue:
    """Orders, newest first; by number, name or the end of the phone, hub, round and status."""
    choice = HubChoice()
    status = next((s for s in OrderStatus if s.value == request.args.get("status")), None)
    round_id = asked_id("round")
    wanted = OrderFilter(
        hub_id=choice.id, group_buy_id=round_id, leader_id=asked_id("leader"), status=status, text=asked_text()
    )
    page = read(orders_room.search_orders, ask_page(), wanted)
    places = read(communities.places_by_id, {order.pickup_point_id for order in page.rows})
    return render_template(
        "hq_console/orders.html", page=page, choice=choice, places=places, text=wanted.text,
        status_chips=chips_of("status", names.choices(OrderStatus), _("All")),
        card=read(groupbuys.get_group_buy, round_id) if round_id else None,
    )  # fmt: skip


@hq.get("/orders/<uuid:order_id>")
@needs(Permission.ORDERS_READ)
def order(order_id: UUID) -> ResponseReturnValue:
    """One order: lines, what was taken off them and why, payment, refunds, pickup."""
    found = read(orders_room.get_order, order_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    money_visible = may(Permission.PAYMENTS_READ)
    payment = read(payments.payment_of_order, order_id) if money_visible else None
    return render_template(
        "hq_console/order.html", order=found, hub=hub, cuts=read(orders_room.cuts_of_order, order_id),
        lines={line.id: line for line in found.lines}, place=read(communities.get_place, found.pickup_point_id),
        card=read(groupbuys.get_group_buy, found.group_buy_id), pickup=read(logistics.pickup_of_order, order_id),
        payment=payment, method=Method(payment.method) if payment else None,
        refunds=read(payments.refunds_of_order, order_id) if money_visible else [],
        is_vip=read(accounts.is_vip, found.resident_id),
        leader=read(communities.leaders_by_id, [found.leader_id]).get(found.leader_id),
    )  # fmt: skip


@hq.post("/orders/<uuid:order_id>/vip")
@needs(Permission.ACCOUNTS_MANAGE)
def set_vip(order_id: UUID) -> ResponseReturnValue:
    """Make an order's resident a VIP, whose lines a shortage may be told to spare, or an ordinary one again."""
    found = read(orders_room.get_order, order_id)
    wanted = request.form.get("vip") == "1"
    transact(vips.set_vip, found.resident_id, is_vip=wanted)
    flash(_("VIP resident") if wanted else _("No longer VIP"), "success")
    return redirect(url_for("hq.order", order_id=order_id), 303)
