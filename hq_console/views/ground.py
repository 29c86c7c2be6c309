"""Neighbourhoods: the list, the map editor, a file of one, and what is wrong with a hub's map."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.rules import fingerprint
from app.domains.communities.service.ground import edit_neighbourhood
from app.domains.communities.values.ground import EditNeighbourhood, Hub, NeighbourhoodInput, PlaceFilter
from app.domains.orders import queries as orders
from app.flows.ground_check import GroundReport, check_ground
from app.infra.areas import Common, crossing
from app.kernel.actors import Permission
from app.kernel.changes import InvalidRows
from app.kernel.errors import DomainError
from app.kernel.geo import Point
from app.kernel.reasons import Reason
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.say import say_reason
from app.web.words import gettext as _, tr
from hq_console import maps
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, asked_text

PER_PAGE = 40
PENETRATION_DAYS = 30
MAX_TYPED = 400_000


@hq.get("/neighbourhoods")
@needs(Permission.COMMUNITIES_READ)
def neighbourhoods() -> ResponseReturnValue:
    """Neighbourhoods by code with households, leaders and penetration; of one hub, or searched."""
    choice = HubChoice()
    wanted = PlaceFilter(hub_id=choice.id, text=asked_text())
    page = read(communities.neighbourhoods_page, wanted, ask_page(PER_PAGE))
    since = now() - timedelta(days=PENETRATION_DAYS)
    return render_template(
        "hq_console/neighbourhoods.html", page=page, total=read(communities.count_neighbourhoods, wanted),
        choice=choice, text=wanted.text, buyers=read(orders.buyers_by_neighbourhood, [c.id for c in page.rows], since),
        map={"tiles": maps.tiles(), "areas": maps.feature_collection([maps.feature(card) for card in page.rows])},
    )  # fmt: skip


@hq.get("/neighbourhoods/check")
@needs(Permission.COMMUNITIES_READ)
def ground_check() -> ResponseReturnValue:
    """Overlaps, pockets, residents and pickup points outside, of one hub."""
    choice = HubChoice(needed=True)
    report = read(check_ground, choice.id) if choice.id else None
    drawn: dict[str, Any] = {}
    if report:
        faults = [
            maps.spot(one.at, _fault_name(one, report), kind="bad") for one in (*report.overlaps, *report.pockets)
        ]
        outside = maps.point_spots(report.points_outside)
        areas = maps.feature_collection([maps.feature(card) for card in report.cards.values()])
        drawn = {"tiles": maps.tiles(), "areas": areas, "points": faults + outside}
    return render_template("hq_console/ground_check.html", choice=choice, report=report, map=drawn)


@hq.get("/neighbourhoods/new")
@needs(Permission.COMMUNITIES_MANAGE)
def new_neighbourhood() -> ResponseReturnValue:
    """An empty map, and the hub's other neighbourhoods around."""
    return _page(None, Form({"hub": HubChoice(needed=True).code}), "")


@hq.get("/neighbourhoods/<uuid:neighbourhood_id>")
@needs(Permission.COMMUNITIES_READ)
def neighbourhood(neighbourhood_id: UUID) -> ResponseReturnValue:
    """One neighbourhood in the editor."""
    row = read(communities.neighbourhood_input, neighbourhood_id)
    typed = {"code": row.code, "name": row.name, "name_en": row.name_en, "households": str(row.households),
             "hub": row.hub, "seen": fingerprint(row)}  # fmt: skip
    return _page(neighbourhood_id, Form(typed), _text(row.geometry))


@hq.post("/neighbourhoods/new")
@needs(Permission.COMMUNITIES_MANAGE)
def add_neighbourhood() -> ResponseReturnValue:
    """Save a new neighbourhood."""
    return _save(None)


@hq.post("/neighbourhoods/<uuid:neighbourhood_id>")
@needs(Permission.COMMUNITIES_MANAGE)
def save_neighbourhood(neighbourhood_id: UUID) -> ResponseReturnValue:
    """Save what was drawn, unless somebody else has saved meanwhile."""
    return _save(neighbourhood_id)


@hq.get("/neighbourhoods/<uuid:neighbourhood_id>/geojson")
@needs(Permission.COMMUNITIES_READ)
def neighbourhood_file(neighbourhood_id: UUID) -> ResponseReturnValue:
    """One neighbourhood as a GeoJSON file, as the import reads it: WGS-84, longitude first."""
    row = read(communities.neighbourhood_input, neighbourhood_id)
    about = {name: getattr(row, name) for name in ("code", "name", "name_en", "hub", "households")}
    body = maps.feature_collection([{"type": "Feature", "properties": about, "geometry": row.geometry}])
    answer = Response(json.dumps(body, ensure_ascii=False), mimetype="application/geo+json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.code}.geojson"'
    return answer


def _save(neighbourhood_id: UUID | None) -> ResponseReturnValue:
    form = Form(request.form)
    typed = request.form.get("geometry", "")[:MAX_TYPED]
    before = read(communities.neighbourhood_input, neighbourhood_id) if neighbourhood_id else None
    geometry = maps.drawn_geometry(typed, before.geometry if before else None)
    row = NeighbourhoodInput(
        code=before.code if before else form.text("code", 40, needed=True), name=form.text("name", 40, needed=True),
        name_en=form.text("name_en", 80, needed=True), hub=before.hub if before else form.values.get("hub", ""),
        households=form.whole("households", 1), geometry=geometry or {},
    )  # fmt: skip
    if geometry is None:
        form.errors["geometry"] = say_reason(Reason.NOT_SHAPE)
    if form.ok:
        try:
            saved = transact(
                edit_neighbourhood,
                EditNeighbourhood(row=row, seen=form.values.get("seen", "") if neighbourhood_id else None),
            )
        except InvalidRows as refusal:
            for fault in refusal.faults:
                form.errors[fault.field] = say_reason(fault.reason)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is saved.", name=tr(row)), "success")
            return redirect(url_for("hq.neighbourhood", neighbourhood_id=saved), 303)
    return _page(neighbourhood_id, form, typed, crossing(row.geometry) if "geometry" in form.errors else None), 422


def _page(neighbourhood_id: UUID | None, form: Form, geometry: str, wrong: Point | None = None) -> str:
    hubs = read(communities.hubs)
    hub: Hub | None = next((one for one in hubs if one.code == form.values.get("hub")), hubs[0] if hubs else None)
    cards = read(communities.neighbourhood_cards, hub.id) if hub else []
    own = next((card for card in cards if card.id == neighbourhood_id), None)
    places = read(communities.places, hub.id) if hub else []
    around = [maps.feature(card) for card in cards if card.id != neighbourhood_id]
    return render_template(
        "hq_console/neighbourhood.html", form=form, geometry=geometry, own=own, hub=hub, wrong=wrong,
        hub_options=[(one.code, tr(one)) for one in hubs], neighbourhood_id=neighbourhood_id,
        points=[one for one in places if own and one.neighbourhood_id == own.id],
        map={"tiles": maps.tiles(), "around": maps.feature_collection(around), "points": maps.point_spots(places),
             "middle": maps.spot(hub.place) if hub else None, "wrong": maps.spot(wrong) if wrong else None},
    )  # fmt: skip


def _text(geometry: dict[str, Any]) -> str:
    return json.dumps(maps.shown(geometry), separators=(",", ":"))


def _fault_name(one: Common, report: GroundReport) -> str:
    """What a marker of the map says: whose ground overlaps, or that it is nobody's."""
    names = " · ".join(tr(report.cards[key]) for key in one.keys)
    return f"{names or _('Nobody’s ground')}: {one.area_m2:,} m²"
