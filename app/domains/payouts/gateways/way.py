"""The face that every way of paying out shows; nothing here is ever called inside a transaction."""

from typing import Protocol

from app.domains.payouts.values import Order, WayState


class WayUnreachable(Exception):
    """No answer, or a fault of theirs: what happened is unknown, so send or ask again."""


class WayRefused(Exception):
    """Understood and refused for good; the message is the reason."""


class Way(Protocol):
    """Sends money. However often one order is sent, it is paid once."""

    def send(self, order: Order) -> WayState:
        """Send the money, or put it where it will be sent; repeating it sends nothing twice.

        Raises WayUnreachable, WayRefused.
        """
        ...

    def look_up(self, order: Order) -> WayState:
        """How an order that was sent stands now. Raises WayUnreachable, WayRefused."""
        ...
