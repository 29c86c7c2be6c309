"""Reconciliation against the offline double over real HTTP: every kind of difference, and what is done about it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.ledger import queries as ledger
from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalFilter, JournalKind, LedgerAccount
from app.domains.payments import queries as payments
from app.domains.payments.gateways import stripe as stripe_gateway
from app.domains.payments.gateways.stripe import StripeProvider
from app.domains.payments.service import refunds
from app.domains.payments.values import Booking, Method, PaymentCard, PaymentStatus
from app.domains.reconciliation import queries
from app.domains.reconciliation.errors import DayNotOver, DaysNotCompared, DifferencesOpen, StillDifferent
from app.domains.reconciliation.service import comparing
from app.domains.reconciliation.values import Decide, DifferenceCard, DifferenceState, MismatchKind
from app.flows import books, payment, reconciliation
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from app.worker import tasks
from tests.conftest import START
from tests.factories.ledger import make_compared, make_journal
from tests.factories.payments import BACK, PRICE, Shop, book, make_shop, make_wish
from tests.integration.test_console import Desk
from tools.stripe_double.launcher import DoubleProcess

Call = Callable[..., Any]
DAY = START.date()
D, S = MismatchKind, DifferenceState
#: A leader's withdrawal that was paid through the provider, with a fee of 1.00.
PAYOUT = """
    INSERT INTO payouts_payout (id, no, payee_kind, payee_id, payee_name, hub_id, currency, amount_cents, fee_cents,
      way, status, asked_at, not_before_at, needs_two, reason, provider_ref, tries, settled_at, next_look_at)
    VALUES (gen_random_uuid(), :no, 'leader', gen_random_uuid(), 'x', :hub, 'CNY', :cents, 100, 'stripe',
      'paid', :at, :at, false, '', :ref, 1, :at, :at)
"""
#: The double's fee on one bag: 2.9 % and 30, rounded half up.
FEE = (PRICE * 290 + 5_000) // 10_000 + 30


class ShopsTime(StripeProvider):
    """The real gateway; the double keeps real time, so what it booked is moved to the shop's."""

    offset = timedelta()

    def bookings(self, since: datetime, until: datetime) -> list[Booking]:
        found = super().bookings(since + self.offset, until + self.offset)
        return [replace(one, at=one.at - self.offset) for one in found]


@pytest.fixture
def double() -> Iterator[DoubleProcess]:
    with DoubleProcess().start("http://127.0.0.1:9/", "whsec_x") as process:
        process.control("settings", hold=True)
        yield process


@pytest.fixture
def provider(double: DoubleProcess) -> Iterator[ShopsTime]:
    made = ShopsTime("sk_test_reconciliation", double.url, "whsec_x", retries=0)
    made.offset = datetime.now(UTC) - START
    yield made
    made.close()


@pytest.fixture
def stripe_account(double: DoubleProcess) -> Iterator[Any]:
    """Somebody who works at the provider past us."""
    made = StripeProvider("sk_test_reconciliation", double.url, "whsec_x", retries=0)
    yield made._client.v1
    made.close()


@pytest.fixture
def services(settings: Settings, database: Database, provider: ShopsTime) -> Services:
    return Services(settings, database, provider)


@pytest.fixture
def shop(run: Call, read: Call, database: Database) -> Shop:
    return make_shop(run, read, database)


@pytest.fixture
def finance(database: Database) -> Call:
    actor = Actor("Fang", Role.HQ_FINANCE)
    return lambda use_case, *args: database.transact(actor, use_case, *args)


def pay(shop: Shop, provider: StripeProvider, qty: int = 1) -> PaymentCard:
    """A card that pays at once."""
    card = payment.start_payment(shop.run, provider, shop.place(qty).id, BACK, PayWish(method=Method.CARD_TEST))
    assert card.status is PaymentStatus.SUCCEEDED
    return card


def give_back(run: Call, provider: StripeProvider, card: PaymentCard, cents: int) -> Any:
    wish = make_wish(card, cents)
    run(refunds.intend_refunds, [wish])
    refund_id = run(lambda uow: next(r.id for r in payments.refunds_of_order(uow.session, card.order_id)))
    return payment.execute_refund(run, provider, refund_id)


