"""Tables of the settlement room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.communities.values import LeaderKind
from app.domains.scoring.values import Tier
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
        Index(
            "ix_settlement_commission_entry_frozen",
            "frozen_until",
            "order_line_id",
            postgresql_where=text("released_at IS NULL"),
        ),
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
    #: End of the time to complain; until then it cannot be paid out.
    frozen_until: Mapped[datetime]
    #: When it became available, at once for changes of a line whose commission was available already.
    released_at: Mapped[datetime | None]
    #: Cause of the journal that released it; None where there was nothing to release.
    release_id: Mapped[UUID | None]


class TaxEntry(Base):
    """A change of the tax in one line; over a line's entries it adds up to the tax in what it brought in the end."""

    __tablename__ = "settlement_tax_entry"
    __table_args__ = (
        UniqueConstraint("order_line_id", "cause_id"),
        CheckConstraint("amount_cents <> 0", name="not_nothing"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_line_id: Mapped[UUID]
    #: Pickup event, or the claim or recall that gave money back.
    cause_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    tax_bps: Mapped[int]
    amount_cents: Mapped[int] = mapped_column(BigCents)
    at: Mapped[datetime]


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


class RateVersion(Base):
    """A version of the commission rates; announced before it holds, never changed."""

    __tablename__ = "settlement_rate_version"
    __table_args__ = (CheckConstraint("valid_from > announced_at", name="announced_before"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(unique=True)
    valid_from: Mapped[datetime]
    #: Least commission for each order line that is handed out.
    min_line_cents: Mapped[int] = mapped_column(BigCents)
    note: Mapped[str]
    announced_at: Mapped[datetime]
    announced_by: Mapped[str]


class RateRuleRow(Base):
    """A rate for a category, tier and kind of leader; null fits all."""

    __tablename__ = "settlement_rate_rule"
    __table_args__ = (
        UniqueConstraint("version_id", "category_id", "tier", "leader_kind", postgresql_nulls_not_distinct=True),
        CheckConstraint("rate_bps BETWEEN 0 AND 3000", name="rate_sane"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_rate_version.id"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("catalogue_category.id"))
    tier: Mapped[Tier | None]
    leader_kind: Mapped[LeaderKind | None]
    rate_bps: Mapped[int]
