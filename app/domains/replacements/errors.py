"""What the replacements room may refuse."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict


@dataclass(eq=False)
class ConfirmedByProposer(Conflict):
    """Who proposed a removal cannot confirm it; it takes a second person."""

    code: ClassVar[str] = "confirmed_by_proposer"


@dataclass(eq=False)
class ReplacementOpen(Conflict):
    """Another replacement of this leader waits for its second person or its day."""

    code: ClassVar[str] = "replacement_open"
    replacement_id: UUID


@dataclass(eq=False)
class ResidentsTold(Conflict):
    """Residents know of a replacement; it cannot be taken back any more."""

    code: ClassVar[str] = "residents_told"
    told_at: datetime


@dataclass(eq=False)
class AnsweredByJudge(Conflict):
    """Who proposed or confirmed a removal does not answer the appeal against it."""

    code: ClassVar[str] = "answered_by_judge"


@dataclass(eq=False)
class SuccessorLeft(Conflict):
    """Who took over has been replaced meanwhile; that replacement has to be taken back first."""

    code: ClassVar[str] = "successor_left"
