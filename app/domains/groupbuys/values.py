"""Inputs and results of the groupbuys room."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.catalogue.values import Zone


class GroupBuyStatus(StrEnum):
    """Whether residents can order."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    SETTLED = "settled"
    CANCELLED = "cancelled"


GROUP_BUY_MOVES: dict[GroupBuyStatus, frozenset[GroupBuyStatus]] = {
    GroupBuyStatus.DRAFT: frozenset({GroupBuyStatus.OPEN}),
    GroupBuyStatus.OPEN: frozenset({GroupBuyStatus.CLOSED, GroupBuyStatus.CANCELLED}),
    GroupBuyStatus.CLOSED: frozenset({GroupBuyStatus.SETTLED, GroupBuyStatus.CANCELLED}),
    GroupBuyStatus.SETTLED: frozenset(),
    GroupBuyStatus.CANCELLED: frozenset(),
}


class Station(StrEnum):
    """The stations of a round, in order."""

    OPEN = "open"
    CUTOFF = "cutoff"
    RECEIVE = "receive"
    SORT = "sort"
    ROUTE = "route"
    DISPATCH = "dispatch"
    HANDOVER = "handover"
    REMIND = "remind"
    SETTLE = "settle"


STATIONS = tuple(Station)


class StepState(StrEnum):
    """How far a station of a round is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class OfferRole(StrEnum):
    """What an offer is for: bring traffic, bring volume, earn."""

    TRAFFIC = "traffic"
    VOLUME = "volume"
    PROFIT = "profit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBreak:
    """From `from_qty` pieces of the whole group on, everybody pays `price_cents`."""

    from_qty: int
    price_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferInput:
    """One offer as imported or typed. `min_group_qty` 0 means no minimum; `quota` is in pieces for this hub.

    `pack_size` above 1: the offer is ordered in full boxes of that many pieces, and residents may say how many pieces
    they would take besides to fill one (tolerance). 1 is an offer by the piece, without tolerance.
    """

    sku_id: UUID
    price_cents: int
    commission_bps: int
    quota: int
    per_resident_limit: int
    min_group_qty: int = 0
    role: OfferRole = OfferRole.VOLUME
    breaks: tuple[PriceBreak, ...] = ()
    pack_size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGroupBuy:
    """A new group-buy (draft) of one hub; `round_on` is the day of its cut-off."""

    hub_id: UUID
    round_on: date
    title: str
    title_en: str
    opens_at: datetime
    cutoff_at: datetime
    pickup_on: date
    offers: tuple[OfferInput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDraft:
    """Other days for a draft; `round_on` is the day of its cut-off."""

    group_buy_id: UUID
    round_on: date
    opens_at: datetime
    cutoff_at: datetime
    pickup_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffCard:
    """HQ's word that a group-buy does not take place, and how far it is carried out; `done_at` None = at work."""

    group_buy_id: UUID
    reason: str
    by: str
    at: datetime
    done_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBuyCard:
    """A group-buy in lists and on the round board."""

    id: UUID
    hub_id: UUID
    code: str
    title: str
    title_en: str
    status: GroupBuyStatus
    round_on: date
    opens_at: datetime
    cutoff_at: datetime
    pickup_on: date
    currency: str
    offer_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """How the boxes of an offer stand with what is wanted and tolerated so far.

    `packs` boxes would be ordered now; in the next one lie `open_qty` pieces and `missing_qty` fill it (both 0 when
    nothing lies in it).
    """

    pack_size: int
    packs: int
    open_qty: int
    missing_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCard:
    """An offer with its live counters; `price_cents` is what a piece costs at the quantity wanted so far.

    Of the `sold_qty` pieces held, `tolerance_qty` are taken only if they fill a box; `box` is None for an offer by the
    piece.
    """

    id: UUID
    group_buy_id: UUID
    sku_id: UUID
    base_price_cents: int
    price_cents: int
    cost_cents: int
    commission_bps: int
    quota: int
    sold_qty: int
    per_resident_limit: int
    min_group_qty: int
    role: OfferRole
    is_cancelled: bool
    breaks: tuple[PriceBreak, ...] = ()
    pack_size: int = 1
    tolerance_qty: int = 0
    box: Box | None = None

    @property
    def wanted_qty(self) -> int:
        """Pieces that residents want in any case; what price breaks go by before the cut-off."""
        return self.sold_qty - self.tolerance_qty


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Pieces of one offer that somebody wants to hold; `tolerance_qty` of the `qty` only if they fill a box."""

    offer_id: UUID
    qty: int
    tolerance_qty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WishStep:
    """One entry of the journal of wishes: how much more (or less) an order line wants and tolerates from `at` on."""

    id: UUID
    line_id: UUID
    at: datetime
    wanted_delta: int
    tolerance_delta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedWish:
    """Pieces of one line that stand at one place of the queue."""

    line_id: UUID
    wanted_qty: int
    tolerance_qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """An offer whose quota was taken, with the terms that the order line keeps."""

    offer_id: UUID
    sku_id: UUID
    qty: int
    price_cents: int
    commission_bps: int
    per_resident_limit: int
    pack_size: int = 1
    tolerance_qty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStep:
    """One station of one round and its live progress."""

    station: Station
    state: StepState
    done: int
    total: int
    note: str
    started_at: datetime | None
    finished_at: datetime | None
    #: The last sign of life while it ran.
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A group-buy with all its stations in order."""

    group_buy: GroupBuyCard
    steps: tuple[RoundStep, ...] = field(default_factory=tuple)

    def step(self, station: Station) -> RoundStep:
        """The step of one station."""
        return self.steps[STATIONS.index(station)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOffer:
    """An offer with its product's texts, as public lists show it; `price_cents` is the price before any break."""

    id: UUID
    sku_id: UUID
    code: str
    name: str
    name_en: str
    spec: str
    spec_en: str
    unit: str
    unit_en: str
    category: str
    category_name: str
    category_name_en: str
    zone: Zone
    picture: str
    origin: str
    price_cents: int
    breaks: tuple[PriceBreak, ...]
    per_resident_limit: int
    min_group_qty: int
    role: OfferRole
    pack_size: int = 1
    estimate_g: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferStock:
    """What moves of an offer: pieces sold and left, what a piece costs at the quantity wanted so far, and its boxes."""

    offer_id: UUID
    sold_qty: int
    left_qty: int
    price_cents: int
    is_cancelled: bool
    box: Box | None = None
