"""Trucks with zones, shifts and stop costs; a hub's rules of planning; searches in the worker; the driver's notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None

AT = sa.DateTime(timezone=True)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    _vehicles()
    op.create_table(
        "logistics_route_rules",
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("whole_truck_pct", sa.Integer(), nullable=False),
        sa.Column("detour_pct", sa.Integer(), nullable=False),
        sa.Column("speed_kmh", sa.Integer(), nullable=False),
        sa.Column("dock_opens", sa.Time(), nullable=False),
        sa.Column("dock_closes", sa.Time(), nullable=False),
        sa.CheckConstraint(
            "whole_truck_pct BETWEEN 0 AND 100", name=op.f("ck_logistics_route_rules_whole_truck_share")
        ),
        sa.CheckConstraint(
            "detour_pct BETWEEN 100 AND 300 AND speed_kmh BETWEEN 5 AND 120",
            name=op.f("ck_logistics_route_rules_ground_sane"),
        ),
        sa.CheckConstraint("dock_opens < dock_closes", name=op.f("ck_logistics_route_rules_dock_has_hours")),
        sa.PrimaryKeyConstraint("hub_id", name=op.f("pk_logistics_route_rules")),
    )
    op.create_table(
        "logistics_delivery_window",
        sa.Column("pickup_point_id", sa.Uuid(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("service_s", sa.Integer(), nullable=True),
        sa.CheckConstraint("opens < closes", name=op.f("ck_logistics_delivery_window_window_has_length")),
        sa.PrimaryKeyConstraint("pickup_point_id", name=op.f("pk_logistics_delivery_window")),
    )
    _plans()
    _searches_and_links()
    op.add_column("logistics_handover", sa.Column("arrived_at", AT, nullable=True))


def _vehicles() -> None:
    table = "logistics_vehicle"
    op.add_column(table, sa.Column("cost_per_stop_cents", sa.Integer(), server_default="0", nullable=False))
    for zone in ("ambient", "chilled", "frozen"):
        op.add_column(table, sa.Column(f"carries_{zone}", sa.Boolean(), server_default="true", nullable=False))
    op.add_column(table, sa.Column("shift_from", sa.Time(), server_default="05:00", nullable=False))
    op.add_column(table, sa.Column("shift_until", sa.Time(), server_default="18:00", nullable=False))
    op.add_column(table, sa.Column("max_tours", sa.Integer(), server_default="1", nullable=False))
    op.add_column(table, sa.Column("broken_at", AT, nullable=True))
    op.create_check_constraint(
        op.f("ck_logistics_vehicle_carries_something"), table, "carries_ambient OR carries_chilled OR carries_frozen"
    )
    op.create_check_constraint(op.f("ck_logistics_vehicle_shift_has_length"), table, "shift_from < shift_until")
    op.create_check_constraint(op.f("ck_logistics_vehicle_tours_a_day"), table, "max_tours BETWEEN 1 AND 9")


def _plans() -> None:
    plan, route, stop = "logistics_route_plan", "logistics_route", "logistics_stop"
    op.add_column(plan, sa.Column("unplanned", postgresql.JSONB(), server_default="[]", nullable=False))
    origins = words("planorigin", "solver", "hand", "breakdown")
    op.add_column(plan, sa.Column("origin", origins, server_default="solver", nullable=False))
    op.add_column(plan, sa.Column("seed", sa.Integer(), nullable=True))
    op.add_column(route, sa.Column("trip", sa.Integer(), server_default="1", nullable=False))
    op.add_column(route, sa.Column("locked", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(route, sa.Column("leaves_at", AT, nullable=True))
    op.add_column(route, sa.Column("back_at", AT, nullable=True))
    op.add_column(stop, sa.Column("first_crate", sa.Integer(), server_default="0", nullable=False))
    op.add_column(stop, sa.Column("empties_qty", sa.Integer(), nullable=True))
    op.add_column(stop, sa.Column("handed_at", AT, nullable=True))
    op.add_column(stop, sa.Column("handed_to", sa.String(), server_default="", nullable=False))
    op.add_column(stop, sa.Column("problem", sa.String(), server_default="", nullable=False))
    op.add_column(stop, sa.Column("problem_at", AT, nullable=True))
    op.add_column(stop, sa.Column("collect_from", sa.String(), server_default="", nullable=False))
    op.drop_constraint(op.f("uq_logistics_stop_route_id_pickup_point_id"), stop)
    op.create_unique_constraint(
        op.f("uq_logistics_stop_route_id_pickup_point_id_first_crate"),
        stop,
        ["route_id", "pickup_point_id", "first_crate"],
    )


def _searches_and_links() -> None:
    op.create_table(
        "logistics_plan_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("state", words("runstate", "waiting", "searching", "done", "failed"), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("began_at", AT, nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("curve", postgresql.JSONB(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_plan_run")),
    )
    op.create_index(
        op.f("ix_logistics_plan_run_group_buy_id_asked_at"), "logistics_plan_run", ["group_buy_id", "asked_at"]
    )
    op.create_table(
        "logistics_driver_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", AT, nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("withdrawn_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["logistics_vehicle.id"], name=op.f("fk_logistics_driver_link_vehicle_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_driver_link")),
    )
    op.create_index(
        "uq_logistics_driver_link_open", "logistics_driver_link", ["group_buy_id", "vehicle_id"], unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_column("logistics_handover", "arrived_at")
    op.drop_table("logistics_driver_link")
    op.drop_table("logistics_plan_run")
    stop = "logistics_stop"
    op.drop_constraint(op.f("uq_logistics_stop_route_id_pickup_point_id_first_crate"), stop)
    op.create_unique_constraint(
        op.f("uq_logistics_stop_route_id_pickup_point_id"), stop, ["route_id", "pickup_point_id"]
    )
    for name in ("collect_from", "problem_at", "problem", "handed_to", "handed_at", "empties_qty", "first_crate"):
        op.drop_column(stop, name)
    for name in ("back_at", "leaves_at", "locked", "trip"):
        op.drop_column("logistics_route", name)
    for name in ("seed", "origin", "unplanned"):
        op.drop_column("logistics_route_plan", name)
    op.drop_table("logistics_delivery_window")
    op.drop_table("logistics_route_rules")
    for name in ("tours_a_day", "shift_has_length", "carries_something"):
        op.drop_constraint(op.f(f"ck_logistics_vehicle_{name}"), "logistics_vehicle")
    for name in (
        "broken_at", "max_tours", "shift_until", "shift_from", "carries_frozen", "carries_chilled", "carries_ambient",
        "cost_per_stop_cents",
    ):  # fmt: skip
        op.drop_column("logistics_vehicle", name)
