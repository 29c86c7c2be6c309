"""Pickup points: the list, and one with its place, hours, room, day limits and rest days."""

from datetime import time
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.gateways.geocoders import geocoder_of
from app.domains.communities.rules import fingerprint
from app.domains.communities.service.ground import add_rest, drop_rest, edit_point
from app.domains.communities.values.ground import AddRest, EditPoint, PickupPointInput, PlaceFilter, PointDays
from app.domains.orders import queries as orders
from app.flows.geocoding import find_address
from app.infra.coordinates import PLACES, from_wgs84, to_wgs84
from app.kernel.actors import Permission
from app.kernel.changes import InvalidRows
from app.kernel.errors import DomainError, NotFound
from app.kernel.geo import Point, System
from app.web.context import now, read, services, transact
from app.web.filters import local, use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.say import say, say_reason
from app.web.words import gettext as _, tr
from hq_console import maps
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, asked_text

PER_PAGE = 40
#: How many orders a day, in all and by zone.
LIMITS = ("day_orders", "day_ambient", "day_chilled", "day_frozen")


@hq.get("/pickup-points")
@needs(Permission.COMMUNITIES_READ)
def pickup_points() -> ResponseReturnValue:
    """Pickup points by code with room, limits and rest; of one hub, or searched."""
    choice = HubChoice()
    page = read(communities.places_page, PlaceFilter(hub_id=choice.id, text=asked_text()), ask_page(PER_PAGE))
    ids = [one.pickup_point_id for one in page.rows]
    return render_template(
        "hq_console/pickup_points.html", page=page, choice=choice, text=asked_text(),
        days=read(communities.point_days, ids), residents=read(communities.residents_by_point, ids=ids),
        weekdays=weekday_names(),
    )  # fmt: skip


@hq.get("/pickup-points/new")
@needs(Permission.COMMUNITIES_MANAGE)
def new_pickup_point() -> ResponseReturnValue:
    """An empty form, for one neighbourhood."""
    typed = {"neighbourhood": request.args.get("neighbourhood", ""), "opens": "16:00", "closes": "21:00",
             "reach_m": "800", "capacity_orders": "500", "system": maps.shown_system().value}  # fmt: skip
    return _page(None, Form(typed))


@hq.get("/pickup-points/<uuid:pickup_point_id>")
@needs(Permission.COMMUNITIES_READ)
def pickup_point(pickup_point_id: UUID) -> ResponseReturnValue:
    """One pickup point in its form."""
    return _page(pickup_point_id, Form(_as_typed(read(communities.point_input, pickup_point_id))))


@hq.post("/pickup-points/new")
@needs(Permission.COMMUNITIES_MANAGE)
def add_pickup_point() -> ResponseReturnValue:
    """Save a new pickup point."""
    return _save(None)


@hq.post("/pickup-points/<uuid:pickup_point_id>")
@needs(Permission.COMMUNITIES_MANAGE)
def save_pickup_point(pickup_point_id: UUID) -> ResponseReturnValue:
    """Save a pickup point, unless somebody else has saved meanwhile."""
    return _save(pickup_point_id)


@hq.post("/pickup-points/address")
@needs(Permission.COMMUNITIES_MANAGE)
def look_up_address() -> ResponseReturnValue:
    """Places for a typed address, as buttons that put the point there."""
    geocoder, settings = geocoder_of(services().settings), services().settings
    if geocoder is None:
        raise NotFound(what="geocoder")
    wanted, trouble, found = request.form.get("wanted", ""), "", []
    try:
        found = find_address(transact, geocoder, wanted, settings.geocoder_per_minute)
    except DomainError as refusal:
        trouble = say(refusal)
    spots = [maps.spot(Point(one.lat, one.lon), one.name) for one in found if abs(one.lat) <= 90]
    return render_template("hq_console/_addresses.html", spots=spots, trouble=trouble, wanted=wanted)


@hq.post("/pickup-points/<uuid:pickup_point_id>/rests")
@needs(Permission.COMMUNITIES_MANAGE)
def add_point_rest(pickup_point_id: UUID) -> ResponseReturnValue:
    """Close a pickup point for some days."""
    form = Form(request.form)
    from_on = form.day("from_on")
    wish = AddRest(
        pickup_point_id=pickup_point_id, from_on=from_on, until_on=form.maybe_day("until_on") or from_on,
        reason=form.text("reason", 80, needed=True),
    )  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            transact(add_rest, wish)
            flash(_("The rest is noted: nobody can order for these days any more."), "success")
            return redirect(url_for("hq.pickup_point", pickup_point_id=pickup_point_id) + "#rests", 303)
    shown = Form(_as_typed(read(communities.point_input, pickup_point_id)))
    return _page(pickup_point_id, shown, form), 422


@hq.post("/pickup-points/rests/<uuid:rest_id>/drop")
@needs(Permission.COMMUNITIES_MANAGE)
def drop_point_rest(rest_id: UUID) -> ResponseReturnValue:
    """Open a pickup point again; a second press finds it open."""
    point = Form(request.args).uuid("point")
    try:
        point = transact(drop_rest, rest_id)
    except NotFound:
        if point is None:
            raise
        flash(_("This rest was taken back already."), "info")
    else:
        flash(_("The rest is taken back."), "success")
    return redirect(url_for("hq.pickup_point", pickup_point_id=point) + "#rests", 303)


def weekday_names() -> dict[str, str]:
    """Short names of the weekdays by ISO digit."""
    names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    return {str(number): name for number, name in enumerate(names, start=1)}


