"""Sharing out what is short: who is spared first, what HQ sets by hand, and what each policy would do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.domains.logistics.values.sorting import SharePolicy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
else:
    Whole = Any


class Protect(StrEnum):
    """Whose lines are served before all others: nobody's, leaders' own orders, VIP residents', or both."""

    NOBODY = "nobody"
    LEADERS = "leaders"
    VIP = "vip"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Lines that want pieces of short SKUs, as columns: one place in each array is one line.

    Lines stand in the order of SKUs and, within one, of the queue. `sku` numbers SKUs from 0; `supply` has one place
    for each of them. `fixed` is what HQ has set for the line, -1 for nothing; `quota` numbers the pickup points' set
    quantities (`quota_qty`), -1 for lines without one.
    """

    sku: Whole
    qty: Whole
    is_protected: "NDArray[np.bool_]"
    fixed: Whole
    quota: Whole
    supply: Whole
    quota_qty: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLines:
    """The lines of a round's short SKUs: what allocation needs as columns, and whose they are."""

    claims: Claims
    sku_ids: list[UUID]
    line_ids: list[UUID]
    order_ids: list[UUID]
    pickup_point_ids: list[UUID]
    price_cents: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class SetShare:
    """HQ gives an order or a pickup point (one of them) so many pieces of a short SKU, whatever the policy says."""

    group_buy_id: UUID
    sku_id: UUID
    qty: int
    order_id: UUID | None = None
    pickup_point_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixCard:
    """A quantity that was set by hand."""

    id: UUID
    sku_id: UUID
    order_id: UUID | None
    order_no: str | None
    pickup_point_id: UUID | None
    pickup_point_code: str | None
    qty: int
    note: str
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one policy would do to one SKU: pieces given and missing, money back, and how many lines lose what."""

    given_qty: int
    missing_qty: int
    refund_cents: int
    lines_hit: int
    lines_empty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """One short SKU of a round with the outcome of every policy; `is_overset`: more is set by hand than came."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    came_qty: int
    wanted_qty: int
    #: Pieces of lines that the dock has not counted to the end yet.
    expected_qty: int
    fixed_qty: int
    protected_lines: int
    lines: int
    is_overset: bool
    outcomes: dict[SharePolicy, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShare:
    """One line of a short SKU: who wants how much, and what she gets under each policy."""

    line_id: UUID
    order_id: UUID
    order_no: str
    resident_name: str
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    is_leader: bool
    is_vip: bool
    is_fixed: bool
    wanted_qty: int
    given: dict[SharePolicy, int]
    refund_cents: dict[SharePolicy, int]
