"""Sorting sheets: one per pickup point and zone, with its crates."""

from collections import defaultdict
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import slots, sorting as sorting_service, tasks
from app.flows import sorting as flow
from app.kernel.actors import Permission
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _, ngettext
from hq_console import names
from hq_console.doors import hq
from hq_console.lists import chips_of, round_page


@hq.get("/rounds/<uuid:group_buy_id>/sorting")
@needs(Permission.LOGISTICS_READ)
def sorting(group_buy_id: UUID) -> ResponseReturnValue:
    """All sheets of a round with how far they are; of one zone, or all."""
    page = round_page(group_buy_id)
    zone = request.args.get("zone", "")
    sheets = [s for s in read(logistics.sheets, group_buy_id) if not zone or s.zone.value == zone]
    return render_template(
        "hq_console/sorting.html", **page, sheets=sheets, totals=read(logistics.sheet_totals, group_buy_id),
        progress=read(logistics.sort_progress, group_buy_id, now()), shorts=read(logistics.short_cards, group_buy_id),
        deltas=read(logistics.delta_sheets, group_buy_id), zone_chips=chips_of("zone", names.choices(Zone), _("All")),
    )  # fmt: skip


@hq.get("/rounds/<uuid:group_buy_id>/sorting/progress")
@needs(Permission.LOGISTICS_READ)
def sort_progress(group_buy_id: UUID) -> ResponseReturnValue:
    """How far the sorting is, alone; the page asks for it every few seconds."""
    return render_template(
        "hq_console/_sort_progress.html", **round_page(group_buy_id),
        progress=read(logistics.sort_progress, group_buy_id, now()),
    )  # fmt: skip


@hq.post("/rounds/<uuid:group_buy_id>/sorting/search")
@needs(Permission.LOGISTICS_SORT)
def search_again(group_buy_id: UUID) -> ResponseReturnValue:
    """Let pieces that were short be looked for again."""
    wanted = set(request.form.getlist("put"))
    puts = [card.put_id for card in read(logistics.short_cards, group_buy_id) if str(card.put_id) in wanted]
    with refusals_to(flash_refusal):
        pieces = transact(tasks.search_again, group_buy_id, puts)
        flash(_("%(num)s pieces are looked for again.", num=pieces), "success")
    return redirect(url_for("hq.sorting", group_buy_id=group_buy_id), 303)


@hq.post("/rounds/<uuid:group_buy_id>/sorting/give-up")
@needs(Permission.LOGISTICS_SORT)
def give_up_short(group_buy_id: UUID) -> ResponseReturnValue:
    """Give up pieces that were short: they are refunded at once."""
    round_page(group_buy_id)
    wanted = set(request.form.getlist("put"))
    puts = {card.put_id for card in read(logistics.short_cards, group_buy_id) if str(card.put_id) in wanted}
    with refusals_to(flash_refusal):
        pieces = transact(flow.give_up_short, group_buy_id, puts)
        flash(ngettext("%(num)s piece is refunded.", "%(num)s pieces are refunded.", pieces), "success")
    return redirect(url_for("hq.sorting", group_buy_id=group_buy_id), 303)


@hq.post("/rounds/<uuid:group_buy_id>/sorting/slots")
@needs(Permission.LOGISTICS_SORT)
def renumber_slots(group_buy_id: UUID) -> ResponseReturnValue:
    """Number the slots by route and stop."""
    with refusals_to(flash_refusal):
        transact(slots.renumber, group_buy_id)
        flash(_("The slots follow the tours now."), "success")
    return redirect(url_for("hq.sorting", group_buy_id=group_buy_id), 303)


@hq.get("/rounds/<uuid:group_buy_id>/sorting/sheets")
@needs(Permission.LOGISTICS_READ)
def print_sheets(group_buy_id: UUID) -> ResponseReturnValue:
    """Every sheet of a round (or of one zone, or a single one) with its lines and crates, to be printed."""
    page = round_page(group_buy_id)
    zone, only = request.args.get("zone", ""), request.args.get("sheet", "")
    sheets = [
        s for s in read(logistics.sheets, group_buy_id)
        if (not zone or s.zone.value == zone) and (not only or str(s.id) == only)
    ]  # fmt: skip
    crates: dict[UUID, list[str]] = defaultdict(list)
    for label in read(logistics.crate_labels, group_buy_id):
        crates[label.sheet_id].append(label.code)
    lines = read(logistics.sheet_lines, [s.id for s in sheets])
    return render_template("hq_console/sheets.html", **page, sheets=sheets, lines=lines, crates=crates)


@hq.post("/rounds/<uuid:group_buy_id>/sorting/<uuid:sheet_id>/finish")
@needs(Permission.LOGISTICS_SORT)
def finish_sheet(group_buy_id: UUID, sheet_id: UUID) -> ResponseReturnValue:
    """Note that a sheet's crates are filled and checked."""
    with refusals_to(flash_refusal):
        transact(sorting_service.finish_sheet, sheet_id)
        flash(_("Sorted."), "success")
    return redirect(url_for("hq.sorting", group_buy_id=group_buy_id, zone=request.form.get("zone") or None), 303)


@hq.post("/rounds/<uuid:group_buy_id>/sorting/finish")
@needs(Permission.LOGISTICS_SORT)
def finish_sheets(group_buy_id: UUID) -> ResponseReturnValue:
    """Note that all sheets of a round are sorted."""
    round_page(group_buy_id)
    with refusals_to(flash_refusal):
        done = transact(sorting_service.finish_all, group_buy_id)
        flash(_("%(done)s sheets are sorted.", done=done), "success")
    return redirect(url_for("hq.sorting", group_buy_id=group_buy_id), 303)
