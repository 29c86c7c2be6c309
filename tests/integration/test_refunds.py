"""Money on its way back: never more than was paid, never twice, booked by kind; HQ's lists."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.domains.orders.values import CutLine, CutReason
from app.domains.payments import queries
from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.payments.service import refunds
from app.domains.payments.values import (
    PaymentFilter,
    PaymentStatus,
    RefundFilter,
    RefundKind,
    RefundState,
    RefundStatus,
)
from app.flows import payment, refund
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from tests.conftest import START
from tests.factories.payments import PRICE, Shop, book, kinds, make_shop, make_wish, paid
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


# --- refunds --------------------------------------------------------------------------------------------------------


def test_refunds_by_kind_are_booked_against_the_right_account(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    card = paid(shop, provider, 3)
    before, after = make_wish(card, 990), make_wish(card, 500, RefundKind.AFTER_PICKUP)
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
    made = {one.cause_id: one.amount_cents for one in read(queries.refunds_of_order, before.order_id)}
    assert made == {before.cause_id: 990, after.cause_id: 500}
    assert read(queries.open_refunds, START + timedelta(days=1)) == []
    assert read(queries.count_open_refunds, START + timedelta(days=1)) == 0


def test_more_than_was_paid_never_goes_back(shop: Shop, provider: ApprovingProvider, run: Call, read: Call) -> None:
    card, other = paid(shop, provider, 1), paid(shop, provider, 1)
    assert run(refunds.intend_refunds, [make_wish(card, PRICE - 1)]) == 1
    for wishes in (
        [make_wish(card, 2)],
        [make_wish(other, 1), make_wish(card, 2)],
        [make_wish(other, PRICE), make_wish(other, 1)],
    ):
        with pytest.raises(RefundTooHigh):
            run(refunds.intend_refunds, wishes)
    with pytest.raises(RefundTooHigh) as refusal:
        run(refunds.intend_refunds, [replace(make_wish(card, 2), order_id=new_id())])
    assert (refusal.value.wanted_cents, refusal.value.left_cents) == (2, 0)
    with pytest.raises(RefundTooHigh):
        run(refunds.intend_refunds, [make_wish(card, 0)])
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
    run(refunds.intend_refunds, [make_wish(card, 100)])
    [open_] = read(queries.open_refunds, START + timedelta(seconds=1))
    assert [read(queries.count_open_refunds, START + timedelta(seconds=s)) for s in (0, 1)] == [0, 1]
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
    run(refunds.intend_refunds, [make_wish(card, 100), make_wish(card, 200)])
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
    run(refunds.intend_refunds, [make_wish(card, 100)])
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


def test_a_late_answer_to_an_earlier_attempt_changes_nothing(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [make_wish(card, 100)])
    provider.fail_next = [ProviderRefused("charge disputed")]
    work()
    [made] = read(queries.refunds_of_order, card.order_id)
    run(refunds.retry, made.id)
    late = RefundState(ref="", status=RefundStatus.FAILED, failure="charge disputed", refund_key=made.key)
    assert run(refunds.record_refund, made.id, late).status is RefundStatus.INTENDED
    work()
    again = read(queries.get_refund, made.id)
    assert (again.status, again.attempt, provider.refunded_cents) == (RefundStatus.SUCCEEDED, 1, 100)


def test_a_refused_refund_waits_for_hq(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int]
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [make_wish(card, 100)])
    provider.fail_next = [ProviderRefused("charge disputed")]
    work()
    [made] = read(queries.refunds_of_order, card.order_id)
    assert (made.status, made.failure, made.provider_ref) == (RefundStatus.FAILED, "charge disputed", None)
    assert kinds(read) == ["payment_captured"]


# --- cutting lines --------------------------------------------------------------------------------------------------


def test_hq_finds_a_failed_refund_and_orders_it_again_by_command(
    app: Flask, shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Callable[[], int], clock: SetClock
) -> None:
    card = paid(shop, provider)
    run(refunds.intend_refunds, [make_wish(card, 100)])
    provider.fail_next = [ProviderRefused("charge disputed")]
    work()
    [made] = read(queries.refunds_of_order, card.order_id)

    def command(*words: str) -> str:
        result = app.test_cli_runner().invoke(args=["refunds", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.output

    assert command("list") == ""
    clock.move_to(START + timedelta(hours=2))
    assert command("list") == f"{made.id}\t{card.order_id}\t1.00 CNY\tshortage\tfailed\tcharge disputed\n"
    assert command("retry", str(made.id)) == f"{made.id}: ordered again\n"
    work()
    assert read(queries.get_refund, made.id).status is RefundStatus.SUCCEEDED
    assert command("list") == ""
    assert command("retry", str(made.id)).startswith("Error: ")


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
    run(refunds.intend_refunds, [make_wish(card, 10) for card in cards])

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
