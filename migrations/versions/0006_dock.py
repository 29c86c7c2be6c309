"""The dock: bills, temperatures, photos and reversing counts; differences, allotments, stocktakes, losses, recalls."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None

#: Words that this step adds to columns which hold one of a few words: (table, column's constraint) → words.
WORDS = {
    ("ledger_journal", "journalkind"): ("supplier_billed", "supplier_credited", "stock_adjusted"),
    ("orders_line_cut", "cutreason"): ("recall",),
    ("notifications_message", "messagekind"): ("goods_recalled",),
    ("supply_stock_movement", "movementkind"): ("stocktake",),
}
COLUMN = {"journalkind": "kind", "cutreason": "reason", "messagekind": "kind", "movementkind": "kind"}


def upgrade() -> None:
    for (table, check), words in WORDS.items():
        _set_words(table, check, [*_words(table, check), *words])
    op.add_column("accounts_account", sa.Column("is_vip", sa.Boolean(), server_default=sa.false(), nullable=False))
    _widen_receiving()
    _add_differences()
    _add_stock()
    _add_fixes()


def downgrade() -> None:
    for table in (
        "logistics_share_fix", "supply_recall", "supply_loss", "supply_stocktake_line", "supply_stocktake",
        "supply_allotment", "supply_difference",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute("DELETE FROM supply_receipt_line WHERE reverses_id IS NOT NULL")
    op.drop_constraint(op.f("ck_supply_receipt_line_not_negative"), "supply_receipt_line", type_="check")
    op.create_check_constraint(
        op.f("ck_supply_receipt_line_not_negative"), "supply_receipt_line", "received_qty >= 0 AND rejected_qty >= 0"
    )
    for column in ("reverses_id", "photo", "temperature_note", "temperature_dc", "received_by_id"):
        op.drop_column("supply_receipt_line", column)
    op.drop_column("supply_lot", "frozen_at")
    op.drop_column("supply_purchase_line", "billed_qty")
    op.drop_column("supply_purchase_order", "released_at")
    op.drop_column("accounts_account", "is_vip")
    for (table, check), words in WORDS.items():
        _set_words(table, check, [word for word in _words(table, check) if word not in words])


def _words(table: str, check: str) -> list[str]:
    """The words that a column may hold now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{check}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(table: str, check: str, words: Iterable[str]) -> None:
    name = f"ck_{table}_{check}"
    op.drop_constraint(op.f(name), table, type_="check")
    allowed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(name), table, f"{COLUMN[check]} IN ({allowed})")


def _widen_receiving() -> None:
    op.add_column("supply_purchase_order", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE supply_purchase_order o SET released_at = m.at FROM (SELECT cause_id, min(at) AS at"
        " FROM supply_stock_movement WHERE kind = 'sorted' GROUP BY 1) m WHERE m.cause_id = o.group_buy_id"
    )
    op.add_column("supply_purchase_line", sa.Column("billed_qty", sa.Integer(), nullable=True))
    op.add_column("supply_lot", sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))
    for column in (
        sa.Column("received_by_id", sa.Uuid(), nullable=True),
        sa.Column("temperature_dc", sa.Integer(), nullable=True),
        sa.Column("temperature_note", sa.String(), server_default="", nullable=False),
        sa.Column("photo", sa.String(), server_default="", nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
    ):
        op.add_column("supply_receipt_line", column)
    op.create_unique_constraint(op.f("uq_supply_receipt_line_reverses_id"), "supply_receipt_line", ["reverses_id"])
    op.create_foreign_key(
        op.f("fk_supply_receipt_line_reverses_id"),
        "supply_receipt_line",
        "supply_receipt_line",
        ["reverses_id"],
        ["id"],
    )
    op.drop_constraint(op.f("ck_supply_receipt_line_not_negative"), "supply_receipt_line", type_="check")
    op.create_check_constraint(
        op.f("ck_supply_receipt_line_not_negative"),
        "supply_receipt_line",
        "reverses_id IS NOT NULL OR (received_qty >= 0 AND rejected_qty >= 0)",
    )


def _words_column(name: str, enum: str, *words: str) -> sa.Column[str]:
    return sa.Column(
        name, sa.Enum(*words, name=enum, native_enum=False, create_constraint=True, length=32), nullable=False
    )


def _add_differences() -> None:
    op.create_table(
        "supply_difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purchase_line_id", sa.Uuid(), nullable=False),
        _words_column("kind", "differencekind", "charge", "credit"),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("qty > 0 AND amount_cents >= 0", name=op.f("ck_supply_difference_sensible")),
        sa.ForeignKeyConstraint(
            ["purchase_line_id"], ["supply_purchase_line.id"], name=op.f("fk_supply_difference_purchase_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_difference")),
    )
    op.create_index(op.f("ix_supply_difference_purchase_line_id"), "supply_difference", ["purchase_line_id"])


