"""Tables of the settlement room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.settlement.values import EntryKind
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class CommissionEntry(Base):
    """A change of what one line earns its leader.

    Over a line's entries, `net_cents` adds up to its picked-up value and `amount_cents` to f(that value).
    """

    __tablename__ = "settlement_commission_entry"
    __table_args__ = (
        UniqueConstraint("order_line_id", "cause_id"),
        CheckConstraint("amount_cents <> 0 OR net_cents <> 0", name="not_nothing"),
        Index(None, "leader_id", "at"),
        Index("ix_settlement_commission_entry_unstated", "leader_id", postgresql_where=text("statement_id IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    group_buy_id: Mapped[UUID]
    #: Pickup event, or the cut of a claim.
    cause_id: Mapped[UUID]
    kind: Mapped[EntryKind]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    #: By how much the net value changed.
    net_cents: Mapped[int] = mapped_column(BigCents)
    commission_bps: Mapped[int]
    at: Mapped[datetime]
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement_statement.id"), index=True)


class Statement(Base):
    """A leader's earnings of one round: all entries that no earlier statement held."""

    __tablename__ = "settlement_statement"
    __table_args__ = (UniqueConstraint("leader_id", "group_buy_id"), Index(None, "leader_id", "closed_at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(unique=True)
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    #: The round whose settlement closed it.
    group_buy_id: Mapped[UUID]
    pickup_on: Mapped[date]
    currency: Mapped[str]
    accrued_cents: Mapped[int] = mapped_column(BigCents)
    reversed_cents: Mapped[int] = mapped_column(BigCents)
    net_sales_cents: Mapped[int] = mapped_column(BigCents)
    closed_at: Mapped[datetime]
