"""What models cannot say: the sequence of order numbers, and a ledger that balances and is append-only."""

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE orders_order_no_seq")
    op.execute(
        """
        CREATE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (SELECT sum(amount_cents) FROM ledger_posting WHERE journal_id = NEW.journal_id) <> 0 THEN
            RAISE EXCEPTION 'journal % does not balance', NEW.journal_id USING ERRCODE = 'check_violation';
          END IF;
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_posting
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_balanced()
        """
    )
    op.execute(
        """
        CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the ledger is append-only; correct by a reversing journal' USING ERRCODE = 'check_violation';
        END $$
        """
    )
    for table in ("ledger_posting", "ledger_journal"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()"
        )


def downgrade() -> None:
    for table in ("ledger_posting", "ledger_journal"):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION ledger_refuse_change()")
    op.execute("DROP TRIGGER ledger_balanced ON ledger_posting")
    op.execute("DROP FUNCTION ledger_check_balanced()")
    op.execute("DROP SEQUENCE orders_order_no_seq")