def _save(pickup_point_id: UUID | None) -> ResponseReturnValue:
    form = Form(request.form)
    days = "".join(sorted(set(request.form.getlist("rest")) & set("1234567")))
    form.values["rest_weekdays"] = days
    before = read(communities.point_input, pickup_point_id) if pickup_point_id else None
    row = _row(form, before, days)
    if form.ok:
        given = {name: form.values.get(name, "") for name in ("system", "lat", "lon")}
        seen = form.values.get("seen", "") if pickup_point_id else None
        try:
            saved = transact(edit_point, EditPoint(row=row, seen=seen, given=given))
        except InvalidRows as refusal:
            for fault in refusal.faults:
                form.errors[fault.field] = say_reason(fault.reason)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is saved.", name=row.name), "success")
            return redirect(url_for("hq.pickup_point", pickup_point_id=saved), 303)
    return _page(pickup_point_id, form), 422


def _row(form: Form, before: PickupPointInput | None, rest_weekdays: str) -> PickupPointInput:
    lat, lon = _place(form, before)
    limits = {name: form.whole(name) if form.values.get(name) else None for name in LIMITS}
    return PickupPointInput(
        code=before.code if before else form.text("code", 40, needed=True),
        neighbourhood=before.neighbourhood if before else form.text("neighbourhood", 40, needed=True),
        name=form.text("name", 60, needed=True), address=form.text("address", 200, needed=True), lat=lat, lon=lon,
        opens=_time(form, "opens"), closes=_time(form, "closes"), capacity_orders=form.whole("capacity_orders", 1),
        reach_m=form.whole("reach_m", 1), days=PointDays(**limits, rest_weekdays=rest_weekdays),
    )  # fmt: skip


def _place(form: Form, before: PickupPointInput | None) -> tuple[float, float]:
    """The typed place in WGS-84; one that nobody moved stays exactly as it was."""
    system = form.one_of("system", System)
    lat, lon = degrees(form, "lat", 90), degrees(form, "lon", 180)
    if before and (lat, lon) == _shown(Point(before.lat, before.lon), system):
        return before.lat, before.lon
    return to_wgs84(lat, lon, system)


def _shown(place: Point, system: System) -> tuple[float, float]:
    lat, lon = from_wgs84(place, system)
    return round(lat, PLACES), round(lon, PLACES)


def degrees(form: Form, name: str, most: int) -> float:
    """A latitude or longitude as typed."""
    try:
        value = float(form.values.get(name, ""))
    except ValueError:
        value = float("nan")
    if not abs(value) <= most:
        form.errors[name] = _("A number of degrees from −%(most)s to %(most)s.", most=most)
        return 0.0
    return value


def _time(form: Form, name: str) -> time:
    try:
        return time.fromisoformat(form.values.get(name, ""))
    except ValueError:
        form.errors[name] = _("A time such as 06:30.")
        return time()


def _as_typed(row: PickupPointInput) -> dict[str, str]:
    """A pickup point as its form would hold it."""
    lat, lon = _shown(Point(row.lat, row.lon), maps.shown_system())
    typed: dict[str, Any] = {
        "code": row.code, "neighbourhood": row.neighbourhood, "name": row.name, "address": row.address, "lat": lat,
        "lon": lon, "system": maps.shown_system().value, "opens": f"{row.opens:%H:%M}", "closes": f"{row.closes:%H:%M}",
        "capacity_orders": row.capacity_orders, "reach_m": row.reach_m, "seen": fingerprint(row),
    }  # fmt: skip
    days = row.days or PointDays()
    typed |= {name: "" if getattr(days, name) is None else getattr(days, name) for name in LIMITS}
    return {name: str(value) for name, value in typed.items()} | {"rest_weekdays": days.rest_weekdays}


def _page(pickup_point_id: UUID | None, form: Form, rest_form: Form | None = None) -> str:
    place = read(communities.get_place, pickup_point_id) if pickup_point_id else None
    cards = read(communities.neighbourhood_cards, place.hub_id if place else None)
    chosen = next((card for card in cards if card.code == form.values.get("neighbourhood")), None)
    hub_id = place.hub_id if place else chosen.hub_id if chosen else None
    hub = read(communities.get_hub, hub_id) if hub_id else None
    near = [card for card in cards if hub is None or card.hub_id == hub.id]
    if hub:
        use_zone(hub.timezone)
    today = local(now()).date()
    rests = read(communities.rests, pickup_point_id, today) if pickup_point_id else []
    return render_template(
        "hq_console/pickup_point.html", form=form, place=place, hub=hub, rest_form=rest_form or Form({}), rests=rests,
        today=today, weekdays=weekday_names(), systems=system_names(),
        looks_up=services().settings.geocoder != "none",
        orders=read(orders.orders_by_day, pickup_point_id, today) if pickup_point_id else {},
        hood_options=[(card.code, f"{card.code} {tr(card)}") for card in cards],
        map={"tiles": maps.tiles(), "system": maps.shown_system().value,
             "middle": maps.spot((chosen or near[0]).centre) if near else {"lat": 0, "lon": 0},
             "areas": maps.feature_collection([maps.feature(card) for card in ([chosen] if chosen else near)])},
    )  # fmt: skip


def system_names() -> list[tuple[str, str]]:
    """Coordinate systems as people choose them."""
    return [("wgs84", _("WGS-84 (GPS)")), ("gcj02", _("GCJ-02 (AMap, Tencent)")), ("bd09", _("BD-09 (Baidu)"))]
