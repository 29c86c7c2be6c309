"""Pickup points' day limits and rest days, answers of geocoders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: None = None
depends_on: None = None

LIMITS = ("day_orders", "day_ambient", "day_chilled", "day_frozen")


def upgrade() -> None:
    for name in LIMITS:
        op.add_column("communities_pickup_point", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column(
        "communities_pickup_point", sa.Column("rest_weekdays", sa.String(), server_default="", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_communities_pickup_point_day_limits_sensible"), "communities_pickup_point",
        f"LEAST({', '.join(LIMITS)}) >= 0",
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_communities_pickup_point_some_day_open"), "communities_pickup_point",
        "rest_weekdays ~ '^1?2?3?4?5?6?7?$' AND rest_weekdays <> '1234567'",
    )  # fmt: skip
    _rests()
    _geocode()
    op.create_index(
        op.f("ix_orders_order_pickup_point_id_pickup_on"), "orders_order", ["pickup_point_id", "pickup_on"]
    )  # fmt: skip


def downgrade() -> None:
    kept = op.get_bind().scalar(
        sa.text(
            "SELECT (SELECT count(*) FROM communities_point_rest) + (SELECT count(*) FROM communities_pickup_point "
            f"WHERE rest_weekdays <> '' OR coalesce({', '.join(LIMITS)}) IS NOT NULL)"
        )
    )
    if kept:
        raise RuntimeError("pickup points have rest days or day limits; take them away first")
    op.drop_index(op.f("ix_orders_order_pickup_point_id_pickup_on"), "orders_order")
    for table in ("communities_geocode", "communities_point_rest"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_communities_pickup_point_some_day_open"), "communities_pickup_point", type_="check")
    op.drop_constraint(
        op.f("ck_communities_pickup_point_day_limits_sensible"), "communities_pickup_point", type_="check"
    )
    for name in (*LIMITS, "rest_weekdays"):
        op.drop_column("communities_pickup_point", name)


def _rests() -> None:
    op.create_table(
        "communities_point_rest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pickup_point_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_communities_point_rest_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["pickup_point_id"], ["communities_pickup_point.id"],
            name=op.f("fk_communities_point_rest_pickup_point_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communities_point_rest")),
        sa.UniqueConstraint(
            "pickup_point_id", "from_on", name=op.f("uq_communities_point_rest_pickup_point_id_from_on")
        ),
    )  # fmt: skip


def _geocode() -> None:
    op.create_table(
        "communities_geocode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communities_geocode")),
        sa.UniqueConstraint("provider", "query", name=op.f("uq_communities_geocode_provider_query")),
    )
    op.create_index(op.f("ix_communities_geocode_provider_asked_at"), "communities_geocode", ["provider", "asked_at"])
