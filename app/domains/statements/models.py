"""Tables of the statements room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Week(Base):
    """A leader's closed week: both balances are the ledger's, and its lines lead from one to the other."""

    __tablename__ = "statements_week"
    __table_args__ = (
        UniqueConstraint("leader_id", "hub_id", "currency", "week_on"),
        UniqueConstraint("hub_id", "year", "serial"),
        Index(None, "hub_id", "week_on"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(unique=True)
    #: The number's place in its hub's series of a year (of the ISO week), without gaps.
    year: Mapped[int]
    serial: Mapped[int]
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    #: Its Monday.
    week_on: Mapped[date]
    opening_cents: Mapped[int] = mapped_column(BigCents)
    closing_cents: Mapped[int] = mapped_column(BigCents)
    closed_at: Mapped[datetime]


class WeekLineRow(Base):
    """One journal on a week's statement: so reading a week reads its own lines and no others."""

    __tablename__ = "statements_week_line"
    week_id: Mapped[UUID] = mapped_column(ForeignKey("statements_week.id"), primary_key=True)
    journal_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Kind, cause and time of the journal, which never change.
    journal_kind: Mapped[str]
    cause_id: Mapped[UUID]
    at: Mapped[datetime]
    amount_cents: Mapped[int] = mapped_column(BigCents)
