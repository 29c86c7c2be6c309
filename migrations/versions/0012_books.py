"""The books: balances at checkpoints, closed periods, reconciliation with the provider."""

import re
from collections.abc import Iterable

from alembic import op
from sqlalchemy import text

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


def upgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [*_words(table, check), *words])


def downgrade() -> None:
    for (table, column, check), words in WORDS.items():
        _set_words(table, column, check, [word for word in _words(table, check) if word not in words])


def _words(table: str, check: str) -> list[str]:
    """The words that a column may hold now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"ck_{table}_{check}"},
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _set_words(table: str, column: str, check: str, words: Iterable[str]) -> None:
    name = f"ck_{table}_{check}"
    op.drop_constraint(op.f(name), table, type_="check")
    allowed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({allowed})")
