"""Reads about purchase orders in depth: what is expected, drafts, timelines, the supplier's sheet, what is on order."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.communities.models import HubRow
from app.domains.supply.models import PurchaseEventRow, PurchaseLine, PurchaseOrder, Supplier, SupplyTerms
from app.domains.supply.values import PurchaseStatus
from app.domains.supply.values.purchasing import (
    DraftLine,
    OpenLink,
    OrderFilter,
    PreBuySku,
    PurchaseEvent,
    PurchaseOrderSheet,
    SheetLine,
)
from app.kernel.errors import NotFound

#: Pieces of a line that are to come: what the supplier confirmed, what was ordered while there is no answer.
EXPECTED: ColumnElement[int] = func.coalesce(PurchaseLine.confirmed_packs, PurchaseLine.packs) * PurchaseLine.pack_size
#: Orders that are under way: something may still come of them.
_COMING = (
    PurchaseStatus.DECISION, PurchaseStatus.SENT, PurchaseStatus.SEEN, PurchaseStatus.CONFIRMED,
    PurchaseStatus.PARTLY_RECEIVED,
)  # fmt: skip


def conditions(which: OrderFilter) -> list[ColumnElement[bool]]:
    """What a filter asks of purchase orders joined with their suppliers; days are days of delivery, both included."""
    only: list[ColumnElement[bool]] = []
    if which.states:
        only.append(PurchaseOrder.status.in_([PurchaseStatus(state) for state in which.states]))
    if which.supplier_code:
        only.append(Supplier.code == which.supplier_code)
    if which.since is not None:
        only.append(PurchaseOrder.deliver_on >= which.since)
    if which.until is not None:
        only.append(PurchaseOrder.deliver_on <= which.until)
    return only


def draft_lines(session: Session, purchase_order_id: UUID) -> list[DraftLine]:
    """The lines of an order as their packs stand, by SKU id."""
    rows = session.execute(
        select(
            PurchaseLine.id.label("line_id"), PurchaseLine.sku_id, PurchaseLine.wanted_qty, PurchaseLine.packs,
            PurchaseLine.pack_size, PurchaseLine.cost_cents,
        )
        .where(PurchaseLine.purchase_order_id == purchase_order_id)
        .order_by(PurchaseLine.sku_id)
    )  # fmt: skip
    return [DraftLine(**row) for row in rows.mappings()]


def waiting_for_decision(
    session: Session, *, due_at: datetime | None = None, group_buy_id: UUID | None = None
) -> list[UUID]:
    """Orders for which somebody must choose, oldest first; only those past their time, or of one round."""
    wanted = select(PurchaseOrder.id).where(PurchaseOrder.status == PurchaseStatus.DECISION)
    if due_at is not None:
        wanted = wanted.where(PurchaseOrder.decide_by <= due_at)
    if group_buy_id is not None:
        wanted = wanted.where(PurchaseOrder.group_buy_id == group_buy_id)
    return list(session.scalars(wanted.order_by(PurchaseOrder.id)))


def find_order_by_no(session: Session, no: str) -> UUID | None:
    """The id of the order with this number."""
    return session.scalar(select(PurchaseOrder.id).filter_by(no=no))


def timeline(session: Session, purchase_order_id: UUID) -> list[PurchaseEvent]:
    """What happened to an order, oldest first."""
    rows = session.scalars(
        select(PurchaseEventRow).filter_by(purchase_order_id=purchase_order_id).order_by(PurchaseEventRow.id)
    )
    return [
        PurchaseEvent(kind=r.kind, version=r.version, actor_name=r.actor_name, detail=r.detail, at=r.at) for r in rows
    ]


def open_link(session: Session, purchase_order_id: UUID) -> OpenLink | None:
    """What the supplier's link of an order must hold now; None while nobody may open it."""
    order = session.get(PurchaseOrder, purchase_order_id)
    if order is None or not order.link_key:
        return None
    return OpenLink(purchase_order_id=order.id, link_key=order.link_key, deliver_on=order.deliver_on)


def purchase_order_sheet(session: Session, purchase_order_id: UUID) -> PurchaseOrderSheet:
    """An order as its supplier reads it, for pages, mails and printed documents; raises NotFound."""
    found = _sheets(session, PurchaseOrder.id == purchase_order_id)
    if not found:
        raise NotFound("purchase_order")
    return found[0]


def purchase_order_sheets(session: Session, group_buy_id: UUID) -> list[PurchaseOrderSheet]:
    """The orders of a round as their suppliers read them, by number; in two statements however many."""
    return _sheets(session, PurchaseOrder.group_buy_id == group_buy_id)


