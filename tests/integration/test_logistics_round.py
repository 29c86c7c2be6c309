"""One round lived through, station by station, at the prices of the small world: every cent and every piece arrives."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from app.domains.analytics import queries as analytics
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import STATIONS, GroupBuyStatus, Station, StepState
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.logistics import queries
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.logistics.values.pickup import PickLine, PickupState, RecordPickup
from app.domains.orders import queries as orders
from app.domains.supply import queries as supply
from app.domains.supply.values import ReceiveLine
from app.flows import receiving, stations
from app.flows.handover import count_handover
from app.flows.pickup import hand_out
from app.infra.clock import SetClock
from app.infra.services import Services
from tests.factories.logistics import code_of
from tests.factories.world import CUTOFF_AT, World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def balances(read: Call) -> dict[LedgerAccount, int]:
    """Sums of the accounts that residents and leaders touch."""
    return {
        account: sum(b.amount_cents for b in read(ledger.balances, account))
        for account in (
            LedgerAccount.PROVIDER_CLEARING, LedgerAccount.DEFERRED_SALES, LedgerAccount.SALES,
            LedgerAccount.COMMISSION, LedgerAccount.LEADER_FROZEN,
        )
    }  # fmt: skip


def test_a_round_from_basket_to_statement(world: World, run: Call, read: Call, work: Call, clock: SetClock) -> None:
    ids = [
        world.buy(0, orange=6, greens=3),
        world.buy(1, orange=4, dumplings=2),
        world.buy(2, greens=3, rice=1),
    ]
    first, _, third = (read(orders.get_order, order_id) for order_id in ids)
    station = partial(stations.run_station, run, read, world.group_buy_id)
    clock.move_to(CUTOFF_AT + timedelta(minutes=1))
    for number, options in ((Station.CUTOFF, {}), (Station.RECEIVE, {"as_ordered": True})):
        station(number, options)
    assert station(Station.SORT, {"finish": True}) == "4 sheets, 5 crates, 19 pieces"
    assert station(Station.ROUTE, {"iterations": 50}).startswith("1 trucks, 2 stops, 2.5 km, ")
    assert station(Station.DISPATCH, {}) == "2 pickup points on the way"

    clock.move_to(CUTOFF_AT + timedelta(hours=10))
    counted = next(
        c for c in read(queries.handovers_of_round, world.group_buy_id) if c.leader_id == world.leaders["L901"]
    )
    spoilt = [CountLine(sku_id=world.skus["greens"], damaged_qty=1, fault=Fault.SUPPLIER)]
    world.run_as(world.leader())(count_handover, counted.id, spoilt)
    assert station(Station.HANDOVER, {"as_expected": True}) == "2 handovers counted"

    clock.move_to(CUTOFF_AT + timedelta(hours=18))
    leader = world.run_as(world.leader())
    assert hand_out(leader, RecordPickup(code=code_of(read, first), event_key="a")).state is PickupState.DONE
    greens = next(line for line in third.lines if line.sku_id == world.skus["greens"])
    some = (PickLine(order_line_id=greens.id, qty=2),)
    assert (
        hand_out(leader, RecordPickup(code=code_of(read, third), event_key="b", lines=some)).state is PickupState.PARTLY
    )
    assert station(Station.REMIND, {}) == "2 residents reminded"
    station(Station.SETTLE, {"early": True})
    work()

    round_ = read(groupbuys.get_round, world.group_buy_id)
    assert {step.state for step in round_.steps} == {StepState.DONE}
    assert round_.group_buy.status is GroupBuyStatus.SETTLED
    assert [read(queries.pickup_of_order, order_id).state for order_id in ids] == [
        PickupState.DONE,
        PickupState.VOID,
        PickupState.DONE,
    ]
    # Fetched: 6 oranges at the group's 17.90, 3 and 2 greens at 5.00. All else went back.
    nets = [read(orders.get_order, order_id) for order_id in ids]
    assert [o.total_cents - o.refunded_cents for o in nets] == [12_240, 0, 1_000]
    assert balances(read) == {
        LedgerAccount.PROVIDER_CLEARING: 13_240,
        LedgerAccount.DEFERRED_SALES: 0,
        LedgerAccount.SALES: -13_240,
        LedgerAccount.COMMISSION: 1_274,  # 10 % of 107.40, 8 % of 15.00 and of 10.00
        LedgerAccount.LEADER_FROZEN: -1_274,
    }


def test_who_lost_everything_waits_for_nothing(
    world: World, run: Call, read: Call, work: Call, clock: SetClock
) -> None:
    ids = [world.buy(0, orange=1), world.buy(1, rice=1)]
    station = partial(stations.run_station, run, read, world.group_buy_id)
    clock.move_to(CUTOFF_AT + timedelta(minutes=1))
    station(Station.CUTOFF, {})
    [rice] = (x for x in read(supply.purchase_lines, group_buy_id=world.group_buy_id) if x.sku_code == "T004")
    run(receiving.count, ReceiveLine(purchase_line_id=rice.id, received_qty=0))
    station(Station.RECEIVE, {"as_ordered": True})
    assert [read(queries.pickup_of_order, order_id).state for order_id in ids] == [
        PickupState.EXPECTED,
        PickupState.VOID,
    ]
    assert read(queries.pickup_code_of_order, ids[1], world.residents[1]) is None
    for name, options in (
        (Station.SORT, {"finish": True}), (Station.ROUTE, {"iterations": 50}), (Station.DISPATCH, {}),
        (Station.HANDOVER, {"as_expected": True}), (Station.REMIND, {}), (Station.SETTLE, {"early": True}),
    ):  # fmt: skip
        station(name, options)
    work()
    assert read(analytics.broken_invariants, clock.now()) == []


def test_a_round_in_which_nobody_ordered_comes_to_its_end(world: World, run: Call, read: Call, clock: SetClock) -> None:
    clock.move_to(CUTOFF_AT + timedelta(minutes=1))
    notes = [
        stations.run_station(run, read, world.group_buy_id, station, {"early": station is Station.SETTLE})
        for station in STATIONS[STATIONS.index(Station.CUTOFF) :]
    ]
    assert notes[2:6] == [
        "0 sheets, 0 crates, 0 pieces", "0 trucks, 0 stops, 0.0 km, 0.00 CNY", "0 pickup points on the way",
        "0 handovers counted",
    ]  # fmt: skip
    assert read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.SETTLED
    clock.move_to(CUTOFF_AT + timedelta(days=5))
    assert read(analytics.broken_invariants, clock.now()) == []
