"""The documents of one night: pick, load and deliver from one plan, delta sheets, crates and empties."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.domains.catalogue.values import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class NightLine:
    """Pieces of one SKU; `qty` is what the sheet, stop or list wants."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    shelf: str
    zone: Zone
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NightSlice:
    """Crates of one point that one stop carries: `crates` of them from number `first_crate` on, by zone and number."""

    route_no: int
    seq: int
    first_crate: int
    crates: int
    vehicle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightBox:
    """One crate with what is planned to lie in it."""

    code: str
    lines: tuple[NightLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightSheet:
    """One pickup point's sheet in one zone as the snapshot found it; the raw material of the three prints."""

    sheet_id: UUID
    version: int
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone
    slot: str
    slot_no: int
    lines: tuple[NightLine, ...]
    boxes: tuple[NightBox, ...]
    slices: tuple[NightSlice, ...]

    @property
    def crates(self) -> tuple[str, ...]:
        """The labels of its crates."""
        return tuple(box.code for box in self.boxes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickRow:
    """One SKU to fetch from its shelf for the whole round; `slots` is how many points want it."""

    line: NightLine
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NightStop:
    """What one truck brings to one pickup point, which may be a part of its crates; `empties` are to be taken back."""

    seq: int | None
    slot: str
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    crates: tuple[str, ...]
    lines: tuple[NightLine, ...]
    empties: int

    @property
    def pieces(self) -> int:
        """Pieces of all SKUs."""
        return sum(line.qty for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRoute:
    """One tour; `no` is None for crates that no tour carries yet. Stops stand in the order of the print."""

    no: int | None
    vehicle: str
    stops: tuple[NightStop, ...]

    @property
    def crates(self) -> int:
        """Crates on the truck."""
        return sum(len(stop.crates) for stop in self.stops)

    @property
    def empties(self) -> int:
        """Crates to bring back."""
        return sum(stop.empties for stop in self.stops)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """Three prints of one plan: `pick` in shelf order, `load` last stop first, `deliver` in stop order.

    `stamp` is on every print: the version of the route plan, the highest version of a sheet, and a short hash of all
    versions, e.g. "R2·S3·9c4e". Two prints with the same stamp say the same.
    """

    group_buy_id: UUID
    stamp: str
    plan_version: int | None
    pick: tuple[PickRow, ...]
    load: tuple[NightRoute, ...]
    deliver: tuple[NightRoute, ...]
    pieces: int
    crates: int
    empties: int

    @property
    def without_tour(self) -> int:
        """Crates that are on no tour although tours are planned: the routes must be planned again."""
        return sum(r.crates for r in self.deliver if r.no is None) if self.plan_version is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaLine:
    """One SKU whose pieces changed after the print."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    spec: str
    spec_en: str
    before_qty: int
    after_qty: int

    @property
    def change_qty(self) -> int:
        """Pieces to add (+) or to take out (-)."""
        return self.after_qty - self.before_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaSheet:
    """What changed on one sheet between the version that was printed and the one that counts now."""

    sheet_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone
    slot: str
    printed_version: int
    version: int
    printed_at: datetime
    lines: tuple[DeltaLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateCard:
    """One crate of a round: whose it is, and whether it is closed."""

    code: str
    seq: int
    sheet_id: UUID
    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    zone: Zone
    slot: str
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptiesCard:
    """Crates that stand at a pickup point: brought by counted handovers, less what came back."""

    pickup_point_id: UUID
    pickup_point_code: str
    pickup_point_name: str
    brought: int
    returned: int
    #: Day of the oldest handover that brought crates.
    since: date

    @property
    def there(self) -> int:
        """Crates to collect."""
        return self.brought - self.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfCard:
    """Where a hub keeps a SKU; `shelf` is empty where nobody has said."""

    sku_id: UUID
    sku_code: str
    sku_name: str
    sku_name_en: str
    zone: Zone
    shelf: str
