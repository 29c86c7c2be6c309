"""Rooms into files, in the very columns that the imports read: exported and imported again, nothing changes."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from app.domains.accounts.service import looks
from app.domains.accounts.values import LookReason
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.rules import format_breaks
from app.domains.supply import queries as supply
from app.domains.supply.values import Terms
from app.flows import import_rows
from app.infra.tables import refuse_file, write_csv, write_xlsx
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.money import format_cents
from app.kernel.reasons import Reason

Rows = Iterable[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """What is wanted, and the file's name, whose end says how it is written; offers also name hub and round."""

    kind: str
    name: str
    hub: str | None = None
    round_on: date | None = None
    #: Why many people's data leave the house; needed for those, and written down.
    reason: LookReason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Export:
    """How one kind is written, and the right to take it out of the house; people's data need another one as well."""

    right: Permission
    columns: tuple[str, ...]
    rows: Callable[[UnitOfWork, ExportFile], Rows]
    is_personal: bool = False


def export_file(uow: UnitOfWork, wanted: ExportFile) -> bytes:
    """The content of a file of one kind.

    Many people's data need a right of their own and a reason, and leave a row in the log of looks; a workbook of them
    says on every page who had it made. Raises NotFound (kind, a name that no file has, hub, round), RowErrors (an
    unknown file ending), Invalid (no reason).
    """
    kind = EXPORTS.get(wanted.kind)
    if kind is None or not wanted.name.isprintable():
        raise NotFound(what="export_kind")
    uow.require(kind.right)
    if kind.is_personal:
        uow.require(Permission.PEOPLE_EXPORT)
        uow.audit("exports.write", None, None, {"kind": wanted.kind, "file": wanted.name})
    if wanted.kind == "neighbourhoods":
        return _geojson(uow, wanted)
    rows = [{name: _cell(value) for name, value in row.items()} for row in kind.rows(uow, wanted)]
    if kind.is_personal:
        _note_look(uow, wanted, len(rows))
    if wanted.name.lower().endswith(".xlsx"):
        mark = f"{uow.actor.name} · {uow.now:%Y-%m-%d %H:%M} UTC" if kind.is_personal else ""
        return write_xlsx(wanted.kind, kind.columns, rows, mark)
    if wanted.name.lower().endswith(".csv"):
        return write_csv(kind.columns, rows)
    raise refuse_file(Reason.BAD_TYPE, wanted.name)


def _note_look(uow: UnitOfWork, wanted: ExportFile, people: int) -> None:
    if wanted.reason is None:
        raise Invalid(field="reason", reason="say why these people's data leave the house")
    looks.note_export(uow, f"{wanted.kind}: {wanted.name}", people, wanted.reason, wanted.note)


def _cell(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat("minutes") if isinstance(value, time) else value


def _money(cents: int) -> Decimal:
    return Decimal(format_cents(cents))


def _geojson(uow: UnitOfWork, wanted: ExportFile) -> bytes:
    """One feature per line, as RFC 7946 wants it: longitude first, WGS-84."""
    if not wanted.name.lower().endswith((".geojson", ".json")):
        raise refuse_file(Reason.BAD_TYPE, wanted.name)
    features = []
    for hood in communities.neighbourhood_inputs(uow.session):
        properties = {name: getattr(hood, name) for name in import_rows.NEIGHBOURHOODS.needed}
        feature = {"type": "Feature", "properties": properties, "geometry": hood.geometry}
        features.append(json.dumps(feature, ensure_ascii=False))
    body = ",\n".join(features)
    return f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n'.encode()


def _suppliers(uow: UnitOfWork, _: ExportFile) -> Rows:
    for card in supply.suppliers(uow.session):
        fields = {name: getattr(card, name) for name in import_rows.SUPPLIERS.needed if name != "min_order"}
        yield fields | {"min_order": _money(card.min_order_cents)}


def _terms(terms: Terms | None) -> dict[str, object]:
    if terms is None:
        return dict.fromkeys(import_rows.TERMS_COLUMNS)
    return {
        "supplier": terms.supplier_code,
        "cost": _money(terms.cost_cents),
        "pack_size": terms.pack_size,
        "min_packs": terms.min_packs,
    }


def _products(uow: UnitOfWork, _: ExportFile) -> Rows:
    terms = supply.terms_by_sku(uow.session)
    ids = catalogue.sku_ids_by_code(uow.session)
    for sku in catalogue.sku_inputs(uow.session):
        yield asdict(sku) | _terms(terms.get(ids[sku.code]))


def _terms_rows(uow: UnitOfWork, _: ExportFile) -> Rows:
    cards = catalogue.sku_cards(uow.session)
    terms = supply.terms_by_sku(uow.session)
    return ({"sku": card.code, **_terms(terms[id_])} for id_, card in cards.items() if id_ in terms)


def _offers(uow: UnitOfWork, wanted: ExportFile) -> Rows:
    hub = communities.find_hub_by_code(uow.session, wanted.hub or "")
    found = groupbuys.find_round(uow.session, hub.id, wanted.round_on) if hub and wanted.round_on else None
    if found is None:
        raise NotFound(what="group_buy")
    offers = groupbuys.offer_cards(uow.session, found.id)
    cards = catalogue.sku_cards(uow.session, [offer.sku_id for offer in offers])
    for offer in offers:
        yield {
            "sku": cards[offer.sku_id].code,
            "price": _money(offer.base_price_cents),
            "role": offer.role,
            "commission_percent": _money(offer.commission_bps),
            "quota": offer.quota,
            "per_resident_limit": offer.per_resident_limit,
            "min_group_qty": offer.min_group_qty,
            "price_breaks": format_breaks(offer.breaks),
            "pack_size": offer.pack_size,
        }


def _inputs(query: Callable[[Any], Iterable[Any]]) -> Callable[[UnitOfWork, ExportFile], Rows]:
    """Rows that a room hands out in the shape of its own input."""
    return lambda uow, _: [asdict(row) for row in query(uow.session)]


P = Permission
EXPORTS: dict[str, _Export] = {
    "hubs": _Export(P.COMMUNITIES_READ, import_rows.HUBS.all, _inputs(communities.hub_inputs)),
    "neighbourhoods": _Export(P.COMMUNITIES_READ, import_rows.NEIGHBOURHOODS.all, lambda _uow, _wanted: ()),
    "pickup-points": _Export(P.COMMUNITIES_READ, import_rows.POINTS.all, _inputs(communities.pickup_point_inputs)),
    "leaders": _Export(
        P.COMMUNITIES_MANAGE, import_rows.LEADERS.all, _inputs(communities.leader_inputs), is_personal=True
    ),
    "residents": _Export(
        P.COMMUNITIES_MANAGE,
        ("name", "phone", "neighbourhood", "lat", "lon"),
        _inputs(communities.resident_rows),
        is_personal=True,
    ),
    "categories": _Export(P.CATALOGUE_READ, import_rows.CATEGORIES.all, _inputs(catalogue.category_inputs)),
    "suppliers": _Export(P.SUPPLY_READ, import_rows.SUPPLIERS.all, _suppliers),
    "products": _Export(P.SUPPLY_READ, import_rows.PRODUCTS.all, _products),
    "terms": _Export(P.SUPPLY_READ, import_rows.TERMS.all, _terms_rows),
    "offers": _Export(P.GROUPBUYS_PLAN, import_rows.OFFERS.all, _offers),
}
