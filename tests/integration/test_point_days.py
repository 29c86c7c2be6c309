"""Rest days and day limits of pickup points, as orders meet them."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.communities import queries
from app.domains.communities.service.ground import add_rest, drop_rest
from app.domains.communities.values.ground import AddRest
from app.domains.orders.errors import PointDayFull, PointRests
from app.domains.orders.values import AmendOrder, OrderItem
from app.flows import checkout
from app.infra.services import Services
from app.kernel.changes import InvalidRows
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from tests.factories.points import make_rest, set_days
from tests.factories.world import PICKUP_ON, World, make_world


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=6)


@pytest.fixture
def point(world: World) -> UUID:
    return world.points["P901"]


def amend(world: World, order_id: UUID, **goods: int) -> None:
    items = tuple(OrderItem(offer_id=world.offers[name], qty=qty) for name, qty in goods.items())
    wish = AmendOrder(order_id=order_id, items=items, expected_total_cents=None)
    world.services.database.transact(world.resident(0), checkout.amend, wish)


def orders(world: World) -> int:
    with world.services.database.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM orders_order")) or 0)


def test_on_a_dated_rest_day_nothing_is_ordered_and_the_next_day_is_told(world: World, point: UUID) -> None:
    make_rest(world.system, point, PICKUP_ON, PICKUP_ON + timedelta(days=1), "店主外出")
    set_days(world.system, point, rest_weekdays="1")  # 23 November 2026 is a Monday
    with pytest.raises(PointRests) as refusal:
        world.place(0, greens=1)
    assert refusal.value.detail() == {"on": PICKUP_ON, "reason": "店主外出", "next_on": date(2026, 11, 24)}
    assert orders(world) == 0
    assert world.place(1, greens=1).is_new  # the other point hands out


def test_a_weekly_rest_day_says_no_reason(world: World, point: UUID) -> None:
    set_days(world.system, point, rest_weekdays="67")  # the pickup day is a Saturday
    with pytest.raises(PointRests) as refusal:
        world.place(0, greens=1)
    assert (refusal.value.reason, refusal.value.next_on) == ("", date(2026, 11, 23))


def test_a_rest_that_is_dropped_opens_the_day_again(world: World, point: UUID) -> None:
    rest = make_rest(world.system, point, PICKUP_ON)
    world.system(drop_rest, rest)
    assert world.place(0, greens=1).is_new


def test_limits_count_orders_by_zone_and_in_all(world: World, point: UUID) -> None:
    set_days(world.system, point, day_chilled=1, day_orders=3)
    world.place(0, greens=1, orange=1)
    with pytest.raises(PointDayFull) as full:
        world.place(2, greens=1)
    assert full.value.detail() == {"zone": "chilled", "on": PICKUP_ON, "limit": 1}
    world.place(2, orange=1)
    world.place(4, rice=1)
    with pytest.raises(PointDayFull) as full:
        world.place(4, rice=1)
    assert full.value.detail() == {"zone": "", "on": PICKUP_ON, "limit": 3}
    assert orders(world) == 3


def test_a_cancelled_order_gives_its_place_back(world: World, point: UUID) -> None:
    set_days(world.system, point, day_orders=1)
    first = world.place(0, greens=1)
    world.services.database.transact(world.resident(0), checkout.cancel, first.id)
    assert world.place(2, greens=1).is_new


def test_an_order_may_not_be_amended_into_a_full_zone_but_keeps_its_own_place(world: World, point: UUID) -> None:
    mine = world.place(0, orange=1)
    world.place(2, dumplings=1)
    set_days(world.system, point, day_frozen=1, day_orders=1)  # two orders stand: nobody is sent away
    with pytest.raises(PointDayFull):
        amend(world, mine.id, dumplings=1)
    set_days(world.system, point, day_frozen=2, day_orders=2)
    amend(world, mine.id, dumplings=2)


def test_a_limit_of_zero_takes_nothing_of_a_zone(world: World, point: UUID) -> None:
    set_days(world.system, point, day_frozen=0)
    with pytest.raises(PointDayFull):
        world.place(0, dumplings=1)
    assert world.place(0, orange=1).is_new


def test_late_money_is_returned_when_the_day_filled_up(world: World, point: UUID) -> None:
    set_days(world.system, point, day_orders=1)
    late = world.place(0, orange=1)
    world.system(_lapse, late.id)
    world.place(2, orange=1)
    order = checkout.queries.get_order
    held = world.system(lambda uow: checkout._hold_again(uow, order(uow.session, late.id)))
    assert held is False


def _lapse(uow: object, order_id: UUID) -> None:
    uow.session.execute(
        text("UPDATE orders_order SET status = 'lapsed', ended_at = now() WHERE id = :id"), {"id": order_id}
    )  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("from_on", "until_on", "field", "reason"),
    [
        (date(2026, 11, 22), date(2026, 11, 21), "until_on", Reason.ENDS_EARLY),
        (date(2026, 11, 18), date(2026, 11, 19), "until_on", Reason.IS_PAST),
        (date(2026, 11, 22), date(2027, 11, 23), "until_on", Reason.TOO_LONG_REST),
        (date(2026, 11, 25), date(2026, 11, 27), "from_on", Reason.RESTS_ALREADY),
    ],
)
def test_rests_that_cannot_be(
    world: World, point: UUID, from_on: date, until_on: date, field: str, reason: Reason
) -> None:
    make_rest(world.system, point, date(2026, 11, 27), date(2026, 11, 28))
    with pytest.raises(Invalid) as refusal:
        make_rest(world.system, point, from_on, until_on)
    assert (refusal.value.field, refusal.value.reason) == (field, reason)
    assert len(world.services.database.read(queries.rests, point, date(2026, 11, 1))) == 1


def test_weekdays_and_limits_that_cannot_be(world: World, point: UUID) -> None:
    for days, field in (({"rest_weekdays": "1234567"}, "rest_weekdays"), ({"rest_weekdays": "76"}, "rest_weekdays"),
                        ({"day_orders": -1}, "day_orders")):  # fmt: skip
        with pytest.raises(InvalidRows) as refusal:
            set_days(world.system, point, **days)
        assert [fault.field for fault in refusal.value.faults] == [field]


def test_only_who_keeps_communities_closes_a_point(world: World, point: UUID) -> None:
    wish = AddRest(pickup_point_id=point, from_on=PICKUP_ON, until_on=PICKUP_ON, reason="x")
    with pytest.raises(Forbidden):
        world.services.database.transact(world.leader(), add_rest, wish)
    with pytest.raises(Forbidden):
        world.services.database.transact(world.leader(), drop_rest, new_id())
    assert world.services.database.read(queries.rests, point, PICKUP_ON) == []
