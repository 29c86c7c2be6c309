"""What the supply room may refuse."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError


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
