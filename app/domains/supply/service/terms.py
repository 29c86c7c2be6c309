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
from app.domains.supply.values.purchasing import BelowMinimum
from app.infra.uow import UnitOfWork
from app.infra.upsert import How, as_json, refuse_twice, save_rows
from app.kernel.actors import Permission
from app.kernel.changes import Changes, InvalidRows, RowChange
from app.kernel.errors import Invalid, NotFound

#: Longest time that an order waits for HQ: the truck comes the same night.
MAX_PATIENCE_MIN = 240
#: Longest time until a supplier is paid.
MAX_PAYMENT_DAYS = 180
#: Columns of a supplier that an import writes only for new ones.
_OURS = ("below_minimum", "decide_minutes")
_COMPARED = ("supplier_id", "cost_cents", "pack_size", "min_packs")


def save_suppliers(uow: UnitOfWork, rows: Sequence[SupplierInput]) -> Changes:
    """Create or update suppliers by code; may be repeated. Raises InvalidRows.

    What happens below a minimum is ours, not the list's: it is written once and changed by `set_minimum_rule`.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    if faults := rules.faults_of_suppliers(rows):
        raise InvalidRows(faults=faults)
    how = How(key="code", action="supply.save_supplier", only_new=_OURS)
    return save_rows(uow, Supplier, [asdict(row) for row in rows], how).changes


def set_minimum_rule(uow: UnitOfWork, supplier_code: str, below_minimum: BelowMinimum, decide_minutes: int) -> None:
    """Say what usually happens below a supplier's minimum, and how long HQ may choose otherwise; 0 minutes = at once.

    May be repeated. Orders that wait already keep their time. Raises NotFound, Invalid above `MAX_PATIENCE_MIN`.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    if not 0 <= decide_minutes <= MAX_PATIENCE_MIN:
        raise Invalid(field="decide_minutes", reason="must lie between 0 and 240")
    found = uow.session.scalars(select(Supplier).where(Supplier.code == supplier_code).with_for_update()).first()
    if found is None:
        raise NotFound("supplier")
    before = {"below_minimum": found.below_minimum.value, "decide_minutes": found.decide_minutes}
    after = {"below_minimum": below_minimum.value, "decide_minutes": decide_minutes}
    if before != after:
        found.below_minimum, found.decide_minutes = below_minimum, decide_minutes
        uow.audit("supply.set_minimum_rule", found.id, before, after)


def set_payment_days(uow: UnitOfWork, supplier_code: str, payment_days: int) -> None:
    """Say how many days after receiving a supplier is paid; also what is owed already falls due by it.

    Raises NotFound, Invalid outside 0 to 180.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    if not 0 <= payment_days <= MAX_PAYMENT_DAYS:
        raise Invalid(field="payment_days", reason="must lie between 0 and 180")
    found = uow.session.scalars(select(Supplier).where(Supplier.code == supplier_code).with_for_update()).first()
    if found is None:
        raise NotFound("supplier")
    if found.payment_days != payment_days:
        before, found.payment_days = found.payment_days, payment_days
        uow.audit("supply.set_payment_days", found.id, {"payment_days": before}, {"payment_days": payment_days})


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
