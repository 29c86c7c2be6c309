from datetime import timedelta

import pytest

from app.domains.analytics import queries as analytics
from app.domains.analytics.values import WhatIf
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import NothingToSort
from app.flows import density
from app.infra.services import Services
from app.kernel.errors import Invalid
from tests.factories.settlement import run_to
from tests.factories.world import ROUND_ON, World, make_world


def driven(services: Services) -> World:
    world = make_world(services, residents=4)
    for number, oranges in enumerate((2, 3, 4)):
        world.buy(number, orange=oranges)
    run_to(world, Station.DISPATCH)
    return world


def test_tours_are_counted_with_the_orders_at_their_stops(services: Services) -> None:
    world = driven(services)
    read = services.database.read
    plan = read(logistics.current_plan, world.group_buy_id)
    assert plan is not None
    found = read(analytics.tours, world.hub_id, ROUND_ON, ROUND_ON)
    assert [(t.stops, t.orders, t.vehicle_code) for t in found] == [(2, 3, "T-V1")]
    assert (found[0].cost_cents, found[0].distance_m) == (plan.cost_cents, plan.distance_m)
    assert read(analytics.orders_by_point, world.group_buy_id) == {world.points["P901"]: 2, world.points["P902"]: 1}
    assert read(analytics.tours, world.hub_id, ROUND_ON + timedelta(days=1), ROUND_ON + timedelta(days=9)) == []


def test_a_change_is_compared_and_nothing_is_written(services: Services) -> None:
    world = driven(services)
    read = services.database.read
    before = read(logistics.current_plan, world.group_buy_id)
    change = WhatIf(doubled=frozenset({world.points["P901"]}))
    was, will = density.compare(read, world.group_buy_id, change)
    assert (was.orders, will.orders, was.stops, will.stops) == (3, 5, 2, 2)
    assert (was.tours, was.left_crates, will.left_crates) == (1, 0, 0)
    assert was.cents_per_order > will.cents_per_order
    assert read(logistics.current_plan, world.group_buy_id) == before
    with pytest.raises(Invalid):
        density.compare(read, world.group_buy_id, WhatIf(fewer_trucks=1))  # there is but one


def test_growth_spreads_the_same_way_over_more_orders(services: Services) -> None:
    world = driven(services)
    curve = density.growth_curve(services.database.read, world.group_buy_id)
    assert [p.percent for p in curve.points] == [50, 100, 150, 200, 300, 400, 600, 800, 1000]
    assert [p.orders for p in curve.points][1] == 3
    means = [p.cents_per_order for p in curve.points]
    assert means == sorted(means, reverse=True)


def test_before_the_sheets_there_is_nothing_to_play_with(services: Services) -> None:
    world = make_world(services)
    with pytest.raises(NothingToSort):
        density.growth_curve(services.database.read, world.group_buy_id)
