"""Reads of the supply room; nothing here writes."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.communities.models import HubRow
from app.domains.supply.models import (
    Lot,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    StockMovement,
    Supplier,
    SupplyTerms,
)
from app.domains.supply.queries.purchasing import EXPECTED, conditions
from app.domains.supply.values import (
    ExpectedLine,
    GoodsCost,
    MovementKind,
    PurchaseLineCard,
    PurchaseOrderCard,
    ReceiptCard,
    StockCard,
    SupplierCard,
    SupplyOfSku,
    Terms,
)
from app.domains.supply.values.purchasing import OrderFilter
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

# --- suppliers and terms ------------------------------------------------------------------------------------------


def suppliers(session: Session) -> list[SupplierCard]:
    """All suppliers by code, with the number of SKUs that each brings."""
    return [SupplierCard(**row) for row in session.execute(_suppliers().order_by(Supplier.code)).mappings()]


def get_supplier(session: Session, supplier_id: UUID) -> SupplierCard:
    """One supplier; raises NotFound."""
    row = session.execute(_suppliers().where(Supplier.id == supplier_id)).mappings().first()
    if row is None:
        raise NotFound("supplier")
    return SupplierCard(**row)


def _suppliers() -> Select[*tuple[Any, ...]]:
    skus = select(func.count(SupplyTerms.sku_id)).where(SupplyTerms.supplier_id == Supplier.id).scalar_subquery()
    return select(
        Supplier.id, Supplier.code, Supplier.name, Supplier.name_en, Supplier.contact, Supplier.phone,
        Supplier.email, Supplier.min_order_cents, Supplier.lead_days, Supplier.below_minimum,
        Supplier.decide_minutes, Supplier.payment_days, skus.label("sku_count"),
    )  # fmt: skip


def terms_by_sku(session: Session, sku_ids: Collection[UUID] | None = None) -> dict[UUID, Terms]:
    """Supplier and terms of the given SKUs, or of all; SKUs that nobody brings are missing from the answer."""
    wanted = select(
        SupplyTerms.sku_id, SupplyTerms.supplier_id, Supplier.code.label("supplier_code"), SupplyTerms.cost_cents,
        SupplyTerms.pack_size, SupplyTerms.min_packs,
    ).join(Supplier, Supplier.id == SupplyTerms.supplier_id)  # fmt: skip
    if sku_ids is not None:
        wanted = wanted.where(SupplyTerms.sku_id.in_(sku_ids))
    return {row["sku_id"]: Terms(**row) for row in session.execute(wanted).mappings()}


# --- purchase orders ----------------------------------------------------------------------------------------------


def _order_cards(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PurchaseOrder.id, PurchaseOrder.no, PurchaseOrder.hub_id, PurchaseOrder.group_buy_id, PurchaseOrder.purpose,
            PurchaseOrder.supplier_id, Supplier.code.label("supplier_code"), Supplier.name.label("supplier_name"),
            Supplier.name_en.label("supplier_name_en"), PurchaseOrder.status, PurchaseOrder.version,
            PurchaseOrder.decision, PurchaseOrder.decide_by, PurchaseOrder.deliver_on, PurchaseOrder.sent_at,
            PurchaseOrder.seen_at, PurchaseOrder.answer, PurchaseOrder.answered_at, PurchaseOrder.supplier_note,
            PurchaseOrder.hq_note, PurchaseOrder.min_order_cents, HubRow.currency,
            PurchaseOrder.total_cents, PurchaseOrder.top_up_cents, func.count(PurchaseLine.id).label("lines"),
            func.sum(PurchaseLine.wanted_qty).label("wanted_qty"),
            func.sum(PurchaseLine.ordered_qty).label("ordered_qty"), func.sum(EXPECTED).label("expected_qty"),
            func.sum(func.greatest(PurchaseLine.wanted_qty - EXPECTED, 0)).label("short_qty"),
            func.sum(PurchaseLine.received_qty).label("received_qty"),
            func.sum(PurchaseLine.rejected_qty).label("rejected_qty"),
        )
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(HubRow, HubRow.id == PurchaseOrder.hub_id)
        .join(PurchaseLine, PurchaseLine.purchase_order_id == PurchaseOrder.id)
        .where(*conditions)
        .group_by(PurchaseOrder.id, Supplier.id, HubRow.id)
    )  # fmt: skip


def purchase_orders(
    session: Session,
    ask: PageAsk,
    group_buy_id: UUID | None = None,
    hub_id: UUID | None = None,
    which: OrderFilter | None = None,
) -> Page[PurchaseOrderCard]:
    """Purchase orders, newest first; of one round or one hub, or of all, and of these what `which` asks for."""
    only: list[ColumnElement[bool]] = []
    if group_buy_id is not None:
        only.append(PurchaseOrder.group_buy_id == group_buy_id)
    if hub_id is not None:
        only.append(PurchaseOrder.hub_id == hub_id)
    if which is not None:
        only += conditions(which)
    if ask.after is not None:
        only.append(PurchaseOrder.id < ask.after)
    wanted = _order_cards(*only).order_by(PurchaseOrder.id.desc()).limit(ask.limit + 1)
    rows = [PurchaseOrderCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def get_purchase_order(session: Session, purchase_order_id: UUID) -> PurchaseOrderCard:
    """One purchase order; raises NotFound."""
    row = session.execute(_order_cards(PurchaseOrder.id == purchase_order_id)).mappings().first()
    if row is None:
        raise NotFound("purchase_order")
    return PurchaseOrderCard(**row)


def ordered_suppliers(session: Session, group_buy_id: UUID) -> dict[UUID, UUID]:
    """Suppliers that have their purchase order of a round already, with its id."""
    orders = session.scalars(select(PurchaseOrder).filter_by(group_buy_id=group_buy_id))
    return {order.supplier_id: order.id for order in orders}


def orders_of_day(session: Session, hub_id: UUID, deliver_on: date) -> int:
    """How many purchase orders bring goods to a hub on a day."""
    return session.scalar(select(func.count(PurchaseOrder.id)).filter_by(hub_id=hub_id, deliver_on=deliver_on)) or 0


def hub_code(session: Session, hub_id: UUID) -> str:
    """A hub's code for numbers; raises NotFound."""
    code = session.scalar(select(HubRow.code).filter_by(id=hub_id))
    if code is None:
        raise NotFound("hub")
    return code


