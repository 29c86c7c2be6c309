"""Goals of HQ and of hubs, by month."""

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: None = None
depends_on: None = None

KPIS = ("orders", "buyers", "penetration", "on_time", "pickup_rate", "claim_rate")


def upgrade() -> None:
    kpi = sa.Enum(*KPIS, name="kpi", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "goals_goal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kpi", kpi, nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.CheckConstraint("target >= 0", name=op.f("ck_goals_goal_target_not_negative")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_goals_goal_month_begins")),
        sa.ForeignKeyConstraint(["hub_id"], ["communities_hub.id"], name=op.f("fk_goals_goal_hub_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goals_goal")),
    )
    op.create_index(
        "uq_goals_goal_hub", "goals_goal", ["hub_id", "month", "kpi"], unique=True,
        postgresql_where=sa.text("hub_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "uq_goals_goal_all", "goals_goal", ["month", "kpi"], unique=True,
        postgresql_where=sa.text("hub_id IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("goals_goal")
