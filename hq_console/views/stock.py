"""Stock: lots first expiring first, losses, surplus for the next round, and stocktakes."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.supply.queries import lots as reads
from app.domains.supply.service import stock as service, stocktakes
from app.domains.supply.values.stock import LoseStock, LossReason, StocktakeState
from app.flows import surplus
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.web.context import now, read, transact
from app.web.filters import local, money, use_zone
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, asked_id, asked_text
from hq_console.pictures import picture_of


@hq.get("/stock")
@needs(Permission.SUPPLY_READ)
def stock() -> ResponseReturnValue:
    """What a hub has, lot by lot, first expiring first; with the form for a loss at the lot that the address names."""
    return _page(Form({}), asked_id("lose"))


def _page(form: Form, lot_id: UUID | None) -> str:
    choice = HubChoice(needed=True, code=form.values.get("hub"))
    today = local(now()).date()
    text = asked_text()
    lots = read(reads.lots, choice.id, today, text) if choice.id else []
    free: dict[UUID, int] = {}
    for lot in lots:
        free[lot.sku_id] = free.get(lot.sku_id, 0) + lot.free_qty
    return render_template(
        "hq_console/stock.html", choice=choice, lots=lots, text=text, today=today, free=free, form=form, form_of=lot_id,
        reasons=names.choices(LossReason), key=form.values.get("key") or new_id(),
        taken=read(reads.open_stocktake, choice.id) if choice.id else None,
        old=read(reads.stocktakes, choice.id) if choice.id else [],
    )  # fmt: skip


@hq.post("/stock/<uuid:lot_id>/lose")
@needs(Permission.SUPPLY_RECEIVE)
def lose_stock(lot_id: UUID) -> ResponseReturnValue:
    """Take pieces out of the books because they are gone."""
    form = Form(request.form)
    wish = LoseStock(
        lot_id=lot_id, qty=form.whole("qty", 1), reason=form.one_of("reason", LossReason), note=form.text("note", 200),
        photo=picture_of(form), idempotency_key=form.text("key", 64),
    )  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            transact(service.lose, wish)
            flash(_("%(num)s pieces are out of the books.", num=wish.qty), "success")
            return redirect(url_for("hq.stock", hub=request.form.get("hub") or None), 303)
    return _page(form, lot_id), 422


@hq.post("/stock/<uuid:sku_id>/offer")
@needs(Permission.GROUPBUYS_PLAN)
def offer_surplus(sku_id: UUID) -> ResponseReturnValue:
    """Offer a SKU's free stock in the next group-buy of its hub."""
    choice = next((hub for hub in read(communities.hubs) if hub.code == request.form.get("hub")), None)
    if choice is None:
        raise NotFound("hub")
    with refusals_to(flash_refusal):
        done = transact(surplus.offer_surplus, choice.id, sku_id, local(now(), choice.timezone).date())
        price = money(done.price_cents, choice.currency)
        said = _("%(num)s pieces are offered in %(code)s at %(price)s.", num=done.qty, code=done.code, price=price)
        flash(said, "success")
        return redirect(url_for("hq.group_buy", group_buy_id=done.group_buy_id), 303)
    return redirect(url_for("hq.stock", hub=choice.code), 303)


# --- stocktakes ---------------------------------------------------------------------------------------------------


@hq.post("/stocktakes")
@needs(Permission.SUPPLY_RECEIVE)
def open_stocktake() -> ResponseReturnValue:
    """Begin to count a hub's stock."""
    hub = next((hub for hub in read(communities.hubs) if hub.code == request.form.get("hub")), None)
    if hub is None:
        raise NotFound("hub")
    with refusals_to(flash_refusal):
        stocktake_id = transact(stocktakes.open_count, hub.id)
        return redirect(url_for("hq.stocktake", stocktake_id=stocktake_id), 303)
    return redirect(url_for("hq.stock", hub=hub.code), 303)


@hq.get("/stocktakes/<uuid:stocktake_id>")
@needs(Permission.SUPPLY_RECEIVE)
def stocktake(stocktake_id: UUID) -> ResponseReturnValue:
    """The count sheet while people count blindly; what differs, at cost, for the second look."""
    return _sheet(stocktake_id, Form({}))


def _sheet(stocktake_id: UUID, form: Form) -> str:
    taken = read(reads.get_stocktake, stocktake_id)
    hub = read(communities.get_hub, taken.hub_id)
    use_zone(hub.timezone)
    rows = read(reads.stocktake_rows, stocktake_id)
    return render_template(
        "hq_console/stocktake.html", taken=taken, hub=hub, rows=rows, form=form,
        is_blind=taken.state is StocktakeState.COUNTING, counted=sum(row.counted_qty is not None for row in rows),
        differing=[row for row in rows if row.variance_qty], value=sum(row.variance_cents for row in rows),
    )  # fmt: skip


@hq.post("/stocktakes/<uuid:stocktake_id>/count")
@needs(Permission.SUPPLY_RECEIVE)
def count_stock(stocktake_id: UUID) -> ResponseReturnValue:
    """Write down what was found; fields left empty stay uncounted."""
    form, counted = Form(request.form), {}
    for field, value in form.values.items():
        if field.startswith("lot-") and value:
            try:
                counted[UUID(field.removeprefix("lot-"))] = form.whole(field)
            except ValueError:
                form.errors[""] = _("Please fill this in.")
    if form.ok:
        with refusals_to(form.refuse):
            transact(stocktakes.count_lots, stocktake_id, counted)
            flash(_("%(num)s lots are written down.", num=len(counted)), "success")
            return redirect(url_for("hq.stocktake", stocktake_id=stocktake_id), 303)
    return _sheet(stocktake_id, form), 422


@hq.post("/stocktakes/<uuid:stocktake_id>/move")
@needs(Permission.SUPPLY_RECEIVE)
def move_stocktake(stocktake_id: UUID) -> ResponseReturnValue:
    """End the blind count, go back to it, post what differs, or give the stocktake up."""
    form = Form(request.form)
    moves = {"review": stocktakes.ask_review, "again": stocktakes.count_again, "drop": stocktakes.drop}
    step = form.values.get("step", "")
    with refusals_to(form.refuse):
        if step == "post":
            transact(stocktakes.post, stocktake_id, form.text("reason", 200))
            flash(_("The books say now what was found."), "success")
        elif step in moves:
            transact(moves[step], stocktake_id)
        return redirect(url_for("hq.stocktake", stocktake_id=stocktake_id), 303)
    return _sheet(stocktake_id, form), 422
