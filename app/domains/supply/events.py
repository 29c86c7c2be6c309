"""Facts that the supply room publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PurchaseOrderSent:
    topic: ClassVar[str] = "supply.purchase_order_sent"
    purchase_order_id: UUID
    no: str
    supplier_id: UUID
    hub_id: UUID
    group_buy_id: UUID | None


@dataclass(frozen=True, slots=True)
class PurchaseOrderReceived:
    topic: ClassVar[str] = "supply.purchase_order_received"
    purchase_order_id: UUID
    no: str
    supplier_id: UUID
    hub_id: UUID
    group_buy_id: UUID | None
