"""Recruitment: applications, endorsements, training, checklist and contract; leaders may run a top store."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: None = None
depends_on: None = None

TABLES = ("note", "training", "endorsement", "application", "contract", "policy")
#: Words that this step adds to columns which hold one of a few words: (table, column, constraint) → words.
WORDS = {
    ("communities_leader", "kind", "leaderkind"): ("top_store",),
    ("settlement_rate_rule", "leader_kind", "leaderkind"): ("top_store",),
    ("notifications_message", "kind", "messagekind"): ("application_decided",),
}


def upgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [*_words_of(table, check), *words])
    _create_tables()


def downgrade() -> None:
    count = "SELECT count(*) FROM recruitment_application WHERE submitted_at IS NOT NULL"
    if op.get_bind().scalar(sa.text(count)):
        raise RuntimeError("applications were handed in; taking this step back would lose them")
    for table, column in (("communities_leader", "kind"), ("settlement_rate_rule", "leader_kind")):
        if op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {column} = 'top_store'")):
            raise RuntimeError(f"{table} holds top stores, which the step before does not know")
    for table in TABLES:
        op.drop_table(f"recruitment_{table}")
    op.execute("DELETE FROM notifications_message WHERE kind = 'application_decided'")
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
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")


def _create_tables() -> None:
    op.create_table(
        "recruitment_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weights", postgresql.JSONB(), nullable=False),
        sa.Column("radius_m", sa.Integer(), nullable=False),
        sa.Column("endorsements", sa.Integer(), nullable=False),
        sa.Column("storage_m2", sa.Integer(), nullable=False),
        sa.Column("fridge_l", sa.Integer(), nullable=False),
        sa.Column("freezer_l", sa.Integer(), nullable=False),
        sa.Column("open_minutes", sa.Integer(), nullable=False),
        sa.Column("pass_points", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_recruitment_policy")),
    )
    op.create_table(
        "recruitment_contract",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_recruitment_contract")),
    )
    op.create_table(
        "recruitment_application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "accepted",
                "active",
                "declined",
                "withdrawn",
                name="applicationstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("typed", postgresql.JSONB(), nullable=False),
        sa.Column("photos", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("search_key", sa.String(), server_default="", nullable=False),
        sa.Column("id_tail", sa.String(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "home", "shop", "top_store", name="leaderkind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("storage_m2", sa.Integer(), nullable=True),
        sa.Column("fridge_l", sa.Integer(), nullable=True),
        sa.Column("freezer_l", sa.Integer(), nullable=True),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column(
            "experience",
            sa.Enum("none", "some", "much", name="experience", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("hub_id", sa.Uuid(), nullable=True),
        sa.Column("neighbourhood_id", sa.Uuid(), nullable=True),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("consent_version", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("scored", postgresql.JSONB(), nullable=True),
        sa.Column("score_centi", sa.Integer(), nullable=True),
        sa.Column("identity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("identity_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("contract_version", sa.Integer(), nullable=True),
        sa.Column("contract_locale", sa.String(), nullable=True),
        sa.Column("contract_sha256", sa.String(), nullable=True),
        sa.Column("signed_name", sa.String(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "status <> 'active' OR (leader_id IS NOT NULL AND signed_at IS NOT NULL)",
            name=op.f("ck_recruitment_application_active"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL",
            name=op.f("ck_recruitment_application_submitted"),
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["communities_hub.id"], name=op.f("fk_recruitment_application_hub_id")),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["communities_leader.id"], name=op.f("fk_recruitment_application_leader_id")
        ),
        sa.ForeignKeyConstraint(
            ["neighbourhood_id"],
            ["communities_neighbourhood.id"],
            name=op.f("fk_recruitment_application_neighbourhood_id"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["accounts_account.id"], name=op.f("fk_recruitment_application_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruitment_application")),
    )
    op.create_index(
        op.f("ix_recruitment_application_neighbourhood_id"),
        "recruitment_application",
        ["neighbourhood_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_recruitment_application_resident_id"), "recruitment_application", ["resident_id"], unique=False
    )
    op.create_index(
        op.f("ix_recruitment_application_status_submitted_at"),
        "recruitment_application",
        ["status", "submitted_at"],
        unique=False,
    )
    op.create_index(
        "uq_recruitment_application_open",
        "recruitment_application",
        ["phone"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'submitted', 'accepted')"),
    )
    op.create_table(
        "recruitment_endorsement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(), server_default="", nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(used_at IS NULL) = (resident_id IS NULL)", name=op.f("ck_recruitment_endorsement_used_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["recruitment_application.id"], name=op.f("fk_recruitment_endorsement_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["accounts_account.id"], name=op.f("fk_recruitment_endorsement_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruitment_endorsement")),
        sa.UniqueConstraint(
            "application_id", "resident_id", name=op.f("uq_recruitment_endorsement_application_id_resident_id")
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_recruitment_endorsement_token_hash")),
    )
    op.create_table(
        "recruitment_training",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "counting",
                "cold_chain",
                "handing_out",
                "complaints",
                "privacy",
                name="trainingstep",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["recruitment_application.id"], name=op.f("fk_recruitment_training_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "step", name=op.f("pk_recruitment_training")),
    )
    op.create_table(
        "recruitment_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["recruitment_application.id"], name=op.f("fk_recruitment_note_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruitment_note")),
    )
    op.create_index(
        op.f("ix_recruitment_note_application_id_at"), "recruitment_note", ["application_id", "at"], unique=False
    )
