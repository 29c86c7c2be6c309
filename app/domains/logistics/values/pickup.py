"""Pickups: one paid order at its pickup point."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class PickupState(StrEnum):
    """How far an order is handed out."""

    EXPECTED = "expected"
    READY = "ready"
    PARTLY = "partly"
    DONE = "done"
    VOID = "void"


#: A pickup is void when nothing of its order is left to hand out; a partly picked one is done when the rest lapses.
PICKUP_MOVES: dict[PickupState, frozenset[PickupState]] = {
    PickupState.EXPECTED: frozenset({PickupState.READY, PickupState.VOID}),
    PickupState.READY: frozenset({PickupState.PARTLY, PickupState.DONE, PickupState.VOID}),
    PickupState.PARTLY: frozenset({PickupState.PARTLY, PickupState.DONE}),
    PickupState.DONE: frozenset(),
    PickupState.VOID: frozenset(),
}


OPEN_PICKUPS = (PickupState.READY, PickupState.PARTLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupNotice:
    """Whom to tell about one pickup; the code is for the resident's eyes only."""

    pickup_id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    code: str
    state: PickupState
    pickup_point_name: str
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclaimedLine:
    """Pieces of one order line that nobody fetched in time."""

    order_line_id: UUID
    order_id: UUID
    pickup_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupLineCard:
    order_line_id: UUID
    sku_id: UUID
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    due_qty: int
    picked_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupCard:
    """One order waiting at a pickup point. The code is shown to its resident only, never in the leader's list."""

    id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    resident_name: str
    phone_tail: str
    pickup_point_id: UUID
    leader_id: UUID
    pickup_on: date
    state: PickupState
    picked_at: datetime | None
    lines: tuple[PickupLineCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PickLine:
    """Pieces of one order line that are handed out now."""

    order_line_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPickup:
    """Hand out against a code; `lines` None means all that is due. `event_key` makes a repeated sync harmless.

    `pickup_id` says which entry of the list the leader had chosen: the code must then be that one's.
    """

    code: str
    event_key: str
    lines: tuple[PickLine, ...] | None = None
    pickup_id: UUID | None = None
    #: What the leader has collected in cash, in minor units, where the order is paid so.
    cash_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedLine:
    """Pieces that this pickup handed out of one line, and the line's total so far."""

    order_line_id: UUID
    order_id: UUID
    qty: int
    picked_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupDone:
    """The result of one pickup event."""

    event_id: UUID
    pickup_id: UUID
    order_id: UUID
    order_no: str
    leader_id: UUID
    hub_id: UUID
    state: PickupState
    picked: tuple[PickedLine, ...]
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTry:
    """A code that opens nothing here; `left` tries remain before the leader has to wait."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPickup:
    """An order that is still to be fetched: whose it is, where, and how many pieces lie there for it."""

    id: UUID
    order_id: UUID
    resident_id: UUID
    group_buy_id: UUID
    pickup_point_id: UUID
    leader_id: UUID
    pickup_on: date
    code: str
    state: PickupState
    pieces: int


@dataclass(frozen=True, slots=True)
class PickupMove:
    """A pickup goes to a leader and a point; `code` is the one it should have there if it is free."""

    pickup_id: UUID
    leader_id: UUID
    pickup_point_id: UUID
    pickup_on: date
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingGoods:
    """Pieces of one SKU that a leader has to fetch at another one's door, and for how many orders."""

    leader_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    qty: int
    orders: int
