"""Routes: the plan on a map and as lists, load lists for the dock, and planning anew."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.values import Hub
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.routes import PlanCard, RouteCard, SolverBudget, StopCard
from app.domains.scoring import queries as scoring
from app.flows.routing import plan_routes
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, NotFound
from app.web.context import read, transact
from app.web.filters import clock_time
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _, ngettext, tr
from hq_console.doors import hq, may
from hq_console.lists import round_page

#: Planning anew happens while somebody waits for the page.
REPLAN_S = 2.0


@hq.get("/rounds/<uuid:group_buy_id>/routes")
@needs(Permission.LOGISTICS_READ)
def routes(group_buy_id: UUID) -> ResponseReturnValue:
    """The current plan of a round; without one the neighbourhoods and what is to be brought to them."""
    page = round_page(group_buy_id)
    plan = read(logistics.current_plan, group_buy_id)
    return render_template(
        "hq_console/routes.html", **page, plan=plan, map=_map(page["hub"], plan),
        stops=sum(len(route.stops) for route in plan.routes) if plan else 0,
    )  # fmt: skip


@hq.post("/rounds/<uuid:group_buy_id>/routes")
@needs(Permission.LOGISTICS_ROUTE)
def replan(group_buy_id: UUID) -> ResponseReturnValue:
    """Plan the tours again; the new plan replaces the one before unless the trucks have left."""
    try:
        plan_routes(transact, read, group_buy_id, SolverBudget(seconds=REPLAN_S))
        flash(_("The tours are planned anew."), "success")
    except DomainError as refusal:
        flash(say(refusal), "danger")
    return redirect(url_for("hq.routes", group_buy_id=group_buy_id), 303)


@hq.get("/rounds/<uuid:group_buy_id>/routes/<uuid:route_id>")
@needs(Permission.LOGISTICS_READ)
def load_list(group_buy_id: UUID, route_id: UUID) -> ResponseReturnValue:
    """One tour's driver sheet and load list: last stop first into the truck."""
    page = round_page(group_buy_id)
    plan = read(logistics.current_plan, group_buy_id)
    route = next((r for r in plan.routes if r.id == route_id), None) if plan else None
    if plan is None or route is None:
        raise NotFound("route")
    return render_template(
        "hq_console/load_list.html", **page, plan=plan, route=route, crates=read(logistics.load_list, route_id)
    )


def _map(hub: Hub, plan: PlanCard | None) -> dict[str, Any]:
    """Neighbourhoods in the colour of their leaders' last score, tours with their stops, and the hub."""
    scores: dict[str, str] = {}
    if may(Permission.SCORING_READ):
        leaders = {leader.id: leader for leader in read(communities.leader_cards, hub.id)}
        for card in read(scoring.scorecards, hub.id):
            leader = leaders.get(card.leader_id)
            if leader and leader.neighbourhood_id:
                scores[str(leader.neighbourhood_id)] = str(card.total_centi // 100)
    areas = [_area(feature, scores) for feature in read(communities.neighbourhood_shapes, hub.id)]
    home = {"lat": hub.place.lat, "lon": hub.place.lon, "name": tr(hub), "kind": "hub"}
    return {
        "areas": {"type": "FeatureCollection", "features": areas},
        "routes": [_tour(hub, route) for route in plan.routes] if plan else [],
        "points": [home],
    }


def _area(feature: dict[str, Any], scores: dict[str, str]) -> dict[str, Any]:
    known = feature["properties"]
    english = known.get("name_en") if tr(_Named(known)) == known.get("name_en") else ""
    words = {
        "name": english or known["name"],
        "text": ngettext("%(num)s household", "%(num)s households", known["households"]),
    }
    score = scores.get(str(known["id"]))
    return {**feature, "properties": words | ({"score": int(score)} if score else {})}


class _Named:
    """The two names of a map feature, as `tr` reads them."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.name, self.name_en = known["name"], known.get("name_en", "")


def _tour(hub: Hub, route: RouteCard) -> dict[str, Any]:
    way = [hub.place, *(stop.place for stop in route.stops), hub.place]
    return {
        "name": _("Tour %(no)s · %(truck)s", no=route.no, truck=route.vehicle_name),
        "text": ngettext("%(num)s stop", "%(num)s stops", len(route.stops)),
        "points": [[place.lat, place.lon] for place in way],
        "stops": [_stop(stop) for stop in route.stops],
    }


def _stop(stop: StopCard) -> dict[str, Any]:
    crates = ngettext("%(num)s crate", "%(num)s crates", stop.crates)
    return {
        "lat": stop.place.lat, "lon": stop.place.lon, "name": stop.pickup_point_name,
        "text": f"{clock_time(stop.arrive_at)} · {crates}",
    }  # fmt: skip
