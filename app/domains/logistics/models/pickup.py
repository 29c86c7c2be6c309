"""What residents get from leaders."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.logistics.values.pickup import PickupState
from app.infra.db import Base
from app.kernel.ids import new_id


class Pickup(Base):
    """One paid order at its pickup point, with the code that opens it."""

    __tablename__ = "logistics_pickup"
    __table_args__ = (
        UniqueConstraint("pickup_point_id", "pickup_on", "code"),
        Index(None, "leader_id", "pickup_on"),
        Index(None, "group_buy_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(unique=True)
    resident_id: Mapped[UUID]
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    pickup_point_id: Mapped[UUID]
    leader_id: Mapped[UUID]
    pickup_on: Mapped[date]
    #: Six random digits, unique per pickup point and day.
    code: Mapped[str]
    state: Mapped[PickupState]
    ready_at: Mapped[datetime | None]
    picked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]


class PickupLine(Base):
    """Pieces due and handed out of one order line; a guarded update keeps `picked_qty` within `due_qty`."""

    __tablename__ = "logistics_pickup_line"
    __table_args__ = (CheckConstraint("picked_qty BETWEEN 0 AND due_qty", name="picked_within_due"),)
    order_line_id: Mapped[UUID] = mapped_column(primary_key=True)
    pickup_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_pickup.id"), index=True)
    sku_id: Mapped[UUID]
    due_qty: Mapped[int]
    picked_qty: Mapped[int] = mapped_column(default=0)


class PickupEvent(Base):
    """One act of handing out; `event_key` comes from the leader's phone so that a repeated sync changes nothing."""

    __tablename__ = "logistics_pickup_event"
    __table_args__ = (UniqueConstraint("pickup_id", "event_key"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pickup_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_pickup.id"))
    event_key: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class PickupEventLine(Base):
    """Pieces of one line that one act handed out."""

    __tablename__ = "logistics_pickup_event_line"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"),)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_pickup_event.id"), primary_key=True)
    order_line_id: Mapped[UUID] = mapped_column(primary_key=True)
    qty: Mapped[int]
