"""Tidying: indexes for what is looked up or deleted by its age, and a key for searching by pinyin."""

import sqlalchemy as sa
from alembic import op
from pypinyin import Style, lazy_pinyin

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None

#: Tables that are searched by their texts.
SEARCHED = {
    "catalogue_sku": ("code", "name", "name_en", "spec", "spec_en", "origin", "barcode"),
    "communities_leader": ("code", "name"),
    "accounts_account": ("name",),
}


def upgrade() -> None:
    op.create_index(
        "ix_orders_order_round_unpaid", "orders_order", ["group_buy_id", "id"], postgresql_where="status = 'placed'"
    )
    op.add_column("groupbuys_round_step", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_groupbuys_round_step_running", "groupbuys_round_step", ["group_buy_id"],
        postgresql_where="state = 'running'",
    )  # fmt: skip
    op.create_index("ix_infra_delivery_at", "infra_delivery", ["at"])
    op.create_index("ix_payments_seen_event_seen_at", "payments_seen_event", ["seen_at"])
    for table, texts in SEARCHED.items():
        op.add_column(table, sa.Column("search_key", sa.String(), server_default="", nullable=False))
        _fill_keys(table, texts)


def _fill_keys(table: str, texts: tuple[str, ...]) -> None:
    """Write the keys of the rows that stand, some thousands at a time; what is written later does it itself."""
    connection = op.get_bind()
    here = sa.table(table, sa.column("id", sa.Uuid()), sa.column("search_key"), *(sa.column(name) for name in texts))
    rows = connection.execute(sa.select(here.c.id, *(here.c[name] for name in texts))).all()
    saving = sa.update(here).where(here.c.id == sa.bindparam("row")).values(search_key=sa.bindparam("key"))
    for start in range(0, len(rows), 5_000):
        part = rows[start : start + 5_000]
        connection.execute(saving, [{"row": id_, "key": _key(*known)} for id_, *known in part])


def _key(*texts: str) -> str:
    """As `app.infra.search` made it at the time of this step."""
    plain = [" ".join(text.lower().split()) for text in texts if text.strip()]
    said = [
        "".join(lazy_pinyin(text, style=style)).replace(" ", "")
        for text in plain
        if not text.isascii()
        for style in (Style.NORMAL, Style.FIRST_LETTER)
    ]
    return " ".join(dict.fromkeys([*plain, *said]))


def downgrade() -> None:
    for table in SEARCHED:
        op.drop_column(table, "search_key")
    op.drop_index("ix_payments_seen_event_seen_at", table_name="payments_seen_event")
    op.drop_index("ix_infra_delivery_at", table_name="infra_delivery")
    op.drop_index("ix_groupbuys_round_step_running", table_name="groupbuys_round_step")
    op.drop_column("groupbuys_round_step", "moved_at")
    op.drop_index("ix_orders_order_round_unpaid", table_name="orders_order")
