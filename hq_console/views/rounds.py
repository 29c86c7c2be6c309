"""The round board: every round with its stations, each a button; progress is shown live."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys, rules
from app.domains.groupbuys.errors import StationTooEarly
from app.domains.groupbuys.values import STATIONS, Round, Station, StepState
from app.domains.logistics.values import SharePolicy
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.flows import stations
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, Invalid
from app.kernel.paging import PageAsk, decode_cursor
from app.web.context import actor, now, read, transact
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console.doors import hq, is_fragment, station_name

#: Options of a station that its form may carry: name -> how to read it.
_FLAGS = {Station.RECEIVE: ("as_ordered",), Station.SORT: ("finish",), Station.HANDOVER: ("as_expected",)}


def ask_page() -> PageAsk:
    """The page that the address asks for."""
    cursor = request.args.get("cursor", "")
    return PageAsk(limit=20, after=decode_cursor(cursor) if cursor else None)


def hub_chips(hubs: list[Any], endpoint: str, chosen: str) -> list[dict[str, Any]]:
    """Filter links, one per hub."""
    return [{"label": tr(h), "href": url_for(endpoint, hub=h.code), "active": h.code == chosen} for h in hubs]


def hub_choice() -> tuple[UUID | None, list[Any]]:
    """The hub chosen in the address (its code), and all hubs."""
    hubs = read(communities.hubs)
    wanted = request.args.get("hub", "")
    return next((h.id for h in hubs if h.code == wanted), None), hubs


@hq.get("/rounds")
@needs(Permission.ORDERS_READ)
def rounds() -> ResponseReturnValue:
    """Rounds, newest first, with how far each is."""
    hub_id, hubs = hub_choice()
    page = read(groupbuys.rounds, ask_page(), hub_id)
    return render_template(
        "hq_console/rounds.html", page=page, hubs=hubs, hub_code=request.args.get("hub", ""), current=current_step,
        hub_chips=hub_chips,
    )


def current_step(found: Round) -> Any:
    """The station at which a round stands: the first one that is not done."""
    return next((step for step in found.steps if step.state is not StepState.DONE), found.steps[-1])


@hq.get("/rounds/<uuid:group_buy_id>")
@needs(Permission.ORDERS_READ)
def round_(group_buy_id: UUID) -> ResponseReturnValue:
    """One round with its stations as buttons."""
    return render_template("hq_console/round.html", **_board(group_buy_id))


@hq.get("/rounds/<uuid:group_buy_id>/board")
@needs(Permission.ORDERS_READ)
def board(group_buy_id: UUID) -> ResponseReturnValue:
    """The board alone; the page asks for it every second while a station runs."""
    return render_template("hq_console/_board.html", **_board(group_buy_id))


def _board(group_buy_id: UUID) -> dict[str, Any]:
    found = read(groupbuys.get_round, group_buy_id)
    hub = read(communities.get_hub, found.group_buy.hub_id)
    rights = actor().permissions
    totals = read(orders.round_totals, group_buy_id)
    return {
        "round": found,
        "hub": hub,
        "paid": totals.get(OrderStatus.PAID, (0, 0)),
        "placed": totals.get(OrderStatus.PLACED, (0, 0)),
        "next_step": current_step(found),
        "is_running": any(step.state is StepState.RUNNING for step in found.steps),
        "allowed": {station for station in STATIONS if rules.STATION_RIGHTS[station] in rights},
        "before_cutoff": now() < found.group_buy.cutoff_at,
        "policies": [(policy.value, policy_name(policy)) for policy in SharePolicy],
    }


def policy_name(policy: SharePolicy) -> str:
    """What a way of sharing out a shortage is called."""
    return {
        SharePolicy.FIRST_COME: _("first come, first served"),
        SharePolicy.PRO_RATA: _("pro rata"),
        SharePolicy.SPREAD: _("everyone one before anyone two"),
    }[policy]


@hq.post("/rounds/<uuid:group_buy_id>/stations/<station>")
@needs(Permission.ORDERS_READ)
def run_station(group_buy_id: UUID, station: str) -> ResponseReturnValue:
    """Start a station in the worker. The use-case asks for the station's own right."""
    try:
        wanted = Station(station)
        started = transact(stations.ask_station, group_buy_id, wanted, _options(wanted))
        if not started:
            flash(_("%(station)s is done already.", station=station_name(wanted)), "info")
    except ValueError:
        flash(say(Invalid(field="station", reason="unknown")), "danger")
    except StationTooEarly as refusal:
        flash(_("First finish: %(station)s.", station=station_name(refusal.waits_for)), "warning")
    except DomainError as refusal:
        flash(say(refusal), "danger")
    if is_fragment():
        return render_template("hq_console/_board.html", **_board(group_buy_id))
    return redirect(url_for("hq.round_", group_buy_id=group_buy_id), 303)


def _options(station: Station) -> dict[str, Any]:
    """What the station's form asks for."""
    options: dict[str, Any] = {name: True for name in _FLAGS.get(station, ()) if request.form.get(name)}
    if station is Station.CUTOFF and request.form.get("early"):
        options["early"] = True
    if station is Station.RECEIVE:
        options["policy"] = SharePolicy(request.form.get("policy", SharePolicy.FIRST_COME.value)).value
    if station is Station.ROUTE:
        options["seconds"] = 5.0
    return options
