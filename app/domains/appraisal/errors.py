"""What the appraisal room may refuse."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.kernel.errors import Conflict


@dataclass(eq=False)
class NoticeTooShort(Conflict):
    """A cycle is announced so many days before it begins, so that nobody is judged by rules that she did not know."""

    code: ClassVar[str] = "notice_too_short"
    days: int
    earliest_on: date


@dataclass(eq=False)
class CyclesOverlap(Conflict):
    """Another cycle of this hub judges some of these days."""

    code: ClassVar[str] = "cycles_overlap"
    first_on: date
    last_on: date


@dataclass(eq=False)
class AppealTooLate(Conflict):
    """The time for appeals is over."""

    code: ClassVar[str] = "appeal_too_late"
    until: datetime


@dataclass(eq=False)
class AppealTaken(Conflict):
    """A colleague has this appeal in hand; take it over first."""

    code: ClassVar[str] = "appeal_taken"
    owner: str


@dataclass(eq=False)
class DaysAppraised(Conflict):
    """A cycle that judged exactly these days rests on their scorecards."""

    code: ClassVar[str] = "days_appraised"
