"""Refusals of the ledger room."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False)
class Unbalanced(DomainError):
    """A journal whose debits and credits differ, or that has no two sides; a fault of ours, never of a caller."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "journal_unbalanced"
    kind: str
    cause_id: UUID
    sum_cents: int


@dataclass(eq=False)
class FollowsRow(Conflict):
    """A journal that follows a row of a room is undone where that row is, not by hand."""

    code: ClassVar[str] = "journal_follows_row"
    kind: str


@dataclass(eq=False)
class AlreadyReversed(Conflict):
    """A journal is reversed once."""

    code: ClassVar[str] = "journal_already_reversed"
    journal_id: UUID


@dataclass(eq=False)
class MonthNotOver(Conflict):
    """A month is closed when it is over."""

    code: ClassVar[str] = "month_not_over"
    month: date


@dataclass(eq=False)
class MonthBeforeOpen(Conflict):
    """Months are closed one after the other; `month` comes first."""

    code: ClassVar[str] = "month_before_open"
    month: date
