"""Tables of the aftersales room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.aftersales.values import ClaimKind, ClaimStatus
from app.domains.logistics.values.handover import Fault
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Claim(Base):
    """One complaint about one order line; decided once."""

    __tablename__ = "aftersales_claim"
    __table_args__ = (
        CheckConstraint("qty > 0", name="qty_positive"),
        CheckConstraint("refunded_cents BETWEEN 0 AND claimed_cents", name="refund_within_claim"),
        Index(None, "status", "due_at"),
        Index(None, "resident_id", "filed_at"),
        Index(None, "leader_id", "filed_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(index=True)
    order_line_id: Mapped[UUID] = mapped_column(index=True)
    sku_id: Mapped[UUID]
    resident_id: Mapped[UUID]
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    kind: Mapped[ClaimKind]
    qty: Mapped[int]
    text: Mapped[str]
    status: Mapped[ClaimStatus]
    claimed_cents: Mapped[int] = mapped_column(BigCents)
    refunded_cents: Mapped[int] = mapped_column(BigCents, default=0)
    fault: Mapped[Fault | None]
    #: Why it was decided so; told to the resident.
    reason: Mapped[str] = mapped_column(default="")
    filed_at: Mapped[datetime]
    #: When HQ must have decided.
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
