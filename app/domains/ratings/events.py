"""Facts that the ratings room publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RatingAnswered:
    """The leader answered a rating; its resident is told."""

    topic: ClassVar[str] = "ratings.answered"
    rating_id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    leader_id: UUID
