"""What the supply room may refuse."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError, NotFound


@dataclass(eq=False, kw_only=True)
class SupplierMissing(DomainError):
    """No supplier brings these SKUs, so they cannot be bought."""

    code: ClassVar[str] = "supplier_missing"
    sku_ids: list[UUID]


@dataclass(eq=False, kw_only=True)
class LineCounted(Conflict):
    """The dock has declared this line complete; a difference found later is a loss or a claim, not a count."""

    code: ClassVar[str] = "line_counted"
    purchase_order_no: str
    sku_code: str


@dataclass(eq=False, kw_only=True)
class OverDelivered(DomainError):
    """More good pieces than were ordered; at most `room_qty` can be taken in, the rest is to be entered as rejected."""

    code: ClassVar[str] = "over_delivered"
    purchase_order_no: str
    sku_code: str
    room_qty: int


@dataclass(eq=False, kw_only=True)
class LinesUncounted(Conflict):
    """Goods can be shared out only when every line is counted; `lines` names order and SKU of those that are not."""

    code: ClassVar[str] = "lines_uncounted"
    lines: list[str]


@dataclass(eq=False, kw_only=True)
class StockMissing(Conflict):
    """More pieces are to go out than the round's lots hold."""

    code: ClassVar[str] = "stock_missing"
    sku_id: UUID
    wanted: int
    here: int


@dataclass(eq=False, kw_only=True)
class LinkDead(NotFound):
    """The supplier's link is wrong, too old, or of an order that was changed since; a newer one was sent."""

    code: ClassVar[str] = "link_dead"


@dataclass(eq=False, kw_only=True)
class AnswerTooLate(Conflict):
    """Goods of this order were counted already, or it was cancelled: what was confirmed cannot change any more."""

    code: ClassVar[str] = "answer_too_late"
    purchase_order_no: str


@dataclass(eq=False, kw_only=True)
class AmendTooLate(Conflict):
    """Only an order that was sent, and of which nothing was counted, can be amended or cancelled."""

    code: ClassVar[str] = "amend_too_late"
    purchase_order_no: str
    state: str


@dataclass(eq=False, kw_only=True)
class AlreadyDecided(Conflict):
    """What happens below the minimum was chosen before, by somebody or by the clock."""

    code: ClassVar[str] = "already_decided"
    purchase_order_no: str


@dataclass(eq=False, kw_only=True)
class GoodsReleased(Conflict):
    """The round has taken its goods to the tables; a count can be neither added nor taken back any more."""

    code: ClassVar[str] = "goods_released"
    purchase_order_no: str


@dataclass(eq=False, kw_only=True)
class NotYourLastCount(Conflict):
    """Only one's own latest count of a delivery can be taken back, and only once."""

    code: ClassVar[str] = "not_your_last_count"


@dataclass(eq=False, kw_only=True)
class StocktakeRunning(Conflict):
    """The hub counts its stock already; finish or drop that count first."""

    code: ClassVar[str] = "stocktake_running"


@dataclass(eq=False, kw_only=True)
class LotsUncounted(Conflict):
    """A stocktake can be posted only when every lot on its sheet is counted; `lots` names those that are not."""

    code: ClassVar[str] = "lots_uncounted"
    lots: list[str]


@dataclass(eq=False, kw_only=True)
class RecallStands(Conflict):
    """The lot is recalled already."""

    code: ClassVar[str] = "recall_stands"
    lot_code: str


@dataclass(eq=False, kw_only=True)
class RecallFinal(Conflict):
    """Residents were refunded for this recall, so it cannot be undone."""

    code: ClassVar[str] = "recall_final"
    lot_code: str