@pytest.fixture
def reconcile(run: Call, provider: ShopsTime, clock: SetClock) -> Call:
    """The day's comparison, made on the day after."""

    def act() -> Any:
        clock.move_to(START + timedelta(days=1))
        return reconciliation.reconcile(run, provider, DAY)

    return act


def open_ones(read: Call) -> list[DifferenceCard]:
    return [one for one in read(queries.differences, DAY) if one.state is S.OPEN]


def seen(one: DifferenceCard) -> tuple[MismatchKind, int, int]:
    return one.kind, one.ours_cents, one.theirs_cents


def test_a_sound_day_matches_and_its_fees_are_booked_once(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call
) -> None:
    first, second = pay(shop, provider), pay(shop, provider, 2)
    give_back(run, provider, second, 500)
    with pytest.raises(DayNotOver):
        reconciliation.reconcile(run, provider, DAY)
    card = reconcile()
    assert (card.bookings, card.matched, card.differences) == (3, 3, 0)
    both = FEE + (2 * PRICE * 290 + 5_000) // 10_000 + 30
    assert book(read) == {
        "provider_clearing": 3 * PRICE - 500 - both, "deferred_sales": 500 - 3 * PRICE, "fees": both,
    }  # fmt: skip
    assert reconcile() == replace(card, ran_at=card.ran_at)
    fees = read(ledger.journals, JournalFilter(kind=JournalKind.PROVIDER_FEE), PageAsk(10)).rows
    assert sorted(fee.postings[0].amount_cents for fee in fees) == [FEE, both - FEE]
    assert [[side.account for side in fee.postings] for fee in fees] == 2 * [
        [LedgerAccount.FEES, LedgerAccount.PROVIDER_CLEARING]
    ]
    [sums] = read(queries.day_sums, DAY)
    assert (sums.charged_cents, sums.refunded_cents, sums.fee_cents) == (3 * PRICE, -500, both)
    assert sums.net_cents == book(read)["provider_clearing"]
    assert first.hub_id == fees[0].hub_id


def test_bookings_come_page_by_page(shop: Shop, provider: ShopsTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_gateway, "PAGE", 2)
    made = [pay(shop, provider).provider_ref for _ in range(5)]
    found = provider.bookings(START - timedelta(hours=1), START + timedelta(hours=1))
    assert sorted(str(one.payment_ref) for one in found) == sorted(str(ref) for ref in made)


def test_a_payment_that_we_never_heard_of_is_fetched_and_booked(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, finance: Call, double: DoubleProcess
) -> None:
    """The answer was lost and the webhook too: the provider has the money, our payment still waits."""
    placed = shop.place()
    double.control("settings", fail_next=1, fail_status=0, fail_after=True)
    card = payment.start_payment(shop.run, provider, placed.id, BACK, PayWish(method=Method.CARD_TEST))
    assert card.status is PaymentStatus.INTENDED
    assert reconcile().matched == 0
    [missing] = open_ones(read)
    assert seen(missing) == (D.MISSING_HERE, 0, PRICE)
    settled = reconciliation.fetch_and_book(finance, provider, missing)
    assert settled.state is S.SETTLED
    assert read(payments.get_payment, card.id).received_cents == PRICE
    assert book(read)["provider_clearing"] == PRICE - FEE  # the order had lapsed meanwhile; its refund is under way
    assert read(queries.find_day, DAY).matched == 1


def test_a_refund_that_came_back_unnoticed_is_fetched(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, finance: Call, double: DoubleProcess
) -> None:
    refund = give_back(run, provider, pay(shop, provider), PRICE)
    double.control(f"fail_refund/{refund.provider_ref}")
    assert reconcile().matched == 2
    [missing] = open_ones(read)
    assert (*seen(missing), missing.type_name) == (D.MISSING_HERE, 0, PRICE, "payment_failure_refund")
    assert reconciliation.fetch_and_book(finance, provider, missing).state is S.SETTLED
    assert book(read) == {"provider_clearing": PRICE - FEE, "deferred_sales": -PRICE, "fees": FEE}
    assert reconcile().matched == 3
    run(refunds.retry, refund.id)
    payment.execute_refund(run, provider, refund.id)
    assert (reconcile().matched, open_ones(read)) == (4, [])


