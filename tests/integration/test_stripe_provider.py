"""The real Stripe gateway against the offline double over real HTTP, and the webhook door of the real application."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stripe
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import make_server

from app.domains.ledger import queries as ledger
from app.domains.orders.values import OrderStatus
from app.domains.payments import queries
from app.domains.payments.gateways.provider import BadSignature, PaymentProvider, ProviderRefused, ProviderUnreachable
from app.domains.payments.gateways.stripe import StripeProvider
from app.domains.payments.service import refunds
from app.domains.payments.values import (
    IntendRefund,
    PaymentCard,
    PaymentStatus,
    RefundCard,
    RefundKind,
    RefundStatus,
)
from app.flows import payment
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.ids import new_id
from tests.conftest import START
from tests.factories.payments import BACK, PRICE, Shop, make_shop
from tools.stripe_double.launcher import DoubleProcess

Call = Callable[..., Any]
SECRET = "whsec_of_the_gateway_tests"
KEY = "sk_test_gateway"
S = PaymentStatus
CARD_TEST = PayWish(method="card_test")
SETTINGS: dict[str, Any] = {
    "webhook_delay_ms": 0,
    "webhook_copies": 1,
    "shuffle": False,
    "hold": False,
    "fail_next": 0,
    "fail_status": 500,
    "fail_after": False,
    "processing_ms": 0,
    "refund_pending_ms": 0,
    "native_actions": False,
}


class Gate:
    """The webhook address that the double knows; hands requests to whichever application a test opened."""

    def __init__(self) -> None:
        self.app: Any = None
        self.statuses: list[str] = []
        self.server = make_server("127.0.0.1", 0, self._serve, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/hooks/stripe"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def _serve(self, environ: Any, start_response: Any) -> Any:
        def note(status: str, headers: Any, *rest: Any) -> Any:
            self.statuses.append(status[:3])
            return start_response(status, headers, *rest)

        if self.app is None:  # between tests: what an earlier one left is taken and forgotten
            note("200 OK", [("Content-Length", "0")])
            return []
        return self.app(environ, note)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.close()


@pytest.fixture(scope="module")
def double_process(gate: Gate) -> Iterator[DoubleProcess]:
    with DoubleProcess().start(gate.url, SECRET) as process:
        yield process


@pytest.fixture
def double(double_process: DoubleProcess, gate: Gate) -> Iterator[DoubleProcess]:
    double_process.control("settings", **SETTINGS)
    assert double_process.control("flush", wait_s=20)["done"] is True
    double_process.control("settings", hold=True)
    gate.statuses.clear()
    yield double_process
    gate.app = None


@pytest.fixture
def provider(double: DoubleProcess) -> Iterator[StripeProvider]:
    made = StripeProvider(KEY, double.url, SECRET, retries=0)
    yield made
    made.close()


@pytest.fixture
def services(settings: Settings, database: Database, provider: StripeProvider) -> Services:
    return Services(settings, database, provider)


@pytest.fixture
def opened(gate: Gate, app: Flask) -> Gate:
    """The webhook address leads to the application of this test."""
    gate.app = app
    return gate


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


def card_of(method: str = "alipay", **fields: Any) -> PaymentCard:
    known: dict[str, Any] = {
        "id": new_id(), "order_id": new_id(), "order_no": "L261121-1", "hub_id": new_id(), "resident_id": new_id(),
        "amount_cents": PRICE, "received_cents": 0, "refunded_cents": 0, "currency": "CNY", "method": method,
        "return_url": BACK, "status": S.INTENDED, "provider_ref": None, "redirect_url": None, "failure": None,
        "created_at": START, "settled_at": None,
    }  # fmt: skip
    return PaymentCard(**known | fields)


def refund_of(ref: str | None, cents: int, tries: int = 1) -> RefundCard:
    return RefundCard(
        id=new_id(), payment_id=new_id(), order_id=new_id(), cause_id=new_id(), amount_cents=cents, currency="CNY",
        reason="shortage", kind=RefundKind.BEFORE_PICKUP, status=RefundStatus.INTENDED, provider_ref=None,
        payment_ref=ref, failure=None, attempt=0, tries=tries, hub_id=new_id(), created_at=START, settled_at=None,
    )  # fmt: skip


# --- the gateway alone ----------------------------------------------------------------------------------------------


def test_alipay_redirects_the_payer_and_repeats_its_answer(provider: StripeProvider, double: DoubleProcess) -> None:
    card = card_of()
    state = provider.start(card)
    assert (state.status, state.amount_received_cents, state.payment_id) == (S.WAITING, 0, card.id)
    assert (state.redirect_url or "").startswith(f"{double.url}/pay/{state.ref}?")
    assert provider.start(card) == state
    double.control(f"approve/{state.ref}")
    done = provider.look_up(state.ref)
    assert (done.status, done.amount_received_cents, done.redirect_url) == (S.SUCCEEDED, PRICE, None)
    assert provider.cancel(state.ref) == done


def test_alipays_own_next_action_is_understood(provider: StripeProvider, double: DoubleProcess) -> None:
    double.control("settings", native_actions=True)
    state = provider.start(card_of())
    assert (state.redirect_url or "").startswith(f"{double.url}/pay/{state.ref}?")


def test_a_payer_who_declines(provider: StripeProvider, double: DoubleProcess) -> None:
    state = provider.start(card_of())
    double.control(f"decline/{state.ref}")
    failed = provider.look_up(state.ref)
    assert (failed.status, failed.failure) == (S.FAILED, "The payer refused or did not finish the payment.")


def test_a_payment_under_way_waits(provider: StripeProvider, double: DoubleProcess) -> None:
    double.control("settings", processing_ms=60_000)
    state = provider.start(card_of())
    double.control(f"approve/{state.ref}")
    assert provider.look_up(state.ref).status is S.WAITING


def test_a_cancelled_payment_stays_cancelled(provider: StripeProvider) -> None:
    state = provider.start(card_of())
    assert provider.cancel(state.ref).status is S.CANCELLED
    assert provider.look_up(state.ref).status is S.CANCELLED


def test_the_test_card_pays_at_once_with_a_test_key_only(
    provider: StripeProvider, double: DoubleProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = provider.start(card_of("card_test"))
    assert (state.status, state.amount_received_cents) == (S.SUCCEEDED, PRICE)
    monkeypatch.setattr("app.domains.payments.gateways.stripe.TEST_CARD", "pm_card_chargeDeclined")
    declined = provider.start(card_of("card_test"))
    assert (declined.status, declined.failure) == (S.FAILED, "Your card was declined.")
    real = StripeProvider("sk_live_x", double.url)
    with pytest.raises(ProviderRefused, match="test key"):
        real.start(card_of("card_test"))
    real.close()


def test_refusals_are_told_from_outages(provider: StripeProvider, double: DoubleProcess) -> None:
    with pytest.raises(ProviderRefused):
        provider.start(card_of(return_url=""))
    with pytest.raises(ProviderRefused, match="No such payment_intent"):
        provider.look_up("pi_unknown")
    with pytest.raises(ProviderRefused):
        provider.cancel("pi_unknown")
    for status in (500, 503, 429, 0):
        double.control("settings", fail_next=1, fail_status=status)
        with pytest.raises(ProviderUnreachable):
            provider.start(card_of())
    wrong_key = StripeProvider("sk_live_wrong", double.url)
    with pytest.raises(ProviderUnreachable, match="AuthenticationError"):
        wrong_key.look_up("pi_unknown")
    wrong_key.close()
    nobody = StripeProvider(KEY, "http://127.0.0.1:9", retries=0)
    with pytest.raises(ProviderUnreachable):
        nobody.look_up("pi_unknown")
    nobody.close()


def test_refunds_repeat_their_answer_even_when_the_key_is_forgotten(
    provider: StripeProvider, double: DoubleProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = provider.start(card_of("card_test"))
    first, second = refund_of(paid.ref, 1_000), refund_of(paid.ref, 990)
    made = provider.refund(first)
    assert (made.status, made.refund_key) == (RefundStatus.SUCCEEDED, str(first.id))
    assert provider.refund(first) == made
    assert provider.refund(second).ref != made.ref
    # A day later Stripe would take the same key for a new wish; the second try finds the first one instead.
    create = provider._client.v1.refunds.create
    monkeypatch.setattr(provider._client.v1.refunds, "create", lambda *_: pytest.fail("asked for money twice"))
    assert provider.refund(replace(first, tries=2)) == made
    monkeypatch.setattr(provider._client.v1.refunds, "create", create)
    assert provider.look_up_refund(made.ref) == made
    with pytest.raises(ProviderRefused):
        provider.refund(refund_of(paid.ref, 1))
    with pytest.raises(ProviderRefused):
        provider.refund(refund_of(None, 1))


def test_a_second_try_of_a_refund_that_never_arrived_makes_it(provider: StripeProvider, double: DoubleProcess) -> None:
    paid = provider.start(card_of("card_test"))
    wish = refund_of(paid.ref, 500)
    double.control("settings", fail_next=1)
    with pytest.raises(ProviderUnreachable):
        provider.refund(wish)
    assert provider.refund(replace(wish, tries=2)).status is RefundStatus.SUCCEEDED


def signed(kind: str, thing: dict[str, Any], at: int | None = None) -> tuple[bytes, str]:
    body = json.dumps({"id": "evt_1", "type": kind, "data": {"object": thing}})
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, SECRET, at)


def test_signatures_are_checked_by_the_real_clock(provider: StripeProvider) -> None:
    body, header = signed("customer.created", {"id": "cus_1"})
    event = provider.read_event(body, header)
    assert (event.id, event.kind, event.payment, event.refund) == ("evt_1", "customer.created", None, None)
    now = int(header.split(",")[0].removeprefix("t="))
    old = signed("customer.created", {"id": "cus_1"}, now - 310)
    for bad in [(body + b" ", header), (body, ""), (body, "t=x,v1=y"), (b"\xff", header), old]:
        with pytest.raises(BadSignature):
            provider.read_event(*bad)
    no_secret = StripeProvider(KEY)
    with pytest.raises(BadSignature):
        no_secret.read_event(body, header)
    no_secret.close()


def test_objects_of_other_programs_in_the_account_are_not_ours(provider: StripeProvider) -> None:
    intent = {"id": "pi_1", "status": "succeeded", "amount_received": 5, "metadata": {"payment_id": "42"}}
    event = provider.read_event(*signed("payment_intent.succeeded", intent))
    assert event.payment is not None
    assert (event.payment.ref, event.payment.payment_id) == ("pi_1", None)
    made = {"id": "re_1", "status": "pending", "metadata": {"refund_key": "nonsense"}}
    told = provider.read_event(*signed("refund.created", made))
    assert told.refund is not None
    assert (told.refund.status, told.refund.refund_key) == (RefundStatus.INTENDED, None)


def test_the_gateway_shows_the_providers_face(provider: StripeProvider) -> None:
    face: PaymentProvider = provider
    assert face.name == "stripe"


# --- the whole way --------------------------------------------------------------------------------------------------


def clearing(read: Call) -> int:
    return sum(row.amount_cents for row in read(ledger.balances) if row.account == "provider_clearing")


def test_webhooks_in_copies_and_any_order_pay_and_refund_once(
    shop: Shop, provider: StripeProvider, double: DoubleProcess, opened: Gate, run: Call, work: Callable[[], int]
) -> None:
    read, database = shop.read, shop.database
    double.control("settings", webhook_copies=5, shuffle=True)
    cards = [shop.pay(provider, shop.place(qty).id) for qty in (1, 2, 3)]
    for card in cards:
        double.control(f"approve/{card.provider_ref}")
    assert double.control("flush", wait_s=20)["done"] is True
    assert [shop.order(card.order_id).status for card in cards] == [OrderStatus.PAID] * 3
    assert clearing(read) == 6 * PRICE
    run(
        refunds.intend_refunds,
        [IntendRefund(order_id=c.order_id, cause_id=new_id(), amount_cents=PRICE, reason="shortage") for c in cards],
    )
    work()
    assert double.control("flush", wait_s=20)["done"] is True
    assert clearing(read) == 3 * PRICE
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ledger_journal")) == 6
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")) == 0
    assert set(opened.statuses) == {"200"}


def test_a_crash_after_the_call_charges_once(
    shop: Shop, provider: StripeProvider, double: DoubleProcess, run: Call, read: Call, clock: SetClock
) -> None:
    double.control("settings", fail_next=1, fail_after=True)
    order = shop.place()
    left = payment.start_payment(shop.run, provider, order.id, BACK, CARD_TEST)
    assert (left.status, left.provider_ref) == (S.INTENDED, None)
    clock.move_to(START + timedelta(minutes=2))
    assert payment.poll_open(run, provider) == 1
    done = read(queries.get_payment, left.id)
    assert (done.status, shop.order(order.id).status, clearing(read)) == (S.SUCCEEDED, OrderStatus.PAID, PRICE)
    created = provider._client.v1.payment_intents.list({"limit": 100})
    assert [one.id for one in created.data if one.metadata["payment_id"] == str(left.id)] == [done.provider_ref]


@pytest.mark.usefixtures("opened")
def test_pending_refunds_are_finished_by_a_webhook_and_returned_ones_reopened(
    shop: Shop, provider: StripeProvider, double: DoubleProcess, run: Call, work: Callable[[], int]
) -> None:
    read = shop.read
    double.control("settings", refund_pending_ms=60_000)
    card = payment.start_payment(shop.run, provider, shop.place().id, BACK, CARD_TEST)
    run(
        refunds.intend_refunds,
        [IntendRefund(order_id=card.order_id, cause_id=new_id(), amount_cents=400, reason="shortage")],
    )
    work()
    [made] = read(queries.refunds_of_order, card.order_id)
    assert (made.status, clearing(read)) == (RefundStatus.INTENDED, PRICE)
    double.control(f"refund/{made.provider_ref}")
    double.control("flush", wait_s=20)
    assert (read(queries.get_refund, made.id).status, clearing(read)) == (RefundStatus.SUCCEEDED, PRICE - 400)
    double.control(f"fail_refund/{made.provider_ref}")
    double.control("flush", wait_s=20)
    assert (read(queries.get_refund, made.id).status, clearing(read)) == (RefundStatus.FAILED, PRICE)
    double.control("settings", refund_pending_ms=0)
    run(refunds.retry, made.id)
    work()
    again = read(queries.get_refund, made.id)
    assert (again.status, again.provider_ref == made.provider_ref, clearing(read)) == (
        RefundStatus.SUCCEEDED,
        False,
        PRICE - 400,
    )


def test_the_door_asks_for_what_it_could_not_do_again(
    shop: Shop, provider: StripeProvider, double: DoubleProcess, opened: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = shop.pay(provider, shop.place().id)
    double.control("flush", wait_s=20)
    opened.statuses.clear()

    def fall(*_: Any) -> None:
        monkeypatch.undo()
        raise RuntimeError("power cut")

    monkeypatch.setattr(payment, "_settle_event", fall)
    double.control(f"approve/{card.provider_ref}")
    assert double.control("flush", wait_s=20)["done"] is True
    assert sorted(set(opened.statuses)) == ["200", "500"]
    assert shop.order(card.order_id).status is OrderStatus.PAID


def test_the_door_refuses_forgeries_and_floods(app: Flask) -> None:
    client = app.test_client()
    body, header = signed("customer.created", {"id": "cus_1"})
    assert client.post("/api/hooks/stripe", data=body, headers={"Stripe-Signature": header}).json == {
        "received": True,
        "acted": False,
    }
    assert client.post("/api/hooks/stripe", data=body).status_code == 400
    assert client.post("/api/hooks/stripe", data=body + b"1", headers={"Stripe-Signature": header}).status_code == 400
    assert client.post("/api/hooks/stripe", data=b"1" * 300_000).status_code == 413
    assert client.get("/api/hooks/stripe").status_code == 405
