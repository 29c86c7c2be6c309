"""The dock: deliveries of a day, their lines and counts as a phone shows them. `qty` counts pieces."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone


class Surplus(StrEnum):
    """What happens to pieces beyond what was ordered: nobody has said yet, into stock, or back with the driver."""

    ASK = "ask"
    TO_STOCK = "to_stock"
    SEND_BACK = "send_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCard:
    """One purchase order on its day at the dock."""

    id: UUID
    no: str
    hub_id: UUID
    group_buy_id: UUID | None
    supplier_name: str
    supplier_name_en: str
    deliver_on: date
    lines: int
    counted_lines: int
    ordered_qty: int
    received_qty: int
    rejected_qty: int
    #: How many people have counted so far.
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DockLine:
    """One line of a delivery: what the phone needs to count it."""

    id: UUID
    purchase_order_id: UUID
    purchase_order_no: str
    hub_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    barcode: str
    zone: Zone
    shelf_days: int
    deliver_on: date
    packs: int
    pack_size: int
    ordered_qty: int
    #: What the supplier's answer leaves of the ordered pieces.
    expected_qty: int
    billed_qty: int | None
    received_qty: int
    rejected_qty: int
    is_counted: bool

    @property
    def open_qty(self) -> int:
        """Pieces that are to come and have neither come nor been refused."""
        return max(0, self.expected_qty - self.received_qty - self.rejected_qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCard:
    """One count at the dock, or the row that took one back."""

    id: UUID
    purchase_line_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    received_qty: int
    rejected_qty: int
    reject_reason: str
    lot_code: str | None
    expires_on: date | None
    temperature_dc: int | None
    temperature_note: str
    photo: str
    received_by: str
    received_by_id: UUID | None
    received_at: datetime
    reverses_id: UUID | None
    is_taken_back: bool
