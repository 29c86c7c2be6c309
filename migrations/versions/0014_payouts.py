"""Statements, withdrawals and payouts, receipts and invoices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: None = None
depends_on: None = None

TABLES = (
    "payouts_event", "payouts_bank_answer", "payouts_payout", "payouts_batch", "payouts_policy", "payouts_details",
    "statements_week_line", "statements_week", "receipts_paper", "receipts_series",
)  # fmt: skip


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.add_column("supply_supplier", sa.Column("payment_days", sa.Integer(), server_default="14", nullable=False))
    op.create_check_constraint(
        op.f("ck_supply_supplier_payment_days_sensible"), "supply_supplier", "payment_days BETWEEN 0 AND 180"
    )
    _payouts()
    _statements()
    _receipts()
    op.execute(
        """
        CREATE FUNCTION receipts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'a receipt is final; take it back by a credit note' USING ERRCODE = 'check_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER receipts_paper_final BEFORE UPDATE OR DELETE ON receipts_paper "
        "FOR EACH ROW EXECUTE FUNCTION receipts_refuse_change()"
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION receipts_refuse_change()")
    op.drop_constraint(op.f("ck_supply_supplier_payment_days_sensible"), "supply_supplier", type_="check")
    op.drop_column("supply_supplier", "payment_days")


