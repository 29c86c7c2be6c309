"""Facts that the groupbuys room publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class GroupBuyOpened:
    topic: ClassVar[str] = "groupbuys.group_buy_opened"
    group_buy_id: UUID
    hub_id: UUID
