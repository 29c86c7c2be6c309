"""Appraisal cycles: targets, scores, appeals, consequences, plans; the tier that commission follows, with its date."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: None = None
depends_on: None = None

_NOW = sa.DateTime(timezone=True)
_JSON = postgresql.JSONB(astext_type=sa.Text())
_MESSAGES = ("notifications_message", "kind", "messagekind")
_TIERS = ("gold", "silver", "bronze", "warning")
#: Tables in the order in which they may be dropped.
TABLES = (
    "appraisal_tier", "appraisal_checkup", "appraisal_goal", "appraisal_plan", "appraisal_consequence",
    "appraisal_appeal", "appraisal_target", "appraisal_seat", "appraisal_cycle", "scoring_adjustment",
    "scoring_history_day",
)  # fmt: skip


def upgrade() -> None:
    _add_words("appraisal")
    _add_adjustments()
    _add_cycles()
    _add_appeals()
    _add_outcomes()
    _add_tiers()


def downgrade() -> None:
    """Refuses while a cycle would be forgotten: what leaders were judged by cannot be made anew."""
    op.execute(
        """
        DO $$ BEGIN
          IF EXISTS (SELECT FROM appraisal_cycle) OR EXISTS (SELECT FROM scoring_adjustment)
            OR EXISTS (SELECT FROM scoring_history_day)
          THEN RAISE EXCEPTION 'appraisal cycles, corrections and history of facts would be lost'; END IF;
        END $$
        """
    )
    for table in TABLES:
        op.drop_table(table)
    _remove_words("appraisal")


def _add_adjustments() -> None:
    op.create_table(
        "scoring_adjustment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        _words("fact", "adjustfact", "handovers", "on_time_handovers", "due_pieces", "picked_pieces", "claims",
               "leader_fault_claims"),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("at", _NOW, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_scoring_adjustment_delta_not_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_adjustment")),
    )  # fmt: skip
    op.create_index(op.f("ix_scoring_adjustment_cause_id"), "scoring_adjustment", ["cause_id"])
    op.create_index(op.f("ix_scoring_adjustment_leader_id_on_date"), "scoring_adjustment", ["leader_id", "on_date"])

    op.create_table(
        "scoring_history_day",
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("facts", _JSON, nullable=False),
        sa.Column("residents", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("leader_id", "on_date", name=op.f("pk_scoring_history_day")),
    )
    op.create_index(op.f("ix_scoring_history_day_hub_id_on_date"), "scoring_history_day", ["hub_id", "on_date"])


def _add_cycles() -> None:
    op.create_table(
        "appraisal_cycle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        _words("stage", "cyclestage", "announced", "running", "provisional", "final", "closed", "called_off"),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("announced_at", _NOW, nullable=False),
        sa.Column("announced_by", sa.String(), nullable=False),
        sa.Column("appeals_until", _NOW, nullable=True),
        sa.Column("final_at", _NOW, nullable=True),
        sa.Column("closed_at", _NOW, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("last_on > first_on", name=op.f("ck_appraisal_cycle_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_cycle")),
        sa.UniqueConstraint("hub_id", "no", name=op.f("uq_appraisal_cycle_hub_id_no")),
    )
    op.create_index(op.f("ix_appraisal_cycle_stage"), "appraisal_cycle", ["stage"])
    op.create_table(
        "appraisal_seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        _words("target_state", "targetstate", "proposed", "accepted", "answered", "settled"),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", _NOW, nullable=True),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("replied_by", sa.String(), nullable=False),
        sa.Column("provisional_centi", sa.Integer(), nullable=True),
        _words("provisional_tier", "provisional_tier", *_TIERS, nullable=True),
        sa.Column("final_centi", sa.Integer(), nullable=True),
        _words("final_tier", "final_tier", *_TIERS, nullable=True),
        sa.Column("unjudged", _JSON, nullable=False),
        sa.Column("targets_reached", sa.Integer(), nullable=True),
        _words("standing", "standing", *_TIERS, nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["appraisal_cycle.id"], name=op.f("fk_appraisal_seat_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_seat")),
        sa.UniqueConstraint("cycle_id", "leader_id", name=op.f("uq_appraisal_seat_cycle_id_leader_id")),
    )
    op.create_index(op.f("ix_appraisal_seat_leader_id"), "appraisal_seat", ["leader_id"])
    op.create_table(
        "appraisal_target",
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("target_bps", sa.Integer(), nullable=False),
        sa.Column("own_bps", sa.Integer(), nullable=True),
        sa.Column("peers_bps", sa.Integer(), nullable=True),
        sa.Column("higher_is_better", sa.Boolean(), nullable=False),
        sa.CheckConstraint("target_bps >= 0", name=op.f("ck_appraisal_target_target_not_negative")),
        sa.ForeignKeyConstraint(["seat_id"], ["appraisal_seat.id"], name=op.f("fk_appraisal_target_seat_id")),
        sa.PrimaryKeyConstraint("seat_id", "measure", name=op.f("pk_appraisal_target")),
    )


def _add_appeals() -> None:
    op.create_table(
        "appraisal_appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("photos", _JSON, nullable=False),
        _words("status", "appealstatus", "open", "upheld", "declined"),
        sa.Column("filed_at", _NOW, nullable=False),
        sa.Column("due_at", _NOW, nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", _NOW, nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["appraisal_seat.id"], name=op.f("fk_appraisal_appeal_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_appeal")),
        sa.UniqueConstraint("seat_id", name=op.f("uq_appraisal_appeal_seat_id")),
    )
    op.create_index(op.f("ix_appraisal_appeal_status_due_at"), "appraisal_appeal", ["status", "due_at"])


def _add_outcomes() -> None:
    op.create_table(
        "appraisal_consequence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        _words("kind", "consequencekind", "tier", "warning", "probation", "restore", "replacement"),
        _words("state", "consequencestate", "proposed", "confirmed", "dismissed"),
        _words("tier", "tier", *_TIERS, nullable=True),
        sa.Column("from_at", _NOW, nullable=True),
        sa.Column("reasons", _JSON, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("proposed_at", _NOW, nullable=False),
        sa.Column("decided_at", _NOW, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["appraisal_seat.id"], name=op.f("fk_appraisal_consequence_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_consequence")),
        sa.UniqueConstraint("seat_id", "kind", name=op.f("uq_appraisal_consequence_seat_id_kind")),
    )
    op.create_index(op.f("ix_appraisal_consequence_state"), "appraisal_consequence", ["state"])
    op.create_table(
        "appraisal_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        _words("state", "planstate", "running", "passed", "failed"),
        sa.Column("ended_at", _NOW, nullable=True),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_appraisal_plan_days_in_order")),
        sa.ForeignKeyConstraint(["seat_id"], ["appraisal_seat.id"], name=op.f("fk_appraisal_plan_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_plan")),
    )
    op.create_index(op.f("ix_appraisal_plan_leader_id"), "appraisal_plan", ["leader_id"])
    op.create_index("uq_appraisal_plan_running", "appraisal_plan", ["leader_id"], unique=True,
                    postgresql_where=sa.text("state = 'running'"))  # fmt: skip
    op.create_table(
        "appraisal_goal",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("target_bps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["appraisal_plan.id"], name=op.f("fk_appraisal_goal_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "measure", name=op.f("pk_appraisal_goal")),
    )
    op.create_table(
        "appraisal_checkup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", _NOW, nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("on_track", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["appraisal_plan.id"], name=op.f("fk_appraisal_checkup_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_checkup")),
        sa.UniqueConstraint("plan_id", "due_on", name=op.f("uq_appraisal_checkup_plan_id_due_on")),
    )


def _add_tiers() -> None:
    """Commission followed the newest scorecard until now: that tier stands on."""
    op.create_table(
        "appraisal_tier",
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", _NOW, nullable=False),
        _words("tier", "tier", *_TIERS),
        sa.Column("consequence_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("leader_id", "from_at", name=op.f("pk_appraisal_tier")),
    )
    op.execute(
        """
        INSERT INTO appraisal_tier (leader_id, from_at, tier)
        SELECT DISTINCT ON (leader_id) leader_id, computed_at, tier FROM scoring_scorecard
        ORDER BY leader_id, period_to DESC, computed_at DESC
        """
    )


def _words(name: str, enum: str, *words: str, nullable: bool = False) -> sa.Column[str]:
    kind = sa.Enum(*words, name=enum, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=nullable)


def _add_words(*words: str) -> None:
    _set_words([*_words_now(), *words])


def _remove_words(*words: str) -> None:
    _set_words([word for word in _words_now() if word not in words])


def _words_now() -> list[str]:
    """The kinds of messages that there may be now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{_MESSAGES[0]}_{_MESSAGES[2]}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(words: Iterable[str]) -> None:
    table, column, check = _MESSAGES
    name, allowed = f"ck_{table}_{check}", ", ".join(f"'{word}'" for word in words)
    op.execute(f"DELETE FROM {table} WHERE {column} NOT IN ({allowed})")
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")
