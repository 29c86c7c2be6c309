"""The face that every payment provider shows; no network call is ever made inside a transaction."""

from typing import Protocol

from app.domains.payments.values import PaymentCard, ProviderEvent, ProviderState, RefundCard, RefundState


class ProviderUnreachable(Exception):
    """The provider did not answer, or with a fault of its own: what happened is unknown, so ask or call again."""


class ProviderRefused(Exception):
    """The provider understood and refused for good; the message is its reason."""


class BadSignature(Exception):
    """A webhook that was not signed by the provider, or too long ago."""


class PaymentProvider(Protocol):
    """Collects and returns money. Calls with the same payment or refund id happen once at the provider."""

    @property
    def name(self) -> str:
        """Short name for logs and the ledger, e.g. "stripe"."""
        ...

    def start(self, payment: PaymentCard) -> ProviderState:
        """Ask for the money; repeating it with one payment's id returns the first answer.

        Raises ProviderUnreachable, ProviderRefused.
        """
        ...

    def look_up(self, ref: str) -> ProviderState:
        """What the provider knows of a payment now. Raises ProviderUnreachable, ProviderRefused."""
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
