"""Facts that the recruitment room tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ApplicationDecided:
    """HQ accepted or declined an application, or let the applicant begin; `move_id` names this very move."""

    topic: ClassVar[str] = "recruitment.application_decided"
    move_id: UUID
    application_id: UUID
    resident_id: UUID
    status: str
    reason: str
