"""Trucks, and how a hub plans with them."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.db import Base
from app.kernel.ids import new_id


class Vehicle(Base):
    """A truck of a hub."""

    __tablename__ = "logistics_vehicle"
    __table_args__ = (
        CheckConstraint("capacity_ml > 0 AND capacity_g > 0", name="capacity_positive"),
        CheckConstraint("carries_ambient OR carries_chilled OR carries_frozen", name="carries_something"),
        CheckConstraint("shift_from < shift_until", name="shift_has_length"),
        CheckConstraint("max_tours BETWEEN 1 AND 9", name="tours_a_day"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    capacity_ml: Mapped[int]
    capacity_g: Mapped[int]
    cost_per_km_cents: Mapped[int]
    fixed_cost_cents: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    cost_per_stop_cents: Mapped[int] = mapped_column(server_default="0")
    #: Temperature zones whose crates may ride along.
    carries_ambient: Mapped[bool] = mapped_column(server_default="true")
    carries_chilled: Mapped[bool] = mapped_column(server_default="true")
    carries_frozen: Mapped[bool] = mapped_column(server_default="true")
    #: Local time of the hub between which the truck leaves and is back.
    shift_from: Mapped[time] = mapped_column(server_default="05:00")
    shift_until: Mapped[time] = mapped_column(server_default="18:00")
    #: Tours that the truck may drive in one shift; more than one needs loading at the hub in between.
    max_tours: Mapped[int] = mapped_column(server_default="1")
    #: Since when the truck cannot drive; None = it can.
    broken_at: Mapped[datetime | None]


class RouteRules(Base):
    """How a hub plans its tours; a hub without a row plans by the defaults."""

    __tablename__ = "logistics_route_rules"
    __table_args__ = (
        CheckConstraint("whole_truck_pct BETWEEN 0 AND 100", name="whole_truck_share"),
        CheckConstraint("detour_pct BETWEEN 100 AND 300 AND speed_kmh BETWEEN 5 AND 120", name="ground_sane"),
        CheckConstraint("dock_opens < dock_closes", name="dock_has_hours"),
    )
    hub_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: A neighbourhood that fills this share of a truck gets a tour of its own; 0 = never.
    whole_truck_pct: Mapped[int]
    #: Roads are this much longer than the straight line, in percent.
    detour_pct: Mapped[int]
    speed_kmh: Mapped[int]
    #: When trucks can be loaded and come back, in the hub's time.
    dock_opens: Mapped[time]
    dock_closes: Mapped[time]


class DeliveryWindow(Base):
    """When one pickup point can take deliveries, and how long they take, where the usual is not true."""

    __tablename__ = "logistics_delivery_window"
    __table_args__ = (CheckConstraint("opens < closes", name="window_has_length"),)
    pickup_point_id: Mapped[UUID] = mapped_column(primary_key=True)
    opens: Mapped[time]
    closes: Mapped[time]
    #: Seconds from arrival to leaving; None = by the number of crates.
    service_s: Mapped[int | None]
