"""Sorting sheets, one per pickup point and zone, and the labels of their crates."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from app.documents.layout import Blank, Column, Document, Fact, Label, Note, Signed, Table
from app.documents.scope import Scope
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.night import DeltaSheet
from app.domains.logistics.values.sorting import CrateLabel, SheetCard, SheetLineCard


def sorting_sheets(session: Any, scope: Scope) -> list[Document]:
    """The sorting sheets of a round, slot by slot."""
    sheets = [sheet for sheet in logistics.sheets(session, scope.card.id) if scope.wants(sheet.id)]
    lines = logistics.sheet_lines(session, [sheet.id for sheet in sheets])
    crates = _crates(session, scope)
    tours = tour_of_points(session, scope)
    return [_sheet(scope, sheet, lines[sheet.id], crates[sheet.id], tours) for sheet in sheets]


def delta_sheets(session: Any, scope: Scope) -> list[Document]:
    """What changed on sheets after they were printed: only those SKUs, with pieces to add or to take out."""
    found = [sheet for sheet in logistics.delta_sheets(session, scope.card.id) if scope.wants(sheet.sheet_id)]
    crates = _crates(session, scope)
    pieces = {sheet.id: sheet.pieces for sheet in logistics.sheets(session, scope.card.id)}
    return [_delta(scope, sheet, pieces.get(sheet.sheet_id, 0), crates[sheet.sheet_id]) for sheet in found]


def _crates(session: Any, scope: Scope) -> dict[UUID, list[str]]:
    """The codes of each sheet's crates."""
    crates: dict[UUID, list[str]] = defaultdict(list)
    for label in logistics.crate_labels(session, scope.card.id):
        crates[label.sheet_id].append(label.code)
    return crates


def _delta(scope: Scope, sheet: DeltaSheet, pieces: int, crates: list[str]) -> Document:
    words, _ = scope.words, scope.words.gettext
    columns = (
        Column(_("SKU"), 26), Column(_("Goods"), 90), Column(_("On paper"), 20, is_number=True),
        Column(_("Now"), 20, is_number=True), Column(_("Change"), 22, is_number=True, is_strong=True),
        Column(_("Done"), 16),
    )  # fmt: skip
    rows = [
        (line.sku_code, words.goods(line), line.before_qty, line.after_qty, Signed(line.change_qty), Blank.BOX)
        for line in sheet.lines
    ]
    code = f"{scope.card.code}-{sheet.pickup_point_code}-{sheet.zone.value[0].upper()}"
    title = _("Delta sheet") + f" · {words.head(sheet.zone)}"
    return Document(
        title=title, name=_at_slot(sheet), number=f"{code}-V{sheet.version}", stamp=scope.stamp, qr=code,
        version=sheet.version,
        facts=(
            Fact(_("Pickup point"), sheet.pickup_point_code), Fact(_("Zone"), words.head(sheet.zone)),
            Fact(_("Printed before"), _("version %(no)s", no=sheet.printed_version)),
            Fact(_("Printed at"), words.moment(sheet.printed_at)), Fact(_("Pieces now"), pieces),
            Fact(_("Crates now"), len(crates)),
        ),
        blocks=(
            Note(_("Put in what is marked +, take out what is marked –. All other lines stay as they were printed.")),
            Table(columns=columns, rows=rows, is_large=True),
            Note(_crates_now(scope, crates)),
        ),
        keys=(
            Fact(_("Slot"), sheet.slot), Fact(_("Pickup point"), sheet.pickup_point_code),
            Fact(_("Name"), sheet.pickup_point_name),
        ),
        signs=(_("Changed by"), _("Checked by"), _("Time")),
    )  # fmt: skip


def _crates_now(scope: Scope, crates: list[str]) -> str:
    """Which of the labels that hang on crates still count."""
    _ = scope.words.gettext
    if not crates:
        return _("Nothing is left here: take all crates of this sheet away, with their labels.")
    return _("Crates that count now: %(codes)s. Take labels of any other crate off.", codes="  ".join(crates))


