"""Keeping categories and SKUs."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select

from app.domains.catalogue import rules
from app.domains.catalogue.models import Category, Sku
from app.domains.catalogue.values import CategoryInput, SkuInput
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.infra.upsert import How, save_rows
from app.kernel.actors import Permission
from app.kernel.changes import Changes, InvalidRows
from app.kernel.errors import Invalid, NotFound

#: The highest tax that prices may contain.
MAX_TAX_BPS = 5_000


def save_categories(uow: UnitOfWork, rows: Sequence[CategoryInput]) -> Changes:
    """Create or update categories by code; may be repeated. Raises InvalidRows."""
    uow.require(Permission.CATALOGUE_MANAGE)
    if faults := rules.faults_of_categories(rows):
        raise InvalidRows(faults=faults)
    how = How(key="code", action="catalogue.save_category")
    return save_rows(uow, Category, [asdict(row) for row in rows], how).changes


def save_skus(uow: UnitOfWork, rows: Sequence[SkuInput]) -> Changes:
    """Create or update SKUs by code; may be repeated. A new SKU is active. Raises InvalidRows."""
    uow.require(Permission.CATALOGUE_MANAGE)
    known = dict(uow.session.execute(select(Category.code, Category.id)).all())
    if faults := rules.faults_of_skus(rows, known):
        raise InvalidRows(faults=faults)
    estimates = dict(uow.session.execute(select(Sku.code, Sku.estimate_g).where(Sku.estimate_g > 0)).all())
    wanted = []
    for row in rows:
        fields = asdict(row)
        if fields["estimate_g"] is None:
            fields["estimate_g"] = estimates.get(row.code, 0)
        key = search_key(row.code, row.name, row.name_en, row.spec, row.spec_en, row.origin, row.barcode)
        wanted.append(
            {"category_id": known[fields.pop("category")], **fields, "active": True, "search_key": key,
             "updated_at": uow.now}
        )  # fmt: skip
    how = How(key="code", action="catalogue.save_sku", only_new=("active",), stamps=("search_key", "updated_at"))
    return save_rows(uow, Sku, wanted, how).changes


def change_active(uow: UnitOfWork, sku_id: UUID, active: bool) -> None:
    """Take a SKU out of the catalogue or back in; group-buys already planned keep it. Raises NotFound."""
    uow.require(Permission.CATALOGUE_MANAGE)
    sku = uow.session.get(Sku, sku_id, with_for_update=True)
    if sku is None:
        raise NotFound(what="sku")
    if sku.active != active:
        uow.audit("catalogue.change_active", sku_id, {"active": sku.active}, {"active": active})
        sku.active, sku.updated_at = active, uow.now


def set_taxes(uow: UnitOfWork, rates: dict[UUID, int]) -> int:
    """Set the tax in the prices of categories, in ten-thousandths, for orders from now on; how many changed.

    Lines that were ordered keep theirs. Raises NotFound, Invalid for a rate outside 0 … 5,000.
    """
    uow.require(Permission.RECEIPTS_SET)
    if any(not 0 <= rate <= MAX_TAX_BPS for rate in rates.values()):
        raise Invalid(field="tax_bps", reason="must be between 0 and 50 percent")
    rows = {row.id: row for row in uow.session.scalars(select(Category).order_by(Category.id).with_for_update())}
    changed = 0
    for category_id, rate in rates.items():
        if category_id not in rows:
            raise NotFound(what="category")
        before = rows[category_id].tax_bps
        if before != rate:
            rows[category_id].tax_bps = rate
            uow.audit("catalogue.set_tax", category_id, {"tax_bps": before}, {"tax_bps": rate})
            changed += 1
    return changed
