"""Full boxes with tolerance, and goods sold by weight: what residents wish, what a box holds, what the scale showed.

Nothing that stands is changed: offers are sold by the piece and SKUs not by weight until somebody says so.
"""

import re

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None

#: Reasons of cuts that this step adds.
NEW_REASONS = ("pack_fill", "weight")


def upgrade() -> None:
    op.add_column("catalogue_sku", sa.Column("estimate_g", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint("estimate_sensible", "catalogue_sku", "estimate_g >= 0")
    _add_boxes()
    op.create_table(
        "orders_wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted_delta", sa.Integer(), nullable=False),
        sa.Column("tolerance_delta", sa.Integer(), nullable=False),
        sa.CheckConstraint("wanted_delta <> 0 OR tolerance_delta <> 0", name=op.f("ck_orders_wish_not_nothing")),
        sa.ForeignKeyConstraint(["order_id"], ["orders_order.id"], name=op.f("fk_orders_wish_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders_wish")),
    )
    op.create_index(op.f("ix_orders_wish_order_id_offer_id"), "orders_wish", ["order_id", "offer_id"])
    op.create_table(
        "orders_weighing",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("estimate_g", sa.Integer(), nullable=False),
        sa.Column("most_cents", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "weight_g > 0 AND qty > 0 AND estimate_g > 0", name=op.f("ck_orders_weighing_measures_positive")
        ),
        sa.CheckConstraint(
            "price_cents BETWEEN 0 AND most_cents", name=op.f("ck_orders_weighing_never_more_than_ordered")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["orders_line.id"], name=op.f("fk_orders_weighing_line_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_orders_weighing")),
    )
    _set_reasons([*_reasons(), *NEW_REASONS])


def _add_boxes() -> None:
    op.add_column("groupbuys_offer", sa.Column("pack_size", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column(
        "groupbuys_offer", sa.Column("tolerance_qty", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_check_constraint(
        "boxes_sensible", "groupbuys_offer", "pack_size > 0 AND tolerance_qty BETWEEN 0 AND sold_qty"
    )
    op.add_column("orders_line", sa.Column("wanted_qty", sa.Integer(), nullable=True))
    op.add_column("orders_line", sa.Column("tolerance_qty", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("orders_line", sa.Column("given_qty", sa.Integer(), nullable=True))
    op.create_check_constraint(
        "wishes_within_qty",
        "orders_line",
        "tolerance_qty >= 0 AND wanted_qty >= 0 AND wanted_qty + tolerance_qty <= qty",
    )
    op.create_check_constraint(
        "given_within_wishes", "orders_line", "given_qty BETWEEN 0 AND wanted_qty + tolerance_qty"
    )


def _reasons() -> list[str]:
    """The reasons that a cut may have now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_orders_line_cut_cutreason'")
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_reasons(reasons: list[str]) -> None:
    op.drop_constraint(op.f("ck_orders_line_cut_cutreason"), "orders_line_cut", type_="check")
    allowed = ", ".join(f"'{reason}'" for reason in reasons)
    op.create_check_constraint(op.f("ck_orders_line_cut_cutreason"), "orders_line_cut", f"reason IN ({allowed})")


def downgrade() -> None:
    # Cuts of the new kinds keep their sums under the nearest older reason.
    op.execute("UPDATE orders_line_cut SET reason = 'below_minimum' WHERE reason = 'pack_fill'")
    op.execute("UPDATE orders_line_cut SET reason = 'price_break' WHERE reason = 'weight'")
    _set_reasons([reason for reason in _reasons() if reason not in NEW_REASONS])
    op.drop_table("orders_weighing")
    op.drop_index(op.f("ix_orders_wish_order_id_offer_id"), table_name="orders_wish")
    op.drop_table("orders_wish")
    for table, names in (
        ("orders_line", ("given_within_wishes", "wishes_within_qty")),
        ("groupbuys_offer", ("boxes_sensible",)),
        ("catalogue_sku", ("estimate_sensible",)),
    ):
        for name in names:
            op.drop_constraint(name, table, type_="check")
    for table, columns in (
        ("orders_line", ("given_qty", "tolerance_qty", "wanted_qty")),
        ("groupbuys_offer", ("tolerance_qty", "pack_size")),
        ("catalogue_sku", ("estimate_g",)),
    ):
        for column in columns:
            op.drop_column(table, column)
