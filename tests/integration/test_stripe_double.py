"""The offline double, driven by the official library over real HTTP."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.patience import SECONDS
from tools.stripe_double.launcher import DoubleProcess

SECRET = "whsec_test_of_the_double"
BACK = "https://shop.example/orders/7?lang=zh"


class Receiver:
    """The shop's webhook door: verifies with the library, and answers as it is told to."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.events: list[stripe.Event] = []
        self.statuses: list[int] = []
        self.news = threading.Condition()
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], SECRET)
                with receiver.news:
                    status = receiver.statuses.pop(0) if receiver.statuses else 200
                    if status == 200:
                        receiver.events.append(event)
                        receiver.bodies.append(body)
                    receiver.news.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.block_on_close = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/stripe?x=1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def wait(self, count: int) -> list[str]:
        """The sorted types of the first events, when ``count`` of them are there."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.events) >= count, timeout=SECONDS), self.types()
            return self.types()

    def types(self) -> list[str]:
        return sorted(event.type for event in self.events)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def receiver_of_module() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def double(receiver_of_module: Receiver) -> Iterator[DoubleProcess]:
    with DoubleProcess().start(receiver_of_module.url, SECRET) as process:
        yield process


DEFAULTS: dict[str, Any] = {
    "webhook_delay_ms": 0,
    "webhook_copies": 1,
    "webhook_tries": 8,
    "shuffle": False,
    "hold": False,
    "rate_limit": 0,
    "fail_next": 0,
    "fail_status": 500,
    "fail_after": False,
    "latency_ms": 0,
    "processing_ms": 0,
    "refund_pending_ms": 0,
    "native_actions": False,
}


@pytest.fixture
def receiver(receiver_of_module: Receiver, double: DoubleProcess) -> Receiver:
    double.control("settings", **DEFAULTS)
    assert double.control("flush", wait_s=SECONDS)["done"] is True
    receiver_of_module.events.clear()
    receiver_of_module.bodies.clear()
    return receiver_of_module


@contextmanager
def open_client(url: str, *, retries: int = 0, key: str = "sk_test_double") -> Iterator[stripe.StripeClient]:
    http_client = stripe.RequestsClient(timeout=SECONDS)
    yield stripe.StripeClient(key, base_addresses={"api": url}, http_client=http_client, max_network_retries=retries)
    http_client.close()


@pytest.fixture
def client(double: DoubleProcess, receiver: Receiver) -> Iterator[stripe.StripeClient]:
    with open_client(double.url) as made:
        yield made


def pay(client: stripe.StripeClient, amount: int = 1234, **more: Any) -> stripe.PaymentIntent:
    wish: dict[str, Any] = {
        "amount": amount,
        "currency": "cny",
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        **more,
    }
    return client.v1.payment_intents.create(wish)


def redirect(client: stripe.StripeClient, kind: str = "alipay", amount: int = 880) -> stripe.PaymentIntent:
    intent = client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "cny",
            "automatic_payment_methods": {"enabled": True},
            "description": "团期 42 · 苹果",
            "metadata": {"order_id": "42", "hub": "北站"},
        }
    )
    assert intent.status == "requires_payment_method"
    params: Any = {"payment_method_data": {"type": kind}, "return_url": BACK}
    return client.v1.payment_intents.confirm(intent.id, params)


def press(url: str, button: str) -> tuple[int, str]:
    """Press a button of the payer's page; returns the status and where it leads."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
    form = urllib.parse.urlencode(dict(urllib.parse.parse_qsl(parts.query)))
    connection.request("POST", f"{parts.path}/{button}", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["Location"] or ""


def test_a_card_is_charged_at_once(client: stripe.StripeClient, receiver: Receiver) -> None:
    intent = pay(client, metadata={"order": "7", "买家": "王姐"})
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 1234, 0)
    assert intent.metadata.to_dict() == {"order": "7", "买家": "王姐"}
    charge = client.v1.charges.retrieve(
        str(intent.latest_charge), {"expand": ["balance_transaction", "payment_intent"]}
    )
    assert (charge.captured, charge.amount_captured, charge.amount_refunded, charge.status) == (
        True,
        1234,
        0,
        "succeeded",
    )
    line = charge.balance_transaction
    assert isinstance(line, stripe.BalanceTransaction)
    assert (line.amount, line.fee, line.net, line.type) == (1234, 66, 1168, "charge")
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert charge.payment_intent.to_dict() == intent.to_dict()
    assert receiver.wait(1) == ["payment_intent.succeeded"]
    event = receiver.events[0]
    assert event.api_version == stripe.api_version
    assert event.data.object["id"] == intent.id
    assert event.data.object["metadata"]["买家"] == "王姐"
    assert abs(event.created - time.time()) < 5


