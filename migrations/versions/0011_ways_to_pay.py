"""Ways to pay: cards kept at the provider, balance, cash; amounts that are held first and taken later."""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: None = None
depends_on: None = None

_PAYMENT = "payments_payment"
_OPEN = "ix_payments_payment_open"
_WITHIN = "ck_payments_payment_refunds_within_payment"


_STATUS = "ck_payments_payment_paymentstatus"
_STATUSES = ("intended", "waiting", "failed", "authorised", "cancelled", "succeeded")
#: Columns whose words are few: table, column, name of the constraint, words.
_WORDS = (
    ("payments_refund", "route", "route", ("source", "balance", "release")),
    ("payments_payer", "refunds_to", "route", ("source", "balance", "release")),
    ("payments_hold", "status", "holdstatus", ("held", "taken", "gone")),
    ("payments_balance_entry", "kind", "entrykind", ("held", "released", "refunded")),
)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def upgrade() -> None:
    op.drop_constraint(_STATUS, _PAYMENT)
    op.create_check_constraint(op.f(_STATUS), _PAYMENT, _one_of("status", _STATUSES))
    for name in ("part_cents", "released_cents", "capture_cents"):
        op.add_column(_PAYMENT, sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    for name in ("source_ref", "customer_ref"):
        op.add_column(_PAYMENT, sa.Column(name, sa.String(), nullable=True))
    op.add_column(_PAYMENT, sa.Column("part_of", sa.Uuid(), nullable=True))
    op.add_column(_PAYMENT, sa.Column("capture_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column(_PAYMENT, sa.Column("holder_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_payments_payment_part_of_payments_payment", _PAYMENT, _PAYMENT, ["part_of"], ["id"])
    op.create_index("ix_payments_payment_part_of", _PAYMENT, ["part_of"])
    op.drop_index(_OPEN, _PAYMENT)
    op.create_index(
        _OPEN, _PAYMENT, ["next_look_at"], postgresql_where="status IN ('intended', 'waiting', 'authorised')"
    )
    op.drop_constraint(_WITHIN, _PAYMENT)
    op.create_check_constraint(
        op.f(_WITHIN), _PAYMENT, "refunded_cents BETWEEN 0 AND greatest(received_cents, capture_cents)"
    )
    op.create_check_constraint(
        op.f("ck_payments_payment_released_within_amount"), _PAYMENT,
        "released_cents + capture_cents BETWEEN 0 AND amount_cents",
    )  # fmt: skip
    op.add_column(
        "payments_refund", sa.Column("route", sa.String(), server_default=sa.text("'source'"), nullable=False)
    )
    op.drop_constraint("uq_payments_refund_cause_id", "payments_refund")
    op.create_unique_constraint("uq_payments_refund_cause_id_payment_id", "payments_refund", ["cause_id", "payment_id"])
    op.add_column(
        "communities_leader", sa.Column("takes_cash", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _tables()
    for table, column, name, words in _WORDS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, _one_of(column, words))


def _tables() -> None:
    op.create_table(
        "payments_hold",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("keeper", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("taken_cents", sa.BigInteger(), nullable=False),
        sa.Column("returned_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.CheckConstraint("taken_cents BETWEEN 0 AND amount_cents", name="taken_within_amount"),
        sa.CheckConstraint("returned_cents BETWEEN 0 AND taken_cents", name="returned_within_taken"),
    )
    op.create_table(
        "payments_balance",
        sa.Column("resident_id", sa.Uuid(), primary_key=True),
        sa.Column("currency", sa.String(), primary_key=True),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("cents >= 0", name="never_negative"),
    )
    op.create_table(
        "payments_balance_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents <> 0", name="not_nothing"),
        sa.UniqueConstraint("cause_id", "kind"),
    )
    op.create_index("ix_payments_balance_entry_resident_id_id", "payments_balance_entry", ["resident_id", "id"])
    op.create_table(
        "payments_payer",
        sa.Column("resident_id", sa.Uuid(), primary_key=True),
        sa.Column("refunds_to", sa.String(), nullable=False),
        sa.Column("customer_ref", sa.String(), nullable=True, unique=True),
    )


def downgrade() -> None:
    for table in ("payments_payer", "payments_balance_entry", "payments_balance", "payments_hold"):
        op.drop_table(table)
    op.execute("UPDATE payments_payment SET status = 'waiting' WHERE status = 'authorised'")
    op.drop_constraint(_STATUS, _PAYMENT)
    kept = tuple(word for word in _STATUSES if word != "authorised")
    op.create_check_constraint(op.f(_STATUS), _PAYMENT, _one_of("status", kept))
    op.drop_column("communities_leader", "takes_cash")
    op.drop_constraint("uq_payments_refund_cause_id_payment_id", "payments_refund")
    op.create_unique_constraint("uq_payments_refund_cause_id", "payments_refund", ["cause_id"])
    op.drop_column("payments_refund", "route")
    op.drop_constraint(op.f("ck_payments_payment_released_within_amount"), _PAYMENT)
    op.drop_constraint(_WITHIN, _PAYMENT)
    op.create_check_constraint(op.f(_WITHIN), _PAYMENT, "refunded_cents BETWEEN 0 AND received_cents")
    op.drop_index(_OPEN, _PAYMENT)
    op.create_index(_OPEN, _PAYMENT, ["next_look_at"], postgresql_where="status IN ('intended', 'waiting')")
    op.drop_index("ix_payments_payment_part_of", _PAYMENT)
    op.drop_constraint("fk_payments_payment_part_of_payments_payment", _PAYMENT)
    for name in (
        "holder_id", "capture_by", "part_of", "customer_ref", "source_ref", "capture_cents", "released_cents",
        "part_cents",
    ):  # fmt: skip
        op.drop_column(_PAYMENT, name)
