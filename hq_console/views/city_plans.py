"""Plans for a whole city: asked for, watched, looked at on a map, applied, taken back."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.service import city_plans as service
from app.domains.communities.values import MOST_HOUSEHOLDS
from app.domains.communities.values.city_plans import AskCityPlan, CityPlanCard, CityPlanState, PlannedLoad, Shift
from app.domains.communities.values.ground import Hub, PickupPlace
from app.kernel.actors import Permission
from app.web.context import read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _, ngettext, tr
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page

#: What the form begins with: a move must save so many metres, and nobody gets more than a leader can know.
USUAL = {"sticky_m": "300", "most": str(MOST_HOUSEHOLDS), "least": "0", "keep_wishes": "1"}
#: Rows of the table of pickup points, and arrows on the map.
MOST_ROWS, MOST_ARROWS = 60, 120
PER_PAGE = 25


@hq.get("/city-plans")
@needs(Permission.COMMUNITIES_MANAGE)
def city_plans() -> ResponseReturnValue:
    """A hub's plans, the newest first, and the form for another one."""
    return _list_page(Form(USUAL))


@hq.post("/city-plans")
@needs(Permission.COMMUNITIES_MANAGE)
def ask_city_plan() -> ResponseReturnValue:
    """Let the worker look for a plan; what was typed stays when it is refused."""
    form = Form(request.form)
    choice = HubChoice(needed=True)
    sticky_m, most, least = form.whole("sticky_m"), form.whole("most", 1), form.whole("least", otherwise=0)
    if form.ok and choice.hub:
        wish = AskCityPlan(
            hub_id=choice.hub.id, sticky_m=sticky_m, most=most, keep_wishes=form.values.get("keep_wishes") == "1",
            least=least, some_may_lose=form.values.get("some_may_lose") == "1",
        )  # fmt: skip
        with refusals_to(form.refuse):
            plan_id = transact(service.ask_plan, wish)
            return redirect(url_for("hq.city_plan", plan_id=plan_id), 303)
    return _list_page(form), 422


def _list_page(form: Form) -> str:
    choice = HubChoice(needed=True)
    plans = read(communities.city_plans, choice.hub.id) if choice.hub else []
    return render_template(
        "hq_console/city_plans.html", choice=choice, form=form, plans=plans,
        under_way=next((plan for plan in plans if plan.is_open), None),
        locks=len(read(communities.home_locks, choice.hub.id)) if choice.hub else 0,
    )  # fmt: skip


@hq.get("/city-plans/<uuid:plan_id>")
@needs(Permission.COMMUNITIES_MANAGE)
def city_plan(plan_id: UUID) -> ResponseReturnValue:
    """One plan: what it changes, on a map, by pickup point, by resident."""
    plan, hub = _plan(plan_id)
    places = {place.pickup_point_id: place for place in read(communities.places, hub.id)}
    shifts = read(communities.shifts, plan_id)
    loads = sorted(plan.loads, key=lambda load: (-abs(load.after - load.before), -(load.before - load.room)))
    return render_template(
        "hq_console/city_plan.html", plan=plan, hub=hub, places=places, loads=loads[:MOST_ROWS],
        more=len(loads) - MOST_ROWS, shifts=shifts, means=_means(plan), map=_map(hub, plan, places, shifts),
        page=read(communities.planned_moves, plan_id, ask_page(PER_PAGE)),
    )  # fmt: skip


@hq.get("/city-plans/<uuid:plan_id>/progress")
@needs(Permission.COMMUNITIES_MANAGE)
def city_plan_progress(plan_id: UUID) -> ResponseReturnValue:
    """How far the worker is; the page asks every second while it is at it."""
    plan, hub = _plan(plan_id)
    answer = render_template("hq_console/_city_plan_progress.html", plan=plan, hub=hub)
    return answer if plan.is_at_work else (answer, 200, {"HX-Refresh": "true"})