def test_steps_from_no_method_to_paid(client: stripe.StripeClient) -> None:
    first = client.v1.payment_intents.create(
        {"amount": 500, "currency": "CNY", "allowed_payment_method_types": ["card"]}
    )
    assert (first.status, first.currency) == ("requires_payment_method", "cny")
    with pytest.raises(stripe.InvalidRequestError) as early:
        client.v1.payment_intents.confirm(first.id)
    assert early.value.code == "payment_intent_unexpected_state"
    second = client.v1.payment_intents.update(
        first.id, {"payment_method": "pm_card_visa", "amount": 600, "metadata": {"a": "1", "b": "2"}}
    )
    assert (second.status, second.amount) == ("requires_confirmation", 600)
    third = client.v1.payment_intents.update(first.id, {"metadata": {"a": ""}})
    assert third.metadata.to_dict() == {"b": "2"}
    paid = client.v1.payment_intents.confirm(first.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 600)
    for wrong in ("confirm", "cancel", "capture"):
        with pytest.raises(stripe.InvalidRequestError) as late:
            getattr(client.v1.payment_intents, wrong)(first.id)
        assert (late.value.http_status, late.value.code) == (400, "payment_intent_unexpected_state")
    with pytest.raises(stripe.InvalidRequestError) as change:
        client.v1.payment_intents.update(first.id, {"amount": 700})
    assert change.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(first.id).to_dict() == paid.to_dict()


