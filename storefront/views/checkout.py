"""From basket to order: look it over once more, and place it."""

from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.groupbuys.errors import GroupBuyClosed, SoldOut, ToleranceNotOffered, UnknownOffer
from app.domains.orders.errors import NoHome, OtherHub, OverLimit, PointDayFull, PointRests, TotalChanged
from app.domains.orders.rules import MAX_NOTE
from app.domains.orders.values import OrderItem, PlaceOrder
from app.flows.checkout import place as place_order
from app.kernel.errors import DomainError, Invalid
from app.kernel.ids import new_token
from app.web.context import transact
from app.web.filters import clock_time, money
from app.web.say import say
from storefront.basket import MAX_LINES, Basket, basket_of_request, keep
from storefront.doors import mine
from storefront.market import Market, basket_in, market_of_visitor
from storefront.views.basket import priced
from storefront.words import gettext as _

#: Refusals that are told at the line of the offer that they name.
AT_LINE = (SoldOut, OverLimit, UnknownOffer, ToleranceNotOffered)


@mine.get("/checkout")
def checkout() -> ResponseReturnValue:
    """The order as it would be placed: lines, pickup point and time, total."""
    if not basket_of_request().items:
        return redirect(url_for("shop.basket"), 303)
    market = market_of_visitor()
    if market.home is None:
        flash(_("Please choose your pickup point first; your basket waits for you."), "info")
        return redirect(url_for("shop.places", next=url_for("mine.checkout")), 303)
    basket = basket_in(market)
    return keep(make_response(_page(market, basket, key=new_token())), basket)


@mine.post("/checkout")
def place() -> ResponseReturnValue:
    """Place the order that was shown; sending the same page again leads to the same order."""
    wish = _wish()
    ordered = Basket(
        {item.offer_id: item.qty for item in wish.items}, {item.offer_id: item.tolerance_qty for item in wish.items}
    )
    if len(wish.note) > MAX_NOTE:
        told = _("At most %(most)s characters; these are %(have)s.", most=MAX_NOTE, have=len(wish.note))
        return _page(market_of_visitor(), ordered, wish.idempotency_key, note=wish.note, note_error=told), 422
    try:
        placed = transact(place_order, wish)
    except NoHome:
        flash(_("Please choose your pickup point first; your basket waits for you."), "info")
        return redirect(url_for("shop.places", next=url_for("mine.checkout")), 303)
    except (*AT_LINE, TotalChanged, GroupBuyClosed, OtherHub, PointRests, PointDayFull) as refusal:
        return _page(market_of_visitor(), ordered, wish.idempotency_key, refusal, wish.note), refusal.status
    if placed.is_new:
        flash(_("Your order stands. Please pay by %(time)s.", time=clock_time(placed.pay_by)), "success")
    basket = basket_of_request()
    left = basket.only(set(basket.items) - set(ordered.items))
    return keep(make_response(redirect(url_for("mine.order", order_id=placed.id), 303)), left)


def _page(
    market: Market, basket: Basket, key: str, refusal: DomainError | None = None, note: str = "", note_error: str = ""
) -> str:
    lines = priced(market, basket, refusal=refusal)
    return render_template(
        "storefront/checkout.html", market=market, priced=lines, key=key, note=note, note_error=note_error,
        trouble="" if isinstance(refusal, AT_LINE) else _trouble(refusal, market),
    )  # fmt: skip


def _trouble(refusal: DomainError | None, market: Market) -> str:
    """What is wrong with the order as a whole, and what to do about it."""
    if refusal is None:
        return ""
    if isinstance(refusal, TotalChanged):
        currency = market.group_buy.currency if market.group_buy else "CNY"
        before, after = (money(cents, currency) for cents in (refusal.expected_cents, refusal.total_cents))
        return _(
            "The price has moved while you were looking: the total was %(before)s and is %(after)s now. "
            "Nothing was ordered yet; please look again.",
            before=before,
            after=after,
        )
    if isinstance(refusal, GroupBuyClosed):
        return _("The cut-off has passed, so nothing was ordered. Your basket is kept for the next group-buy.")
    return say(refusal)


def _wish() -> PlaceOrder:
    form = request.form
    try:
        items = tuple(_item(text) for text in form.getlist("item")[: MAX_LINES + 1])
        return PlaceOrder(
            group_buy_id=UUID(form["group_buy_id"]), items=items, idempotency_key=form["key"][:100],
            expected_total_cents=int(form["total_cents"]), note=" ".join(form.get("note", "").split()),
        )  # fmt: skip
    except (KeyError, ValueError) as wrong:
        raise Invalid(field="items", reason="are not in the shape of this form") from wrong


def _item(text: str) -> OrderItem:
    """A line as the form holds it: the offer, its pieces, and those tolerated besides."""
    offer_id, qty, *besides = text.split(":")
    return OrderItem(offer_id=UUID(offer_id), qty=int(qty), tolerance_qty=int(besides[0]) if besides else 0)
