"""Recalls: a lot found by its mark or SKU, everybody whom it reached, and one action that stops it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries as aftersales
from app.domains.communities import queries as communities
from app.domains.logistics.queries import recalls as reached
from app.domains.supply.queries import lots
from app.flows import recall as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.filters import money, use_zone
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import asked_id, asked_text

#: Lines of a lot on one page; the sums above them count all.
MOST_LINES = 500


@hq.get("/recall")
@needs(Permission.SUPPLY_READ)
def recall() -> ResponseReturnValue:
    """Lots by their mark, SKU or bar code; a resident's lots; recalls that stand."""
    text, resident_id = asked_text(), asked_id("resident")
    return render_template(
        "hq_console/recall.html", text=text, found=read(lots.search_lots, text) if text else [],
        standing=read(lots.open_recalls), resident_id=resident_id,
        got=read(reached.lots_of_resident, resident_id) if resident_id else [],
    )  # fmt: skip


@hq.get("/recall/<uuid:lot_id>")
@needs(Permission.SUPPLY_READ)
def recalled_lot(lot_id: UUID) -> ResponseReturnValue:
    """One lot: whom it reached or may have reached, and what can be done about it."""
    return _lot_page(lot_id, Form({}))


def _lot_page(lot_id: UUID, form: Form) -> str:
    card = read(lots.get_recall_card, lot_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    lines = read(reached.lines_of_lot, lot_id, card.sku_id)
    claims = read(aftersales.claims_by_line, [line.line_id for line in lines])
    sums: dict[str, Any] = {
        "residents": len({line.resident_id for line in lines}),
        "points": len({line.pickup_point_id for line in lines}),
        "claims": sum(map(len, claims.values())),
        "certain": sum(line.is_certain for line in lines),
        "qty": sum(line.qty for line in lines),
        "picked": sum(line.picked_qty for line in lines),
        "refundable": sum(line.refundable_cents for line in lines),
        "refunded": sum(line.refunded_cents for line in lines),
    }
    return render_template(
        "hq_console/recalled_lot.html", lot=card, hub=hub, lines=lines[:MOST_LINES], total=len(lines), sums=sums,
        form=form, currency=hub.currency, claims=claims,
    )  # fmt: skip


@hq.post("/recall/<uuid:lot_id>")
@needs(Permission.SUPPLY_RECALL)
def recall_lot(lot_id: UUID) -> ResponseReturnValue:
    """Freeze a lot and, as ticked, refund and notify, at once."""
    form = Form(request.form)
    wish = flow.RecallLot(
        lot_id=lot_id, reason=form.text("reason", 200, needed=True), refund=bool(form.values.get("refund")),
        notify=bool(form.values.get("notify")), also_possible=bool(form.values.get("possible")),
    )  # fmt: skip
    if form.ok:
        try:
            done = transact(flow.recall_lot, wish)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            _tell(lot_id, done)
            return redirect(url_for("hq.recalled_lot", lot_id=lot_id), 303)
    return _lot_page(lot_id, form), 422


@hq.post("/recall/<uuid:lot_id>/<step>")
@needs(Permission.SUPPLY_RECALL)
def recall_step(lot_id: UUID, step: str) -> ResponseReturnValue:
    """Refund or notify for a lot that is frozen already, or let it go again."""
    with refusals_to(flash_refusal):
        if step == "refund":
            _tell(lot_id, transact(flow.refund, lot_id, also_possible=bool(request.form.get("possible"))))
        elif step == "notify":
            transact(flow.notify, lot_id)
            flash(_("Residents and leaders are told."), "success")
        elif step == "undo":
            transact(flow.undo, lot_id)
            flash(_("The lot may be sorted and handed out again."), "success")
    return redirect(url_for("hq.recalled_lot", lot_id=lot_id), 303)


def _tell(lot_id: UUID, done: flow.RecallDone) -> None:
    card = read(lots.get_recall_card, lot_id)
    amount = money(done.refunded_cents, read(communities.get_hub, card.hub_id).currency)
    flash(
        _("Frozen. %(lines)s lines reached, %(refunded)s refunded, %(amount)s go back.", lines=done.lines,
          refunded=done.refunded_lines, amount=amount),
        "success",
    )  # fmt: skip
