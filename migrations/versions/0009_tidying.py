"""Tidying: indexes for what is looked up or deleted by its age, and a key for searching by pinyin."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index(
        "ix_orders_order_round_unpaid", "orders_order", ["group_buy_id", "id"], postgresql_where="status = 'placed'"
    )
    op.add_column("groupbuys_round_step", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_groupbuys_round_step_running", "groupbuys_round_step", ["group_buy_id"],
        postgresql_where="state = 'running'",
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_groupbuys_round_step_running", table_name="groupbuys_round_step")
    op.drop_column("groupbuys_round_step", "moved_at")
    op.drop_index("ix_orders_order_round_unpaid", table_name="orders_order")
