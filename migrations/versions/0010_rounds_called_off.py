"""Rounds that HQ calls off, and what else a running round must be able to undo."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: None = None
depends_on: None = None

#: Words that this step adds to columns which hold one of a few words: (table, column) → constraint, words, and the
#: nearest older word of each for the way back.
WORDS = {
    ("orders_line_cut", "reason"): ("cutreason", {"sort_short": "handover_short", "called_off": "below_minimum"}),
    ("notifications_message", "kind"): ("messagekind", {"called_off": None, "review_withdrawn": None}),
}
ROUND_OF_DAY = "uq_groupbuys_group_buy_hub_id_round_on"
STANDING = sa.text("status <> 'cancelled'")


def upgrade() -> None:
    for (table, column), (check, words) in WORDS.items():
        _set_words(table, column, check, [*_words(table, check), *words])
    op.create_table(
        "logistics_left_unweighed",
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("group_buy_id", name=op.f("pk_logistics_left_unweighed")),
    )
    op.drop_constraint(op.f(ROUND_OF_DAY), "groupbuys_group_buy", type_="unique")
    op.create_index(ROUND_OF_DAY, "groupbuys_group_buy", ["hub_id", "round_on"], unique=True, postgresql_where=STANDING)
    op.create_table(
        "groupbuys_call_off",
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_buy_id"], ["groupbuys_group_buy.id"], name=op.f("fk_groupbuys_call_off_group_buy_id")
        ),
        sa.PrimaryKeyConstraint("group_buy_id", name=op.f("pk_groupbuys_call_off")),
    )


def downgrade() -> None:
    op.drop_table("groupbuys_call_off")
    # A day has one group-buy again: those that were called off beside another one move to days of their own, long ago.
    op.execute(
        "UPDATE groupbuys_group_buy g SET round_on = date '1900-01-01' + n.no FROM ("
        "SELECT id, row_number() OVER (ORDER BY id)::int AS no FROM groupbuys_group_buy c WHERE status = 'cancelled' AND"
        " EXISTS (SELECT 1 FROM groupbuys_group_buy o WHERE o.id <> c.id AND o.hub_id = c.hub_id"
        " AND o.round_on = c.round_on)) n WHERE n.id = g.id"
    )
    op.drop_index(ROUND_OF_DAY, table_name="groupbuys_group_buy", postgresql_where=STANDING)
    op.create_unique_constraint(op.f(ROUND_OF_DAY), "groupbuys_group_buy", ["hub_id", "round_on"])
    op.drop_table("logistics_left_unweighed")
    for (table, column), (check, words) in WORDS.items():
        for word, older in words.items():
            if older is None:
                op.execute(f"DELETE FROM {table} WHERE {column} = '{word}'")
            else:
                op.execute(f"UPDATE {table} SET {column} = '{older}' WHERE {column} = '{word}'")
        _set_words(table, column, check, [word for word in _words(table, check) if word not in words])


def _words(table: str, check: str) -> list[str]:
    """The words that a column may hold now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{check}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(table: str, column: str, check: str, words: Iterable[str]) -> None:
    name = f"ck_{table}_{check}"
    op.drop_constraint(op.f(name), table, type_="check")
    allowed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")
