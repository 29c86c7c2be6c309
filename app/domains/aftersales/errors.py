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
