"""Commission rates by version, claims with evidence and fault."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: None = None
depends_on: None = None

_NOW = sa.DateTime(timezone=True)
_FAULT = "ck_aftersales_claim_fault"
_FAULTS = "'supplier', 'hub', 'carrier', 'leader'"


#: Words that this step adds to columns which hold one of a few words: (table, column, constraint) → words.
WORDS = {
    ("notifications_message", "kind", "messagekind"): ("claim_about_you", "rates_announced"),
}


def upgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [*_words_of(table, check), *words])
    _widen_claims()
    _add_notes()
    _add_claim_rules()
    _add_rates()
    _freeze_commission()


def downgrade() -> None:
    for table in ("settlement_rate_rule", "settlement_rate_version"):
        op.drop_table(table)
    op.drop_column("orders_line", "commission_min_cents")
    op.drop_index(op.f("ix_settlement_commission_entry_frozen"), "settlement_commission_entry")
    for column in ("release_id", "released_at", "frozen_until"):
        op.drop_column("settlement_commission_entry", column)
    for table in ("aftersales_alert", "aftersales_policy", "aftersales_photo", "aftersales_note"):
        op.drop_table(table)
    op.drop_index(op.f("ix_aftersales_claim_owner_id"), "aftersales_claim")
    op.drop_index(op.f("ix_aftersales_claim_group_buy_id_sku_id"), "aftersales_claim")
    for column in ("owner_name", "owner_id", "policy_version", "screening", "evidence_due_at", "group_buy_id"):
        op.drop_column("aftersales_claim", column)
    op.execute("UPDATE aftersales_claim SET fault = 'hub' WHERE fault = 'nobody'")
    op.drop_constraint(op.f("ck_aftersales_claim_claimfault"), "aftersales_claim", type_="check")
    op.create_check_constraint(op.f(_FAULT), "aftersales_claim", f"fault IN ({_FAULTS})")
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


def _widen_claims() -> None:
    """Claims know their round, the leader's clock, the policy that screened them, and who has them in hand."""
    op.drop_constraint(op.f(_FAULT), "aftersales_claim", type_="check")
    op.create_check_constraint(
        op.f("ck_aftersales_claim_claimfault"), "aftersales_claim", f"fault IN ({_FAULTS}, 'nobody')"
    )
    for column in (
        sa.Column("group_buy_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_due_at", _NOW, nullable=True),
        _words(
            "screening", "screening", "passed", "no_photo", "missing_pieces", "above_limit", "many_claims",
            nullable=True,
        ),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=True),
    ):  # fmt: skip
        op.add_column("aftersales_claim", column)
    op.execute(
        "UPDATE aftersales_claim c SET group_buy_id = l.group_buy_id, evidence_due_at = c.due_at"
        " FROM orders_line l WHERE l.id = c.order_line_id"
    )
    for name in ("group_buy_id", "evidence_due_at"):
        op.alter_column("aftersales_claim", name, nullable=False)
    op.create_index(op.f("ix_aftersales_claim_group_buy_id_sku_id"), "aftersales_claim", ["group_buy_id", "sku_id"])
    op.create_index(op.f("ix_aftersales_claim_owner_id"), "aftersales_claim", ["owner_id"])


def _add_notes() -> None:
    op.create_table(
        "aftersales_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        _words("kind", "notekind", "filed", "added", "evidence", "taken", "handed_over"),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("photos", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("at", _NOW, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["aftersales_claim.id"], name=op.f("fk_aftersales_note_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aftersales_note")),
    )
    op.create_index(op.f("ix_aftersales_note_claim_id_at"), "aftersales_note", ["claim_id", "at"])
    op.create_table(
        "aftersales_photo",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", _NOW, nullable=False),
        sa.PrimaryKeyConstraint("key", "account_id", name=op.f("pk_aftersales_photo")),
    )
    op.create_index(op.f("ix_aftersales_photo_account_id_at"), "aftersales_photo", ["account_id", "at"])


def _add_claim_rules() -> None:
    op.create_table(
        "aftersales_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("auto_limit_cents", sa.BigInteger(), nullable=False),
        sa.Column("free_claims", sa.Integer(), nullable=False),
        sa.Column("share_bps", sa.Integer(), nullable=False),
        sa.Column("history_days", sa.Integer(), nullable=False),
        sa.Column("evidence_hours", sa.Integer(), nullable=False),
        sa.Column("decide_hours", sa.Integer(), nullable=False),
        sa.Column("alert_residents", sa.Integer(), nullable=False),
        sa.Column("at", _NOW, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_aftersales_policy")),
    )
    op.create_table(
        "aftersales_alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("group_buy_id", sa.Uuid(), nullable=False),
        sa.Column("sku_id", sa.Uuid(), nullable=False),
        sa.Column("raised_at", _NOW, nullable=False),
        sa.Column("seen_at", _NOW, nullable=True),
        sa.Column("seen_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aftersales_alert")),
        sa.UniqueConstraint("group_buy_id", "sku_id", name=op.f("uq_aftersales_alert_group_buy_id_sku_id")),
    )


def _add_rates() -> None:
    op.add_column(
        "orders_line", sa.Column("commission_min_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "settlement_rate_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", _NOW, nullable=False),
        sa.Column("min_line_cents", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("announced_at", _NOW, nullable=False),
        sa.Column("announced_by", sa.String(), nullable=False),
        sa.CheckConstraint("valid_from > announced_at", name=op.f("ck_settlement_rate_version_announced_before")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_rate_version")),
        sa.UniqueConstraint("version", name=op.f("uq_settlement_rate_version_version")),
    )
    op.create_table(
        "settlement_rate_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        _words("tier", "tier", "gold", "silver", "bronze", "warning", nullable=True),
        _words("leader_kind", "leaderkind", "home", "shop", nullable=True),
        sa.Column("rate_bps", sa.Integer(), nullable=False),
        sa.CheckConstraint("rate_bps BETWEEN 0 AND 3000", name=op.f("ck_settlement_rate_rule_rate_sane")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["settlement_rate_version.id"], name=op.f("fk_settlement_rate_rule_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["catalogue_category.id"], name=op.f("fk_settlement_rate_rule_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_rate_rule")),
        sa.UniqueConstraint(
            "version_id", "category_id", "tier", "leader_kind",
            name=op.f("uq_settlement_rate_rule_version_id_category_id_tier_leader_kind"),
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip


def _freeze_commission() -> None:
    """What was earned before is available: it stands in that account already."""
    for column in (
        sa.Column("frozen_until", _NOW, nullable=True),
        sa.Column("released_at", _NOW, nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
    ):
        op.add_column("settlement_commission_entry", column)
    op.execute("UPDATE settlement_commission_entry SET frozen_until = at, released_at = at")
    op.alter_column("settlement_commission_entry", "frozen_until", nullable=False)
    op.create_index(
        op.f("ix_settlement_commission_entry_frozen"), "settlement_commission_entry", ["frozen_until", "order_line_id"],
        postgresql_where=sa.text("released_at IS NULL"),
    )  # fmt: skip
