"""Facts that the logistics room publishes."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RoundDispatched:
    """The trucks of a round have left; leaders are told when theirs is planned to arrive."""

    topic: ClassVar[str] = "logistics.round_dispatched"
    group_buy_id: UUID
    hub_id: UUID
    plan_id: UUID


@dataclass(frozen=True, slots=True)
class HandoverCounted:
    """A leader has counted; the orders of the round at this pickup point are ready, and residents are told."""

    topic: ClassVar[str] = "logistics.handover_counted"
    handover_id: UUID
    group_buy_id: UUID
    hub_id: UUID
    pickup_point_id: UUID
    pickup_on: date


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Goods of one order were handed out."""

    topic: ClassVar[str] = "logistics.picked_up"
    event_id: UUID
    pickup_id: UUID
    order_id: UUID
    resident_id: UUID
    leader_id: UUID
    group_buy_id: UUID


@dataclass(frozen=True, slots=True)
class UnclaimedReminded:
    """Goods of a round still wait at their pickup points; whoever has not fetched is to be reminded."""

    topic: ClassVar[str] = "logistics.unclaimed_reminded"
    group_buy_id: UUID
    hub_id: UUID
    pickup_on: date
