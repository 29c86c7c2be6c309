"""The catalogue: search, one SKU with its label, and mending it."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue_room
from app.domains.catalogue.service import products
from app.domains.catalogue.values import SkuCard, SkuInput, Zone
from app.domains.supply import queries as supply
from app.kernel.actors import Permission
from app.kernel.changes import InvalidRows
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.say import say_fault
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import ask_page, asked_text, chips_of

#: Whole numbers and their least value.
_NUMBERS = {"weight_g": 1, "volume_ml": 1, "shelf_days": 1, "estimate_g": 0}


@hq.get("/catalogue")
@needs(Permission.CATALOGUE_READ)
def catalogue() -> ResponseReturnValue:
    """SKUs by code; those whose label is not complete are marked."""
    text = asked_text()
    page = read(catalogue_room.search_skus, text, ask_page(), request.args.get("category"))
    ids = [sku.id for sku in page.rows]
    shelves = [(c.code, f"{tr(c)} {c.sku_count}") for c in read(catalogue_room.categories)]
    return render_template(
        "hq_console/catalogue.html", page=page, text=text, terms=read(supply.terms_by_sku, ids),
        gaps=read(catalogue_room.label_gaps, ids), chips=chips_of("category", shelves, _("All")),
    )  # fmt: skip


@hq.get("/catalogue/<uuid:sku_id>")
@needs(Permission.CATALOGUE_READ)
def sku(sku_id: UUID) -> ResponseReturnValue:
    """One SKU."""
    return _page(read(catalogue_room.get_sku, sku_id), {}, {})


@hq.post("/catalogue/<uuid:sku_id>")
@needs(Permission.CATALOGUE_MANAGE)
def edit_sku(sku_id: UUID) -> ResponseReturnValue:
    """Save a SKU's texts, label and measures."""
    known = read(catalogue_room.get_sku, sku_id)
    form = Form(request.form)
    wish = _wish(form, known)
    if form.ok:
        try:
            changes = transact(products.save_skus, [wish])
        except InvalidRows as refusal:
            form.errors |= {fault.field: say_fault(fault) for fault in refusal.faults}
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved.") if changes.updated else _("Nothing was changed."), "success")
            return redirect(url_for("hq.sku", sku_id=sku_id), 303)
    return _page(known, form.values, form.errors), 422


@hq.post("/catalogue/<uuid:sku_id>/active")
@needs(Permission.CATALOGUE_MANAGE)
def switch_sku(sku_id: UUID) -> ResponseReturnValue:
    """Take a SKU out of the catalogue, or back in."""
    with refusals_to(flash_refusal):
        transact(products.change_active, sku_id, request.form.get("active") == "1")
        flash(_("Saved."), "success")
    return redirect(url_for("hq.sku", sku_id=sku_id), 303)


def _wish(form: Form, known: SkuCard) -> SkuInput:
    """The SKU as typed; what the form does not hold stays as it is."""
    kept: dict[str, Any] = {
        field.name: getattr(known, field.name) for field in fields(SkuInput) if field.name != "category"
    } | {"category": known.category_code}
    for name in kept.keys() & form.values.keys():
        kept[name] = (
            form.whole(name, _NUMBERS[name]) if name in _NUMBERS else form.text(name, 2000 if "desc" in name else 300)
        )
    kept["code"] = known.code
    kept["zone"] = form.one_of("zone", Zone) if "zone" in form.values else known.zone
    return SkuInput(**kept)


def _page(card: SkuCard, typed: dict[str, str], errors: dict[str, str]) -> str:
    shelves = [(c.code, tr(c)) for c in read(catalogue_room.categories)]
    values = {name: getattr(card, name) for name in SkuCard.__dataclass_fields__} | {"category": card.category_code}
    return render_template(
        "hq_console/sku.html", sku=card, values=values | typed, errors=errors, shelves=shelves,
        zones=names.choices(Zone), gaps=read(catalogue_room.label_gaps, [card.id]).get(card.id, []),
        terms=read(supply.terms_by_sku, [card.id]).get(card.id),
        suppliers={s.id: s for s in read(supply.suppliers)},
    )  # fmt: skip
