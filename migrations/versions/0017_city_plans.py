"""Plans for a whole city, and the stamp of the ground that they and every newcomer are looked up on."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: None = None
depends_on: None = None

#: Words that this step adds to columns which hold one of a few words: (table, column, constraint) → word.
WORDS = {
    ("communities_home", "reason", "homereason"): "planned",
    ("notifications_message", "kind", "messagekind"): "pickup_point_changed",
}
#: What an index of the city is made of.
GROUND = ("communities_neighbourhood", "communities_pickup_point", "communities_leader", "communities_leader_post")
STATES = ("waiting", "solving", "draft", "failed", "dropped", "applying", "applied", "undoing", "undone")


def upgrade() -> None:
    for (table, column, check), word in WORDS.items():
        _set_words(table, column, check, [*_words_of(table, check), word])
    _stamp()
    _plans()


def downgrade() -> None:
    op.drop_table("communities_planned_move")
    op.drop_table("communities_city_plan")
    for table in GROUND:
        op.execute(f"DROP TRIGGER communities_ground_changed ON {table}")
    op.execute("DROP FUNCTION communities_ground_changed()")
    op.drop_table("communities_ground_stamp")
    op.execute("UPDATE communities_home SET reason = 'chosen' WHERE reason = 'planned'")
    op.execute("DELETE FROM notifications_message WHERE kind = 'pickup_point_changed'")
    for (table, column, check), word in WORDS.items():
        _set_words(table, column, check, [one for one in _words_of(table, check) if one != word])


def _stamp() -> None:
    op.create_table(
        "communities_ground_stamp",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("stamp", sa.Uuid(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_communities_ground_stamp_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communities_ground_stamp")),
    )
    op.execute(
        """
        CREATE FUNCTION communities_ground_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO communities_ground_stamp VALUES (1, gen_random_uuid())
            ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp;
          RETURN NULL;
        END $$
        """
    )
    for table in GROUND:
        op.execute(
            f"CREATE TRIGGER communities_ground_changed AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION communities_ground_changed()"
        )


def _plans() -> None:
    op.create_table(
        "communities_city_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        _words("state", "cityplanstate", *STATES),
        sa.Column("sticky_m", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("keep_wishes", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("rounds", postgresql.JSONB(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("before_m", sa.BigInteger(), nullable=False),
        sa.Column("after_m", sa.BigInteger(), nullable=False),
        sa.Column("is_relaxed", sa.Boolean(), nullable=False),
        sa.Column("loads", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("sticky_m >= 0 AND most > 0", name=op.f("ck_communities_city_plan_wishes_sensible")),
        sa.ForeignKeyConstraint(["hub_id"], ["communities_hub.id"], name=op.f("fk_communities_city_plan_hub_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communities_city_plan")),
    )
    op.create_index(
        "uq_communities_city_plan_open", "communities_city_plan", ["hub_id"], unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'solving', 'draft', 'applying', 'undoing')"),
    )  # fmt: skip
    op.create_index(
        op.f("ix_communities_city_plan_hub_id_asked_at"), "communities_city_plan", ["hub_id", "asked_at"], unique=False
    )
    table = "communities_planned_move"
    op.create_table(
        table,
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("home_id", sa.Uuid(), nullable=False),
        sa.Column("from_point_id", sa.Uuid(), nullable=False),
        sa.Column("to_point_id", sa.Uuid(), nullable=False),
        sa.Column("before_m", sa.Integer(), nullable=True),
        sa.Column("after_m", sa.Integer(), nullable=False),
        _words("state", "plannedmovestate", "planned", "moved", "stale", "back", "stayed"),
        sa.Column("new_home_id", sa.Uuid(), nullable=True),
        sa.Column("back_home_id", sa.Uuid(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in (
                ("plan_id", "communities_city_plan"), ("resident_id", "accounts_account"),
                ("home_id", "communities_home"), ("from_point_id", "communities_pickup_point"),
                ("to_point_id", "communities_pickup_point"), ("new_home_id", "communities_home"),
                ("back_home_id", "communities_home"),
            )
        ),
        sa.PrimaryKeyConstraint("plan_id", "resident_id", name=op.f(f"pk_{table}")),
    )  # fmt: skip
    op.create_index("ix_communities_planned_move_state", table, ["plan_id", "state", "resident_id"], unique=False)


def _words(name: str, enum: str, *words: str) -> sa.Column[str]:
    kind = sa.Enum(*words, name=enum, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=False)


def _words_of(table: str, check: str) -> list[str]:
    """The words that a column may hold now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{check}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(table: str, column: str, check: str, words: list[str]) -> None:
    name = f"ck_{table}_{check}"
    allowed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")
