"""What residents and leaders are told of replacements and absences."""

import re

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: None = None
depends_on: None = None

WORDS = ("leader_changed", "took_over", "leader_away", "stands_in", "absence_answered")
CHECK = "ck_notifications_message_messagekind"


def upgrade() -> None:
    _allow([*_words(), *WORDS])


def downgrade() -> None:
    _allow([word for word in _words() if word not in WORDS])


def _words() -> list[str]:
    """The words that are allowed now; other steps add theirs without knowing of this one."""
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": CHECK}
    )
    return re.findall(r"'([a-z_]+)'::", found.scalar_one())


def _allow(words: list[str]) -> None:
    allowed = ", ".join(f"'{word}'" for word in words)
    op.execute(f"DELETE FROM notifications_message WHERE kind NOT IN ({allowed})")
    op.drop_constraint(op.f(CHECK), "notifications_message", type_="check")
    op.create_check_constraint(op.f(CHECK), "notifications_message", f"kind IN ({allowed})")
