"""Ordering: quote, place, look, amend, cancel."""

from typing import Any
from uuid import UUID

from app.api.schemas.base import PageIn
from app.api.schemas.orders import (
    AmendOrderIn,
    OrderDetailOut,
    OrderOut,
    PlacedOut,
    PlaceOrderIn,
    QuoteIn,
    QuoteOut,
)
from app.api.wire import FOREIGN, KEYED, ApiBlueprint, page_ask
from app.domains.communities import queries as communities
from app.domains.groupbuys.errors import GroupBuyClosed, SoldOut, ToleranceNotOffered, UnknownOffer
from app.domains.logistics import queries as logistics
from app.domains.orders import queries
from app.domains.orders.errors import EmptyBasket, NoHome, OtherHub, OverLimit, PaidOrderOnlyShrinks, TotalChanged
from app.domains.orders.values import AmendOrder, OrderCard, Placed, PlaceOrder, Quote
from app.domains.payments import queries as payments
from app.flows import checkout
from app.kernel.actors import Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page
from app.kernel.states import WrongState
from app.web.context import actor_id, read, transact

blueprint = ApiBlueprint("orders", "Orders", roles={Role.RESIDENT})
_BASKET = (NotFound, UnknownOffer, EmptyBasket, Invalid, GroupBuyClosed, SoldOut, ToleranceNotOffered)


@blueprint.post("/quotes")
@blueprint.gives(QuoteOut, refuses=_BASKET)
@blueprint.takes(QuoteIn)
def quote(asked: dict[str, Any]) -> Quote:
    """What a basket would cost now; nothing is held."""
    wish = PlaceOrder(group_buy_id=asked["group_buy_id"], items=tuple(asked["items"]), idempotency_key="")
    return transact(checkout.quote, wish)


@blueprint.post("/orders")
@blueprint.gives(PlacedOut, 201, refuses=(*_BASKET, *KEYED, OverLimit, TotalChanged, NoHome, OtherHub))
@blueprint.keyed
@blueprint.takes(PlaceOrderIn)
def place(asked: dict[str, Any], key: str) -> Placed:
    """Order: everything is checked and held at once, or nothing. The same key again gives the first order again."""
    return transact(checkout.place, PlaceOrder(idempotency_key=key, **asked | {"items": tuple(asked["items"])}))


@blueprint.get("/orders")
@blueprint.gives_page(OrderOut, refuses=(Invalid,))
@blueprint.asks(PageIn)
def orders(asked: dict[str, Any]) -> Page[OrderCard]:
    """One's own orders, newest first."""
    return read(queries.orders_of_resident, actor_id(), page_ask(asked))


@blueprint.get("/orders/<uuid:order_id>")
@blueprint.gives(OrderDetailOut, refuses=FOREIGN)
def order(order_id: UUID) -> dict[str, Any]:
    """One's own order with what was taken off, what went back, and the pickup code."""
    return read(_page, order_id, actor_id())


@blueprint.patch("/orders/<uuid:order_id>")
@blueprint.gives(
    OrderOut, refuses=(*_BASKET, OverLimit, TotalChanged, PaidOrderOnlyShrinks, WrongState)
)  # fmt: skip
@blueprint.takes(AmendOrderIn)
def amend(asked: dict[str, Any], order_id: UUID) -> OrderCard:
    """Change the quantities before the cut-off: an unpaid order freely, a paid one only downwards, with a refund."""
    return transact(checkout.amend, AmendOrder(order_id=order_id, **asked | {"items": tuple(asked["items"])}))


@blueprint.post("/orders/<uuid:order_id>/cancel")
@blueprint.gives(OrderOut, refuses=(*FOREIGN, GroupBuyClosed, WrongState))
def cancel(order_id: UUID) -> OrderCard:
    """Cancel before the cut-off; what was paid goes back. Repeating changes nothing."""
    return transact(checkout.cancel, order_id)


def own_order(session: Any, order_id: UUID, resident_id: UUID) -> OrderCard:
    """An order of this resident; raises NotFound for anybody else's."""
    card = queries.get_order(session, order_id)
    if card.resident_id != resident_id:
        raise NotFound("order")
    return card


def _page(session: Any, order_id: UUID, resident_id: UUID) -> dict[str, Any]:
    card = own_order(session, order_id, resident_id)
    pickup = logistics.pickup_of_order(session, order_id)
    fields = {name: getattr(card, name) for name in OrderCard.__dataclass_fields__}
    return fields | {
        "cuts": queries.cuts_of_order(session, order_id),
        "refunds": payments.refunds_of_order(session, order_id),
        "pickup_point": communities.get_place(session, card.pickup_point_id),
        "pickup": pickup
        and {
            "id": pickup.id, "state": pickup.state, "picked_at": pickup.picked_at, "lines": pickup.lines,
            "code": logistics.pickup_code_of_order(session, order_id, resident_id),
        },
    }  # fmt: skip
