"""Tables of the supply room: suppliers and terms, purchase orders, receipts, lots, movements."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.supply.values import MovementKind, PurchaseStatus
from app.domains.supply.values.purchasing import BelowMinimum, PurchaseEventKind, PurchasePurpose, SupplierAnswer
from app.domains.supply.values.stock import DifferenceKind, LossReason, StocktakeState
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Supplier(Base):
    """Who delivers to hubs."""

    __tablename__ = "supply_supplier"
    __table_args__ = (
        CheckConstraint("min_order_cents >= 0 AND lead_days >= 0", name="terms_not_negative"),
        CheckConstraint("decide_minutes >= 0", name="patience_not_negative"),
        CheckConstraint("payment_days BETWEEN 0 AND 180", name="payment_days_sensible"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    contact: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    #: Smallest value of one purchase order.
    min_order_cents: Mapped[int]
    lead_days: Mapped[int]
    #: What happens below a minimum when nobody at HQ has chosen within `decide_minutes` of the cut-off; 0 = at once.
    below_minimum: Mapped[BelowMinimum] = mapped_column(default=BelowMinimum.FEE, server_default="fee")
    decide_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Days after receiving in which her goods are paid.
    payment_days: Mapped[int] = mapped_column(default=14, server_default="14")


class SupplyTerms(Base):
    """Which supplier brings a SKU, in which packs, at which cost of a piece."""

    __tablename__ = "supply_terms"
    __table_args__ = (CheckConstraint("cost_cents >= 0 AND pack_size > 0 AND min_packs >= 0", name="terms_sensible"),)
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("catalogue_sku.id"), primary_key=True)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supply_supplier.id"), index=True)
    cost_cents: Mapped[int]
    pack_size: Mapped[int]
    min_packs: Mapped[int]


class PurchaseOrder(Base):
    """What one supplier is asked to bring to one hub, for one round or ahead of any."""

    __tablename__ = "supply_purchase_order"
    __table_args__ = (
        UniqueConstraint("group_buy_id", "supplier_id"),
        CheckConstraint("(purpose = 'round') = (group_buy_id IS NOT NULL)", name="round_or_pre_buy"),
        CheckConstraint("sent_at IS NOT NULL OR status IN ('decision', 'cancelled')", name="sent_when_decided"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(unique=True)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"), index=True)
    group_buy_id: Mapped[UUID | None]
    purpose: Mapped[PurchasePurpose] = mapped_column(default=PurchasePurpose.ROUND, server_default="round")
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("supply_supplier.id"), index=True)
    status: Mapped[PurchaseStatus]
    #: Counts up with every amendment.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    #: The secret part of the supplier's link; a new one kills the old link, an empty one opens nothing.
    link_key: Mapped[str] = mapped_column(default="", server_default="")
    deliver_on: Mapped[date]
    #: Sum of the lines plus the top-up.
    total_cents: Mapped[int] = mapped_column(BigCents)
    top_up_cents: Mapped[int] = mapped_column(BigCents)
    #: The supplier's smallest value when the order was made.
    min_order_cents: Mapped[int] = mapped_column(BigCents, default=0, server_default="0")
    #: What was chosen below a minimum, and until when HQ may choose.
    decision: Mapped[BelowMinimum | None]
    decide_by: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    answer: Mapped[SupplierAnswer | None]
    answered_at: Mapped[datetime | None]
    supplier_note: Mapped[str] = mapped_column(default="", server_default="")
    #: What HQ tells the supplier: why an order was amended or cancelled.
    hq_note: Mapped[str] = mapped_column(default="", server_default="")
    #: When the round took what it needed of these goods; what is left since then is free stock.
    released_at: Mapped[datetime | None]


class PurchaseLine(Base):
    """One SKU of a purchase order; cost as agreed at order time."""

    __tablename__ = "supply_purchase_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "sku_id"),
        CheckConstraint("ordered_qty = packs * pack_size AND wanted_qty >= 0", name="whole_packs"),
        CheckConstraint("confirmed_packs BETWEEN 0 AND packs", name="confirmed_down"),
        CheckConstraint("received_qty >= 0 AND rejected_qty >= 0", name="counts_not_negative"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purchase_order_id: Mapped[UUID] = mapped_column(ForeignKey("supply_purchase_order.id"))
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("catalogue_sku.id"), index=True)
    wanted_qty: Mapped[int]
    packs: Mapped[int]
    pack_size: Mapped[int]
    ordered_qty: Mapped[int]
    cost_cents: Mapped[int]
    #: What the supplier said will come, at most what was ordered; None while there is no answer.
    confirmed_packs: Mapped[int | None]
    answer_reason: Mapped[str] = mapped_column(default="", server_default="")
    #: Good pieces and refused pieces: the sums of this line's receipts.
    received_qty: Mapped[int] = mapped_column(default=0)
    rejected_qty: Mapped[int] = mapped_column(default=0)
    #: Pieces on the supplier's delivery note; None while nobody has seen one.
    billed_qty: Mapped[int | None]
    #: When the dock declared this line complete; None while it is still expected.
    counted_at: Mapped[datetime | None]


class Lot(Base):
    """Pieces of one SKU that came together and share a mark and an expiry."""

    __tablename__ = "supply_lot"
    __table_args__ = (UniqueConstraint("purchase_line_id", "code"), Index(None, "sku_id", "code"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID]
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("catalogue_sku.id"))
    purchase_line_id: Mapped[UUID] = mapped_column(ForeignKey("supply_purchase_line.id"))
    code: Mapped[str]
    expires_on: Mapped[date | None]
    received_at: Mapped[datetime]
    #: Recalled: nothing of it is sorted, sold or handed out.
    frozen_at: Mapped[datetime | None]


class ReceiptLine(Base):
    """One count at the dock, or the row that takes one back. Never changed: several people's counts add up."""

    __tablename__ = "supply_receipt_line"
    __table_args__ = (
        CheckConstraint("reverses_id IS NOT NULL OR (received_qty >= 0 AND rejected_qty >= 0)", name="not_negative"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("rejected_qty = 0 OR reject_reason <> ''", name="rejected_with_reason"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purchase_line_id: Mapped[UUID] = mapped_column(ForeignKey("supply_purchase_line.id"), index=True)
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("supply_lot.id"))
    received_qty: Mapped[int]
    rejected_qty: Mapped[int]
    reject_reason: Mapped[str]
    received_by: Mapped[str]
    #: The account of who counted; only she may take her count back.
    received_by_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    #: Tenths of a degree Celsius, and why goods outside their zone's limits were taken in.
    temperature_dc: Mapped[int | None]
    temperature_note: Mapped[str] = mapped_column(default="", server_default="")
    #: Key of the picture of what was rejected; empty for none.
    photo: Mapped[str] = mapped_column(default="", server_default="")
    #: The count that this row takes back.
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("supply_receipt_line.id"))


class Difference(Base):
    """Pieces billed and not received in good state (charge), or received and not billed (credit); append-only."""

    __tablename__ = "supply_difference"
    __table_args__ = (CheckConstraint("qty > 0 AND amount_cents >= 0", name="sensible"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purchase_line_id: Mapped[UUID] = mapped_column(ForeignKey("supply_purchase_line.id"), index=True)
    kind: Mapped[DifferenceKind]
    qty: Mapped[int]
    #: Pieces × the cost agreed in the order.
    amount_cents: Mapped[int] = mapped_column(BigCents)
    by: Mapped[str]
    at: Mapped[datetime]


class StockMovement(Base):
    """Pieces of a lot that came (+) or went (-). Stock is the sum; rows are only ever added."""

    __tablename__ = "supply_stock_movement"
    __table_args__ = (
        UniqueConstraint("kind", "cause_id", "lot_id"),
        CheckConstraint("qty <> 0", name="not_zero"),
        Index(None, "hub_id", "sku_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID]
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("catalogue_sku.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("supply_lot.id"), index=True)
    kind: Mapped[MovementKind]
    #: Receipt line, round (group-buy), loss report or stocktake.
    cause_id: Mapped[UUID]
    qty: Mapped[int]
    at: Mapped[datetime]


class Allotment(Base):
    """Free stock that a round shall use instead of buying; it leaves the lot when the round's goods are sorted."""

    __tablename__ = "supply_allotment"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"),)
    group_buy_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("supply_lot.id"), primary_key=True, index=True)
    qty: Mapped[int]
    at: Mapped[datetime]
    #: When the round took it, or gave it back.
    released_at: Mapped[datetime | None]


class Stocktake(Base):
    """One counting of everything that a hub has; at most one of a hub is open."""

    __tablename__ = "supply_stocktake"
    __table_args__ = (
        Index(
            "uq_supply_stocktake_open", "hub_id", unique=True, postgresql_where=text("state IN ('counting', 'review')")
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"))
    state: Mapped[StocktakeState]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    #: Why the books are put right; empty until then.
    reason: Mapped[str] = mapped_column(default="")


class StocktakeLine(Base):
    """What was counted of one lot, beside what the books said at that moment."""

    __tablename__ = "supply_stocktake_line"
    __table_args__ = (CheckConstraint("counted_qty >= 0", name="not_negative"),)
    stocktake_id: Mapped[UUID] = mapped_column(ForeignKey("supply_stocktake.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("supply_lot.id"), primary_key=True)
    counted_qty: Mapped[int]
    book_qty: Mapped[int]
    counted_by: Mapped[str]
    counted_at: Mapped[datetime]


class LossReport(Base):
    """Pieces of a lot that are gone without having been sold, and why."""

    __tablename__ = "supply_loss"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("supply_lot.id"), index=True)
    qty: Mapped[int]
    reason: Mapped[LossReason]
    note: Mapped[str]
    photo: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Recall(Base):
    """A lot that must not reach anybody; at most one recall of a lot stands, and refunds make it final."""

    __tablename__ = "supply_recall"
    __table_args__ = (
        CheckConstraint("refunded_at IS NULL OR undone_at IS NULL", name="refund_stays"),
        Index("uq_supply_recall_open", "lot_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("supply_lot.id"))
    reason: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    refunded_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


class PurchaseEventRow(Base):
    """One line of a purchase order's timeline; rows are only ever added."""

    __tablename__ = "supply_purchase_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purchase_order_id: Mapped[UUID] = mapped_column(ForeignKey("supply_purchase_order.id"), index=True)
    kind: Mapped[PurchaseEventKind]
    version: Mapped[int]
    actor_name: Mapped[str]
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]