def hub_currency(session: Session, hub_id: UUID) -> str:
    """The currency in which a hub trades; raises NotFound."""
    currency = session.scalar(select(HubRow.currency).filter_by(id=hub_id))
    if currency is None:
        raise NotFound("hub")
    return currency


def purchase_lines(
    session: Session,
    *,
    group_buy_id: UUID | None = None,
    purchase_order_id: UUID | None = None,
    uncounted: bool = False,
) -> list[PurchaseLineCard]:
    """Lines of one round or one purchase order by order number and SKU; with `uncounted` only those still expected."""
    wanted = (
        select(
            PurchaseLine.id, PurchaseLine.purchase_order_id, PurchaseOrder.no.label("purchase_order_no"),
            PurchaseLine.sku_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Sku.spec, Sku.spec_en, PurchaseLine.wanted_qty, PurchaseLine.packs,
            PurchaseLine.pack_size, PurchaseLine.ordered_qty, EXPECTED.label("expected_qty"),
            PurchaseLine.confirmed_packs, PurchaseLine.answer_reason, PurchaseLine.cost_cents,
            PurchaseLine.received_qty, PurchaseLine.rejected_qty,
            PurchaseLine.counted_at.is_not(None).label("is_counted"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .order_by(PurchaseOrder.no, Sku.code)
    )  # fmt: skip
    if group_buy_id is not None:
        wanted = wanted.where(PurchaseOrder.group_buy_id == group_buy_id)
    if purchase_order_id is not None:
        wanted = wanted.where(PurchaseOrder.id == purchase_order_id)
    if uncounted:
        wanted = wanted.where(PurchaseLine.counted_at.is_(None))
    return [PurchaseLineCard(**row) for row in session.execute(wanted).mappings()]


def line_ids_by_codes(session: Session, numbers: Collection[str]) -> dict[tuple[str, str], UUID]:
    """Lines of the purchase orders with these numbers, by (order number, SKU code)."""
    rows = session.execute(
        select(PurchaseOrder.no, Sku.code, PurchaseLine.id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .where(PurchaseOrder.no.in_(numbers))
    )
    return {(no, sku): line_id for no, sku, line_id in rows}


def goods_costs(session: Session, group_buy_id: UUID, hub_id: UUID, sku_ids: Collection[UUID]) -> dict[UUID, GoodsCost]:
    """Who brought SKUs for a round and the cost agreed when they were ordered; what was never ordered is left out.

    What the round took from stock has the cost of the hub's latest purchase order that names it.
    """
    of_round = PurchaseOrder.group_buy_id == group_buy_id
    rows = session.execute(
        select(PurchaseLine.sku_id, PurchaseOrder.supplier_id, PurchaseLine.cost_cents)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(PurchaseLine.sku_id.in_(sku_ids), of_round | (PurchaseOrder.hub_id == hub_id))
        .ext(distinct_on(PurchaseLine.sku_id))
        .order_by(PurchaseLine.sku_id, of_round.desc(), PurchaseLine.id.desc())
    )
    return {row.sku_id: GoodsCost(supplier_id=row.supplier_id, cost_cents=row.cost_cents) for row in rows}


# --- receiving ----------------------------------------------------------------------------------------------------


def expected_lines(session: Session, line_ids: Collection[UUID]) -> dict[UUID, ExpectedLine]:
    """Purchase lines as the dock needs them."""
    rows = session.execute(
        select(
            PurchaseLine.id, PurchaseLine.purchase_order_id, PurchaseOrder.no.label("purchase_order_no"),
            PurchaseOrder.hub_id, HubRow.currency, PurchaseOrder.supplier_id, PurchaseLine.sku_id,
            Sku.code.label("sku_code"), Sku.shelf_days, PurchaseOrder.deliver_on, PurchaseLine.cost_cents,
            PurchaseLine.ordered_qty, PurchaseLine.received_qty, PurchaseLine.rejected_qty, PurchaseLine.billed_qty,
            Sku.zone, PurchaseOrder.group_buy_id, PurchaseLine.counted_at.is_not(None).label("is_counted"),
            (PurchaseLine.confirmed_packs * PurchaseLine.pack_size).label("confirmed_qty"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .join(HubRow, HubRow.id == PurchaseOrder.hub_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .where(PurchaseLine.id.in_(line_ids))
    )  # fmt: skip
    return {row["id"]: ExpectedLine(**row) for row in rows.mappings()}


def receipts(session: Session, purchase_order_id: UUID) -> list[ReceiptCard]:
    """Every count of a purchase order, as it was made."""
    rows = session.execute(
        select(
            ReceiptLine.id, ReceiptLine.purchase_line_id, Sku.code.label("sku_code"), ReceiptLine.received_qty,
            ReceiptLine.rejected_qty, ReceiptLine.reject_reason, Lot.code.label("lot_code"), Lot.expires_on,
            ReceiptLine.received_by, ReceiptLine.received_at,
        )
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.purchase_line_id)
        .join(Sku, Sku.id == PurchaseLine.sku_id)
        .outerjoin(Lot, Lot.id == ReceiptLine.lot_id)
        .where(PurchaseLine.purchase_order_id == purchase_order_id)
        .order_by(ReceiptLine.id)
    )  # fmt: skip
    return [ReceiptCard(**row) for row in rows.mappings()]


def supply_of_round(session: Session, group_buy_id: UUID) -> list[SupplyOfSku]:
    """Good pieces that a round received of each SKU, beside what it had wanted; by SKU id."""
    rows = session.execute(
        select(
            PurchaseLine.sku_id, PurchaseLine.wanted_qty, PurchaseLine.received_qty,
            PurchaseLine.counted_at.is_not(None).label("is_counted"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .where(PurchaseOrder.group_buy_id == group_buy_id)
        .order_by(PurchaseLine.sku_id)
    )  # fmt: skip
    return [SupplyOfSku(**row) for row in rows.mappings()]


# --- stock --------------------------------------------------------------------------------------------------------


def stock(session: Session, hub_id: UUID) -> list[StockCard]:
    """What a hub has: every lot with pieces left, first expiring first within its SKU."""
    rows = session.execute(
        select(
            StockMovement.hub_id, StockMovement.sku_id, Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), Lot.id.label("lot_id"), Lot.code.label("lot_code"), Lot.expires_on,
            func.sum(StockMovement.qty).label("qty"),
        )
        .join(Lot, Lot.id == StockMovement.lot_id)
        .join(Sku, Sku.id == StockMovement.sku_id)
        .where(StockMovement.hub_id == hub_id)
        .group_by(StockMovement.hub_id, StockMovement.sku_id, Sku.id, Lot.id)
        .having(func.sum(StockMovement.qty) != 0)
        .order_by(Sku.code, Lot.expires_on, Lot.id)
    )  # fmt: skip
    return [StockCard(**row) for row in rows.mappings()]


def is_sorted_out(session: Session, group_buy_id: UUID) -> bool:
    """True when the round has taken what it needed; what is left of its goods is free stock since then."""
    out = select(StockMovement.id).filter_by(kind=MovementKind.SORTED, cause_id=group_buy_id).limit(1)
    free = select(PurchaseOrder.id).where(
        PurchaseOrder.group_buy_id == group_buy_id, PurchaseOrder.released_at.is_not(None)
    )
    return session.scalar(out) is not None or session.scalar(free.limit(1)) is not None
