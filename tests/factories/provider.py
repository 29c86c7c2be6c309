"""A payment provider in this process: stands at the outside edge, remembers every call, fails when it is told to."""

import json
import threading
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.domains.payments.gateways.provider import BadSignature, CardKeeper, PaymentProvider, ProviderRefused
from app.domains.payments.values import (
    Booking,
    KeptCard,
    Method,
    PaymentCard,
    PaymentStatus,
    ProviderEvent,
    ProviderState,
    RefundCard,
    RefundState,
    RefundStatus,
)

GOOD_SIGNATURE = "good"


class ApprovingProvider:
    """Keeps the promises of `PaymentProvider` in memory.

    `at_once` True: a payment succeeds in `start`. False: it waits for `approve(ref)` or `decline(ref)`.
    `fail_next` holds errors that the next calls raise, one each; with `fail_after` the work is done before the error.
    """

    name = "approving"
    payment_prefix = "ap_"

    def __init__(self, *, at_once: bool = True) -> None:
        self.at_once = at_once
        self.fail_after = False
        self.fail_next: list[Exception] = []
        #: (verb, id or ref) of every call in order.
        self.calls: list[tuple[str, str]] = []
        self.states: dict[str, ProviderState] = {}
        self.amounts: dict[str, int] = {}
        #: Whose each kept card is.
        self.kept: dict[str, str] = {}
        #: Payments by card, which are held until they are captured.
        self.held: set[str] = set()
        #: Refund key -> the card that was asked for.
        self.refunds: dict[str, RefundCard] = {}
        self.refund_states: dict[str, RefundState] = {}
        #: What becomes of new refunds.
        self.refund_status = RefundStatus.SUCCEEDED
        #: Lines of our balance; tests put them here.
        self.booked: list[Booking] = []
        self._lock = threading.RLock()

    @property
    def charged_cents(self) -> int:
        """Money taken from payers so far."""
        return sum(state.amount_received_cents for state in self.states.values())

    @property
    def refunded_cents(self) -> int:
        """Money given back so far."""
        return sum(refund.amount_cents for refund in self.refunds.values())

    def start(self, payment: PaymentCard) -> ProviderState:
        ref = f"ap_{payment.id.hex}"
        self._note("start", str(payment.id))
        with self._lock:
            if ref not in self.states:
                self.amounts[ref] = payment.amount_cents
                if payment.method == Method.CARD:
                    self.held.add(ref)
                self.states[ref] = ProviderState(
                    ref=ref,
                    status=PaymentStatus.WAITING,
                    amount_received_cents=0,
                    redirect_url=f"https://pay.example/{ref}?back={payment.return_url}",
                    payment_id=payment.id,
                )
                if self.at_once:
                    self.approve(ref)
        self._lose_answer()
        return self.states[ref]

    def look_up(self, ref: str) -> ProviderState:
        self._note("look_up", ref)
        return self._known(ref)

    def cancel(self, ref: str) -> ProviderState:
        self._note("cancel", ref)
        with self._lock:
            state = self._known(ref)
            if state.status in {PaymentStatus.WAITING, PaymentStatus.AUTHORISED}:
                self.states[ref] = replace(state, status=PaymentStatus.CANCELLED, redirect_url=None)
        return self.states[ref]

    def capture(self, ref: str, amount_cents: int) -> ProviderState:
        self._note("capture", ref)
        with self._lock:
            state = self._known(ref)
            if state.status is PaymentStatus.AUTHORISED and amount_cents <= state.amount_held_cents:
                self.states[ref] = replace(
                    state, status=PaymentStatus.SUCCEEDED, amount_received_cents=amount_cents, amount_held_cents=0
                )
            elif state.amount_received_cents != amount_cents:
                raise ProviderRefused(f"{state.amount_held_cents} held")
        self._lose_answer()
        return self.states[ref]

    def refund(self, refund: RefundCard) -> RefundState:
        self._note("refund", str(refund.id))
        with self._lock:
            if refund.key not in self.refunds:
                paid = self._known(refund.payment_ref or "").amount_received_cents
                gone = sum(r.amount_cents for r in self.refunds.values() if r.payment_ref == refund.payment_ref)
                if gone + refund.amount_cents > paid:
                    raise ProviderRefused(f"only {paid - gone} left to refund")
                self.refunds[refund.key] = refund
                ref = f"re_{refund.key}"
                self.refund_states[ref] = RefundState(ref=ref, status=self.refund_status, refund_key=refund.key)
        self._lose_answer()
        return self.refund_states[f"re_{refund.key}"]

    def look_up_refund(self, ref: str) -> RefundState:
        self._note("look_up_refund", ref)
        return self.refund_states[ref]

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        if signature != GOOD_SIGNATURE:
            raise BadSignature("not signed by this provider")
        event = json.loads(body)
        return ProviderEvent(
            id=event["id"],
            kind=event["kind"],
            payment=self.states.get(event["ref"]),
            refund=self.refund_states.get(event["ref"]),
        )

    def make_customer(self, resident_id: UUID) -> str:
        self._note("make_customer", str(resident_id))
        return f"cus_{resident_id.hex}"

    def ask_for_card(self, customer_ref: str, currency: str, return_url: str) -> str:
        """The page keeps a card at once, whoever comes."""
        self._note("ask_for_card", customer_ref)
        ref = f"pm_{len(self.kept)}"
        self.kept[ref] = customer_ref
        return f"https://pay.example/card/{currency}?back={return_url}"

    def cards(self, customer_ref: str) -> list[KeptCard]:
        return [
            KeptCard(ref=ref, brand="visa", last4="4242", exp_month=12, exp_year=2034)
            for ref, owner in self.kept.items()
            if owner == customer_ref
        ]

    def forget_card(self, card_ref: str) -> None:
        self.kept.pop(card_ref, None)

    def bookings(self, since: datetime, until: datetime) -> list[Booking]:
        return [one for one in self.booked if since <= one.at < until]

    def approve(self, ref: str, amount_cents: int | None = None) -> None:
        """The payer pays (another amount only when a test wants that fault); what a card pays is only held."""
        received = self.amounts[ref] if amount_cents is None else amount_cents
        if ref in self.held:
            self.states[ref] = replace(
                self.states[ref], status=PaymentStatus.AUTHORISED, amount_held_cents=received, redirect_url=None
            )
            return
        self.states[ref] = replace(
            self.states[ref], status=PaymentStatus.SUCCEEDED, amount_received_cents=received, redirect_url=None
        )

    def remember(self, ref: str, amount_cents: int) -> None:
        """A payment that succeeded before the test began."""
        self.states[ref] = ProviderState(ref=ref, status=PaymentStatus.SUCCEEDED, amount_received_cents=amount_cents)

    def decline(self, ref: str, reason: str = "declined") -> None:
        """The payer or her bank says no."""
        self.states[ref] = replace(
            self.states[ref], status=PaymentStatus.FAILED, failure=reason, redirect_url=None
        )  # fmt: skip

    def event(self, event_id: str, ref: str | None, kind: str = "payment_intent.succeeded") -> tuple[bytes, str]:
        """Body and signature of a webhook that speaks of a payment or a refund as it is when the body is read."""
        return json.dumps({"id": event_id, "kind": kind, "ref": ref}).encode(), GOOD_SIGNATURE

    def _known(self, ref: str) -> ProviderState:
        if ref not in self.states:
            raise ProviderRefused(f"no such payment: {ref}")
        return self.states[ref]

    def _note(self, verb: str, what: str) -> None:
        with self._lock:
            self.calls.append((verb, what))
            if self.fail_next and not self.fail_after:
                raise self.fail_next.pop(0)

    def _lose_answer(self) -> None:
        with self._lock:
            if self.fail_next and self.fail_after:
                raise self.fail_next.pop(0)


#: Fails to compile when the stand-in does not show the provider's face.
_FACE: PaymentProvider = ApprovingProvider()
_KEEPER: CardKeeper = ApprovingProvider()
