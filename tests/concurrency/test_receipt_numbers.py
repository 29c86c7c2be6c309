"""Numbers of receipts under threads: no gap and no double, also where every third one is rolled back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from app.domains.receipts.models import Paper, Series
from app.domains.receipts.service import papers
from app.domains.receipts.values import Buyer, PaperKind
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from tests.factories.world import World, make_world

Call = Callable[..., Any]
MANY = 12


class Lost(Exception):
    """The process died before it committed."""


def world_with_orders(services: Services) -> tuple[World, list[Any]]:
    """Paid orders of two residents."""
    world = make_world(services, residents=2)
    return world, [(number % 2, world.buy(number % 2, orange=1)) for number in range(MANY)]


def test_numbers_have_no_gaps_and_no_doubles(services: Services, read: Call) -> None:
    world, bought = world_with_orders(services)
    barrier = threading.Barrier(MANY)

    def issue(at: int) -> None:
        number, order_id = bought[at]

        def act(uow: UnitOfWork) -> None:
            papers.issue_own(uow, order_id, Buyer())
            if at % 3 == 0:
                raise Lost

        barrier.wait()
        try:
            services.database.transact(world.resident(number), act)
        except Lost:
            return

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(issue, range(MANY)))
    kept = MANY - MANY // 3
    serials = sorted(read(lambda s: s.scalars(select(Paper.serial)).all()))
    assert serials == list(range(1, kept + 1))
    assert read(lambda s: s.scalars(select(Series.last_serial).filter_by(kind=PaperKind.RECEIPT)).all()) == [kept]


def test_one_order_in_many_threads_has_one_receipt(services: Services, read: Call) -> None:
    world, bought = world_with_orders(services)
    number, order_id = bought[0]
    with ThreadPoolExecutor(6) as pool:
        act = lambda _: services.database.transact(world.resident(number), papers.issue_own, order_id, Buyer())  # noqa: E731  short, and used on the next lines only
        made = list(pool.map(act, range(6)))
    assert len({card.no for card in made}) == 1
    assert len(read(lambda s: s.scalars(select(Paper.id)).all())) == 1
