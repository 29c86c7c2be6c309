"""Who sells, and which tax is in the prices: sellers of hubs, rates of categories, what lines keep and what is due."""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    for table in ("catalogue_category", "orders_line"):
        op.add_column(table, sa.Column("tax_bps", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(
        op.f("ck_catalogue_category_tax_sensible"), "catalogue_category", "tax_bps BETWEEN 0 AND 5000"
    )
    op.create_table(
        "receipts_seller",
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tax_no", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hub_id", name=op.f("pk_receipts_seller")),
    )
    op.create_table(
        "settlement_tax_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("tax_bps", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_settlement_tax_entry_not_nothing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_tax_entry")),
        sa.UniqueConstraint("order_line_id", "cause_id", name=op.f("uq_settlement_tax_entry_order_line_id_cause_id")),
    )


def downgrade() -> None:
    """Say so rather than lose what was booked; papers keep what stands on them in any case."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM settlement_tax_entry")).scalar_one():
        raise RuntimeError(f"tax was booked since step {revision}: restore a backup instead")
    op.drop_table("settlement_tax_entry")
    op.drop_table("receipts_seller")
    op.drop_constraint(op.f("ck_catalogue_category_tax_sensible"), "catalogue_category")
    for table in ("orders_line", "catalogue_category"):
        op.drop_column(table, "tax_bps")
