"""Tables of the logistics room, from demand to the doorstep."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.catalogue.values import Zone
from app.domains.logistics.values.handover import Fault, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.logistics.values.routes import PlanState
from app.domains.logistics.values.sorting import SheetState
from app.infra.db import Base, BigCents
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


class Sheet(Base):
    """The sorting sheet of one pickup point and temperature zone."""

    __tablename__ = "logistics_sheet"
    __table_args__ = (UniqueConstraint("group_buy_id", "pickup_point_id", "zone"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    pickup_point_id: Mapped[UUID]
    zone: Mapped[Zone]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[SheetState]
    sorted_by: Mapped[str | None]
    sorted_at: Mapped[datetime | None]


class SheetLine(Base):
    """Pieces of one SKU that go into the crates of one sheet."""

    __tablename__ = "logistics_sheet_line"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"),)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"), primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    qty: Mapped[int]


class Crate(Base):
    """A box that travels to one pickup point; `code` is on its label."""

    __tablename__ = "logistics_crate"
    __table_args__ = (UniqueConstraint("sheet_id", "seq"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"))
    seq: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)


class Vehicle(Base):
    """A truck of a hub."""

    __tablename__ = "logistics_vehicle"
    __table_args__ = (CheckConstraint("capacity_ml > 0 AND capacity_g > 0", name="capacity_positive"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    capacity_ml: Mapped[int]
    capacity_g: Mapped[int]
    cost_per_km_cents: Mapped[int]
    fixed_cost_cents: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


class RoutePlan(Base):
    """All tours of one round; at most one plan of a round is not replaced."""

    __tablename__ = "logistics_route_plan"
    __table_args__ = (
        UniqueConstraint("group_buy_id", "version"),
        Index(
            "uq_logistics_route_plan_current", "group_buy_id", unique=True, postgresql_where=text("state <> 'replaced'")
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    version: Mapped[int]
    state: Mapped[PlanState]
    cost_cents: Mapped[int] = mapped_column(BigCents)
    distance_m: Mapped[int]
    planned_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]


class Route(Base):
    """One truck's tour."""

    __tablename__ = "logistics_route"
    __table_args__ = (UniqueConstraint("plan_id", "no"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_route_plan.id"))
    no: Mapped[int]
    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_vehicle.id"))
    distance_m: Mapped[int]
    volume_ml: Mapped[int] = mapped_column(BigCents)
    weight_g: Mapped[int]
    cost_cents: Mapped[int] = mapped_column(BigCents)


class Stop(Base):
    """One pickup point on a tour."""

    __tablename__ = "logistics_stop"
    __table_args__ = (UniqueConstraint("route_id", "seq"), UniqueConstraint("route_id", "pickup_point_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    route_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_route.id"))
    seq: Mapped[int]
    pickup_point_id: Mapped[UUID]
    arrive_at: Mapped[datetime]
    leave_at: Mapped[datetime]
    leg_m: Mapped[int]
    crates: Mapped[int]
    volume_ml: Mapped[int] = mapped_column(BigCents)
    weight_g: Mapped[int]
    arrived_at: Mapped[datetime | None]


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