def test_what_somebody_did_past_us_is_named_and_decided(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, finance: Call, stripe_account: Any
) -> None:
    """A charge that is no order's, a transfer to our bank, a refund from the provider's own pages."""
    card = pay(shop, provider)
    stripe_account.payment_intents.create(
        {"amount": 700, "currency": "cny", "confirm": True, "payment_method": "pm_card_visa",
         "allowed_payment_method_types": ["card"]}
    )  # fmt: skip
    stripe_account.payouts.create({"amount": 1_000, "currency": "cny"})
    stripe_account.refunds.create({"payment_intent": card.provider_ref, "amount": 90})
    assert (reconcile().matched, len(open_ones(read))) == (1, 3)
    by_word = {one.type_name: one for one in open_ones(read)}
    assert {word: seen(one)[1:] for word, one in by_word.items()} == {
        "charge": (0, 700), "payout": (0, -1_000), "refund": (0, -90),
    }  # fmt: skip
    with pytest.raises(StillDifferent):
        reconciliation.fetch_and_book(finance, provider, by_word["charge"])
    with pytest.raises(Invalid):
        finance(comparing.book, Decide(difference_id=by_word["payout"].id, reason="to the bank"))
    wish = Decide(difference_id=by_word["payout"].id, reason="to the bank", hub_id=shop.hub_id)
    assert finance(comparing.book, wish).state is S.BOOKED
    assert book(read) == {
        "provider_clearing": PRICE - FEE - 1_000, "bank": 1_000, "deferred_sales": -PRICE, "fees": FEE,
    }  # fmt: skip
    refund = Decide(difference_id=by_word["refund"].id, reason="goodwill", hub_id=shop.hub_id)
    assert finance(comparing.book, refund).state is S.BOOKED
    assert book(read)["loss"] == 90
    for reason in ("", "x" * 301):
        with pytest.raises(Invalid):
            finance(comparing.decide, Decide(difference_id=by_word["charge"].id, reason=reason))
    shown = read(queries.differences, DAY, 1)
    assert [one.id for one in shown] == [by_word["charge"].id]
    known = finance(comparing.decide, Decide(difference_id=by_word["charge"].id, reason="another shop's"))
    assert (known.state, known.decided_by, known.reason) == (S.KNOWN, "Fang", "another shop's")
    with pytest.raises(WrongState):
        finance(comparing.decide, Decide(difference_id=known.id, reason="again"))
    reconcile()
    assert open_ones(read) == []
    assert sorted(one.state.value for one in read(queries.differences, DAY)) == ["booked", "booked", "known"]


def test_what_the_provider_kept_for_a_booking_is_booked_with_it(
    read: Call, shop: Shop, reconcile: Call, finance: Call, stripe_account: Any, database: Database
) -> None:
    """A charge that is no order's comes with its fee: after it was booked by hand both balances are one again."""
    stripe_account.payment_intents.create(
        {"amount": 700, "currency": "cny", "confirm": True, "payment_method": "pm_card_visa",
         "allowed_payment_method_types": ["card"]}
    )  # fmt: skip
    reconcile()
    [strange] = open_ones(read)
    assert (*seen(strange), strange.fee_cents) == (D.MISSING_HERE, 0, 700, 50)
    finance(comparing.book, Decide(difference_id=strange.id, reason="a test", hub_id=shop.hub_id))
    [sums] = read(queries.day_sums, DAY)
    assert book(read) == {"provider_clearing": 650, "other_income": -700, "fees": 50}
    assert (sums.charged_cents, sums.net_cents) == (700, 650)
    reconcile()
    assert book(read)["fees"] == 50
    assert database.read_snapshot(broken_invariants, START + timedelta(days=1)) == []
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE reconciliation_booking SET fee_cents = fee_cents + 1"))
    [breach] = database.read_snapshot(broken_invariants, START + timedelta(days=1))
    assert (breach.name, breach.count) == ("provider", 1)


