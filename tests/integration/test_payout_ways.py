"""What every way of paying out promises, tried on Stripe's transfers (over HTTP, at the double) and on bank files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import stripe
from sqlalchemy import func, select

from app.domains.ledger import queries as ledger
from app.domains.ledger.models import Journal
from app.domains.ledger.values import LedgerAccount
from app.domains.payouts import queries
from app.domains.payouts.gateways.bank_file import BankFile
from app.domains.payouts.gateways.stripe_connect import StripeConnect
from app.domains.payouts.gateways.way import Way, WayUnreachable
from app.domains.payouts.service import batches, payouts
from app.domains.payouts.values import Order, PayoutStatus
from app.flows import payouts as flow
from app.flows.payouts import take_answer
from app.infra.services import Services
from app.kernel.actors import Actor
from app.kernel.paging import PageAsk
from tests.factories.payouts import BANK, STRIPE, Till, make_till
from tests.factories.world import make_world
from tools.stripe_double.launcher import DoubleProcess

Call = Callable[..., Any]
S = PayoutStatus
KEY = "sk_test_payouts"
SYSTEM = Actor.system("test")


@dataclass
class Payer:
    """A way with what is needed to let the other side act."""

    way: Way
    till: Till
    #: Let the money arrive, by the payout's id.
    arrive: Callable[[Any], None]
    #: Let it come back.
    come_back: Callable[[Any], None]
    #: How often the money was sent, as the other side sees it.
    sent: Callable[[], int]


@pytest.fixture(scope="module")
def double() -> Iterator[DoubleProcess]:
    with DoubleProcess().start("http://127.0.0.1:9/nobody", "whsec_nobody") as running:
        running.control("settings", hold=True)
        yield running


@pytest.fixture
def stripe_payer(double: DoubleProcess, services: Services) -> Iterator[Payer]:
    """Transfers arrive by being made; they come back when we reverse them at Stripe."""
    till = make_till(make_world(services, residents=1), where=STRIPE)
    client = stripe.StripeClient(KEY, base_addresses={"api": double.url})
    before = len(client.v1.transfers.list({"limit": 100}).data)
    way = StripeConnect(KEY, double.url, retries=0)

    def come_back(order: Order) -> None:
        client.v1.transfers.reversals.create(client.v1.transfers.list({"transfer_group": order.key}).data[0].id)

    def sent() -> int:
        return len(client.v1.transfers.list({"limit": 100}).data) - before

    yield Payer(way, till, lambda _order: None, come_back, sent)
    way.close()


@pytest.fixture
def bank_payer(services: Services) -> Payer:
    """The bank answers by a file."""
    till = make_till(make_world(services, residents=1), where=BANK)
    run, read = till.world.run_as(till.finance[0]), services.database.read

    def batch_of(order: Order) -> Any:
        known = read(queries.get_payout, order.payout_id).batch_id
        return known or till.run(till.finance[0], batches.make, till.world.hub_id).id

    def answer(order: Order, word: str) -> None:
        text = f"付款编号,结果,原因,银行流水号\n{order.no},{word},退汇,B-1\n"
        take_answer(run, batch_of(order), "answer.csv", text.encode())

    def sent() -> int:
        return sum(card.count for card in read(queries.batches, None, PageAsk()).rows)

    return Payer(BankFile(read), till, lambda o: answer(o, "成功"), lambda o: answer(o, "失败"), sent)


@pytest.fixture(params=["stripe_payer", "bank_payer"])
def payer(request: pytest.FixtureRequest) -> Payer:
    found: Payer = request.getfixturevalue(request.param)
    return found


def order_of(payer: Payer, amount_cents: int = 3_000) -> Order:
    """An approved payout as the worker would send it for the first time."""
    card = payer.till.ask(amount_cents)
    payer.till.approve(card.id)
    begun = payer.till.world.services.database.transact(SYSTEM, payouts.begin, card.id)
    assert begun is not None
    found: Order = begun
    return found


def run_of(payer: Payer) -> Call:
    """Transactions of the worker."""
    return payer.till.world.run_as(SYSTEM)


def journals(payer: Payer) -> dict[str, int]:
    """How many journals there are of each kind that belongs to payouts."""
    read = payer.till.world.services.database.read
    rows = read(lambda s: s.execute(select(Journal.kind, func.count()).group_by(Journal.kind)).all())
    return {kind.value: many for kind, many in rows if kind.value.startswith("payout")}


def test_what_is_sent_arrives(payer: Payer) -> None:
    order = order_of(payer)
    assert order.amount_cents == 2_900
    assert payer.way.send(order).status in {S.PAYING, S.PAID}
    payer.arrive(order)
    state = payer.way.look_up(order)
    assert (state.status, bool(state.ref)) == (S.PAID, True)
    assert payer.sent() == 1


def test_what_is_sent_twice_is_paid_once(payer: Payer) -> None:
    order = order_of(payer)
    payer.way.send(order)
    payer.way.send(order)
    payer.arrive(order)
    payer.way.send(replace(order, tries=2))
    assert payer.sent() == 1


def test_what_comes_back_is_told(payer: Payer) -> None:
    order = order_of(payer)
    payer.way.send(order)
    payer.arrive(order)
    payer.come_back(order)
    assert payer.way.look_up(order).status is S.RETURNED


def test_a_way_and_the_books_agree_to_the_end(payer: Payer) -> None:
    order = order_of(payer)
    run, read = run_of(payer), payer.till.world.services.database.read
    flow.execute(run, payer.way, order.payout_id)
    payer.arrive(order)
    for _ in range(2):
        assert flow.sync(run, read, payer.way, order.payout_id).status is S.PAID
    payer.come_back(order)
    for _ in range(2):
        assert flow.sync(run, read, payer.way, order.payout_id).status is S.RETURNED
    assert journals(payer) == {"payout_requested": 1, "payout_paid": 1, "payout_returned": 1}
    assert payer.till.available() == 10_000


def test_a_crash_between_sending_and_recording_pays_once(payer: Payer) -> None:
    """The worker died after the money was sent: nothing is recorded, and the next worker sends again."""
    order = order_of(payer)
    payer.way.send(order)
    run, read = run_of(payer), payer.till.world.services.database.read
    flow.execute(run, payer.way, order.payout_id)
    payer.arrive(order)
    assert flow.sync(run, read, payer.way, order.payout_id).status is S.PAID
    flow.execute(run, payer.way, order.payout_id)
    assert payer.sent() == 1
    assert journals(payer) == {"payout_requested": 1, "payout_paid": 1}


def test_a_transfer_that_is_refused_puts_the_money_back(stripe_payer: Payer, double: DoubleProcess) -> None:
    order = order_of(stripe_payer)
    double.control("settings", check_balance=True)
    try:
        card = flow.execute(run_of(stripe_payer), stripe_payer.way, order.payout_id)
    finally:
        double.control("settings", check_balance=False)
    assert card is not None
    assert (card.status, card.reason) == (S.FAILED, "You have insufficient available funds in your Stripe account.")
    assert stripe_payer.till.available() == 10_000


@pytest.mark.parametrize("fail_after", [False, True])
def test_an_unknown_end_is_asked_again(stripe_payer: Payer, double: DoubleProcess, *, fail_after: bool) -> None:
    """A fault before or after Stripe did it: the payout stays open, and the poller finishes it, once."""
    order = order_of(stripe_payer)
    double.control("settings", fail_next=1, fail_after=fail_after)
    run = run_of(stripe_payer)
    with pytest.raises(WayUnreachable):
        flow.execute(run, stripe_payer.way, order.payout_id)
    assert stripe_payer.till.card(order.payout_id).status is S.PAYING
    done = flow.execute(run, stripe_payer.way, order.payout_id)
    assert done is not None
    assert done.status is S.PAID
    assert stripe_payer.sent() == 1
    assert sum_of(stripe_payer, LedgerAccount.PROVIDER_CLEARING) == -2_900


def sum_of(payer: Payer, account: LedgerAccount) -> int:
    """What stands on an account."""
    return sum(b.amount_cents for b in payer.till.world.services.database.read(ledger.balances, account))


def test_a_refused_search_does_not_say_that_nothing_was_sent(
    stripe_payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of(stripe_payer)

    def refuse(*_args: object) -> None:
        raise stripe.PermissionError("this key may not list transfers", http_status=403)

    monkeypatch.setattr(stripe.TransferService, "list", refuse)
    with pytest.raises(WayUnreachable):
        stripe_payer.way.send(replace(order, tries=2))