def _sheets(session: Session, condition: ColumnElement[bool]) -> list[PurchaseOrderSheet]:
    rows = session.execute(
        select(PurchaseOrder, Supplier, HubRow)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(HubRow, HubRow.id == PurchaseOrder.hub_id)
        .where(condition)
        .order_by(PurchaseOrder.no)
    ).all()
    lines = _sheet_lines(session, [order.id for order, _, _ in rows])
    return [_sheet(order, supplier, hub, lines[order.id]) for order, supplier, hub in rows]


def _sheet_lines(session: Session, order_ids: Collection[UUID]) -> dict[UUID, list[SheetLine]]:
    rows = session.execute(
        select(
            PurchaseLine.purchase_order_id, PurchaseLine.id.label("line_id"), Sku.code.label("sku_code"), Sku.barcode,
            Sku.name, Sku.name_en, Sku.spec, Sku.spec_en, PurchaseLine.packs, PurchaseLine.pack_size,
            PurchaseLine.ordered_qty, PurchaseLine.confirmed_packs, PurchaseLine.answer_reason,
            PurchaseLine.cost_cents,
        )
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .where(PurchaseLine.purchase_order_id.in_(order_ids))
        .order_by(Sku.code)
    )  # fmt: skip
    found: dict[UUID, list[SheetLine]] = defaultdict(list)
    for row in rows.mappings():
        fields = dict(row)
        found[fields.pop("purchase_order_id")].append(SheetLine(**fields))
    return found


def _sheet(order: PurchaseOrder, supplier: Supplier, hub: HubRow, lines: list[SheetLine]) -> PurchaseOrderSheet:
    return PurchaseOrderSheet(
        id=order.id, no=order.no, version=order.version, purpose=order.purpose, status=order.status.value,
        group_buy_id=order.group_buy_id, hub_id=hub.id, hub_code=hub.code, hub_name=hub.name, hub_name_en=hub.name_en,
        timezone=hub.timezone, currency=hub.currency, supplier_id=supplier.id, supplier_code=supplier.code,
        supplier_name=supplier.name, supplier_name_en=supplier.name_en, contact=supplier.contact, phone=supplier.phone,
        email=supplier.email, deliver_on=order.deliver_on, sent_at=order.sent_at, answered_at=order.answered_at,
        answer=order.answer, goods_cents=order.total_cents - order.top_up_cents, fee_cents=order.top_up_cents,
        total_cents=order.total_cents, hq_note=order.hq_note, supplier_note=order.supplier_note,
        lines=tuple(lines),
    )  # fmt: skip


def local_day(session: Session, hub_id: UUID, now: datetime) -> date:
    """The day that a hub's clocks show; raises NotFound."""
    zone = session.scalar(select(HubRow.timezone).filter_by(id=hub_id))
    if zone is None:
        raise NotFound("hub")
    return now.astimezone(ZoneInfo(zone)).date()


def on_order(session: Session, hub_id: UUID, purpose_of: Collection[str] = ("pre_buy",)) -> dict[UUID, int]:
    """Pieces of each SKU that are still to come to a hub, by what they were bought for."""
    rows = session.execute(
        select(PurchaseLine.sku_id, func.sum(func.greatest(EXPECTED - PurchaseLine.received_qty, 0)))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(
            PurchaseOrder.hub_id == hub_id,
            PurchaseOrder.status.in_(_COMING),
            PurchaseOrder.purpose.in_(purpose_of),
            PurchaseLine.counted_at.is_(None),
        )
        .group_by(PurchaseLine.sku_id)
    )
    return {sku_id: int(qty) for sku_id, qty in rows if qty}


def pre_buy_skus(session: Session, supplier_code: str = "", *, least_lead_days: int = 0) -> list[PreBuySku]:
    """SKUs with their supplier's terms and lead time, by supplier and SKU code."""
    wanted = (
        select(
            Sku.id.label("sku_id"), Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Sku.spec, Sku.spec_en, Sku.shelf_days, Supplier.id.label("supplier_id"),
            Supplier.code.label("supplier_code"), Supplier.name.label("supplier_name"),
            Supplier.name_en.label("supplier_name_en"), Supplier.lead_days, Supplier.min_order_cents,
            SupplyTerms.pack_size, SupplyTerms.min_packs, SupplyTerms.cost_cents,
        )
        .join(SupplyTerms, SupplyTerms.sku_id == Sku.id)
        .join(Supplier, Supplier.id == SupplyTerms.supplier_id)
        .where(Supplier.lead_days >= least_lead_days)
        .order_by(Supplier.code, Sku.code)
    )  # fmt: skip
    if supplier_code:
        wanted = wanted.where(Supplier.code == supplier_code)
    return [PreBuySku(**row) for row in session.execute(wanted).mappings()]