@pytest.mark.parametrize(
    "kind", ["alipay", "wechat_pay", "pm_card_authenticationRequired", "pm_card_threeDSecure2Required"]
)
def test_redirect_approved(client: stripe.StripeClient, receiver: Receiver, kind: str) -> None:
    card = kind.startswith("pm_card")
    intent = pay(client, 880, payment_method=kind, return_url=BACK) if card else redirect(client, kind)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.type == "redirect_to_url"
    target = intent.next_action.redirect_to_url
    assert target is not None
    assert target.return_url == BACK
    assert target.url is not None
    status, back = press(target.url, "approve")
    parts = urllib.parse.urlsplit(back)
    assert (status, parts.netloc, parts.path) == (303, "shop.example", "/orders/7")
    assert dict(urllib.parse.parse_qsl(parts.query)) == {
        "lang": "zh",
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 880, None)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert isinstance(paid.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert paid.latest_charge.balance_transaction.type == ("charge" if card else "payment")
    assert press(target.url, "approve") == (303, back)
    assert press(target.url, "decline") == (303, back)
    assert client.v1.payment_intents.retrieve(intent.id).amount_received == 880
    assert receiver.wait(2) == ["payment_intent.requires_action", "payment_intent.succeeded"]


def test_redirect_declined_then_paid(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    intent = redirect(client)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    _, back = press(str(intent.next_action.redirect_to_url.url), "decline")
    assert urllib.parse.parse_qs(back)["redirect_status"] == ["failed"]
    lost = client.v1.payment_intents.retrieve(intent.id)
    assert (lost.status, lost.payment_method, lost.amount_received) == ("requires_payment_method", None, 0)
    assert lost.last_payment_error is not None
    assert lost.last_payment_error.code == "payment_intent_payment_attempt_failed"
    again: Any = {"payment_method_data": {"type": "wechat_pay"}, "return_url": BACK}
    assert client.v1.payment_intents.confirm(intent.id, again).status == "requires_action"
    assert double.control(f"approve/{intent.id}")["status"] == "succeeded"
    assert client.v1.payment_intents.retrieve(intent.id).last_payment_error is None
    assert receiver.wait(4) == [
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]


def test_the_payers_page(client: stripe.StripeClient, double: DoubleProcess) -> None:
    made = client.v1.payment_intents.create(
        {
            "amount": 123_456,
            "currency": "cny",
            "description": "<script>alert(1)</script>",
            "payment_method": client.v1.payment_methods.create({"type": "alipay"}).id,
            "automatic_payment_methods": {"enabled": True},
            "confirm": True,
            "return_url": BACK,
        }
    )
    assert made.next_action is not None
    assert made.next_action.redirect_to_url is not None
    url = str(made.next_action.redirect_to_url.url)
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        page = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    for part in (
        "测试支付",
        "Test payment – no real money",
        "¥1,234.56",
        "Linli 邻里",
        "支付宝",
        "Approve",
        "拒绝支付",
    ):
        assert part in page
    assert "<script" not in page
    assert policy.startswith("default-src 'none'; style-src 'self'")
    with urllib.request.urlopen(f"{double.url}/pay.css", timeout=SECONDS) as answer:
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        answer.read()
    with pytest.raises(urllib.error.HTTPError) as wrong:
        urllib.request.urlopen(url[:-3] + "zzz", timeout=SECONDS)
    wrong.value.close()
    assert wrong.value.code == 404
    assert press(url[:-3] + "zzz", "approve")[0] == 404
    assert client.v1.payment_intents.retrieve(made.id).status == "requires_action"
    press(url, "approve")
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        page = answer.read().decode()
    assert "Approve" not in page
    assert "redirect_status=succeeded" in page


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ({"payment_method": "pm_card_chargeDeclined"}, "card_declined", "generic_decline"),
        (
            {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"},
            "card_declined",
            "insufficient_funds",
        ),
        (
            {"payment_method_data": {"type": "card", "card": {"number": "4000 0000 0000 0002"}}},
            "card_declined",
            "generic_decline",
        ),
        (
            {"payment_method_data": {"type": "card", "card": {"token": "tok_chargeDeclined"}}},
            "card_declined",
            "generic_decline",
        ),
        ({"payment_method": "pm_card_chargeDeclinedExpiredCard"}, "expired_card", None),
    ],
)
def test_a_declined_card(
    client: stripe.StripeClient, receiver: Receiver, method: dict[str, Any], code: str, decline_code: str | None
) -> None:
    wish = {"payment_method": None, **method}
    if wish["payment_method"] is None:
        del wish["payment_method"]
    made = client.v1.payment_intents.create(
        {"amount": 300, "currency": "cny", "allowed_payment_method_types": ["card"]}
    )
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(made.id, wish)
    error: Any = refused.value.error
    assert (refused.value.http_status, error.code, error.decline_code, error.type) == (
        402,
        code,
        decline_code,
        "card_error",
    )
    lost = client.v1.payment_intents.retrieve(made.id)
    assert (lost.status, lost.amount_received, lost.payment_method) == ("requires_payment_method", 0, None)
    assert lost.last_payment_error is not None
    assert (lost.last_payment_error.code, lost.last_payment_error.charge) == (code, lost.latest_charge)
    failed = client.v1.charges.retrieve(str(lost.latest_charge))
    assert (failed.status, failed.paid, failed.amount_captured) == ("failed", False, 0)
    assert receiver.wait(1) == ["payment_intent.payment_failed"]
    assert client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_manual_capture_of_a_part(client: stripe.StripeClient, receiver: Receiver) -> None:
    held = pay(client, 1000, capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1000, 0)
    with pytest.raises(stripe.InvalidRequestError) as early:
        client.v1.refunds.create({"payment_intent": held.id})
    assert early.value.http_status == 400
    with pytest.raises(stripe.InvalidRequestError) as above:
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1001})
    assert (above.value.code, above.value.param) == ("amount_too_large", "amount_to_capture")
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 700})
    assert (taken.status, taken.amount, taken.amount_received, taken.amount_capturable) == ("succeeded", 1000, 700, 0)
    charge = client.v1.charges.retrieve(str(taken.latest_charge))
    assert (charge.amount, charge.amount_captured, charge.captured) == (1000, 700, True)
    with pytest.raises(stripe.InvalidRequestError) as beyond:
        client.v1.refunds.create({"payment_intent": held.id, "amount": 701})
    assert beyond.value.code == "amount_too_large"
    assert client.v1.refunds.create({"payment_intent": held.id}).amount == 700
    assert receiver.wait(4) == [
        "charge.refunded",
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "refund.created",
    ]


