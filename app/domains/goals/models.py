"""Tables of the goals room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.goals.values import Kpi
from app.infra.db import Base
from app.kernel.ids import new_id


class Goal(Base):
    """One goal of one month, of a hub or (without one) of HQ as a whole."""

    __tablename__ = "goals_goal"
    __table_args__ = (
        CheckConstraint("target >= 0", name="target_not_negative"),
        CheckConstraint("extract(day FROM month) = 1", name="month_begins"),
        Index("uq_goals_goal_hub", "hub_id", "month", "kpi", unique=True, postgresql_where=text("hub_id IS NOT NULL")),
        Index("uq_goals_goal_all", "month", "kpi", unique=True, postgresql_where=text("hub_id IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_hub.id"))
    #: Its first day.
    month: Mapped[date]
    kpi: Mapped[Kpi]
    #: A count or bps.
    target: Mapped[int]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
