"""Tables of the logistics room, from demand to the doorstep."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.catalogue.values import Zone
from app.domains.logistics.values.handover import Fault, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.logistics.values.routes import PlanOrigin, PlanState, RunState
from app.domains.logistics.values.sorting import SheetState
from app.domains.logistics.values.tasks import ShortReason, TaskKind, TaskState
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
    #: The place of this point's crates at the sorting wall, and its number in walking order; 0 before it is given.
    slot: Mapped[str] = mapped_column(default="")
    slot_no: Mapped[int] = mapped_column(default=0)
    #: The last print and its version; what changes afterwards stands on a delta sheet.
    printed_at: Mapped[datetime | None]
    printed_version: Mapped[int | None]


class SheetChange(Base):
    """Pieces of one SKU that a new version of a sheet changed; a delta sheet lists those since the print."""

    __tablename__ = "logistics_sheet_change"
    __table_args__ = (
        CheckConstraint("before_qty >= 0 AND after_qty >= 0 AND before_qty <> after_qty", name="changed"),
    )
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    before_qty: Mapped[int]
    after_qty: Mapped[int]
    at: Mapped[datetime]


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
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class Shelf(Base):
    """Where a hub keeps a SKU, e.g. "A-03"; `walk` is the shelf with padded numbers, so that A-10 follows A-9."""

    __tablename__ = "logistics_shelf"
    hub_id: Mapped[UUID] = mapped_column(primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    shelf: Mapped[str]
    walk: Mapped[str]


class SortTask(Base):
    """One SKU for a run of neighbouring slots (a bay) of a round: what one sorter takes at a time."""

    __tablename__ = "logistics_sort_task"
    __table_args__ = (
        CheckConstraint("(state IN ('claimed', 'paused')) = (lease_until IS NOT NULL)", name="held_with_lease"),
        CheckConstraint("lease_until IS NULL OR worker_id IS NOT NULL", name="held_by_somebody"),
        Index("uq_logistics_sort_task_first", "group_buy_id", "sku_id", "bay", unique=True,
              postgresql_where=text("kind = 'put'")),
        Index("uq_logistics_sort_task_correction", "group_buy_id", "sku_id", "bay", unique=True,
              postgresql_where=text("kind = 'correction' AND state <> 'done'")),
        Index(None, "group_buy_id", "zone", "state"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    zone: Mapped[Zone]
    sku_id: Mapped[UUID]
    bay: Mapped[int]
    kind: Mapped[TaskKind]
    state: Mapped[TaskState]
    #: Who holds it, or who did it.
    worker_id: Mapped[UUID | None]
    worker: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[datetime | None]
    #: Until then nobody else gets it; every put and a pause move it.
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class SortPut(Base):
    """Pieces of one SKU for one sheet: planned, and what was put. Negative pieces are taken out again."""

    __tablename__ = "logistics_sort_put"
    __table_args__ = (
        CheckConstraint("qty <> 0", name="not_zero"),
        CheckConstraint("(put_at IS NULL) = (put_qty IS NULL)", name="put_or_open"),
        CheckConstraint("put_qty BETWEEN least(qty, 0) AND greatest(qty, 0)", name="put_within"),
        CheckConstraint("(coalesce(put_qty, qty) <> qty) = (short_reason IS NOT NULL)", name="short_with_reason"),
        CheckConstraint("moved_qty = 0 OR moved_qty = qty - put_qty", name="moved_is_short"),
        Index("ix_logistics_sort_put_open", "sheet_id", postgresql_where=text("put_at IS NULL")),
        Index(None, "sheet_id", "sku_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sort_task.id"), index=True)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"))
    sku_id: Mapped[UUID]
    qty: Mapped[int]
    put_qty: Mapped[int | None]
    short_reason: Mapped[ShortReason | None]
    #: Short pieces that a later task looks for again.
    moved_qty: Mapped[int] = mapped_column(default=0)
    #: The crate that was scanned to confirm, or empty.
    crate_code: Mapped[str] = mapped_column(default="")
    put_at: Mapped[datetime | None]
    #: Empty where a whole sheet was ticked off instead of sorting by phone.
    put_by_id: Mapped[UUID | None]
    put_by: Mapped[str | None]


class SortError(Base):
    """Pieces that a leader missed because of the hub's sorting, told to whoever had put them."""

    __tablename__ = "logistics_sort_error"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"), Index(None, "hub_id", "at"))
    handover_line_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_handover_line.id"), primary_key=True)
    hub_id: Mapped[UUID]
    put_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistics_sort_put.id"))
    sorter_id: Mapped[UUID | None]
    sorter: Mapped[str]
    zone: Mapped[Zone]
    qty: Mapped[int]
    at: Mapped[datetime]


class CrateReturn(Base):
    """Empty crates that came back from a pickup point with the truck of one round."""

    __tablename__ = "logistics_crate_return"
    __table_args__ = (CheckConstraint("qty >= 0", name="qty_not_negative"), Index(None, "hub_id", "pickup_point_id"))
    group_buy_id: Mapped[UUID] = mapped_column(primary_key=True)
    pickup_point_id: Mapped[UUID] = mapped_column(primary_key=True)
    hub_id: Mapped[UUID]
    qty: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]


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
