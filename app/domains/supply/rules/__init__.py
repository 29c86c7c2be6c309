"""Pure decisions of the supply room: packs, minimums, which lot goes first; the dock's stand in `rules.dock`."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from datetime import date
from uuid import UUID

from app.domains.supply.errors import StockMissing, SupplierMissing
from app.domains.supply.values import (
    LotInHand,
    PurchasePlanLine,
    SupplierInput,
    Terms,
    TermsInput,
    Want,
)
from app.kernel.changes import RowFault
from app.kernel.reasons import Reason

# --- suppliers and terms ------------------------------------------------------------------------------------------

#: Highest sensible values; a larger one is a slip of the finger. Money in minor units.
SUPPLIER_BOUNDS = {"min_order_cents": 100_000_000, "lead_days": 60}
TERMS_BOUNDS = {"cost_cents": 10_000_000, "pack_size": 10_000, "min_packs": 10_000}


def faults_of_suppliers(rows: Iterable[SupplierInput]) -> list[RowFault]:
    """Everything that forbids saving these suppliers."""
    faults = []
    for row in rows:
        faults += [RowFault(row.code, name, Reason.MISSING) for name in ("code", "name") if not getattr(row, name)]
        faults += _out_of_bounds(row.code, row, SUPPLIER_BOUNDS)
    return faults


def faults_of_terms(rows: Iterable[TermsInput], skus: Container[str], suppliers: Container[str]) -> list[RowFault]:
    """Everything that forbids saving these terms, given the known codes; a pack holds at least one piece."""
    faults = []
    for row in rows:
        faults += [] if row.sku in skus else [RowFault(row.sku, "sku", Reason.UNKNOWN, row.sku)]
        faults += [] if row.supplier in suppliers else [RowFault(row.sku, "supplier", Reason.UNKNOWN, row.supplier)]
        faults += _out_of_bounds(row.sku, row, TERMS_BOUNDS)
        faults += [] if row.pack_size else [RowFault(row.sku, "pack_size", Reason.TOO_SMALL, "0")]
    return faults


def _out_of_bounds(key: str, row: object, bounds: Mapping[str, int]) -> list[RowFault]:
    values = {name: getattr(row, name) for name in bounds}
    return [
        RowFault(key, name, Reason.TOO_SMALL if value < 0 else Reason.TOO_LARGE, str(value))
        for name, value in values.items()
        if not 0 <= value <= bounds[name]
    ]


# --- buying -------------------------------------------------------------------------------------------------------


def packs_for(wanted_qty: int, pack_size: int, min_packs: int) -> int:
    """Whole packs that cover `wanted_qty` pieces: none when nothing is wanted, else never fewer than `min_packs`."""
    return max(-(-wanted_qty // pack_size), min_packs) if wanted_qty > 0 else 0


def plan_purchase(wants: Iterable[Want], terms: Mapping[UUID, Terms]) -> dict[UUID, list[PurchasePlanLine]]:
    """What to buy, by supplier in order of their codes; SKUs that nobody wants are left out.

    Raises SupplierMissing naming every SKU without terms.
    """
    wanted = [want for want in wants if want.qty > 0]
    if unknown := [want.sku_id for want in wanted if want.sku_id not in terms]:
        raise SupplierMissing(sku_ids=unknown)
    plan: dict[UUID, list[PurchasePlanLine]] = defaultdict(list)
    for want in sorted(wanted, key=lambda w: (terms[w.sku_id].supplier_code, w.sku_id)):
        t = terms[want.sku_id]
        packs = packs_for(want.qty, t.pack_size, t.min_packs)
        plan[t.supplier_id].append(
            PurchasePlanLine(
                sku_id=want.sku_id, supplier_id=t.supplier_id, wanted_qty=want.qty, packs=packs,
                pack_size=t.pack_size, ordered_qty=packs * t.pack_size, cost_cents=t.cost_cents,
            )
        )  # fmt: skip
    return dict(plan)


def goods_cents(lines: Iterable[PurchasePlanLine]) -> int:
    """What the ordered pieces cost."""
    return sum(line.ordered_qty * line.cost_cents for line in lines)


def top_up_cents(min_order_cents: int, goods: int) -> int:
    """What is added so that an order meets its supplier's minimum value."""
    return max(0, min_order_cents - goods)


def purchase_no(hub_code: str, deliver_on: date, place: int) -> str:
    """The number suppliers quote: hub, day of delivery, place among that day's orders."""
    return f"PO-{hub_code}-{deliver_on:%y%m%d}-{place:02d}"


# --- stock --------------------------------------------------------------------------------------------------------


def take_first_expiring(lots: Iterable[LotInHand], wants: Iterable[Want]) -> list[tuple[LotInHand, int]]:
    """Which lots give how many pieces: first expired, first out; undated lots last, ties by id.

    Raises StockMissing when a SKU's lots hold fewer pieces than wanted.
    """
    by_sku: dict[UUID, list[LotInHand]] = defaultdict(list)
    for lot in sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.lot_id)):
        by_sku[lot.sku_id].append(lot)
    taken = []
    for want in wants:
        left = want.qty
        for lot in by_sku[want.sku_id]:
            if part := min(left, lot.qty):
                taken.append((lot, part))
                left -= part
        if left > 0:
            raise StockMissing(sku_id=want.sku_id, wanted=want.qty, here=want.qty - left)
    return taken