def test_missing_there_and_amounts_that_differ(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, finance: Call, database: Database
) -> None:
    """Our books say 10 cents more of one payment, and know a payment of which the provider knows nothing."""
    more, ghost = pay(shop, provider), pay(shop, provider)
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE payments_payment SET received_cents = received_cents + 10 WHERE id = :id"), {"id": more.id}
        )
        connection.execute(
            text("UPDATE payments_payment SET provider_ref = 'pi_ghost' WHERE id = :id"), {"id": ghost.id}
        )
    assert reconcile().matched == 0
    found = {one.kind: one for one in open_ones(read)}
    assert {kind: seen(one)[1:] for kind, one in found.items()} == {
        D.AMOUNT_DIFFERS: (PRICE + 10, PRICE), D.MISSING_THERE: (PRICE, 0), D.MISSING_HERE: (0, PRICE),
    }  # fmt: skip
    assert (found[D.AMOUNT_DIFFERS].order_no, found[D.MISSING_THERE].ref) == (more.order_no, "pi_ghost")
    finance(comparing.book, Decide(difference_id=found[D.AMOUNT_DIFFERS].id, reason="they are right"))
    assert (book(read)["loss"], book(read)["provider_clearing"]) == (10, 2 * PRICE - 10 - FEE)
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE payments_payment SET provider_ref = :ref WHERE id = :id"),
            {"ref": ghost.provider_ref, "id": ghost.id},
        )
    assert reconcile().matched == 1
    assert sorted(one.state.value for one in read(queries.differences, DAY)) == ["booked", "settled", "settled"]


def test_a_month_waits_for_its_differences(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, finance: Call, clock: SetClock,
    stripe_account: Any, database: Database,
) -> None:  # fmt: skip
    pay(shop, provider)
    stripe_account.payouts.create({"amount": 300, "currency": "cny"})
    reconcile()
    clock.move_to(START + timedelta(days=20))
    make_compared(run, DAY, date(2026, 11, 30))
    with pytest.raises(DifferencesOpen) as refused:
        finance(books.close_month, shop.hub_id, DAY)
    assert refused.value.open == 1
    for last_day, waits in (("2026-11-30", True), ("2026-12-01", False)):  # by the hub's clock it ends at 16:00 UTC
        with database.engine.begin() as connection:
            connection.execute(text('UPDATE reconciliation_difference SET "on" = :on'), {"on": last_day})
        assert bool(read(queries.count_open, *books.days_of(DAY, "Asia/Shanghai"))) is waits
    with database.engine.begin() as connection:
        connection.execute(text('UPDATE reconciliation_difference SET "on" = :on'), {"on": DAY})
    [one] = open_ones(read)
    with pytest.raises(Forbidden):
        database.transact(Actor("Sun", Role.HQ_SERVICE), comparing.decide, Decide(difference_id=one.id, reason="no"))
    finance(comparing.decide, Decide(difference_id=one.id, reason="booked by the bank's statement"))
    assert finance(books.close_month, shop.hub_id, DAY).closed_by == "Fang"


