"""Every kind of document: who may have it, how it is described, and in which forms it can be had."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.documents.kinds import buying, points, sorting, tours
from app.documents.layout import Printed
from app.documents.scope import Scope
from app.kernel.actors import Permission


class Form(StrEnum):
    """How documents are handed out: one PDF, a ZIP with a PDF for each, one workbook, labels four on A4."""

    PDF = "pdf"
    ZIP = "zip"
    XLSX = "xlsx"
    PDF_A4 = "a4"


_SHEETS = (Form.PDF, Form.ZIP, Form.XLSX)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind; `code` is its name in addresses and files.

    The right is that of the page that shows the same; personal data leave an audit row.
    """

    code: str
    right: Permission
    describe: Callable[[Any, Scope], Sequence[Printed]]
    forms: tuple[Form, ...] = _SHEETS
    is_personal: bool = False
    #: Sorting sheets count as printed from then on: what changes later stands on a delta sheet.
    is_sheet: bool = False


P = Permission
KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("purchase-order", P.SUPPLY_READ, buying.purchase_orders),
        Kind("receiving-sheet", P.SUPPLY_READ, buying.receiving_sheets),
        Kind("pick-list", P.LOGISTICS_READ, tours.pick_lists),
        Kind("sorting-sheet", P.LOGISTICS_READ, sorting.sorting_sheets, is_sheet=True),
        Kind("delta-sheet", P.LOGISTICS_READ, sorting.delta_sheets, is_sheet=True),
        Kind("crate-labels", P.LOGISTICS_READ, sorting.crate_labels, (Form.PDF, Form.PDF_A4)),
        Kind("load-list", P.LOGISTICS_READ, tours.load_lists),
        Kind("route-sheet", P.LOGISTICS_READ, tours.route_sheets),
        Kind("handover-slip", P.LOGISTICS_READ, points.handover_slips),
        Kind("pickup-list", P.LOGISTICS_HAND_OVER, points.pickup_lists, is_personal=True),
    )
}
