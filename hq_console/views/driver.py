"""The driver's phone page: his stops in order by a signed link, without an account; every tap may be repeated."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import LinkEnded
from app.domains.logistics.service import driving
from app.domains.logistics.values.handover import HandoverState
from app.domains.logistics.values.routes import PlanState
from app.domains.logistics.values.tours import DriverLinkCard
from app.kernel.actors import Actor, Permission
from app.web.context import read, services
from app.web.filters import use_zone
from app.web.guards import public
from app.web.refusals import refusals_to
from app.web.say import say
from app.web.words import gettext as _, ngettext, tr
from hq_console.forms import Form
from hq_console.links import link_of

driver = Blueprint("driver", __name__, url_prefix="/drive")


@driver.get("/<token>")
@public
def today(token: str) -> ResponseReturnValue:
    """The truck's tours of the day; a link that is over says so."""
    link_id = _known(token)
    link = _lent(link_id, driving.valid_link)
    return _page(token, link)


@driver.post("/<token>/arrive")
@public
def arrive(token: str) -> ResponseReturnValue:
    """The driver is at a stop."""
    return _tap(token, Form(request.form), driving.arrive)


@driver.post("/<token>/handed")
@public
def handed(token: str) -> ResponseReturnValue:
    """The goods are given to somebody, and empty crates taken along."""
    form = Form(request.form)
    return _tap(token, form, driving.hand_over, form.text("handed_to", 300), form.whole("empties_qty"))


@driver.post("/<token>/problem")
@public
def problem(token: str) -> ResponseReturnValue:
    """Something went wrong at a stop."""
    form = Form(request.form)
    return _tap(token, form, driving.report_problem, form.values.get("problem", ""))


def _tap(token: str, form: Form, use_case: Callable[..., Any], *args: Any) -> ResponseReturnValue:
    """One act at one stop; back to that stop on the page, or the page with what was typed and why it was refused."""
    link_id = _known(token)
    point, first = form.uuid("point"), form.whole("first", otherwise=0)
    link = _lent(link_id, driving.valid_link)
    if point is None:
        return redirect(url_for("driver.today", token=token), 303)
    if form.ok:
        with refusals_to(form.refuse):
            _lent(link_id, use_case, point, first, *args)
    if not form.ok:
        return _page(token, link, form), 422
    flash(_("Noted."), "success")
    return redirect(url_for("driver.today", token=token, _anchor=f"stop-{point}-{first}"), 303)


def _known(token: str) -> UUID:
    found = link_of(token)
    if found is None:
        raise LinkEnded(what="driver_link")
    return found


def _lent(link_id: UUID, use_case: Callable[..., Any], *args: Any) -> Any:
    """Run a use-case with the one right that a link lends, in the name of its truck."""
    link = read(logistics.driver_link, link_id)
    name = f"driver of {link.vehicle_code}" if link else "driver"
    return services().database.transact(Actor.by_link(name, Permission.LOGISTICS_DRIVE), use_case, link_id, *args)


def _page(token: str, link: DriverLinkCard, form: Form | None = None) -> str:
    card = read(groupbuys.get_group_buy, link.group_buy_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    plan = read(logistics.current_plan, link.group_buy_id)
    routes = [route for route in (plan.routes if plan else ()) if route.vehicle_id == link.vehicle_id]
    stops = [stop for route in routes for stop in route.stops]
    counted = {
        handover.pickup_point_id
        for handover in read(logistics.handovers_of_round, link.group_buy_id)
        if handover.state is HandoverState.COUNTED
    }
    following = next((s.key for s in stops if s.arrived_at is None), None)
    ahead = next((s for s in stops if s.handed_at is None), None)
    return render_template(
        "hq_console/driver.html", token=token, link=link, card=card, hub=hub, routes=routes, counted=counted,
        has_left=plan is not None and plan.state is PlanState.DISPATCHED, next_stop=following, form=form or Form({}),
        ahead=ahead, stops=stops, done=sum(s.handed_at is not None for s in stops), say=say, tr=tr, ngettext=ngettext,
    )  # fmt: skip
