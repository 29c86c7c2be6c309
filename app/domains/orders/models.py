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
        CheckConstraint("(status IN ('lapsed', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_has_an_end"),
        Index(None, "resident_id", "placed_at"),
        Index(None, "group_buy_id", "status"),
        Index("ix_orders_order_unpaid", "pay_by", postgresql_where=text("status = 'placed'")),
        Index("ix_orders_order_round_unpaid", "group_buy_id", "id", postgresql_where=text("status = 'placed'")),
        Index(None, "leader_id", "pickup_on"),
        Index(None, "pickup_point_id", "pickup_on"),
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
    #: When it lapsed or was cancelled; null again when a late payment is honoured.
    ended_at: Mapped[datetime | None]


class OrderLine(Base):
    """Pieces of one offer in one order, with the price and commission rate of that moment."""

    __tablename__ = "orders_line"
    __table_args__ = (
        UniqueConstraint("order_id", "offer_id"),
        CheckConstraint("qty > 0 AND cut_qty BETWEEN 0 AND qty", name="cut_within_qty"),
        CheckConstraint("refunded_cents BETWEEN 0 AND qty::bigint * unit_price_cents", name="refund_within_price"),
        CheckConstraint("final_price_cents BETWEEN 0 AND unit_price_cents", name="price_only_falls"),
        CheckConstraint(
            "tolerance_qty >= 0 AND wanted_qty >= 0 AND wanted_qty + tolerance_qty <= qty", name="wishes_within_qty"
        ),
        CheckConstraint("given_qty BETWEEN 0 AND wanted_qty + tolerance_qty", name="given_within_wishes"),
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
    #: Rate and least commission of the moment of the order; later rates do not touch them.
    commission_bps: Mapped[int]
    commission_min_cents: Mapped[int] = mapped_column(BigCents, default=0, server_default=text("0"))
    #: Tax that the price contains, by the goods' category at the moment of the order.
    tax_bps: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Where the offer is ordered in full boxes: pieces wanted in any case, as last wished; else null.
    wanted_qty: Mapped[int | None]
    #: Pieces taken besides, only if they fill a box, as last wished.
    tolerance_qty: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Pieces that the cut-off gave out of full boxes.
    given_qty: Mapped[int | None]


class WishRow(Base):
    """The journal of wishes for offers in full boxes: who wanted how much more or less, when. Append-only.

    It names order and offer, not the line, for an unpaid order that is amended gets new lines and keeps its places.
    """

    __tablename__ = "orders_wish"
    __table_args__ = (
        CheckConstraint("wanted_delta <> 0 OR tolerance_delta <> 0", name="not_nothing"),
        Index(None, "order_id", "offer_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders_order.id"))
    offer_id: Mapped[UUID]
    at: Mapped[datetime]
    wanted_delta: Mapped[int]
    tolerance_delta: Mapped[int]


class Weighing(Base):
    """What the scale showed for a line that is sold by weight, and the price of a piece that follows from it."""

    __tablename__ = "orders_weighing"
    __table_args__ = (
        CheckConstraint("weight_g > 0 AND qty > 0 AND estimate_g > 0", name="measures_positive"),
        CheckConstraint("price_cents BETWEEN 0 AND most_cents", name="never_more_than_ordered"),
    )
    line_id: Mapped[UUID] = mapped_column(ForeignKey("orders_line.id"), primary_key=True)
    #: Net grams of all `qty` pieces together.
    weight_g: Mapped[int]
    qty: Mapped[int]
    #: Grams of a piece that `most_cents`, its price before the scale, was meant for.
    estimate_g: Mapped[int]
    most_cents: Mapped[int]
    #: The price of a piece by the last weight.
    price_cents: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]


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
