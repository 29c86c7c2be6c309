"""Facts that the appraisal room tells."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AppraisalNews:
    """A leader's appraisal came a step further; `what` is a `values.News`, `words` what HQ said to it."""

    topic: ClassVar[str] = "appraisal.news"
    news_id: UUID
    leader_id: UUID
    seat_id: UUID
    what: str
    first_on: date
    last_on: date
    words: str
