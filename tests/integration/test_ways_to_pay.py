"""Balance, cash and kept cards from order to pickup: exact sums in the books, whatever happens on the way."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.domains.analytics import queries as analytics
from app.domains.communities.service import leaders
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import RecordPickup
from app.domains.orders import queries as orders
from app.domains.orders.values import AmendOrder, CutLine, CutReason, OrderItem, OrderStatus
from app.domains.payments import queries
from app.domains.payments.errors import BalanceShort, CashDue, CashMissed, CashNotTaken, NoSuchCard
from app.domains.payments.service import holds, payments, refunds
from app.domains.payments.values import (
    EntryKind,
    IntendRefund,
    Method,
    PaymentCard,
    PaymentStatus,
    RefundKind,
    RefundStatus,
    Route,
)
from app.domains.receipts import queries as receipts
from app.domains.receipts.errors import NotPaidYet
from app.domains.receipts.service import papers
from app.domains.receipts.values import Buyer
from app.flows import checkout, payment, pickup
from app.flows.pay_wish import PayWish
from app.flows.refund import cut_and_refund
from app.infra.audit import AuditRow
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.conftest import START
from tests.factories.payments import BACK, PRICE, Shop, book, kinds, make_shop, make_wish, paid
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import next_round, pick_up, run_to
from tests.factories.world import World, make_world
from tests.integration.test_cutoff import counted

Call = Callable[..., Any]
S = PaymentStatus
BALANCE = PayWish(method=Method.BALANCE)
CARD = PayWish(method=Method.CARD, card_ref="pm_1")


@pytest.fixture
def shop(run: Call, read: Call, database: Any) -> Shop:
    return make_shop(run, read, database)


@pytest.fixture
def provider(services: Any) -> ApprovingProvider:
    found: ApprovingProvider = services.provider
    return found


def sound(read: Call) -> None:
    """Nothing contradicts anything."""
    assert [(one.invariant, one.name, one.rows) for one in read(analytics.broken_invariants, START)] == []


def give(shop: Shop, provider: ApprovingProvider, run: Call, work: Call, cents: int) -> None:
    """Let the resident have a balance: a refund of another order that goes there, as she chose."""
    shop.run(holds.choose_route, Route.BALANCE)
    card = paid(shop, provider, -(-cents // PRICE))
    [line] = shop.order(card.order_id).lines
    cut = CutLine(line_id=line.id, qty=0, amount_cents=cents, reason=CutReason.PRICE_BREAK, cause_id=new_id())
    run(cut_and_refund, [cut])
    work()
    shop.run(holds.choose_route, Route.SOURCE)


def start(shop: Shop, provider: ApprovingProvider, order_id: UUID, wish: PayWish) -> PaymentCard:
    """Begin to pay in some way."""
    return payment.start_payment(shop.run, provider, order_id, BACK, wish)


def has(read: Call, shop: Shop) -> int:
    """What the resident may spend."""
    found: int = read(queries.balance_of, shop.resident_id, "CNY")
    return found


# --- balance --------------------------------------------------------------------------------------------------------


def test_a_refund_goes_to_the_balance_at_once_where_the_resident_wished_so(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    card = paid(shop, provider, 2)
    run(refunds.intend_refunds, [make_wish(card, 500)])
    work()
    assert (has(read, shop), provider.refunded_cents) == (0, 500)
    shop.run(holds.choose_route, Route.BALANCE)
    run(refunds.intend_refunds, [make_wish(card, 700, RefundKind.AFTER_PICKUP)])
    work()
    assert (has(read, shop), provider.refunded_cents) == (700, 500)
    assert [(one.route, one.status) for one in read(queries.refunds_of_order, card.order_id)] == [
        (Route.SOURCE, RefundStatus.SUCCEEDED), (Route.BALANCE, RefundStatus.SUCCEEDED),
    ]  # fmt: skip
    assert book(read) == {
        "provider_clearing": 2 * PRICE - 500, "deferred_sales": 500 - 2 * PRICE, "refunds": 700,
        "resident_balance": -700,
    }  # fmt: skip
    [entry] = read(queries.balance_entries, shop.resident_id, PageAsk()).rows
    assert (entry.kind, entry.amount_cents, entry.order_id) == (EntryKind.REFUNDED, 700, card.order_id)


def test_an_order_is_paid_by_the_balance_alone(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, PRICE + 10)
    calls = len(provider.calls)
    order = shop.place()
    card = start(shop, provider, order.id, BALANCE)
    assert (card.status, card.received_cents, card.method) == (S.SUCCEEDED, PRICE, "balance")
    assert (shop.order(order.id).status, has(read, shop)) == (OrderStatus.PAID, 10)
    assert (start(shop, provider, order.id, BALANCE), len(provider.calls)) == (card, calls)
    assert book(read)["resident_balance"] == -10
    with pytest.raises(BalanceShort):
        start(shop, provider, shop.place().id, BALANCE)
    shop.run(checkout.cancel, order.id)
    work()
    assert (has(read, shop), book(read)["resident_balance"]) == (PRICE + 10, -PRICE - 10)
    sound(read)


def test_balance_and_the_rest_another_way(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, 1_000)
    provider.at_once = False
    order = shop.place(2)
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    assert (lead.status, lead.amount_cents, lead.part_cents) == (S.WAITING, 2 * PRICE - 1_000, 1_000)
    assert start(shop, provider, order.id, PayWish(use_balance=False)).amount_cents == 2 * PRICE
    work()  # the way that she left is given up, and with it its part
    assert (read(queries.get_payment, lead.id).status, has(read, shop)) == (S.CANCELLED, 1_000)
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    assert (has(read, shop), read(queries.part_of, lead).status) == (0, S.AUTHORISED)
    provider.approve(lead.provider_ref or "")
    payment.sync_payment(shop.run, provider, lead.id)
    assert shop.order(order.id).status is OrderStatus.PAID
    work()
    assert read(queries.part_of, lead).received_cents == 1_000
    assert read(queries.payment_of_order, order.id).id == lead.id
    shop.run(checkout.cancel, order.id)  # more than either has: it goes back along both ways
    work()
    assert has(read, shop) == 1_000
    assert [(one.amount_cents, one.route) for one in read(queries.refunds_of_order, order.id)][-2:] == [
        (2 * PRICE - 1_000, Route.SOURCE), (1_000, Route.BALANCE),
    ]  # fmt: skip
    sound(read)


def test_a_part_is_let_go_when_its_payment_comes_to_nothing(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    give(shop, provider, run, work, 1_000)
    provider.at_once = False
    order = shop.place()
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    assert has(read, shop) == 0
    provider.decline(lead.provider_ref or "")
    payment.sync_payment(shop.run, provider, lead.id)
    work()
    assert has(read, shop) == 1_000
    again = start(shop, provider, order.id, PayWish(use_balance=True))
    clock.move_to(order.pay_by + timedelta(seconds=1))
    run(checkout.lapse)
    payment.poll_open(run, provider)
    work()
    assert (read(queries.get_payment, again.id).status, has(read, shop)) == (S.CANCELLED, 1_000)
    entries = read(queries.balance_entries, shop.resident_id, PageAsk()).rows
    assert [entry.amount_cents for entry in entries] == [1_000, -1_000, 1_000, -1_000, 1_000]
    sound(read)


def test_asking_again_continues_with_the_part_that_is_held(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, 1_000)
    provider.at_once = False
    order = shop.place(2)
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    again = start(shop, provider, order.id, PayWish(use_balance=True))
    assert (again.id, again.amount_cents, again.part_cents) == (lead.id, 2 * PRICE - 1_000, 1_000)
    work()
    assert (read(queries.get_payment, lead.id).status, has(read, shop)) == (S.WAITING, 0)


def test_a_part_of_an_unfinished_payment_does_not_stand_behind_the_order(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, 1_000)
    provider.at_once = False
    order, before = shop.place(2), provider.refunded_cents
    lead = start(shop, provider, order.id, PayWish(use_balance=True))
    provider.at_once = True
    start(shop, provider, order.id, PayWish())
    assert (shop.order(order.id).status, read(queries.get_payment, lead.id).status) == (OrderStatus.PAID, S.WAITING)
    sound(read)
    [line] = shop.order(order.id).lines
    shop.run(checkout.amend, AmendOrder(order_id=order.id, items=(OrderItem(offer_id=line.offer_id, qty=1),)))
    work()
    assert (read(queries.get_payment, lead.id).status, has(read, shop)) == (S.CANCELLED, 1_000)
    assert provider.refunded_cents - before == PRICE
    sound(read)


def test_a_held_part_stays_when_the_rest_is_let_go(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, 1_000)
    shop.run(holds.note_customer, f"cus_{shop.resident_id.hex}")
    order = shop.place(2)
    lead = start(shop, provider, order.id, PayWish(method=Method.CARD, card_ref="pm_1", use_balance=True))
    assert (lead.status, shop.order(order.id).status) == (S.AUTHORISED, OrderStatus.PAID)
    [line] = shop.order(order.id).lines
    less = CutLine(
        line_id=line.id, qty=0, amount_cents=lead.amount_cents, reason=CutReason.PRICE_BREAK, cause_id=new_id()
    )
    run(cut_and_refund, [less])
    payment.capture_payment(run, provider, lead.id)  # before the part is taken
    work()
    assert (read(queries.get_payment, lead.id).status, has(read, shop)) == (S.CANCELLED, 0)
    sound(read)


def test_late_money_with_a_part_is_honoured_or_goes_back_along_both_ways(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    give(shop, provider, run, work, 2_000)
    provider.at_once = False
    lucky = shop.place(2)
    lead = start(shop, provider, lucky.id, PayWish(use_balance=True))
    clock.move_to(lucky.pay_by + timedelta(seconds=1))
    run(checkout.lapse)
    provider.approve(lead.provider_ref or "")
    payment.sync_payment(shop.run, provider, lead.id)
    work()
    assert (shop.order(lucky.id).status, has(read, shop)) == (OrderStatus.PAID, 0)
    shop.run(checkout.cancel, lucky.id)
    work()
    unlucky = shop.place(2)
    lead = start(shop, provider, unlucky.id, PayWish(use_balance=True))
    shop.run(checkout.cancel, unlucky.id)
    provider.approve(lead.provider_ref or "")
    payment.sync_payment(shop.run, provider, lead.id)
    work()
    assert (shop.order(unlucky.id).status, has(read, shop)) == (OrderStatus.CANCELLED, 2_000)
    assert {one.reason for one in read(queries.refunds_of_order, unlucky.id)} == {"late_payment"}
    sound(read)


def test_twenty_spenders_at_one_moment_never_make_a_balance_negative(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, 3 * PRICE)
    orders = [shop.place().id for _ in range(20)]
    gate, ended = threading.Barrier(20), []

    def spend(order_id: UUID) -> None:
        gate.wait()
        try:
            ended.append(start(shop, provider, order_id, BALANCE).status)
        except BalanceShort:
            ended.append(S.FAILED)

    threads = [threading.Thread(target=spend, args=(order_id,)) for order_id in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ended.count(S.SUCCEEDED), ended.count(S.FAILED), has(read, shop)) == (3, 17, 0)
    assert [shop.order(order_id).status for order_id in orders].count(OrderStatus.PAID) == 3
    assert "resident_balance" not in book(read)
    sound(read)


def test_a_crash_between_hold_and_record_is_finished_by_the_poll(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    give(shop, provider, run, work, PRICE)
    order = shop.place()
    calls = iter(range(100))

    def dying(use_case: Any, *args: Any, **kwargs: Any) -> Any:
        if next(calls) == 3:  # intend, hold, take - and before the record
            raise KeyboardInterrupt
        return shop.run(use_case, *args, **kwargs)

    with pytest.raises(KeyboardInterrupt):
        payment.start_payment(dying, provider, order.id, BACK, BALANCE)
    assert (has(read, shop), shop.order(order.id).status) == (0, OrderStatus.PLACED)
    sound(read)
    clock.move_to(START + timedelta(minutes=2))
    assert payment.poll_open(run, provider) == 1
    assert (has(read, shop), shop.order(order.id).status) == (0, OrderStatus.PAID)
    sound(read)


# --- kept cards: held when ordered, taken when the truck leaves -------------------------------------------------------


def by_card(shop: Shop, provider: ApprovingProvider, qty: int) -> PaymentCard:
    """An order that a kept card stands behind."""
    shop.run(holds.note_customer, f"cus_{shop.resident_id.hex}")
    return start(shop, provider, shop.place(qty).id, CARD)


def test_what_falls_before_the_capture_is_never_charged(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    card = by_card(shop, provider, 3)
    assert (card.status, card.received_cents, card.capture_by) == (S.AUTHORISED, 0, START + timedelta(days=6))
    assert (shop.order(card.order_id).status, book(read)) == (OrderStatus.PAID, {})
    run(refunds.intend_refunds, [make_wish(card, 123), make_wish(card, 77)])
    assert [(one.amount_cents, one.route, one.status) for one in read(queries.refunds_of_order, card.order_id)] == [
        (123, Route.RELEASE, RefundStatus.SUCCEEDED), (77, Route.RELEASE, RefundStatus.SUCCEEDED),
    ]  # fmt: skip
    taken = payment.capture_payment(run, provider, card.id)
    assert payment.capture_payment(run, provider, card.id) == taken
    assert (taken.status, taken.received_cents) == (S.SUCCEEDED, 3 * PRICE - 200)
    assert book(read) == {"provider_clearing": 3 * PRICE - 200, "deferred_sales": 200 - 3 * PRICE}
    run(refunds.intend_refunds, [make_wish(card, 300)])
    work()
    assert (provider.refunded_cents, book(read)["provider_clearing"]) == (300, 3 * PRICE - 500)
    assert kinds(read) == ["payment_captured", "refund_paid"]


def test_a_shortage_while_the_capture_is_under_way_is_refunded_after_it(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    card = by_card(shop, provider, 1)
    provider.fail_next, provider.fail_after = [KeyboardInterrupt()], True
    with pytest.raises(KeyboardInterrupt):
        payment.capture_payment(run, provider, card.id)
    provider.fail_after = False
    run(refunds.intend_refunds, [make_wish(card, 90)])
    work()  # nothing can be returned of what is not known to be taken
    assert (provider.refunded_cents, read(queries.get_payment, card.id).status) == (0, S.AUTHORISED)
    payment.capture_payment(run, provider, card.id)
    work()
    assert (provider.charged_cents, provider.refunded_cents) == (PRICE, 90)
    assert book(read) == {"provider_clearing": PRICE - 90, "deferred_sales": 90 - PRICE}


def test_an_order_that_is_cancelled_while_held_is_never_charged(
    shop: Shop, provider: ApprovingProvider, read: Call, work: Call
) -> None:
    card = by_card(shop, provider, 1)
    shop.run(checkout.cancel, card.order_id)
    work()
    assert (read(queries.get_payment, card.id).status, provider.charged_cents) == (S.CANCELLED, 0)
    assert (book(read), shop.order(card.order_id).refunded_cents) == ({}, PRICE)
    sound(read)


def test_a_receipt_speaks_of_what_was_taken_and_nothing_else(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    def issue(order_id: UUID) -> list[int]:
        """What the order's papers are over, once they are made out."""
        shop.run(papers.issue_own, order_id, Buyer())
        return [card.total_cents for card in read(receipts.papers_of_order, order_id)]

    held = by_card(shop, provider, 3)
    with pytest.raises(NotPaidYet):
        issue(held.order_id)
    run(refunds.intend_refunds, [make_wish(held, 200)])  # never taken, so never given back
    payment.capture_payment(run, provider, held.id)
    assert issue(held.order_id) == [3 * PRICE - 200]
    run(refunds.intend_refunds, [make_wish(held, 300)])
    work()
    assert issue(held.order_id) == [3 * PRICE - 200, 300]
    provider.at_once = False
    twice = shop.place().id
    both = [start(shop, provider, twice, PayWish(method=way)) for way in (Method.ALIPAY, Method.WECHAT_PAY)]
    for one in both:
        provider.approve(one.provider_ref or "")
        payment.sync_payment(shop.run, provider, one.id)
    work()
    assert [one.reason for one in read(queries.refunds_of_order, twice)] == ["late_payment"]
    assert issue(twice) == [PRICE]


