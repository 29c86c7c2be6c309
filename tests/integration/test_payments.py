"""Money in through a provider: crashes, twins, late and wrong money change nothing twice."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.orders.values import AmendOrder, OrderItem, OrderStatus
from app.domains.payments import queries
from app.domains.payments.gateways.provider import BadSignature, ProviderRefused, ProviderUnreachable
from app.domains.payments.service import payments, refunds
from app.domains.payments.values import (
    IntendRefund,
    PaymentFilter,
    PaymentStatus,
    ProviderState,
    RefundStatus,
)
from app.flows import checkout, pay_wish, payment, refund
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from tests.conftest import START
from tests.factories.payments import BACK, PRICE, Shop, book, kinds, make_shop, make_wish, paid
from tests.factories.provider import ApprovingProvider

Call = Callable[..., Any]
S = PaymentStatus
CARD_TEST = PayWish(method="card_test")


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


@pytest.fixture
def provider(services: Any) -> ApprovingProvider:
    found: ApprovingProvider = services.provider
    return found


# --- paying ---------------------------------------------------------------------------------------------------------


def test_a_payment_pays_its_order_and_is_booked_once(shop: Shop, provider: ApprovingProvider, read: Call) -> None:
    order = shop.place(2)
    card = shop.pay(provider, order.id)
    assert (card.status, card.amount_cents, card.received_cents) == (S.SUCCEEDED, 2 * PRICE, 2 * PRICE)
    assert (shop.order(order.id).status, shop.order(order.id).paid_at) == (OrderStatus.PAID, START)
    assert book(read) == {"provider_clearing": 2 * PRICE, "deferred_sales": -2 * PRICE}
    assert shop.pay(provider, order.id) == card
    assert payment.sync_payment(shop.run, provider, card.id) == card
    assert provider.calls == [("start", str(card.id))]
    assert kinds(read) == ["payment_captured"]


def test_a_payer_who_comes_back_twice_continues_her_payment(
    shop: Shop, provider: ApprovingProvider, read: Call
) -> None:
    provider.at_once = False
    order = shop.place()
    card = shop.pay(provider, order.id)
    assert (card.status, card.redirect_url) == (S.WAITING, f"https://pay.example/{card.provider_ref}?back={BACK}")
    assert shop.pay(provider, order.id) == card
    assert payment.sync_payment(shop.run, provider, card.id) == card
    provider.approve(card.provider_ref or "")
    done = payment.sync_payment(shop.run, provider, card.id)
    assert (done.status, done.redirect_url, done.settled_at) == (S.SUCCEEDED, None, START)
    assert shop.order(order.id).status is OrderStatus.PAID
    assert read(queries.payment_of_order, order.id) == done
    assert read(queries.find_by_ref, done.provider_ref) == done


def test_a_declined_payment_leaves_the_order_to_be_paid_anew(
    shop: Shop, provider: ApprovingProvider, read: Call
) -> None:
    provider.at_once = False
    order = shop.place()
    first = shop.pay(provider, order.id)
    provider.decline(first.provider_ref or "", "no money")
    assert payment.sync_payment(shop.run, provider, first.id).failure == "no money"
    assert (shop.order(order.id).status, book(read)) == (OrderStatus.PLACED, {})
    provider.at_once = True
    second = shop.pay(provider, order.id)
    assert (second.status, second.id == first.id) == (S.SUCCEEDED, False)
    assert read(queries.payment_of_order, order.id).id == second.id


def test_a_refused_payment_says_why(shop: Shop, provider: ApprovingProvider) -> None:
    provider.fail_next = [ProviderRefused("amount too small")]
    order = shop.place()
    card = shop.pay(provider, order.id)
    assert (card.status, card.failure) == (S.FAILED, "amount too small")
    assert shop.order(order.id).status is OrderStatus.PLACED


def test_nobody_pays_or_sees_another_persons_order(shop: Shop, provider: ApprovingProvider, database: Database) -> None:
    order = shop.place()
    card = shop.pay(provider, order.id)
    stranger = Actor("stranger", Role.RESIDENT, new_id())

    def as_stranger(use_case: Any, *args: Any) -> Any:
        return database.transact(stranger, use_case, *args)

    with pytest.raises(NotFound):
        payment.start_payment(as_stranger, provider, order.id, BACK)
    with pytest.raises(NotFound):
        payment.sync_payment(as_stranger, provider, card.id)
    state = ProviderState(ref="x", status=S.SUCCEEDED, amount_received_cents=1)
    for use_case, args in [
        (payment.settle_payment, (card.id, state)),
        (payments.take_due_looks, (1,)),
        (refunds.intend_refunds, ([IntendRefund(order_id=order.id, cause_id=new_id(), amount_cents=1, reason="x")],)),
        (refunds.retry, (new_id(),)),
        (refund.cut_and_refund, ([],)),
    ]:
        with pytest.raises(Forbidden):
            shop.run(use_case, *args)
    assert provider.calls == [("start", str(card.id))]


def test_an_order_that_waits_no_more_is_not_paid(shop: Shop, provider: ApprovingProvider, clock: SetClock) -> None:
    order = shop.place()
    clock.move_to(order.pay_by)
    with pytest.raises(WrongState):
        shop.pay(provider, order.id)
    assert provider.calls == []


def test_an_amended_order_is_paid_by_a_new_payment_and_the_old_one_is_given_up(
    shop: Shop, provider: ApprovingProvider, read: Call, work: Callable[[], int]
) -> None:
    provider.at_once = False
    order = shop.place(1)
    old = shop.pay(provider, order.id)
    shop.run(checkout.amend, AmendOrder(order_id=order.id, items=(OrderItem(offer_id=shop.offer_id, qty=3),)))
    new = shop.pay(provider, order.id)
    assert (new.amount_cents, old.amount_cents) == (3 * PRICE, PRICE)
    work()
    assert read(queries.get_payment, old.id).status is S.CANCELLED
    assert read(queries.get_payment, new.id).status is S.WAITING
    assert provider.calls[-2:] == [("look_up", old.provider_ref), ("cancel", old.provider_ref)]


def test_an_order_that_changes_gives_up_its_open_payment(
    shop: Shop, provider: ApprovingProvider, read: Call, work: Callable[[], int]
) -> None:
    provider.at_once = False
    order = shop.place(1)
    old = shop.pay(provider, order.id)

    def amend(qty: int) -> None:
        shop.run(checkout.amend, AmendOrder(order_id=order.id, items=(OrderItem(offer_id=shop.offer_id, qty=qty),)))
        work()

    amend(1)
    assert read(queries.get_payment, old.id).status is S.WAITING
    amend(3)
    assert read(queries.get_payment, old.id).status is S.CANCELLED
    new = shop.pay(provider, order.id)
    shop.run(checkout.cancel, order.id)
    work()
    assert read(queries.get_payment, new.id).status is S.CANCELLED


# --- crashes and twins ----------------------------------------------------------------------------------------------


def test_a_crash_before_the_answer_is_finished_by_the_poll(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    provider.fail_after, provider.fail_next = True, [KeyboardInterrupt()]
    order = shop.place()
    with pytest.raises(KeyboardInterrupt):
        shop.pay(provider, order.id)
    [left] = read(queries.payments, PaymentFilter(), PageAsk()).rows
    assert (left.status, left.provider_ref, provider.charged_cents) == (S.INTENDED, None, PRICE)
    assert payment.poll_open(run, provider) == 0
    clock.move_to(START + timedelta(minutes=2))
    assert payment.poll_open(run, provider) == 1
    card = read(queries.get_payment, left.id)
    assert (card.status, provider.charged_cents) == (S.SUCCEEDED, PRICE)
    assert shop.order(order.id).status is OrderStatus.PAID
    assert (payment.poll_open(run, provider), kinds(read)) == (0, ["payment_captured"])


def test_an_unreachable_provider_is_asked_again_with_doubling_pauses(
    shop: Shop, provider: ApprovingProvider, run: Call, clock: SetClock
) -> None:
    provider.at_once = False
    lost = [ProviderUnreachable("no answer") for _ in range(4)]
    provider.fail_next = list(lost)
    order = shop.place()
    card = shop.pay(provider, order.id)
    assert (card.status, card.redirect_url) == (S.INTENDED, None)
    asked = []
    for minute in range(1, 15):
        clock.move_to(START + timedelta(minutes=minute))
        if payment.poll_open(run, provider):
            asked.append(minute)
    assert asked == [2, 4, 8]
    assert set(provider.calls) == {("start", str(card.id))}
    assert shop.pay(provider, order.id).status is S.WAITING


def test_a_payment_of_a_lapsed_order_is_cancelled_at_the_provider(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    provider.at_once = False
    order = shop.place()
    card = shop.pay(provider, order.id)
    clock.move_to(order.pay_by + timedelta(seconds=1))
    assert run(checkout.lapse) == 1
    assert payment.poll_open(run, provider) == 1
    assert read(queries.get_payment, card.id).status is S.CANCELLED
    assert book(read) == {}


def test_an_intent_that_never_arrived_is_given_up_before_its_key_is_forgotten(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    provider.fail_next = [ProviderUnreachable("down")]
    card = shop.pay(provider, shop.place().id)
    clock.move_to(START + timedelta(hours=23))
    assert payment.poll_open(run, provider) == 1
    left = read(queries.get_payment, card.id)
    assert (left.status, left.failure) == (S.CANCELLED, "never reached the provider")
    assert provider.calls == [("start", str(card.id))]


def test_one_broken_payment_holds_back_no_other(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    provider.at_once = False
    first, second = (shop.pay(provider, shop.place().id) for _ in range(2))
    for card in (first, second):
        provider.approve(card.provider_ref or "")
    clock.move_to(START + timedelta(minutes=2))
    provider.fail_next = [RuntimeError("broken")]
    with pytest.raises(RuntimeError, match="broken"):
        payment.poll_open(run, provider)
    assert sorted(read(queries.get_payment, card.id).status for card in (first, second)) == [S.SUCCEEDED, S.WAITING]


def test_a_broken_payment_holds_back_no_refund(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [make_wish(card, 100)])
    provider.at_once = False
    shop.pay(provider, shop.place().id)
    clock.move_to(START + timedelta(minutes=2))
    provider.fail_next = [RuntimeError("broken")]
    with pytest.raises(RuntimeError, match="broken"):
        payment.poll_open(run, provider)
    [back] = read(queries.refunds_of_order, card.order_id)
    assert back.status is RefundStatus.SUCCEEDED


# --- webhooks -------------------------------------------------------------------------------------------------------


def test_webhooks_delivered_five_times_and_shuffled_change_nothing_twice(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call
) -> None:
    provider.at_once = False
    waiting = [shop.pay(provider, shop.place(qty).id) for qty in (1, 2, 3)]
    events = []
    for number, card in enumerate(waiting):
        events += [
            provider.event(f"evt_{number}_{kind}", card.provider_ref, f"payment_intent.{kind}")
            for kind in ("requires_action", "succeeded")
        ]
        provider.approve(card.provider_ref or "")
    five = events * 5
    random.Random(7).shuffle(five)
    acted = [payment.handle_event(run, provider, *event) for event in five]
    assert acted.count(True) == 6
    assert kinds(read) == ["payment_captured"] * 3
    assert book(read) == {"provider_clearing": 6 * PRICE, "deferred_sales": -6 * PRICE}
    assert {shop.order(card.order_id).status for card in waiting} == {OrderStatus.PAID}


def test_late_news_of_a_lower_rank_is_old_news(shop: Shop, provider: ApprovingProvider, run: Call, read: Call) -> None:
    card = paid(shop, provider)
    for status in (S.WAITING, S.FAILED, S.CANCELLED):
        state = ProviderState(ref=card.provider_ref or "", status=status, amount_received_cents=0, failure="late")
        assert run(payment.settle_payment, card.id, state) == card
    assert read(queries.get_payment, card.id) == card


def test_a_webhook_finds_a_payment_whose_reference_was_never_recorded(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call
) -> None:
    provider.fail_after, provider.fail_next = True, [ProviderUnreachable("answer lost")]
    card = shop.pay(provider, shop.place().id)
    assert card.status is S.INTENDED
    assert payment.handle_event(run, provider, *provider.event("evt_1", f"ap_{card.id.hex}"))
    assert read(queries.get_payment, card.id).status is S.SUCCEEDED


def test_foreign_and_forged_webhooks(shop: Shop, provider: ApprovingProvider, run: Call, database: Database) -> None:
    assert payment.handle_event(run, provider, *provider.event("evt_1", None, "customer.created")) is False
    provider.states["other"] = ProviderState(ref="other", status=S.SUCCEEDED, amount_received_cents=5)
    assert payment.handle_event(run, provider, *provider.event("evt_2", "other")) is False
    provider.states["lost"] = replace(provider.states["other"], ref="lost", payment_id=new_id())
    with pytest.raises(NotFound):
        payment.handle_event(run, provider, *provider.event("evt_3", "lost"))
    with pytest.raises(BadSignature):
        payment.handle_event(run, provider, provider.event("evt_4", "other")[0], "forged")
    with database.engine.connect() as connection:
        assert connection.scalars(text("SELECT id FROM payments_seen_event")).all() == ["evt_2"]


def test_a_webhook_whose_work_fails_is_not_taken_for_seen(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.at_once = False
    card = shop.pay(provider, shop.place().id)
    provider.approve(card.provider_ref or "")
    event = provider.event("evt_1", card.provider_ref)

    def fall(*_: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(checkout, "order_paid", fall)
        with pytest.raises(RuntimeError, match="power cut"):
            payment.handle_event(run, provider, *event)
    assert (read(queries.get_payment, card.id).status, book(read)) == (S.WAITING, {})
    assert payment.handle_event(run, provider, *event) is True
    assert read(queries.get_payment, card.id).status is S.SUCCEEDED


# --- late and wrong money -------------------------------------------------------------------------------------------


def test_late_money_is_returned_when_the_goods_are_gone(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int], clock: SetClock
) -> None:
    provider.at_once = False
    order = shop.place()
    card = shop.pay(provider, order.id)
    shop.run(checkout.cancel, order.id)
    provider.approve(card.provider_ref or "")
    payment.sync_payment(shop.run, provider, card.id)
    assert shop.order(order.id).status is OrderStatus.CANCELLED
    work()
    [back] = read(queries.refunds_of_order, order.id)
    assert (back.amount_cents, back.status, back.payment_id) == (PRICE, RefundStatus.SUCCEEDED, card.id)
    assert (provider.refunded_cents, book(read)) == (PRICE, {})


@pytest.mark.parametrize("received", [PRICE - 1, PRICE + 7])
def test_a_wrong_sum_pays_nothing_and_goes_back_whole(
    shop: Shop, provider: ApprovingProvider, read: Call, work: Callable[[], int], database: Database, received: int
) -> None:
    provider.at_once = False
    order = shop.place()
    card = shop.pay(provider, order.id)
    provider.approve(card.provider_ref or "", received)
    done = payment.sync_payment(shop.run, provider, card.id)
    assert (done.failure, done.refunded_cents) == (f"received {received} of {PRICE}", received)
    assert shop.order(order.id).status is OrderStatus.PLACED
    work()
    assert (provider.refunded_cents, book(read)) == (received, {})
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT after FROM infra_audit WHERE action = 'payments.record'")).scalars()
        assert list(found) == [{"status": "succeeded", "received_cents": received, "failure": done.failure}]


def test_a_second_payment_of_one_order_goes_back_to_its_own_payer(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    provider.at_once = False
    order = shop.place()
    first = shop.pay(provider, order.id)
    second = run(pay_wish.intend, order.id, BACK, CARD_TEST, None)
    provider.start(second)
    for ref in (first.provider_ref or "", f"ap_{second.id.hex}"):
        provider.approve(ref)
    for card in (first, second):
        payment.sync_payment(run, provider, card.id)
    work()
    [back] = read(queries.refunds_of_order, order.id)
    assert (back.payment_id, back.payment_ref, back.reason) == (second.id, f"ap_{second.id.hex}", "late_payment")
    assert book(read) == {"provider_clearing": PRICE, "deferred_sales": -PRICE}
    assert read(queries.payment_of_order, order.id).id == first.id
