"""The basket: offers and pieces in a small cookie; it needs no scripts and no account, and is never lost.

It is only a wish: nothing is held, every number is checked when the order is placed.
"""

import base64
import binascii
from dataclasses import dataclass, field
from uuid import UUID

from flask import Response, request

from app.web.context import services

COOKIE = "linli_basket"
DAYS = 3
#: 60 lines of 30 characters stay far below what a browser keeps in one cookie.
MAX_LINES = 60
MAX_QTY = 999
_ID = 22


@dataclass(frozen=True, slots=True)
class Basket:
    """Pieces by offer, in the order in which they were put in; and what is tolerated besides to fill a box."""

    items: dict[UUID, int]
    tolerance: dict[UUID, int] = field(default_factory=dict)

    @property
    def pieces(self) -> int:
        """All pieces together that are wanted in any case."""
        return sum(self.items.values())

    def qty(self, offer_id: UUID) -> int:
        """Pieces of one offer."""
        return self.items.get(offer_id, 0)

    def tolerance_of(self, offer_id: UUID) -> int:
        """Pieces of one offer that are taken besides if they fill a box."""
        return self.tolerance.get(offer_id, 0)

    def put(self, offer_id: UUID, qty: int, tolerance: int = 0) -> "Basket":
        """The basket with exactly so many pieces of an offer; 0 takes it out. A full basket stays as it is."""
        items = {**self.items, offer_id: min(qty, MAX_QTY)}
        kept = {key: n for key, n in items.items() if n > 0}
        tolerated = {**self.tolerance, offer_id: min(tolerance, MAX_QTY)}
        return Basket(kept, _of(tolerated, kept)) if len(kept) <= MAX_LINES else self

    def only(self, offer_ids: set[UUID]) -> "Basket":
        """The basket without anything else than these offers."""
        kept = {key: n for key, n in self.items.items() if key in offer_ids}
        return Basket(kept, _of(self.tolerance, kept))


def _of(tolerance: dict[UUID, int], items: dict[UUID, int]) -> dict[UUID, int]:
    return {key: n for key, n in tolerance.items() if n > 0 and key in items}


def basket_of_request() -> Basket:
    """The basket that the browser holds; parts that we did not write are passed over."""
    return parse(request.cookies.get(COOKIE, ""))


def parse(text: str) -> Basket:
    """Read a basket as `write` wrote it."""
    items: dict[UUID, int] = {}
    tolerance: dict[UUID, int] = {}
    for part in text.split(".")[:MAX_LINES]:
        number, _sign, besides = part[_ID:].partition("-")
        if not _is_number(number) or (besides and not _is_number(besides)):
            continue
        try:
            offer_id = UUID(bytes=base64.urlsafe_b64decode(part[:_ID] + "=="))
        except (ValueError, binascii.Error):
            continue
        items[offer_id] = int(number)
        tolerance[offer_id] = int(besides or 0)
    return Basket(items, _of(tolerance, items))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) >= 1


def write(basket: Basket) -> str:
    """The basket as one cookie value: each offer's id, its pieces, and after a dash the tolerated ones."""
    return ".".join(_written(key, n, basket.tolerance_of(key)) for key, n in basket.items.items())


def _written(offer_id: UUID, qty: int, tolerance: int) -> str:
    besides = f"-{tolerance}" if tolerance else ""
    return f"{base64.urlsafe_b64encode(offer_id.bytes).decode().rstrip('=')}{qty}{besides}"


def keep(response: Response, basket: Basket) -> Response:
    """Give the browser the basket; returns the response."""
    secure = services().settings.secure_cookies
    if basket.items:
        response.set_cookie(COOKIE, write(basket), max_age=DAYS * 86_400, httponly=True, samesite="Lax", secure=secure)
    else:
        response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=secure)
    return response
