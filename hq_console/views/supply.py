"""Suppliers, stock, and the demand from which they follow."""

from collections import defaultdict
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders
from app.domains.supply import queries as supply_room
from app.kernel.actors import Permission
from app.web.context import read
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.lists import round_page


@hq.get("/suppliers")
@needs(Permission.SUPPLY_READ)
def suppliers() -> ResponseReturnValue:
    """All suppliers with what they ask for."""
    return render_template("hq_console/suppliers.html", suppliers=read(supply_room.suppliers))


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
