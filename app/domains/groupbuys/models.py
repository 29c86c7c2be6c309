"""Tables of the groupbuys room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.groupbuys.values import GroupBuyStatus, OfferRole, Station, StepState
from app.infra.db import Base
from app.kernel.ids import new_id


class GroupBuy(Base):
    """One hub's group-buy of one day: what can be ordered until the cut-off. A day has one that was not called off."""

    __tablename__ = "groupbuys_group_buy"
    __table_args__ = (
        Index(
            "uq_groupbuys_group_buy_hub_id_round_on", "hub_id", "round_on", unique=True,
            postgresql_where=text("status <> 'cancelled'"),
        ),
        CheckConstraint("opens_at < cutoff_at", name="opens_before_cutoff"),
        Index(None, "status", "cutoff_at"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"))
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    title_en: Mapped[str]
    status: Mapped[GroupBuyStatus]
    #: Local day of the cut-off; names the round.
    round_on: Mapped[date]
    opens_at: Mapped[datetime]
    cutoff_at: Mapped[datetime]
    pickup_on: Mapped[date]
    currency: Mapped[str]


class Offer(Base):
    """A SKU in a group-buy. `sold_qty` is taken and given back by guarded updates only; never above `quota`."""

    __tablename__ = "groupbuys_offer"
    __table_args__ = (
        UniqueConstraint("group_buy_id", "sku_id"),
        CheckConstraint("sold_qty BETWEEN 0 AND quota", name="sold_within_quota"),
        CheckConstraint("price_cents > 0 AND cost_cents >= 0", name="price_positive"),
        CheckConstraint("commission_bps BETWEEN 0 AND 3000", name="commission_sane"),
        CheckConstraint("per_resident_limit > 0 AND min_group_qty >= 0", name="limits_sensible"),
        CheckConstraint("pack_size > 0 AND tolerance_qty BETWEEN 0 AND sold_qty", name="boxes_sensible"),
        {"postgresql_with": {"fillfactor": "50"}},
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID] = mapped_column(ForeignKey("groupbuys_group_buy.id"))
    sku_id: Mapped[UUID] = mapped_column(ForeignKey("catalogue_sku.id"), index=True)
    price_cents: Mapped[int]
    #: Purchase cost of a piece when the group-buy was planned.
    cost_cents: Mapped[int]
    commission_bps: Mapped[int]
    quota: Mapped[int]
    sold_qty: Mapped[int] = mapped_column(default=0)
    per_resident_limit: Mapped[int]
    min_group_qty: Mapped[int]
    role: Mapped[OfferRole]
    position: Mapped[int]
    #: Pieces of a box; 1 where the offer is sold by the piece and nobody may name a tolerance.
    pack_size: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    #: So many of the `sold_qty` pieces are taken only if they fill a box.
    tolerance_qty: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Set at cut-off when the minimum was not reached, or not a single box filled.
    cancelled_at: Mapped[datetime | None]


class PriceBreakRow(Base):
    """A lower price for everybody from a quantity of the whole group on."""

    __tablename__ = "groupbuys_price_break"
    __table_args__ = (CheckConstraint("from_qty > 1 AND price_cents > 0", name="sensible"),)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("groupbuys_offer.id"), primary_key=True)
    from_qty: Mapped[int] = mapped_column(primary_key=True)
    price_cents: Mapped[int]


class RoundStepRow(Base):
    """How far one station of a round is; every station may be started again and continues."""

    __tablename__ = "groupbuys_round_step"
    __table_args__ = (
        Index("ix_groupbuys_round_step_running", "group_buy_id", postgresql_where=text("state = 'running'")),
    )
    group_buy_id: Mapped[UUID] = mapped_column(ForeignKey("groupbuys_group_buy.id"), primary_key=True)
    station: Mapped[Station] = mapped_column(primary_key=True)
    state: Mapped[StepState]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    #: What the board shows: a count, or why it failed.
    note: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime | None]
    #: The last sign of life while it runs.
    moved_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class CallOff(Base):
    """HQ's word that a whole group-buy does not take place; orders are given back in batches until it is done."""

    __tablename__ = "groupbuys_call_off"
    group_buy_id: Mapped[UUID] = mapped_column(ForeignKey("groupbuys_group_buy.id"), primary_key=True)
    #: What residents, leaders and suppliers are told.
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    #: What was done, as the board shows it.
    note: Mapped[str] = mapped_column(default="")
