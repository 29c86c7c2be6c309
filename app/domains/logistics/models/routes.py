"""Plans, tours, stops, drivers and searches for tours."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.logistics.values.routes import PlanOrigin, PlanState, RunState
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


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
    #: What no truck takes: pickup point, crates, reason and cheapest way out.
    unplanned: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    #: How the plan came to be.
    origin: Mapped[PlanOrigin] = mapped_column(server_default="solver")
    #: The solver's seed; None for plans made by hand.
    seed: Mapped[int | None]


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
    #: Which tour of its truck this is.
    trip: Mapped[int] = mapped_column(server_default="1")
    #: A locked tour stays as it is when the others are planned anew.
    locked: Mapped[bool] = mapped_column(server_default="false")
    leaves_at: Mapped[datetime | None]
    back_at: Mapped[datetime | None]


class Stop(Base):
    """One pickup point on a tour, or a part of its crates: `crates` of them from number `first_crate` on.

    Crates of a point are counted from 0 by zone and number.
    """

    __tablename__ = "logistics_stop"
    __table_args__ = (
        UniqueConstraint("route_id", "seq"),
        UniqueConstraint("route_id", "pickup_point_id", "first_crate"),
    )
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
    first_crate: Mapped[int] = mapped_column(server_default="0")
    #: What the driver notes at the door: empty crates taken along, who took the goods and when, and what went wrong.
    empties_qty: Mapped[int | None]
    handed_at: Mapped[datetime | None]
    handed_to: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")
    problem_at: Mapped[datetime | None]
    #: Where goods of a broken truck are to be fetched on the way to this stop; empty = nowhere.
    collect_from: Mapped[str] = mapped_column(server_default="")


class DriverLink(Base):
    """A driver's way to one truck's tours of one round, without an account; ends by time or when it is withdrawn."""

    __tablename__ = "logistics_driver_link"
    __table_args__ = (
        Index(
            "uq_logistics_driver_link_open", "group_buy_id", "vehicle_id", unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_vehicle.id"))
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class PlanRun(Base):
    """One search for tours in the worker: its budget, how far it is, and what it found."""

    __tablename__ = "logistics_plan_run"
    __table_args__ = (Index(None, "group_buy_id", "asked_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    state: Mapped[RunState]
    seconds: Mapped[int]
    seed: Mapped[int]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    #: Somebody wants the best so far.
    stop_asked: Mapped[bool] = mapped_column(default=False)
    #: [milliseconds after the beginning, cost in cents] of each better plan.
    curve: Mapped[list[Any]] = mapped_column(JSONB)
    plan_id: Mapped[UUID | None]
    #: Why there is no plan.
    note: Mapped[str] = mapped_column(default="")
