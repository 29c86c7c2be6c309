"""Money under threads: twins charge, book and refund once; more than was paid never goes back."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.ledger import queries as ledger
from app.domains.ledger.service import journals
from app.domains.payments import queries
from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.service import refunds
from app.domains.payments.values import IntendRefund, PaymentStatus
from app.flows import payment
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.ids import new_id
from app.worker.tasks import run_as
from tests.factories.ledger import make_journal
from tests.factories.payments import PRICE, Shop, make_shop
from tests.factories.provider import ApprovingProvider

Call = Callable[..., Any]
THREADS = 12


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


@pytest.fixture
def provider(services: Services) -> ApprovingProvider:
    found: ApprovingProvider = services.provider
    return found


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all acts together; a refusal is a result."""
    barrier = threading.Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return one()
        except RefundTooHigh:
            return "too high"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def wish(order_id: Any, cents: int, cause_id: Any = None) -> IntendRefund:
    return IntendRefund(order_id=order_id, cause_id=cause_id or new_id(), amount_cents=cents, reason="shortage")


def test_without_the_guard_the_race_exists(shop: Shop, provider: ApprovingProvider, database: Database) -> None:
    """Read, think, write loses updates: what the guarded UPDATE is for."""
    card = shop.pay(provider, shop.place(1).id)
    barrier = threading.Barrier(2)

    def careless() -> None:
        with database.engine.begin() as connection:
            known = connection.scalar(
                text("SELECT refunded_cents FROM payments_payment WHERE id = :id"), {"id": card.id}
            )
            barrier.wait()
            connection.execute(
                text("UPDATE payments_payment SET refunded_cents = :new WHERE id = :id"),
                {"new": known + 700, "id": card.id},
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: careless(), range(2)))
    assert shop.read(queries.get_payment, card.id).refunded_cents == 700


def test_refunds_together_never_pass_what_was_paid(shop: Shop, provider: ApprovingProvider, run: Call) -> None:
    card = shop.pay(provider, shop.place(1).id)
    results = at_once([lambda: run(refunds.intend_refunds, [wish(card.order_id, 500)]) for _ in range(THREADS)])
    assert (results.count(1), results.count("too high")) == (3, THREADS - 3)
    assert shop.read(queries.get_payment, card.id).refunded_cents == 1_500


def test_one_cause_refunds_once_however_often_it_is_told(
    shop: Shop, provider: ApprovingProvider, run: Call, work: Callable[[], int]
) -> None:
    card = shop.pay(provider, shop.place(1).id)
    once = wish(card.order_id, 300)
    assert sorted(at_once([lambda: run(refunds.intend_refunds, [once]) for _ in range(THREADS)])) == [0] * 11 + [1]
    work()
    assert provider.refunded_cents == 300


def test_sets_of_refunds_in_any_order_do_not_deadlock(shop: Shop, provider: ApprovingProvider, run: Call) -> None:
    orders = [shop.pay(provider, shop.place(1).id).order_id for _ in range(8)]

    def several(number: int) -> Callable[[], Any]:
        turned = orders if number % 2 else orders[::-1]
        return lambda: run(refunds.intend_refunds, [wish(order_id, 10) for order_id in turned])

    assert at_once([several(number) for number in range(THREADS)]) == [8] * THREADS
    for order_id in orders:
        assert shop.read(queries.payment_of_order, order_id).refunded_cents == 10 * THREADS


def test_a_payer_who_taps_many_times_has_one_payment(shop: Shop, provider: ApprovingProvider) -> None:
    provider.at_once = False
    order = shop.place(1)
    cards = at_once([lambda: shop.pay(provider, order.id) for _ in range(THREADS)])
    assert len({card.id for card in cards}) == 1
    assert len(provider.states) == 1


def test_webhook_poll_and_returning_payer_book_once(
    shop: Shop, provider: ApprovingProvider, services: Services
) -> None:
    provider.at_once = False
    run = run_as(services, "race")
    for number in range(4):
        card = shop.pay(provider, shop.place(1).id)
        provider.approve(card.provider_ref or "")

        def webhook(name: str, ref: str | None = card.provider_ref) -> Callable[[], Any]:
            return lambda: payment.handle_event(run, provider, *provider.event(name, ref))

        def look(payment_id: Any = card.id) -> Any:
            return payment.sync_payment(shop.run, provider, payment_id)

        at_once([webhook(f"a{number}"), webhook(f"a{number}"), webhook(f"b{number}"), look, look, look])
        assert shop.read(queries.get_payment, card.id).status is PaymentStatus.SUCCEEDED
        clearing = sum(row.amount_cents for row in shop.read(ledger.balances) if row.account == "provider_clearing")
        assert clearing == (number + 1) * PRICE


def test_a_refund_executed_by_two_workers_is_paid_once(
    shop: Shop, provider: ApprovingProvider, services: Services, run: Call
) -> None:
    card = shop.pay(provider, shop.place(1).id)
    run(refunds.intend_refunds, [wish(card.order_id, 300)])
    [made] = shop.read(queries.refunds_of_order, card.order_id)
    worker = run_as(services, "race")
    at_once([lambda: payment.execute_refund(worker, provider, made.id) for _ in range(6)])
    assert provider.refunded_cents == 300
    clearing = sum(row.amount_cents for row in shop.read(ledger.balances) if row.account == "provider_clearing")
    assert clearing == PRICE - 300


def test_journals_posted_by_twins_in_any_order_stand_once(run: Call, read: Call) -> None:
    wishes = [make_journal(cents) for cents in range(1, 41)]

    def several(number: int) -> Callable[[], Any]:
        return lambda: run(journals.post_many, wishes if number % 2 else wishes[::-1])

    assert sum(at_once([several(number) for number in range(THREADS)])) == 40
    assert sorted(row.amount_cents for row in read(ledger.balances)) == [-820, 820]
