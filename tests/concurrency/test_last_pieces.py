"""Forty residents want the last ten pieces at the same moment - with the guard, and without it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.groupbuys.errors import SoldOut
from app.domains.groupbuys.service import quotas
from app.domains.groupbuys.values import HeldLine, Wish
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from tests.factories.world import World, make_world
from tests.patience import SECONDS

BUYERS = 40
PIECES = 10


@pytest.fixture
def world(services: Services) -> World:
    """Forty residents, and rice of which ten pieces are left."""
    return make_world(services, residents=BUYERS)


def rush(world: World, buy: Callable[[int], Any]) -> list[Any]:
    """Let all residents act at once; returns what each got: a result or a refusal."""
    start = Barrier(BUYERS)

    def one(number: int) -> Any:
        start.wait(SECONDS)
        try:
            return buy(number)
        except SoldOut as refusal:
            return refusal

    with ThreadPoolExecutor(BUYERS) as people:
        return list(people.map(one, range(BUYERS)))


def sold_and_lines(services: Services, world: World) -> tuple[int, int]:
    with services.database.engine.connect() as connection:
        sold = connection.scalar(
            text("SELECT sold_qty FROM groupbuys_offer WHERE id = :id"), {"id": world.offers["rice"]}
        )
        lines = connection.scalar(
            text("SELECT coalesce(sum(qty), 0) FROM orders_line WHERE offer_id = :id"), {"id": world.offers["rice"]}
        )
    return int(sold), int(lines)


def test_forty_buyers_of_the_last_ten_pieces(services: Services, world: World) -> None:
    got = rush(world, lambda number: world.place(number, rice=1))
    assert sum(not isinstance(one, SoldOut) for one in got) == PIECES
    assert {one.left for one in got if isinstance(one, SoldOut)} == {0}
    assert sold_and_lines(services, world) == (PIECES, PIECES)


def test_without_the_guard_the_same_rush_oversells(
    services: Services, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race is real: look first, then write, and more than ten pieces are sold."""
    together = Barrier(BUYERS)

    def look_then_write(uow: UnitOfWork, group_buy_id: Any, wishes: list[Wish]) -> list[HeldLine]:
        (wish,) = wishes
        look = "SELECT quota - sold_qty, sold_qty, sku_id, price_cents FROM groupbuys_offer WHERE id = :id"
        left, sold, sku_id, price = uow.session.execute(text(look), {"id": wish.offer_id}).one()
        together.wait(SECONDS)
        if left < wish.qty:
            raise SoldOut(offer_id=wish.offer_id, wanted=wish.qty, left=left)
        write = "UPDATE groupbuys_offer SET sold_qty = :sold WHERE id = :id"
        uow.session.execute(text(write), {"id": wish.offer_id, "sold": sold + wish.qty})
        return [HeldLine(offer_id=wish.offer_id, sku_id=sku_id, qty=wish.qty, price_cents=price, commission_bps=300,
                         per_resident_limit=2)]  # fmt: skip

    monkeypatch.setattr(quotas, "hold", look_then_write)
    with without_check(services):
        got = rush(world, lambda number: world.place(number, rice=1))
        assert sum(not isinstance(one, SoldOut) for one in got) == BUYERS
        sold, lines = sold_and_lines(services, world)
    assert (sold, lines) == (1, BUYERS)


@contextmanager
def without_check(services: Services) -> Iterator[None]:
    """The table's own backstop, taken away for a while; it would refuse what the broken code does."""
    name = "ck_groupbuys_offer_sold_within_quota"
    with services.database.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE groupbuys_offer DROP CONSTRAINT {name}"))
    try:
        yield
    finally:
        with services.database.engine.begin() as connection:
            connection.execute(
                text(f"ALTER TABLE groupbuys_offer ADD CONSTRAINT {name} CHECK (sold_qty BETWEEN 0 AND quota)")
            )


def test_one_basket_sent_twenty_times_is_one_order(services: Services, world: World) -> None:
    """A double tap on a bad line: the same key from the same resident at the same moment."""
    start = Barrier(20)

    def send(_: int) -> Any:
        start.wait(SECONDS)
        return world.place(0, key="tap", rice=1)

    with ThreadPoolExecutor(20) as taps:
        placed = list(taps.map(send, range(20)))
    assert len({p.id for p in placed}) == 1
    assert sum(p.is_new for p in placed) == 1
    assert sold_and_lines(services, world) == (1, 1)


def test_baskets_that_share_offers_in_any_order_never_deadlock(services: Services, world: World) -> None:
    """Half of the residents put rice first, half dumplings; the rows are locked in one order all the same."""

    def buy(number: int) -> Any:
        names = ("rice", "dumplings") if number % 2 else ("dumplings", "rice")
        return world.place(number, **dict.fromkeys(names, 1))

    got = rush(world, buy)
    assert sum(not isinstance(one, SoldOut) for one in got) == PIECES
    assert sold_and_lines(services, world) == (PIECES, PIECES)
