"""Facts that the communities room tells."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LeaderStatusChanged:
    """A leader moved from one status to another; `change_id` names this very move."""

    topic: ClassVar[str] = "communities.leader_status_changed"
    change_id: UUID
    leader_id: UUID
    old: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class HomesMoved:
    """A plan for the city, or taking it back, gave residents other pickup points at this instant."""

    topic: ClassVar[str] = "communities.homes_moved"
    plan_id: UUID
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class AbsenceDecided:
    """An absence was agreed, refused or cancelled; `state` is what it became."""

    topic: ClassVar[str] = "communities.absence_decided"
    absence_id: UUID
    state: str
