"""Facts of a leader's day: each counted from what happened, the same whenever they are computed again."""

from datetime import UTC, date, datetime, time, timedelta

from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.scoring import queries
from app.domains.scoring.service import facts
from app.domains.scoring.values import DayCard
from app.flows.handover import count_handover
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor
from tests.factories.aftersales import make_claim, make_decision, make_evidence
from tests.factories.ratings import make_rating
from tests.factories.settlement import move_clock, next_round, pick_up, run_to
from tests.factories.world import PICKUP_ON, World, make_world

SYSTEM = Actor.system("test")
NEXT = PICKUP_ON + timedelta(days=1)


def day(world: World, on: date) -> DayCard:
    world.run_as(SYSTEM)(facts.rebuild_day, world.hub_id, on)
    (found,) = world.services.database.read(queries.days_of_leader, world.leaders["L901"], on, on)
    return found


def lived(world: World) -> World:
    """Residents 0 and 2 of L901 buy four and two oranges; one comes short, 0 fetches in time, 2 on the next day.

    0 complains twice: about a piece that the leader broke, which she answers in ten minutes, and one the hub spoilt.
    """
    first, second = world.buy(0, orange=4), world.buy(2, orange=2)
    run_to(world, Station.DISPATCH)
    (handover,) = (
        one for one in world.services.database.read(logistics.handovers_of_round, world.group_buy_id)
        if one.pickup_point_id == world.points["P901"]
    )  # fmt: skip
    short = CountLine(sku_id=world.skus["orange"], short_qty=1, fault=Fault.HUB)
    world.run_as(world.leader())(count_handover, handover.id, (short,))
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime.combine(PICKUP_ON, time(11), UTC))
    pick_up(world, first)
    mine, hubs = make_claim(world, first, orange=1, key="1"), make_claim(world, first, orange=1, key="2")
    move_clock(world, minutes=10)
    make_evidence(world, mine.id)
    make_decision(world, mine.id, Fault.LEADER)
    make_rating(world, first, leader_stars=4)
    move_clock(world, days=3)
    make_decision(world, hubs.id, Fault.HUB)
    pick_up(world, second)
    run_to(world, Station.SETTLE)
    return world


def test_every_fact_is_counted(services: Services) -> None:
    """Of six oranges one came short from who paid last; two of 19.90 are refunded after claims: three are sold."""
    world = lived(make_world(services))
    assert day(world, PICKUP_ON) == DayCard(
        on_date=PICKUP_ON, orders=2, sales_cents=3 * 1_990, buyers=2, new_buyers=2, due_pieces=5, picked_pieces=5,
        in_window_pieces=4, handovers=1, on_time_handovers=1, count_reports=1, claims=2, leader_fault_claims=1,
        hub_fault_claims=1, asked_claims=2, answered_claims=1, answer_minutes=10, ratings=1, stars=4,
    )  # fmt: skip


def test_other_days_change_nothing(services: Services) -> None:
    world = make_world(services)
    first = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, first)
    make_decision(world, make_claim(world, first, orange=1).id, Fault.LEADER)
    make_rating(world, first)
    run_to(world, Station.SETTLE)
    before = day(world, PICKUP_ON)
    assert (before.orders, before.leader_fault_claims, before.stars) == (1, 1, 5)
    assert day(world, PICKUP_ON) == before
    later = next_round(world)
    again = later.buy(0, rice=1)
    run_to(later, Station.HANDOVER)
    pick_up(later, again)
    make_claim(later, again, rice=1)
    make_rating(later, again, leader_stars=1)
    move_clock(later, days=9)
    run_to(later, Station.SETTLE)
    assert day(later, PICKUP_ON) == before
    after = day(later, NEXT)
    assert (after.buyers, after.new_buyers, after.repurchased_7, after.repurchased_30, after.stars) == (1, 0, 1, 1, 1)
