"""Days on which a leader is away, and who stands in."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class AbsenceState(StrEnum):
    """How far a leader's wish to be away is."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


ABSENCE_MOVES: dict[AbsenceState, frozenset[AbsenceState]] = {
    AbsenceState.ASKED: frozenset({AbsenceState.AGREED, AbsenceState.REFUSED, AbsenceState.CANCELLED}),
    AbsenceState.AGREED: frozenset({AbsenceState.CANCELLED}),
    AbsenceState.REFUSED: frozenset(),
    AbsenceState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAbsence:
    """A leader is away on these pickup days, both included; `note` is why, for HQ."""

    leader_id: UUID
    first_on: date
    last_on: date
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceCard:
    """Pickup days on which a leader is away, and who hands out instead once HQ has agreed."""

    id: UUID
    leader_id: UUID
    leader_name: str
    hub_id: UUID
    first_on: date
    last_on: date
    note: str
    state: AbsenceState
    deputy_id: UUID | None
    deputy_name: str | None
    asked_by: str
    asked_at: datetime
    decided_by: str
    answer: str


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who hands out for an absent leader on a day, and where."""

    leader_id: UUID
    deputy_id: UUID
    pickup_point_id: UUID
