"""The books: balances at checkpoints, closed periods, reconciliation with the provider."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: None = None
depends_on: None = None

#: Words that this step adds to columns which hold one of a few words: (table, column, column's constraint) → words.
WORDS = {
    ("ledger_posting", "account", "ledgeraccount"): (
        "bank", "leader_cash", "resident_balance", "leader_frozen", "payout_transit", "hub_payable", "tax",
        "promotions", "other_income", "hub_cost", "delivery_cost", "loss", "fees",
    ),
    ("ledger_journal", "kind", "journalkind"): (
        "commission_released", "leader_charged", "loss_borne", "cash_handed_in", "balance_granted",
        "balance_withdrawn", "promotion_used", "provider_fee", "provider_payout", "provider_adjusted",
        "delivery_booked", "hub_booked", "payout_requested", "payout_paid", "payout_returned", "supplier_paid",
        "hub_paid", "tax_booked", "reversed", "corrected",
    ),
}  # fmt: skip


#: The accounts of this day; what a later step adds, it adds to all tables of accounts.
ACCOUNTS = (
    "provider_clearing", "deferred_sales", "sales", "refunds", "leader_payable", "commission", "supplier_payable",
    "goods", "hub_loss", *WORDS["ledger_posting", "account", "ledgeraccount"],
)  # fmt: skip
#: Rows of these tables are only ever added; `ledger_refuse_change` comes from step 0003.
APPEND_ONLY = ("ledger_period", "ledger_period_sum", "ledger_balance_mark")


def upgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [*_words(table, check), *words])
    op.add_column("ledger_journal", sa.Column("note", sa.String(), server_default="", nullable=False))
    op.drop_index("ix_ledger_posting_account_owner_id", "ledger_posting")
    op.create_index("ix_ledger_posting_account_owner_id_id", "ledger_posting", ["account", "owner_id", "id"])
    _add_checkpoints()
    _add_periods()
    _add_reconciliation()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER ledger_period_open ON ledger_journal")
    op.execute("DROP FUNCTION ledger_refuse_closed()")
    for table in (
        "reconciliation_difference", "reconciliation_day", "reconciliation_booking", "ledger_period_sum", "ledger_period", "ledger_balance", "ledger_balance_mark",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_ledger_posting_account_owner_id_id", "ledger_posting")
    op.create_index("ix_ledger_posting_account_owner_id", "ledger_posting", ["account", "owner_id"])
    op.drop_column("ledger_journal", "note")
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [word for word in _words(table, check) if word not in words])


def _add_checkpoints() -> None:
    op.create_table(
        "ledger_balance_mark",
        sa.Column("upto_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("postings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("upto_id", name="pk_ledger_balance_mark"),
    )
    op.create_table(
        "ledger_balance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _account_column(),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_balance"),
        sa.UniqueConstraint(
            "account",
            "owner_id",
            "hub_id",
            "currency",
            name="uq_ledger_balance_account_owner_id_hub_id_currency",
            postgresql_nulls_not_distinct=True,
        ),
    )


def _add_periods() -> None:
    op.create_table(
        "ledger_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_ledger_period_in_order")),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_period"),
        sa.UniqueConstraint("hub_id", "month", name="uq_ledger_period_hub_id_month"),
    )
    op.create_table(
        "ledger_period_sum",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        _account_column(),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("opening_cents", sa.BigInteger(), nullable=False),
        sa.Column("moved_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["period_id"], ["ledger_period.id"], name="fk_ledger_period_sum_period_id"),
        sa.PrimaryKeyConstraint("period_id", "account", "currency", name="pk_ledger_period_sum"),
    )
    # Who posts holds the hub's lock with others until the end of the transaction; who closes waits for all of them.
    op.execute(
        """
        CREATE FUNCTION ledger_refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE wrong record;
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger period ' || hub_id, 0))
          FROM (SELECT DISTINCT hub_id FROM fresh) AS hubs;
          SELECT p.month, j.kind INTO wrong FROM fresh j
          JOIN ledger_period p ON p.hub_id = j.hub_id AND j.at >= p.starts_at AND j.at < p.ends_at LIMIT 1;
          IF FOUND THEN
            RAISE EXCEPTION 'the period % is closed, % cannot be posted', wrong.month, wrong.kind
              USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_period_open';
          END IF;
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER ledger_period_open AFTER INSERT ON ledger_journal REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_closed()
        """
    )


def _add_reconciliation() -> None:
    op.create_table(
        "reconciliation_booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        _words_column("kind", "bookingkind", "charge", "refund", "refund_returned", "transfer", "other"),
        sa.Column("type_name", sa.String(), nullable=False),
        sa.Column("source_ref", sa.String(), nullable=False),
        sa.Column("payment_ref", sa.String(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliation_booking"),
        sa.UniqueConstraint("ref", name="uq_reconciliation_booking_ref"),
    )
    for column in ("source_ref", "payment_ref", "on", "payment_id", "refund_id"):
        op.create_index(f"ix_reconciliation_booking_{column}", "reconciliation_booking", [column])
    op.create_table(
        "reconciliation_day",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("on", name="pk_reconciliation_day"),
    )
    op.create_table(
        "reconciliation_difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        _words_column("kind", "mismatchkind", "missing_here", "missing_there", "amount_differs"),
        _words_column("state", "differencestate", "open", "settled", "booked", "known"),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("booking_ref", sa.String(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("hub_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("ours_cents", sa.BigInteger(), nullable=False),
        sa.Column("theirs_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliation_difference"),
        sa.UniqueConstraint(
            "kind",
            "ref",
            "booking_ref",
            "payment_id",
            "refund_id",
            name="uq_reconciliation_difference_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_reconciliation_difference_on", "reconciliation_difference", ["on"])
    op.create_index(
        "ix_reconciliation_difference_open", "reconciliation_difference", ["on"],
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip


def _words_column(name: str, enum: str, *words: str) -> sa.Column[str]:
    kind = sa.Enum(*words, name=enum, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=False)


def _account_column() -> sa.Column[str]:
    accounts = sa.Enum(*ACCOUNTS, name="ledgeraccount", native_enum=False, create_constraint=True, length=32)
    return sa.Column("account", accounts, nullable=False)


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
