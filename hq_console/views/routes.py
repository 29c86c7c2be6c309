"""Routes: the plan on a map, in time and as lists; searches in the worker; locks, breakdowns, versions, load lists."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import driving, moves, searches
from app.domains.logistics.values.routes import PlanCard
from app.domains.logistics.values.tours import Moved, PlanVersion, StopPlace
from app.domains.scoring import queries as scoring
from app.flows import breakdowns
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _, ngettext, tr
from hq_console import tours
from hq_console.doors import hq, may
from hq_console.forms import Form
from hq_console.links import driver_url
from hq_console.lists import round_page

#: Seconds that a search may take, as offered.
BUDGETS = (5, 15, 30, 60, 180)


@hq.get("/rounds/<uuid:group_buy_id>/routes")
@needs(Permission.LOGISTICS_READ)
def routes(group_buy_id: UUID) -> ResponseReturnValue:
    """The current plan of a round; without one the neighbourhoods and what is to be brought to them."""
    page = round_page(group_buy_id)
    plan = read(logistics.current_plan, group_buy_id)
    places = read(communities.places_by_id, [left.pickup_point_id for left in plan.unplanned]) if plan else {}
    links = read(logistics.links_of_round, group_buy_id) if plan and may(Permission.LOGISTICS_DISPATCH) else {}
    return render_template(
        "hq_console/routes.html", **page, plan=plan, map=_map(page["hub"], plan), budgets=BUDGETS,
        stops=sum(len(route.stops) for route in plan.routes) if plan else 0, gantt=tours.gantt(plan) if plan else None,
        trucks=len({route.vehicle_id for route in plan.routes}) if plan else 0,
        search=read(logistics.latest_search, group_buy_id), places=places, way_out=tours.way_out, now=now(),
        links={vehicle: driver_url(link.id) for vehicle, link in links.items()}, link_ids=links,
        yard_choices=_yard(page["hub"], plan),
    )  # fmt: skip


def _yard(hub: Hub, plan: PlanCard | None) -> list[tuple[str, str]]:
    """The trucks that may fetch what lies stranded."""
    trucks = read(logistics.vehicles, hub.id, only_active=True) if plan and plan.unplanned else []
    return [(str(truck.id), f"{truck.name} · {truck.code}") for truck in trucks]


@hq.post("/rounds/<uuid:group_buy_id>/routes")
@needs(Permission.LOGISTICS_ROUTE)
def replan(group_buy_id: UUID) -> ResponseReturnValue:
    """Let the worker look for tours; the page shows how far it is."""
    form = Form(request.form)
    seconds, seed = form.whole("seconds", 1, otherwise=15), form.whole("seed", otherwise=1)
    with refusals_to(flash_refusal):
        if form.ok:
            transact(searches.ask_search, group_buy_id, seconds, seed)
        for sentence in form.errors.values():
            flash(sentence, "danger")
    return _back(group_buy_id)


@hq.get("/rounds/<uuid:group_buy_id>/routes/search")
@needs(Permission.LOGISTICS_READ)
def search(group_buy_id: UUID) -> ResponseReturnValue:
    """The newest search alone; the page asks for it every second while it runs."""
    page = round_page(group_buy_id)
    found = read(logistics.latest_search, group_buy_id)
    answer = render_template("hq_console/_search.html", **page, search=found, now=now(), polled=True)
    if found is None or found.is_open:
        return answer
    return answer, 200, {"HX-Refresh": "true"}  # the plan of the page is another one now


@hq.post("/rounds/<uuid:group_buy_id>/routes/search/<uuid:search_id>/stop")
@needs(Permission.LOGISTICS_ROUTE)
def stop_search(group_buy_id: UUID, search_id: UUID) -> ResponseReturnValue:
    """End a search with the best so far."""
    return _do(group_buy_id, searches.stop_search, search_id)


@hq.post("/rounds/<uuid:group_buy_id>/routes/lock/<uuid:vehicle_id>")
@needs(Permission.LOGISTICS_ROUTE)
def lock_truck(group_buy_id: UUID, vehicle_id: UUID) -> ResponseReturnValue:
    """Keep a truck's tours, or let them go."""
    return _do(group_buy_id, moves.lock_truck, group_buy_id, vehicle_id, bool(request.form.get("locked")))


