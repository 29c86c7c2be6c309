"""Density: what bringing an order costs, by orders per stop and stops per tour, and what would change it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.analytics import queries as analytics
from app.domains.analytics.rules import density as rules
from app.domains.analytics.values import Band, Curve, WhatIf
from app.domains.communities import queries as communities
from app.flows import density as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import now, read
from app.web.filters import day, local
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.lists import HubChoice, asked_id

DAYS = 28


@hq.get("/density")
@needs(Permission.LOGISTICS_READ)
def density() -> ResponseReturnValue:
    """The tours of four weeks of a hub; with `?round=` one round's tours planned anew under another demand."""
    choice = HubChoice(needed=True)
    today = local(now()).date()
    tours = read(analytics.tours, choice.id, today - timedelta(days=DAYS), today) if choice.id else []
    stops, lengths = rules.by_orders_per_stop(tours), rules.by_stops_per_tour(tours)
    rounds = {tour.group_buy_id: tour.round_on for tour in reversed(tours)}
    chosen = asked_id("round")
    chosen = chosen if chosen in rounds else next(iter(rounds), None)
    return render_template(
        "hq_console/density.html", choice=choice, tours=tours, stops=stops, lengths=lengths, chosen=chosen,
        round_options=[(str(group_buy_id), day(on)) for group_buy_id, on in rounds.items()],
        cheapest_stops=rules.cheapest(stops), cheapest_lengths=rules.cheapest(lengths),
        charts=(_bars(stops), _bars(lengths)),
        currency=choice.hub.currency if choice.hub else "", **_played(chosen),
    )  # fmt: skip


def _played(group_buy_id: UUID | None) -> dict[str, Any]:
    """What the address asks to try: nothing, the curve of growth, or a comparison; with what was typed."""
    doubled = {UUID(p) for p in request.args.getlist("double") if _is_id(p)}
    typed = request.args.get("fewer_trucks", "0").strip()
    page: dict[str, Any] = {"points": [], "doubled": doubled, "fewer_trucks": typed, "curve": None, "scenes": None,
                            "refusal": "", "chart": None}  # fmt: skip
    if group_buy_id is None:
        return page
    orders = read(analytics.orders_by_point, group_buy_id)
    places = read(communities.places_by_id, orders.keys())
    page["points"] = sorted(((places[p], n) for p, n in orders.items()), key=lambda pair: -pair[1])
    try:
        if request.args.get("try") == "curve":
            page["curve"] = flow.growth_curve(read, group_buy_id)
            page["chart"] = _curve_chart(page["curve"])
        elif request.args.get("try") == "change":
            fewer = int(typed) if typed.isascii() and typed.isdigit() else -1
            change = WhatIf(doubled=frozenset(doubled), fewer_trucks=fewer)
            page["scenes"] = flow.compare(read, group_buy_id, change)
    except DomainError as refusal:
        page["refusal"] = say(refusal)
    return page


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _bars(bands: list[Band]) -> dict[str, Any]:
    """Mean cost per order of each band."""
    return {
        "xAxis": {"type": "category", "data": [_band_label(b) for b in bands]},
        "yAxis": {"type": "value"},
        "series": {"type": "bar", "data": [round(b.cents_per_order / 100, 2) for b in bands]},
    }


def _curve_chart(curve: Curve) -> dict[str, Any]:
    """Mean and marginal cost against the number of orders."""
    return {
        "xAxis": {"type": "category", "data": [p.orders for p in curve.points]},
        "yAxis": {"type": "value"},
        "series": [
            {"type": "line", "name": _("Mean"), "data": [round(p.cents_per_order / 100, 2) for p in curve.points]},
            {"type": "line", "name": _("One order more"),
             "data": [None if p.marginal_cents is None else round(p.marginal_cents / 100, 2) for p in curve.points]},
        ],
    }  # fmt: skip


@hq.context_processor
def _words() -> dict[str, Any]:
    return {"band_label": _band_label}


def _band_label(band: Band) -> str:
    return f"{band.low}–{band.high}" if band.high is not None else f"{band.low}+"
