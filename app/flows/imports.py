"""Files into rooms: all or nothing, every error by row and column, and a rehearsal that changes nothing."""

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.domains.accounts import queries as accounts
from app.domains.accounts.service.accounts import open_accounts
from app.domains.accounts.service.people import correct_person
from app.domains.accounts.values import OpenAccount
from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.service import products
from app.domains.communities import queries as communities
from app.domains.communities.rules import shape_fault
from app.domains.communities.service import homes, leaders, places
from app.domains.communities.values import NewHome, ResidentRow
from app.domains.communities.values.ground import Hub
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy
from app.domains.supply import queries as supply
from app.domains.supply.service import terms
from app.flows import import_rows
from app.infra.cells import Cells
from app.infra.coordinates import shape_to_wgs84, to_wgs84
from app.infra.tables import (
    MAX_BYTES,
    MAX_ROWS,
    Columns,
    Line,
    RowError,
    RowErrors,
    check_headings,
    control_fault,
    read_table,
    refuse_file,
)
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.changes import Changes, InvalidRows, RowChange
from app.kernel.errors import Invalid, NotFound
from app.kernel.geo import Point, System
from app.kernel.reasons import Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file to be imported; offers also say for which hub and round."""

    kind: str
    name: str
    content: bytes
    hub: str | None = None
    round_on: date | None = None
    #: True: find out what would happen and change nothing.
    rehearse: bool = False
    #: The coordinate system of the file's places; they are kept in WGS-84.
    system: System = System.WGS84


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or (rehearsed) would do: changes by part of the file, e.g. products and their terms."""

    kind: str
    name: str
    rows: int
    parts: dict[str, Changes]
    is_rehearsal: bool = False
    system: System = System.WGS84


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of file is taken in, and the right that it needs; rooms ask again for theirs."""

    right: Permission
    load: Callable[[UnitOfWork, ImportFile], tuple[int, dict[str, Changes]]]


@dataclass(eq=False)
class _Rehearsed(Exception):
    """The way out of a transaction that must leave no trace."""

    report: ImportReport


def import_file(run: Run, wanted: ImportFile) -> ImportReport:
    """Import a file in one transaction, or rehearse it. Raises RowErrors with everything that is wrong; NotFound."""
    try:
        report: ImportReport = run(load_file, wanted)
    except _Rehearsed as rehearsed:
        return rehearsed.report
    return report


def load_file(uow: UnitOfWork, wanted: ImportFile) -> ImportReport:
    """Import a file in the caller's transaction. A rehearsal ends by an exception that `import_file` understands."""
    kind = KINDS.get(wanted.kind)
    if kind is None:
        raise NotFound(what="import_kind")
    uow.require(kind.right)
    if wanted.system is not System.WGS84 and wanted.kind not in PLACED:
        raise Invalid(field="system", reason="is for files with places: hubs, neighbourhoods, points, residents")
    rows, parts = kind.load(uow, wanted)
    report = ImportReport(
        kind=wanted.kind, name=wanted.name, rows=rows, parts=parts, is_rehearsal=wanted.rehearse,
        system=wanted.system,
    )  # fmt: skip
    if wanted.rehearse:
        uow.session.flush()
        raise _Rehearsed(report)
    counts = {part: [c.created, c.updated, c.unchanged] for part, c in parts.items()}
    after = {"kind": wanted.kind, "file": wanted.name, "rows": rows, "parts": counts}
    uow.audit("imports.load", None, None, after | ({"system": wanted.system} if wanted.system != System.WGS84 else {}))
    return report


def _table(
    columns: Columns,
    parse: Callable[[Cells], Any],
    save: Callable[[UnitOfWork, Sequence[Any]], Changes],
    key: str = "code",
) -> Callable[[UnitOfWork, ImportFile], tuple[int, dict[str, Changes]]]:
    """A loader for a table whose rows are saved by one use-case of one room."""

    def load(uow: UnitOfWork, wanted: ImportFile) -> tuple[int, dict[str, Changes]]:
        lines = read_table(wanted.name, wanted.content, columns)
        sheet = _Sheet(lines, key)
        rows = sheet.parse(parse)
        if wanted.system is not System.WGS84:
            rows = [_in_wgs84(row, wanted.system) for row in rows]
        changes = sheet.save(lambda: save(uow, rows))
        return len(lines), {wanted.kind: sheet.done(changes)}

    return load


