"""Facts of repurchase, punctual pickup, counts and answers; policies with a date, drafts of policies."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: None = None
depends_on: None = None

FACTS = (
    "in_window_pieces", "repurchased_7", "repurchased_30", "count_reports", "supplier_fault_claims", "hub_fault_claims",
    "asked_claims", "answered_claims", "answer_minutes", "ratings", "stars", "tasks_due", "tasks_done",
)  # fmt: skip

KIND = ("notifications_message", "kind", "messagekind")
ANNOUNCED = "policy_announced"


def upgrade() -> None:
    _set_words(*KIND, [*_words_of(*KIND), ANNOUNCED])
    for name in FACTS:
        op.add_column("scoring_leader_day", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    # Until a day is counted anew, what was fetched counts as fetched in time.
    op.execute("UPDATE scoring_leader_day SET in_window_pieces = picked_pieces")
    op.add_column(
        "scoring_policy", sa.Column("valid_from", sa.Date(), server_default=sa.text("'1970-01-01'"), nullable=False)
    )
    op.add_column("scoring_policy", sa.Column("announced_by", sa.String(), server_default="", nullable=False))
    op.create_table(
        "scoring_policy_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_policy_draft")),
        sa.UniqueConstraint("name", name=op.f("uq_scoring_policy_draft_name")),
    )


def downgrade() -> None:
    """Facts are recomputed from what happened; refuses while a version waits for its day, or a draft would be lost."""
    op.execute(
        """
        DO $$ BEGIN
          IF EXISTS (SELECT FROM scoring_policy WHERE valid_from > '1970-01-01') OR EXISTS (SELECT FROM scoring_policy_draft)
          THEN RAISE EXCEPTION 'scorecard policies with a date and drafts of policies would be lost'; END IF;
        END $$
        """
    )
    _set_words(*KIND, [word for word in _words_of(*KIND) if word != ANNOUNCED])
    op.drop_table("scoring_policy_draft")
    op.drop_column("scoring_policy", "announced_by")
    op.drop_column("scoring_policy", "valid_from")
    for name in reversed(FACTS):
        op.drop_column("scoring_leader_day", name)


def _words_of(table: str, _column: str, check: str) -> list[str]:
    """The words that a column may hold now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{check}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(table: str, column: str, check: str, words: Iterable[str]) -> None:
    name = f"ck_{table}_{check}"
    allowed = ", ".join(f"'{word}'" for word in words)
    op.execute(f"DELETE FROM {table} WHERE {column} NOT IN ({allowed})")
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")
