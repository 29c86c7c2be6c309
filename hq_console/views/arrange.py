"""Tours by hand: stops are dragged, or moved by buttons, and the page shows at once what that comes to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import NoPlan
from app.domains.logistics.values.routes import PlanCard, PlanState, VehicleCard
from app.domains.logistics.values.tours import Driven, DrivenStop, Preview
from app.flows import routing
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, Invalid
from app.web.context import read, transact
from app.web.filters import clock_time
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _
from hq_console import names, tours
from hq_console.doors import hq
from hq_console.lists import round_page

#: A part of a point's crates: pickup point, number of the first crate, crates.
Part = tuple[UUID, int, int]


@dataclass
class Draft:
    """Tours as somebody is arranging them: trucks with their parts in order, empty ones too."""

    rows: list[tuple[UUID, list[Part]]]
    #: The version of the plan that it began with.
    version: int

    @classmethod
    def of_plan(cls, plan: PlanCard, trucks: Sequence[VehicleCard]) -> "Draft":
        """The plan as it is, and trucks that stand still."""
        rows = [(r.vehicle_id, [(s.pickup_point_id, s.first_crate, s.crates) for s in r.stops]) for r in plan.routes]
        idle = [t.id for t in trucks if t.id not in {row[0] for row in rows} and t.broken_at is None]
        return cls([*rows, *((vehicle, []) for vehicle in idle)], plan.version)

    @classmethod
    def of_text(cls, text: str) -> "Draft":
        """What the page sent back; raises Invalid for what it never sends."""
        try:
            version, told = json.loads(text)
            rows = [(UUID(vehicle), [(UUID(p), int(first), int(n)) for p, first, n in parts])
                    for vehicle, parts in told]  # fmt: skip
            return cls(rows, int(version))
        except (ValueError, TypeError, AttributeError) as wrong:
            raise Invalid(field="tours", reason="is no list of tours") from wrong

    def text(self) -> str:
        """As the page keeps it."""
        rows = [[str(v), [[str(p), first, n] for p, first, n in parts]] for v, parts in self.rows]
        return json.dumps([self.version, rows])

    def move(self, wish: str, left: Sequence[Part]) -> None:
        """Carry a move out: "from row:from place:to row:to place"; row -1 is the unplanned list. Raises Invalid."""
        try:
            row, place, to_row, to_place = (int(word) for word in wish.split(":"))
            source = [*left] if row == -1 else self.rows[row][1]
            part = source[place]
            if row == to_row and to_place > place:
                to_place -= 1
            if row != -1:
                del source[place]
            if to_row != -1:
                goal = self.rows[to_row][1]
                goal.insert(min(max(to_place, 0), len(goal)), part)
        except (ValueError, IndexError) as wrong:
            raise Invalid(field="move", reason="is no such stop") from wrong


@hq.get("/rounds/<uuid:group_buy_id>/routes/arrange")
@needs(Permission.LOGISTICS_ROUTE)
def arrange(group_buy_id: UUID) -> ResponseReturnValue:
    """The tours to arrange by hand; only before the trucks leave."""
    page = round_page(group_buy_id)
    plan = read(logistics.current_plan, group_buy_id)
    if plan is None or plan.state is not PlanState.PLANNED:
        flash(say(NoPlan()) if plan is None else _("The trucks have left; the plan stands."), "warning")
        return redirect(url_for("hq.routes", group_buy_id=group_buy_id), 303)
    draft = Draft.of_plan(plan, read(logistics.vehicles, page["hub"].id, only_active=True))
    return render_template("hq_console/arrange.html", **page, **_shown(group_buy_id, page, draft))


@hq.post("/rounds/<uuid:group_buy_id>/routes/arrange")
@needs(Permission.LOGISTICS_ROUTE)
def try_move(group_buy_id: UUID) -> ResponseReturnValue:
    """One move: the board as it would be, with its effect; nothing is saved."""
    page = round_page(group_buy_id)
    try:
        draft = Draft.of_text(request.form.get("tours", ""))
        wish = request.form.get("drag") or request.form.get("move") or request.form.get("to", "")
        if wish:
            before = routing.preview(read, group_buy_id, _arrangement(draft), tours.roads())
            draft.move(wish, [(u.pickup_point_id, u.first_crate, u.crates) for u in before.unplanned])
        shown = _shown(group_buy_id, page, draft)
    except DomainError as refusal:
        return render_template("hq_console/_arrange_refused.html", **page, error=say(refusal)), 422
    whole = "hq_console/_arrange.html" if request.headers.get("HX-Request") else "hq_console/arrange.html"
    return render_template(whole, **page, **shown)


@hq.post("/rounds/<uuid:group_buy_id>/routes/arrange/save")
@needs(Permission.LOGISTICS_ROUTE)
def save_arrangement(group_buy_id: UUID) -> ResponseReturnValue:
    """Make the arrangement the plan; one that is above capacity is refused and stays on the page."""
    page = round_page(group_buy_id)
    try:
        draft = Draft.of_text(request.form.get("tours", ""))
        routing.save_arrangement(
            transact, read, group_buy_id, _arrangement(draft), tours.roads(), seen_version=draft.version
        )
    except DomainError as refusal:
        return _refused(group_buy_id, page, say(refusal))
    flash(_("The tours are saved as a new version."), "success")
    return redirect(url_for("hq.routes", group_buy_id=group_buy_id), 303)


def _refused(group_buy_id: UUID, page: dict[str, Any], why: str) -> ResponseReturnValue:
    try:
        shown = _shown(group_buy_id, page, Draft.of_text(request.form.get("tours", "")))
    except DomainError:
        flash(why, "danger")
        return redirect(url_for("hq.routes", group_buy_id=group_buy_id), 303)
    return render_template("hq_console/arrange.html", **page, **shown, error=why), 422


def _arrangement(draft: Draft) -> tuple[tuple[UUID, int, tuple[Part, ...]], ...]:
    return tuple((vehicle, 1, tuple(parts)) for vehicle, parts in draft.rows)


def _shown(group_buy_id: UUID, page: dict[str, Any], draft: Draft) -> dict[str, Any]:
    found: Preview = routing.preview(read, group_buy_id, _arrangement(draft), tours.roads())
    trucks = {t.id: t for t in read(logistics.vehicles, page["hub"].id, only_active=True)}
    points = {p for _v, parts in draft.rows for p, _f, _n in parts} | {u.pickup_point_id for u in found.unplanned}
    places = read(communities.places_by_id, points)
    base = read(logistics.first_departure, group_buy_id)
    driven = iter(found.tours)
    board = [
        {"truck": trucks[vehicle], "driven": next(driven) if parts else None} for vehicle, parts in draft.rows
    ]  # fmt: skip
    return {
        "clock_of": lambda begins, seconds: clock_time(begins + timedelta(seconds=seconds)), "board": board,
        "found": found, "tours_text": draft.text(), "places": places, "base": base,
        "way_out": tours.way_out, "worries": worries, "late": late,
        "wrong": [line for tour in found.tours for line in worries(tour)]
        + [late(stop, places[stop.part.pickup_point_id].pickup_point_name)
           for tour in found.tours for stop in tour.stops if stop.late_s],
    }  # fmt: skip


def worries(tour: Driven) -> list[str]:
    """Rules that a tour as a whole breaks, in words."""
    truck, found = tour.vehicle, []
    if tour.volume_ml > truck.capacity_ml:
        found.append(_("%(truck)s: %(litres)s l too much", truck=truck.code,
                       litres=-(-(tour.volume_ml - truck.capacity_ml) // 1000)))  # fmt: skip
    if tour.weight_g > truck.capacity_g:
        found.append(_("%(truck)s: %(kg)s kg too heavy", truck=truck.code,
                       kg=-(-(tour.weight_g - truck.capacity_g) // 1000)))  # fmt: skip
    if tour.wrong_zones:
        zones = ", ".join(names.name(zone) for zone in sorted(tour.wrong_zones))
        found.append(_("%(truck)s does not carry: %(zones)s", truck=truck.code, zones=zones))
    if tour.overtime_s:
        found.append(_("%(truck)s: back %(minutes)s minutes after the shift", truck=truck.code,
                       minutes=-(-tour.overtime_s // 60)))  # fmt: skip
    return found


def late(stop: DrivenStop, name: str) -> str:
    """How late a stop is reached, in words."""
    return _("%(name)s: %(minutes)s minutes too late", name=name, minutes=-(-stop.late_s // 60))
