"""Withdrawals under threads: two at once never take more than there is, and one approval is one approval."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.domains.payouts.errors import BalanceChanged
from app.domains.payouts.service import batches, books, payouts
from app.domains.payouts.values import PayoutStatus
from app.infra.services import Services
from app.kernel.errors import DomainError
from tests.factories.payouts import Till, make_till
from tests.factories.world import make_world
from tests.patience import SECONDS


@pytest.fixture
def till(services: Services) -> Till:
    return make_till(make_world(services, residents=1))


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Start all acts together; a refusal is a result."""
    barrier = threading.Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return one()
        except DomainError as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def test_without_the_lock_the_race_exists(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read the balance before either has taken from it: what the lock is for."""
    met, look = threading.Barrier(2), payouts.rules.check_amount

    def together(*told: Any) -> None:
        look(*told)
        met.wait(timeout=SECONDS)

    monkeypatch.setattr(books, "hold", lambda *_: None)
    monkeypatch.setattr(payouts.rules, "check_amount", together)
    at_once(lambda: till.ask(6_000, shown_cents=10_000), lambda: till.ask(6_000, shown_cents=10_000))
    assert till.available() == -2_000


def test_two_withdrawals_at_once_take_no_more_than_there_is(till: Till) -> None:
    made = at_once(*[lambda: till.ask(6_000, shown_cents=10_000)] * 4)
    assert made.count(BalanceChanged) == 3
    assert till.available() == 4_000


def test_one_key_in_many_threads_asks_once(till: Till) -> None:
    made = at_once(*[lambda: till.ask(3_000, "k", 10_000)] * 4)
    assert len({card.id for card in made}) == 1
    assert till.available() == 7_000


def test_two_people_at_once_are_two_approvals(till: Till) -> None:
    card = till.ask(9_000)
    at_once(lambda: till.approve(card.id, 0), lambda: till.approve(card.id, 1))
    done = till.card(card.id)
    assert (done.status, {done.first_by, done.second_by}) == (PayoutStatus.APPROVED, {one.id for one in till.finance})


def test_two_files_at_once_hold_each_payout_once(till: Till, work: Callable[[], int]) -> None:
    card = till.ask(3_000)
    till.approve(card.id)
    work()
    made = at_once(*[lambda: till.run(till.finance[0], batches.make, till.world.hub_id)] * 3)
    assert [getattr(m, "count", 0) for m in made].count(1) == 1
