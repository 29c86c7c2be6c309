"""What the scale is asked for: lines that are sold by weight, where they go and what they were estimated at."""

from dataclasses import dataclass
from uuid import UUID

from app.domains.logistics.values.pickup import PickupState


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleLine:
    """One order line of a SKU sold by weight on a sorting sheet; `weight_g` is None until the scale has spoken."""

    line_id: UUID
    order_id: UUID
    order_no: str
    resident_name: str
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    due_qty: int
    estimate_g: int
    final_price_cents: int
    most_cents: int
    weight_g: int | None
    pickup_state: PickupState

    @property
    def expected_g(self) -> int:
        """What all pieces together are estimated at."""
        return self.due_qty * self.estimate_g


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePoint:
    """How far the scale is with one pickup point."""

    pickup_point_id: UUID
    code: str
    name: str
    lines: int
    weighed: int
