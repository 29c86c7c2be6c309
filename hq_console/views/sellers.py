"""What stands on papers: the legal person who sells at a hub, and the tax in the prices of each category."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.service.products import set_taxes
from app.domains.receipts import queries
from app.domains.receipts.service import sellers
from app.domains.receipts.values import Seller
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.web.context import read, transact
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice

_FIELDS = ("name", "tax_no", "address")


@hq.get("/receipts/seller")
@needs(Permission.RECEIPTS_READ)
def seller() -> ResponseReturnValue:
    """Who sells at a hub, and every category's tax."""
    return _page(HubChoice(needed=True), Form({}), Form({}))


@hq.post("/receipts/seller")
@needs(Permission.RECEIPTS_SET)
def save_seller() -> ResponseReturnValue:
    """Save who sells at a hub; papers that are made out stay as they are."""
    choice, form = HubChoice(needed=True, code=request.form.get("hub", "")), Form(request.form)
    if choice.hub is None:
        raise NotFound("hub")
    wish = Seller(name=form.text("name", 100), tax_no=form.text("tax_no", 40), address=form.text("address"))
    if form.ok:
        with refusals_to(form.refuse):
            transact(sellers.save, choice.hub.id, wish)
            flash(_("Saved. It stands on papers from now on."), "success")
            return redirect(url_for("hq.seller", hub=choice.code), 303)
    return _page(choice, form, Form({})), 422


@hq.post("/receipts/taxes")
@needs(Permission.RECEIPTS_SET)
def save_taxes() -> ResponseReturnValue:
    """Save the tax in the prices of the categories, for orders from now on."""
    form, rates = Form(request.form), {}
    for card in read(catalogue.categories):
        name = f"tax-{card.id}"
        bps = form.cents(name, "CNY")  # a percentage has two digits behind the point, as an amount has
        if name in form.errors or (bps or 0) > 5_000:
            form.errors[name] = _("A percentage from 0 to 50, such as 9.")
        rates[card.id] = bps or 0
    if form.ok:
        with refusals_to(form.refuse):
            transact(set_taxes, rates)
            flash(_("Saved. It holds for orders from now on."), "success")
            return redirect(url_for("hq.seller", hub=form.values.get("hub") or None), 303)
    return _page(HubChoice(needed=True, code=request.form.get("hub", "")), Form({}), form), 422


def _page(choice: HubChoice, form: Form, taxes: Form) -> str:
    hub = choice.hub
    standing = read(queries.seller_of, hub.id) if hub else Seller()
    typed = {name: form.values.get(name, getattr(standing, name)) for name in _FIELDS}
    return render_template(
        "hq_console/seller.html", choice=choice, form=form, typed=typed, standing=standing, taxes=taxes,
        categories=read(catalogue.categories),
    )  # fmt: skip
