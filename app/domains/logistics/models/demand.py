"""What a round wants at each pickup point, and shares of short goods that were set by hand."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.db import Base
from app.kernel.ids import new_id


class Demand(Base):
    """Pieces of one SKU wanted at one pickup point: frozen at cut-off, and what is still due after shortages."""

    __tablename__ = "logistics_demand"
    __table_args__ = (CheckConstraint("due_qty BETWEEN 0 AND wanted_qty", name="due_within_wanted"),)
    group_buy_id: Mapped[UUID] = mapped_column(primary_key=True)
    pickup_point_id: Mapped[UUID] = mapped_column(primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    hub_id: Mapped[UUID]
    wanted_qty: Mapped[int]
    due_qty: Mapped[int]


class ShareFix(Base):
    """Pieces of a short SKU that HQ has set by hand for one order or one pickup point; policies share out the rest."""

    __tablename__ = "logistics_share_fix"
    __table_args__ = (
        CheckConstraint("qty >= 0", name="not_negative"),
        CheckConstraint("num_nonnulls(order_id, pickup_point_id) = 1", name="one_subject"),
        UniqueConstraint(
            "group_buy_id", "sku_id", "order_id", "pickup_point_id", name="uq_logistics_share_fix_subject",
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    sku_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    pickup_point_id: Mapped[UUID | None]
    qty: Mapped[int]
    note: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
