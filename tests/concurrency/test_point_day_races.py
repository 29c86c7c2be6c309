"""A pickup point's day never takes more orders than it has room for, however many residents order at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.groupbuys.service import quotas
from app.domains.groupbuys.values import HeldLine, Wish
from app.domains.orders.errors import PointDayFull
from app.flows import point_days
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from tests.factories.points import set_days
from tests.factories.world import PICKUP_ON, World, make_world
from tests.patience import SECONDS

BUYERS, ROOM = 16, 3


@pytest.fixture
def world(services: Services) -> World:
    """Residents 0, 2, 4 … order at P901, the others at P902; only P901 has limits."""
    world = make_world(services, residents=2 * BUYERS)
    set_days(world.system, world.points["P901"], day_frozen=ROOM, day_orders=BUYERS)
    return world


def rush(world: World, **goods: int) -> list[Any]:
    """Everybody of P901 orders at the same moment; what each got: an order or a refusal."""
    start = Barrier(BUYERS)

    def one(number: int) -> Any:
        start.wait(SECONDS)
        try:
            return world.place(2 * number, **goods)
        except PointDayFull as refusal:
            return refusal

    with ThreadPoolExecutor(BUYERS) as people:
        return list(people.map(one, range(BUYERS)))


def dumplings(services: Services, world: World) -> tuple[int, int]:
    """Pieces that the offer counts as sold, and order lines of it."""
    asked = "SELECT sold_qty, (SELECT count(*) FROM orders_line WHERE offer_id = o.id) FROM groupbuys_offer o"
    with services.database.engine.connect() as connection:
        row = connection.execute(text(f"{asked} WHERE id = :id"), {"id": world.offers["dumplings"]}).one()
    return row[0], row[1]


def test_exactly_as_many_as_fit_into_the_freezer(services: Services, world: World) -> None:
    got = rush(world, dumplings=1)
    refused = [one for one in got if isinstance(one, PointDayFull)]
    assert len(got) - len(refused) == ROOM
    assert {(one.zone, one.on, one.limit) for one in refused} == {("frozen", PICKUP_ON, ROOM)}
    assert dumplings(services, world) == (ROOM, ROOM)
    assert world.place(0, greens=1).is_new  # other zones still have room
    assert world.place(1, dumplings=1).is_new  # and so has the other pickup point


def test_without_the_lock_the_same_rush_overfills_the_point(
    services: Services, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race is real: everybody counts before anybody has committed."""
    together = Barrier(BUYERS)
    check = point_days.check_room

    def look(uow: UnitOfWork, _: Any, wishes: list[Wish]) -> list[HeldLine]:
        """The offer as it is, its row not held, so that nothing but the day's lock could order the buyers."""
        asked = "SELECT sku_id, price_cents FROM groupbuys_offer WHERE id = :id"
        sku_id, price = uow.session.execute(text(asked), {"id": wishes[0].offer_id}).one()
        return [HeldLine(offer_id=wishes[0].offer_id, sku_id=sku_id, qty=1, price_cents=price, commission_bps=300,
                         per_resident_limit=2)]  # fmt: skip

    def check_together(uow: UnitOfWork, day: Any, order_id: Any) -> None:
        together.wait(SECONDS)
        check(uow, day, order_id)
        together.wait(SECONDS)

    monkeypatch.setattr(quotas, "hold", look)
    monkeypatch.setattr(point_days, "check_room", check_together)
    monkeypatch.setattr(UnitOfWork, "lock", lambda _uow, _name: None)
    got = rush(world, dumplings=1)
    assert not [one for one in got if isinstance(one, PointDayFull)]
    assert dumplings(services, world)[1] == BUYERS > ROOM
