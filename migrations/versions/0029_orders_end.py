"""When an order lapsed or was cancelled."""

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: None = None
depends_on: None = None

_TABLE, _CHECK = "orders_order", "ck_orders_order_ended_has_an_end"


def upgrade() -> None:
    """Orders that ended before: cancelled ones by the audit, lapsed ones when their time to pay was over."""
    op.add_column(_TABLE, sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE orders_order SET ended_at = coalesce(
          (SELECT max(a.at) FROM infra_audit a
           WHERE a.entity_id = orders_order.id AND a.action = 'orders.move' AND a.after ->> 'status' = 'cancelled'),
          pay_by)
        WHERE status IN ('lapsed', 'cancelled')
        """
    )
    op.create_check_constraint(op.f(_CHECK), _TABLE, "(status IN ('lapsed', 'cancelled')) = (ended_at IS NOT NULL)")


def downgrade() -> None:
    op.drop_constraint(op.f(_CHECK), _TABLE, type_="check")
    op.drop_column(_TABLE, "ended_at")
