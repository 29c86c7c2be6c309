"""Payments of hubs: a payee beside leaders and suppliers."""

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: None = None
depends_on: None = None

_NAME, _TABLE = "ck_payouts_payout_payeekind", "payouts_payout"


def upgrade() -> None:
    _allow("'leader', 'supplier', 'hub'")


def downgrade() -> None:
    """Say so rather than lose what was paid."""
    if count := op.get_bind().execute(sa.text(f"SELECT count(*) FROM {_TABLE} WHERE payee_kind = 'hub'")).scalar_one():
        raise RuntimeError(f"{count} payments of hubs since step {revision}: restore a backup instead")
    _allow("'leader', 'supplier'")


def _allow(words: str) -> None:
    op.drop_constraint(op.f(_NAME), _TABLE, type_="check")
    op.create_check_constraint(op.f(_NAME), _TABLE, f"payee_kind IN ({words})")
