"""Reads demo/offers.xlsx, the list of a day's offers, as the groupbuys room wants them."""

from pathlib import Path
from uuid import UUID

from python_calamine import CalamineWorkbook

from app.domains.groupbuys import rules
from app.domains.groupbuys.values import OfferInput, OfferRole
from app.kernel.money import parse_cents

FILE = Path(__file__).parent.parent / "demo" / "offers.xlsx"


def read_offers(sku_ids: dict[str, UUID]) -> tuple[OfferInput, ...]:
    """Every row of the file; `sku_ids` maps SKU codes to ids."""
    header, *rows = CalamineWorkbook.from_path(FILE).get_sheet_by_index(0).to_python()
    names = [str(cell) for cell in header]
    return tuple(_offer(dict(zip(names, row, strict=True)), sku_ids) for row in rows)


def _offer(row: dict[str, object], sku_ids: dict[str, UUID]) -> OfferInput:
    return OfferInput(
        sku_id=sku_ids[str(row["sku"])],
        price_cents=parse_cents(str(row["price"])),
        role=OfferRole(str(row["role"])),
        commission_bps=parse_cents(str(row["commission_percent"])),
        quota=int(float(str(row["quota"]))),
        per_resident_limit=int(float(str(row["per_resident_limit"]))),
        min_group_qty=int(float(str(row["min_group_qty"]))),
        pack_size=int(float(str(row["pack_size"]))),
        breaks=rules.parse_breaks(str(row["price_breaks"] or "")),
    )
