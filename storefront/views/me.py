"""Me: pickup point, language, size of type, sign out."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.web.context import read
from storefront import shelf
from storefront.doors import resident, shop
from storefront.views.places import why


@shop.get("/me")
def me() -> ResponseReturnValue:
    """The account's page; strangers see how to sign in, and the switches."""
    who = resident()
    home = read(communities.home_of, who.account_id) if who else None
    place = read(shelf.place, home.pickup_point_id) if home else None
    return render_template(
        "storefront/me.html", who=who, home=home, place=place, why=why(home, place) if home and place else ""
    )
