"""Facts that the orders room publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderPaid:
    topic: ClassVar[str] = "orders.order_paid"
    order_id: UUID
    resident_id: UUID
    order_no: str
    total_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class OrderLapsed:
    topic: ClassVar[str] = "orders.order_lapsed"
    order_id: UUID
    resident_id: UUID
    order_no: str


@dataclass(frozen=True, slots=True)
class LateMoneyReturned:
    """A payment came for an order that could no longer be honoured, and is on its way back."""

    topic: ClassVar[str] = "orders.late_money_returned"
    order_id: UUID
    resident_id: UUID
    order_no: str
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class LinesCut:
    """Pieces or money were taken off one order, by one cause; `sku_names` for people, joined by "、"."""

    topic: ClassVar[str] = "orders.lines_cut"
    order_id: UUID
    resident_id: UUID
    cause_id: UUID
    reason: str
    qty: int
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class OrderCalledOff:
    """HQ called the group-buy of an order off; what was paid, `amount_cents`, is on its way back."""

    topic: ClassVar[str] = "orders.called_off"
    order_id: UUID
    resident_id: UUID
    order_no: str
    amount_cents: int
    currency: str
    reason: str
