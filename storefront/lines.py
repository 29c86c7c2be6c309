"""A basket priced line by line against today's offers, with what stands in the way of ordering it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.domains.groupbuys.errors import SoldOut, ToleranceNotOffered, UnknownOffer
from app.domains.orders.errors import OverLimit
from app.kernel.errors import DomainError
from storefront.basket import Basket
from storefront.market import Market, Ware
from storefront.words import gettext as _, ngettext


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line cannot be ordered as it stands, and the quantity that could be."""

    text: str
    possible_qty: int


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces of one offer in a basket."""

    ware: Ware
    qty: int
    #: Pieces that the resident has in earlier orders of this group-buy.
    had: int
    problem: Problem | None
    #: Pieces taken besides if they fill a box.
    tolerance: int = 0

    @property
    def unit_price_cents(self) -> int:
        """Price of a piece when this line is ordered now."""
        return self.ware.price_for(self.qty)

    @property
    def sum_cents(self) -> int:
        """Price of the line: the most it can cost, for all its pieces and for pieces as heavy as estimated."""
        return self.most_qty * self.unit_price_cents

    @property
    def most_qty(self) -> int:
        """Pieces wanted and tolerated."""
        return self.qty + self.tolerance

    @property
    def is_most(self) -> bool:
        """Whether it may cost less in the end: what no box needs, and grams that are missing, are refunded."""
        return self.ware.offer.pack_size > 1 or self.ware.sku.sold_by_weight

    @property
    def most_tolerance(self) -> int:
        """The most pieces that could be tolerated besides."""
        return max(min(self.most - self.qty, self.ware.most_tolerance(self.qty)), 0)

    @property
    def most(self) -> int:
        """The most pieces that this line could have."""
        return max(min(self.ware.left, self.ware.offer.per_resident_limit - self.had), 0)


@dataclass(frozen=True, slots=True)
class Priced:
    """A basket against today's offers."""

    lines: tuple[Line, ...]
    #: How many of its offers are not on offer any more.
    gone: int

    @property
    def total_cents(self) -> int:
        """Price of all lines."""
        return sum(line.sum_cents for line in self.lines)

    @property
    def pieces(self) -> int:
        """Pieces of all lines that are wanted in any case."""
        return sum(line.qty for line in self.lines)

    @property
    def is_most(self) -> bool:
        """Whether the total is the most, and may become less after the cut-off or at the scale."""
        return any(line.is_most for line in self.lines)

    @property
    def is_ready(self) -> bool:
        """Whether an order could be placed as things stand."""
        return bool(self.lines) and not self.gone and all(line.problem is None for line in self.lines)


def price(market: Market, basket: Basket, had: Mapping[UUID, int], refusal: DomainError | None = None) -> Priced:
    """Price a basket; a refusal that names one of its offers is told at that line."""
    lines = []
    for offer_id, qty in basket.items.items():
        ware = market.ware(offer_id)
        if ware is None:
            continue
        before = had.get(offer_id, 0)
        at_line = refusal is not None and getattr(refusal, "offer_id", None) == offer_id
        tolerance = basket.tolerance_of(offer_id)
        most = qty + tolerance
        problem = of_refusal(refusal, most) if refusal and at_line else of_line(ware, most, before)
        lines.append(Line(ware, qty, before, problem, tolerance))
    return Priced(tuple(lines), len(basket.items) - len(lines))


def of_line(ware: Ware, qty: int, had: int) -> Problem | None:
    """What a line would be refused for, as far as we can see now."""
    offer = ware.offer
    if ware.is_sold_out:
        return Problem(_("Sold out. Please take it out."), 0)
    if qty > ware.left:
        return _too_few(ware.left)
    if qty + had > offer.per_resident_limit:
        return _over(offer.per_resident_limit, had)
    return None


def of_refusal(refusal: DomainError, qty: int) -> Problem | None:
    """A refusal of a line of `qty` pieces as the line shows it; None when it speaks of no line."""
    if isinstance(refusal, SoldOut):
        return _too_few(refusal.left) if refusal.left > 0 else Problem(_("Sold out. Please take it out."), 0)
    if isinstance(refusal, OverLimit):
        return _over(refusal.limit, refusal.had)
    if isinstance(refusal, ToleranceNotOffered):
        return Problem(_("This is sold by the piece; there is no box to fill."), qty)
    if isinstance(refusal, UnknownOffer):
        return Problem(_("Not on offer any more. Please take it out."), 0)
    return None


def _too_few(left: int) -> Problem:
    return Problem(ngettext("Only %(num)s piece is left.", "Only %(num)s pieces are left.", left), left)


def _over(limit: int, had: int) -> Problem:
    if had:
        text = _("At most %(limit)s per person; your earlier orders hold %(had)s.", limit=limit, had=had)
    else:
        text = _("At most %(limit)s per person.", limit=limit)
    return Problem(text, max(limit - had, 0))
