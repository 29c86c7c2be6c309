"""Stripe Connect (docs.stripe.com/connect/separate-charges-and-transfers): a transfer to the payee's connected account.

The transfer carries the payout's id as idempotency key and as its transfer group. Stripe forgets keys after a day, so
from the second try on the group is searched first; what the account then does with its balance is the payee's choice.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import stripe

from app.domains.payouts.gateways.way import WayRefused, WayUnreachable
from app.domains.payouts.values import Order, PayoutStatus, WayState

T = TypeVar("T")

#: Seconds to reach Stripe, and to wait for its answer; nobody is watching.
TIMEOUTS_S = (3.0, 20.0)


class StripeConnect:
    """Pays by transfers from our balance at Stripe."""

    def __init__(self, key: str, base: str = "", *, retries: int = 2) -> None:
        self._http = stripe.RequestsClient(timeout=TIMEOUTS_S)
        self._client = stripe.StripeClient(
            key, base_addresses={"api": base} if base else None, http_client=self._http, max_network_retries=retries
        )

    def send(self, order: Order) -> WayState:
        """Create the transfer, once however often it is asked for."""
        if order.tries > 1 and (found := self._find(order)):
            return _state(found)
        create = self._client.v1.transfers.create
        made = _call(
            lambda: create(
                {
                    "amount": order.amount_cents,
                    "currency": order.currency.lower(),
                    "destination": order.account_no,
                    "transfer_group": order.key,
                    "description": order.no,
                    "metadata": {"payout_id": order.key, "payout_no": order.no},
                },
                {"idempotency_key": order.key},
            ).to_dict()
        )
        return _state(made)

    def look_up(self, order: Order) -> WayState:
        """The transfer as it stands; one whose answer we never got is searched by its group, else still to be sent."""
        ref = order.ref
        if ref is not None:
            return _state(_call(lambda: self._client.v1.transfers.retrieve(ref).to_dict()))
        found = self._find(order)
        return _state(found) if found else WayState(status=PayoutStatus.PAYING)

    def close(self) -> None:
        """Give back the connections that are kept open."""
        self._http.close()  # type: ignore[no-untyped-call]  # untyped in stripe

    def _find(self, order: Order) -> dict[str, Any] | None:
        transfers = self._client.v1.transfers
        try:
            listed = _call(lambda: transfers.list({"transfer_group": order.key, "limit": 1}).to_dict())
        except WayRefused as refusal:  # a search that is refused says nothing of the transfer that may stand
            raise WayUnreachable(str(refusal)) from refusal
        found: list[dict[str, Any]] = listed["data"]
        return found[0] if found else None


def _call(ask: Callable[[], T]) -> T:
    """Sort Stripe's errors into "unknown, try again" and "refused"."""
    try:
        return ask()
    except stripe.StripeError as error:
        if error.http_status in {400, 402, 403, 404}:
            raise WayRefused(error.user_message or error.code or "refused") from error
        raise WayUnreachable(f"{type(error).__name__}: {error}") from error


def _state(transfer: dict[str, Any]) -> WayState:
    """A transfer has arrived when it stands; one taken back as a whole is returned."""
    if transfer.get("reversed"):
        return WayState(status=PayoutStatus.RETURNED, ref=transfer["id"])
    return WayState(status=PayoutStatus.PAID, ref=transfer["id"])
