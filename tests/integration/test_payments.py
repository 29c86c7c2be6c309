"""Money in and back through a provider: crashes, twins, late and wrong money change nothing twice."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import JournalFilter
from app.domains.orders.values import AmendOrder, CutLine, CutReason, OrderItem, OrderStatus
from app.domains.payments import queries
from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.gateways.provider import BadSignature, ProviderRefused, ProviderUnreachable
from app.domains.payments.service import payments, refunds
from app.domains.payments.values import (
    IntendRefund,
    PaymentCard,
    PaymentFilter,
    PaymentStatus,
    ProviderState,
    RefundFilter,
    RefundKind,
    RefundState,
    RefundStatus,
)
from app.flows import checkout, payment, refund
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from tests.conftest import START
from tests.factories.payments import BACK, PRICE, Shop, make_shop
from tests.factories.provider import ApprovingProvider

Call = Callable[..., Any]
S = PaymentStatus


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


@pytest.fixture
def provider(services: Any) -> ApprovingProvider:
    found: ApprovingProvider = services.provider
    return found


def book(read: Call) -> dict[str, int]:
    """Balances by account."""
    return {row.account.value: row.amount_cents for row in read(ledger.balances) if row.amount_cents}


def kinds(read: Call) -> list[str]:
    return [card.kind.value for card in read(ledger.journals, JournalFilter(), PageAsk(limit=100)).rows][::-1]


def paid(shop: Shop, provider: ApprovingProvider, qty: int = 1) -> PaymentCard:
    card = shop.pay(provider, shop.place(qty).id)
    assert card.status is S.SUCCEEDED
    return card


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


# --- crashes and twins ----------------------------------------------------------------------------------------------


def test_a_crash_before_the_answer_is_finished_by_the_poll(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    provider.fail_after, provider.fail_next = True, [KeyboardInterrupt()]  # type: ignore[list-item]
    order = shop.place()
    with pytest.raises(KeyboardInterrupt):
        shop.pay(provider, order.id)
    [left] = read(queries.open_payments, START + timedelta(minutes=1))
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
    second = run(payment._intend, order.id, BACK, "card_test")
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


# --- refunds --------------------------------------------------------------------------------------------------------


def wish(card: PaymentCard, cents: int, kind: RefundKind = RefundKind.BEFORE_PICKUP) -> IntendRefund:
    return IntendRefund(order_id=card.order_id, cause_id=new_id(), amount_cents=cents, reason="shortage", kind=kind)


def test_refunds_by_kind_are_booked_against_the_right_account(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    card = paid(shop, provider, 3)
    before, after = wish(card, 990), wish(card, 500, RefundKind.AFTER_PICKUP)
    assert run(refunds.intend_refunds, [before, after, before]) == 2
    assert run(refunds.intend_refunds, [after, before]) == 0
    assert read(queries.get_payment, card.id).refunded_cents == 1_490
    assert provider.refunds == {}
    work()
    assert book(read) == {
        "provider_clearing": 3 * PRICE - 1_490,
        "deferred_sales": -3 * PRICE + 990,
        "refunds": 500,
    }
    assert kinds(read) == ["payment_captured", "refund_paid", "refund_paid"]
    by_cause = read(queries.refunds_of_causes, [before.cause_id, after.cause_id, new_id()])
    assert {cause: made.amount_cents for cause, made in by_cause.items()} == {before.cause_id: 990, after.cause_id: 500}
    assert read(queries.open_refunds, START + timedelta(days=1)) == []


def test_more_than_was_paid_never_goes_back(shop: Shop, provider: ApprovingProvider, run: Call, read: Call) -> None:
    card, other = paid(shop, provider, 1), paid(shop, provider, 1)
    assert run(refunds.intend_refunds, [wish(card, PRICE - 1)]) == 1
    for wishes in ([wish(card, 2)], [wish(other, 1), wish(card, 2)], [wish(other, PRICE), wish(other, 1)]):
        with pytest.raises(RefundTooHigh):
            run(refunds.intend_refunds, wishes)
    with pytest.raises(RefundTooHigh) as refusal:
        run(refunds.intend_refunds, [replace(wish(card, 2), order_id=new_id())])
    assert (refusal.value.wanted_cents, refusal.value.left_cents) == (2, 0)
    with pytest.raises(RefundTooHigh):
        run(refunds.intend_refunds, [wish(card, 0)])
    assert [read(queries.get_payment, one.id).refunded_cents for one in (card, other)] == [PRICE - 1, 0]


def test_the_database_itself_refuses_more_than_was_received(
    shop: Shop, provider: ApprovingProvider, database: Database
) -> None:
    paid(shop, provider)
    with pytest.raises(Exception, match="refunds_within_payment"), database.engine.begin() as connection:
        connection.execute(text("UPDATE payments_payment SET refunded_cents = received_cents + 1"))


def test_a_crash_between_refund_and_record_refunds_once(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [wish(card, 100)])
    [open_] = read(queries.open_refunds, START + timedelta(seconds=1))
    provider.fail_after, provider.fail_next = True, [ProviderUnreachable("answer lost")]
    with pytest.raises(ProviderUnreachable):
        payment.execute_refund(run, provider, open_.id)
    assert payment.poll_open(run, provider) == 0
    clock.move_to(START + timedelta(minutes=2))
    assert payment.poll_open(run, provider) == 1
    done = read(queries.get_refund, open_.id)
    assert (done.status, done.tries, provider.refunded_cents) == (RefundStatus.SUCCEEDED, 2, 100)
    assert payment.execute_refund(run, provider, open_.id) is None
    assert kinds(read) == ["payment_captured", "refund_paid"]


def test_a_pending_refund_is_settled_by_a_webhook_or_the_poll(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int], clock: SetClock
) -> None:
    provider.refund_status = RefundStatus.INTENDED
    card = paid(shop, provider)
    run(refunds.intend_refunds, [wish(card, 100), wish(card, 200)])
    work()
    first, second = read(queries.refunds_of_order, card.order_id)
    assert (first.status, first.provider_ref) == (RefundStatus.INTENDED, f"re_{first.id}")
    for one in (first, second):
        ref = one.provider_ref or ""
        provider.refund_states[ref] = replace(provider.refund_states[ref], status=RefundStatus.SUCCEEDED)
    assert payment.handle_event(run, provider, *provider.event("evt_r", first.provider_ref, "refund.updated"))
    clock.move_to(START + timedelta(minutes=2))
    assert payment.poll_open(run, provider) == 1
    assert {one.status for one in read(queries.refunds_of_order, card.order_id)} == {RefundStatus.SUCCEEDED}
    assert provider.calls[-1] == ("look_up_refund", second.provider_ref)
    assert book(read)["provider_clearing"] == PRICE - 300


def test_money_that_the_bank_sends_back_is_owed_again_until_hq_orders_it_anew(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [wish(card, 100)])
    work()
    [made] = read(queries.refunds_of_order, card.order_id)
    sent_back = RefundState(
        ref=made.provider_ref or "", status=RefundStatus.FAILED, failure="account closed", refund_key=made.key
    )
    provider.refund_states[sent_back.ref] = sent_back
    for number in range(3):
        payment.handle_event(run, provider, *provider.event(f"evt_{number}", sent_back.ref, "refund.failed"))
    assert kinds(read) == ["payment_captured", "refund_paid", "refund_returned"]
    assert book(read) == {"provider_clearing": PRICE, "deferred_sales": -PRICE}
    late = replace(sent_back, status=RefundStatus.SUCCEEDED)
    assert run(refunds.record_refund, made.id, late).status is RefundStatus.FAILED
    [failed] = read(queries.refunds, RefundFilter(status=RefundStatus.FAILED), PageAsk()).rows
    assert (failed.id, failed.failure) == (made.id, "account closed")

    assert run(refunds.retry, made.id).key == f"{made.id}-1"
    work()
    again = read(queries.get_refund, made.id)
    assert (again.status, again.attempt) == (RefundStatus.SUCCEEDED, 1)
    assert payment.handle_event(run, provider, *provider.event("evt_old", sent_back.ref, "refund.failed")) is False
    assert read(queries.get_refund, made.id) == again
    assert kinds(read) == ["payment_captured", "refund_paid", "refund_returned", "refund_paid"]
    assert book(read) == {"provider_clearing": PRICE - 100, "deferred_sales": -PRICE + 100}
    with pytest.raises(WrongState):
        run(refunds.retry, made.id)


def test_a_refused_refund_waits_for_hq(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [wish(card, 100)])
    provider.fail_next = [ProviderRefused("charge disputed")]
    work()
    [made] = read(queries.refunds_of_order, card.order_id)
    assert (made.status, made.failure, made.provider_ref) == (RefundStatus.FAILED, "charge disputed", None)
    assert kinds(read) == ["payment_captured"]


# --- cutting lines --------------------------------------------------------------------------------------------------


def test_a_cut_refunds_once_and_tells_the_resident_once(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, database: Database, work: Callable[[], int]
) -> None:
    card = paid(shop, provider, 3)
    unpaid = shop.place(1)
    work()
    cause = new_id()

    def cuts() -> list[CutLine]:
        lines = [shop.order(card.order_id).lines[0], shop.order(unpaid.id).lines[0]]
        return [
            CutLine(line_id=line.id, qty=1, amount_cents=PRICE, reason=CutReason.SHORTAGE, cause_id=cause)
            for line in lines
        ]

    made = run(refund.cut_and_refund, cuts())
    assert [(cut.is_new, cut.is_paid) for cut in made] == [(True, True), (True, False)]
    assert [cut.is_new for cut in run(refund.cut_and_refund, cuts())] == [False, False]
    [back] = read(queries.refunds_of_order, card.order_id)
    assert (back.cause_id, back.amount_cents, back.reason) == (made[0].id, PRICE, "shortage")
    assert read(queries.refunds_of_order, unpaid.id) == []
    told = text(
        "SELECT args->'body' FROM procrastinate_jobs WHERE args->>'topic' = 'orders.lines_cut' AND status = 'todo'"
    )
    with database.engine.connect() as connection:
        [fact] = connection.scalars(told).all()
    assert (fact["order_id"], fact["cause_id"], fact["qty"], fact["amount_cents"], fact["currency"]) == (
        str(card.order_id),
        str(cause),
        1,
        PRICE,
        "CNY",
    )


# --- lists ----------------------------------------------------------------------------------------------------------


def test_lists_for_hq(shop: Shop, provider: ApprovingProvider, run: Call, read: Call) -> None:
    cards = [paid(shop, provider) for _ in range(3)]
    run(refunds.intend_refunds, [wish(card, 10) for card in cards])

    def ids(wanted: PaymentFilter, limit: int = 20) -> list[Any]:
        return [card.id for card in read(queries.payments, wanted, PageAsk(limit)).rows]

    newest_first = [card.id for card in cards][::-1]
    assert ids(PaymentFilter(hub_id=shop.hub_id, status=S.SUCCEEDED)) == newest_first
    assert ids(PaymentFilter(order_no=cards[0].order_no)) == [cards[0].id]
    assert (ids(PaymentFilter(status=S.FAILED)), ids(PaymentFilter(hub_id=new_id()))) == ([], [])
    assert ids(PaymentFilter(), 2) == newest_first[:2]
    page = read(queries.payments, PaymentFilter(), PageAsk(2, newest_first[1]))
    assert ([card.id for card in page.rows], page.next_cursor) == (newest_first[2:], None)

    first = read(queries.refunds, RefundFilter(hub_id=shop.hub_id, kind=RefundKind.BEFORE_PICKUP), PageAsk(2))
    rest = read(queries.refunds, RefundFilter(), PageAsk(2, first.rows[-1].id))
    assert sorted(one.payment_id for one in (*first.rows, *rest.rows)) == sorted(newest_first)
    for get in (queries.get_payment, queries.get_refund):
        with pytest.raises(NotFound):
            read(get, new_id())
