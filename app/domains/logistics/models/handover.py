"""What leaders get from the truck."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.logistics.values.handover import Fault, HandoverState
from app.infra.db import Base
from app.kernel.ids import new_id


class Handover(Base):
    """What one leader gets for one round; counted once."""

    __tablename__ = "logistics_handover"
    __table_args__ = (UniqueConstraint("group_buy_id", "pickup_point_id"), Index(None, "leader_id", "pickup_on"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    pickup_point_id: Mapped[UUID]
    leader_id: Mapped[UUID]
    pickup_on: Mapped[date]
    state: Mapped[HandoverState]
    crates: Mapped[int]
    #: When the truck was planned to be there; on-time handover is measured against it.
    planned_at: Mapped[datetime]
    #: When the truck was there with the last part of the goods; a leader is not late for a late truck.
    arrived_at: Mapped[datetime | None]
    counted_at: Mapped[datetime | None]
    counted_by: Mapped[str | None]


class HandoverLine(Base):
    """One SKU of a handover: expected, short, damaged, and whose fault."""

    __tablename__ = "logistics_handover_line"
    __table_args__ = (
        UniqueConstraint("handover_id", "sku_id"),
        CheckConstraint(
            "short_qty >= 0 AND damaged_qty >= 0 AND short_qty + damaged_qty <= expected_qty", name="counts"
        ),
        CheckConstraint("short_qty + damaged_qty = 0 OR fault IS NOT NULL", name="difference_has_fault"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    handover_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_handover.id"))
    sku_id: Mapped[UUID]
    expected_qty: Mapped[int]
    short_qty: Mapped[int] = mapped_column(default=0)
    damaged_qty: Mapped[int] = mapped_column(default=0)
    fault: Mapped[Fault | None]
    note: Mapped[str] = mapped_column(default="")