def _in_wgs84(row: Any, system: System) -> Any:
    """A row whose place is given in another system; one without a place stays."""
    if row.lat is None or row.lon is None:
        return row
    lat, lon = to_wgs84(row.lat, row.lon, system)
    return replace(row, lat=lat, lon=lon)


class _Sheet:
    """The lines of a file on their way into the rooms, and every error met so far."""

    def __init__(self, lines: Sequence[Line], key: str) -> None:
        self.errors: list[RowError] = []
        self._key = key
        self._row_of: dict[str, int] = {}
        self._lines = []
        for line in lines:
            self.errors += line.faults
            name = line.cells.get(key, "")
            if not line.cells:
                continue
            if name and self._row_of.setdefault(name, line.row) != line.row:
                self.errors.append(RowError(line.row, key, Reason.TWICE, name))
            else:
                self._lines.append(line)

    def parse(self, parse: Callable[[Cells], T]) -> list[T]:
        """What the lines mean; lines with faults are left out, their faults are kept."""
        rows = []
        for line in self._lines:
            cells = Cells(line, self.errors)
            row = parse(cells)
            if cells.ok:
                rows.append(row)
        return rows

    def save(self, save: Callable[[], Changes], passed_over: str = "") -> Changes:
        """Let a room save; its faults are laid beside the others, under the file's names of the columns.

        Faults of the field `passed_over` only repeat what is noted already.
        """
        try:
            return save()
        except InvalidRows as refusal:
            self.errors += [
                RowError(self._row_of.get(f.key, 0), _COLUMN_OF.get(f.field, f.field), f.reason, f.given)
                for f in refusal.faults
                if f.field != passed_over
            ]
            return Changes()

    def done(self, result: T) -> T:
        """The result, unless there were errors: then RowErrors in the order of the file, each once."""
        if self.errors:
            raise RowErrors(errors=sorted(set(self.errors), key=lambda e: (e.row, e.column, e.reason)))
        return result


#: Fields of rooms that have another name in files.
_COLUMN_OF = {"cost_cents": "cost", "min_order_cents": "min_order"}


def _load_products(uow: UnitOfWork, wanted: ImportFile) -> tuple[int, dict[str, Changes]]:
    """SKUs and, where given, the supplier's terms."""
    lines = read_table(wanted.name, wanted.content, import_rows.PRODUCTS)
    sheet = _Sheet(lines, "code")
    rows = sheet.parse(import_rows.product)
    parts = {"products": sheet.save(lambda: products.save_skus(uow, [sku for sku, _ in rows]))}
    wished = [wish for _, wish in rows if wish]
    if wished:
        parts["terms"] = sheet.save(lambda: terms.save_terms(uow, wished), passed_over="sku")
    return len(lines), sheet.done(parts)


def _load_neighbourhoods(uow: UnitOfWork, wanted: ImportFile) -> tuple[int, dict[str, Changes]]:
    """Features of a GeoJSON file; rows are counted from 1 in the order of the features."""
    features = _features(wanted)
    lines, shapes = [], {}
    for row, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            lines.append(Line(row, {}, (RowError(row, "", Reason.BAD_FILE),)))
            continue
        shapes[row] = shape_to_wgs84(feature.get("geometry"), wanted.system)
        faults = _odd_properties(row, properties)
        if faults and (wrong := shape_fault(shapes[row])):  # the room will not see this row, nor its shape
            faults = (*faults, RowError(row, "geometry", wrong))
        lines.append(Line(row, {name: _plain(value) for name, value in properties.items()}, faults))
    sheet = _Sheet(lines, "code")
    rows = sheet.parse(lambda cells: import_rows.neighbourhood(cells, shapes[cells.row]))
    changes = sheet.save(lambda: places.save_neighbourhoods(uow, rows))
    return len(features), {"neighbourhoods": sheet.done(changes)}


