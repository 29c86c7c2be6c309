"""Inputs and results of the supply room. `qty` counts pieces, `packs` counts supplier's packs."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone
from app.domains.supply.values.dock import Surplus
from app.domains.supply.values.purchasing import BelowMinimum, PurchasePurpose, SupplierAnswer


class PurchaseStatus(StrEnum):
    """How far a purchase order is."""

    #: Below a minimum of its supplier: nobody has said yet what is to happen.
    DECISION = "decision"
    SENT = "sent"
    SEEN = "seen"
    #: The supplier has answered: in full, with changes, or by rejecting lines (`SupplierAnswer`).
    CONFIRMED = "confirmed"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


_COMING = frozenset({PurchaseStatus.PARTLY_RECEIVED, PurchaseStatus.RECEIVED})
#: An amendment sends an order anew, so SENT follows SENT, SEEN and CONFIRMED; a supplier may answer again.
PURCHASE_MOVES: dict[PurchaseStatus, frozenset[PurchaseStatus]] = {
    PurchaseStatus.DECISION: frozenset({PurchaseStatus.SENT, PurchaseStatus.CANCELLED}),
    PurchaseStatus.SENT: _COMING
    | {PurchaseStatus.SENT, PurchaseStatus.SEEN, PurchaseStatus.CONFIRMED, PurchaseStatus.CANCELLED},
    PurchaseStatus.SEEN: _COMING | {PurchaseStatus.SENT, PurchaseStatus.CONFIRMED, PurchaseStatus.CANCELLED},
    PurchaseStatus.CONFIRMED: _COMING | {PurchaseStatus.SENT, PurchaseStatus.CONFIRMED, PurchaseStatus.CANCELLED},
    PurchaseStatus.PARTLY_RECEIVED: _COMING,
    #: A count that was taken back opens the order again.
    PurchaseStatus.RECEIVED: frozenset({PurchaseStatus.PARTLY_RECEIVED, PurchaseStatus.RECEIVED}),
    PurchaseStatus.CANCELLED: frozenset(),
}


class MovementKind(StrEnum):
    """Why pieces came or went."""

    RECEIVED = "received"
    SORTED = "sorted"
    LOST = "lost"
    STOCKTAKE = "stocktake"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierInput:
    code: str
    name: str
    name_en: str
    contact: str
    phone: str
    email: str
    min_order_cents: int
    lead_days: int
    #: For new suppliers only; afterwards HQ changes it on the supplier's page.
    below_minimum: BelowMinimum = BelowMinimum.FEE
    decide_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsInput:
    """What a supplier asks for one SKU: cost of a piece, pieces in a pack, fewest packs of an order."""

    sku: str
    supplier: str
    cost_cents: int
    pack_size: int
    min_packs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierCard:
    id: UUID
    code: str
    name: str
    name_en: str
    contact: str
    phone: str
    email: str
    min_order_cents: int
    lead_days: int
    below_minimum: BelowMinimum
    decide_minutes: int
    payment_days: int
    sku_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A SKU's supplier and terms."""

    sku_id: UUID
    supplier_id: UUID
    supplier_code: str
    cost_cents: int
    pack_size: int
    min_packs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a round needs of one SKU, in pieces."""

    sku_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchasePlanLine:
    """What will be bought of one SKU: `packs` × `pack_size` pieces, never fewer than wanted."""

    sku_id: UUID
    supplier_id: UUID
    wanted_qty: int
    packs: int
    pack_size: int
    ordered_qty: int
    cost_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderCard:
    """One purchase order in a list."""

    id: UUID
    no: str
    hub_id: UUID
    #: None for goods bought ahead of any round.
    group_buy_id: UUID | None
    purpose: PurchasePurpose
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    supplier_name_en: str
    status: PurchaseStatus
    version: int
    decision: BelowMinimum | None
    #: When the supplier's usual choice is taken for an order that waits for a decision.
    decide_by: datetime | None
    deliver_on: date
    sent_at: datetime | None
    seen_at: datetime | None
    answer: SupplierAnswer | None
    answered_at: datetime | None
    supplier_note: str
    hq_note: str
    min_order_cents: int
    currency: str
    total_cents: int
    #: What is added so that the supplier's minimum value is met; billed, shown, never hidden.
    top_up_cents: int
    lines: int
    wanted_qty: int
    ordered_qty: int
    #: What is to come by the supplier's answer; what was ordered while there is none.
    expected_qty: int
    #: Pieces that the round will lack if exactly the expected ones come.
    short_qty: int
    received_qty: int
    rejected_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLineCard:
    id: UUID
    purchase_order_id: UUID
    purchase_order_no: str
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    wanted_qty: int
    packs: int
    pack_size: int
    ordered_qty: int
    expected_qty: int
    #: What the supplier said will come; None while there is no answer.
    confirmed_packs: int | None
    answer_reason: str
    cost_cents: int
    received_qty: int
    rejected_qty: int
    is_counted: bool

    @property
    def short_qty(self) -> int:
        """Pieces that the round will lack if exactly the expected ones come."""
        return max(0, self.wanted_qty - self.expected_qty)

    @property
    def surplus_qty(self) -> int:
        """Pieces beyond the round's wish: they are planned to stock."""
        return max(0, self.expected_qty - self.wanted_qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveLine:
    """One count at the dock: good pieces, rejected pieces with the reason, the lot's mark and expiry.

    `is_final` False says that more of this line is still to come off the truck; a line that came in full is complete
    in any case. Without a mark or an expiry the lot gets the usual ones (see `rules`). `billed_qty` is what the
    delivery note says of the whole line, None for not seen; `temperature_dc` is in tenths of a degree Celsius.
    """

    purchase_line_id: UUID
    received_qty: int
    rejected_qty: int = 0
    reject_reason: str = ""
    lot_code: str = ""
    expires_on: date | None = None
    is_final: bool = True
    billed_qty: int | None = None
    temperature_dc: int | None = None
    temperature_note: str = ""
    photo: str = ""
    surplus: Surplus = Surplus.ASK
    #: The same key twice counts once.
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """One row of a count sheet that was typed outside: order and SKU by their codes."""

    po: str
    sku: str
    received: int
    rejected: int = 0
    reason: str = ""
    lot: str = ""
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLine:
    """A purchase line at the dock: what was ordered, what has come so far, and what its papers need."""

    id: UUID
    purchase_order_id: UUID
    purchase_order_no: str
    hub_id: UUID
    currency: str
    supplier_id: UUID
    sku_id: UUID
    sku_code: str
    shelf_days: int
    deliver_on: date
    cost_cents: int
    ordered_qty: int
    received_qty: int
    rejected_qty: int
    billed_qty: int | None
    zone: Zone
    group_buy_id: UUID | None
    is_counted: bool
    #: Pieces that the supplier confirmed; None while there is no answer.
    confirmed_qty: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCard:
    """One count as it was made, for the page of its purchase order."""

    id: UUID
    purchase_line_id: UUID
    sku_code: str
    received_qty: int
    rejected_qty: int
    reject_reason: str
    lot_code: str | None
    expires_on: date | None
    received_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LotInHand:
    """Pieces of a lot that are still here."""

    lot_id: UUID
    hub_id: UUID
    sku_id: UUID
    expires_on: date | None
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyOfSku:
    """Good pieces of one SKU that a round received, and what it had wanted."""

    sku_id: UUID
    wanted_qty: int
    received_qty: int
    is_counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCard:
    """Pieces of one lot in one hub: the sum of its movements."""

    hub_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    lot_id: UUID
    lot_code: str
    expires_on: date | None
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsCost:
    """Who was asked to bring a SKU, and what was agreed for a piece at that time."""

    supplier_id: UUID
    cost_cents: int
