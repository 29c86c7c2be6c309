"""Demand, sorting sheets and crates."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.catalogue.values import Zone
from app.domains.communities.models import PickupPoint
from app.domains.groupbuys.models import GroupBuy
from app.domains.logistics.models import (
    Crate,
    Demand,
    Sheet,
    SheetLine,
    Shelf,
)
from app.domains.logistics.queries.columns import POINT_TEXTS, SKU_TEXTS
from app.domains.logistics.values.sorting import (
    CrateLabel,
    DemandCard,
    PackLine,
    SheetCard,
    SheetLineCard,
    SheetState,
    SheetToPack,
    SheetTotals,
)


def demand_cards(session: Session, group_buy_id: UUID) -> list[DemandCard]:
    """Demand of a round by SKU, in shelf order: at cut-off, still due, and at how many pickup points."""
    rows = session.execute(
        select(
            Demand.sku_id, Sku.code.label("sku_code"), *SKU_TEXTS, Sku.zone,
            func.sum(Demand.wanted_qty).label("wanted_qty"), func.sum(Demand.due_qty).label("due_qty"),
            func.count(Demand.pickup_point_id).label("points"),
        )
        .join(Sku, Sku.id == Demand.sku_id).where(Demand.group_buy_id == group_buy_id)
        .group_by(Demand.sku_id, Sku.id).order_by(Sku.zone, Sku.code)
    )  # fmt: skip
    return [DemandCard(**row) for row in rows.mappings()]


def wanted_lines(group_buy_id: UUID) -> Select[UUID, UUID, Zone, UUID, int]:
    """Pieces that sheets must hold: the demand still due with each SKU's zone, as a statement to insert from."""
    return (
        select(Demand.hub_id, Demand.pickup_point_id, Sku.zone, Demand.sku_id, Demand.due_qty)
        .join(Sku, Sku.id == Demand.sku_id)
        .where(Demand.group_buy_id == group_buy_id, Demand.due_qty > 0)
    )


def sheets(session: Session, group_buy_id: UUID) -> list[SheetCard]:
    """The sorting sheets of a round as they stand at the wall, slot by slot, with what is on them."""
    return _sheets(session, Sheet.group_buy_id == group_buy_id)


def _sheets(session: Session, condition: ColumnElement[bool]) -> list[SheetCard]:
    crates = select(func.count(Crate.id)).where(Crate.sheet_id == Sheet.id).scalar_subquery()
    rows = session.execute(
        select(
            Sheet.id, Sheet.group_buy_id, Sheet.pickup_point_id, *POINT_TEXTS, Sheet.zone, Sheet.version, Sheet.state,
            Sheet.slot, Sheet.printed_version,
            func.sum(SheetLine.qty).label("pieces"), crates.label("crates"),
            func.sum(SheetLine.qty * Sku.weight_g).label("weight_g"),
            func.sum(SheetLine.qty * Sku.volume_ml).label("volume_ml"),
        )
        .join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .join(SheetLine, SheetLine.sheet_id == Sheet.id).join(Sku, Sku.id == SheetLine.sku_id)
        .where(condition).group_by(Sheet.id, PickupPoint.id).order_by(Sheet.slot_no, PickupPoint.code, Sheet.zone)
    )  # fmt: skip
    return [SheetCard(**row) for row in rows.mappings()]


def sheet_lines(session: Session, sheet_ids: Collection[UUID]) -> dict[UUID, list[SheetLineCard]]:
    """Lines of sheets in shelf order, those without a shelf last; one statement for a whole print run."""
    found: dict[UUID, list[SheetLineCard]] = {sheet_id: [] for sheet_id in sheet_ids}
    rows = session.execute(
        select(SheetLine.sheet_id, SheetLine.sku_id, Sku.code.label("sku_code"), *SKU_TEXTS, SheetLine.qty)
        .join(Sku, Sku.id == SheetLine.sku_id)
        .join(Sheet, Sheet.id == SheetLine.sheet_id)
        .outerjoin(Shelf, and_(Shelf.hub_id == Sheet.hub_id, Shelf.sku_id == SheetLine.sku_id))
        .where(SheetLine.sheet_id.in_(sheet_ids))
        .order_by(SheetLine.sheet_id, Shelf.walk.asc().nulls_last(), Sku.code)
    )
    for row in rows.mappings():
        fields = dict(row)
        found[fields.pop("sheet_id")].append(SheetLineCard(**fields))
    return found


def crate_labels(session: Session, group_buy_id: UUID) -> list[CrateLabel]:
    """Labels of all crates of a round, in the order in which sheets are sorted."""
    rows = session.execute(
        select(Crate.code, Crate.seq, Crate.sheet_id, *POINT_TEXTS, Sheet.zone)
        .join(Sheet, Sheet.id == Crate.sheet_id).join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .where(Sheet.group_buy_id == group_buy_id)
        .order_by(Sheet.slot_no, PickupPoint.code, Sheet.zone, Crate.seq)
    )  # fmt: skip
    return [CrateLabel(**row) for row in rows.mappings()]


def sheets_to_pack(session: Session, sheet_ids: Collection[UUID]) -> list[SheetToPack]:
    """What goes into the crates of these sheets."""
    rows = session.execute(
        select(
            Sheet.id, Sheet.zone, GroupBuy.round_on, PickupPoint.code, SheetLine.sku_id, SheetLine.qty, Sku.volume_ml,
            Sku.weight_g,
        )
        .join(GroupBuy, GroupBuy.id == Sheet.group_buy_id).join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .join(SheetLine, SheetLine.sheet_id == Sheet.id).join(Sku, Sku.id == SheetLine.sku_id)
        .where(Sheet.id.in_(sheet_ids)).order_by(Sheet.id, Sku.code)
    )  # fmt: skip
    found: dict[UUID, SheetToPack] = {}
    for sheet_id, zone, round_on, code, sku_id, qty, volume_ml, weight_g in rows:
        sheet = found.setdefault(
            sheet_id, SheetToPack(id=sheet_id, zone=zone, round_on=round_on, pickup_point_code=code, lines=[])
        )
        sheet.lines.append(PackLine(sku_id=sku_id, qty=qty, volume_ml=volume_ml, weight_g=weight_g))
    return list(found.values())


def sheet_totals(session: Session, group_buy_id: UUID) -> SheetTotals:
    """Sums over the sheets of a round; a sheet that lost all its pieces counts only while it must be emptied."""
    cards = select(Sheet.id, Sheet.state).where(Sheet.group_buy_id == group_buy_id).subquery()
    crates = select(func.count(Crate.id)).join(cards, cards.c.id == Crate.sheet_id).scalar_subquery()
    pieces = select(func.coalesce(func.sum(SheetLine.qty), 0)).join(cards, cards.c.id == SheetLine.sheet_id)
    filled = select(SheetLine.sheet_id).where(SheetLine.sheet_id == cards.c.id).exists()
    row = session.execute(
        select(
            func.count(cards.c.id).filter(filled),
            func.count(cards.c.id).filter(cards.c.state == SheetState.WAITING), crates, pieces.scalar_subquery(),
        )
    ).one()  # fmt: skip
    return SheetTotals(sheets=row[0], waiting=row[1], crates=row[2] or 0, pieces=row[3] or 0)
