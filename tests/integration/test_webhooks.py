"""Webhooks at the real door: often, in any order, late, replayed, of kinds that nobody knows - nothing twice."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.analytics import queries as analytics
from app.domains.notifications import queries as notifications
from app.domains.notifications.values import MessageKind
from app.domains.orders.values import OrderStatus
from app.domains.payments import queries
from app.domains.payments.gateways.stripe import TOLERANCE_S, StripeProvider
from app.domains.payments.service import holds, payments, refunds
from app.domains.payments.values import Method, PaymentCard, PaymentStatus
from app.domains.payouts.values import PayoutStatus
from app.factory import create_app
from app.flows import checkout, payment
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.paging import PageAsk
from app.worker.tasks import run_due
from tests.conftest import START
from tests.factories.payments import BACK, PRICE, Shop, book, kinds, make_shop
from tests.factories.payouts import STRIPE, make_till
from tests.factories.world import make_world
from tools.stripe_double.launcher import DoubleProcess

Call = Callable[..., Any]
SECRET = "whsec_of_the_webhook_tests"
KEY = "sk_test_webhooks"
S = PaymentStatus


@pytest.fixture(scope="module")
def double() -> Iterator[DoubleProcess]:
    # Nobody listens: the tests read the events at the provider and bring them to the door themselves.
    with DoubleProcess().start("http://127.0.0.1:9/", SECRET, extra=("--webhook-tries", "1")) as process:
        yield process


@pytest.fixture
def provider(double: DoubleProcess) -> Iterator[StripeProvider]:
    made = StripeProvider(KEY, double.url, SECRET, retries=0)
    yield made
    made.close()


@pytest.fixture
def door(settings: Settings, database: Database, provider: StripeProvider) -> FlaskClient:
    app: Flask = create_app(services=Services(settings, database, provider))
    return app.test_client()


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


def told(double: DoubleProcess, since: str | None = None) -> list[bytes]:
    """The bodies of all events that the provider has, oldest first, after one of them."""
    client = stripe.StripeClient(KEY, base_addresses={"api": double.url})
    asked: Any = {"limit": 100} | ({"ending_before": since} if since else {})
    return [json.dumps(event.to_dict()).encode() for event in client.v1.events.list(asked).auto_paging_iter()][::-1]


def bring(door: FlaskClient, body: bytes, at: int | None = None, secret: str = SECRET) -> tuple[int, bool]:
    """Bring an event to the door, signed at some second; its status, and whether it changed something."""
    at = int(time.time()) if at is None else at
    signed = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    answer = door.post("/api/hooks/stripe", data=body, headers={"Stripe-Signature": signed})
    return answer.status_code, answer.json is not None and answer.json.get("acted", False)


def last_event(double: DoubleProcess) -> str | None:
    """The newest event that the provider has."""
    client = stripe.StripeClient(KEY, base_addresses={"api": double.url})
    found = client.v1.events.list({"limit": 1}).data
    return found[0].id if found else None


def lively_hour(shop: Shop, double: DoubleProcess, provider: StripeProvider) -> list[PaymentCard]:
    """Payments of every kind and fate, with refunds; what we know of each when only calls, no webhook, told it."""
    made = []
    customer = provider.make_customer(shop.resident_id)
    double.enter_card(provider.ask_for_card(customer, "CNY", BACK).rsplit("/", 1)[1], "visa")
    [card] = provider.cards(customer)
    shop.run(holds.note_customer, customer)
    for wish, fate in (
        (PayWish(), "approve"), (PayWish(method=Method.WECHAT_PAY), "approve"), (PayWish(), "decline"), (PayWish(), ""),
        (PayWish(method=Method.CARD_TEST), ""), (PayWish(method=Method.CARD, card_ref=card.ref), ""),
    ):  # fmt: skip
        begun = payment.start_payment(shop.run, provider, shop.place().id, BACK, wish)
        if fate:
            double.control(f"{fate}/{begun.provider_ref}")
        made.append(begun)
    return made


def test_five_times_each_in_any_order_and_three_days_late_change_nothing_twice(
    shop: Shop, double: DoubleProcess, provider: StripeProvider, door: FlaskClient, run: Call, read: Call,
    clock: SetClock, database: Database, settings: Settings,
) -> None:  # fmt: skip
    since = last_event(double)
    made = lively_hour(shop, double, provider)
    events = told(double, since) * 5
    random.Random(20_261_122).shuffle(events)
    acted = [bring(door, body) for body in events]
    assert {status for status, _ in acted} == {200}
    states = [read(queries.get_payment, one.id).status for one in made]
    assert states == [S.SUCCEEDED, S.SUCCEEDED, S.FAILED, S.WAITING, S.SUCCEEDED, S.AUTHORISED]
    assert kinds(read) == ["payment_captured"] * 3
    assert book(read) == {"provider_clearing": 3 * PRICE, "deferred_sales": -3 * PRICE}
    assert [shop.order(one.order_id).status for one in made] == [
        OrderStatus.PAID, OrderStatus.PAID, OrderStatus.PLACED, OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PAID,
    ]  # fmt: skip
    shop.run(checkout.cancel, made[0].order_id)
    run_due(Services(settings, database, provider))
    payment.capture_payment(run, provider, made[5].id)
    double.control(f"approve/{made[3].provider_ref}")
    later = told(double, since)
    assert book(read) == {"provider_clearing": 3 * PRICE, "deferred_sales": -3 * PRICE}
    clock.move_to(START + timedelta(days=3))
    run(checkout.lapse)
    random.Random(7).shuffle(later)
    for body in later * 5:
        assert bring(door, body)[0] == 200
    run_due(Services(settings, database, provider))
    # The money of the lapsed order came three days late, when nothing is sold any more: it went back.
    late = read(queries.get_payment, made[3].id)
    assert (late.status, late.received_cents, late.refunded_cents) == (S.SUCCEEDED, PRICE, PRICE)
    assert book(read) == {"provider_clearing": 3 * PRICE, "deferred_sales": -3 * PRICE}
    assert sorted(kinds(read)) == ["payment_captured"] * 5 + ["refund_paid"] * 2
    assert read(analytics.broken_invariants, START + timedelta(days=3)) == []


@pytest.mark.parametrize("age_s", [TOLERANCE_S + 5, 86_400])
def test_a_body_that_was_signed_too_long_ago_is_refused(door: FlaskClient, age_s: int) -> None:
    body = json.dumps({"id": "evt_old", "type": "payment_intent.succeeded", "data": {"object": {}}}).encode()
    assert bring(door, body, int(time.time()) - age_s) == (400, False)
    assert bring(door, body, secret="whsec_of_somebody_else") == (400, False)


def test_what_was_signed_just_now_is_replayed_in_vain(
    shop: Shop, double: DoubleProcess, provider: StripeProvider, door: FlaskClient, read: Call
) -> None:
    since = last_event(double)
    payment.start_payment(shop.run, provider, shop.place().id, BACK, PayWish(method=Method.CARD_TEST))
    body = next(one for one in told(double, since) if json.loads(one)["type"] == "payment_intent.succeeded")
    at = int(time.time()) - TOLERANCE_S + 60
    assert [bring(door, body, at) for _ in range(3)] == [(200, True), (200, False), (200, False)]
    assert kinds(read) == ["payment_captured"]


def test_unknown_kinds_and_strangers_are_taken_and_logged(door: FlaskClient, database: Database) -> None:
    for kind in ("customer.created", "setup_intent.succeeded", "climate.order.created", "made.up"):
        body = json.dumps({"id": f"evt_{kind}", "type": kind, "data": {"object": {"id": "x"}}}).encode()
        assert bring(door, body) == (200, False)
    intent = {"id": "pi_other", "status": "succeeded", "amount_received": 5, "metadata": {"order": "not ours"}}
    body = json.dumps({"id": "evt_other", "type": "payment_intent.succeeded", "data": {"object": intent}}).encode()
    assert [bring(door, body) for _ in range(2)] == [(200, False), (200, False)]
    with database.engine.connect() as connection:
        assert connection.scalars(text("SELECT id FROM payments_seen_event")).all() == ["evt_other"]
        assert connection.scalar(text("SELECT count(*) FROM ledger_journal")) == 0


def test_an_authorisation_told_after_its_capture_is_old_news(
    shop: Shop, provider: StripeProvider, run: Call, read: Call
) -> None:
    begun = payment.start_payment(shop.run, provider, shop.place().id, BACK, PayWish(method=Method.CARD_TEST))
    state = provider.look_up(begun.provider_ref or "")
    held = replace(state, status=S.AUTHORISED, amount_received_cents=0, amount_held_cents=PRICE)
    assert run(payments.record_state, begun.id, held).payment == begun
    assert run(refunds.intend_refunds, []) == 0
    assert (read(queries.get_payment, begun.id).status, book(read)["provider_clearing"]) == (S.SUCCEEDED, PRICE)


def test_a_transfer_that_was_reversed_gives_the_leader_her_commission_back(
    double: DoubleProcess, provider: StripeProvider, settings: Settings, database: Database, read: Call
) -> None:
    """Told by the provider's webhook, five times: on her balance once, and she is told once."""
    services = Services(replace(settings, stripe_base=double.url, stripe_key=KEY), database, provider)
    door = create_app(services=services).test_client()
    till = make_till(make_world(services, residents=1), where=STRIPE)
    card = till.ask(3_000)
    till.approve(card.id)
    run_due(services)
    assert (till.card(card.id).status, till.available()) == (PayoutStatus.PAID, 7_000)
    since = last_event(double)
    account = stripe.StripeClient(KEY, base_addresses={"api": double.url})
    account.v1.transfers.reversals.create(till.card(card.id).provider_ref or "")
    news = told(double, since)
    assert [bring(door, body) for body in news * 5] == [(200, True)] + [(200, False)] * 4
    run_due(services)
    assert (till.card(card.id).status, till.available()) == (PayoutStatus.RETURNED, 10_000)
    inbox = read(notifications.inbox, till.leader.id, PageAsk()).rows
    assert [one.kind for one in inbox] == [MessageKind.PAYOUT_RETURNED, MessageKind.PAYOUT_PAID]
    assert inbox[0].params["amount_cents"] == 3_000
    assert inbox[1].params["amount_cents"] == 2_900
    ghost = {"id": "evt_1", "type": "transfer.reversed", "data": {"object": {"id": "tr_x", "metadata": {}}}}
    assert bring(door, json.dumps(ghost).encode()) == (200, False)


def test_a_leader_is_told_when_her_bank_refuses_what_lies_at_the_provider(
    door: FlaskClient, double: DoubleProcess, services: Services, read: Call
) -> None:
    till = make_till(make_world(services, residents=1), where=STRIPE)
    refused = {"id": "evt_2", "type": "payout.failed", "account": STRIPE.account_no, "data": {"object": {"id": "po_1"}}}
    assert [bring(door, json.dumps(refused).encode()) for _ in range(2)] == [(200, True), (200, False)]
    stranger = refused | {"id": "evt_3", "account": "acct_of_nobody"}
    assert bring(door, json.dumps(stranger).encode()) == (200, False)
    run_due(services)
    [note] = read(notifications.inbox, till.leader.id, PageAsk()).rows
    assert (note.kind, note.params) == (MessageKind.BANK_REFUSED, {"account": "•••• rOne"})
    assert till.available() == 10_000
