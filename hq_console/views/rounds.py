"""The round board: every round with its stations, each a button; progress is shown live."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.groupbuys import queries as groupbuys, rules
from app.domains.groupbuys.errors import StationTooEarly
from app.domains.groupbuys.values import STATIONS, GroupBuyStatus, Round, RoundStep, Station, StepState
from app.domains.logistics.queries import weighing
from app.domains.logistics.values.shortage import Protect
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.flows import call_off, stations
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, Invalid
from app.web.context import actor, now, read, transact
from app.web.filters import local
from app.web.guards import needs
from app.web.pages import is_fragment
from app.web.say import say
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.lists import HubChoice, ask_page, round_page

#: Options of a station that its form may carry as a tick.
_FLAGS = {
    Station.CUTOFF: ("early",), Station.RECEIVE: ("as_ordered",), Station.SORT: ("finish", "unweighed"),
    Station.DISPATCH: ("unweighed",), Station.HANDOVER: ("as_expected",), Station.SETTLE: ("early",),
}  # fmt: skip
_MAY_CALL_OFF = {GroupBuyStatus.OPEN, GroupBuyStatus.CLOSED}
#: How long the solver may search for the tours of a round.
SOLVER_S = 5.0


@hq.get("/rounds")
@needs(Permission.ORDERS_READ)
def rounds() -> ResponseReturnValue:
    """Rounds, newest first, with how far each is."""
    choice = HubChoice()
    page = read(groupbuys.rounds, ask_page(), choice.id)
    return render_template("hq_console/rounds.html", page=page, choice=choice, current=current_step)


def current_step(found: Round) -> RoundStep:
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
    page = round_page(group_buy_id)
    found = read(groupbuys.get_round, group_buy_id)
    rights = actor().permissions
    totals = read(orders.round_totals, group_buy_id)
    word = read(groupbuys.call_off_of, group_buy_id)
    at_work = word is not None and word.done_at is None
    return page | {
        "round": found,
        "paid": totals.get(OrderStatus.PAID, (0, 0)),
        "placed": totals.get(OrderStatus.PLACED, (0, 0)),
        "next_step": current_step(found),
        "word": word,
        "returned": call_off.consequences(read, group_buy_id) if at_work else None,
        "may_call_off": found.group_buy.status in _MAY_CALL_OFF
        and Permission.GROUPBUYS_CLOSE in rights
        and found.step(Station.RECEIVE).state is not StepState.DONE,
        "is_running": at_work or any(step.state is StepState.RUNNING for step in found.steps),
        "allowed": {station for station in STATIONS if rules.STATION_RIGHTS[station] in rights},
        "before_cutoff": now() < found.group_buy.cutoff_at,
        "before_pickup": local(now()).date() < found.group_buy.pickup_on,
        "before_pickup_end": local(now()).date() <= found.group_buy.pickup_on,
        "unweighed": len(read(weighing.unweighed, group_buy_id)),
        "policies": names.choices(SharePolicy),
        "protections": names.choices(Protect),
        "page_of_station": page_of_station,
    }


def page_of_station(station: Station, group_buy_id: UUID) -> tuple[str, str] | None:
    """Where the work of a station is done or looked at, and what that page is called."""
    pages = {
        Station.CUTOFF: ("hq.demand", _("Demand")), Station.RECEIVE: ("hq.receiving", _("Count goods")),
        Station.SORT: ("hq.sorting", _("Sorting sheets")), Station.ROUTE: ("hq.routes", _("Routes")),
        Station.DISPATCH: ("hq.routes", _("Load lists")), Station.HANDOVER: ("hq.handovers", _("Handovers")),
    }  # fmt: skip
    if station not in pages:
        return None
    endpoint, label = pages[station]
    return url_for(endpoint, group_buy_id=group_buy_id), label


@hq.post("/rounds/<uuid:group_buy_id>/stations/<station>")
@needs(Permission.ORDERS_READ)
def run_station(group_buy_id: UUID, station: str) -> ResponseReturnValue:
    """Start a station in the worker. The use-case asks for the station's own right."""
    try:
        wanted = Station(station)
        started = transact(stations.ask_station, group_buy_id, wanted, _options(wanted))
        if not started:
            flash(_("%(station)s is done already.", station=names.name(wanted)), "info")
    except ValueError:
        flash(say(Invalid(field="station", reason="unknown")), "danger")
    except StationTooEarly as refusal:
        flash(_("First finish: %(station)s.", station=names.name(refusal.waits_for)), "warning")
    except DomainError as refusal:
        flash(say(refusal), "danger")
    if is_fragment():
        return render_template("hq_console/_board.html", **_board(group_buy_id))
    return redirect(url_for("hq.round_", group_buy_id=group_buy_id), 303)


def _options(station: Station) -> dict[str, Any]:
    """What the station's form asks for."""
    options: dict[str, Any] = {name: True for name in _FLAGS.get(station, ()) if request.form.get(name)}
    if station is Station.RECEIVE:
        options["policy"] = SharePolicy(request.form.get("policy", SharePolicy.FIRST_COME.value)).value
        options["protect"] = Protect(request.form.get("protect", Protect.NOBODY.value)).value
    if station is Station.SETTLE:
        options["unclaimed"] = "keep" if request.form.get("unclaimed") == "keep" else "refund"
    if station is Station.ROUTE:
        options["seconds"] = SOLVER_S
    return options
