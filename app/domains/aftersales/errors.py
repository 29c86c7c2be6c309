"""What the aftersales room may refuse."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict


@dataclass(eq=False, kw_only=True)
class NotPickedUp(Conflict):
    """Nothing of this line was handed out yet; what is missing then is settled at the handover or by the round."""

    code: ClassVar[str] = "not_picked_up"
    order_line_id: UUID


@dataclass(eq=False, kw_only=True)
class ClaimTooLate(Conflict):
    """The goods could be claimed until `until`, which has passed."""

    code: ClassVar[str] = "claim_too_late"
    until: datetime


@dataclass(eq=False, kw_only=True)
class AboveClaimable(Conflict):
    """More pieces are claimed than were handed out and not claimed before; `left` can be."""

    code: ClassVar[str] = "above_claimable"
    order_line_id: UUID
    left: int


@dataclass(eq=False, kw_only=True)
class ClaimClosed(Conflict):
    """The claim is decided; nothing can be added to it any more."""

    code: ClassVar[str] = "claim_closed"


@dataclass(eq=False, kw_only=True)
class ClaimTaken(Conflict):
    """Somebody else at HQ has this claim in hand; take it over first."""

    code: ClassVar[str] = "claim_taken"
    owner: str


@dataclass(eq=False, kw_only=True)
class EvidenceTooLate(Conflict):
    """The leader could tell her side until `until`, which has passed."""

    code: ClassVar[str] = "evidence_too_late"
    until: datetime


@dataclass(eq=False, kw_only=True)
class LeaderNotHeard(Conflict):
    """The leader has not told her side yet and may until `until`; before, nothing can be laid to her."""

    code: ClassVar[str] = "leader_not_heard"
    until: datetime


@dataclass(eq=False, kw_only=True)
class TooManyPhotos(Conflict):
    """More photos than one person may upload in a day; `most` are possible."""

    code: ClassVar[str] = "too_many_photos"
    most: int
