"""Choosing where one picks up: by a leader's link, by location, or from the list; the answer says why."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.errors import NobodyInReach, NobodyServes, PointFull
from app.domains.communities.service import homes
from app.domains.communities.values import SERVING, ChooseHome, Home, HomeReason
from app.domains.communities.values.ground import PickupPlace, PlaceFilter
from app.kernel.errors import DomainError, NotFound
from app.kernel.geo import Point
from app.kernel.paging import PageAsk, decode_cursor
from app.web.context import read, transact
from app.web.locale import safe_next
from app.web.say import say
from storefront import shelf, visit
from storefront.doors import resident, shop
from storefront.words import gettext as _, tr

SHOWN = 40


@shop.get("/places")
def places() -> ResponseReturnValue:
    """The three ways to a pickup point, and the list of all."""
    return _page()


@shop.post("/places")
def choose() -> ResponseReturnValue:
    """Take a pickup point; a stranger's choice is remembered until she has signed in."""
    try:
        wish = _wish()
    except ValueError:
        return _page(error=_("That is not a place on the map. Please choose from the list.")), 422
    if wish == ChooseHome():
        return _page(error=_("Please choose a pickup point from the list.")), 422
    place = safe_next(request.form.get("next"))
    if resident() is None:
        visit.remember(visit.Visit(wish.share_code, wish.pickup_point_id, wish.location))
        if wish.pickup_point_id and request.form.get("look"):
            return redirect(url_for("shop.home"), 303)
        return redirect(url_for("shop.sign_in", next=place), 303)
    try:
        home = transact(homes.choose_home, wish)
    except (NobodyInReach, PointFull, NobodyServes, NotFound) as refusal:
        return _page(error=refusal_text(refusal)), refusal.status
    tell(home)
    return redirect(place, 303)


@shop.get("/s/<share_code>")
def leader_link(share_code: str) -> ResponseReturnValue:
    """A leader's invitation: who she is and where she hands out; remembered until the visitor has signed in."""
    leader = read(communities.find_leader_by_share_code, share_code[:40])
    if leader is None:
        raise NotFound("share_code")
    if leader.status not in SERVING:
        told = _("%(name)s does not hand out at the moment. Please choose a pickup point near you.", name=leader.name)
        flash(told, "info")
        return redirect(url_for("shop.places"))
    place = read(communities.get_place, leader.pickup_point_id)
    who = resident()
    home = read(communities.home_of, who.account_id) if who else None
    if who is None:
        visit.remember(visit.Visit(share_code=leader.share_code, pickup_point_id=leader.pickup_point_id))
    present = read(communities.get_place, home.pickup_point_id) if home else None
    return render_template(
        "storefront/leader_link.html", leader=leader, place=place, present=present,
        belongs=home is not None and home.leader_id == leader.id,
    )  # fmt: skip


def settle(run: Callable[..., Any], wish: ChooseHome) -> bool:
    """Give a resident who has just signed in the home that she wished for before; tells her why, or why not."""
    try:
        home = run(homes.choose_home, wish)
    except DomainError as refusal:
        flash(refusal_text(refusal), "warning")
        return False
    finally:
        visit.forget()
    tell(home)
    return True


def tell(home: Home) -> None:
    """Say which pickup point it is and why."""
    flash(why(home, read(communities.get_place, home.pickup_point_id)), "info")


def why(home: Home, place: PickupPlace) -> str:
    """The reason for a home, in a sentence."""
    words = {
        "place": place.pickup_point_name, "hood": tr(place, "neighbourhood_name"), "leader": place.leader_name or "",
        "metres": home.distance_m or 0,
    }  # fmt: skip
    sentences = {
        HomeReason.IN_POLYGON: _(
            "You pick up at %(place)s from %(leader)s, because you live in %(hood)s (%(metres)s m away).", **words
        ),
        HomeReason.NEAREST: _(
            "You pick up at %(place)s from %(leader)s: the nearest pickup point with room, %(metres)s m away.", **words
        ),
        HomeReason.LEADER_LINK: _(
            "You pick up at %(place)s from %(leader)s, because you followed the leader's link.", **words
        ),
        HomeReason.CHOSEN: _("You pick up at %(place)s from %(leader)s, as you chose.", **words),
        HomeReason.PLANNED: _(
            "You pick up at %(place)s from %(leader)s since pickup points were shared out anew.", **words
        ),
    }
    return sentences[home.reason]


def refusal_text(refusal: DomainError) -> str:
    """Why a pickup point cannot be had, and what to do."""
    if isinstance(refusal, NobodyInReach):
        if refusal.full:
            return _("The pickup points near you are full at present. Please choose another one from the list.")
        if refusal.nearest_m is None:
            return _("Nobody hands out in this city yet.")
        return _(
            "Nobody hands out near you yet: the nearest pickup point is %(km)s km away. You can still choose one.",
            km=f"{refusal.nearest_m / 1000:.1f}",
        )
    known = {
        PointFull: _("This pickup point is full at present. Please choose another one."),
        NobodyServes: _("Nobody hands out at this pickup point at present. Please choose another one."),
        NotFound: _("We do not know this link or pickup point. Please choose from the list."),
    }
    return known.get(type(refusal)) or say(refusal)


def _wish() -> ChooseHome:
    form = request.form
    if form.get("lat") and form.get("lon"):
        return ChooseHome(location=Point(float(form["lat"]), float(form["lon"])))
    if form.get("pickup_point_id"):
        return ChooseHome(pickup_point_id=UUID(form["pickup_point_id"]))
    share_code = form.get("share_code", "").strip().rpartition("/")[2][:40]
    return ChooseHome(share_code=share_code) if share_code else ChooseHome()


def _page(error: str = "") -> str:
    text = request.values.get("q", "").strip()[:60]
    who = resident()
    home = read(communities.home_of, who.account_id) if who else None
    cursor = request.args.get("cursor", "")
    ask = PageAsk(limit=SHOWN, after=decode_cursor(cursor) if cursor else None)
    page = read(communities.places_page, PlaceFilter(text=text, only_served=True), ask)
    loads = read(communities.residents_by_point, ids=[place.pickup_point_id for place in page.rows])
    present = read(communities.get_place, home.pickup_point_id) if home and home.is_served else None
    return render_template(
        "storefront/places.html", page=page, loads=loads, hubs=read(shelf.hubs), text=text, home=home, present=present,
        why=why(home, present) if home and present else "", error=error, share_code=request.form.get("share_code", ""),
        next=safe_next(request.values.get("next")),
    )  # fmt: skip
