"""Tables of the scoring room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.scoring.values import Tier
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class LeaderDay(Base):
    """What happened to one leader on one pickup day; recomputed whole, so it may be repeated."""

    __tablename__ = "scoring_leader_day"
    leader_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Pickup day of the round.
    on_date: Mapped[date] = mapped_column(primary_key=True)
    hub_id: Mapped[UUID]
    orders: Mapped[int]
    sales_cents: Mapped[int] = mapped_column(BigCents)
    buyers: Mapped[int]
    #: Buyers whose first paid order this was.
    new_buyers: Mapped[int]
    due_pieces: Mapped[int]
    picked_pieces: Mapped[int]
    handovers: Mapped[int]
    on_time_handovers: Mapped[int]
    claims: Mapped[int]
    leader_fault_claims: Mapped[int]


class PolicyRow(Base):
    """A version of the scorecard policy; never changed once used."""

    __tablename__ = "scoring_policy"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weights: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Scorecard(Base):
    """A leader's score of a period, with every part that explains it."""

    __tablename__ = "scoring_scorecard"
    __table_args__ = (
        UniqueConstraint("leader_id", "period_from", "period_to"),
        Index(None, "hub_id", "period_to"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    period_from: Mapped[date]
    period_to: Mapped[date]
    policy_version: Mapped[int]
    #: Hundredths of a point, 0-10000.
    total_centi: Mapped[int]
    tier: Mapped[Tier]
    rank: Mapped[int]
    of: Mapped[int]
    facts: Mapped[dict[str, Any]]
    parts: Mapped[dict[str, Any]]
    computed_at: Mapped[datetime]
