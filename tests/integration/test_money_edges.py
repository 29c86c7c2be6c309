"""Money at its edges: news that crosses other news, and a day larger than a statement."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.domains.logistics.service import recalls
from app.domains.orders.values import OrderStatus, Placed
from app.domains.payments import queries
from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.payments.service import holds, payments, refunds
from app.domains.payments.values import (
    Booking,
    BookingKind,
    Method,
    PaymentCard,
    PaymentStatus,
    ProviderState,
    RefundState,
    RefundStatus,
)
from app.domains.reconciliation import queries as reconciliation
from app.flows import checkout, payment
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.ids import new_id
from tests.conftest import START
from tests.factories.payments import PRICE, Shop, make_shop, make_wish, paid
from tests.factories.provider import ApprovingProvider
from tests.integration.test_ways_to_pay import give, has, sound, start

Call = Callable[..., Any]
S = PaymentStatus


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


@pytest.fixture
def provider(services: Any) -> ApprovingProvider:
    found: ApprovingProvider = services.provider
    return found


def test_money_that_comes_after_its_part_was_let_go_pays_nothing(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    """Declined, so the balance's part is free again; approved in the next second, before the worker has let it go."""
    give(shop, provider, run, work, 1_000)
    provider.at_once = False
    order = shop.place(2)
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    provider.decline(lead.provider_ref or "")
    assert payment.sync_payment(shop.run, provider, lead.id).status is S.FAILED
    provider.approve(lead.provider_ref or "")
    payment.handle_event(run, provider, *provider.event("evt", lead.provider_ref))
    assert shop.order(order.id).status is OrderStatus.PLACED
    before = provider.refunded_cents
    work()
    assert (has(read, shop), provider.refunded_cents - before) == (1_000, 2 * PRICE - 1_000)
    sound(read)


def test_a_refusal_told_after_the_money_came_lets_no_part_go(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two calls for one payment the second is refused, when a webhook has told that the first one was paid."""
    give(shop, provider, run, work, 1_000)
    order, begin = shop.place(2), provider.start

    def crossed(card: PaymentCard) -> ProviderState:
        payment.handle_event(run, provider, *provider.event("evt", begin(card).ref))
        raise ProviderRefused("this key is used already")

    monkeypatch.setattr(provider, "start", crossed)
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    assert (lead.status, shop.order(order.id).status) == (S.SUCCEEDED, OrderStatus.PAID)
    work()
    assert (has(read, shop), read(queries.part_of, lead).received_cents) == (0, 1_000)
    sound(read)


def test_a_part_that_was_held_when_its_payment_ended_is_let_go_by_the_poll(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    """Neither of two transactions that ran side by side has seen the other."""
    give(shop, provider, run, work, 1_000)
    provider.at_once = False
    order = shop.place(2)
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    run(payments.record_end, lead.id, S.FAILED, "the balance is too low")
    clock.move_to(clock.now() + timedelta(days=1))
    for _ in range(2):
        payment.poll_open(run, provider)
        work()
    assert (has(read, shop), read(queries.part_of, lead).status) == (1_000, S.CANCELLED)
    sound(read)


@pytest.mark.parametrize("again", [RefundStatus.INTENDED, RefundStatus.SUCCEEDED])
def test_news_of_an_earlier_refund_is_not_taken_for_the_present_one(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, again: RefundStatus
) -> None:
    """HQ asks the provider about a booking of the first attempt, while the second one is under way or has arrived."""
    card = paid(shop, provider)
    run(refunds.intend_refunds, [make_wish(card, 100)])
    work()
    [made] = read(queries.refunds_of_order, card.order_id)
    sent_back = RefundState(
        ref=made.provider_ref or "", status=RefundStatus.FAILED, failure="account closed", refund_key=made.key
    )
    run(refunds.record_refund, made.id, sent_back)
    run(refunds.retry, made.id)
    provider.refund_status = again
    work()
    now = read(queries.get_refund, made.id)
    assert (now.status, now.attempt) == (again, 1)
    assert run(refunds.record_refund, made.id, sent_back) == now
    assert read(queries.get_refund, made.id) == now


def test_a_day_of_more_bookings_than_a_statement_has_parameters(run: Call, read: Call) -> None:
    many = [
        Booking(ref=f"txn_{number}", source_ref=f"re_{number}", payment_ref=f"pi_{number}", kind=kind, type_name="x",
                amount_cents=100, fee_cents=0, currency="CNY", at=START)
        for number in range(35_000)
        for kind in (BookingKind.CHARGE, BookingKind.REFUND)
    ]  # fmt: skip
    found = read(reconciliation.our_books, START.date(), many)
    assert (found.payments, found.refunds, found.transfers) == ({}, {}, {})
    assert read(reconciliation.booking_ids, [f"txn_{number}" for number in range(70_000)]) == {}
    order_ids = [new_id() for _ in range(70_000)]
    run(recalls.lock_pickups, order_ids)
    assert run(recalls.stop_lines, order_ids) == 0


def card_that_got_no_answer(shop: Shop, provider: ApprovingProvider, order: Placed) -> PaymentCard:
    """She wishes to pay with her card, and the provider does not answer."""
    shop.run(holds.note_customer, f"cus_{shop.resident_id.hex}")
    provider.fail_next = [ProviderUnreachable("no answer")]
    card = start(shop, provider, order.id, PayWish(method=Method.CARD, card_ref="pm_1"))
    assert card.status is S.INTENDED
    return card


def test_a_way_to_pay_that_was_left_is_not_gone_to_the_end(
    shop: Shop, provider: ApprovingProvider, read: Call, work: Call
) -> None:
    order = shop.place()
    left = card_that_got_no_answer(shop, provider, order)
    provider.at_once = False
    chosen = start(shop, provider, order.id, PayWish())
    provider.at_once = True
    work()
    assert (read(queries.get_payment, left.id).status, shop.order(order.id).status) == (S.CANCELLED, OrderStatus.PLACED)
    assert provider.states[f"ap_{left.id.hex}"].status is S.CANCELLED
    provider.approve(chosen.provider_ref or "")
    assert payment.sync_payment(shop.run, provider, chosen.id).status is S.SUCCEEDED
    assert (shop.order(order.id).status, provider.refunded_cents) == (OrderStatus.PAID, 0)
    sound(read)


def test_an_order_that_lapsed_is_not_charged_by_the_poll(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    order = shop.place()
    left = card_that_got_no_answer(shop, provider, order)
    clock.move_to(order.pay_by + timedelta(seconds=1))
    run(checkout.lapse)
    payment.poll_open(run, provider)
    work()
    assert (read(queries.get_payment, left.id).status, shop.order(order.id).status) == (S.CANCELLED, OrderStatus.LAPSED)
    sound(read)


def test_what_is_given_up_when_it_stands_behind_its_order_stays(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook tells that the card is charged, while the poll gives the payment up that it never heard of."""
    order = shop.place()
    card, begin = card_that_got_no_answer(shop, provider, order), provider.start

    def crossed(asked: PaymentCard) -> ProviderState:
        state = begin(asked)
        payment.handle_event(run, provider, *provider.event("evt", state.ref))
        return state

    monkeypatch.setattr(provider, "start", crossed)
    assert payment.cancel_payment(run, provider, card.id).status is S.AUTHORISED
    assert run(payments.record_end, card.id, S.CANCELLED, "never reached the provider").status is S.AUTHORISED
    assert provider.states[f"ap_{card.id.hex}"].status is S.AUTHORISED
    assert shop.order(order.id).status is OrderStatus.PAID
    sound(read)
