"""Week numbers by hub, the fee below a supplier's minimum in the books, and what leaders are told of payouts."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: None = None
depends_on: None = None

#: Words that this step adds to columns which hold one of a few words: (table, column, constraint) → words.
WORDS = {
    ("ledger_journal", "kind", "journalkind"): ("minimum_billed",),
    ("notifications_message", "kind", "messagekind"): (
        "payout_paid",
        "payout_refused",
        "payout_returned",
        "bank_refused",
    ),
    ("reconciliation_booking", "kind", "bookingkind"): ("transfer_returned",),
}


def upgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [*_words_of(table, check), *words])
    for name in ("year", "serial"):
        op.add_column("statements_week", sa.Column(name, sa.Integer(), nullable=True))
    # Weeks that were sent out keep the number that stands on them; the series goes on after them.
    op.execute(
        """
        UPDATE statements_week w SET year = n.year, serial = n.serial FROM (
          SELECT id, extract(isoyear FROM week_on)::int AS year,
            row_number() OVER (PARTITION BY hub_id, extract(isoyear FROM week_on) ORDER BY week_on, no) AS serial
          FROM statements_week) n
        WHERE n.id = w.id
        """
    )
    for name in ("year", "serial"):
        op.alter_column("statements_week", name, nullable=False)
    op.create_unique_constraint(op.f("uq_statements_week_hub_id_year_serial"), "statements_week",
                                ["hub_id", "year", "serial"])  # fmt: skip


def downgrade() -> None:
    for (table, column, _check), words in WORDS.items():
        _refuse_used(table, column, words)
    for name in ("serial", "year"):
        op.drop_column("statements_week", name)
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [word for word in _words_of(table, check) if word not in words])


def _refuse_used(table: str, column: str, words: Iterable[str]) -> None:
    """Say so rather than lose what was booked or told."""
    used = sa.text(f"SELECT count(*) FROM {table} WHERE {column} = ANY(:words)")
    if count := op.get_bind().execute(used, {"words": list(words)}).scalar_one():
        raise RuntimeError(f"{count} rows of {table} use words of step {revision}: restore a backup instead")


def _words_of(table: str, check: str) -> list[str]:
    """The words that a column may hold now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{check}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(table: str, column: str, check: str, words: Iterable[str]) -> None:
    name = f"ck_{table}_{check}"
    allowed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")
