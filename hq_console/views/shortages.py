"""Shortages before they are decided: who would get what under each policy, and quantities set by hand."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.logistics.queries import shortages as reads
from app.domains.logistics.service import shortages as service
from app.domains.logistics.values.shortage import LineShare, Protect, SetShare
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.supply import queries as supply
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, NotFound
from app.web.context import read, transact
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import chips_of, round_page

#: Lines of one SKU on one page.
PER_PAGE = 50


def _protect() -> Protect:
    try:
        return Protect(request.values.get("protect", Protect.NOBODY.value))
    except ValueError:
        return Protect.NOBODY


def _shared(group_buy_id: UUID) -> dict[str, Any]:
    choices = [(key, label) for key, label in names.choices(Protect) if key != Protect.NOBODY.value]
    return round_page(group_buy_id) | {
        "protect": _protect(),
        "protect_chips": chips_of("protect", choices, names.name(Protect.NOBODY)),
        "policies": names.choices(SharePolicy),
        "is_released": read(supply.is_sorted_out, group_buy_id),
    }


@hq.get("/rounds/<uuid:group_buy_id>/shortages")
@needs(Permission.SUPPLY_READ)
def shortages(group_buy_id: UUID) -> ResponseReturnValue:
    """Every short SKU of a round with what each policy would give, take and refund. Nothing is decided here."""
    page = _shared(group_buy_id)
    found = read(reads.preview, group_buy_id, page["protect"])
    return render_template("hq_console/shortages.html", **page, shortages=found)


@hq.get("/rounds/<uuid:group_buy_id>/shortages/<uuid:sku_id>")
@needs(Permission.SUPPLY_READ)
def shortage(group_buy_id: UUID, sku_id: UUID) -> ResponseReturnValue:
    """Who gets how much of one short SKU, by pickup point and by order, and what is set by hand."""
    return _sku_page(group_buy_id, sku_id, Form({}))


def _sku_page(group_buy_id: UUID, sku_id: UUID, form: Form) -> str:
    page = _shared(group_buy_id)
    card = next((c for c in read(reads.preview, group_buy_id, page["protect"]) if c.sku_id == sku_id), None)
    if card is None:
        raise NotFound("shortage")
    lines = read(reads.preview_lines, group_buy_id, sku_id, page["protect"])
    start = min(max(0, request.args.get("from", 0, type=int)), max(0, len(lines) - 1))
    fixes = read(reads.fixes, group_buy_id, sku_id)
    return render_template(
        "hq_console/shortage.html", **page, sku=card, points=_points(lines), lines=lines[start : start + PER_PAGE],
        start=start, per_page=PER_PAGE, total=len(lines), form=form,
        set_orders={fix.order_id: fix for fix in fixes if fix.order_id},
        set_points={fix.pickup_point_id: fix for fix in fixes if fix.pickup_point_id},
    )  # fmt: skip


def _points(lines: list[LineShare]) -> list[dict[str, Any]]:
    """The same lines added up by pickup point."""
    points: dict[UUID, dict[str, Any]] = {}
    for line in lines:
        point = points.setdefault(
            line.pickup_point_id,
            {"id": line.pickup_point_id, "code": line.pickup_point_code, "name": line.pickup_point_name, "lines": 0,
             "wanted_qty": 0, "given": dict.fromkeys(SharePolicy, 0)},
        )  # fmt: skip
        point["lines"] += 1
        point["wanted_qty"] += line.wanted_qty
        for policy, qty in line.given.items():
            point["given"][policy] += qty
    return sorted(points.values(), key=lambda point: str(point["code"]))


@hq.post("/rounds/<uuid:group_buy_id>/shortages/<uuid:sku_id>")
@needs(Permission.SUPPLY_RECEIVE)
def set_share(group_buy_id: UUID, sku_id: UUID) -> ResponseReturnValue:
    """Set one order's or one pickup point's pieces by hand; an empty field takes the quantity back."""
    form = Form(request.form)
    fix_id = form.uuid("fix")
    try:
        if not form.values.get("qty") and fix_id:
            transact(service.drop_share, group_buy_id, fix_id)
            flash(_("The policy decides again."), "success")
        else:
            wish = SetShare(
                group_buy_id=group_buy_id, sku_id=sku_id, qty=form.whole("qty"), order_id=form.uuid("order"),
                pickup_point_id=form.uuid("point"), note=form.text("note", 200),
            )  # fmt: skip
            if not form.ok:
                return _sku_page(group_buy_id, sku_id, form), 422
            transact(service.set_share, wish)
            flash(_("Set by hand; it stays whatever policy is run."), "success")
    except DomainError as refusal:
        if isinstance(refusal, NotFound):
            raise
        form.refuse(refusal)
        flash(say(refusal), "danger")
        return _sku_page(group_buy_id, sku_id, form), 422
    back = url_for("hq.shortage", group_buy_id=group_buy_id, sku_id=sku_id, protect=_protect().value)
    return redirect(back, 303)
