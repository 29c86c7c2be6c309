"""Reads of the dock: deliveries, lines found by bar code, counts as they were made."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from app.domains.catalogue.models import Sku
from app.domains.supply.models import LossReport, Lot, PurchaseLine, PurchaseOrder, ReceiptLine, Supplier
from app.domains.supply.queries.purchasing import EXPECTED
from app.domains.supply.values import PurchaseStatus
from app.domains.supply.values.dock import CountCard, DeliveryCard, DockLine
from app.kernel.errors import NotFound

#: Orders that a truck may bring.
_COMING = (
    PurchaseStatus.SENT, PurchaseStatus.SEEN, PurchaseStatus.CONFIRMED, PurchaseStatus.PARTLY_RECEIVED,
    PurchaseStatus.RECEIVED,
)  # fmt: skip


def photos_in_use(session: Session) -> set[str]:
    """Keys of the photos beside counts and losses; the very same picture may lie beside a claim."""
    shown = [select(table.photo).where(table.photo != "") for table in (ReceiptLine, LossReport)]
    return set(session.scalars(union(*shown)))


def _deliveries(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    lines = (
        select(
            PurchaseLine.purchase_order_id, func.count(PurchaseLine.id).label("lines"),
            func.count(PurchaseLine.counted_at).label("counted_lines"),
            func.sum(PurchaseLine.ordered_qty).label("ordered_qty"),
            func.sum(PurchaseLine.received_qty).label("received_qty"),
            func.sum(PurchaseLine.rejected_qty).label("rejected_qty"),
        )
        .group_by(PurchaseLine.purchase_order_id)
        .subquery()
    )  # fmt: skip
    people = (
        select(func.count(ReceiptLine.received_by.distinct()))
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.purchase_line_id)
        .where(PurchaseLine.purchase_order_id == PurchaseOrder.id)
        .scalar_subquery()
    )
    return (
        select(
            PurchaseOrder.id, PurchaseOrder.no, PurchaseOrder.hub_id, PurchaseOrder.group_buy_id,
            Supplier.name.label("supplier_name"), Supplier.name_en.label("supplier_name_en"), PurchaseOrder.deliver_on,
            lines.c.lines, lines.c.counted_lines, lines.c.ordered_qty, lines.c.received_qty, lines.c.rejected_qty,
            people.label("people"),
        )
        .join(lines, lines.c.purchase_order_id == PurchaseOrder.id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.status.in_(_COMING), *conditions)
    )  # fmt: skip


def deliveries(session: Session, hub_id: UUID, on: date, limit: int = 200) -> list[DeliveryCard]:
    """What a hub expects on a day and what is late from days before, open deliveries first, then by number."""
    waiting = PurchaseOrder.status != PurchaseStatus.RECEIVED
    due = or_(PurchaseOrder.deliver_on == on, (PurchaseOrder.deliver_on < on) & waiting)
    wanted = _deliveries(PurchaseOrder.hub_id == hub_id, due).order_by(waiting.desc(), PurchaseOrder.no).limit(limit)
    return [DeliveryCard(**row) for row in session.execute(wanted).mappings()]


def get_delivery(session: Session, purchase_order_id: UUID) -> DeliveryCard:
    """One delivery; raises NotFound, also for orders that were never sent or were cancelled."""
    row = session.execute(_deliveries(PurchaseOrder.id == purchase_order_id)).mappings().first()
    if row is None:
        raise NotFound("purchase_order")
    return DeliveryCard(**row)


def find_delivery(session: Session, hub_id: UUID, no: str) -> UUID | None:
    """The delivery with this number at a hub; capitals do not matter."""
    return session.scalar(
        select(PurchaseOrder.id).where(
            PurchaseOrder.hub_id == hub_id, PurchaseOrder.no == no.upper(), PurchaseOrder.status.in_(_COMING)
        )
    )


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            PurchaseLine.id, PurchaseLine.purchase_order_id, PurchaseOrder.no.label("purchase_order_no"),
            PurchaseOrder.hub_id, PurchaseLine.sku_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Sku.spec, Sku.spec_en, Sku.picture, Sku.barcode, Sku.zone,
            Sku.shelf_days, PurchaseOrder.deliver_on, PurchaseLine.packs, PurchaseLine.pack_size,
            PurchaseLine.ordered_qty, EXPECTED.label("expected_qty"), PurchaseLine.billed_qty,
            PurchaseLine.received_qty, PurchaseLine.rejected_qty,
            PurchaseLine.counted_at.is_not(None).label("is_counted"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .order_by(PurchaseLine.counted_at.is_not(None), PurchaseOrder.no, Sku.code)
    )  # fmt: skip


def lines(session: Session, purchase_order_id: UUID) -> list[DockLine]:
    """Lines of a delivery, those still expected first."""
    rows = session.execute(_lines().where(PurchaseLine.purchase_order_id == purchase_order_id))
    return [DockLine(**row) for row in rows.mappings()]


def get_line(session: Session, line_id: UUID) -> DockLine:
    """One line; raises NotFound."""
    row = session.execute(_lines().where(PurchaseLine.id == line_id)).mappings().first()
    if row is None:
        raise NotFound("purchase_line")
    return DockLine(**row)


def find_lines(session: Session, delivery_ids: Collection[UUID], code: str) -> list[DockLine]:
    """Lines of deliveries by a SKU's bar code or code, those still expected first."""
    wanted = _lines().where(
        PurchaseLine.purchase_order_id.in_(delivery_ids), or_(Sku.barcode == code, Sku.code == code.upper())
    )
    return [DockLine(**row) for row in session.execute(wanted).mappings()]


def counts(session: Session, purchase_order_id: UUID, line_id: UUID | None = None, limit: int = 200) -> list[CountCard]:
    """Who counted what of a delivery, or of one line of it, newest first."""
    back = aliased(ReceiptLine)
    wanted = (
        select(
            ReceiptLine.id, ReceiptLine.purchase_line_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), ReceiptLine.received_qty, ReceiptLine.rejected_qty,
            ReceiptLine.reject_reason, Lot.code.label("lot_code"), Lot.expires_on, ReceiptLine.temperature_dc,
            ReceiptLine.temperature_note, ReceiptLine.photo, ReceiptLine.received_by, ReceiptLine.received_by_id,
            ReceiptLine.received_at, ReceiptLine.reverses_id, back.id.is_not(None).label("is_taken_back"),
        )
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.purchase_line_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .outerjoin(Lot, Lot.id == ReceiptLine.lot_id)
        .outerjoin(back, back.reverses_id == ReceiptLine.id)
        .where(PurchaseLine.purchase_order_id == purchase_order_id)
        .order_by(ReceiptLine.id.desc())
        .limit(limit)
    )  # fmt: skip
    if line_id is not None:
        wanted = wanted.where(ReceiptLine.purchase_line_id == line_id)
    return [CountCard(**row) for row in session.execute(wanted).mappings()]


def last_count_of(session: Session, purchase_order_id: UUID, account_id: UUID) -> UUID | None:
    """The latest count of a delivery that somebody made and has not taken back."""
    back = aliased(ReceiptLine)
    return session.scalar(
        select(ReceiptLine.id)
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.purchase_line_id)
        .outerjoin(back, back.reverses_id == ReceiptLine.id)
        .where(
            PurchaseLine.purchase_order_id == purchase_order_id, ReceiptLine.received_by_id == account_id,
            ReceiptLine.reverses_id.is_(None), back.id.is_(None),
        )
        .order_by(ReceiptLine.id.desc())
        .limit(1)
    )  # fmt: skip
