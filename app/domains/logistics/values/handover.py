"""Handovers to leaders: counts, differences, and whose fault."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class HandoverState(StrEnum):
    """Whether the leader has counted."""

    EXPECTED = "expected"
    COUNTED = "counted"


class Fault(StrEnum):
    """Who answers for a difference. Never the leader for what others did."""

    SUPPLIER = "supplier"
    HUB = "hub"
    CARRIER = "carrier"
    LEADER = "leader"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """A leader's count of one SKU: what is missing or damaged, and whose fault it is."""

    sku_id: UUID
    short_qty: int = 0
    damaged_qty: int = 0
    fault: Fault = Fault.HUB
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLineCard:
    id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    expected_qty: int
    short_qty: int
    damaged_qty: int
    fault: Fault | None
    note: str

    @property
    def good_qty(self) -> int:
        """Pieces that residents can get."""
        return self.expected_qty - self.short_qty - self.damaged_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCard:
    """What one leader gets from the truck for one round."""

    id: UUID
    group_buy_id: UUID
    pickup_point_id: UUID
    pickup_point_name: str
    leader_id: UUID
    pickup_on: date
    state: HandoverState
    crates: int
    #: When the truck is planned to be there.
    planned_at: datetime
    counted_at: datetime | None
    lines: tuple[HandoverLineCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRefunds:
    """What residents were given back because of one handover's differences."""

    orders: int
    pieces: int
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Pieces of one SKU that are missing or damaged at a handover; `line_id` is the handover line."""

    line_id: UUID
    sku_id: UUID
    good_qty: int
    short_qty: int
    damaged_qty: int
    fault: Fault

    @property
    def lost_qty(self) -> int:
        """Pieces that nobody can get."""
        return self.short_qty + self.damaged_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCount:
    """The result of a count; `is_new` is False when the same count had been given before."""

    handover_id: UUID
    group_buy_id: UUID
    hub_id: UUID
    pickup_point_id: UUID
    differences: tuple[Difference, ...]
    is_new: bool
