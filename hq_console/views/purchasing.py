"""Purchase orders: the list, one order with its choice, timeline, amendments and mail; buying ahead; minimum rules."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.notifications import queries as notifications
from app.domains.supply import queries as supply
from app.domains.supply.queries import dock, lots, purchasing as reads
from app.domains.supply.service import changes, differences, orders as steps, purchasing, terms
from app.domains.supply.values import PurchaseOrderCard, PurchaseStatus
from app.domains.supply.values.purchasing import AmendOrder, BelowMinimum, OrderFilter, PreBuyLine
from app.flows import purchasing as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, NotFound
from app.web.context import now, read, services, transact
from app.web.filters import local, use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq, may
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, asked_id, asked_text, chips_of
from hq_console.story import story_of

#: Orders that HQ can still make smaller.
_OPEN = frozenset({PurchaseStatus.SENT, PurchaseStatus.SEEN, PurchaseStatus.CONFIRMED})
#: Rounds ahead that a proposal covers, and lines that one page can order.
MAX_TIMES, MAX_LINES = 14, 2_000


@hq.get("/purchase-orders")
@needs(Permission.SUPPLY_READ)
def purchase_orders() -> ResponseReturnValue:
    """Purchase orders, newest first; by state, supplier, hub, round and day of delivery."""
    choice, round_id, form = HubChoice(), asked_id("round"), Form(request.args)
    states = {state.value for state in PurchaseStatus}
    wanted = OrderFilter(
        states=tuple(state for state in [request.args.get("state", "")] if state in states),
        supplier_code=asked_text("supplier"), since=form.maybe_day("since"), until=form.maybe_day("until"),
    )  # fmt: skip
    page = read(supply.purchase_orders, ask_page(), round_id, choice.id, wanted)
    return render_template(
        "hq_console/purchase_orders.html", page=page, choice=choice, form=form,
        card=read(groupbuys.get_group_buy, round_id) if round_id else None,
        state_chips=chips_of("state", names.choices(PurchaseStatus), _("All states")),
        suppliers=_supplier_choices(), waiting=len(read(reads.waiting_for_decision)),
    )  # fmt: skip


def _supplier_choices() -> list[tuple[str, str]]:
    return [("", _("All suppliers")), *((s.code, f"{s.code} {tr(s)}") for s in read(supply.suppliers))]


@hq.get("/purchase-orders/<uuid:purchase_order_id>")
@needs(Permission.SUPPLY_READ)
def purchase_order(purchase_order_id: UUID) -> ResponseReturnValue:
    """One purchase order: what was chosen, what the supplier says, what came, and everything that happened."""
    return _order_page(purchase_order_id, Form({}))


@hq.post("/purchase-orders/<uuid:purchase_order_id>/bill")
@needs(Permission.SUPPLY_RECEIVE)
def write_bill(purchase_order_id: UUID) -> ResponseReturnValue:
    """Write down what the supplier's bill says, line by line; empty fields stay unknown."""
    form, billed = Form(request.form), {}
    for name, value in form.values.items():
        if name.startswith("billed-") and value:
            try:
                billed[UUID(name.removeprefix("billed-"))] = form.whole(name)
            except ValueError:
                form.errors[name] = _("Please fill this in.")
    if not billed:
        form.errors[""] = _("Please fill this in.")
    if form.ok:
        with refusals_to(form.refuse):
            transact(differences.write_bill, purchase_order_id, billed)
            flash(_("The bill is written down."), "success")
            return redirect(url_for("hq.purchase_order", purchase_order_id=purchase_order_id), 303)
    return _order_page(purchase_order_id, form), 422


