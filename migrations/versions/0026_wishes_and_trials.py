"""City plans ask for more, pairs are locked one by one, and a back-test is a job with a kept result."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: None = None
depends_on: None = None

TRIED = ("waiting", "running", "done", "cancelled")


def upgrade() -> None:
    op.add_column("communities_city_plan", sa.Column("least", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "communities_city_plan", sa.Column("some_may_lose", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("communities_city_plan", sa.Column("locked", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_communities_city_plan_least_sensible"), "communities_city_plan", "least >= 0 AND least <= most"
    )
    op.add_column(
        "communities_planned_move", sa.Column("is_locked", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _locks()
    _back_tests()


def downgrade() -> None:
    op.drop_table("scoring_back_test")
    op.drop_table("communities_home_lock")
    op.drop_column("communities_planned_move", "is_locked")
    op.drop_constraint(op.f("ck_communities_city_plan_least_sensible"), "communities_city_plan", type_="check")
    for column in ("locked", "some_may_lose", "least"):
        op.drop_column("communities_city_plan", column)


def _locks() -> None:
    table = "communities_home_lock"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("pickup_point_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("within_m", sa.Integer(), nullable=True),
        sa.Column("locked_by", sa.String(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(resident_id IS NULL) = (lat IS NOT NULL) AND (lat IS NULL) = (lon IS NULL)"
            " AND (lat IS NULL) = (within_m IS NULL)",
            name=op.f(f"ck_{table}_somebody_or_somewhere"),
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in (
                ("hub_id", "communities_hub"), ("pickup_point_id", "communities_pickup_point"),
                ("resident_id", "accounts_account"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_hub_id_locked_at"), table, ["hub_id", "locked_at"], unique=False)
    op.create_index(
        f"uq_{table}_resident", table, ["resident_id"], unique=True,
        postgresql_where=sa.text("resident_id IS NOT NULL"),
    )  # fmt: skip


def _back_tests() -> None:
    table = "scoring_back_test"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*TRIED, name="backteststate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("periods", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trials", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["scoring_policy_draft.id"], name=op.f(f"fk_{table}_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("draft_id", "hub_id", name=op.f(f"uq_{table}_draft_id_hub_id")),
    )
