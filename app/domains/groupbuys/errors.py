"""What the groupbuys room may refuse."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.domains.groupbuys.values import Station
from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False, kw_only=True)
class GroupBuyClosed(Conflict):
    """Orders are not taken now: the group-buy is not open yet, or its cut-off has passed."""

    code: ClassVar[str] = "group_buy_closed"
    group_buy_id: UUID


@dataclass(eq=False, kw_only=True)
class RoundExists(Conflict):
    """The hub has a group-buy on that day already."""

    code: ClassVar[str] = "round_exists"
    round_on: str


@dataclass(eq=False, kw_only=True)
class UnknownOffer(DomainError):
    """The group-buy has no such offer, or it was withdrawn."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "unknown_offer"
    offer_id: UUID


@dataclass(eq=False, kw_only=True)
class SoldOut(Conflict):
    """Fewer pieces are left than were asked for; `left` is what a smaller order could still get."""

    code: ClassVar[str] = "sold_out"
    offer_id: UUID
    wanted: int
    left: int


@dataclass(eq=False, kw_only=True)
class ToleranceNotOffered(DomainError):
    """This offer is sold by the piece, so nobody can name pieces that only fill a box."""

    code: ClassVar[str] = "tolerance_not_offered"
    offer_id: UUID


@dataclass(eq=False, kw_only=True)
class LabelMissing(DomainError):
    """Goods without their mandatory label fields cannot be offered; `gaps` names SKU code and fields."""

    code: ClassVar[str] = "label_missing"
    gaps: dict[str, list[str]]


@dataclass(eq=False, kw_only=True)
class TermsMissing(DomainError):
    """No supplier is known for these SKUs, so they could never be bought."""

    code: ClassVar[str] = "terms_missing"
    skus: list[str]


@dataclass(eq=False, kw_only=True)
class NoOffers(DomainError):
    """A group-buy without offers cannot open."""

    code: ClassVar[str] = "no_offers"
    group_buy_id: UUID


@dataclass(eq=False, kw_only=True)
class BelowCost(DomainError):
    """The price, or one of its breaks, is below what a piece costs us; law and the price guard forbid that."""

    code: ClassVar[str] = "below_cost"
    sku_id: UUID
    price_cents: int
    cost_cents: int


@dataclass(eq=False, kw_only=True)
class CutoffNotReached(Conflict):
    """The cut-off lies ahead; close early on purpose, or wait."""

    code: ClassVar[str] = "cutoff_not_reached"
    cutoff_at: datetime


@dataclass(eq=False, kw_only=True)
class PickupNotOver(Conflict):
    """Residents may still fetch their goods; settle early on purpose, or wait for the day after the pickup."""

    code: ClassVar[str] = "pickup_not_over"
    pickup_on: date


@dataclass(eq=False, kw_only=True)
class CutoffPassed(Conflict):
    """The cut-off lies in the past, so nobody could order."""

    code: ClassVar[str] = "cutoff_passed"
    cutoff_at: datetime


@dataclass(eq=False, kw_only=True)
class StationTooEarly(Conflict):
    """An earlier station of the round is not finished."""

    code: ClassVar[str] = "station_too_early"
    station: Station
    waits_for: Station


@dataclass(eq=False, kw_only=True)
class StationStopped(Conflict):
    """The worker gave the station up after so many tries; it may be started again and continues where it was."""

    code: ClassVar[str] = "station_stopped"
    tries: int


@dataclass(eq=False, kw_only=True)
class StationSilent(Conflict):
    """Nobody works at the station any more and it gave no sign of life since; it may be started again."""

    code: ClassVar[str] = "station_silent"
    since_at: datetime


class NoDraft(Conflict):
    """The hub has no group-buy in planning; plan one first."""

    code: ClassVar[str] = "no_draft"


@dataclass(eq=False, kw_only=True)
class OfferStands(Conflict):
    """The group-buy offers this SKU already."""

    code: ClassVar[str] = "offer_stands"
    code_of: str


@dataclass(eq=False, kw_only=True)
class CalledOff(Conflict):
    """HQ has called this group-buy off; its stations do not run any more."""

    code: ClassVar[str] = "called_off"


@dataclass(eq=False, kw_only=True)
class StationAtWork(Conflict):
    """A station of the round runs right now; wait for it."""

    code: ClassVar[str] = "station_at_work"
    station: Station


@dataclass(eq=False, kw_only=True)
class CallOffTooLate(Conflict):
    """The goods of the round lie on the sorting tables already."""

    code: ClassVar[str] = "call_off_too_late"
