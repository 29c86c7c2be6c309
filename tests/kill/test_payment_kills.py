"""Killed between "intent recorded" and "result recorded": web, worker and payment double, at every single step.

A child process does the work and kills itself (SIGKILL) at its nth step - before and after each commit, before and
after each call of the provider - for n = 1, 2, 3 … until it lives through. The double dies as it takes a request
up, or when the work is stored and the answer is not sent. After each death the worker's usual means finish what was
left: no order lost, nobody charged twice, money at the provider = money in the books, `flask audit` clean.

`make kill-test` runs 200 deaths (KILL_RUNS); without it a fair sample of every scenario's steps is taken.
"""

import json
import os
import random
import signal
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import stripe
from flask import Flask
from sqlalchemy import text

from app.domains.accounts.models import Account
from app.domains.analytics import queries as analytics
from app.domains.orders.values import OrderStatus
from app.domains.payments import queries
from app.domains.payments.gateways.provider import ProviderUnreachable
from app.domains.payments.gateways.stripe import StripeProvider
from app.domains.payments.service import holds
from app.domains.payments.values import Method, PaymentStatus, Route
from app.factory import create_app
from app.flows import checkout, payment
from app.flows.pay_wish import PayWish
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.ids import new_token
from app.worker.tasks import capture_payment, poll_payments, run_due
from tests.conftest import START
from tests.factories.accounts import bearer
from tests.factories.payments import BACK, Shop, book, make_shop
from tests.patience import SECONDS
from tools.stripe_double.launcher import DoubleProcess

SECRET, KEY = "whsec_of_the_kills", "sk_test_kills"
#: Deaths of the long form; 0: a sample.
RUNS = int(os.environ.get("KILL_RUNS", "0"))
#: Deaths per scenario in the short form.
SAMPLE = 2
S = PaymentStatus


@dataclass
class Scene:
    """The shop, the application and the provider; children are forked from here, so no connection is open meanwhile."""

    shop: Shop
    app: Flask
    services: Services
    double: DoubleProcess
    headers: dict[str, str]
    card_ref: str
    rng: random.Random = field(default_factory=lambda: random.Random(20_261_122))
    deaths: Counter[str] = field(default_factory=Counter)

    @property
    def provider(self) -> StripeProvider:
        """The process's own connection to the provider."""
        found: StripeProvider = self.services.provider
        return found

    def child(self, act: Callable[[], object], dies_at: int) -> bool:
        """Do something in a child that dies at its nth step; True when it did, False when it lived through."""
        self.services.database.engine.dispose()
        self.provider.close()
        pid = os.fork()
        if pid == 0:
            _live(self, act, dies_at)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"the child failed: {status}"
        return os.WIFSIGNALED(status)

    def recover(self) -> None:
        """What the worker does after a death, without waiting for the pauses: stalled jobs, the poll."""
        for _ in range(2):
            with self.services.database.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
                connection.exec_driver_sql(
                    "UPDATE payments_payment SET next_look_at = created_at"
                    " WHERE status IN ('intended', 'waiting') OR capture_cents > 0"
                )
                connection.exec_driver_sql("UPDATE payments_refund SET next_try_at = created_at")
            run_due(self.services)
            poll_payments(self.services)
        run_due(self.services)

    def post(self, path: str, **body: Any) -> int:
        """A request of the resident at the application; its status."""
        headers = {**self.headers, "Idempotency-Key": new_token()}
        return self.app.test_client().post(f"/api/v1{path}", json=body, headers=headers).status_code

    def charges(self, order_id: UUID) -> list[dict[str, Any]]:
        """What the provider has charged for an order."""
        request = urllib.request.Request(f"{self.double.url}/v1/charges?limit=100")
        request.add_header("Authorization", f"Bearer {KEY}")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            found = json.load(answer)["data"]
        with self.services.database.engine.connect() as connection:
            ids = set(
                connection.scalars(text("SELECT id::text FROM payments_payment WHERE order_id = :id"), {"id": order_id})
            )
        return [one for one in found if one["status"] == "succeeded" and one["metadata"].get("payment_id") in ids]


