"""Ratings of pickups, plans and to-dos for leaders, the log of looks at personal data."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: None = None
depends_on: None = None

_NOW = sa.DateTime(timezone=True)
#: Words that this step adds to columns which hold one of a few words: (table, column, constraint) → words.
WORDS = {
    ("notifications_message", "kind", "messagekind"): ("rating_answered", "leader_wrote"),
}


def upgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [*_words_of(table, check), *words])
    _ratings()
    _tasks()
    _looks()


def downgrade() -> None:
    for table in ("ratings_rating", "tasks_todo", "accounts_look"):
        if op.get_bind().execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one():
            raise RuntimeError(
                f"{table} holds rows that people wrote or that prove who looked; save and empty it first"
            )
    for table in ("accounts_look", "tasks_todo", "tasks_step", "tasks_plan", "ratings_rating"):
        op.drop_table(table)
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [word for word in _words_of(table, check) if word not in words])


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
    op.execute(f"DELETE FROM {table} WHERE {column} NOT IN ({allowed})")
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")


def _words(name: str, enum: str, *words: str, nullable: bool = False) -> sa.Column[str]:
    kind = sa.Enum(*words, name=enum, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=nullable)


def _ratings() -> None:
    op.create_table(
        "ratings_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("pickup_on", sa.Date(), nullable=False),
        sa.Column("leader_stars", sa.Integer(), nullable=False),
        sa.Column("goods_stars", sa.Integer(), nullable=False),
        sa.Column("tags", postgresql.JSONB(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("given_at", _NOW, nullable=False),
        sa.Column("changed_at", _NOW, nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", _NOW, nullable=True),
        sa.Column("hidden_at", _NOW, nullable=True),
        sa.Column("hidden_by", sa.String(), nullable=True),
        _words("hidden_reason", "hidereason", "abuse", "personal_data", "advertising", "off_topic", nullable=True),
        sa.CheckConstraint(
            "leader_stars BETWEEN 1 AND 5 AND goods_stars BETWEEN 1 AND 5", name=op.f("ck_ratings_rating_stars")
        ),
        sa.CheckConstraint("(answered_at IS NULL) = (answer = '')", name=op.f("ck_ratings_rating_answered")),
        sa.CheckConstraint("(hidden_at IS NULL) = (hidden_reason IS NULL)", name=op.f("ck_ratings_rating_hidden")),
        sa.ForeignKeyConstraint(["order_id"], ["orders_order.id"], name=op.f("fk_ratings_rating_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings_rating")),
        sa.UniqueConstraint("order_id", name=op.f("uq_ratings_rating_order_id")),
    )
    op.create_index(op.f("ix_ratings_rating_leader_id_pickup_on"), "ratings_rating", ["leader_id", "pickup_on"])
    op.create_index(op.f("ix_ratings_rating_hub_id_pickup_on"), "ratings_rating", ["hub_id", "pickup_on"])
    op.create_index(op.f("ix_ratings_rating_resident_id"), "ratings_rating", ["resident_id"])
    op.create_index(
        "ix_ratings_rating_unanswered", "ratings_rating", ["leader_id"], postgresql_where=sa.text("answer = ''")
    )


def _tasks() -> None:
    op.create_table(
        "tasks_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        _words("state", "planstate", "draft", "published", "withdrawn"),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", _NOW, nullable=False),
        sa.Column("published_at", _NOW, nullable=True),
        sa.Column("withdrawn_at", _NOW, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks_plan")),
    )
    op.create_index(op.f("ix_tasks_plan_state"), "tasks_plan", ["state"])
    op.create_table(
        "tasks_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("day_offset", sa.Integer(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_time", sa.Time(), nullable=False),
        sa.Column("script", sa.String(), nullable=False),
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("needs_proof", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=True),
        sa.Column("tier", sa.String(), nullable=True),
        _words("seniority", "seniority", "new", "growing", "mature", nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(day_offset IS NULL) <> (on_date IS NULL)", name=op.f("ck_tasks_step_one_day")),
        sa.CheckConstraint("day_offset >= 0", name=op.f("ck_tasks_step_offset_not_negative")),
        sa.ForeignKeyConstraint(["plan_id"], ["tasks_plan.id"], name=op.f("fk_tasks_step_plan_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts_account.id"], name=op.f("fk_tasks_step_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks_step")),
    )
    op.create_index(op.f("ix_tasks_step_plan_id_due_on"), "tasks_step", ["plan_id", "due_on"])
    op.create_table(
        "tasks_todo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", _NOW, nullable=False),
        sa.Column("made_at", _NOW, nullable=False),
        sa.Column("done_at", _NOW, nullable=True),
        sa.Column("proof_text", sa.String(), nullable=False),
        sa.Column("proof_photo", sa.String(), nullable=False),
        sa.CheckConstraint(
            "done_at IS NOT NULL OR proof_text || proof_photo = ''", name=op.f("ck_tasks_todo_proof_when_done")
        ),
        sa.ForeignKeyConstraint(["step_id"], ["tasks_step.id"], name=op.f("fk_tasks_todo_step_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["tasks_plan.id"], name=op.f("fk_tasks_todo_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks_todo")),
        sa.UniqueConstraint("step_id", "leader_id", name=op.f("uq_tasks_todo_step_id_leader_id")),
    )
    op.create_index(op.f("ix_tasks_todo_leader_id_due_on"), "tasks_todo", ["leader_id", "due_on"])
    op.create_index(op.f("ix_tasks_todo_hub_id_due_on"), "tasks_todo", ["hub_id", "due_on"])
    op.create_index(op.f("ix_tasks_todo_plan_id"), "tasks_todo", ["plan_id"])


def _looks() -> None:
    op.create_table(
        "accounts_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", _NOW, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        _words("kind", "lookkind", "phone", "export"),
        sa.Column("whose_id", sa.Uuid(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        _words(
            "reason", "lookreason", "call_back", "delivery", "claim", "recall", "identity", "authority", "moving_data",
            "other",
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_accounts_look_people_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_look")),
    )  # fmt: skip
    for columns in (["by_id", "at"], ["whose_id", "at"], ["at"]):
        op.create_index(op.f(f"ix_accounts_look_{'_'.join(columns)}"), "accounts_look", columns)
