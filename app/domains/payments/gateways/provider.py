"""The face that every payment provider shows; no network call is ever made inside a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domains.payments.values import (
    Booking,
    KeptCard,
    PaymentCard,
    ProviderEvent,
    ProviderState,
    RefundCard,
    RefundState,
)


class ProviderUnreachable(Exception):
    """The provider did not answer, or with a fault of its own: what happened is unknown, so ask or call again."""


class ProviderRefused(Exception):
    """The provider understood and refused for good; the message is its reason."""


class BadSignature(Exception):
    """A webhook that was not signed by the provider, or too long ago."""


class PaymentProvider(Protocol):
    """Collects and returns money. Calls with the same payment or refund id happen once at the provider.

    `tests/integration/test_provider_contract.py` is what every provider must pass; docs/adr/0016 says how another one
    (WeChat Pay v3) fits in.
    """

    @property
    def name(self) -> str:
        """Short name for logs and the ledger, e.g. "stripe"."""
        ...

    def start(self, payment: PaymentCard) -> ProviderState:
        """Ask for the money; repeating it with one payment's id returns what became of the first call.

        AUTHORISED means that it is held and will be taken by `capture`. Raises ProviderUnreachable, ProviderRefused.
        """
        ...

    def look_up(self, ref: str) -> ProviderState:
        """What the provider knows of a payment now. Raises ProviderUnreachable, ProviderRefused."""
        ...

    def capture(self, ref: str, amount_cents: int) -> ProviderState:
        """Take a held amount, or less: the rest is let go. Repeating it takes nothing twice.

        Raises ProviderUnreachable, ProviderRefused for more than is held, or when nothing is held any more.
        """
        ...

    def cancel(self, ref: str) -> ProviderState:
        """Give up a payment that was not made yet; one that was made stays, the answer says so.

        Raises ProviderUnreachable, ProviderRefused.
        """
        ...

    def refund(self, refund: RefundCard) -> RefundState:
        """Return money; repeating it with one refund's key, however late, returns nothing twice.

        Raises ProviderUnreachable, ProviderRefused.
        """
        ...

    def look_up_refund(self, ref: str) -> RefundState:
        """What the provider knows of a refund now. Raises ProviderUnreachable, ProviderRefused."""
        ...

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        """Verify and read a webhook. Raises BadSignature."""
        ...


class CardKeeper(Protocol):
    """Keeps payers' cards. Numbers are entered on the provider's page and never come to us."""

    def make_customer(self, resident_id: UUID) -> str:
        """A payer's name at the provider; the same one whenever it is asked for with one id within a day.

        Raises ProviderUnreachable, ProviderRefused.
        """
        ...

    def ask_for_card(self, customer_ref: str, currency: str, return_url: str) -> str:
        """The address of the provider's page on which the payer enters a card. Raises as `make_customer`."""
        ...

    def cards(self, customer_ref: str) -> list[KeptCard]:
        """The cards that a payer keeps, newest first. Raises as `make_customer`."""
        ...

    def forget_card(self, card_ref: str) -> None:
        """Take a card from its payer for good; repeating it changes nothing. Raises as `make_customer`."""
        ...


class StatesBookings(Protocol):
    """A provider that keeps our money and shows its books."""

    @property
    def payment_prefix(self) -> str:
        """How its references of payments begin."""
        ...

    def bookings(self, since: datetime, until: datetime) -> Sequence[Booking]:
        """The lines of our balance from an instant to before another, oldest first.

        Raises ProviderUnreachable, ProviderRefused.
        """
        ...