def test_cancel(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    waiting = redirect(client)
    ended = client.v1.payment_intents.cancel(waiting.id, {"cancellation_reason": "abandoned"})
    assert (ended.status, ended.cancellation_reason, ended.next_action) == ("canceled", "abandoned", None)
    assert abs(int(ended.canceled_at or 0) - time.time()) < 5
    assert double.control(f"approve/{waiting.id}")["status"] == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.payment_intents.cancel(waiting.id)
    assert again.value.code == "payment_intent_unexpected_state"
    held = pay(client, 1000, capture_method="manual")
    released = client.v1.payment_intents.cancel(held.id)
    assert (released.status, released.amount_capturable, released.amount_received) == ("canceled", 0, 0)
    assert receiver.wait(4) == [
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.canceled",
        "payment_intent.requires_action",
    ]


def test_refunds_never_exceed_what_was_taken(client: stripe.StripeClient, receiver: Receiver) -> None:
    paid = pay(client, 1000)
    first = client.v1.refunds.create(
        {"payment_intent": paid.id, "amount": 400, "reason": "requested_by_customer", "metadata": {"claim": "9"}}
    )
    assert (first.status, first.amount, first.charge, first.payment_intent) == (
        "succeeded",
        400,
        paid.latest_charge,
        paid.id,
    )
    with pytest.raises(stripe.InvalidRequestError) as beyond:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 601})
    assert (beyond.value.http_status, beyond.value.code, beyond.value.param) == (400, "amount_too_large", "amount")
    second = client.v1.refunds.create({"charge": str(paid.latest_charge)})
    assert second.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as done:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 1})
    assert done.value.code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    listed = client.v1.refunds.list({"payment_intent": paid.id})
    assert [one.id for one in listed.data] == [second.id, first.id]
    changed = client.v1.refunds.update(first.id, {"metadata": {"claim": "10"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"claim": "10"}
    assert receiver.wait(6) == [
        "charge.refunded",
        "charge.refunded",
        "payment_intent.succeeded",
        "refund.created",
        "refund.created",
        "refund.updated",
    ]


def test_refunds_at_the_same_moment(client: stripe.StripeClient, double: DoubleProcess) -> None:
    paid = pay(client, 1000)

    def give_back(_: int) -> str:
        try:
            return str(client.v1.refunds.create({"payment_intent": paid.id, "amount": 300}).status)
        except stripe.InvalidRequestError as error:
            return str(error.code)

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(give_back, range(6)))
    assert outcomes == ["amount_too_large"] * 3 + ["succeeded"] * 3
    assert client.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded == 900


def test_pending_and_failed_refunds(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    double.control("settings", refund_pending_ms=60_000)
    paid = pay(client, 1000)
    first = client.v1.refunds.create({"payment_intent": paid.id, "amount": 1000})
    assert (first.status, first.balance_transaction) == ("pending", None)
    assert double.control(f"refund/{first.id}")["status"] == "succeeded"
    assert double.control(f"fail_refund/{first.id}")["status"] == "failed"
    lines = client.v1.balance_transactions.list({"source": first.id}).data
    assert sorted(line.amount for line in lines) == [-1000, 1000]
    second = client.v1.refunds.create({"payment_intent": paid.id, "amount": 1000})
    assert double.control(f"fail_refund/{second.id}")["status"] == "failed"
    assert client.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded == 0
    double.control("flush", wait_s=SECONDS)
    assert receiver.types().count("refund.failed") == 2


def test_processing_takes_its_time(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    double.control("settings", processing_ms=30)
    waiting = redirect(client)
    assert double.control(f"approve/{waiting.id}")["status"] == "processing"
    assert receiver.wait(3) == [
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]
    assert client.v1.payment_intents.retrieve(waiting.id).status == "succeeded"


def test_idempotency(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    before = double.control("stats")["objects"]["payment_intent"]
    wish: Any = {"amount": 70, "currency": "cny", "allowed_payment_method_types": ["card"], "metadata": {"a": "1"}}
    key: Any = {"idempotency_key": f"order-{time.time_ns()}"}
    first = client.v1.payment_intents.create(wish, key)
    second = client.v1.payment_intents.create(wish, key)
    assert second.to_dict() == first.to_dict()
    assert first.last_response is not None
    assert second.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as other:
        client.v1.payment_intents.create({**wish, "amount": 71}, key)
    assert other.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.refunds.create(wish, key)
    assert double.control("stats")["objects"]["payment_intent"] == before + 1
    refused: Any = {"idempotency_key": f"refused-{time.time_ns()}"}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.create(
                {**wish, "payment_method": "pm_card_chargeDeclined", "confirm": True},
                refused,
            )
    assert double.control("stats")["objects"]["payment_intent"] == before + 2
    assert receiver.wait(1) == ["payment_intent.payment_failed"]


def test_the_same_key_at_the_same_moment(client: stripe.StripeClient, double: DoubleProcess) -> None:
    double.control("settings", latency_ms=300)
    before = double.control("stats")["objects"]["payment_intent"]
    key: Any = {"idempotency_key": f"twice-{time.time_ns()}"}

    def create(_: int) -> tuple[int, int]:
        try:
            return 200, client.v1.payment_intents.create({"amount": 70, "currency": "cny"}, key).amount
        except stripe.APIError as error:
            return int(error.http_status or 0), 0

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(create, range(3))) == [(200, 70), (409, 0), (409, 0)]
    with open_client(double.url, retries=2) as patient:
        assert patient.v1.payment_intents.create({"amount": 70, "currency": "cny"}, key).amount == 70
    assert double.control("stats")["objects"]["payment_intent"] == before + 1


@pytest.mark.parametrize(
    ("wish", "code", "param"),
    [
        ({"currency": "cny"}, "parameter_missing", "amount"),
        ({"amount": 5}, "parameter_missing", "currency"),
        ({"amount": 0, "currency": "cny"}, "parameter_invalid_integer", "amount"),
        ({"amount": -5, "currency": "cny"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5", "currency": "cny"}, "parameter_invalid_integer", "amount"),
        ({"amount": "", "currency": "cny"}, "parameter_invalid_empty", "amount"),
        ({"amount": 100_000_000, "currency": "cny"}, "amount_too_large", "amount"),
        ({"amount": 5, "currency": "yuan"}, "parameter_invalid_string", "currency"),
        ({"amount": 5, "currency": "cny", "colour": "red"}, "parameter_unknown", "colour"),
        ({"amount": 5, "currency": "cny", "customer": "cus_none"}, "resource_missing", "customer"),
        ({"amount": 5, "currency": "cny", "payment_method": "pm_none"}, "resource_missing", "payment_method"),
        (
            {"amount": 5, "currency": "cny", "payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        (
            {
                "amount": 5,
                "currency": "cny",
                "allowed_payment_method_types": ["card"],
                "automatic_payment_methods": {"enabled": True},
            },
            None,
            "allowed_payment_method_types",
        ),
        (
            {
                "amount": 5,
                "currency": "cny",
                "allowed_payment_method_types": ["alipay"],
                "payment_method": "pm_card_visa",
            },
            "payment_intent_incompatible_payment_method",
            "payment_method",
        ),
        (
            {"amount": 5, "currency": "cny", "payment_method": "pm_card_visa", "confirm": True},
            "parameter_missing",
            "return_url",
        ),
        ({"amount": 5, "currency": "cny", "metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 40}]"),
    ],
)
def test_wrong_parameters(
    client: stripe.StripeClient, double: DoubleProcess, wish: dict[str, Any], code: str | None, param: str
) -> None:
    before = double.control("stats")["objects"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(wish)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert double.control("stats")["objects"] == before


def test_older_versions_list_the_types_themselves(client: stripe.StripeClient) -> None:
    wish: Any = {"amount": 5, "currency": "cny", "payment_method_types": ["alipay", "card"]}
    options: Any = {"stripe_version": "2026-06-24.dahlia"}
    made = client.v1.payment_intents.create(wish, options)
    assert (made.payment_method_types, made.automatic_payment_methods) == (["card", "alipay"], None)
    wish["payment_method_types"] = ["cash"]
    with pytest.raises(stripe.InvalidRequestError) as wrong:
        client.v1.payment_intents.create(wish, options)
    assert wrong.value.param == "payment_method_types"


def test_types_are_narrowed(client: stripe.StripeClient) -> None:
    plain = client.v1.payment_intents.create({"amount": 5, "currency": "cny"})
    assert plain.payment_method_types == ["card", "alipay", "wechat_pay"]
    some: Any = {"amount": 5, "currency": "cny", "allowed_payment_method_types": ["wechat_pay", "ideal"]}
    assert client.v1.payment_intents.create(some).payment_method_types == ["wechat_pay"]
    fewer: Any = {"amount": 5, "currency": "cny", "excluded_payment_method_types": ["alipay"]}
    assert client.v1.payment_intents.create(fewer).payment_method_types == ["card", "wechat_pay"]
    never: Any = {"enabled": True, "allow_redirects": "never"}
    still = client.v1.payment_intents.create({"amount": 5, "currency": "cny", "automatic_payment_methods": never})
    assert still.payment_method_types == ["card"]


def test_a_card_that_asks_is_declined_without_its_owner(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        pay(client, payment_method="pm_card_authenticationRequired", off_session=True)
    assert refused.value.code == "authentication_required"


def test_unknown_objects_and_keys(client: stripe.StripeClient, double: DoubleProcess) -> None:
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.payment_intents.retrieve("pi_none")
    assert (unknown.value.http_status, unknown.value.code) == (404, "resource_missing")
    with (
        open_client(double.url, key="pk_live_123456789") as stranger,
        pytest.raises(stripe.AuthenticationError) as wrong,
    ):
        stranger.v1.payment_intents.list()
    assert wrong.value.http_status == 401
    assert wrong.value.user_message == "Invalid API Key provided: pk_live_*****6789"
    with pytest.raises(urllib.error.HTTPError) as bare:
        urllib.request.urlopen(f"{double.url}/v1/payment_intents", timeout=SECONDS)
    assert (bare.value.code, json.load(bare.value)["error"]["type"]) == (401, "invalid_request_error")
    bare.value.close()


def test_lists_page_from_new_to_old(client: stripe.StripeClient) -> None:
    start = int(time.time())
    person = client.v1.customers.create({"name": "王姐", "email": "wang@example.com"})
    made = [
        client.v1.payment_intents.create({"amount": 10 + n, "currency": "cny", "customer": person.id}).id
        for n in range(5)
    ]
    page = client.v1.payment_intents.list({"customer": person.id, "limit": 2, "created": {"gte": start}})
    assert ([one.id for one in page.data], page.has_more) == ([made[4], made[3]], True)
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]
    back = client.v1.payment_intents.list({"customer": person.id, "limit": 2, "ending_before": made[1]})
    assert [one.id for one in back.data] == [made[3], made[2]]
    assert client.v1.payment_intents.list({"customer": person.id, "created": {"lt": start}}).data == []
    assert client.v1.customers.retrieve(person.id).to_dict() == person.to_dict()
    with pytest.raises(stripe.InvalidRequestError) as wrong:
        client.v1.payment_intents.list({"starting_after": "pi_none"})
    assert wrong.value.param == "starting_after"


def test_balance_lines_add_up(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    double.control("settings", fee_bps=60, fee_fixed=0)
    paid = pay(client, 10_000, currency="hkd")
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 2_500})
    moved = client.v1.transfers.create({"amount": 3_000, "currency": "hkd", "destination": "acct_leader1"})
    sent = client.v1.payouts.create({"amount": 1_000, "currency": "hkd", "metadata": {"statement": "5"}})
    double.control("settings", fee_bps=290, fee_fixed=30)
    assert (moved.amount, moved.destination, sent.status) == (3_000, "acct_leader1", "paid")
    lines = client.v1.balance_transactions.list({"currency": "hkd", "limit": 100}).data
    assert [(line.type, line.amount, line.fee, line.net) for line in lines] == [
        ("payout", -1_000, 0, -1_000),
        ("transfer", -3_000, 0, -3_000),
        ("refund", -2_500, 0, -2_500),
        ("charge", 10_000, 60, 9_940),
    ]
    funds = {one.currency: one.amount for one in client.v1.balance.retrieve().available}
    assert funds["hkd"] == 3_440
    assert receiver.wait(6) == [
        "charge.refunded",
        "payment_intent.succeeded",
        "payout.created",
        "payout.paid",
        "refund.created",
        "transfer.created",
    ]


def test_events_can_be_read_back(client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver) -> None:
    double.control("settings", hold=True)
    paid = pay(client, 99)
    waiting = client.v1.events.list({"type": "payment_intent.succeeded", "limit": 1}).data[0]
    assert (waiting.data.object["id"], waiting.pending_webhooks) == (paid.id, 1)
    assert receiver.types() == []
    assert double.control("flush", wait_s=SECONDS)["done"] is True
    assert receiver.types() == ["payment_intent.succeeded"]
    sent = client.v1.events.retrieve(waiting.id)
    assert (sent.pending_webhooks, sent.type) == (0, "payment_intent.succeeded")
    quiet = client.v1.events.list({"types": ["charge.succeeded"], "limit": 1}).data[0]
    assert quiet.data.object["payment_intent"] == paid.id


def test_webhooks_are_repeated_until_accepted(client: stripe.StripeClient, receiver: Receiver) -> None:
    receiver.statuses[:] = [500, 302]
    pay(client, 98)
    assert receiver.wait(1) == ["payment_intent.succeeded"]
    assert receiver.statuses == []


def test_parked_webhooks_follow_when_the_receiver_is_back(
    client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver
) -> None:
    double.control("settings", webhook_tries=1)
    receiver.statuses[:] = [503]
    lost = pay(client, 95)
    until = time.monotonic() + SECONDS
    while double.control("stats")["webhooks"]["parked"] == 0:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert receiver.types() == []
    found = pay(client, 94)
    receiver.wait(2)
    assert {event.data.object["id"] for event in receiver.events} == {lost.id, found.id}


def test_webhooks_arrive_often_and_in_disorder(
    client: stripe.StripeClient, double: DoubleProcess, receiver: Receiver
) -> None:
    double.control("settings", webhook_copies=3, shuffle=True, hold=True)
    paid = [pay(client, 97).id for _ in range(5)]
    waiting = double.control("stats")["webhooks"]
    assert waiting["held"] + waiting["underway"] == 15
    double.control("flush", wait_s=SECONDS)
    arrived = [event.data.object["id"] for event in receiver.events]
    assert sorted(arrived) == sorted(paid * 3)
    assert len(set(receiver.bodies)) == 5


def test_faults_on_demand(client: stripe.StripeClient, double: DoubleProcess) -> None:
    before = double.control("stats")["objects"]["payment_intent"]
    double.control("settings", fail_next=2, fail_status=500)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            pay(client)
    assert double.control("stats")["objects"]["payment_intent"] == before
    double.control("settings", fail_next=1, fail_status=429)
    with pytest.raises(stripe.RateLimitError):
        pay(client)
    double.control("settings", fail_next=1, fail_status=0, fail_after=True)
    key = {"idempotency_key": f"lost-{time.time_ns()}"}
    wish: Any = {"amount": 5, "currency": "cny"}
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(wish, key)
    assert double.control("stats")["objects"]["payment_intent"] == before + 1
    found = client.v1.payment_intents.create(wish, key)
    assert found.amount == 5
    assert double.control("stats")["objects"]["payment_intent"] == before + 1
    double.control("settings", rate_limit=2)
    for _ in range(2):
        client.v1.payment_intents.retrieve(found.id)
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.retrieve(found.id)
    with pytest.raises(urllib.error.HTTPError) as wrong:
        double.control("settings", rate_limit="many")
    wrong.value.close()
    assert wrong.value.code == 400


def test_native_next_actions(client: stripe.StripeClient, double: DoubleProcess) -> None:
    double.control("settings", native_actions=True)
    assert redirect(client).next_action.type == "alipay_handle_redirect"
    action = redirect(client, "wechat_pay").next_action
    assert action is not None
    assert action.wechat_pay_display_qr_code is not None
    assert action.wechat_pay_display_qr_code.data.startswith(f"{double.url}/pay/pi_")


def test_a_wrong_secret_is_noticed(client: stripe.StripeClient, receiver: Receiver) -> None:
    pay(client, 96)
    receiver.wait(1)
    header = stripe.WebhookSignature.generate_signature_header(receiver.bodies[0].decode(), "whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(receiver.bodies[0], header, SECRET)


@pytest.mark.kill
def test_nothing_acknowledged_is_lost_in_a_crash(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.close()
    with (
        DoubleProcess().start(receiver.url, SECRET, tmp_path / "stripe.db") as double,
        open_client(double.url, retries=3) as client,
    ):
        key: Any = {"idempotency_key": "order-1"}
        wish: Any = {"amount": 500, "currency": "cny", "metadata": {"order": "1"}}
        intent = client.v1.payment_intents.create(wish, key)
        paid = pay(client, 700)
        refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 200})
        double.kill()
        double.restart()
        assert client.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()
        assert client.v1.payment_intents.retrieve(paid.id).to_dict() == paid.to_dict()
        assert client.v1.payment_intents.create(wish, key).id == intent.id
        assert [one.id for one in client.v1.refunds.list({"payment_intent": paid.id}).data] == [refund.id]
        assert [one.id for one in client.v1.payment_intents.list().data] == [paid.id, intent.id]
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create({"payment_intent": paid.id, "amount": 501})
        assert double.control("stats")["webhooks"]["undelivered_events"] == 3
        assert double.control("stats")["objects"]["payment_intent"] == 2
