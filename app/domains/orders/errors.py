"""What the orders room may refuse."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False, kw_only=True)
class EmptyBasket(DomainError):
    """An order needs at least one piece of something."""

    code: ClassVar[str] = "empty_basket"


@dataclass(eq=False, kw_only=True)
class OverLimit(Conflict):
    """More than one resident may have of this offer in this group-buy, earlier orders included."""

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
    """The resident has not said where she lives, so nobody could hand out to her; or it is served by another hub."""

    code: ClassVar[str] = "no_home"


@dataclass(eq=False, kw_only=True)
class PaidOrderOnlyShrinks(Conflict):
    """A paid order can be made smaller; more goods take a second order, handed out together with the first."""

    code: ClassVar[str] = "paid_order_only_shrinks"
    offer_id: UUID


@dataclass(eq=False, kw_only=True)
class CutTooLarge(Conflict):
    """More pieces or money would be taken off a line than are left on it."""

    code: ClassVar[str] = "cut_too_large"
    line_id: UUID
