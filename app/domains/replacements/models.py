"""Tables of the replacements room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.replacements.values import ReplacementState, Way
from app.infra.db import Base
from app.kernel.ids import new_id


class Replacement(Base):
    """One proposal that a leader goes, and what became of it; at most one open proposal a leader."""

    __tablename__ = "replacements_replacement"
    __table_args__ = (
        CheckConstraint("(way = 'nearest') = (successor_id IS NULL)", name="successor_unless_nearest"),
        CheckConstraint("confirmed_by_id <> proposed_by_id", name="two_persons"),
        CheckConstraint("tell_after_min BETWEEN 0 AND 1440", name="tells_within_a_day"),
        CheckConstraint("state NOT IN ('done', 'told', 'rolled_back') OR done_at IS NOT NULL", name="done_has_time"),
        Index("uq_replacements_replacement_open", "leader_id", unique=True,
              postgresql_where=text("state IN ('proposed', 'planned')")),
        Index(None, "hub_id", "proposed_at"),
        Index("ix_replacements_replacement_due", "due_at", postgresql_where=text("state = 'planned'")),
        Index("ix_replacements_replacement_untold", "tell_at", postgresql_where=text("state = 'done'")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("communities_leader.id"), index=True)
    hub_id: Mapped[UUID]
    reason: Mapped[str]
    way: Mapped[Way]
    successor_id: Mapped[UUID | None]
    #: The appraisal that led to it.
    appraisal_id: Mapped[UUID | None]
    state: Mapped[ReplacementState]
    #: Empty where a program proposed it: then the first person who confirms counts as the proposer.
    proposed_by_id: Mapped[UUID | None]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[UUID | None]
    confirmed_by: Mapped[str] = mapped_column(default="", server_default="")
    confirmed_at: Mapped[datetime | None]
    #: The worker carries it out from then on; empty = at once when it is confirmed.
    due_at: Mapped[datetime | None]
    #: Minutes between the deed and the residents' messages; so long it can be rolled back.
    tell_after_min: Mapped[int]
    done_at: Mapped[datetime | None]
    tell_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    #: When and by whom it was rejected, given up or rolled back.
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="", server_default="")
    note: Mapped[str] = mapped_column(default="", server_default="")
    #: Code and fields of the refusal that made it impossible.
    refusal: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    #: What she says against it, and what HQ answered.
    appeal: Mapped[str] = mapped_column(default="", server_default="")
    appealed_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="", server_default="")
    answered_by: Mapped[str] = mapped_column(default="", server_default="")
    answered_at: Mapped[datetime | None]
    residents: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    orders: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    pieces: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: What stood before, for the rollback and for the lists of what to fetch.
    undo: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
