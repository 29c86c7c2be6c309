"""Pairs that every city plan keeps: listed, locked by phone or by place, locked from a plan's moves, let go."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.communities import queries as communities
from app.domains.communities.service import home_locks as service
from app.domains.communities.values.city_plans import LockHome
from app.infra.coordinates import to_wgs84
from app.kernel.actors import Permission, Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.geo import Point, System
from app.kernel.reasons import Reason
from app.web.context import read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console import maps
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice
from hq_console.views.points import degrees, system_names

#: Metres around a home that count as her building.
AROUND_M = 30


@hq.get("/city-plans/locks")
@needs(Permission.COMMUNITIES_MANAGE)
def home_locks() -> ResponseReturnValue:
    """A hub's locked pairs and the forms for another one."""
    return _page(Form({"within_m": str(AROUND_M)}))


@hq.post("/city-plans/locks")
@needs(Permission.COMMUNITIES_MANAGE)
def lock_home() -> ResponseReturnValue:
    """Lock a resident, named by her phone number, or all who live near a place."""
    form = Form(request.form)
    with refusals_to(form.refuse):
        wish = _wish(form)
        if form.ok and wish:
            transact(service.lock_home, wish)
    if not form.ok:
        return _page(form), 422
    flash(_("The pair is locked; every plan from now on keeps it."), "success")
    return redirect(url_for("hq.home_locks", hub=request.args.get("hub")), 303)


@hq.post("/city-plans/<uuid:plan_id>/lock")
@needs(Permission.COMMUNITIES_MANAGE)
def lock_move(plan_id: UUID) -> ResponseReturnValue:
    """From a draft: keep a resident where she is, or everybody who lives where she lives."""
    form = Form(request.form)
    resident_id, home_id, point_id = (form.uuid(name) for name in ("resident_id", "home_id", "pickup_point_id"))
    with refusals_to(flash_refusal):
        if home_id:
            transact(service.lock_neighbours, home_id, AROUND_M)
        elif resident_id and point_id:
            transact(service.lock_home, LockHome(pickup_point_id=point_id, resident_id=resident_id))
        else:
            raise NotFound(what="home")
        flash(_("Locked. Look for the plan again to see what it changes."), "success")
    return redirect(url_for("hq.city_plan", plan_id=plan_id, cursor=request.args.get("cursor")), 303)


@hq.post("/city-plans/locks/<uuid:lock_id>/drop")
@needs(Permission.COMMUNITIES_MANAGE)
def unlock_home(lock_id: UUID) -> ResponseReturnValue:
    """Let a pair go; a second press finds it free."""
    try:
        transact(service.unlock_home, lock_id)
    except NotFound:
        flash(_("This pair was free already."), "info")
    else:
        flash(_("The pair is free; plans may move these residents again."), "info")
    return redirect(url_for("hq.home_locks", hub=request.args.get("hub")), 303)


def _wish(form: Form) -> LockHome | None:
    """What was typed; faults are noted in the form."""
    point_id = form.uuid("pickup_point_id")
    if point_id is None:
        form.errors["pickup_point_id"] = _("Please choose one.")
    if form.values.get("who") == "place":
        lat, lon = degrees(form, "lat", 90), degrees(form, "lon", 180)
        within_m, system = form.whole("within_m", 1), form.one_of("system", System)
        if not form.ok or point_id is None:
            return None
        return LockHome(pickup_point_id=point_id, place=Point(*to_wgs84(lat, lon, system)), within_m=within_m)
    phone = form.text("phone", 20, needed=True)
    resident_id = read(accounts.ids_by_phone, Role.RESIDENT, [phone]).get(phone) if form.ok else None
    if form.ok and resident_id is None:
        raise Invalid(field="phone", reason=Reason.UNKNOWN)
    return LockHome(pickup_point_id=point_id, resident_id=resident_id) if form.ok and point_id else None


def _page(form: Form) -> str:
    choice = HubChoice(needed=True)
    places = read(communities.places, choice.id) if choice.id else []
    locks = read(communities.home_locks, choice.id) if choice.id else []
    cards = read(communities.neighbourhood_cards, choice.id) if choice.id else []
    serving = [place for place in places if place.leader_id]
    return render_template(
        "hq_console/home_locks.html", choice=choice, form=form, locks=locks, systems=system_names(),
        serving={place.pickup_point_id for place in serving},
        points=[("", _("Choose a pickup point"))] + [
            (str(place.pickup_point_id), f"{place.pickup_point_code} {place.pickup_point_name} · {place.leader_name}")
            for place in serving
        ],
        map={"tiles": maps.tiles(), "system": maps.shown_system().value,
             "areas": maps.feature_collection([maps.feature(card) for card in cards]),
             "middle": maps.spot(choice.hub.place) if choice.hub else {"lat": 0, "lon": 0}},
        shown=maps.shown_system().value,
    )  # fmt: skip
