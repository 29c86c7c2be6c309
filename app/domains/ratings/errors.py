"""What the ratings room may refuse."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.kernel.errors import Conflict


@dataclass(eq=False, kw_only=True)
class NothingToRate(Conflict):
    """Nothing of this order was handed out yet; it can be rated after the pickup."""

    code: ClassVar[str] = "nothing_to_rate"


@dataclass(eq=False, kw_only=True)
class RatingTooLate(Conflict):
    """The order could be rated, and its rating changed, until `until`, which has passed."""

    code: ClassVar[str] = "rating_too_late"
    until: datetime


@dataclass(eq=False, kw_only=True)
class OwnRating(Conflict):
    """A leader cannot rate herself: the order was placed with her own phone number."""

    code: ClassVar[str] = "own_rating"


@dataclass(eq=False, kw_only=True)
class AlreadyAnswered(Conflict):
    """A leader answers a rating once."""

    code: ClassVar[str] = "already_answered"
