"""Suppliers' and hubs' accounts: what is owed and when it is due, statements, and paying suppliers."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities.values.ground import Hub
from app.domains.payouts import queries as payouts
from app.domains.payouts.service import details, payouts as paying
from app.domains.payouts.values import Details, PayeeKind, PayoutFilter, PayoutWay, PaySupplier
from app.domains.statements.queries import accounts
from app.domains.supply import queries as supply
from app.flows.statement_papers import Account, account_sheet, print_account, statement_link
from app.kernel.actors import Permission
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.web.context import now, read, read_snapshot, services, transact
from app.web.downloads import asked_locale, attachment, form_of
from app.web.filters import local
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice


@hq.get("/owed")
@needs(Permission.LEDGER_READ)
def owed() -> ResponseReturnValue:
    """What a hub owes its suppliers, overdue first."""
    choice = HubChoice(needed=True)
    rows = read_snapshot(accounts.owed_to_suppliers, choice.hub.id, now()) if choice.hub else []
    return render_template("hq_console/owed.html", choice=choice, rows=rows)


@hq.get("/owed/<uuid:supplier_id>")
@needs(Permission.LEDGER_READ)
def supplier_account(supplier_id: UUID) -> ResponseReturnValue:
    """A supplier's statement with a hub, her payments, and the forms to pay her."""
    return _account_page(supplier_id, _hub(), Form({}), Form({}))


@hq.get("/owed/<uuid:supplier_id>.<any(pdf, xlsx):form>")
@needs(Permission.LEDGER_READ)
def supplier_account_file(supplier_id: UUID, form: str) -> ResponseReturnValue:
    """A supplier's statement on paper."""
    wanted = Account(hub_id=_hub().id, supplier_id=supplier_id, **_days())
    return attachment(print_account(transact, wanted, form_of(form), asked_locale()))


@hq.post("/owed/<uuid:supplier_id>/pay")
@needs(Permission.PAYOUTS_APPROVE)
def pay_supplier(supplier_id: UUID) -> ResponseReturnValue:
    """Ask for a payment; above the limit somebody else has to approve it."""
    return _pay(supplier_id)


@hq.post("/owed/<uuid:supplier_id>/details")
@needs(Permission.PAYOUTS_APPROVE)
def save_supplier_details(supplier_id: UUID) -> ResponseReturnValue:
    """Write down a supplier's bank account."""
    return _save_details(read(supply.get_supplier, supplier_id).id)


@hq.post("/hub-account/pay")
@needs(Permission.PAYOUTS_APPROVE)
def pay_hub() -> ResponseReturnValue:
    """Ask for a payment of what a hub gets; above the limit somebody else has to approve it."""
    return _pay(None)


@hq.post("/hub-account/details")
@needs(Permission.PAYOUTS_APPROVE)
def save_hub_details() -> ResponseReturnValue:
    """Write down a hub's bank account."""
    return _save_details(None)


def _pay(supplier_id: UUID | None) -> ResponseReturnValue:
    hub, form = _hub(request.form.get("hub", "")), Form(request.form)
    amount, shown = form.cents("amount_cents", hub.currency), form.whole("shown_cents")
    way = form.one_of("way", PayoutWay)
    if form.ok:
        wish = PaySupplier(supplier_id=supplier_id, hub_id=hub.id, way=way, amount_cents=amount or 0,
                           shown_cents=shown, idempotency_key=form.values.get("key") or str(new_id()))  # fmt: skip
        with refusals_to(form.refuse):
            card = transact(paying.pay_supplier, wish)
            return redirect(url_for("hq.payout", payout_id=card.id), 303)
    return _account_page(supplier_id, hub, form, Form({})), 422


def _save_details(supplier_id: UUID | None) -> ResponseReturnValue:
    hub, form = _hub(request.form.get("hub", "")), Form(request.form)
    wish = Details(way=PayoutWay.BANK_FILE, holder=form.text("holder", 60), bank_name=form.text("bank_name", 60),
                   account_no=form.text("account_no", 60))  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            transact(details.save_supplier, supplier_id or hub.id, hub.id, wish)
            flash(_("Saved."), "success")
            args: dict[str, Any] = {"supplier_id": supplier_id} if supplier_id else {}
            where = "hq.supplier_account" if supplier_id else "hq.hub_account"
            return redirect(url_for(where, hub=hub.code, **args), 303)
    return _account_page(supplier_id, hub, Form({}), form), 422


@hq.get("/hub-account")
@needs(Permission.LEDGER_READ)
def hub_account() -> ResponseReturnValue:
    """A hub's own statement: what it gets and what it answers for."""
    return _account_page(None, _hub(), Form({}), Form({}))


@hq.get("/hub-account.<any(pdf, xlsx):form>")
@needs(Permission.LEDGER_READ)
def hub_account_file(form: str) -> ResponseReturnValue:
    """A hub's own statement on paper."""
    wanted = Account(hub_id=_hub().id, supplier_id=None, **_days())
    return attachment(print_account(transact, wanted, form_of(form), asked_locale()))


def _hub(code: str | None = None) -> Hub:
    """The hub that the address or the form names; the pages then show its clock."""
    choice = HubChoice(needed=True, code=code)
    return choice.hub or abort(404)


def _days() -> dict[str, date]:
    """The days that the address asks for; else the last thirty."""
    today = local(now()).date()
    return {"first": _day("first") or today - timedelta(days=29), "last": _day("last") or today}


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _account_page(supplier_id: UUID | None, hub: Hub, pay: Form, bank: Form) -> str:
    """The page of a supplier's account with a hub, or of the hub's own."""
    days, payee_id = _days(), supplier_id or hub.id
    kind = PayeeKind.SUPPLIER if supplier_id else PayeeKind.HUB
    wanted = PayoutFilter(hub_id=hub.id, payee_id=payee_id)
    shown: dict[str, Any] = {
        "account": read_snapshot(account_sheet, Account(hub_id=hub.id, supplier_id=supplier_id, **days), now()),
        "available": read(payouts.available_cents, kind, payee_id, hub.id, hub.currency),
        "bank": read(payouts.details_of, payee_id), "payments": read(payouts.payouts, wanted, PageAsk(10)),
        "key": pay.values.get("key") or str(new_id()), "hub": hub, "days": days, "pay": pay, "bank_form": bank,
    }  # fmt: skip
    if supplier_id is None:
        choice = HubChoice(needed=True, code=hub.code)
        return render_template("hq_console/hub_account.html", choice=choice, **shown)
    card, link = read(supply.get_supplier, supplier_id), statement_link(services().settings, supplier_id, hub.id, now())
    return render_template("hq_console/supplier_account.html", supplier=card, link=link, **shown)
