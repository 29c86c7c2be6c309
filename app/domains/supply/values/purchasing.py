"""Purchase orders in depth: choices below a minimum, the supplier's answer, versions, pre-buy, the order's sheet."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class PurchasePurpose(StrEnum):
    """What goods are bought for."""

    ROUND = "round"
    #: Ahead of any round, to stock: for suppliers that cannot deliver between cut-off and pickup.
    PRE_BUY = "pre_buy"


class BelowMinimum(StrEnum):
    """What happens to an order below its supplier's minimum."""

    #: Order more packs until the minimum is met; the surplus is planned to stock.
    TOP_UP = "top_up"
    #: Order nothing: the residents' lines are cut and refunded.
    DROP = "drop"
    #: Pay the difference.
    FEE = "fee"


class SupplierAnswer(StrEnum):
    """What a supplier said to an order."""

    FULL = "full"
    CHANGED = "changed"
    #: Every line: nothing of the order will come.
    REJECTED = "rejected"


class PurchaseEventKind(StrEnum):
    """What happened to a purchase order, for its timeline."""

    WAITING = "waiting"
    DECIDED = "decided"
    SENT = "sent"
    SEEN = "seen"
    ANSWERED = "answered"
    AMENDED = "amended"
    CANCELLED = "cancelled"
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line of an order whose packs are still to be decided."""

    line_id: UUID
    sku_id: UUID
    wanted_qty: int
    packs: int
    pack_size: int
    cost_cents: int

    @property
    def pack_cents(self) -> int:
        """What one pack costs."""
        return self.pack_size * self.cost_cents

    @property
    def needed_packs(self) -> int:
        """Packs that the wish alone asks for, without the minimum of the line."""
        return -(-self.wanted_qty // self.pack_size)

    @property
    def goods_cents(self) -> int:
        """What the line costs as it stands."""
        return self.packs * self.pack_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraPacks:
    """Packs that a top-up adds to one line."""

    line_id: UUID
    sku_id: UUID
    packs: int
    qty: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """How many packs of a line the supplier will bring: never more than ordered; none only with a reason."""

    line_id: UUID
    packs: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOrder:
    """A supplier's whole answer; a line that is not named comes as ordered."""

    lines: tuple[AnswerLine, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrder:
    """HQ's reduction of a sent order: new packs by line, never more than before; why, for the supplier to read."""

    purchase_order_id: UUID
    packs: dict[UUID, int]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreBuyLine:
    """Packs of one SKU to buy ahead of any round."""

    sku_id: UUID
    packs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreBuySku:
    """A SKU with the terms on which it can be bought ahead."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    shelf_days: int
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    supplier_name_en: str
    lead_days: int
    min_order_cents: int
    pack_size: int
    min_packs: int
    cost_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which purchase orders a list shows; None and empty mean all. `states` are values of PurchaseStatus."""

    states: tuple[str, ...] = ()
    supplier_code: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseEvent:
    """One line of an order's timeline."""

    kind: PurchaseEventKind
    version: int
    actor_name: str
    detail: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink:
    """What a supplier's link must hold: it opens only while the key is the order's own."""

    purchase_order_id: UUID
    link_key: str
    deliver_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One line of the order as its supplier reads it."""

    line_id: UUID
    sku_code: str
    barcode: str
    name: str
    name_en: str
    spec: str
    spec_en: str
    packs: int
    pack_size: int
    ordered_qty: int
    confirmed_packs: int | None
    answer_reason: str
    cost_cents: int

    @property
    def sum_cents(self) -> int:
        """What the ordered pieces cost."""
        return self.ordered_qty * self.cost_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderSheet:
    """Everything that a printed, mailed or shown purchase order needs, in both languages; lines by SKU code."""

    id: UUID
    no: str
    version: int
    purpose: PurchasePurpose
    status: str
    group_buy_id: UUID | None
    hub_id: UUID
    hub_code: str
    hub_name: str
    hub_name_en: str
    timezone: str
    currency: str
    supplier_id: UUID
    supplier_code: str
    supplier_name: str
    supplier_name_en: str
    contact: str
    phone: str
    email: str
    deliver_on: date
    sent_at: datetime | None
    answered_at: datetime | None
    answer: SupplierAnswer | None
    goods_cents: int
    #: Paid on top so that the supplier's minimum value is met.
    fee_cents: int
    total_cents: int
    hq_note: str
    supplier_note: str
    lines: tuple[SheetLine, ...]

    @property
    def answered_cents(self) -> int:
        """What the order comes to with the packs that its supplier confirmed; as ordered before he answers."""
        packs = [(line.packs if line.confirmed_packs is None else line.confirmed_packs, line) for line in self.lines]
        return self.fee_cents + sum(many * line.pack_size * line.cost_cents for many, line in packs)
