"""The sorting queue: tasks that sorters take, the puts in them, and what a phone sends back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone


class TaskKind(StrEnum):
    """Whether a task sorts goods for the first time or corrects what lies in crates already."""

    PUT = "put"
    CORRECTION = "correction"


class TaskState(StrEnum):
    """How far a task is. A claimed or paused one falls back to open when its lease has run out."""

    OPEN = "open"
    CLAIMED = "claimed"
    PAUSED = "paused"
    DONE = "done"


class ShortReason(StrEnum):
    """Why fewer pieces than planned were put."""

    NOT_FOUND = "not_found"
    DAMAGED = "damaged"
    WRONG_GOODS = "wrong_goods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What a sorter's phone says of one put.

    `seen_qty` is the number that stood on its screen, so that a number that changed meanwhile is noticed; `key` comes
    from the phone, so that a repeated post changes nothing; `crate_code` is empty unless a crate was scanned.
    """

    put_id: UUID
    key: str
    seen_qty: int
    short_qty: int = 0
    reason: ShortReason | None = None
    crate_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCard:
    """Pieces of the task's SKU for one slot; negative pieces are taken out of the crate again."""

    id: UUID
    slot: str
    pickup_point_code: str
    pickup_point_name: str
    qty: int
    put_qty: int | None
    short_reason: ShortReason | None
    crates: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether somebody has put it."""
        return self.put_qty is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCard:
    """One task as its sorter sees it: one SKU for a run of neighbouring slots, in slot order."""

    id: UUID
    group_buy_id: UUID
    zone: Zone
    kind: TaskKind
    state: TaskState
    bay: int
    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    picture: str
    shelf: str
    worker_id: UUID | None
    worker: str
    lease_until: datetime | None
    puts: tuple[PutCard, ...]

    @property
    def pieces(self) -> int:
        """Pieces to take from the shelf (or, negative, to bring back)."""
        return sum(put.qty for put in self.puts)

    @property
    def next_put(self) -> PutCard | None:
        """The first put that is not done."""
        return next((put for put in self.puts if not put.is_done), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutDone:
    """What the phone is told: how much of the task and of the zone is left."""

    put_id: UUID
    task_id: UUID
    task_done: bool
    left_in_task: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneProgress:
    """How far one temperature zone of a round is; pieces are those that go into crates."""

    zone: Zone
    tasks: int
    open_tasks: int
    claimed_tasks: int
    corrections: int
    puts: int
    open_puts: int
    pieces: int
    put_pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SorterProgress:
    """One person at the sorting tables: what she holds now, and how much she put."""

    worker: str
    zone: Zone | None
    state: TaskState | None
    sku_name: str
    sku_name_en: str
    bay: int
    lease_until: datetime | None
    puts: int
    pieces: int
    #: Puts in the last fifteen minutes, times four.
    puts_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SortProgress:
    """The sorting of a round as it stands."""

    zones: tuple[ZoneProgress, ...]
    sorters: tuple[SorterProgress, ...]
    #: Puts of everybody in the last fifteen minutes, times four; 0 when nobody works.
    puts_per_hour: int

    @property
    def open_puts(self) -> int:
        """Puts that nobody has done yet."""
        return sum(zone.open_puts for zone in self.zones)

    @property
    def minutes_left(self) -> int | None:
        """How long the rest takes at the present pace; None while nobody works or nothing is left."""
        if not (self.puts_per_hour and self.open_puts):
            return None
        return -(-self.open_puts * 60 // self.puts_per_hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortCard:
    """Pieces that a sorter did not find and that nobody looks for again yet."""

    put_id: UUID
    slot: str
    pickup_point_name: str
    sku_code: str
    sku_name: str
    sku_name_en: str
    zone: Zone
    qty: int
    reason: ShortReason
    put_by: str
    put_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """Pieces of one SKU for one pickup point that nobody looks for any more."""

    put_id: UUID
    pickup_point_id: UUID
    sku_id: UUID
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SorterErrors:
    """Pieces that leaders missed because of sorting, beside what was put, of one sorter in one zone.

    `sorter` is empty where nobody in particular had put them (sheets that were ticked off as a whole).
    """

    sorter: str
    zone: Zone
    error_qty: int
    put_qty: int

    @property
    def per_thousand(self) -> float | None:
        """Errors per 1,000 pieces put; None when it is not known who put how much."""
        return self.error_qty * 1000 / self.put_qty if self.put_qty else None
