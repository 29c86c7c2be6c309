"""Suppliers, purchase orders, stock, and the demand from which they follow."""

from collections import defaultdict
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders
from app.domains.supply import queries as supply_room
from app.kernel.actors import Permission
from app.web.context import now, read
from app.web.filters import local, use_zone
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.lists import HubChoice, ask_page, asked_id, round_page


@hq.get("/suppliers")
@needs(Permission.SUPPLY_READ)
def suppliers() -> ResponseReturnValue:
    """All suppliers with what they ask for."""
    return render_template("hq_console/suppliers.html", suppliers=read(supply_room.suppliers))


@hq.get("/purchase-orders")
@needs(Permission.SUPPLY_READ)
def purchase_orders() -> ResponseReturnValue:
    """Purchase orders, newest first; of one round or one hub."""
    choice, round_id = HubChoice(), asked_id("round")
    page = read(supply_room.purchase_orders, ask_page(), round_id, choice.id)
    card = read(groupbuys.get_group_buy, round_id) if round_id else None
    return render_template("hq_console/purchase_orders.html", page=page, choice=choice, card=card)


@hq.get("/purchase-orders/<uuid:purchase_order_id>")
@needs(Permission.SUPPLY_READ)
def purchase_order(purchase_order_id: UUID) -> ResponseReturnValue:
    """One purchase order with its lines and every count at the dock."""
    found = read(supply_room.get_purchase_order, purchase_order_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    return render_template(
        "hq_console/purchase_order.html", order=found, hub=hub,
        lines=read(supply_room.purchase_lines, purchase_order_id=purchase_order_id),
        receipts=read(supply_room.receipts, purchase_order_id),
        card=read(groupbuys.get_group_buy, found.group_buy_id),
    )  # fmt: skip


@hq.get("/stock")
@needs(Permission.SUPPLY_READ)
def stock() -> ResponseReturnValue:
    """What a hub has, lot by lot, first expiring first."""
    choice = HubChoice(needed=True)
    lots = read(supply_room.stock, choice.id) if choice.id else []
    return render_template("hq_console/stock.html", choice=choice, lots=lots, today=local(now()).date())


@hq.get("/rounds/<uuid:group_buy_id>/demand")
@needs(Permission.LOGISTICS_READ)
def demand(group_buy_id: UUID) -> ResponseReturnValue:
    """Demand by SKU, at the cut-off and now, and by pickup point; before the cut-off what is paid so far."""
    page = round_page(group_buy_id)
    cards = read(logistics.demand_cards, group_buy_id)
    rows = read(orders.demand, group_buy_id)
    skus = read(catalogue.sku_cards, {row.sku_id for row in rows})
    by_point: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in rows:
        by_point[row.pickup_point_id][row.sku_id] = row.qty
    places = read(communities.places_by_id, by_point.keys())
    points = sorted(
        ((places[point], sorted(wanted.items(), key=lambda item: skus[item[0]].code)) for point, wanted in
         by_point.items()),
        key=lambda pair: pair[0].pickup_point_code,
    )  # fmt: skip
    return render_template("hq_console/demand.html", **page, cards=cards, points=points, skus=skus)
