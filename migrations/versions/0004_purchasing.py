"""Purchasing in depth: decisions below a minimum, the supplier's answer, versions, pre-buy, mail.

Existing suppliers keep what happened until now: below the minimum the difference is paid, at the cut-off itself.
Existing orders are orders of a round, version 1, without a link that a supplier could open.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None

STATUSES = ("sent", "partly_received", "received")
NEW_STATUSES = ("decision", "sent", "seen", "confirmed", "partly_received", "received", "cancelled")
REASONS = (
    "resident", "below_minimum", "price_break", "shortage", "handover_short", "handover_damaged", "unclaimed", "claim",
)  # fmt: skip
CHOICES = ("top_up", "drop", "fee")
PURPOSES = ("round", "pre_buy")
ANSWERS = ("full", "changed", "rejected")
EVENTS = (
    "waiting", "decided", "sent", "seen", "answered", "amended", "cancelled", "mail_sent", "mail_failed",
)  # fmt: skip


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _recheck(table: str, name: str, column: str, values: tuple[str, ...]) -> None:
    """Replace the list of words that a column may hold."""
    full = f"ck_{table}_{name}"
    op.drop_constraint(op.f(full), table, type_="check")
    op.create_check_constraint(op.f(full), table, _one_of(column, values))


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=False, length=32)


def upgrade() -> None:
    _suppliers()
    _orders()
    _lines()
    _new_tables()
    _recheck("orders_line_cut", "cutreason", "reason", (*REASONS, "supplier_minimum"))


def _suppliers() -> None:
    op.add_column(
        "supply_supplier",
        sa.Column("below_minimum", _enum("belowminimum", CHOICES), nullable=False, server_default="fee"),
    )
    op.add_column("supply_supplier", sa.Column("decide_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.create_check_constraint(
        op.f("ck_supply_supplier_belowminimum"), "supply_supplier", _one_of("below_minimum", CHOICES)
    )
    op.create_check_constraint(
        op.f("ck_supply_supplier_patience_not_negative"), "supply_supplier", "decide_minutes >= 0"
    )


def _orders() -> None:
    table = "supply_purchase_order"
    op.alter_column(table, "group_buy_id", nullable=True)
    op.alter_column(table, "sent_at", nullable=True)
    _recheck(table, "purchasestatus", "status", NEW_STATUSES)
    for column in (
        sa.Column("purpose", _enum("purchasepurpose", PURPOSES), nullable=False, server_default="round"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("link_key", sa.String(), nullable=False, server_default=""),
        sa.Column("min_order_cents", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("decision", _enum("belowminimum", CHOICES), nullable=True),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", _enum("supplieranswer", ANSWERS), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supplier_note", sa.String(), nullable=False, server_default=""),
        sa.Column("hq_note", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column(table, column)
    for name, column, values in (
        ("purchasepurpose", "purpose", PURPOSES), ("belowminimum", "decision", CHOICES),
        ("supplieranswer", "answer", ANSWERS),
    ):  # fmt: skip
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, _one_of(column, values))
    op.create_check_constraint(
        op.f(f"ck_{table}_round_or_pre_buy"), table, "(purpose = 'round') = (group_buy_id IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f(f"ck_{table}_sent_when_decided"), table, "sent_at IS NOT NULL OR status IN ('decision', 'cancelled')"
    )


def _lines() -> None:
    table = "supply_purchase_line"
    op.drop_constraint(op.f("ck_supply_purchase_line_whole_packs"), table, type_="check")
    op.create_check_constraint(
        op.f("ck_supply_purchase_line_whole_packs"), table, "ordered_qty = packs * pack_size AND wanted_qty >= 0"
    )
    op.add_column(table, sa.Column("confirmed_packs", sa.Integer(), nullable=True))
    op.add_column(table, sa.Column("answer_reason", sa.String(), nullable=False, server_default=""))
    op.create_check_constraint(
        op.f("ck_supply_purchase_line_confirmed_down"), table, "confirmed_packs BETWEEN 0 AND packs"
    )


def _new_tables() -> None:
    op.create_table(
        "supply_purchase_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purchase_order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("purchaseeventkind", EVENTS), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_one_of("kind", EVENTS), name=op.f("ck_supply_purchase_event_purchaseeventkind")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["supply_purchase_order.id"], name=op.f("fk_supply_purchase_event_purchase_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_purchase_event")),
    )
    op.create_index(op.f("ix_supply_purchase_event_purchase_order_id"), "supply_purchase_event", ["purchase_order_id"])
    op.create_table(
        "notifications_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("mailkind", ("purchase_order",)), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", _enum("mailstate", ("queued", "sent", "failed")), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("queued_by", sa.String(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_one_of("kind", ("purchase_order",)), name=op.f("ck_notifications_mail_mailkind")),
        sa.CheckConstraint(
            _one_of("state", ("queued", "sent", "failed")), name=op.f("ck_notifications_mail_mailstate")
        ),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_notifications_mail_sent_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications_mail")),
    )
    op.create_index(op.f("ix_notifications_mail_about_id"), "notifications_mail", ["about_id"])


def downgrade() -> None:
    """Orders that this version's tables made possible (of no round, or never sent) go with it, before any receipt."""
    _recheck("orders_line_cut", "cutreason", "reason", REASONS)
    for table in ("notifications_mail", "supply_purchase_event"):
        op.drop_table(table)
    table = "supply_purchase_line"
    for name in ("confirmed_down", "whole_packs"):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column(table, "answer_reason")
    op.drop_column(table, "confirmed_packs")
    op.create_check_constraint(
        op.f(f"ck_{table}_whole_packs"), table, "ordered_qty = packs * pack_size AND ordered_qty >= wanted_qty"
    )
    table = "supply_purchase_order"
    for name in ("sent_when_decided", "round_or_pre_buy", "supplieranswer", "belowminimum", "purchasepurpose"):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    for column in (
        "hq_note", "supplier_note", "answered_at", "answer", "seen_at", "decide_by", "decision", "min_order_cents",
        "link_key", "version", "purpose",
    ):  # fmt: skip
        op.drop_column(table, column)
    _recheck(table, "purchasestatus", "status", STATUSES)
    op.alter_column(table, "sent_at", nullable=False)
    op.alter_column(table, "group_buy_id", nullable=False)
    table = "supply_supplier"
    for name in ("patience_not_negative", "belowminimum"):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column(table, "decide_minutes")
    op.drop_column(table, "below_minimum")