def test_an_expiring_hold_is_taken_in_time(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, clock: SetClock
) -> None:
    card = by_card(shop, provider, 1)
    clock.move_to(START + timedelta(days=6, seconds=-1))
    assert payment.poll_open(run, provider) == 0
    clock.move_to(START + timedelta(days=6))
    assert payment.poll_open(run, provider) == 1
    assert (read(queries.get_payment, card.id).status, provider.charged_cents) == (S.SUCCEEDED, PRICE)


def test_late_held_money_is_honoured_while_goods_remain_else_let_go(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    provider.at_once = False
    lucky, unlucky = by_card(shop, provider, 1), by_card(shop, provider, 2)
    clock.move_to(START + timedelta(minutes=16))
    assert run(checkout.lapse) == 2
    with shop.database.engine.begin() as connection:
        connection.execute(text("UPDATE groupbuys_offer SET quota = 1"))
    for card in (lucky, unlucky):
        provider.approve(card.provider_ref or "")
        payment.sync_payment(shop.run, provider, card.id)
    work()
    assert [shop.order(card.order_id).status for card in (lucky, unlucky)] == [OrderStatus.PAID, OrderStatus.LAPSED]
    assert [read(queries.get_payment, card.id).status for card in (lucky, unlucky)] == [S.AUTHORISED, S.CANCELLED]
    assert provider.charged_cents == 0
    sound(read)


def test_a_hold_that_the_bank_let_go_is_named_by_the_audit(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call
) -> None:
    card = by_card(shop, provider, 1)
    provider.cancel(card.provider_ref or "")
    assert payment.capture_payment(run, provider, card.id).status is S.CANCELLED
    assert {(one.name, one.rows[0].id) for one in read(analytics.broken_invariants, START)} == {
        ("backed", str(card.order_id))
    }


def test_an_order_whose_hold_was_dropped_holds_up_nobody(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    dropped, sound_one = by_card(shop, provider, 1), paid(shop, provider, 1)
    provider.cancel(dropped.provider_ref or "")
    payment.capture_payment(run, provider, dropped.id)
    cuts = [
        CutLine(line_id=line.id, qty=1, amount_cents=PRICE, reason=CutReason.UNCLAIMED, cause_id=card.id)
        for card in (dropped, sound_one)
        for line in shop.order(card.order_id).lines
    ]
    before = provider.refunded_cents
    run(cut_and_refund, cuts)
    work()
    assert [len(read(queries.refunds_of_order, card.order_id)) for card in (dropped, sound_one)] == [0, 1]
    assert provider.refunded_cents - before == PRICE
    assert [one.name for one in read(analytics.broken_invariants, START)] == []


def test_an_order_that_lost_its_cards_part_gets_back_no_more_than_its_balance_gave(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call, work: Call
) -> None:
    give(shop, provider, run, work, 1_000)
    shop.run(holds.note_customer, f"cus_{shop.resident_id.hex}")
    order = shop.place(2)
    lead = start(shop, provider, order.id, PayWish(method=Method.CARD, card_ref="pm_1", use_balance=True))
    work()
    assert (shop.order(order.id).status, has(read, shop)) == (OrderStatus.PAID, 0)
    provider.cancel(lead.provider_ref or "")
    payment.capture_payment(run, provider, lead.id)
    [line] = shop.order(order.id).lines
    first, second = (
        CutLine(line_id=line.id, qty=1, amount_cents=PRICE, reason=CutReason.SHORTAGE, cause_id=new_id()) for _ in "12"
    )
    run(cut_and_refund, [first])
    run(cut_and_refund, [second])
    work()
    assert has(read, shop) == 1_000
    assert [one.amount_cents for one in read(queries.refunds_of_order, order.id)] == [1_000]
    sound(read)


def test_releasing_what_30_cards_hold_takes_as_many_statements_as_for_one(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call
) -> None:
    numbers = []
    for many in (1, 30):
        cards = [by_card(shop, provider, 1) for _ in range(many)]
        with counted(shop.database) as statements:
            run(refunds.intend_refunds, [make_wish(card, 100) for card in cards])
        numbers.append(len(statements))
        told = select(AuditRow.entity_id).where(AuditRow.action == "payments.release")
        with shop.database.engine.connect() as connection:
            audited = set(connection.scalars(told))
        assert {one.id for card in cards for one in read(queries.refunds_of_order, card.order_id)} <= audited
    assert numbers[0] == numbers[1]


def test_giving_up_30_orders_takes_one_statement(shop: Shop, provider: ApprovingProvider, run: Call) -> None:
    provider.at_once = False
    ids = [shop.place().id for _ in range(30)]
    for order_id in ids:
        start(shop, provider, order_id, PayWish())
    with counted(shop.database) as statements:
        run(payments.give_up, ids)
    assert len([one for one in statements if "payments_payment" in one]) == 1


def test_a_card_must_be_kept(shop: Shop, provider: ApprovingProvider) -> None:
    order = shop.place()
    for wish in (CARD, PayWish(method=Method.CARD)):
        with pytest.raises(NoSuchCard):
            start(shop, provider, order.id, wish)
    assert provider.calls == []


def test_the_whole_order_is_amended_while_it_is_held(
    shop: Shop, provider: ApprovingProvider, run: Call, read: Call
) -> None:
    card = by_card(shop, provider, 3)
    items = (OrderItem(offer_id=shop.offer_id, qty=1),)
    shop.run(checkout.amend, AmendOrder(order_id=card.order_id, items=items))
    assert payment.capture_payment(run, provider, card.id).received_cents == PRICE
    sound(read)


# --- cash -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(services: Services, run: Call) -> World:
    made = make_world(services)
    run(leaders.set_takes_cash, made.leaders["L901"], takes_cash=True)
    return made


def in_cash(world: World, number: int = 0, **pieces: int) -> PaymentCard:
    """An order that is to be paid at the pickup."""
    run, order = world.run_as(world.resident(number)), world.place(number, "", **pieces)
    return payment.start_payment(run, world.services.provider, order.id, BACK, PayWish(method=Method.CASH))


def test_cash_is_collected_at_the_pickup_and_owed_by_the_leader(
    world: World, run: Call, read: Call, work: Call
) -> None:
    card = in_cash(world, rice=1, orange=1)
    assert (card.status, card.amount_cents, read(queries.cash_due, card.order_id).due_cents) == (
        S.AUTHORISED, 8_980, 8_980,
    )  # fmt: skip
    run_to(world, Station.HANDOVER)
    work()
    with pytest.raises(CashDue) as told:
        pick_up(world, card.order_id)
    assert (told.value.cents, told.value.currency) == (8_980, "CNY")
    code = read(logistics.pickup_code_of_order, card.order_id, world.residents[0])
    wish = RecordPickup(code=code, event_key="cash-1", cash_cents=8_979)
    with pytest.raises(CashDue):
        pickup.hand_out(world.run_as(world.leader()), wish)
    assert "sales" not in book(read)
    wish = RecordPickup(code=code, event_key="cash-1", cash_cents=8_980)
    first = pickup.hand_out(world.run_as(world.leader()), wish)
    assert pickup.hand_out(world.run_as(world.leader()), wish).event_id == first.event_id
    work()
    assert read(queries.get_payment, card.id).holder_id == world.leaders["L901"]
    [owed] = [row for row in read(ledger.balances) if row.account.value == "leader_cash"]
    assert (owed.owner_id, owed.amount_cents) == (world.leaders["L901"], 8_980)
    assert (book(read)["sales"], "provider_clearing" in book(read)) == (-8_980, False)
    sound(read)
    kept = Posting(LedgerAccount.LEADER_PAYABLE, 100, owed.owner_id)  # as with her next withdrawal
    settled = PostJournal(
        kind=JournalKind.CASH_HANDED_IN, cause_id=new_id(), hub_id=card.hub_id, currency="CNY",
        postings=(kept, Posting(LedgerAccount.LEADER_CASH, -100, owed.owner_id)),
    )  # fmt: skip
    run(journals.post, settled)
    sound(read)


def test_what_is_missing_is_not_collected_and_a_claim_goes_to_the_balance(
    world: World, run: Call, read: Call, work: Call
) -> None:
    card = in_cash(world, orange=3)
    wish = IntendRefund(order_id=card.order_id, cause_id=new_id(), amount_cents=1_990, reason="shortage")
    run(refunds.intend_refunds, [wish])
    assert read(queries.cash_due_of_orders, [card.order_id]) == {card.order_id: 3_980}
    run_to(world, Station.HANDOVER)
    code = read(logistics.pickup_code_of_order, card.order_id, world.residents[0])
    pickup.hand_out(
        world.run_as(world.leader()), RecordPickup(code=code, event_key="cash-2", cash_cents=3_980)
    )  # fmt: skip
    work()
    after = IntendRefund(
        order_id=card.order_id, cause_id=new_id(), amount_cents=500, reason="claim", kind=RefundKind.AFTER_PICKUP
    )
    run(refunds.intend_refunds, [after])
    work()
    assert read(queries.balance_of, world.residents[0], "CNY") == 500
    assert (book(read)["leader_cash"], book(read)["resident_balance"]) == (3_980, -500)


def test_cash_that_nobody_brings_is_never_booked(world: World, read: Call, work: Call) -> None:
    card = in_cash(world, rice=1)
    run_to(world, Station.SETTLE)
    work()
    assert (read(queries.get_payment, card.id).status, "leader_cash" in book(read)) == (S.CANCELLED, False)
    sound(read)


def test_cash_only_where_hq_allows_it(world: World, run: Call) -> None:
    with pytest.raises(CashNotTaken):
        in_cash(world, 1, rice=1)
    run(leaders.set_takes_cash, world.leaders["L901"], takes_cash=False)
    with pytest.raises(CashNotTaken):
        in_cash(world, 0, rice=1)


def test_who_leaves_promised_orders_behind_pays_ahead(world: World, run: Call, read: Call, work: Call) -> None:
    """Of one round nothing promised in cash is fetched: where one is too many, the next order takes no cash."""
    in_cash(world, rice=1)
    run_to(world, Station.SETTLE)
    work()
    later = next_round(world)
    order, as_ann = later.place(0, rice=1), later.run_as(later.resident())
    wish = PayWish(method=Method.CASH, cash_misses=1)
    with pytest.raises(CashMissed) as refused:
        payment.start_payment(as_ann, later.services.provider, order.id, BACK, wish)
    assert refused.value.misses == 1
    cem, as_cem = later.place(2, rice=1), later.run_as(later.resident(2))
    assert payment.start_payment(as_cem, later.services.provider, cem.id, BACK, wish).status is S.AUTHORISED
    now = later.services.database.clock.now()
    assert read(orders.cash_missed, later.residents[0], now - timedelta(days=90)) == 1
    assert read(orders.cash_missed, later.residents[0], now - timedelta(hours=1)) == 0  # long ago
    for most in (0, 2):
        wish = PayWish(method=Method.CASH, cash_misses=most)
        assert payment.start_payment(as_ann, later.services.provider, order.id, BACK, wish).status is S.AUTHORISED
