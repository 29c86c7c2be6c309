"""Tables of the ratings room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.ratings.values import HideReason
from app.infra.db import Base
from app.kernel.ids import new_id


class Rating(Base):
    """What a resident says of one order that she fetched; never deleted by anybody."""

    __tablename__ = "ratings_rating"
    __table_args__ = (
        CheckConstraint("leader_stars BETWEEN 1 AND 5 AND goods_stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answered"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_reason IS NULL)", name="hidden"),
        Index(None, "leader_id", "pickup_on"),
        Index(None, "hub_id", "pickup_on"),
        Index("ix_ratings_rating_unanswered", "leader_id", postgresql_where=text("answer = ''")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders_order.id"), unique=True)
    resident_id: Mapped[UUID] = mapped_column(index=True)
    #: Who handed it out.
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    #: Pickup day of the goods; the day on which the rating counts.
    pickup_on: Mapped[date]
    leader_stars: Mapped[int]
    goods_stars: Mapped[int]
    #: Values of `Tag`.
    tags: Mapped[list[str]]
    text: Mapped[str]
    given_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    #: The leader's, empty until she answers.
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    #: Words that break a rule; the stars count all the same.
    hidden_at: Mapped[datetime | None]
    hidden_by: Mapped[str | None]
    hidden_reason: Mapped[HideReason | None]
