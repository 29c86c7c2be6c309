"""Refusals of the reconciliation room."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.kernel.errors import Conflict


@dataclass(eq=False)
class DayNotOver(Conflict):
    """A day is compared when it is over."""

    code: ClassVar[str] = "day_not_over"
    on: date


@dataclass(eq=False)
class DaysNotCompared(Conflict):
    """A month is closed when each of its days (UTC, as the provider counts) was compared with the provider's books."""

    code: ClassVar[str] = "days_not_compared"
    days: list[date]


@dataclass(eq=False)
class StillDifferent(Conflict):
    """The provider was asked again, and the difference stands."""

    code: ClassVar[str] = "still_different"


@dataclass(eq=False)
class DifferencesOpen(Conflict):
    """A month is closed when every difference with the provider in it was decided."""

    code: ClassVar[str] = "differences_open"
    open: int
