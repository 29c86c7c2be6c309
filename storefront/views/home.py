"""The start page: today's group-buy; and the page of one offer."""

from collections import Counter
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.kernel.errors import NotFound
from app.web.context import read
from storefront.cards import card
from storefront.doors import shop
from storefront.market import Market, basket_in, market_of_visitor, twins_in
from storefront.words import gettext as _, tr


@shop.get("/")
def home() -> ResponseReturnValue:
    """Today's group-buy of the visitor's hub, by category and search word."""
    market = market_of_visitor()
    text, category = request.args.get("q", "").strip()[:60], request.args.get("c", "")
    wares = [w for w in market.wares if (not category or w.sku.category_code == category) and w.holds(text)]
    return render_template(
        "storefront/home.html", market=market, wares=wares, text=text, category=category,
        chips=_chips(market, category, text), basket=basket_in(market), card=card,
    )  # fmt: skip


@shop.get("/offers/<uuid:offer_id>")
def offer(offer_id: UUID) -> ResponseReturnValue:
    """One offer: description, label, limits, price steps, and how long a claim is accepted.

    An address passed on yesterday, or by somebody of another hub, leads to today's offer of the same goods.
    """
    market = market_of_visitor()
    ware = market.ware(offer_id)
    if ware is None:
        twin = twins_in(market, [offer_id]).get(offer_id)
        if twin is None:
            raise NotFound("offer")
        return redirect(url_for("shop.offer", offer_id=twin.offer.id))
    claim_hours = read(catalogue.claim_hours, [ware.sku.id])[ware.sku.id]
    return render_template(
        "storefront/offer.html", market=market, ware=ware, claim_hours=claim_hours, basket=basket_in(market)
    )


def _chips(market: Market, chosen: str, text: str) -> list[dict[str, Any]]:
    """Filter links: all, and each category that has an offer today."""
    found = [ware for ware in market.wares if ware.holds(text)]
    counts = Counter(ware.sku.category_code for ware in found)
    names = {ware.sku.category_code: tr(ware.sku, "category_name") for ware in market.wares}
    if not names:
        return []
    first = {"label": _("All"), "href": url_for("shop.home", q=text or None), "active": not chosen, "count": len(found)}
    return [
        first,
        *(
            {
                "label": name,
                "href": url_for("shop.home", c=code, q=text or None),
                "active": code == chosen,
                "count": counts[code],
            }
            for code, name in names.items()
        ),
    ]
