"""Tables of the scoring room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.scoring.values import SINCE_EVER, AdjustFact, BackTestState, Tier
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
    #: Pieces handed out on the pickup day itself.
    in_window_pieces: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Buyers who had fetched an order in the 7 or 30 days before.
    repurchased_7: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    repurchased_30: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Handovers whose count differed from the sheet.
    count_reports: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    supplier_fault_claims: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    hub_fault_claims: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Claims of which she was asked, those answered in time, and the minutes until her first answers.
    asked_claims: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    answered_claims: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    answer_minutes: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Ratings of the day's goods, and the sum of the leader's stars (1-5 each).
    ratings: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    stars: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Tasks that were due on the day, and those done in time.
    tasks_due: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tasks_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class HistoryDay(Base):
    """A pickup day from before Linli, as the system before counted it; days are rebuilt with it."""

    __tablename__ = "scoring_history_day"
    __table_args__ = (Index(None, "hub_id", "on_date"),)
    leader_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    hub_id: Mapped[UUID]
    #: Facts by the names of `LeaderDay`'s columns; those left out are 0.
    facts: Mapped[dict[str, Any]]
    #: Numbers by which that system knew the residents who bought on this day.
    residents: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class Adjustment(Base):
    """A correction of one fact of one pickup day; the day is counted with it whenever it is counted anew."""

    __tablename__ = "scoring_adjustment"
    __table_args__ = (Index(None, "leader_id", "on_date"), CheckConstraint("delta <> 0", name="delta_not_zero"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    on_date: Mapped[date]
    fact: Mapped[AdjustFact]
    delta: Mapped[int]
    reason: Mapped[str]
    #: The appeal that it follows from.
    cause_id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    by: Mapped[str]


class PolicyRow(Base):
    """A version of the scorecard policy; never changed once used."""

    __tablename__ = "scoring_policy"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weights: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    #: Periods that begin on this day or later are judged by it, until a newer one holds.
    valid_from: Mapped[date] = mapped_column(default=SINCE_EVER, server_default=text("'1970-01-01'"))
    announced_by: Mapped[str] = mapped_column(default="", server_default="")


class PolicyDraft(Base):
    """A policy in the making; it judges nobody."""

    __tablename__ = "scoring_policy_draft"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    weights: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class BackTest(Base):
    """A draft on its way through a hub's history; a draft keeps its newest one for each hub."""

    __tablename__ = "scoring_back_test"
    __table_args__ = (UniqueConstraint("draft_id", "hub_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("scoring_policy_draft.id", ondelete="CASCADE"))
    hub_id: Mapped[UUID]
    state: Mapped[BackTestState]
    #: The terms as they were when it was asked for.
    terms: Mapped[dict[str, Any]]
    last_on: Mapped[date]
    periods: Mapped[int]
    done: Mapped[int]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: What was found, the newest period first.
    trials: Mapped[list[Any]] = mapped_column(JSONB)


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
