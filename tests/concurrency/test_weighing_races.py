"""The scale beside other hands: two entries of one weight, and pieces that are lost while they are weighed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.domains.analytics.queries import broken_invariants
from app.domains.catalogue.values import Zone
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.logistics.values.tasks import ShortReason
from app.domains.orders import queries as orders
from app.domains.orders.values import CutReason, RecordWeight
from app.flows.handover import count_handover
from app.flows.sorting import give_up_short
from app.flows.weighing import record_weights
from app.infra.services import Services
from tests.factories.boxes import weigh_goods
from tests.factories.meanwhile import during
from tests.factories.settlement import run_to
from tests.factories.sorting import sorter
from tests.factories.world import World, make_world
from tests.integration.test_weighing import SORTER, line_of

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    """Greens at 5.00 for about 480 g."""
    made = make_world(services)
    weigh_goods(made, greens=480)
    return made


def weights(read: Call, order_id: UUID) -> list[int]:
    return [cut.amount_cents for cut in read(orders.cuts_of_order, order_id) if cut.reason is CutReason.WEIGHT]


def test_one_weight_entered_twice_at_once_is_given_back_once(world: World, services: Services, read: Call) -> None:
    ann = world.buy(0, greens=5)
    run_to(world, Station.SORT)
    wish = RecordWeight(line_id=line_of(read, ann).id, weight_g=2_352)

    def twin() -> Any:
        return services.database.transact(SORTER, record_weights, world.group_buy_id, [wish])

    [said] = during(services.database, SORTER, lambda uow: record_weights(uow, world.group_buy_id, [wish]), twin)
    assert (said.is_new, said.price_cents) == (False, 490)
    assert (line_of(read, ann).final_price_cents, weights(read, ann)) == (490, [50])
    assert read(broken_invariants, services.database.clock.now()) == []


def test_pieces_that_a_leader_misses_while_they_are_weighed_go_back_at_their_weight(
    world: World, services: Services, run: Call, read: Call
) -> None:
    ann = world.buy(0, greens=5)
    run_to(world, Station.DISPATCH)
    line = line_of(read, ann)
    wish = RecordWeight(line_id=line.id, weight_g=2_352)
    [card] = read(logistics.handovers_of_round, world.group_buy_id)
    missing = CountLine(sku_id=line.sku_id, short_qty=1, fault=Fault.HUB)

    during(
        services.database, SORTER, lambda uow: record_weights(uow, world.group_buy_id, [wish]),
        lambda: run(count_handover, card.id, [missing]),
    )  # fmt: skip
    after = line_of(read, ann)
    assert (after.final_price_cents, after.cut_qty, after.net_cents) == (490, 1, 4 * 490)
    assert [(cut.reason, cut.amount_cents) for cut in read(orders.cuts_of_order, ann)] == [
        (CutReason.WEIGHT, 50), (CutReason.HANDOVER_SHORT, 490),
    ]  # fmt: skip
    assert read(broken_invariants, services.database.clock.now()) == []


def test_pieces_that_a_sorter_gives_up_while_they_are_weighed_go_back_at_their_weight(
    world: World, services: Services, run: Call, read: Call
) -> None:
    ann = world.buy(0, greens=5)
    run_to(world, Station.SORT, finish=False, unweighed=False)
    line, person = line_of(read, ann), sorter(services.database)
    wish = RecordWeight(line_id=line.id, weight_g=2_352)
    for zone in Zone:
        task = person.claim(world.group_buy_id, zone)
        for put in task.puts if task else ():
            person.put(put.id, put.qty, 1, ShortReason.NOT_FOUND)
    during(
        services.database, SORTER, lambda uow: record_weights(uow, world.group_buy_id, [wish]),
        lambda: run(give_up_short, world.group_buy_id),
    )  # fmt: skip
    after = line_of(read, ann)
    assert (after.final_price_cents, after.cut_qty, after.net_cents) == (490, 1, 4 * 490)
    assert [(cut.reason, cut.amount_cents) for cut in read(orders.cuts_of_order, ann)] == [
        (CutReason.WEIGHT, 50), (CutReason.SORT_SHORT, 490),
    ]  # fmt: skip
    assert read(broken_invariants, services.database.clock.now()) == []