@hq.post("/rounds/<uuid:group_buy_id>/routes/break/<uuid:vehicle_id>")
@needs(Permission.LOGISTICS_ROUTE)
def break_truck(group_buy_id: UUID, vehicle_id: UUID) -> ResponseReturnValue:
    """A truck cannot drive: on the road others take over at once, before that the tours are searched anew."""
    round_page(group_buy_id)
    if request.form.get("mended"):
        return fetch(group_buy_id, vehicle_id)
    with refusals_to(flash_refusal):
        if breakdowns.break_down(transact, read, group_buy_id, vehicle_id, now(), tours.roads()) is None:
            transact(searches.ask_search, group_buy_id, BUDGETS[0], 1)
            flash(_("The truck is out of order; tours without it are being searched."), "success")
        else:
            flash(_("The truck is out of order; its stops were given to other trucks."), "success")
    return _back(group_buy_id)


@hq.post("/rounds/<uuid:group_buy_id>/routes/stranded")
@needs(Permission.LOGISTICS_ROUTE)
def fetch_stranded(group_buy_id: UUID) -> ResponseReturnValue:
    """Let a truck fetch what lies stranded after a breakdown."""
    round_page(group_buy_id)
    vehicle_id = Form(request.form).uuid("truck")
    if vehicle_id is None:
        flash(_("Please choose a truck."), "danger")
        return _back(group_buy_id)
    return fetch(group_buy_id, vehicle_id)


def fetch(group_buy_id: UUID, vehicle_id: UUID) -> ResponseReturnValue:
    """A truck drives (again) and takes along what lies stranded; says how much is still left."""
    with refusals_to(flash_refusal):
        if breakdowns.fetch_stranded(transact, read, group_buy_id, vehicle_id, now(), tours.roads()) is not None:
            plan: PlanCard | None = read(logistics.current_plan, group_buy_id)
            left = sum(one.crates for one in plan.unplanned) if plan else 0
            flash(
                ngettext("Taken over; %(num)s crate is still left.", "Taken over; %(num)s crates are still left.", left)
                if left else _("The truck takes over all that was left."), "warning" if left else "success",
            )  # fmt: skip
    return _back(group_buy_id)


@hq.post("/rounds/<uuid:group_buy_id>/routes/link/<uuid:vehicle_id>")
@needs(Permission.LOGISTICS_DISPATCH)
def issue_link(group_buy_id: UUID, vehicle_id: UUID) -> ResponseReturnValue:
    """Make the driver's link of a truck."""
    return _do(group_buy_id, driving.issue_link, group_buy_id, vehicle_id)


@hq.post("/rounds/<uuid:group_buy_id>/routes/links/<uuid:link_id>/withdraw")
@needs(Permission.LOGISTICS_DISPATCH)
def withdraw_link(group_buy_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """End a driver's link."""
    return _do(group_buy_id, driving.withdraw_link, link_id)


def _do(group_buy_id: UUID, use_case: Any, *args: Any) -> ResponseReturnValue:
    """Run one use-case and come back to the routes, with its refusal if there is one."""
    with refusals_to(flash_refusal):
        transact(use_case, *args)
    return _back(group_buy_id)


def _back(group_buy_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("hq.routes", group_buy_id=group_buy_id), 303)


@hq.get("/rounds/<uuid:group_buy_id>/routes/versions")
@needs(Permission.LOGISTICS_READ)
def versions(group_buy_id: UUID) -> ResponseReturnValue:
    """All versions of the plan, and what moved from one to the next."""
    page = round_page(group_buy_id)
    found: list[PlanVersion] = read(logistics.plan_versions, group_buy_id)
    wanted = request.args.get("version", "")
    after = next((v for v in found if str(v.version) == wanted), found[0] if found else None)
    before = next((v for v in found if after and v.version < after.version), None)
    moved = differences(_places(before), _places(after)) if before and after else []
    return render_template(
        "hq_console/route_versions.html", **page, versions=found, after=after, before=before, moved=moved
    )


def _places(version: PlanVersion | None) -> list[StopPlace]:
    return read(logistics.stops_in_plan, version.id) if version else []


def differences(before: list[StopPlace], after: list[StopPlace]) -> list[Moved]:
    """Stops that changed their truck, tour, number or time of arrival by five minutes, by the later one."""
    old, new = {p.key: p for p in before}, {p.key: p for p in after}

    def differs(a: StopPlace, b: StopPlace) -> bool:
        same = (a.vehicle_code, a.trip, a.seq) == (b.vehicle_code, b.trip, b.seq)
        return not same or abs((a.arrive_at - b.arrive_at).total_seconds()) >= 300

    changed = [
        Moved(name=place.name, before=old.get(key), after=place)
        for key, place in new.items()
        if key not in old or differs(old[key], place)
    ]
    return changed + [Moved(name=place.name, before=place, after=None) for key, place in old.items() if key not in new]


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
        "routes": [tours.map_tour(hub, route) for route in plan.routes] if plan else [],
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
