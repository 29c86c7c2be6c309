"""The night's documents on screen and paper, crates that are closed or come back, and the errors of sorting."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import NightPlanDisagrees
from app.domains.logistics.service import crates as crates_service, slots, sorting
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.say import say
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, round_page

#: Errors of sorting are looked at over four weeks.
ERROR_DAYS = 28
#: The largest number that a version's column holds.
MOST_VERSION = 2_147_483_647


@hq.get("/rounds/<uuid:group_buy_id>/night/<any(pick, load, deliver):kind>")
@needs(Permission.LOGISTICS_READ)
def night(group_buy_id: UUID, kind: str) -> ResponseReturnValue:
    """One of the three prints of the night; all carry the same stamp and the same totals."""
    page = round_page(group_buy_id)
    plan, problem = None, ""
    try:
        plan = read(logistics.night_plan, group_buy_id)
    except NightPlanDisagrees as refusal:
        problem = say(refusal)
    return render_template("hq_console/night.html", **page, plan=plan, problem=problem, kind=kind)


@hq.get("/rounds/<uuid:group_buy_id>/sorting/delta")
@needs(Permission.LOGISTICS_READ)
def delta_sheets(group_buy_id: UUID) -> ResponseReturnValue:
    """Only what changed since the sheets were printed."""
    page = round_page(group_buy_id)
    return render_template("hq_console/delta_sheets.html", **page, sheets=read(logistics.delta_sheets, group_buy_id))


@hq.post("/rounds/<uuid:group_buy_id>/sorting/printed")
@needs(Permission.LOGISTICS_SORT)
def mark_printed(group_buy_id: UUID) -> ResponseReturnValue:
    """Note that the sheets that the page shows are on paper as it shows them; later changes stand on delta sheets."""
    round_page(group_buy_id)
    printed = transact(sorting.mark_printed_as, group_buy_id, _versions(request.form.get("sheets", "")))
    flash(_("%(num)s sheets are noted as printed.", num=printed), "success")
    return redirect(url_for("hq.sorting", group_buy_id=group_buy_id), 303)


def _versions(text: str) -> dict[UUID, int]:
    """Sheets and the versions that the page showed: "id:version id:version"."""
    found = {}
    for word in text.split():
        sheet_id, _colon, version = word.partition(":")
        with suppress(ValueError):
            found[UUID(sheet_id)] = min(int(version), MOST_VERSION)
    return found


@hq.get("/rounds/<uuid:group_buy_id>/sorting/shelves")
@needs(Permission.LOGISTICS_READ)
def shelves(group_buy_id: UUID) -> ResponseReturnValue:
    """Where the hub keeps the goods of this round."""
    return _shelves(group_buy_id, Form({}))


@hq.post("/rounds/<uuid:group_buy_id>/sorting/shelves")
@needs(Permission.LOGISTICS_SORT)
def save_shelves(group_buy_id: UUID) -> ResponseReturnValue:
    """Keep the shelves as typed; they hold for later rounds too."""
    form = Form(request.form)
    known = [card.sku_id for card in read(logistics.shelves_of_round, group_buy_id)]
    named = {sku_id: form.text(f"shelf-{sku_id}", slots.SHELF_CHARS) for sku_id in known}
    if not form.ok:
        return _shelves(group_buy_id, form), 422
    given = transact(slots.save_shelves, round_page(group_buy_id)["hub"].id, named)
    flash(_("%(num)s shelves are kept.", num=given), "success")
    return redirect(url_for("hq.shelves", group_buy_id=group_buy_id), 303)


def _shelves(group_buy_id: UUID, form: Form) -> str:
    page = round_page(group_buy_id)
    return render_template(
        "hq_console/shelves.html", **page, cards=read(logistics.shelves_of_round, group_buy_id), form=form,
        most=slots.SHELF_CHARS,
    )  # fmt: skip


@hq.get("/rounds/<uuid:group_buy_id>/crates")
@needs(Permission.LOGISTICS_READ)
def crates(group_buy_id: UUID) -> ResponseReturnValue:
    """Crates of a round by pickup point, with those that are closed; the desk where labels are scanned."""
    return _crates(group_buy_id, Form({}))


@hq.post("/rounds/<uuid:group_buy_id>/crates")
@needs(Permission.LOGISTICS_SORT)
def close_crate(group_buy_id: UUID) -> ResponseReturnValue:
    """Close the crate whose label was scanned, or open it again."""
    form = Form(request.form)
    code = form.text("code", 40, needed=True).upper()
    if form.ok:
        try:
            if request.form.get("open"):
                transact(crates_service.reopen, group_buy_id, code)
                flash(_("%(code)s is open again.", code=code), "info")
            elif transact(crates_service.close, group_buy_id, code):
                flash(_("%(code)s is closed.", code=code), "success")
            else:
                flash(_("%(code)s was closed before.", code=code), "info")
            return redirect(url_for("hq.crates", group_buy_id=group_buy_id), 303)
        except DomainError as refusal:
            form.errors["code"] = say(refusal)
    return _crates(group_buy_id, form), 422


def _crates(group_buy_id: UUID, form: Form) -> str:
    page = round_page(group_buy_id)
    points: dict[UUID, list[object]] = {}
    cards = read(logistics.crate_cards, group_buy_id)
    for card in cards:
        points.setdefault(card.pickup_point_id, []).append(card)
    return render_template(
        "hq_console/crates.html", **page, points=list(points.values()), form=form, total=len(cards),
        closed=sum(card.closed_at is not None for card in cards),
        empties=read(logistics.empties_of_round, group_buy_id),
    )  # fmt: skip


@hq.post("/rounds/<uuid:group_buy_id>/handovers/<uuid:handover_id>/empties")
@needs(Permission.LOGISTICS_HAND_OVER)
def take_empties(group_buy_id: UUID, handover_id: UUID) -> ResponseReturnValue:
    """Note the empty crates that came back with the truck."""
    form = Form(request.form)
    qty = form.whole("empties")
    if not form.ok:
        flash(form.errors["empties"], "danger")
        return redirect(url_for("hq.handover", group_buy_id=group_buy_id, handover_id=handover_id), 303)
    with refusals_to(flash_refusal):
        left = transact(crates_service.take_empties, handover_id, qty)
        flash(_("Noted. Crates that stay at the point: %(num)s.", num=left), "success")
    return redirect(url_for("hq.handover", group_buy_id=group_buy_id, handover_id=handover_id), 303)


@hq.get("/sort-quality")
@needs(Permission.LOGISTICS_READ)
def sort_quality() -> ResponseReturnValue:
    """Errors per 1,000 pieces by sorter and zone over four weeks, and the empty crates at the hub's points."""
    choice = HubChoice(needed=True)
    since = now() - timedelta(days=ERROR_DAYS)
    errors = read(logistics.sorter_errors, choice.id, since) if choice.id else []
    return render_template(
        "hq_console/sort_quality.html", choice=choice, hub=choice.hub, errors=errors, days=ERROR_DAYS,
        empties=read(logistics.empties, choice.id) if choice.id else [],
        pieces=sum(card.put_qty for card in errors), wrong=sum(card.error_qty for card in errors),
    )  # fmt: skip
