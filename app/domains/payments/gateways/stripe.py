"""Stripe (docs.stripe.com/api, PaymentIntents and Refunds), the only module that knows its library.

Every POST carries an idempotency key of ours. Stripe keeps keys for a day: a payment that never got an answer is given
up before (`rules.KEY_LIFE`), and a refund that is tried again is looked for among the payment's refunds first.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

import stripe
from stripe.params import BalanceTransactionListParams, PaymentIntentCreateParams

from app.domains.payments.gateways.provider import BadSignature, ProviderRefused, ProviderUnreachable
from app.domains.payments.values import (
    Booking,
    BookingKind,
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

T = TypeVar("T")

#: Seconds to reach Stripe, and to wait for its answer; a payer is watching.
TIMEOUTS_S = (3.0, 15.0)
RETRIES = 2
#: Webhooks signed longer ago are refused, by the machine's own clock whatever the demo's clock says.
TOLERANCE_S = 300
#: The card of Stripe's test mode that pays at once.
TEST_CARD = "pm_card_visa"

_STATUSES = {
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELLED,
    "requires_confirmation": PaymentStatus.WAITING,
    "requires_action": PaymentStatus.WAITING,
    "requires_capture": PaymentStatus.AUTHORISED,
    "processing": PaymentStatus.WAITING,
}
_REFUNDS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_BOOKINGS = {
    "charge": BookingKind.CHARGE,
    "payment": BookingKind.CHARGE,
    "refund": BookingKind.REFUND,
    "payment_refund": BookingKind.REFUND,
    "refund_failure": BookingKind.REFUND_RETURNED,
    "payment_failure_refund": BookingKind.REFUND_RETURNED,
    "transfer": BookingKind.TRANSFER,
    "transfer_refund": BookingKind.TRANSFER_RETURNED,
    "transfer_cancel": BookingKind.TRANSFER_RETURNED,
    "transfer_failure": BookingKind.TRANSFER_RETURNED,
}
_PAYMENT_EVENTS = frozenset(
    f"payment_intent.{end}"
    for end in (
        "succeeded", "payment_failed", "canceled", "processing", "requires_action", "amount_capturable_updated",
    )
)  # fmt: skip
#: Bookings asked for at a time; the provider gives no more.
PAGE = 100
_REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed"})


class StripeProvider:
    """Collects by the redirects of Alipay and WeChat Pay, and by cards that the payer keeps here.

    Cards are authorised first and captured later, for the amount may fall. With a test key there is also a card that
    pays at once (demo data).
    """

    name = "stripe"
    payment_prefix = "pi_"

    def __init__(self, key: str, base: str = "", webhook_secret: str = "", *, retries: int = RETRIES) -> None:
        self._is_test = key.startswith("sk_test_")
        self._secret = webhook_secret
        self._http = stripe.RequestsClient(timeout=TIMEOUTS_S)
        self._client = stripe.StripeClient(
            key, base_addresses={"api": base} if base else None, http_client=self._http, max_network_retries=retries
        )

    def start(self, payment: PaymentCard) -> ProviderState:
        """Create and confirm a PaymentIntent; a declined card is an answer (FAILED), not an error."""
        wish: PaymentIntentCreateParams = {
            "amount": payment.amount_cents,
            "currency": payment.currency.lower(),
            "confirm": True,
            "description": payment.order_no,
            "metadata": {"payment_id": str(payment.id), "order_no": payment.order_no},
        }
        wish |= self._method(payment)
        create = self._client.v1.payment_intents.create
        return _state(_call(lambda: _plain(create(wish, {"idempotency_key": str(payment.id)}))))

    def _method(self, payment: PaymentCard) -> PaymentIntentCreateParams:
        if payment.method == Method.CARD_TEST:
            if not self._is_test:
                raise ProviderRefused("card_test needs a test key")
            return {"payment_method": TEST_CARD, "allowed_payment_method_types": ["card"]}  # type: ignore[typeddict-item]  # the caller adds the rest
        if payment.method == Method.CARD:
            return {  # type: ignore[typeddict-item]  # what is always asked for stands with the caller
                "payment_method": payment.source_ref or "",
                "customer": payment.customer_ref or "",
                "allowed_payment_method_types": ["card"],
                "capture_method": "manual",
                "return_url": payment.return_url,
            }
        kind: Any = payment.method
        wish: dict[str, Any] = {
            "payment_method_data": {"type": kind},
            "allowed_payment_method_types": [kind],
            "return_url": payment.return_url,
        }
        if payment.method == Method.WECHAT_PAY:
            wish["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        return cast("PaymentIntentCreateParams", wish)

    def capture(self, ref: str, amount_cents: int) -> ProviderState:
        """Capture a PaymentIntent; one that was captured before is looked up, so repeating takes nothing twice."""
        capture = self._client.v1.payment_intents.capture
        try:
            return _state(_call(lambda: _plain(capture(ref, {"amount_to_capture": amount_cents}))))
        except ProviderRefused:
            known = self.look_up(ref)
            if known.amount_received_cents != amount_cents:
                raise
            return known

    def look_up(self, ref: str) -> ProviderState:
        """Retrieve a PaymentIntent."""
        return _state(_call(lambda: _plain(self._client.v1.payment_intents.retrieve(ref))))

    def cancel(self, ref: str) -> ProviderState:
        """Cancel a PaymentIntent; one that can no longer be cancelled is looked up instead."""
        try:
            return _state(_call(lambda: _plain(self._client.v1.payment_intents.cancel(ref))))
        except ProviderRefused:
            return self.look_up(ref)

    def refund(self, refund: RefundCard) -> RefundState:
        """Create a refund; from the second try on, look first whether an earlier one arrived."""
        if refund.payment_ref is None:
            raise ProviderRefused("the payment has no PaymentIntent")
        intent = refund.payment_ref
        if refund.tries > 1 and (found := self._find_refund(intent, refund.key)):
            return found
        create = self._client.v1.refunds.create
        made = _call(
            lambda: _plain(
                create(
                    {
                        "payment_intent": intent,
                        "amount": refund.amount_cents,
                        "metadata": {"refund_key": refund.key, "reason": refund.reason},
                    },
                    {"idempotency_key": refund.key},
                )
            )
        )
        return _refund_state(made)

    def look_up_refund(self, ref: str) -> RefundState:
        """Retrieve a refund."""
        return _refund_state(_call(lambda: _plain(self._client.v1.refunds.retrieve(ref))))

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        """Verify the signature (scheme v1) and its age, and read the object that the event carries."""
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._secret, TOLERANCE_S)
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as wrong:
            raise BadSignature(str(wrong)) from wrong
        event = json.loads(body)
        kind, told = event["type"], event["data"]["object"]
        return ProviderEvent(
            id=event["id"],
            kind=kind,
            payment=_state(told) if kind in _PAYMENT_EVENTS else None,
            refund=_refund_state(told) if kind in _REFUND_EVENTS else None,
            payout_id=_uuid(told.get("metadata", {}).get("payout_id")) if kind == "transfer.reversed" else None,
            refused_account=event.get("account") if kind == "payout.failed" else None,
        )

    def make_customer(self, resident_id: UUID) -> str:
        """Create a Customer that bears nothing but our id."""
        create = self._client.v1.customers.create
        key = f"customer-{resident_id}"
        wish: Any = {"metadata": {"resident_id": str(resident_id)}}
        return str(_call(lambda: _plain(create(wish, {"idempotency_key": key})))["id"])

    def ask_for_card(self, customer_ref: str, currency: str, return_url: str) -> str:
        """Open a Checkout Session in setup mode: Stripe's page makes the SetupIntent, 3-D Secure included."""
        create = self._client.v1.checkout.sessions.create
        wish: Any = {
            "mode": "setup",
            "customer": customer_ref,
            "currency": currency.lower(),
            "success_url": return_url,
            "cancel_url": return_url,
        }
        return str(_call(lambda: _plain(create(wish)))["url"])

    def cards(self, customer_ref: str) -> list[KeptCard]:
        """List a Customer's PaymentMethods of the type card."""
        found = self._client.v1.customers.payment_methods.list
        page = _call(lambda: _plain(found(customer_ref, {"type": "card", "limit": 20})))
        return [
            KeptCard(
                ref=one["id"], brand=one["card"]["brand"], last4=one["card"]["last4"],
                exp_month=one["card"]["exp_month"], exp_year=one["card"]["exp_year"],
            )
            for one in page["data"]
        ]  # fmt: skip

    def forget_card(self, card_ref: str) -> None:
        """Detach a PaymentMethod; one that belongs to nobody any more is left alone."""
        methods = self._client.v1.payment_methods
        try:
            _call(lambda: _plain(methods.detach(card_ref)))
        except ProviderRefused:
            if _call(lambda: _plain(methods.retrieve(card_ref))).get("customer"):
                raise

    def bookings(self, since: datetime, until: datetime) -> list[Booking]:
        """List the balance transactions of a time with what they book (docs.stripe.com/api/balance_transactions)."""
        wanted: BalanceTransactionListParams = {
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "expand": ["data.source"], "limit": PAGE,
        }  # fmt: skip
        found = _call(lambda: [_booking(line) for line in self._lines(wanted)])
        return sorted(found, key=lambda one: (one.at, one.ref))

    def _lines(self, wanted: BalanceTransactionListParams) -> Iterator[Mapping[str, Any]]:
        """Page through balance transactions as plain JSON: a day has thousands, and the library makes each a tree."""
        while True:
            page = self._client.raw_request("get", "/v1/balance_transactions", **wanted).data
            yield from page["data"]
            if not page["has_more"]:
                return
            wanted = {**wanted, "starting_after": page["data"][-1]["id"]}

    def close(self) -> None:
        """Give back the connections that are kept open."""
        self._http.close()  # type: ignore[no-untyped-call]  # untyped in stripe

    def _find_refund(self, intent: str, key: str) -> RefundState | None:
        def search() -> dict[str, Any] | None:
            pages = self._client.v1.refunds.list({"payment_intent": intent, "limit": 100}).auto_paging_iter()
            return next((made for one in pages if _key(made := _plain(one)) == key), None)

        found = _call(search)
        return None if found is None else _refund_state(found)


