"""Demand, shares of a shortage, sorting sheets and crates."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone


class SharePolicy(StrEnum):
    """How a shortage is shared out among those who paid."""

    FIRST_COME = "first_come"
    PRO_RATA = "pro_rata"
    SPREAD = "spread"


class SheetState(StrEnum):
    """How far a sorting sheet is."""

    WAITING = "waiting"
    SORTED = "sorted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareWish:
    """Pieces that one line wants of a short SKU; `rank` is its place in the queue (0 = first to pay)."""

    line_id: UUID
    qty: int
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one line gets of a short SKU."""

    line_id: UUID
    wanted_qty: int
    given_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCard:
    """Demand of one SKU in one round: at cut-off, and still due after shortages."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    zone: Zone
    wanted_qty: int
    due_qty: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCard:
    """One pickup point's sorting sheet in one temperature zone."""

    id: UUID
    group_buy_id: UUID
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone
    version: int
    state: SheetState
    #: Its place at the sorting wall, e.g. "2-07" or "007".
    slot: str
    printed_version: int | None
    pieces: int
    crates: int
    weight_g: int
    volume_ml: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLineCard:
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLine:
    """Pieces of one SKU that go into crates; volume and weight are those of one piece."""

    sku_id: UUID
    qty: int
    volume_ml: int
    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedCrate:
    """What one crate holds: pieces by SKU, in the order in which they are put in."""

    contents: tuple[tuple[UUID, int], ...]
    volume_ml: int
    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetToPack:
    """A sheet's pieces in shelf order, and what the codes of its crates are made of."""

    id: UUID
    zone: Zone
    round_on: date
    pickup_point_code: str
    lines: list[PackLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTotals:
    """How many sheets, unsorted sheets, crates and pieces a round has."""

    sheets: int
    waiting: int
    crates: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateLabel:
    """One crate as its label shows it."""

    code: str
    seq: int
    sheet_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsMade:
    """What a run of the sorting plan did: sheets that stand now, and how many were new, changed or gone."""

    sheets: int
    created: int
    changed: int
    removed: int
    crates: int
    pieces: int
