"""Leaders' facts from a lived round, scorecards with ranks, and a review that moves nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.domains.appraisal.errors import DaysAppraised
from app.domains.appraisal.values import CycleStage
from app.domains.communities import queries as communities
from app.domains.communities.errors import AppraisalNeeded
from app.domains.communities.events import LeaderStatusChanged
from app.domains.communities.models import LeaderPost
from app.domains.communities.service.leaders import change_status
from app.domains.communities.values import LeaderStatus
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import Fault
from app.domains.notifications.queries import inbox
from app.domains.notifications.values import MessageKind
from app.domains.scoring import queries
from app.domains.scoring.models import PolicyRow, Scorecard
from app.domains.scoring.rules import DEFAULT_POLICY
from app.domains.scoring.service import facts, policies, scorecards
from app.domains.scoring.values import DayCard, Measure, Policy, PolicyTerms, Tier, Weight
from app.flows.handover import count_handover
from app.flows.leader_review import review, withdraw
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.aftersales import make_claim, make_decision
from tests.factories.appraisal import (
    FIRST as CYCLE_FIRST,
    LAST as CYCLE_LAST,
    live_good_and_bad,
    make_cycle,
    move_on,
    move_to,
    stage,
)
from tests.factories.kept import kept
from tests.factories.scoring import make_day
from tests.factories.settlement import move_clock, next_round, pick_up, run_to, statements_of
from tests.factories.world import PICKUP_ON, World, make_world

Work = Callable[[], int]
SYSTEM = Actor.system("test")
NEXT = PICKUP_ON + timedelta(days=1)
FIRST, LAST = date(2026, 11, 15), date(2026, 11, 28)


def days(world: World, leader: str) -> list[DayCard]:
    return world.services.database.read(queries.days_of_leader, world.leaders[leader], FIRST, LAST)


@kept
def live_two_days(world: World) -> tuple[World, list[UUID]]:
    """Residents 0 and 2 belong to L901, 1 to L902. Day 1: 0 and 2 buy, 2 fetches half. Day 2: only 0 buys again."""
    first = world.buy(0, orange=2, dumplings=1)
    second = world.buy(2, orange=4)
    run_to(world, Station.HANDOVER)
    pick_up(world, first)
    pick_up(world, second, orange=2)
    claims = [make_claim(world, first, orange=1), make_claim(world, first, dumplings=1)]
    make_decision(world, claims[0].id, Fault.LEADER)
    make_decision(world, claims[1].id, Fault.SUPPLIER)
    run_to(world, Station.SETTLE)
    later = next_round(world)
    later.buy(0, rice=1)
    later.buy(1, rice=1)
    run_to(later, Station.SETTLE)
    return later, [first, second]


def test_facts_are_those_of_the_round(services: Services, work: Work) -> None:
    """Sales are net: 2 × 19.90 + 25.00 + 4 × 19.90 less claims (19.90 + 25.00) and two oranges that nobody fetched."""
    world, _ = live_two_days(make_world(services))
    assert days(world, "L901") == [
        DayCard(
            on_date=PICKUP_ON, orders=2, sales_cents=3 * 1_990, buyers=2, new_buyers=2, due_pieces=7, picked_pieces=5,
            handovers=1, on_time_handovers=1, claims=2, leader_fault_claims=1, in_window_pieces=5,
            supplier_fault_claims=1, asked_claims=1, answered_claims=1,
        ),
        DayCard(
            on_date=NEXT, orders=1, sales_cents=0, buyers=1, new_buyers=0, due_pieces=1, picked_pieces=0, handovers=1,
            on_time_handovers=1, claims=0, leader_fault_claims=0, repurchased_7=1, repurchased_30=1,
        ),
    ]  # fmt: skip
    assert [(d.on_date, d.orders, d.new_buyers) for d in days(world, "L902")] == [(NEXT, 1, 1)]
    whole = services.database.read(queries.facts_of_leaders, FIRST, LAST, {world.leaders["L901"]: 400, new_id(): 1})
    mine = whole[world.leaders["L901"]]
    assert (mine.orders, mine.buyers, mine.repeat_buyers, mine.new_buyers) == (3, 2, 1, 2)
    assert (mine.due_pieces, mine.picked_pieces, mine.handovers) == (8, 5, 2)
    (nobody,) = (one for leader_id, one in whole.items() if leader_id != world.leaders["L901"])
    assert (nobody.households, nobody.buyers, nobody.orders, nobody.handovers) == (1, 0, 0, 0)


def test_rebuilding_changes_nothing_and_sees_late_claims(services: Services) -> None:
    world, (first, _) = live_two_days(make_world(services))
    before = days(world, "L901")
    assert world.run_as(SYSTEM)(facts.rebuild_day, world.hub_id, PICKUP_ON) == 1
    assert world.run_as(SYSTEM)(facts.rebuild_days, world.hub_id, FIRST, LAST) == 3
    assert days(world, "L901") == before
    make_claim(world, first, orange=1)
    world.run_as(SYSTEM)(facts.rebuild_days, world.hub_id, FIRST, LAST)
    assert days(world, "L901") == [replace(before[0], claims=3), before[1]]


def test_a_count_more_than_half_an_hour_after_the_plan_is_late(services: Services) -> None:
    world = make_world(services)
    world.buy(0, orange=1)
    world.buy(1, orange=1)
    run_to(world, Station.DISPATCH)
    with services.database.engine.connect() as connection:
        planned = dict(connection.exec_driver_sql("SELECT pickup_point_id, planned_at FROM logistics_handover").all())
    clock = services.database.clock
    for handover in services.database.read(logistics.handovers_of_round, world.group_buy_id):
        late = timedelta(minutes=30, seconds=1 if handover.pickup_point_id == world.points["P902"] else 0)
        clock.move_to(planned[handover.pickup_point_id] + late)
        world.run_as(SYSTEM)(count_handover, handover.id, ())
    world.run_as(SYSTEM)(facts.rebuild_day, world.hub_id, PICKUP_ON)
    assert [(d.handovers, d.on_time_handovers) for code in ("L901", "L902") for d in days(world, code)] == [
        (1, 1), (1, 0),
    ]  # fmt: skip


def give(world: World, leader: str, on: date, **numbers: int) -> None:
    world.run_as(SYSTEM)(make_day, world.leaders[leader], world.hub_id, on, **numbers)
    when_it_is_over(world)


def when_it_is_over(world: World) -> None:
    """Put the clock to the day after the period that these tests judge."""
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(max(clock.now(), datetime.combine(LAST + timedelta(days=1), time(4), UTC)))


def test_scorecards_are_ranked_and_explain_themselves(services: Services) -> None:
    world = make_world(services)
    give(world, "L901", PICKUP_ON, handovers=10, on_time_handovers=10, due_pieces=100, picked_pieces=100)
    give(world, "L902", PICKUP_ON, handovers=10, on_time_handovers=5, due_pieces=100, picked_pieces=80)
    assert world.run_as(SYSTEM)(scorecards.compute, world.hub_id, FIRST, LAST) == 2
    read = services.database.read
    best, worst = read(queries.scorecards, world.hub_id)
    assert [(c.leader_id, c.rank, c.of, c.policy_version) for c in (best, worst)] == [
        (world.leaders["L901"], 1, 2, 1), (world.leaders["L902"], 2, 2, 1),
    ]  # fmt: skip
    assert (best.period_from, best.period_to, best.leader_name, best.neighbourhood_name_en) == (
        FIRST, LAST, "团长901", "Test compound 901",
    )  # fmt: skip
    assert (best.facts.households, best.facts.handovers, best.facts.buyers) == (400, 10, 0)
    assert [p.measure for p in best.parts] == [weight.measure for weight in DEFAULT_POLICY.weights]
    assert sum(p.points_centi for p in best.parts) == best.total_centi > worst.total_centi
    on_time = next(p for p in worst.parts if p.measure is Measure.ON_TIME)
    assert (on_time.numerator, on_time.denominator, on_time.rate_bps, on_time.shrunk_bps) == (5, 10, 5_000, 5_923)
    assert read(queries.scorecard_of_leader, world.leaders["L902"]) == worst
    assert read(queries.scorecard_of_leader, new_id()) is None
    assert read(queries.scorecards, new_id()) == []


def test_computing_again_replaces_and_forgets_who_left(services: Services) -> None:
    world = make_world(services)
    for leader in ("L901", "L902"):
        give(world, leader, PICKUP_ON, handovers=10, on_time_handovers=10)
    run = world.run_as(SYSTEM)
    run(scorecards.compute, world.hub_id, FIRST, LAST)
    run(change_status, world.leaders["L902"], LeaderStatus.RESTING, "away")
    assert run(scorecards.compute, world.hub_id, FIRST, LAST) == 1
    (only,) = services.database.read(queries.scorecards)
    assert (only.leader_id, only.rank, only.of) == (world.leaders["L901"], 1, 1)
    with services.database.engine.connect() as connection:
        assert connection.execute(select(Scorecard.leader_id)).scalars().all() == [world.leaders["L901"]]
        assert connection.execute(select(PolicyRow.version)).scalars().all() == [1]


def test_a_leader_is_not_judged_on_days_before_her_time(services: Services) -> None:
    world = make_world(services)

    def start_later(uow: UnitOfWork) -> None:
        late = uow.now + timedelta(days=30)
        uow.session.execute(update(LeaderPost).filter_by(leader_id=world.leaders["L902"]).values(from_at=late))

    world.run_as(SYSTEM)(start_later)
    when_it_is_over(world)
    assert world.run_as(SYSTEM)(scorecards.compute, world.hub_id, FIRST, LAST) == 1


def test_a_newer_policy_is_used_and_named(services: Services) -> None:
    world = make_world(services)
    give(world, "L901", PICKUP_ON, handovers=10, on_time_handovers=10)
    all_on_time = Policy(
        version=2,
        weights=(Weight(measure=Measure.ON_TIME, points=100, target_bps=10_000, prior_bps=0, prior_n=0),),
    )

    assert world.run_as(SYSTEM)(policies.adopt, PolicyTerms(weights=all_on_time.weights)) == 2
    assert services.database.read(queries.current_policy) == all_on_time
    world.run_as(SYSTEM)(scorecards.compute, world.hub_id, FIRST, LAST)
    best, other = services.database.read(queries.scorecards)
    assert [(c.policy_version, c.total_centi, c.tier) for c in (best, other)] == [
        (2, 10_000, Tier.GOLD), (2, 0, Tier.WARNING),
    ]  # fmt: skip


@pytest.mark.parametrize(("points", "target"), [((60, 39), 100), ((100, 0), 100), ((60, 40), 0)])
def test_a_policy_that_cannot_judge_is_refused(services: Services, points: tuple[int, int], target: int) -> None:
    world = make_world(services)
    weights = [
        Weight(measure=measure, points=share, target_bps=target, prior_bps=0, prior_n=0)
        for measure, share in zip((Measure.ON_TIME, Measure.PICKUP_RATE), points, strict=True)
    ]
    for wrong in (weights, [weights[0], weights[0]]):
        with pytest.raises(Invalid):
            world.run_as(SYSTEM)(policies.adopt, PolicyTerms(weights=tuple(wrong)))
    assert services.database.read(queries.current_policy) is None


def test_the_number_of_statements_does_not_grow_with_the_leaders(services: Services) -> None:
    world = make_world(services)
    when_it_is_over(world)
    with statements_of(world) as two:
        world.run_as(SYSTEM)(review, world.hub_id, FIRST, LAST)
    world.run_as(SYSTEM)(change_status, world.leaders["L902"], LeaderStatus.RESTING, "away")
    with statements_of(world) as one:
        world.run_as(SYSTEM)(review, world.hub_id, FIRST, LAST)
    assert len(one) <= len(two) <= 24


def status(world: World, code: str) -> LeaderStatus:
    found: LeaderStatus = world.services.database.read(communities.get_leader, world.leaders[code]).status
    return found


def test_a_review_scores_and_moves_nobody(services: Services) -> None:
    """Neither the worst score of an active leader nor a good one of a leader on probation changes where she stands."""
    world = make_world(services)
    community = world.run_as(Actor("小陈", Role.HQ_COMMUNITY, new_id()))
    world.run_as(SYSTEM)(change_status, world.leaders["L901"], LeaderStatus.PROBATION, "late")
    when_it_is_over(world)
    live_good_and_bad(world, FIRST, LAST)
    told = status_facts(services)
    assert community(review, world.hub_id, FIRST, LAST) == 2
    tiers = {card.leader_id: card.tier for card in services.database.read(queries.scorecards, world.hub_id)}
    assert (tiers[world.leaders["L901"]], tiers[world.leaders["L902"]]) == (Tier.GOLD, Tier.WARNING)
    for again in range(2):  # once more below bronze, a week later, changes nothing either
        move_clock(world, days=7)
        assert community(review, world.hub_id, FIRST, LAST + timedelta(days=7 * again)) == 2
    assert (status(world, "L901"), status(world, "L902")) == (LeaderStatus.PROBATION, LeaderStatus.ACTIVE)
    assert status_facts(services) == told == 1


def status_facts(services: Services) -> int:
    """How often leaders were told of another status."""
    with services.database.engine.connect() as connection:
        told = connection.exec_driver_sql(
            f"SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'topic' = '{LeaderStatusChanged.topic}'"
        )
        return int(told.scalar_one())


def test_nobody_at_hq_begins_or_ends_a_probation_beside_an_appraisal(services: Services) -> None:
    world = make_world(services)
    for role in (Role.HQ_COMMUNITY, Role.HQ_ADMIN):
        with pytest.raises(AppraisalNeeded):
            world.run_as(Actor("小陈", role, new_id()))(
                change_status, world.leaders["L901"], LeaderStatus.PROBATION, "late"
            )
    assert (status(world, "L901"), status_facts(services)) == (LeaderStatus.ACTIVE, 0)
    world.run_as(SYSTEM)(change_status, world.leaders["L901"], LeaderStatus.PROBATION, "late")
    with pytest.raises(AppraisalNeeded):
        world.run_as(Actor("小陈", Role.HQ_ADMIN, new_id()))(
            change_status, world.leaders["L901"], LeaderStatus.ACTIVE, "friends"
        )
    assert status(world, "L901") is LeaderStatus.PROBATION


def test_scorecards_on_which_a_cycle_rests_stand(services: Services) -> None:
    """They may be computed while the cycle runs; once its leaders know them, an appeal is the way."""
    world = make_world(services)
    cycle_id = make_cycle(world)
    move_to(world, CYCLE_LAST + timedelta(days=2))
    live_good_and_bad(world)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.RUNNING
    hq = world.run_as(Actor("小陈", Role.HQ_COMMUNITY, new_id()))
    assert hq(review, world.hub_id, CYCLE_FIRST, CYCLE_LAST) == 2
    assert hq(withdraw, world.hub_id, CYCLE_FIRST, CYCLE_LAST, "too early") == 2
    move_to(world, CYCLE_LAST + timedelta(days=4))
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.PROVISIONAL
    before = services.database.read(queries.scorecards, world.hub_id)
    for use_case in (review, partial(withdraw, reason="too late")):
        with pytest.raises(DaysAppraised):
            hq(use_case, world.hub_id, CYCLE_FIRST, CYCLE_LAST)
    assert (len(before), services.database.read(queries.scorecards, world.hub_id)) == (2, before)
    assert hq(review, world.hub_id, CYCLE_FIRST, CYCLE_LAST - timedelta(days=1)) == 2


def test_what_still_waits_to_be_fetched_is_not_counted_against_anybody(services: Services) -> None:
    world = make_world(services)
    world.buy(0, orange=3)
    run_to(world, Station.REMIND)
    clock = services.database.clock
    assert isinstance(clock, SetClock)
    rebuild = (facts.rebuild_day, world.hub_id, PICKUP_ON)
    clock.move_to(datetime.combine(PICKUP_ON, time(12), UTC))
    world.run_as(SYSTEM)(*rebuild)
    assert [(d.due_pieces, d.handovers) for d in days(world, "L901")] == [(0, 1)]
    clock.move_to(datetime.combine(PICKUP_ON + timedelta(days=2), time(12), UTC))
    world.run_as(SYSTEM)(*rebuild)
    assert [(d.due_pieces, d.picked_pieces) for d in days(world, "L901")] == [(3, 0)]


def test_of_two_reviews_of_one_day_the_later_one_is_shown(services: Services) -> None:
    world = make_world(services)
    give(world, "L901", PICKUP_ON, handovers=10, on_time_handovers=10)
    run, read = world.run_as(SYSTEM), services.database.read
    run(scorecards.compute, world.hub_id, FIRST, LAST)
    move_clock(world, minutes=1)
    run(scorecards.compute, world.hub_id, PICKUP_ON, LAST)
    for found in (read(queries.scorecards), read(queries.scorecards, world.hub_id, LAST)):
        assert [(c.rank, c.period_from) for c in found] == [(1, PICKUP_ON), (2, PICKUP_ON)]
    own = read(queries.scorecard_of_leader, world.leaders["L901"])
    assert own is not None
    assert own.period_from == PICKUP_ON


@pytest.mark.parametrize(("first", "last", "field"), [(1, 40, "period_to"), (-400, 0, "period_from")])
def test_a_period_lies_in_the_past_year(services: Services, first: int, last: int, field: str) -> None:
    world = make_world(services)
    wish = [PICKUP_ON + timedelta(days=n) for n in (first, last)]
    when_it_is_over(world)
    with pytest.raises(Invalid) as told:
        world.run_as(SYSTEM)(review, world.hub_id, *wish)
    assert told.value.field == field
    assert services.database.read(queries.scorecards) == []


def test_who_may_judge(services: Services) -> None:
    world = make_world(services)
    for role in (Role.LEADER, Role.HQ_MERCHANDISER, Role.HQ_FINANCE, Role.RESIDENT):
        run = world.run_as(Actor("x", role, new_id()))
        for use_case in (review, scorecards.compute):
            with pytest.raises(Forbidden):
                run(use_case, world.hub_id, FIRST, LAST)
        with pytest.raises(Forbidden):
            run(facts.rebuild_day, world.hub_id, PICKUP_ON)
    assert services.database.read(queries.scorecards) == []


def test_senseless_periods_and_hubs_are_refused(services: Services) -> None:
    world = make_world(services)
    with pytest.raises(Invalid):
        world.run_as(SYSTEM)(scorecards.compute, world.hub_id, LAST, FIRST)
    with pytest.raises(NotFound):
        world.run_as(SYSTEM)(scorecards.compute, new_id(), FIRST, LAST)


def test_scorecards_are_taken_back_and_those_before_count_again(services: Services, work: Work) -> None:
    world = make_world(services)
    read, community = services.database.read, world.run_as(Actor("小陈", Role.HQ_COMMUNITY, new_id()))
    one, two = (world.leaders[code] for code in ("L901", "L902"))
    world.buy(0, orange=1)
    world.buy(1, orange=1)
    run_to(world, Station.DISPATCH)
    move_clock(world, days=2)
    run_to(world, Station.SETTLE)
    when_it_is_over(world)
    community(scorecards.compute, world.hub_id, FIRST, PICKUP_ON - timedelta(days=1))
    before = read(queries.scorecards)
    assert community(review, world.hub_id, PICKUP_ON, LAST) == 2
    for reason in ("", "x" * 301):
        with pytest.raises(Invalid):
            community(withdraw, world.hub_id, PICKUP_ON, LAST, reason)
    with pytest.raises(Forbidden):
        world.run_as(world.leader())(withdraw, world.hub_id, PICKUP_ON, LAST, "wrong facts")
    assert read(queries.scorecards) != before
    assert community(withdraw, world.hub_id, PICKUP_ON, LAST, " wrong\n facts ") == 2
    assert (len(before), read(queries.scorecards)) == (2, before)
    work()
    asked = PageAsk(limit=20)
    for leader in (one, two):
        told = [m.params for m in read(inbox, leader, asked).rows if m.kind is MessageKind.REVIEW_WITHDRAWN]
        assert told == [{"period_from": "2026-11-21", "period_to": "2026-11-28", "reason": "wrong facts"}]
    with pytest.raises(NotFound):
        community(withdraw, world.hub_id, PICKUP_ON, LAST, "again")
