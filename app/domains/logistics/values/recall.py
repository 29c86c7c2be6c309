"""Whom a recalled lot reached."""

from dataclasses import dataclass
from uuid import UUID

from app.domains.logistics.values.pickup import PickupState


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledLine:
    """One paid order line that got a recalled lot.

    `is_certain` True: every piece of that SKU in that round came from this lot. False: several lots served the round,
    and nobody wrote down which of them went into which bag, so this line may have got it.
    """

    line_id: UUID
    order_id: UUID
    order_no: str
    group_buy_id: UUID
    group_buy_code: str
    resident_id: UUID
    resident_name: str
    phone_tail: str
    leader_id: UUID
    leader_name: str
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    pickup_state: PickupState | None
    is_certain: bool
    #: Pieces that reached her or would have; how many are still hers, and how many of them she has fetched.
    qty: int
    left_qty: int
    picked_qty: int
    unit_price_cents: int
    final_price_cents: int
    #: What a refund of everything would still give back.
    refundable_cents: int
    #: Money that this recall has given back on the line.
    refunded_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotGot:
    """A lot that a resident got, or may have got, with the order that brought it."""

    lot_id: UUID
    lot_code: str
    sku_code: str
    sku_name: str
    sku_name_en: str
    order_id: UUID
    order_no: str
    group_buy_code: str
    is_certain: bool
    is_frozen: bool
