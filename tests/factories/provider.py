"""A payment provider in this process: stands at the outside edge, remembers every call, fails when it is told to."""

import json
import threading
from dataclasses import replace
from uuid import UUID

from app.domains.payments.gateways.provider import BadSignature, ProviderRefused
from app.domains.payments.values import PaymentCard, PaymentStatus, ProviderEvent, ProviderState, RefundCard

GOOD_SIGNATURE = "good"


class ApprovingProvider:
    """Keeps the promises of `PaymentProvider` in memory.

    `at_once` True: a payment succeeds in `start`. False: it waits for `approve(ref)` or `decline(ref)`.
    `fail_next` holds errors that the next calls raise, one each; with `fail_after` the work is done before the error.
    """

    name = "approving"

    def __init__(self, *, at_once: bool = True) -> None:
        self.at_once = at_once
        self.fail_after = False
        self.fail_next: list[Exception] = []
        #: (verb, id or ref) of every call in order.
        self.calls: list[tuple[str, str]] = []
        self.states: dict[str, ProviderState] = {}
        self.amounts: dict[str, int] = {}
        #: Refund id -> the card that was asked for.
        self.refunds: dict[UUID, RefundCard] = {}
        self._lock = threading.RLock()

    @property
    def charged_cents(self) -> int:
        """Money taken from payers so far."""
        return sum(state.amount_received_cents for state in self.states.values())

    @property
    def refunded_cents(self) -> int:
        """Money given back so far."""
        return sum(refund.amount_cents for refund in self.refunds.values())

    def start(self, payment: PaymentCard, return_url: str, method: str) -> ProviderState:  # noqa: ARG002  as the face says
        ref = f"ap_{payment.id.hex}"
        self._note("start", str(payment.id))
        with self._lock:
            if ref not in self.states:
                self.amounts[ref] = payment.amount_cents
                self.states[ref] = ProviderState(
                    ref=ref,
                    status=PaymentStatus.WAITING,
                    amount_received_cents=0,
                    redirect_url=f"https://pay.example/{ref}?back={return_url}",
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
            if state.status is PaymentStatus.WAITING:
                self.states[ref] = replace(state, status=PaymentStatus.CANCELLED, redirect_url=None)
        return self.states[ref]

    def refund(self, refund: RefundCard) -> str:
        self._note("refund", str(refund.id))
        with self._lock:
            if refund.id not in self.refunds:
                paid = self._known(refund.payment_ref or "").amount_received_cents
                gone = sum(r.amount_cents for r in self.refunds.values() if r.payment_ref == refund.payment_ref)
                if gone + refund.amount_cents > paid:
                    raise ProviderRefused(f"only {paid - gone} left to refund")
                self.refunds[refund.id] = refund
        self._lose_answer()
        return f"re_{refund.id.hex}"

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        if signature != GOOD_SIGNATURE:
            raise BadSignature("not signed by this provider")
        event = json.loads(body)
        return ProviderEvent(id=event["id"], kind=event["kind"], payment_ref=event.get("payment_ref"))

    def approve(self, ref: str, amount_cents: int | None = None) -> None:
        """The payer pays (another amount only when a test wants that fault)."""
        received = self.amounts[ref] if amount_cents is None else amount_cents
        self.states[ref] = replace(
            self.states[ref], status=PaymentStatus.SUCCEEDED, amount_received_cents=received, redirect_url=None
        )

    def decline(self, ref: str, reason: str = "declined") -> None:
        """The payer or her bank says no."""
        self.states[ref] = replace(
            self.states[ref], status=PaymentStatus.FAILED, failure=reason, redirect_url=None
        )  # fmt: skip

    def event(self, event_id: str, ref: str | None, kind: str = "payment_intent.succeeded") -> tuple[bytes, str]:
        """Body and signature of a webhook that speaks of a payment."""
        return json.dumps({"id": event_id, "kind": kind, "payment_ref": ref}).encode(), GOOD_SIGNATURE

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