def _live(scene: Scene, act: Callable[[], object], dies_at: int) -> None:
    """The child's life: every commit and every call of the provider is two steps. It never comes back."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        dialect = scene.services.database.engine.dialect
        http: Any = scene.provider._http
        commit, send = dialect.do_commit, http.request

        def do_commit(connection: Any) -> None:
            step()
            commit(connection)
            step()

        def request(*args: Any, **kwargs: Any) -> Any:
            step()
            answer = send(*args, **kwargs)
            step()
            return answer

        dialect.do_commit = do_commit
        http.request = request
        act()
        os._exit(0)
    except BaseException:  # noqa: BLE001  a child must not live on as a second test run
        traceback.print_exc()
        os._exit(1)


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoubleProcess]:
    state = tmp_path_factory.mktemp("double") / "stripe.db"
    # Nobody listens: webhooks are lost, as in a bad night, but where a scenario brings one.
    with DoubleProcess().start("http://127.0.0.1:9/", SECRET, state, extra=("--webhook-tries", "1")) as process:
        yield process


@pytest.fixture
def scene(
    settings: Settings, database: Database, double: DoubleProcess, run: Any, read: Any
) -> Iterator[Scene]:  # fmt: skip
    provider = StripeProvider(KEY, double.url, SECRET, retries=0)
    services = Services(settings, database, provider)
    shop = make_shop(run, read, database, quota=5_000)
    customer = provider.make_customer(shop.resident_id)
    double.enter_card(provider.ask_for_card(customer, "CNY", BACK).rsplit("/", 1)[1], "visa")
    shop.run(holds.note_customer, customer)
    headers = bearer(database, Account(id=shop.resident_id))
    yield Scene(shop, create_app(services=services), services, double, headers, provider.cards(customer)[0].ref)
    provider.close()


#: Prepares an order and returns what the child does to it; what must be true afterwards is told by `ends`.
Act = Callable[[], object]


def pays(scene: Scene, order_id: UUID, method: str, **more: Any) -> Act:
    """The web: a resident pays."""
    return lambda: scene.post(f"/orders/{order_id}/pay", method=method, **more)


def approved(scene: Scene, order_id: UUID) -> None:
    """A payment by Alipay that its payer has approved, of which we know nothing yet."""
    begun = payment.start_payment(scene.shop.run, scene.provider, order_id, BACK)
    scene.double.control(f"approve/{begun.provider_ref}")


def comes_back(scene: Scene, order_id: UUID) -> Act:
    """The web: the payer comes back, and the provider is asked."""
    approved(scene, order_id)
    path = f"/api/v1/orders/{order_id}/payment"
    return lambda: scene.app.test_client().get(path, headers=scene.headers)


def is_told(scene: Scene, order_id: UUID) -> Act:
    """The web: the webhook of a payment arrives."""
    approved(scene, order_id)
    client = stripe.StripeClient(KEY, base_addresses={"api": scene.double.url})
    event = client.v1.events.list({"type": "payment_intent.succeeded", "limit": 1}).data[0]
    body = json.dumps(event.to_dict())
    signed = stripe.WebhookSignature.generate_signature_header(body, SECRET, int(time.time()))
    headers = {"Stripe-Signature": signed}
    return lambda: scene.app.test_client().post("/api/hooks/stripe", data=body, headers=headers)


def pays_partly(scene: Scene, order_id: UUID) -> Act:
    """The web: what the balance has, and the rest by card."""
    if scene.services.database.read(queries.balance_of, scene.shop.resident_id, "CNY") < 500:
        grant(scene)
    return pays(scene, order_id, "card_test", use_balance=True)


def grant(scene: Scene) -> None:
    """Give the resident a balance: a cancelled order's money, which she wished to have there."""
    shop = scene.shop
    shop.run(holds.choose_route, Route.BALANCE)
    order = shop.place(1)
    payment.start_payment(shop.run, scene.provider, order.id, BACK, PayWish(method=Method.CARD_TEST))
    shop.run(checkout.cancel, order.id)
    run_due(scene.services)
    shop.run(holds.choose_route, Route.SOURCE)


def is_captured(scene: Scene, order_id: UUID) -> Act:
    """The worker: what a card holds is taken."""
    wish = PayWish(method=Method.CARD, card_ref=scene.card_ref)
    held = payment.start_payment(scene.shop.run, scene.provider, order_id, BACK, wish)
    assert held.status is S.AUTHORISED
    return lambda: capture_payment(scene.services, payment_id=str(held.id))


def is_refunded(scene: Scene, order_id: UUID) -> Act:
    """The worker: a paid order was cancelled, and its money goes back."""
    payment.start_payment(scene.shop.run, scene.provider, order_id, BACK, PayWish(method=Method.CARD_TEST))
    scene.shop.run(checkout.cancel, order_id)
    return lambda: run_due(scene.services)


def is_polled(scene: Scene, order_id: UUID) -> Act:
    """The worker: the poll finds a payment that was approved and that nobody told us about."""
    approved(scene, order_id)
    with scene.services.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payments_payment SET next_look_at = created_at")
    return lambda: poll_payments(scene.services)


def is_given_up(scene: Scene, order_id: UUID) -> Act:
    """The worker: an unpaid order was cancelled, and its open payment with it."""
    payment.start_payment(scene.shop.run, scene.provider, order_id, BACK)
    scene.shop.run(checkout.cancel, order_id)
    return lambda: run_due(scene.services)


