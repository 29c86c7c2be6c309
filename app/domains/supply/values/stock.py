"""Stock: what is free, what was lost, counted, allotted to a round or recalled. `qty` counts pieces."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone


class DifferenceKind(StrEnum):
    """Who owes for a difference between bill and goods: the supplier to us, or we to him."""

    CHARGE = "charge"
    CREDIT = "credit"


class StocktakeState(StrEnum):
    """How far a stocktake is."""

    COUNTING = "counting"
    REVIEW = "review"
    POSTED = "posted"
    DROPPED = "dropped"


STOCKTAKE_MOVES: dict[StocktakeState, frozenset[StocktakeState]] = {
    StocktakeState.COUNTING: frozenset({StocktakeState.REVIEW, StocktakeState.DROPPED}),
    #: A second look may send people back to the shelves.
    StocktakeState.REVIEW: frozenset({StocktakeState.COUNTING, StocktakeState.POSTED, StocktakeState.DROPPED}),
    StocktakeState.POSTED: frozenset(),
    StocktakeState.DROPPED: frozenset(),
}


class LossReason(StrEnum):
    """Why pieces are gone."""

    SPOILED = "spoiled"
    BROKEN = "broken"
    EXPIRED = "expired"
    MISSING = "missing"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCard:
    """One difference between bill and goods, as it was charged or credited."""

    id: UUID
    purchase_line_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    kind: DifferenceKind
    qty: int
    amount_cents: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LotCard:
    """One lot in a hub: what is there, how much of it is free, and what a piece cost."""

    lot_id: UUID
    hub_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    zone: Zone
    lot_code: str
    expires_on: date | None
    is_frozen: bool
    cost_cents: int
    qty: int
    #: Pieces that no round waits for, that are not frozen and not past their date.
    free_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseStock:
    """Pieces of a lot that are gone; `photo` is the key of a stored picture or empty."""

    lot_id: UUID
    qty: int
    reason: LossReason
    note: str = ""
    photo: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StocktakeCard:
    id: UUID
    hub_id: UUID
    state: StocktakeState
    opened_by: str
    opened_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StocktakeRow:
    """One lot on a stocktake. Who counts sees no `book_qty`; the second look does."""

    lot_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    lot_code: str
    expires_on: date | None
    cost_cents: int
    book_qty: int
    counted_qty: int | None
    counted_by: str | None

    @property
    def variance_qty(self) -> int:
        """Pieces more (+) or fewer (-) than the books said; 0 while nobody has counted."""
        return 0 if self.counted_qty is None else self.counted_qty - self.book_qty

    @property
    def variance_cents(self) -> int:
        """The variance at cost."""
        return self.variance_qty * self.cost_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallCard:
    """A lot with its recall, if it has one that stands."""

    lot_id: UUID
    lot_code: str
    hub_id: UUID
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    expires_on: date | None
    received_at: datetime
    supplier_name: str
    supplier_name_en: str
    purchase_order_no: str
    received_qty: int
    here_qty: int
    is_frozen: bool
    recall_id: UUID | None
    reason: str | None
    opened_by: str | None
    opened_at: datetime | None
    refunded_at: datetime | None
