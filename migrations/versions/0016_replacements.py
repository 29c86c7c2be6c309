"""Replacements by two persons, and absences of leaders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: None = None
depends_on: None = None


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def line(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)


def upgrade() -> None:
    _absences()
    _replacements()


def downgrade() -> None:
    op.drop_table("replacements_replacement")
    op.drop_table("communities_absence")


def _absences() -> None:
    op.create_table(
        "communities_absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        line("note"),
        sa.Column("state", words("absencestate", "asked", "agreed", "refused", "cancelled"), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        instant("asked_at", nullable=False),
        line("decided_by"),
        instant("decided_at"),
        line("answer"),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_communities_absence_days_in_order")),
        sa.CheckConstraint(
            "state <> 'agreed' OR deputy_id IS NOT NULL", name=op.f("ck_communities_absence_agreed_with_deputy")
        ),
        sa.CheckConstraint("deputy_id <> leader_id", name=op.f("ck_communities_absence_deputy_is_another")),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["communities_leader.id"], name=op.f("fk_communities_absence_leader_id")
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["communities_hub.id"], name=op.f("fk_communities_absence_hub_id")),
        sa.ForeignKeyConstraint(
            ["deputy_id"], ["communities_leader.id"], name=op.f("fk_communities_absence_deputy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communities_absence")),
    )
    op.create_index(
        "ix_communities_absence_holds", "communities_absence", ["leader_id", "first_on"], unique=False,
        postgresql_where=sa.text("state IN ('asked', 'agreed')"),
    )  # fmt: skip
    op.create_index(
        "ix_communities_absence_deputy", "communities_absence", ["deputy_id", "first_on"], unique=False,
        postgresql_where=sa.text("state = 'agreed'"),
    )  # fmt: skip
    op.create_index(
        op.f("ix_communities_absence_hub_id_first_on"), "communities_absence", ["hub_id", "first_on"], unique=False
    )


def _replacements() -> None:
    states = ("proposed", "planned", "done", "told", "rejected", "failed", "rolled_back")
    op.create_table(
        "replacements_replacement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("way", words("way", "named", "comes", "nearest"), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("appraisal_id", sa.Uuid(), nullable=True),
        sa.Column("state", words("replacementstate", *states), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.String(), nullable=False),
        instant("proposed_at", nullable=False),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        line("confirmed_by"),
        instant("confirmed_at"),
        instant("due_at"),
        sa.Column("tell_after_min", sa.Integer(), nullable=False),
        instant("done_at"),
        instant("tell_at"),
        instant("told_at"),
        instant("ended_at"),
        line("ended_by"),
        line("note"),
        json("refusal"),
        line("appeal"),
        instant("appealed_at"),
        line("answer"),
        line("answered_by"),
        instant("answered_at"),
        number("residents"),
        number("orders"),
        number("pieces"),
        json("undo"),
        sa.CheckConstraint(
            "(way = 'nearest') = (successor_id IS NULL)",
            name=op.f("ck_replacements_replacement_successor_unless_nearest"),
        ),
        sa.CheckConstraint("confirmed_by_id <> proposed_by_id", name=op.f("ck_replacements_replacement_two_persons")),
        sa.CheckConstraint(
            "tell_after_min BETWEEN 0 AND 1440", name=op.f("ck_replacements_replacement_tells_within_a_day")
        ),
        sa.CheckConstraint(
            "state NOT IN ('done', 'told', 'rolled_back') OR done_at IS NOT NULL",
            name=op.f("ck_replacements_replacement_done_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["communities_leader.id"], name=op.f("fk_replacements_replacement_leader_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replacements_replacement")),
    )
    table = "replacements_replacement"
    op.create_index(op.f("ix_replacements_replacement_leader_id"), table, ["leader_id"], unique=False)
    op.create_index(
        op.f("ix_replacements_replacement_hub_id_proposed_at"), table, ["hub_id", "proposed_at"], unique=False
    )
    op.create_index(
        "uq_replacements_replacement_open", table, ["leader_id"], unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'planned')"),
    )  # fmt: skip
    op.create_index(
        "ix_replacements_replacement_due", table, ["due_at"], unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )  # fmt: skip
    op.create_index(
        "ix_replacements_replacement_untold", table, ["tell_at"], unique=False,
        postgresql_where=sa.text("state = 'done'"),
    )  # fmt: skip
