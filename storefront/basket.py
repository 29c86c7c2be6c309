"""The basket: offers and pieces in a small cookie; it needs no scripts and no account, and is never lost.

It is only a wish: nothing is held, every number is checked when the order is placed.
"""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from flask import Response, request

from app.web.context import services

COOKIE = "linli_basket"
DAYS = 3
#: 60 lines of 27 characters stay far below what a browser keeps in one cookie.
MAX_LINES = 60
MAX_QTY = 999
_ID = 22


@dataclass(frozen=True, slots=True)
class Basket:
    """Pieces by offer, in the order in which they were put in."""

    items: dict[UUID, int]

    @property
    def pieces(self) -> int:
        """All pieces together."""
        return sum(self.items.values())

    def qty(self, offer_id: UUID) -> int:
        """Pieces of one offer."""
        return self.items.get(offer_id, 0)

    def put(self, offer_id: UUID, qty: int) -> "Basket":
        """The basket with exactly `qty` pieces of an offer; 0 takes it out. A full basket stays as it is."""
        items = {**self.items, offer_id: min(qty, MAX_QTY)}
        kept = {key: n for key, n in items.items() if n > 0}
        return Basket(kept) if len(kept) <= MAX_LINES else self

    def only(self, offer_ids: set[UUID]) -> "Basket":
        """The basket without anything else than these offers."""
        return Basket({key: n for key, n in self.items.items() if key in offer_ids})


def basket_of_request() -> Basket:
    """The basket that the browser holds; parts that we did not write are passed over."""
    return parse(request.cookies.get(COOKIE, ""))


def parse(text: str) -> Basket:
    """Read a basket as `write` wrote it."""
    items: dict[UUID, int] = {}
    for part in text.split(".")[:MAX_LINES]:
        number = part[_ID:]
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= MAX_QTY and len(number) <= 3):
            continue
        try:
            items[UUID(bytes=base64.urlsafe_b64decode(part[:_ID] + "=="))] = int(number)
        except (ValueError, binascii.Error):
            continue
    return Basket(items)


def write(basket: Basket) -> str:
    """The basket as one cookie value."""
    return ".".join(
        base64.urlsafe_b64encode(key.bytes).decode().rstrip("=") + str(n) for key, n in basket.items.items()
    )


def keep(response: Response, basket: Basket) -> Response:
    """Give the browser the basket; returns the response."""
    secure = services().settings.secure_cookies
    if basket.items:
        response.set_cookie(COOKIE, write(basket), max_age=DAYS * 86_400, httponly=True, samesite="Lax", secure=secure)
    else:
        response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=secure)
    return response
