"""Leaders' papers with an expiry, what hubs demand of them, and what leaders are told of it."""

import re

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: None = None
depends_on: None = None

WORDS = ("certificate_decided", "certificate_expires")
CHECK = "ck_notifications_message_messagekind"


def upgrade() -> None:
    op.create_table(
        "certificates_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("photo", sa.String(), nullable=False),
        sa.Column("state", _words("certificatestate", "waiting", "confirmed", "rejected", "replaced"), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_certificates_certificate_days_in_order")),
        sa.CheckConstraint(
            "(state IN ('confirmed', 'rejected')) = (decided_at IS NOT NULL)",
            name=op.f("ck_certificates_certificate_decided"),
        ),
        sa.CheckConstraint(
            "state <> 'rejected' OR reason <> ''", name=op.f("ck_certificates_certificate_rejected_with_reason")
        ),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["communities_leader.id"], name=op.f("fk_certificates_certificate_leader_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates_certificate")),
    )
    op.create_index(
        op.f("ix_certificates_certificate_leader_id_entered_at"),
        "certificates_certificate",
        ["leader_id", "entered_at"],
    )
    op.create_index(
        "ix_certificates_certificate_valid", "certificates_certificate", ["leader_id", "kind", "valid_until"],
        postgresql_where=sa.text("state = 'confirmed'"),
    )  # fmt: skip
    op.create_index(
        "uq_certificates_certificate_waiting", "certificates_certificate", ["leader_id", "kind"], unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )  # fmt: skip
    op.create_table(
        "certificates_demand",
        sa.Column("hub_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["communities_hub.id"], name=op.f("fk_certificates_demand_hub_id")),
        sa.PrimaryKeyConstraint("hub_id", "kind", name=op.f("pk_certificates_demand")),
    )
    _allow([*_allowed(), *WORDS])


def downgrade() -> None:
    """Refuses while papers are kept: they are proof, and nobody could enter them again."""
    if op.get_bind().execute(sa.text("SELECT EXISTS (SELECT FROM certificates_certificate)")).scalar_one():
        raise RuntimeError("Leaders' certificates are kept here; take them out before this step is taken back.")
    _allow([word for word in _allowed() if word not in WORDS])
    op.drop_table("certificates_demand")
    op.drop_table("certificates_certificate")


def _kind() -> sa.Enum:
    return _words("certificatekind", "health", "food_business", "food_safety")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _allowed() -> list[str]:
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
