"""The scale: what lines of goods sold by weight weigh, point by point, on a phone at the sorting table."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.logistics.queries import weighing as scale
from app.domains.logistics.service import scales
from app.domains.logistics.values.weighing import ScaleLine, ScalePoint
from app.domains.orders.values import RecordWeight
from app.flows.weighing import record_weights
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.filters import money
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _, ngettext
from hq_console.doors import hq
from hq_console.lists import asked_id, round_page


@hq.get("/weighing/<uuid:group_buy_id>")
@needs(Permission.LOGISTICS_READ)
def weighing(group_buy_id: UUID) -> ResponseReturnValue:
    """The lines of one pickup point that go over the scale; the first point with open ones, if none is chosen."""
    points = read(scale.scale_points, group_buy_id)
    wanted = asked_id("point")
    point = next((p for p in points if p.pickup_point_id == wanted), None) or _next(points)
    return _page(group_buy_id, points, point, {}, {})


@hq.post("/weighing/<uuid:group_buy_id>")
@needs(Permission.LOGISTICS_SORT)
def enter_weights(group_buy_id: UUID) -> ResponseReturnValue:
    """Take the weights that were typed, all or none; refusals stand at their line and what was typed stays."""
    points = read(scale.scale_points, group_buy_id)
    point = next((p for p in points if str(p.pickup_point_id) == request.form.get("point")), None)
    if point is None:
        return redirect(url_for("hq.weighing", group_buy_id=group_buy_id), 303)
    lines = read(scale.scale_lines, group_buy_id, point.pickup_point_id)
    typed = {line.line_id: request.form.get(f"g-{line.line_id}", "").strip()[:12] for line in lines}
    errors = {line_id: _("Whole grams, please.") for line_id, text in typed.items() if text and not _is_grams(text)}
    wishes = [
        RecordWeight(line_id=line_id, weight_g=int(text), is_sure=request.form.get(f"sure-{line_id}") == "1")
        for line_id, text in typed.items()
        if text and not errors
    ]
    if errors or not wishes:
        return _page(group_buy_id, points, point, typed, errors or {None: _("Nothing was typed yet.")}), 422
    try:
        done = transact(record_weights, group_buy_id, wishes)
    except DomainError as refusal:
        return _page(group_buy_id, points, point, typed, {getattr(refusal, "line_id", None): say(refusal)}), 422
    fresh = [one for one in done if one.is_new]
    back = sum(one.back_cents for one in fresh)
    text = ngettext("%(num)s line weighed.", "%(num)s lines weighed.", len(fresh))
    if back:
        currency = round_page(group_buy_id)["card"].currency
        text += " " + _("%(amount)s goes back to the residents.", amount=money(back, currency))
    flash(text if fresh else _("Nothing was changed."), "success" if fresh else "info")
    return redirect(url_for("hq.weighing", group_buy_id=group_buy_id, point=_after(group_buy_id, point)), 303)


@hq.post("/weighing/<uuid:group_buy_id>/leave")
@needs(Permission.LOGISTICS_SORT)
def leave_unweighed(group_buy_id: UUID) -> ResponseReturnValue:
    """Let the lines that nobody weighed keep their price as ordered."""
    round_page(group_buy_id)
    lines = transact(scales.leave_unweighed, group_buy_id)
    text = ngettext(
        "%(num)s line keeps its price as ordered.", "%(num)s lines keep their price as ordered.", lines
    )  # fmt: skip
    flash(text, "success")
    return redirect(url_for("hq.weighing", group_buy_id=group_buy_id), 303)


def _is_grams(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _next(points: list[ScalePoint]) -> ScalePoint | None:
    """The first point with open lines, else the first one."""
    return next((p for p in points if p.weighed < p.lines), points[0] if points else None)


def _after(group_buy_id: UUID, point: ScalePoint) -> UUID:
    """The same point while it has open lines, then the next one that has."""
    points = read(scale.scale_points, group_buy_id)
    here = next((p for p in points if p.pickup_point_id == point.pickup_point_id), point)
    following = here if here.weighed < here.lines else _next(points)
    return following.pickup_point_id if following and following.weighed < following.lines else here.pickup_point_id


def _page(
    group_buy_id: UUID, points: list[ScalePoint], point: ScalePoint | None, typed: dict[UUID, str],
    errors: dict[Any, str],
) -> str:  # fmt: skip
    lines: list[ScaleLine] = read(scale.scale_lines, group_buy_id, point.pickup_point_id) if point else []
    chips = [
        {
            "label": p.code, "count": f"{p.weighed}/{p.lines}", "active": p is point,
            "href": url_for("hq.weighing", group_buy_id=group_buy_id, point=p.pickup_point_id),
        }
        for p in points
    ]  # fmt: skip
    return render_template(
        "hq_console/weighing.html", **round_page(group_buy_id), points=points, point=point, lines=lines, chips=chips,
        typed=typed, errors=errors, unweighed=len(read(scale.unweighed, group_buy_id)),
    )  # fmt: skip