def check(scene: Scene, order_id: UUID, *, is_paid: bool, before: int) -> None:
    """One right state: paid and charged once, or nothing kept; the provider's money is the ledger's."""
    status = scene.shop.order(order_id).status
    charges = scene.charges(order_id)
    kept = sum(one["amount_captured"] - one["amount_refunded"] for one in charges)
    assert status is (OrderStatus.PAID if is_paid else OrderStatus.CANCELLED)
    assert len(charges) <= 1
    card: Any = scene.services.database.read(queries.payment_of_order, order_id)
    if is_paid:
        due = card.received_cents if card.method != "balance" else 0
        assert (card.status in {S.SUCCEEDED, S.AUTHORISED}, kept) == (True, due)
    else:
        assert kept == 0
    total = book(scene.services.database.read).get("provider_clearing", 0)
    assert total == before + kept


SCENARIOS: dict[str, tuple[Callable[[Scene, UUID], Act], bool]] = {
    "web: a card that pays at once": (lambda scene, order_id: pays(scene, order_id, "card_test"), True),
    "web: a kept card": (lambda scene, order_id: pays(scene, order_id, "card", card_ref=scene.card_ref), True),
    "web: balance and card": (pays_partly, True),
    "web: the payer comes back": (comes_back, True),
    "web: a webhook": (is_told, True),
    "worker: capture": (is_captured, True),
    "worker: refund": (is_refunded, False),
    "worker: poll": (is_polled, True),
    "worker: a payment is given up": (is_given_up, False),
}


def one_run(scene: Scene, name: str, dies_at: int) -> bool:
    """One death at one step of a scenario, and all that must be true afterwards; False when nobody died."""
    prepare, is_paid = SCENARIOS[name]
    order_id = scene.shop.place().id
    act = prepare(scene, order_id)
    before = book(scene.services.database.read).get("provider_clearing", 0)
    already = sum(one["amount_captured"] - one["amount_refunded"] for one in scene.charges(order_id))
    before -= already if book_knows(scene, order_id) else 0
    died = scene.child(act, dies_at)
    scene.recover()
    with_order = scene.shop.order(order_id)
    if with_order.status is OrderStatus.PLACED:  # the request never became an intent: she tries again
        act()
        scene.recover()
    check(scene, order_id, is_paid=is_paid, before=before)
    scene.deaths[name] += died
    return died


def book_knows(scene: Scene, order_id: UUID) -> bool:
    """Whether an order's money stands in the books."""
    card: Any = scene.services.database.read(queries.payment_of_order, order_id)
    return card is not None and card.received_cents > 0


@pytest.mark.kill
def test_no_death_between_intent_and_record_loses_or_doubles_money(scene: Scene) -> None:
    lengths: dict[str, int] = {}
    for name in SCENARIOS:  # every step in turn in the long form; a sample of them in the short one
        step = 0
        while True:
            step += 1 if RUNS else scene.rng.randint(1, 3)
            if (not RUNS and scene.deaths[name] >= SAMPLE) or not one_run(scene, name, step):
                break
        lengths[name] = step - 1
    while sum(scene.deaths.values()) < RUNS - 2 * len(DOUBLE_DEATHS):
        name = scene.rng.choice(list(SCENARIOS))
        one_run(scene, name, scene.rng.randint(1, lengths[name]))
    print(f"{sum(scene.deaths.values())} deaths: {dict(scene.deaths)}")
    assert min(scene.deaths[name] for name in SCENARIOS) >= 1, scene.deaths
    assert scene.services.database.read(analytics.broken_invariants, START) == []


#: What is asked of the double when it dies.
DOUBLE_DEATHS = ("web: a card that pays at once", "web: a kept card", "worker: capture", "worker: refund")


@pytest.mark.kill
def test_the_double_may_die_before_and_after_its_work(scene: Scene) -> None:
    for name in DOUBLE_DEATHS:
        for die_at in (1, 2):
            prepare, is_paid = SCENARIOS[name]
            order_id = scene.shop.place().id
            act = prepare(scene, order_id)
            before = book(scene.services.database.read).get("provider_clearing", 0)
            if book_knows(scene, order_id):
                before -= sum(one["amount_captured"] - one["amount_refunded"] for one in scene.charges(order_id))
            scene.double.control("settings", die_at=die_at)
            with suppress(ProviderUnreachable):  # a job whose provider is gone fails, and is done again
                act()
            scene.double.kill()
            scene.double.restart()
            with scene.services.database.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'failed'")
            scene.recover()
            check(scene, order_id, is_paid=is_paid, before=before)
    assert scene.services.database.read(analytics.broken_invariants, START) == []