def _features(wanted: ImportFile) -> list[Any]:
    """The features of a GeoJSON file (RFC 7946).

    Older files that name a coordinate system themselves must name WGS-84, and may then not be said to be in another.
    """
    if not wanted.name.lower().endswith((".geojson", ".json")):
        raise refuse_file(Reason.BAD_TYPE, wanted.name)
    found = _json(wanted)
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or found.get("type") != "FeatureCollection":
        raise refuse_file(Reason.BAD_FILE, wanted.name)
    says_wgs84 = json.dumps(found.get("crs")).rstrip('"} ').endswith(("CRS84", "EPSG::4326", "EPSG:4326"))
    if "crs" in found and not (says_wgs84 and wanted.system is System.WGS84):
        raise refuse_file(Reason.OTHER_CRS, wanted.name)
    if not features:
        raise refuse_file(Reason.EMPTY_FILE, wanted.name)
    if len(features) > MAX_ROWS:
        raise refuse_file(Reason.BIG_FILE, wanted.name)
    return features


def _json(wanted: ImportFile) -> Any:
    if len(wanted.content) > MAX_BYTES:
        raise refuse_file(Reason.BIG_FILE, wanted.name)
    try:
        return json.loads(wanted.content.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as wrong:
        raise refuse_file(Reason.BAD_ENCODING, wanted.name) from wrong
    except (ValueError, RecursionError) as wrong:
        raise refuse_file(Reason.BAD_FILE, wanted.name) from wrong


def _no_number(constant: str) -> float:
    raise ValueError(constant)


def _odd_properties(row: int, properties: Mapping[str, Any]) -> tuple[RowError, ...]:
    """Missing and unknown properties, and values that are no plain text or number."""
    wrong = []
    try:
        check_headings(list(properties), import_rows.NEIGHBOURHOODS)
    except RowErrors as refusal:
        wrong += [RowError(row, error.column, error.reason) for error in refusal.errors]
    for name, value in properties.items():
        if isinstance(value, bool | list | dict):
            wrong.append(RowError(row, name, Reason.NOT_TEXT))
        elif control_fault(str(value)):
            wrong.append(RowError(row, name, Reason.CONTROL))
    return tuple(wrong)


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _load_residents(uow: UnitOfWork, wanted: ImportFile) -> tuple[int, dict[str, Changes]]:
    """Residents by phone: accounts are opened, names corrected, and who has no home gets the one of her place."""
    lines = read_table(wanted.name, wanted.content, import_rows.RESIDENTS)
    sheet = _Sheet(lines, "phone")
    hoods = communities.neighbourhood_ids_by_code(uow.session)
    rows = sheet.parse(lambda cells: (cells.row, _in_wgs84(import_rows.resident(cells, hoods), wanted.system)))
    repeated = _repeated(one.phone for _, one in rows)
    sheet.errors += [RowError(row, "phone", Reason.TWICE, one.phone) for row, one in rows if one.phone in repeated]
    sheet.done(None)
    known = accounts.ids_by_phone(uow.session, Role.RESIDENT, [one.phone for _, one in rows])
    new = [one for _, one in rows if one.phone not in known]
    opened = open_accounts(uow, [OpenAccount(role=Role.RESIDENT, name=one.name, phone=one.phone) for one in new])
    ids = known | {one.phone: id_ for one, id_ in zip(new, opened, strict=True)}
    renamed = _rename(uow, [one for _, one in rows if one.phone in known], known)
    newcomers = [
        NewHome(resident_id=ids[one.phone], location=Point(one.lat, one.lon))
        for _, one in rows
        if one.lat is not None and one.lon is not None
    ]
    placed = homes.assign_homes(uow, newcomers)
    sheet.errors += [RowError(row, "lat", Reason.NOBODY_NEAR) for row, one in rows if ids[one.phone] in placed.refused]
    housed = {one.phone for _, one in rows if ids[one.phone] in placed.homes}
    fresh = {one.phone for one in new}
    changed = (renamed | housed) - fresh
    touched = fresh | changed
    details = tuple(
        RowChange(one.phone, None if one.phone in fresh else {}, {"name": one.name})
        for _, one in rows
        if one.phone in touched
    )
    changes = Changes(len(fresh), len(changed), len(rows) - len(fresh) - len(changed), details)
    return len(lines), {"residents": sheet.done(changes)}


def _repeated(values: Iterable[Hashable]) -> set[Hashable]:
    return {value for value, count in Counter(values).items() if count > 1}


def _rename(uow: UnitOfWork, rows: Sequence[ResidentRow], ids: Mapping[str, Any]) -> set[str]:
    """Correct the names that differ; returns the phones of those."""
    names = accounts.names(uow.session, list(ids.values()))
    renamed = [one for one in rows if names[ids[one.phone]] != one.name]
    for one in renamed:
        correct_person(uow, ids[one.phone], one.name, one.phone)
    return {one.phone for one in renamed}


def _load_offers(uow: UnitOfWork, wanted: ImportFile) -> tuple[int, dict[str, Changes]]:
    """Offers become the draft of a hub's group-buy; it opens at midnight, closes at the hub's cut-off, pickup next day.

    Raises Invalid without hub or day, RoundExists when the hub has a group-buy on that day already.
    """
    if not wanted.hub:
        raise Invalid(field="hub", reason="say for which hub the offers are")
    hub = communities.find_hub_by_code(uow.session, wanted.hub)
    if hub is None:
        raise Invalid(field="hub", reason=Reason.UNKNOWN)
    if wanted.round_on is None:
        raise Invalid(field="round_on", reason="say for which day the offers are")
    offers = read_offers(uow, wanted.name, wanted.content)
    opens_at, cutoff_at = round_times(hub, wanted.round_on)
    plans.plan(
        uow,
        PlanGroupBuy(
            hub_id=hub.id,
            round_on=wanted.round_on,
            title=f"{wanted.round_on.month}月{wanted.round_on.day}日团",
            title_en=f"Group-buy of {wanted.round_on:%B} {wanted.round_on.day}",
            opens_at=opens_at,
            cutoff_at=cutoff_at,
            pickup_on=wanted.round_on + timedelta(days=1),
            offers=offers,
        ),
    )
    return len(offers), {"offers": Changes(created=len(offers))}


def read_offers(uow: UnitOfWork, name: str, content: bytes) -> tuple[OfferInput, ...]:
    """The offers that a file names, in its order. Raises RowErrors with everything that is wrong."""
    uow.require(Permission.GROUPBUYS_PLAN)
    sheet = _Sheet(read_table(name, content, import_rows.OFFERS), "sku")
    sku_ids = catalogue.sku_ids_by_code(uow.session)
    costs = {sku_id: one.cost_cents for sku_id, one in supply.terms_by_sku(uow.session).items()}
    offers = sheet.parse(lambda cells: import_rows.offer(cells, sku_ids, costs))
    return sheet.done(tuple(one for one in offers if one))


def round_times(hub: Hub, round_on: date) -> tuple[datetime, datetime]:
    """From midnight to the cut-off of a day in the hub's time zone, as UTC instants."""
    zone = ZoneInfo(hub.timezone)
    opens_at, cutoff_at = (datetime.combine(round_on, at, zone) for at in (time(0), hub.cutoff))
    return opens_at.astimezone(UTC), cutoff_at.astimezone(UTC)


#: Kinds whose files hold places.
PLACED = ("hubs", "neighbourhoods", "pickup-points", "residents")
#: Everything that can be imported, in the order in which a new city is filled.
KINDS: dict[str, _Kind] = {
    "hubs": _Kind(Permission.COMMUNITIES_MANAGE, _table(import_rows.HUBS, import_rows.hub, places.save_hubs)),
    "neighbourhoods": _Kind(Permission.COMMUNITIES_MANAGE, _load_neighbourhoods),
    "pickup-points": _Kind(
        Permission.COMMUNITIES_MANAGE, _table(import_rows.POINTS, import_rows.pickup_point, places.save_pickup_points)
    ),
    "leaders": _Kind(
        Permission.COMMUNITIES_MANAGE, _table(import_rows.LEADERS, import_rows.leader, leaders.save_leaders)
    ),
    "residents": _Kind(Permission.COMMUNITIES_MANAGE, _load_residents),
    "categories": _Kind(
        Permission.CATALOGUE_MANAGE, _table(import_rows.CATEGORIES, import_rows.category, products.save_categories)
    ),
    "suppliers": _Kind(
        Permission.SUPPLY_MANAGE, _table(import_rows.SUPPLIERS, import_rows.supplier, terms.save_suppliers)
    ),
    "products": _Kind(Permission.CATALOGUE_MANAGE, _load_products),
    "terms": _Kind(Permission.SUPPLY_MANAGE, _table(import_rows.TERMS, import_rows.terms, terms.save_terms, "sku")),
    "offers": _Kind(Permission.GROUPBUYS_PLAN, _load_offers),
}