def test_a_month_waits_until_its_last_day_was_compared(run: Call, shop: Shop, finance: Call, clock: SetClock) -> None:
    """By the hub's clock November ends at 16:00 UTC, by the provider's eight hours later."""
    run(journals.post, replace(make_journal(), hub_id=shop.hub_id))
    clock.move_to(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    make_compared(run, DAY, date(2026, 11, 28))
    with pytest.raises(DaysNotCompared) as refused:
        finance(books.close_month, shop.hub_id, DAY)
    assert refused.value.days == [date(2026, 11, 29), date(2026, 11, 30)]
    make_compared(run, date(2026, 11, 29), date(2026, 11, 29))
    with pytest.raises(DaysNotCompared) as refused:
        finance(books.close_month, shop.hub_id, DAY)
    assert refused.value.days == [date(2026, 11, 30)]
    clock.move_to(datetime(2026, 12, 1, 2, 30, tzinfo=UTC))
    make_compared(run, date(2026, 11, 30), date(2026, 11, 30))
    assert finance(books.close_month, shop.hub_id, DAY).month == date(2026, 11, 1)


def test_the_nightly_job_makes_up_for_days_that_were_left_out(services: Services, read: Call, clock: SetClock) -> None:
    for ahead in (1, 4):
        clock.move_to(START + timedelta(days=ahead))
        tasks.reconcile(services)
    known = [card.on.day for card in read(queries.days, PageAsk(9)).rows]
    assert known == [23, 22, 21, 20]
    assert read(queries.days_due, date(2027, 2, 1))[0] == date(2026, 12, 23)


def test_the_command_and_the_nightly_job(
    app: Flask, services: Services, read: Call, shop: Shop, provider: ShopsTime, clock: SetClock, stripe_account: Any
) -> None:
    pay(shop, provider)
    stripe_account.payouts.create({"amount": 300, "currency": "cny"})
    clock.move_to(START + timedelta(days=1))
    tasks.reconcile(services)
    card = read(queries.find_day, DAY)
    assert (card.bookings, card.matched, card.open) == (2, 1, 1)
    runner = app.test_cli_runner()
    done = runner.invoke(args=["reconcile", "--date", "2026-11-20"])
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == "2026-11-20\t2 bookings\t1 matched\t1 open"
    assert done.output.splitlines()[1].split("\t")[:4] == ["missing_here", "payout", "ours 0.00", "theirs -3.00"]
    early = runner.invoke(args=["reconcile", "--date", "2026-11-21"])
    assert early.exit_code == 1


def test_the_pages(
    client: FlaskClient, read: Call, shop: Shop, provider: ShopsTime, clock: SetClock, database: Database,
    stripe_account: Any,
) -> None:  # fmt: skip
    pay(shop, provider)
    stripe_account.payouts.create({"amount": 300, "currency": "cny"})
    desk = Desk(client, database, Role.HQ_FINANCE)
    assert "ll-empty" in desk.get("/hq/reconciliation")
    desk.get("/hq/reconciliation/no-day", 404)
    assert desk.post("/hq/reconciliation/2026-11-20").status_code == 303  # refused: the day is not over
    assert read(queries.find_day, DAY) is None
    clock.move_to(START + timedelta(days=1))
    desk = Desk(client, database, Role.HQ_FINANCE)
    assert desk.post("/hq/reconciliation/2026-11-20").status_code == 303
    assert "1 条待处理" in desk.get("/hq/reconciliation")
    [one] = open_ones(read)
    page = desk.get("/hq/reconciliation/2026-11-20")
    assert "payout" in page
    path = f"/hq/reconciliation/differences/{one.id}"
    refused = desk.post(path, action="book", reason="to the bank")
    assert refused.status_code == 422
    assert 'value="to the bank"' in refused.text
    assert desk.post(path, action="fetch").status_code == 422
    assert desk.post(path, action="nonsense").status_code == 422
    assert desk.post(path, action="book", reason="to the bank", hub_id=str(shop.hub_id)).status_code == 303
    assert book(read)["bank"] == 300
    assert "无差异" in desk.get("/hq/reconciliation")


def test_a_payout_by_transfer_is_ours(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, stripe_account: Any, database: Database
) -> None:
    """A withdrawal that went out by Stripe Connect, one of which the provider knows nothing, one of nobody's."""
    pay(shop, provider, 4)
    made = [
        stripe_account.transfers.create({"amount": cents, "currency": "cny", "destination": "acct_1"}).id
        for cents in (2_900, 700)
    ]
    with database.engine.begin() as connection:
        for number, (ref, cents) in enumerate(((made[0], 3_000), ("tr_ghost", 500))):
            connection.execute(
                text(PAYOUT), {"no": f"P{number}", "hub": shop.hub_id, "cents": cents, "ref": ref, "at": START}
            )
    assert reconcile().matched == 2
    assert {(one.ref, *seen(one)) for one in open_ones(read)} == {
        (made[1], D.MISSING_HERE, 0, -700), ("tr_ghost", D.MISSING_THERE, -400, 0),
    }  # fmt: skip


def test_a_payout_that_was_reversed_is_ours_once_we_know(
    run: Call, read: Call, shop: Shop, provider: ShopsTime, reconcile: Call, stripe_account: Any, database: Database
) -> None:
    pay(shop, provider, 4)
    wish = {"amount": 2_900, "currency": "cny", "destination": "acct_1"}
    ref = stripe_account.transfers.create(wish).id
    stripe_account.transfers.reversals.create(ref)
    with database.engine.begin() as connection:
        connection.execute(text(PAYOUT), {"no": "P1", "hub": shop.hub_id, "cents": 3_000, "ref": ref, "at": START})
    assert reconcile().matched == 2
    assert [(one.ref, *seen(one)) for one in open_ones(read)] == [(ref, D.MISSING_HERE, 0, 2_900)]
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE payouts_payout SET status = 'returned'"))
    assert (reconcile().matched, open_ones(read)) == (3, [])