def _order_page(purchase_order_id: UUID, form: Form) -> str:
    found: PurchaseOrderCard = read(supply.get_purchase_order, purchase_order_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    may_manage = may(Permission.SUPPLY_MANAGE)
    receipts = read(supply.receipts, purchase_order_id)
    supplier = next(s for s in read(supply.suppliers) if s.id == found.supplier_id)
    return render_template(
        "hq_console/purchase_order.html", order=found, hub=hub, form=form, supplier=supplier,
        lines=read(supply.purchase_lines, purchase_order_id=purchase_order_id), receipts=receipts,
        differences=read(lots.differences, purchase_order_id), dock_lines=read(dock.lines, purchase_order_id),
        card=read(groupbuys.get_group_buy, found.group_buy_id) if found.group_buy_id else None,
        preview=flow.preview(read, purchase_order_id) if found.status is PurchaseStatus.DECISION else None,
        choices=list(BelowMinimum),
        story=story_of(read(reads.timeline, purchase_order_id), receipts, found),
        mails=read(notifications.mails_about, purchase_order_id),
        link=flow.supplier_link(services().settings, read, purchase_order_id) if may_manage else None,
        is_open=found.status in _OPEN, is_late=_is_late(found, supplier.lead_days),
    )  # fmt: skip


def _is_late(order: PurchaseOrderCard, lead_days: int) -> bool:
    """Whether the supplier had less time than he asks for."""
    sent = order.sent_at
    return sent is not None and local(sent).date() + timedelta(days=lead_days) > order.deliver_on


def _act(purchase_order_id: UUID, done: str, use_case: Any, *args: Any) -> ResponseReturnValue:
    """Do one thing to an order and go back to it; a refusal is told there."""
    try:
        transact(use_case, *args)
    except NotFound:
        raise
    except DomainError as refusal:
        flash(say(refusal), "danger")
    else:
        flash(done, "success")
    return redirect(url_for("hq.purchase_order", purchase_order_id=purchase_order_id), 303)


@hq.post("/purchase-orders/<uuid:purchase_order_id>/decision")
@needs(Permission.SUPPLY_MANAGE)
def decide_order(purchase_order_id: UUID) -> ResponseReturnValue:
    """Choose what happens below the supplier's minimum."""
    form = Form(request.form)
    choice = form.one_of("choice", BelowMinimum)
    if not form.ok:
        return _order_page(purchase_order_id, form), 422
    return _act(purchase_order_id, _("Decided."), flow.decide, purchase_order_id, choice)


@hq.post("/purchase-orders/<uuid:purchase_order_id>/amendment")
@needs(Permission.SUPPLY_MANAGE)
def amend_order(purchase_order_id: UUID) -> ResponseReturnValue:
    """Make a sent order smaller: the supplier gets its next version."""
    form = Form(request.form)
    reason = form.text("reason", 200, needed=True)
    drafts = read(reads.draft_lines, purchase_order_id)
    packs = {line.line_id: form.whole(f"packs-{line.line_id}", otherwise=line.packs) for line in drafts}
    if form.ok:
        wish = AmendOrder(purchase_order_id=purchase_order_id, packs=packs, reason=reason)
        with refusals_to(form.refuse):
            transact(changes.amend, wish)
            flash(_("The new version has been sent."), "success")
            return redirect(url_for("hq.purchase_order", purchase_order_id=purchase_order_id), 303)
    return _order_page(purchase_order_id, form), 422


@hq.post("/purchase-orders/<uuid:purchase_order_id>/cancellation")
@needs(Permission.SUPPLY_MANAGE)
def cancel_order(purchase_order_id: UUID) -> ResponseReturnValue:
    """Take a sent order back altogether."""
    reason = Form(request.form).text("reason", 200)
    return _act(purchase_order_id, _("The order is cancelled."), changes.cancel, purchase_order_id, reason)


@hq.post("/purchase-orders/<uuid:purchase_order_id>/mail")
@needs(Permission.SUPPLY_MANAGE)
def mail_order(purchase_order_id: UUID) -> ResponseReturnValue:
    """Send the e-mail once more; with `new_link` the old link dies."""
    use_case = changes.renew_link if request.form.get("new_link") else steps.send_again
    return _act(purchase_order_id, _("The e-mail is on its way."), use_case, purchase_order_id)


# --- buying ahead -------------------------------------------------------------------------------------------------


@hq.get("/pre-buy")
@needs(Permission.SUPPLY_READ)
def pre_buy() -> ResponseReturnValue:
    """What to buy ahead for a hub, proposed from the forecast of the pickup day."""
    return _pre_buy_page(Form(request.args))


@hq.post("/pre-buy")
@needs(Permission.SUPPLY_MANAGE)
def send_pre_buy() -> ResponseReturnValue:
    """Order the packs that were typed: one purchase order per supplier, to stock."""
    form = Form(request.form)
    hub = read(communities.find_hub_by_code, form.text("hub", 40))
    if hub is None:
        raise NotFound("hub")
    deliver_on = form.day("deliver_on")
    lines = []
    for name in list(form.values)[:MAX_LINES]:
        sku_id = _sku_of(name)
        if sku_id is not None and form.values[name]:
            lines.append(PreBuyLine(sku_id=sku_id, packs=form.whole(name)))
    if form.ok:
        with refusals_to(form.refuse):
            made = transact(purchasing.send_pre_buy, hub.id, deliver_on, lines)
            flash(_("%(num)s orders were made.", num=len(made)), "success")
            return redirect(url_for("hq.purchase_orders", hub=hub.code), 303)
    return _pre_buy_page(form), 422


def _sku_of(name: str) -> UUID | None:
    """The SKU of a field such as "packs-<id>"."""
    kind, _dash, told = name.partition("-")
    try:
        return UUID(told) if kind == "packs" else None
    except ValueError:
        return None


def _pre_buy_page(form: Form) -> str:
    choice = HubChoice(needed=True, code=form.values.get("hub"))
    supplier = form.values.get("supplier", "")
    times = form.whole("times", 1, otherwise=1)
    today = local(now()).date()
    on = form.maybe_day("on") or today + timedelta(days=1)
    rows = flow.propose(read, choice.id, on, min(max(times, 1), MAX_TIMES), supplier) if choice.id else []
    lead = max((row.sku.lead_days for row in rows), default=1)
    return render_template(
        "hq_console/pre_buy.html", choice=choice, form=form, rows=rows, on=on, times=times, supplier=supplier,
        suppliers=_supplier_choices(), earliest=today + timedelta(days=lead),
        hubs=[(h.code, tr(h)) for h in choice.all],
    )  # fmt: skip


# --- suppliers ----------------------------------------------------------------------------------------------------


@hq.get("/suppliers/<code>")
@needs(Permission.SUPPLY_READ)
def supplier(code: str) -> ResponseReturnValue:
    """One supplier, and what happens below his minimum."""
    return _supplier_page(code, Form({}))


@hq.post("/suppliers/<code>")
@needs(Permission.SUPPLY_MANAGE)
def save_supplier_rule(code: str) -> ResponseReturnValue:
    """Say what usually happens below the minimum, and how long HQ may choose otherwise."""
    form = Form(request.form)
    choice, minutes = form.one_of("below_minimum", BelowMinimum), form.whole("decide_minutes")
    if form.ok:
        try:
            transact(terms.set_minimum_rule, code, choice, minutes)
        except NotFound:
            raise
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("hq.suppliers"), 303)
    return _supplier_page(code, form), 422


@hq.post("/suppliers/<code>/payment-days")
@needs(Permission.SUPPLY_MANAGE)
def save_payment_days(code: str) -> ResponseReturnValue:
    """Say how many days after receiving the supplier is paid."""
    form = Form(request.form)
    days = form.whole("payment_days")
    if form.ok:
        try:
            transact(terms.set_payment_days, code, days)
        except NotFound:
            raise
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("hq.supplier", code=code), 303)
    return _supplier_page(code, form), 422


def _supplier_page(code: str, form: Form) -> str:
    found = next((s for s in read(supply.suppliers) if s.code == code), None)
    if found is None:
        raise NotFound("supplier")
    return render_template("hq_console/supplier.html", supplier=found, form=form, choices=names.choices(BelowMinimum))