def _call(ask: Callable[[], T]) -> T:
    """Sort Stripe's errors into "unknown, try again" and "refused"; a declined card becomes the intent that it is."""
    try:
        return ask()
    except stripe.StripeError as error:
        intent = _declined(error)
        if intent is not None:
            return cast("T", intent)  # every call that can be declined asks for an intent
        if error.http_status in {400, 402, 404}:
            raise ProviderRefused(error.user_message or error.code or "refused") from error
        raise ProviderUnreachable(f"{type(error).__name__}: {error}") from error


def _declined(error: stripe.StripeError) -> dict[str, Any] | None:
    told = error.json_body.get("error", {}) if isinstance(error.json_body, Mapping) else {}
    return told.get("payment_intent") if isinstance(error, stripe.CardError) else None


def _plain(thing: stripe.StripeObject) -> dict[str, Any]:
    found: dict[str, Any] = thing.to_dict()
    return found


def _state(intent: Mapping[str, Any]) -> ProviderState:
    error = intent.get("last_payment_error") or {}
    if intent["status"] == "requires_payment_method":
        status = PaymentStatus.FAILED if error else PaymentStatus.WAITING
    else:
        status = _STATUSES.get(intent["status"], PaymentStatus.WAITING)
    action = intent.get("next_action") or {}
    where = action.get("redirect_to_url") or action.get("alipay_handle_redirect") or {}
    scan = action.get("wechat_pay_display_qr_code") or {}
    return ProviderState(
        ref=intent["id"],
        status=status,
        amount_received_cents=intent.get("amount_received") or 0,
        amount_held_cents=intent.get("amount_capturable") or 0,
        redirect_url=where.get("url") or scan.get("hosted_instructions_url"),
        failure=error.get("message") or intent.get("cancellation_reason"),
        payment_id=_uuid(intent.get("metadata", {}).get("payment_id")),
    )


def _booking(line: Mapping[str, Any]) -> Booking:
    source: Any = line.get("source") or {}
    is_whole = isinstance(source, Mapping)
    return Booking(
        ref=line["id"], source_ref=source.get("transfer") or source.get("id", "") if is_whole else source,
        payment_ref=source.get("payment_intent") if is_whole else None,
        kind=_BOOKINGS.get(line["type"], BookingKind.OTHER), type_name=line["type"], amount_cents=line["amount"],
        fee_cents=line["fee"], currency=line["currency"].upper(), at=datetime.fromtimestamp(line["created"], UTC),
    )  # fmt: skip


def _refund_state(refund: Mapping[str, Any]) -> RefundState:
    return RefundState(
        ref=refund["id"],
        status=_REFUNDS.get(refund["status"], RefundStatus.INTENDED),
        failure=refund.get("failure_reason"),
        refund_key=_key(refund),
    )


def _key(refund: Mapping[str, Any]) -> str | None:
    key = (refund.get("metadata") or {}).get("refund_key")
    return key if key and _uuid(key[:36]) else None


def _uuid(text: str | None) -> UUID | None:
    """Other programs may share the account, and note other things."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