def _lot_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["lot_id"], ["supply_lot.id"], name=op.f(f"fk_{table}_lot_id"))


def _add_stock() -> None:
    op.create_table(
        "supply_allotment",
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("qty > 0", name=op.f("ck_supply_allotment_qty_positive")),
        _lot_key("supply_allotment"),
        sa.PrimaryKeyConstraint("group_buy_id", "lot_id", name=op.f("pk_supply_allotment")),
    )
    op.create_index(op.f("ix_supply_allotment_lot_id"), "supply_allotment", ["lot_id"])
    _add_stocktakes()
    op.create_table(
        "supply_loss",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        _words_column("reason", "lossreason", "spoiled", "broken", "expired", "missing", "recalled"),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("photo", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("qty > 0", name=op.f("ck_supply_loss_qty_positive")),
        _lot_key("supply_loss"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_loss")),
    )
    op.create_index(op.f("ix_supply_loss_lot_id"), "supply_loss", ["lot_id"])
    op.create_table(
        "supply_recall",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("refunded_at IS NULL OR undone_at IS NULL", name=op.f("ck_supply_recall_refund_stays")),
        _lot_key("supply_recall"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_recall")),
    )
    op.create_index(
        "uq_supply_recall_open", "supply_recall", ["lot_id"], unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )  # fmt: skip


def _add_stocktakes() -> None:
    op.create_table(
        "supply_stocktake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        _words_column("state", "stocktakestate", "counting", "review", "posted", "dropped"),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["communities_hub.id"], name=op.f("fk_supply_stocktake_hub_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_stocktake")),
    )
    op.create_index(
        "uq_supply_stocktake_open", "supply_stocktake", ["hub_id"], unique=True,
        postgresql_where=sa.text("state IN ('counting', 'review')"),
    )  # fmt: skip
    op.create_table(
        "supply_stocktake_line",
        sa.Column("stocktake_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("counted_qty", sa.Integer(), nullable=False),
        sa.Column("book_qty", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.String(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("counted_qty >= 0", name=op.f("ck_supply_stocktake_line_not_negative")),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["supply_stocktake.id"], name=op.f("fk_supply_stocktake_line_stocktake_id")
        ),
        _lot_key("supply_stocktake_line"),
        sa.PrimaryKeyConstraint("stocktake_id", "lot_id", name=op.f("pk_supply_stocktake_line")),
    )


def _add_fixes() -> None:
    op.create_table(
        "logistics_share_fix",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("pickup_point_id", sa.Uuid(), nullable=True),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_logistics_share_fix_not_negative")),
        sa.CheckConstraint(
            "num_nonnulls(order_id, pickup_point_id) = 1", name=op.f("ck_logistics_share_fix_one_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_share_fix")),
        sa.UniqueConstraint(
            "group_buy_id", "sku_id", "order_id", "pickup_point_id",
            name=op.f("uq_logistics_share_fix_subject"),
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
