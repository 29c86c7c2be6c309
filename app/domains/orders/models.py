"""Tables of the orders room. Lines repeat hub, round, pickup point and SKU so that aggregation joins nothing."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.orders.values import CutReason, OrderStatus
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id

#: Numbers that people read; gaps are harmless here (receipts will have their own series).
ORDER_NO = Sequence("orders_order_no_seq", metadata=Base.metadata)


class Order(Base):
    """One resident's basket in one group-buy. Append-only but for its status and sums."""

    __tablename__ = "orders_order"
    __table_args__ = (
        CheckConstraint("total_cents > 0 AND refunded_cents BETWEEN 0 AND total_cents", name="sums_sensible"),
        Index(None, "resident_id", "placed_at"),
        Index(None, "group_buy_id", "status"),
        Index("ix_orders_order_unpaid", "pay_by", postgresql_where=text("status = 'placed'")),
        Index(None, "leader_id", "pickup_on"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(unique=True)
    status: Mapped[OrderStatus]
    resident_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    group_buy_id: Mapped[UUID]
    neighbourhood_id: Mapped[UUID]
    pickup_point_id: Mapped[UUID]
    leader_id: Mapped[UUID]
    pickup_on: Mapped[date]
    currency: Mapped[str]
    #: As charged when placed.
    total_cents: Mapped[int] = mapped_column(BigCents)
    #: Sum of the lines' refunds.
    refunded_cents: Mapped[int] = mapped_column(BigCents, default=0)
    note: Mapped[str]
    placed_at: Mapped[datetime]
    #: An unpaid order lapses after this instant.
    pay_by: Mapped[datetime]
    paid_at: Mapped[datetime | None]


class OrderLine(Base):
    """Pieces of one offer in one order, with the price and commission rate of that moment."""

    __tablename__ = "orders_line"
    __table_args__ = (
        UniqueConstraint("order_id", "offer_id"),
        CheckConstraint("qty > 0 AND cut_qty BETWEEN 0 AND qty", name="cut_within_qty"),
        CheckConstraint("refunded_cents BETWEEN 0 AND qty::bigint * unit_price_cents", name="refund_within_price"),
        CheckConstraint("final_price_cents BETWEEN 0 AND unit_price_cents", name="price_only_falls"),
        Index(None, "group_buy_id", "sku_id", "pickup_point_id"),
        Index(None, "resident_id", "offer_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders_order.id"))
    group_buy_id: Mapped[UUID]
    resident_id: Mapped[UUID]
    pickup_point_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    sku_id: Mapped[UUID]
    qty: Mapped[int]
    #: Pieces taken off since, for any reason.
    cut_qty: Mapped[int] = mapped_column(default=0)
    unit_price_cents: Mapped[int]
    final_price_cents: Mapped[int]
    #: Money given back or written off on this line, for any reason.
    refunded_cents: Mapped[int] = mapped_column(BigCents, default=0)
    commission_bps: Mapped[int]


class LineCut(Base):
    """Pieces or money taken off a line, with the reason. A repeated cause makes no second cut."""

    __tablename__ = "orders_line_cut"
    __table_args__ = (
        UniqueConstraint("line_id", "reason", "cause_id"),
        CheckConstraint("qty >= 0 AND amount_cents >= 0 AND qty + amount_cents > 0", name="not_nothing"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("orders_line.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders_order.id"), index=True)
    qty: Mapped[int]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    reason: Mapped[CutReason]
    #: Round, handover line, claim or request that caused it.
    cause_id: Mapped[UUID]
    at: Mapped[datetime]
