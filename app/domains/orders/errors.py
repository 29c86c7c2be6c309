"""What the orders room may refuse."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False, kw_only=True)
class EmptyBasket(DomainError):
    """An order needs at least one piece of something."""

    code: ClassVar[str] = "empty_basket"


@dataclass(eq=False, kw_only=True)
class OverLimit(Conflict):
    """More than one resident may have of this offer in this group-buy; `had` are the pieces of her other orders."""

    code: ClassVar[str] = "over_limit"
    offer_id: UUID
    limit: int
    had: int


@dataclass(eq=False, kw_only=True)
class TotalChanged(Conflict):
    """The total is not the one that was shown; show the new one and ask again."""

    code: ClassVar[str] = "total_changed"
    expected_cents: int
    total_cents: int


@dataclass(eq=False, kw_only=True)
class NoHome(Conflict):
    """The resident has not said where she lives, so nobody could hand out to her."""

    code: ClassVar[str] = "no_home"


@dataclass(eq=False, kw_only=True)
class OtherHub(Conflict):
    """The group-buy is of another hub than the one that serves the resident's pickup point."""

    code: ClassVar[str] = "other_hub"


@dataclass(eq=False, kw_only=True)
class PointRests(Conflict):
    """The resident's pickup point hands nothing out on the pickup day; `next_on` is the next day on which it does."""

    code: ClassVar[str] = "point_rests"
    on: date
    reason: str
    next_on: date | None


@dataclass(eq=False, kw_only=True)
class PointDayFull(Conflict):
    """The pickup point takes no more orders for the day: of goods of `zone`, or of any (empty zone)."""

    code: ClassVar[str] = "point_day_full"
    zone: str
    on: date
    limit: int


@dataclass(eq=False, kw_only=True)
class PaidOrderOnlyShrinks(Conflict):
    """A paid order can be made smaller; more goods take a second order, handed out together with the first."""

    code: ClassVar[str] = "paid_order_only_shrinks"
    offer_id: UUID


@dataclass(eq=False, kw_only=True)
class NotByWeight(Conflict):
    """The line cannot be weighed: not sold by weight, nothing of it is due, or it is not on this round's sheets."""

    code: ClassVar[str] = "not_by_weight"
    line_id: UUID


@dataclass(eq=False, kw_only=True)
class WeightUnlikely(DomainError):
    """The weight is less than half or more than twice of what was estimated; say that it is meant, or weigh again."""

    code: ClassVar[str] = "weight_unlikely"
    line_id: UUID
    weight_g: int
    expected_g: int


@dataclass(eq=False, kw_only=True)
class WeightOnlyFalls(Conflict):
    """A corrected weight would make the line dearer than it was told to be; nobody is charged twice."""

    code: ClassVar[str] = "weight_only_falls"
    line_id: UUID
    weight_g: int
    known_g: int


@dataclass(eq=False, kw_only=True)
class CutTooLarge(Conflict):
    """More pieces or money would be taken off a line than are left on it."""

    code: ClassVar[str] = "cut_too_large"
    line_id: UUID
