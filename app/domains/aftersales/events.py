"""Facts that the aftersales room publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ClaimFiled:
    """A resident complained about goods; HQ's clock runs."""

    topic: ClassVar[str] = "aftersales.claim_filed"
    claim_id: UUID
    order_id: UUID
    resident_id: UUID
    leader_id: UUID
    hub_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimDecided:
    """HQ decided a claim; the resident is told, with the reason and what goes back (0 when it was rejected)."""

    topic: ClassVar[str] = "aftersales.claim_decided"
    claim_id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    leader_id: UUID
    status: str
    refunded_cents: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimsPiledUp:
    """Several residents complain about one SKU of one round; HQ should look at the lot."""

    topic: ClassVar[str] = "aftersales.claims_piled_up"
    group_buy_id: UUID
    sku_id: UUID
    hub_id: UUID
    residents: int
