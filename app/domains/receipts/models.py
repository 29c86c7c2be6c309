"""Tables of the receipts room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.receipts.values import PaperKind
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Series(Base):
    """The last number given in a series: one for each hub, kind and year. Its row is held while a number is given."""

    __tablename__ = "receipts_series"
    hub_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PaperKind] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last_serial: Mapped[int]


class SellerRow(Base):
    """The legal person who sells at a hub, as papers name it; a hub without a row sells under its own name."""

    __tablename__ = "receipts_seller"
    hub_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    tax_no: Mapped[str]
    address: Mapped[str]


class Paper(Base):
    """A receipt, an invoice or a credit note; a trigger refuses every change (`receipts_paper_final`)."""

    __tablename__ = "receipts_paper"
    __table_args__ = (
        UniqueConstraint("hub_id", "kind", "year", "serial"),
        Index("uq_receipts_paper_of_order", "order_id", unique=True,
              postgresql_where=text("kind IN ('receipt', 'invoice')")),
        CheckConstraint("(kind = 'credit_note') = (credits_id IS NOT NULL)", name="credit_notes_credit"),
        CheckConstraint("(kind = 'credit_note') = (refund_id IS NOT NULL)", name="credit_notes_have_refunds"),
        CheckConstraint("total_cents > 0 AND serial > 0", name="positive"),
        Index(None, "hub_id", "id"),
        Index(None, "resident_id", "id"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[PaperKind]
    hub_id: Mapped[UUID]
    #: By the hub's calendar.
    year: Mapped[int]
    serial: Mapped[int]
    no: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    order_no: Mapped[str] = mapped_column(index=True)
    resident_id: Mapped[UUID]
    #: The refund that a credit note is for; one refund has one credit note.
    refund_id: Mapped[UUID | None] = mapped_column(unique=True)
    credits_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipts_paper.id"), index=True)
    currency: Mapped[str]
    total_cents: Mapped[int] = mapped_column(BigCents)
    buyer_title: Mapped[str]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    #: Everything that the paper says, so that it can be drawn again without asking any other table.
    facts: Mapped[dict[str, Any]]
