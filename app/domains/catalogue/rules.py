"""Pure decisions of the catalogue room: what a row must satisfy, and which label fields the law wants."""

from collections.abc import Iterable

from app.domains.catalogue.values import CategoryInput, SkuCard, SkuInput
from app.kernel.changes import RowFault
from app.kernel.reasons import Reason

#: Fields that must stand on the page before a SKU may be offered (GB 7718 for packed food; origin for fresh goods).
LABEL_FIELDS = ("name", "spec", "origin", "producer", "ingredients", "storage")
#: Texts that every SKU has from the first day; label fields may come later, before it is offered.
NEEDED_TEXTS = ("code", "name", "name_en", "spec", "spec_en", "unit", "unit_en")
MEASURES = {"weight_g": 100_000, "volume_ml": 200_000, "shelf_days": 3_650}
MAX_CLAIM_HOURS = 24 * 30


def label_gaps(card: SkuCard) -> list[str]:
    """Mandatory label fields that are empty."""
    return [name for name in LABEL_FIELDS if not str(getattr(card, name)).strip()]


def faults_of_categories(rows: Iterable[CategoryInput]) -> list[RowFault]:
    """Everything that forbids saving these categories."""
    faults = []
    for row in rows:
        faults += [
            RowFault(row.code, name, Reason.MISSING) for name in ("code", "name", "name_en") if not getattr(row, name)
        ]
        faults += _out_of_bounds(row.code, "claim_hours", row.claim_hours, MAX_CLAIM_HOURS)
    return faults


def faults_of_skus(rows: Iterable[SkuInput], categories: Iterable[str]) -> list[RowFault]:
    """Everything that forbids saving these SKUs; `categories` are the known codes."""
    known, faults = frozenset(categories), []
    for row in rows:
        faults += [RowFault(row.code, name, Reason.MISSING) for name in NEEDED_TEXTS if not getattr(row, name)]
        for name, high in MEASURES.items():
            faults += _out_of_bounds(row.code, name, getattr(row, name), high)
        if row.estimate_g is not None and row.estimate_g > MEASURES["weight_g"]:
            faults.append(RowFault(row.code, "estimate_g", Reason.TOO_LARGE, str(row.estimate_g)))
        if row.estimate_g is not None and row.estimate_g < 0:
            faults.append(RowFault(row.code, "estimate_g", Reason.TOO_SMALL, str(row.estimate_g)))
        if row.category not in known:
            faults.append(RowFault(row.code, "category", Reason.UNKNOWN, row.category))
    return faults


def _out_of_bounds(key: str, field: str, value: int, high: int) -> list[RowFault]:
    if 1 <= value <= high:
        return []
    return [RowFault(key, field, Reason.TOO_SMALL if value < 1 else Reason.TOO_LARGE, str(value))]
