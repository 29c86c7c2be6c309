"""What can be ordered; open to everybody, so that a link works before one has signed in."""

from typing import Any
from uuid import UUID

from flask import Response, current_app

from app.api.kept import Shelf
from app.api.schemas.groupbuys import CurrentIn, GroupBuyOut, OfferListOut, StockOut
from app.api.wire import ApiBlueprint
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries
from app.domains.groupbuys.values import GroupBuyCard, OfferStock
from app.kernel.errors import NotFound
from app.web.context import now, read

blueprint = ApiBlueprint("group_buys", "Group-buys")
SHELF = "linli-api-shelf"
#: What stands before and behind the group-buy's id in the address of its offers.
OFFERS = ("/api/v1/group-buys/", "/offers")


@blueprint.get("/group-buys/current")
@blueprint.gives(GroupBuyOut, refuses=(NotFound,), null=True, tagged=True)
@blueprint.asks(CurrentIn)
def current(asked: dict[str, Any]) -> GroupBuyCard | None:
    """The group-buy in which residents of a hub can order now; null when none is open."""
    return read(_current, asked["hub"])


@blueprint.get("/group-buys/<uuid:group_buy_id>/offers")
@blueprint.kept(OfferListOut, refuses=(NotFound,))
def offers(group_buy_id: UUID) -> Response:
    """All offers with their products' texts, from memory for up to a second; ask again with If-None-Match."""
    shelf: Shelf = current_app.extensions[SHELF]
    return shelf.get(str(group_buy_id), lambda: read(_listing, group_buy_id)).respond()


@blueprint.get("/group-buys/<uuid:group_buy_id>/stock")
@blueprint.gives(StockOut, refuses=(NotFound,), many=True)
def stock(group_buy_id: UUID) -> list[OfferStock]:
    """What moves: pieces sold and left, and the price at the quantity reached so far."""
    return read(queries.stock_of_offers, group_buy_id)


def _current(session: Any, hub_code: str) -> GroupBuyCard | None:
    hub = communities.find_hub_by_code(session, hub_code)
    if hub is None:
        raise NotFound(what="hub")
    return queries.open_group_buy_of_hub(session, hub.id, now())


def _listing(session: Any, group_buy_id: UUID) -> dict[str, Any]:
    card, listed = queries.listing(session, group_buy_id)
    return {"group_buy_id": card.id, "currency": card.currency, "items": listed}
