"""Keeping suppliers and the terms on which they bring SKUs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.domains.catalogue import queries as catalogue
from app.domains.supply import rules
from app.domains.supply.models import Supplier, SupplyTerms
from app.domains.supply.values import SupplierInput, TermsInput
from app.infra.uow import UnitOfWork
from app.infra.upsert import How, as_json, refuse_twice, save_rows
from app.kernel.actors import Permission
from app.kernel.changes import Changes, InvalidRows, RowChange

_COMPARED = ("supplier_id", "cost_cents", "pack_size", "min_packs")


def save_suppliers(uow: UnitOfWork, rows: Sequence[SupplierInput]) -> Changes:
    """Create or update suppliers by code; may be repeated. Raises InvalidRows."""
    uow.require(Permission.SUPPLY_MANAGE)
    if faults := rules.faults_of_suppliers(rows):
        raise InvalidRows(faults=faults)
    how = How(key="code", action="supply.save_supplier")
    return save_rows(uow, Supplier, [asdict(row) for row in rows], how).changes


def save_terms(uow: UnitOfWork, rows: Sequence[TermsInput]) -> Changes:
    """Say who brings a SKU, at which cost and in which packs; may be repeated.

    Orders already sent keep their cost; group-buys keep the cost with which they were planned.
    Raises InvalidRows for unknown codes, SKUs named twice and numbers out of bounds.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    skus = catalogue.sku_ids_by_code(uow.session)
    suppliers = dict(uow.session.execute(select(Supplier.code, Supplier.id)).all())
    if faults := rules.faults_of_terms(rows, skus, suppliers):
        raise InvalidRows(faults=faults)
    refuse_twice([row.sku for row in rows], "sku")
    wanted = {
        row.sku: {"sku_id": skus[row.sku], "supplier_id": suppliers[row.supplier], "cost_cents": row.cost_cents,
                  "pack_size": row.pack_size, "min_packs": row.min_packs}
        for row in rows
    }  # fmt: skip
    changes = _changes(uow, wanted)
    _write(uow, [wanted[change.key] for change in changes])
    for change in changes:
        uow.audit("supply.save_terms", skus[change.key], change.before, change.after)
    created = sum(change.before is None for change in changes)
    return Changes(created, len(changes) - created, len(rows) - len(changes), tuple(changes))


def _changes(uow: UnitOfWork, wanted: Mapping[str, Mapping[str, Any]]) -> list[RowChange]:
    """The wanted terms that are new or differ, in order of SKU id: that is the order in which rows are locked."""
    sku_ids = {row["sku_id"] for row in wanted.values()}
    locked = select(SupplyTerms).where(SupplyTerms.sku_id.in_(sku_ids)).order_by(SupplyTerms.sku_id).with_for_update()
    old = {terms.sku_id: terms for terms in uow.session.scalars(locked.execution_options(populate_existing=True))}
    changes = []
    for key, row in sorted(wanted.items(), key=lambda item: item[1]["sku_id"]):
        kept = old.get(row["sku_id"])
        names = [name for name in _COMPARED if kept is None or getattr(kept, name) != row[name]]
        if names:
            before = {name: as_json(getattr(kept, name)) for name in names} if kept else None
            changes.append(RowChange(key, before, {name: as_json(row[name]) for name in names}))
    return changes


def _write(uow: UnitOfWork, rows: list[Mapping[str, Any]]) -> None:
    if rows:
        adding = insert(SupplyTerms)
        fresh = {name: adding.excluded[name] for name in _COMPARED}
        saving = adding.on_conflict_do_update(index_elements=["sku_id"], set_=fresh)
        uow.session.execute(saving, [dict(row) for row in rows], execution_options={"synchronize_session": False})