@hq.post("/city-plans/<uuid:plan_id>/again")
@needs(Permission.COMMUNITIES_MANAGE)
def city_plan_again(plan_id: UUID) -> ResponseReturnValue:
    """Drop a draft and look for another one with the same wishes and the pairs that are locked by now."""
    with refusals_to(flash_refusal):
        plan_id = transact(service.ask_again, plan_id)
    return redirect(url_for("hq.city_plan", plan_id=plan_id), 303)


@hq.post("/city-plans/<uuid:plan_id>/apply")
@needs(Permission.COMMUNITIES_MANAGE)
def apply_city_plan(plan_id: UUID) -> ResponseReturnValue:
    """Let the worker move the residents."""
    return _do(plan_id, service.ask_apply)


@hq.post("/city-plans/<uuid:plan_id>/undo")
@needs(Permission.COMMUNITIES_MANAGE)
def undo_city_plan(plan_id: UUID) -> ResponseReturnValue:
    """Let the worker bring those back who did not move on since."""
    return _do(plan_id, service.ask_undo)


@hq.post("/city-plans/<uuid:plan_id>/drop")
@needs(Permission.COMMUNITIES_MANAGE)
def drop_city_plan(plan_id: UUID) -> ResponseReturnValue:
    """Leave everything as it is."""
    return _do(plan_id, service.drop)


def _do(plan_id: UUID, use_case: Any) -> ResponseReturnValue:
    with refusals_to(flash_refusal):
        transact(use_case, plan_id)
    return redirect(url_for("hq.city_plan", plan_id=plan_id), 303)


def _plan(plan_id: UUID) -> tuple[CityPlanCard, Hub]:
    plan = read(communities.city_plan, plan_id)
    hub = read(communities.get_hub, plan.hub_id)
    use_zone(hub.timezone)
    return plan, hub


def _means(plan: CityPlanCard) -> tuple[int, int]:
    """Metres that a resident walks at present, where somebody serves her, and by the plan."""
    served = sum(load.before for load in plan.loads)
    return round(plan.before_m / max(1, served)), round(plan.after_m / max(1, plan.residents))


def _map(hub: Hub, plan: CityPlanCard, places: dict[UUID, PickupPlace], shifts: list[Shift]) -> dict[str, Any]:
    """Neighbourhoods, pickup points (red above their room, green where that is mended), and who goes where."""
    areas = [
        {**feature, "properties": {"name": tr_feature(feature["properties"])}}
        for feature in read(communities.neighbourhood_shapes, hub.id)
    ]
    arrows = [shift for shift in shifts if {shift.from_point_id, shift.to_point_id} <= places.keys()][:MOST_ARROWS]
    return {
        "areas": {"type": "FeatureCollection", "features": areas},
        "routes": [
            {
                "points": [_spot(places[shift.from_point_id]), _spot(places[shift.to_point_id])],
                "name": f"{places[shift.from_point_id].pickup_point_name} → "
                f"{places[shift.to_point_id].pickup_point_name}",
                "text": ngettext("%(num)s resident", "%(num)s residents", shift.residents),
            }
            for shift in arrows
        ],
        "points": [
            {"lat": place.place.lat, "lon": place.place.lon, "kind": _kind(load, plan.state),
             "name": place.pickup_point_name,
             "text": _("%(before)s → %(after)s residents, room for %(room)s", before=load.before, after=load.after,
                       room=load.room)}
            for load in plan.loads if (place := places.get(load.pickup_point_id))
        ],
    }  # fmt: skip


def tr_feature(known: dict[str, Any]) -> str:
    """The name of a neighbourhood's shape in the page's language."""
    return str(tr(_Named(known)))


class _Named:
    """The two names of a map feature, as `tr` reads them."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.name, self.name_en = known["name"], known.get("name_en", "")


def _spot(place: PickupPlace) -> list[float]:
    return [place.place.lat, place.place.lon]


def _kind(load: PlannedLoad, state: CityPlanState) -> str:
    if load.after > (load.before if state is CityPlanState.FAILED else load.room):
        return "bad"
    return "good" if load.before > load.room else ""