def tour_of_points(session: Any, scope: Scope) -> dict[UUID, tuple[int, int]]:
    """Tour and stop of each pickup point; empty before routes are planned."""
    plan = logistics.current_plan(session, scope.card.id)
    return {stop.pickup_point_id: (tour.no, stop.seq) for tour in plan.routes for stop in tour.stops} if plan else {}


def _sheet(
    scope: Scope, sheet: SheetCard, lines: list[SheetLineCard], crates: list[str], tours: dict[UUID, tuple[int, int]]
) -> Document:
    words, _ = scope.words, scope.words.gettext
    columns = (
        Column(_("No."), 10, is_number=True), Column(_("SKU"), 26), Column(_("Goods"), 98),
        Column(_("Pieces"), 22, is_number=True, is_strong=True), Column(_("Put"), 14), Column(_("Note"), 22),
    )  # fmt: skip
    rows = [
        (at, line.sku_code, words.goods(line), line.qty, Blank.BOX, Blank.LINE)
        for at, line in enumerate(lines, start=1)
    ]
    total = (None, None, _("Pieces in all"), sum(line.qty for line in lines), None, None)
    tour, stop = tours.get(sheet.pickup_point_id, (0, 0))
    way = _("tour %(no)s, stop %(stop)s", no=tour, stop=stop) if tour else "–"
    title = _("Sorting sheet") + f" · {words.head(sheet.zone)}"
    code = f"{scope.card.code}-{sheet.pickup_point_code}-{sheet.zone.value[0].upper()}"
    return Document(
        title=title, name=_at_slot(sheet), number=code,
        stamp=scope.stamp, version=sheet.version, qr=code,
        facts=(
            Fact(_("Pickup point"), sheet.pickup_point_code),
            Fact(_("Crates"), sheet.crates), Fact(_("Tour and stop"), way),
            Fact(_("Pieces"), sheet.pieces), Fact(_("Weight"), f"{sheet.weight_g / 1000:,.1f} kg"),
            Fact(_("Pickup on"), words.day(scope.card.pickup_on)),
        ),
        blocks=(
            Table(columns=columns, rows=rows, totals=total, is_large=True),
            Note(_("Crates: %(codes)s", codes="  ".join(crates) or "–")),
        ),
        keys=(
            Fact(_("Slot"), sheet.slot), Fact(_("Pickup point"), sheet.pickup_point_code),
            Fact(_("Name"), sheet.pickup_point_name), Fact(_("Zone"), words.head(sheet.zone)),
            Fact(_("Version"), sheet.version),
        ),
        signs=(_("Sorted by"), _("Checked by"), _("Time")),
    )  # fmt: skip


def _at_slot(sheet: SheetCard | DeltaSheet) -> str:
    """The slot, which is what one looks for at the wall, and whose it is."""
    return f"{sheet.slot}  {sheet.pickup_point_name}".strip()


def crate_labels(session: Any, scope: Scope) -> list[Label]:
    """A label for each crate of a round, in the order in which sheets are sorted; an object is a sheet."""
    sheets = {sheet.id: sheet for sheet in logistics.sheets(session, scope.card.id)}
    tours = tour_of_points(session, scope)
    labels = [label for label in logistics.crate_labels(session, scope.card.id) if scope.wants(label.sheet_id)]
    many = Counter(label.sheet_id for label in labels)
    return [_label(scope, one, sheets[one.sheet_id], many[one.sheet_id], tours) for one in labels]


def _label(
    scope: Scope, label: CrateLabel, sheet: SheetCard, many: int, tours: dict[UUID, tuple[int, int]]
) -> Label:  # fmt: skip
    words, _ = scope.words, scope.words.gettext
    tour, stop = tours.get(sheet.pickup_point_id, (0, 0))
    return Label(
        name=_("Crate label"), place=label.pickup_point_name, number=label.code, zone=words.head(label.zone),
        slot=sheet.slot, count=f"{label.seq}/{many}", stamp=scope.stamp, version=sheet.version,
        facts=(
            Fact(_("Tour"), str(tour or "–")), Fact(_("Stop"), str(stop or "–")),
            Fact(_("Pickup point"), label.pickup_point_code),
        ),
    )  # fmt: skip
