"""Facts that the groupbuys room publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class GroupBuyOpened:
    topic: ClassVar[str] = "groupbuys.group_buy_opened"
    group_buy_id: UUID
    hub_id: UUID


@dataclass(frozen=True, slots=True)
class GroupBuyCalledOff:
    """HQ lets a group-buy not take place; its orders are given back from now on."""

    topic: ClassVar[str] = "groupbuys.called_off"
    group_buy_id: UUID
    hub_id: UUID
    title: str
    title_en: str
    pickup_on: str
    reason: str
