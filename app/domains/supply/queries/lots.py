"""Reads of stock: lots with what is free of them, what a round may use, stocktakes, differences, recalls."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.supply.models import (
    Allotment,
    Difference,
    Lot,
    PurchaseLine,
    PurchaseOrder,
    Recall,
    ReceiptLine,
    StockMovement,
    Stocktake,
    StocktakeLine,
    Supplier,
)
from app.domains.supply.values import LotInHand, MovementKind
from app.domains.supply.values.stock import (
    DifferenceCard,
    LotCard,
    RecallCard,
    StocktakeCard,
    StocktakeRow,
    StocktakeState,
)
from app.infra import search
from app.kernel.errors import NotFound

_OPEN = (StocktakeState.COUNTING, StocktakeState.REVIEW)


def _on_hand() -> FromClause:
    """Pieces of a lot that are here, one row for each; none for a lot that is used up.

    Asked of each lot that a query is about: what moved in all the years is never added up as a whole.
    """
    here = func.sum(StockMovement.qty)
    return select(here.label("qty")).where(StockMovement.lot_id == Lot.id).having(here != 0).lateral()


def _promised() -> Subquery:
    """Pieces of every lot that rounds have been allotted and not taken yet."""
    return (
        select(Allotment.lot_id, func.sum(Allotment.qty).label("qty"))
        .where(Allotment.released_at.is_(None))
        .group_by(Allotment.lot_id)
        .subquery()
    )


def _lot_cards(on: date) -> Select[*tuple[Any, ...]]:
    here, promised = _on_hand(), _promised()
    usable = and_(
        or_(PurchaseOrder.released_at.is_not(None), PurchaseOrder.group_buy_id.is_(None)),
        Lot.frozen_at.is_(None),
        or_(Lot.expires_on.is_(None), Lot.expires_on >= on),
    )
    free = case((usable, func.greatest(here.c.qty - func.coalesce(promised.c.qty, 0), 0)), else_=0)
    return (
        select(
            Lot.id.label("lot_id"), Lot.hub_id, Lot.sku_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Sku.zone, Lot.code.label("lot_code"), Lot.expires_on,
            Lot.frozen_at.is_not(None).label("is_frozen"), PurchaseLine.cost_cents, here.c.qty, free.label("free_qty"),
        )
        .select_from(Lot)
        .join(here, true())
        .outerjoin(promised, promised.c.lot_id == Lot.id)
        .join(PurchaseLine, PurchaseLine.id == Lot.purchase_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .join(Sku, Sku.id == Lot.sku_id)
        .order_by(Sku.code, Lot.expires_on.asc().nulls_last(), Lot.id)
    )  # fmt: skip


def lots(session: Session, hub_id: UUID, on: date, text: str = "") -> list[LotCard]:
    """Every lot of a hub with pieces left, first expiring first within its SKU; `on` decides what is past its date.

    With `text` only of the SKUs that it finds: by what the SKU is found by, or by one of its lots' codes.
    """
    wanted = _lot_cards(on).where(Lot.hub_id == hub_id)
    if text:
        of_code = select(Lot.sku_id).where(Lot.hub_id == hub_id, Lot.code.icontains(text, autoescape=True))
        wanted = wanted.where(or_(search.holds(Sku.search_key, text), Lot.sku_id.in_(of_code)))
    return [LotCard(**row) for row in session.execute(wanted).mappings()]


def get_lot(session: Session, lot_id: UUID, on: date) -> LotCard:
    """One lot with pieces left; raises NotFound."""
    row = session.execute(_lot_cards(on).where(Lot.id == lot_id)).mappings().first()
    if row is None:
        raise NotFound("lot")
    return LotCard(**row)


def empty_lot(session: Session, lot_id: UUID) -> LotCard:
    """One lot of which nothing is left by the books; raises NotFound."""
    row = session.execute(
        select(
            Lot.id.label("lot_id"), Lot.hub_id, Lot.sku_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Sku.zone, Lot.code.label("lot_code"), Lot.expires_on,
            Lot.frozen_at.is_not(None).label("is_frozen"), PurchaseLine.cost_cents,
        )
        .join(PurchaseLine, PurchaseLine.id == Lot.purchase_line_id)
        .join(Sku, Sku.id == Lot.sku_id)
        .where(Lot.id == lot_id)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise NotFound("lot")
    return LotCard(**row, qty=0, free_qty=0)


def free_lots(session: Session, hub_id: UUID, on: date, sku_ids: Collection[UUID] | None = None) -> list[LotInHand]:
    """What no round waits for, is not frozen and may still be sold on a day, lot by lot."""
    wanted = _lot_cards(on).where(Lot.hub_id == hub_id)
    if sku_ids is not None:
        wanted = wanted.where(Lot.sku_id.in_(sku_ids))
    return [
        LotInHand(lot_id=row.lot_id, hub_id=row.hub_id, sku_id=row.sku_id, expires_on=row.expires_on, qty=row.free_qty)
        for row in session.execute(wanted)
        if row.free_qty > 0
    ]


def lots_for_round(session: Session, group_buy_id: UUID) -> list[LotInHand]:
    """What a round may use: lots that came for it, and what it was allotted of older stock. Frozen lots are left out.

    Of a lot that several rounds were allotted and that has shrunk since, the earlier allotment is served first.
    """
    here = _on_hand()
    own = (
        select(Lot.id, Lot.hub_id, Lot.sku_id, Lot.expires_on, here.c.qty)
        .select_from(Lot)
        .join(here, true())
        .join(PurchaseLine, PurchaseLine.id == Lot.purchase_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(PurchaseOrder.group_buy_id == group_buy_id, PurchaseOrder.released_at.is_(None), Lot.frozen_at.is_(None))
    )
    before = func.sum(Allotment.qty).over(
        partition_by=Allotment.lot_id, order_by=[Allotment.at, Allotment.group_buy_id]
    )
    promised = (
        select(Allotment.lot_id, Allotment.group_buy_id, Allotment.qty, (before - Allotment.qty).label("before"))
        .where(Allotment.released_at.is_(None))
        .subquery()
    )
    allotted = (
        select(
            Lot.id, Lot.hub_id, Lot.sku_id, Lot.expires_on,
            func.least(promised.c.qty, here.c.qty - promised.c.before).label("qty"),
        )
        .select_from(Lot)
        .join(promised, promised.c.lot_id == Lot.id)
        .join(here, true())
        .where(promised.c.group_buy_id == group_buy_id, Lot.frozen_at.is_(None))
    )  # fmt: skip
    found = [*session.execute(own), *session.execute(allotted)]
    return [
        LotInHand(lot_id=row[0], hub_id=row[1], sku_id=row[2], expires_on=row[3], qty=int(row[4]))
        for row in sorted(found, key=lambda row: row[0])
        if row[4] > 0
    ]


def allotted_by_sku(session: Session, group_buy_id: UUID) -> dict[UUID, int]:
    """Pieces of older stock that a round was allotted, by SKU, used or not."""
    rows = session.execute(
        select(Lot.sku_id, func.sum(Allotment.qty))
        .join(Lot, Lot.id == Allotment.lot_id)
        .where(Allotment.group_buy_id == group_buy_id)
        .group_by(Lot.sku_id)
    )
    return {sku_id: int(qty) for sku_id, qty in rows}


# --- differences --------------------------------------------------------------------------------------------------


def differences(session: Session, purchase_order_id: UUID) -> list[DifferenceCard]:
    """Every difference between bill and goods of a purchase order, in the order in which they were settled."""
    rows = session.execute(
        select(
            Difference.id, Difference.purchase_line_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Difference.kind, Difference.qty, Difference.amount_cents, Difference.by,
            Difference.at,
        )
        .join(PurchaseLine, PurchaseLine.id == Difference.purchase_line_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .where(PurchaseLine.purchase_order_id == purchase_order_id)
        .order_by(Difference.id)
    )  # fmt: skip
    return [DifferenceCard(**row) for row in rows.mappings()]


# --- stocktakes ---------------------------------------------------------------------------------------------------


def _stocktakes(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = [getattr(Stocktake, name) for name in StocktakeCard.__dataclass_fields__]
    return select(*columns).where(*conditions).order_by(Stocktake.id.desc())


def get_stocktake(session: Session, stocktake_id: UUID) -> StocktakeCard:
    """One stocktake; raises NotFound."""
    row = session.execute(_stocktakes(Stocktake.id == stocktake_id)).mappings().first()
    if row is None:
        raise NotFound("stocktake")
    return StocktakeCard(**row)


def stocktakes(session: Session, hub_id: UUID, limit: int = 10) -> list[StocktakeCard]:
    """The latest stocktakes of a hub, newest first."""
    return [
        StocktakeCard(**row) for row in session.execute(_stocktakes(Stocktake.hub_id == hub_id).limit(limit)).mappings()
    ]


def open_stocktake(session: Session, hub_id: UUID) -> StocktakeCard | None:
    """The stocktake that a hub is at."""
    row = session.execute(_stocktakes(Stocktake.hub_id == hub_id, Stocktake.state.in_(_OPEN))).mappings().first()
    return StocktakeCard(**row) if row else None


def stocktake_rows(session: Session, stocktake_id: UUID) -> list[StocktakeRow]:
    """The count sheet: every lot of the hub with pieces left, and every lot that somebody has counted.

    A counted lot stands beside what the books said when it was counted, so goods that moved since change no variance.
    """
    here = _on_hand()
    counted = select(StocktakeLine).where(StocktakeLine.stocktake_id == stocktake_id).subquery()
    hub_id = select(Stocktake.hub_id).where(Stocktake.id == stocktake_id).scalar_subquery()
    rows = session.execute(
        select(
            Lot.id.label("lot_id"), Lot.sku_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Lot.code.label("lot_code"), Lot.expires_on, PurchaseLine.cost_cents,
            func.coalesce(counted.c.book_qty, here.c.qty).label("book_qty"), counted.c.counted_qty,
            counted.c.counted_by,
        )
        .select_from(Lot)
        .outerjoin(here, true())
        .outerjoin(counted, counted.c.lot_id == Lot.id)
        .join(PurchaseLine, PurchaseLine.id == Lot.purchase_line_id)
        .join(Sku, Sku.id == Lot.sku_id)
        .where(Lot.hub_id == hub_id, or_(here.c.qty.is_not(None), counted.c.lot_id.is_not(None)))
        .order_by(Sku.code, Lot.expires_on.asc().nulls_last(), Lot.id)
    )  # fmt: skip
    return [StocktakeRow(**{**row, "book_qty": int(row["book_qty"])}) for row in rows.mappings()]


# --- recalls ------------------------------------------------------------------------------------------------------


def search_lots(session: Session, text: str, limit: int = 50) -> list[RecallCard]:
    """Lots whose mark, SKU code, SKU name or bar code holds `text`, newest first, with the recall that stands."""
    columns = (Lot.code, Sku.code, Sku.name, Sku.name_en, Sku.barcode)
    wanted = or_(*(column.icontains(text, autoescape=True) for column in columns))
    return _recall_cards(session, wanted, limit)


def open_recalls(session: Session, limit: int = 50) -> list[RecallCard]:
    """Lots whose recall stands, newest first."""
    return _recall_cards(session, Recall.id.is_not(None), limit)


def get_recall_card(session: Session, lot_id: UUID) -> RecallCard:
    """One lot with its recall; raises NotFound."""
    found = _recall_cards(session, Lot.id == lot_id, 1)
    if not found:
        raise NotFound("lot")
    return found[0]


def _recall_cards(session: Session, condition: ColumnElement[bool], limit: int) -> list[RecallCard]:
    here = _on_hand()
    came = select(func.coalesce(func.sum(ReceiptLine.received_qty), 0)).where(ReceiptLine.lot_id == Lot.id)
    rows = session.execute(
        select(
            Lot.id.label("lot_id"), Lot.code.label("lot_code"), Lot.hub_id, Lot.sku_id, Sku.code.label("sku_code"),
            Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"), Lot.expires_on, Lot.received_at,
            Supplier.name.label("supplier_name"), Supplier.name_en.label("supplier_name_en"),
            PurchaseOrder.no.label("purchase_order_no"), came.scalar_subquery().label("received_qty"),
            func.coalesce(here.c.qty, 0).label("here_qty"), Lot.frozen_at.is_not(None).label("is_frozen"),
            Recall.id.label("recall_id"), Recall.reason, Recall.opened_by, Recall.opened_at, Recall.refunded_at,
        )
        .select_from(Lot)
        .join(PurchaseLine, PurchaseLine.id == Lot.purchase_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(Sku, Sku.id == Lot.sku_id)
        .outerjoin(here, true())
        .outerjoin(Recall, and_(Recall.lot_id == Lot.id, Recall.undone_at.is_(None)))
        .where(condition)
        .order_by(Lot.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [RecallCard(**row) for row in rows.mappings()]


def rounds_of_lot(session: Session, lot_id: UUID) -> dict[UUID, bool]:
    """Rounds that took pieces of a lot to the tables; True where it was the only lot of its SKU there.

    Who got which piece is not written down on the tables. Where one lot served a round, everybody who got that SKU got
    this lot; where several did, everybody may have.
    """
    mine = (
        select(StockMovement.cause_id, StockMovement.sku_id)
        .where(StockMovement.lot_id == lot_id, StockMovement.kind == MovementKind.SORTED)
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(StockMovement.cause_id, func.count(StockMovement.lot_id.distinct()))
        .join(mine, and_(mine.c.cause_id == StockMovement.cause_id, mine.c.sku_id == StockMovement.sku_id))
        .where(StockMovement.kind == MovementKind.SORTED)
        .group_by(StockMovement.cause_id)
    )
    return {group_buy_id: number == 1 for group_buy_id, number in rows}


def lots_of_round_sku(session: Session, group_buy_id: UUID, sku_id: UUID) -> list[tuple[UUID, str]]:
    """Id and mark of the lots of a SKU that were bought for a round; those of free stock are not among them."""
    rows = session.execute(
        select(Lot.id, Lot.code)
        .join(PurchaseLine, PurchaseLine.id == Lot.purchase_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(PurchaseOrder.group_buy_id == group_buy_id, Lot.sku_id == sku_id)
        .order_by(Lot.code, Lot.id)
    )
    return [(row.id, row.code) for row in rows]
