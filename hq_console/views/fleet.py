"""The trucks of a hub, how it plans, and when its pickup points take deliveries."""

from datetime import time
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities.values.ground import Hub
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import moves, searches, vehicles
from app.domains.logistics.values.routes import RouteRulesCard, VehicleCard, VehicleInput, WindowInput
from app.kernel.actors import Permission
from app.kernel.changes import InvalidRows
from app.kernel.errors import DomainError, NotFound
from app.kernel.money import format_cents
from app.web.context import read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice


@hq.get("/fleet")
@needs(Permission.LOGISTICS_READ)
def fleet() -> ResponseReturnValue:
    """Trucks, rules and windows of one hub; `?truck=CODE` opens that truck's form."""
    choice = HubChoice(needed=True)
    if choice.hub is None:
        return render_template("hq_console/fleet.html", choice=choice, hub=None)
    trucks = read(logistics.vehicles, choice.hub.id)
    chosen = next((t for t in trucks if t.code == request.args.get("truck")), None)
    return _page(choice, choice.hub, Form(_as_typed(chosen, choice.hub) if chosen else {}), "")


@hq.post("/fleet/trucks")
@needs(Permission.LOGISTICS_ROUTE)
def save_truck() -> ResponseReturnValue:
    """Add a truck, or change the one of this code."""
    choice, hub, form = _asked()
    wish = VehicleInput(
        code=form.text("code", 40, needed=True), name=form.text("name", 80, needed=True),
        capacity_ml=form.whole("litres", 1) * 1000, capacity_g=form.whole("kg", 1) * 1000,
        cost_per_km_cents=form.cents("per_km", hub.currency) or 0,
        fixed_cost_cents=form.cents("fixed", hub.currency) or 0,
        cost_per_stop_cents=form.cents("per_stop", hub.currency) or 0, carries_ambient="ambient" in form.values,
        carries_chilled="chilled" in form.values, carries_frozen="frozen" in form.values,
        shift_from=_time(form, "shift_from"), shift_until=_time(form, "shift_until"),
        max_tours=form.whole("max_tours", 1, otherwise=1),
    )  # fmt: skip
    if form.ok:
        try:
            transact(vehicles.save_vehicles, hub.id, [wish])
        except InvalidRows as refusal:
            named = {"capacity_ml": "litres", "capacity_g": "kg", "cost_per_km_cents": "per_km",
                     "fixed_cost_cents": "fixed", "cost_per_stop_cents": "per_stop"}  # fmt: skip
            for fault in refusal.faults:
                form.errors[named.get(fault.field, fault.field)] = _(fault.reason)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("The truck is saved."), "success")
            return _back(hub)
    return _page(choice, hub, form, "truck"), 422


@hq.post("/fleet/trucks/<uuid:vehicle_id>")
@needs(Permission.LOGISTICS_ROUTE)
def switch_truck(vehicle_id: UUID) -> ResponseReturnValue:
    """Retire a truck, or say that it is out of order or drives again."""
    _choice, hub, form = _asked()
    with refusals_to(flash_refusal):
        if form.values.get("do") == "retire":
            transact(vehicles.retire, vehicle_id)
        else:
            transact(moves.mark_broken, vehicle_id, form.values.get("do") == "broken")
    return _back(hub)


@hq.post("/fleet/rules")
@needs(Permission.LOGISTICS_ROUTE)
def save_route_rules() -> ResponseReturnValue:
    """Decide how the hub plans its tours."""
    choice, hub, form = _asked()
    wish = RouteRulesCard(
        whole_truck_pct=form.whole("whole_truck_pct"), detour_pct=form.whole("detour_pct"),
        speed_kmh=form.whole("speed_kmh"), dock_opens=_time(form, "dock_opens"),
        dock_closes=_time(form, "dock_closes"),
    )  # fmt: skip
    return _try(choice, hub, form, "rules", (searches.save_rules, wish), _("The rules are saved."))


@hq.post("/fleet/windows")
@needs(Permission.LOGISTICS_ROUTE)
def save_window() -> ResponseReturnValue:
    """Decide when a pickup point takes deliveries, or let the usual hours count again."""
    choice, hub, form = _asked()
    point = form.uuid("pickup_point_id")
    if point is None:
        raise NotFound("pickup_point")
    if form.values.get("do") == "usual":
        return _try(choice, hub, form, "window", (searches.forget_window, point), _("The usual hours count again."))
    minutes = form.whole("minutes", otherwise=-1)
    wish = WindowInput(
        pickup_point_id=point, opens=_time(form, "opens"), closes=_time(form, "closes"),
        service_s=None if minutes < 0 else minutes * 60,
    )  # fmt: skip
    return _try(choice, hub, form, "window", (searches.save_window, wish), _("The hours are saved."))


def _asked() -> tuple[HubChoice, Hub, Form]:
    choice = HubChoice(needed=True)
    if choice.hub is None:
        raise NotFound("hub")
    return choice, choice.hub, Form(request.form)


def _try(choice: HubChoice, hub: Hub, form: Form, what: str, act: tuple[Any, Any], done: str) -> ResponseReturnValue:
    use_case, wish = act
    if form.ok:
        with refusals_to(form.refuse):
            transact(use_case, hub.id, wish)
            flash(done, "success")
            return _back(hub)
    return _page(choice, hub, form, what), 422


def _back(hub: Hub) -> ResponseReturnValue:
    return redirect(url_for("hq.fleet", hub=hub.code), 303)


def _page(choice: HubChoice, hub: Hub, form: Form, faulty: str) -> str:
    return render_template(
        "hq_console/fleet.html", choice=choice, hub=hub, currency=hub.currency, form=form, faulty=faulty,
        trucks=read(logistics.vehicles, hub.id), rules=read(logistics.route_rules, hub.id),
        windows=read(logistics.windows_of_hub, hub.id),
    )  # fmt: skip


def _time(form: Form, name: str) -> time:
    try:
        return time.fromisoformat(form.values.get(name, ""))
    except ValueError:
        form.errors[name] = _("A time such as 06:30.")
        return time()


def _as_typed(truck: VehicleCard, hub: Hub) -> dict[str, str]:
    """A truck as its form would hold it."""

    def money(cents: int) -> str:
        return format_cents(cents, hub.currency)

    zones = {zone.value: "1" for zone in truck.zones}
    return {
        "code": truck.code, "name": truck.name, "litres": str(truck.capacity_ml // 1000),
        "kg": str(truck.capacity_g // 1000), "per_km": money(truck.cost_per_km_cents),
        "fixed": money(truck.fixed_cost_cents), "per_stop": money(truck.cost_per_stop_cents),
        "shift_from": f"{truck.shift_from:%H:%M}", "shift_until": f"{truck.shift_until:%H:%M}",
        "max_tours": str(truck.max_tours), **zones,
    }  # fmt: skip
