"""The basket, and putting something into it from any page."""

import json
from typing import Any
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.orders import queries as orders
from app.kernel.errors import Invalid
from app.web.context import read
from app.web.locale import safe_next
from app.web.pages import is_fragment
from storefront.basket import MAX_QTY, Basket, keep
from storefront.doors import resident, shop
from storefront.lines import Priced, price
from storefront.market import Market, basket_in, market_of_visitor
from storefront.words import gettext as _, ngettext, tr


@shop.get("/basket")
def basket() -> ResponseReturnValue:
    """What the visitor has put together, line by line, with what stands in the way of ordering it."""
    market = market_of_visitor()
    here = basket_in(market)
    return keep(_page(here, market), here)


@shop.post("/basket")
def put() -> ResponseReturnValue:
    """Set the pieces of one offer (absolute, so sending twice is harmless); answers with the part that changed."""
    market = market_of_visitor()
    before = basket_in(market)
    offer_id, wanted = _wish()
    qty = before.qty(offer_id) if wanted is None else wanted
    ware = market.ware(offer_id)
    text = _("Please give a number of pieces.") if wanted is None else ""
    if ware and qty > ware.most and qty > before.qty(offer_id):
        qty = max(ware.most, before.qty(offer_id))
        text = ngettext("No more than %(num)s piece.", "No more than %(num)s pieces.", qty)
    tolerance = _tolerance(before.tolerance_of(offer_id))
    if tolerance is None:
        text = text or _("Please give a number of pieces.")
        tolerance = before.tolerance_of(offer_id)
    basket = before.put(offer_id, qty, min(tolerance, ware.most_tolerance(qty)) if ware else 0)
    limited = bool(text)
    if not is_fragment():
        if text:
            flash(text, "warning")
        return keep(_redirect(request.form.get("next")), basket)
    if request.form.get("view") == "basket":
        response = _page(basket, market, "storefront/_basket.html")
    else:
        response = make_response(render_template("storefront/_put.html", ware=ware, basket=basket, offer_id=offer_id))
        if not text and ware and basket.qty(offer_id) > before.qty(offer_id):
            text = _("In the basket: %(name)s × %(qty)s", name=tr(ware.sku), qty=basket.qty(offer_id))
    if text:
        kind = "info" if limited else "success"
        response.headers["HX-Trigger"] = json.dumps({"ll:toast": {"text": text, "kind": kind}})
    return keep(response, basket)


def priced(market: Market, basket: Basket, **more: Any) -> Priced:
    """A basket against the market, with what a signed-in resident has in earlier orders."""
    who = resident()
    had = read(orders.qty_of_resident, who.account_id, list(basket.items)) if who and basket.items else {}
    return price(market, basket, had, **more)


def _page(basket: Basket, market: Market, template: str = "storefront/basket.html") -> Response:
    html = render_template(template, market=market, basket=basket, priced=priced(market, basket))
    return make_response(html)


def _wish() -> tuple[UUID, int | None]:
    """The offer, and the pieces; None for what is no number of pieces. A button of a list says both in `put`."""
    offer, _colon, typed = request.form.get("put", "").partition(":")
    try:
        offer_id = UUID(offer or request.form.get("offer_id", ""))
    except ValueError as wrong:
        raise Invalid(field="offer", reason="is not known") from wrong
    typed = (typed or request.form.get("to") or request.form.get("qty", "")).strip()
    is_number = typed.isascii() and typed.isdigit()
    return offer_id, min(int(typed[:6]), MAX_QTY) if is_number else None


def _tolerance(before: int) -> int | None:
    """Pieces to take besides if they fill a box: as chosen, else as before; None for what is no number of pieces."""
    typed = request.form.get("tolerance")
    if typed is None:
        return before
    typed = typed.strip()
    return min(int(typed[:6]), MAX_QTY) if typed.isascii() and typed.isdigit() else None


def _redirect(place: str | None) -> Response:
    return make_response(redirect(safe_next(place, url_for("shop.basket")), 303))
