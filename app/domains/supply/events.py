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


@dataclass(frozen=True, slots=True)
class LotRecalled:
    """Everybody whom a recalled lot reached, or may have reached, is to be told."""

    topic: ClassVar[str] = "supply.lot_recalled"
    recall_id: UUID
    lot_id: UUID
    sku_id: UUID