def _payouts() -> None:
    op.create_table(
        "payouts_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint("count > 0 AND total_cents > 0", name=op.f("ck_payouts_batch_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts_batch")),
        sa.UniqueConstraint("no", name=op.f("uq_payouts_batch_no")),
    )
    op.create_index(op.f("ix_payouts_batch_hub_id_id"), "payouts_batch", ["hub_id", "id"], unique=False)
    op.create_table(
        "payouts_details",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("way", words("payoutway", "stripe", "bank_file", "by_hand"), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("bank_name", sa.String(), nullable=False),
        sa.Column("account_no", sa.String(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usable_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts_details")),
    )
    op.create_index(
        "uq_payouts_details_open",
        "payouts_details",
        ["payee_id"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL"),
    )
    op.create_table(
        "payouts_policy",
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("min_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("second_above_cents", sa.BigInteger(), nullable=False),
        sa.Column("cooldown_hours", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "fee_cents >= 0 AND min_cents > fee_cents AND second_above_cents >= 0 AND cooldown_hours >= 0",
            name=op.f("ck_payouts_policy_sensible"),
        ),
        sa.PrimaryKeyConstraint("hub_id", name=op.f("pk_payouts_policy")),
    )
    op.create_table(
        "payouts_payout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("payee_kind", words("payeekind", "leader", "supplier"), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("payee_name", sa.String(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("way", words("payoutway", "stripe", "bank_file", "by_hand"), nullable=False),
        sa.Column("details_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            words("payoutstatus", "asked", "approved", "paying", "paid", "rejected", "failed", "returned"),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_two", sa.Boolean(), nullable=False),
        sa.Column("first_by", sa.Uuid(), nullable=True),
        sa.Column("second_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT needs_two OR status IN ('asked', 'rejected') OR second_by IS NOT NULL",
            name=op.f("ck_payouts_payout_second_approved"),
        ),
        sa.CheckConstraint(
            "fee_cents >= 0 AND amount_cents > fee_cents", name=op.f("ck_payouts_payout_something_arrives")
        ),
        sa.CheckConstraint("first_by <> second_by", name=op.f("ck_payouts_payout_two_people")),
        sa.ForeignKeyConstraint(["batch_id"], ["payouts_batch.id"], name=op.f("fk_payouts_payout_batch_id")),
        sa.ForeignKeyConstraint(["details_id"], ["payouts_details.id"], name=op.f("fk_payouts_payout_details_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts_payout")),
        sa.UniqueConstraint("no", name=op.f("uq_payouts_payout_no")),
    )
    op.create_index(op.f("ix_payouts_payout_batch_id"), "payouts_payout", ["batch_id"], unique=False)
    op.create_index(op.f("ix_payouts_payout_hub_id_id"), "payouts_payout", ["hub_id", "id"], unique=False)
    op.create_index(
        "ix_payouts_payout_open",
        "payouts_payout",
        ["next_look_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('approved', 'paying')"),
    )
    op.create_index(op.f("ix_payouts_payout_payee_id_id"), "payouts_payout", ["payee_id", "id"], unique=False)
    op.create_table(
        "payouts_bank_answer",
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            words("payoutstatus", "asked", "approved", "paying", "paid", "rejected", "failed", "returned"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("bank_ref", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts_payout.id"], name=op.f("fk_payouts_bank_answer_payout_id")),
        sa.PrimaryKeyConstraint("payout_id", name=op.f("pk_payouts_bank_answer")),
    )
    op.create_table(
        "payouts_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            words("payoutstatus", "asked", "approved", "paying", "paid", "rejected", "failed", "returned"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts_payout.id"], name=op.f("fk_payouts_event_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts_event")),
    )
    op.create_index(op.f("ix_payouts_event_payout_id"), "payouts_event", ["payout_id"], unique=False)


def _statements() -> None:
    op.create_table(
        "statements_week",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("opening_cents", sa.BigInteger(), nullable=False),
        sa.Column("closing_cents", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements_week")),
        sa.UniqueConstraint(
            "leader_id",
            "hub_id",
            "currency",
            "week_on",
            name=op.f("uq_statements_week_leader_id_hub_id_currency_week_on"),
        ),
        sa.UniqueConstraint("no", name=op.f("uq_statements_week_no")),
    )
    op.create_index(op.f("ix_statements_week_hub_id_week_on"), "statements_week", ["hub_id", "week_on"], unique=False)
    op.create_table(
        "statements_week_line",
        sa.Column("week_id", sa.Uuid(), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("journal_kind", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["week_id"], ["statements_week.id"], name=op.f("fk_statements_week_line_week_id")),
        sa.PrimaryKeyConstraint("week_id", "journal_id", name=op.f("pk_statements_week_line")),
    )


def _receipts() -> None:
    op.create_table(
        "receipts_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("paperkind", "receipt", "invoice", "credit_note"), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("credits_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("buyer_title", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (credits_id IS NOT NULL)", name=op.f("ck_receipts_paper_credit_notes_credit")
        ),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (refund_id IS NOT NULL)", name=op.f("ck_receipts_paper_credit_notes_have_refunds")
        ),
        sa.CheckConstraint("total_cents > 0 AND serial > 0", name=op.f("ck_receipts_paper_positive")),
        sa.ForeignKeyConstraint(["credits_id"], ["receipts_paper.id"], name=op.f("fk_receipts_paper_credits_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts_paper")),
        sa.UniqueConstraint("hub_id", "kind", "year", "serial", name=op.f("uq_receipts_paper_hub_id_kind_year_serial")),
        sa.UniqueConstraint("no", name=op.f("uq_receipts_paper_no")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_receipts_paper_refund_id")),
    )
    op.create_index(op.f("ix_receipts_paper_credits_id"), "receipts_paper", ["credits_id"], unique=False)
    op.create_index(op.f("ix_receipts_paper_hub_id_id"), "receipts_paper", ["hub_id", "id"], unique=False)
    op.create_index(op.f("ix_receipts_paper_order_id"), "receipts_paper", ["order_id"], unique=False)
    op.create_index(op.f("ix_receipts_paper_order_no"), "receipts_paper", ["order_no"], unique=False)
    op.create_index(op.f("ix_receipts_paper_resident_id_id"), "receipts_paper", ["resident_id", "id"], unique=False)
    op.create_index(
        "uq_receipts_paper_of_order",
        "receipts_paper",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("kind IN ('receipt', 'invoice')"),
    )
    op.create_table(
        "receipts_series",
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("paperkind", "receipt", "invoice", "credit_note"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hub_id", "kind", "year", name=op.f("pk_receipts_series")),
    )
