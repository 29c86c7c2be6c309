"""A leader is replaced: two persons decide, everything goes along, and it can be taken back until residents know."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.communities import queries as communities
from app.domains.communities.errors import CityTooFull, NeededElsewhere, NobodyServes, PointFull, TwoPersonsNeeded
from app.domains.communities.service.leaders import change_status, save_leaders
from app.domains.communities.service.places import save_pickup_points
from app.domains.communities.values import LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.replacements import queries
from app.domains.replacements.errors import ConfirmedByProposer, ReplacementOpen, ResidentsTold, SuccessorLeft
from app.domains.replacements.service import replacements
from app.domains.replacements.values import ProposeReplacement, ReplacementState, Way
from app.flows import checkout, payment, replacement
from app.flows.handover import count_handover
from app.flows.replacement_plan import preview
from app.infra.clock import SetClock
from app.infra.distance import geodesic_m
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.states import WrongState
from app.worker import tasks
from tests.factories.accounts import make_account
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    """L901 serves residents 0 and 2 at P901, L902 resident 1 at P902."""
    return make_world(services)


@pytest.fixture
def desk(world: World) -> list[Actor]:
    """Two persons of HQ who may replace leaders."""
    make: Callable[[], Any] = lambda: world.services.database.transact(  # noqa: E731
        Actor.system("test"), make_account, Role.HQ_COMMUNITY
    )
    return [Actor(f"HQ {n}", Role.HQ_COMMUNITY, make().id) for n in range(2)]


def wish(world: World, **more: Any) -> ProposeReplacement:
    return ProposeReplacement(leader_id=world.leaders["L902"], reason="many late handovers", **more)


def replace(world: World, desk: list[Actor], **more: Any) -> UUID:
    """Propose by one, confirm by the other."""
    one, other = (world.run_as(person) for person in desk)
    replacement_id: UUID = one(replacement.propose, wish(world, **more))
    other(replacement.confirm, replacement_id)
    return replacement_id


def rows(world: World, sql: str) -> list[tuple[Any, ...]]:
    with world.services.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql)).all()]


def picture(world: World) -> list[Any]:
    """Everything that a rollback has to restore."""
    return [
        rows(world, "SELECT id, leader_id, pickup_point_id, status FROM orders_order ORDER BY id"),
        rows(world, "SELECT id, pickup_point_id, qty FROM orders_line ORDER BY id"),
        rows(world, "SELECT id, leader_id, pickup_point_id, code, state FROM logistics_pickup ORDER BY id"),
        rows(world, "SELECT id, leader_id, state FROM logistics_handover ORDER BY id"),
        rows(world, "SELECT id, status, pickup_point_id FROM communities_leader ORDER BY id"),
        rows(world, "SELECT leader_id, neighbourhood_id, role FROM communities_leader_post WHERE until_at IS NULL "
                    "ORDER BY 1"),
        rows(world, "SELECT resident_id, leader_id, pickup_point_id, neighbourhood_id, reason, lat, lon, distance_m "
                    "FROM communities_home WHERE until_at IS NULL ORDER BY 1"),
    ]  # fmt: skip


def is_sound(world: World) -> bool:
    database = world.services.database
    return database.read(broken_invariants, database.clock.now()) == []


def test_the_nearest_take_residents_and_orders_and_the_goods_are_brought_there(
    world: World, desk: list[Actor], read: Call, work: Call
) -> None:
    mine, unpaid, other = world.buy(1, orange=2), world.place(1, rice=1).id, world.buy(0, orange=1)
    shown = world.run_as(desk[0])(preview, world.leaders["L902"], Way.NEAREST, None)
    (share,) = shown.shares
    assert (share.leader_code, share.residents, share.orders, share.pieces, share.residents_after) == (
        "L901",
        1,
        2,
        0,
        3,
    )
    apart = round(logistics_metres(world))
    assert (share.added_mean_m, share.added_max_m) == (apart, apart)
    done = read(queries.get_replacement, replace(world, desk))
    assert (done.state, done.way, done.residents, done.orders, done.pieces) == (
        ReplacementState.DONE, Way.NEAREST, 1, 2, 0,
    )  # fmt: skip
    new, point = world.leaders["L901"], world.points["P901"]
    assert rows(world, "SELECT DISTINCT leader_id, pickup_point_id FROM orders_order") == [(new, point)]
    assert rows(world, "SELECT DISTINCT pickup_point_id FROM orders_line") == [(point,)]
    home = read(communities.home_of, world.residents[1])
    assert (home.leader_id, home.pickup_point_id, home.is_served) == (new, point, True)
    again = world.buy(1, greens=5)
    world.pay(unpaid, 1)
    run_to(world, Station.HANDOVER)
    (truck,) = read(logistics.handovers_of_leader, new)
    assert truck.pickup_point_id == point
    for order_id in (mine, unpaid, other, again):
        pick_up(world, order_id)
    work()
    run_to(world, Station.SETTLE)
    earned = rows(world, "SELECT DISTINCT leader_id FROM settlement_commission_entry")
    assert (earned, is_sound(world)) == ([(new,)], True)


def logistics_metres(world: World) -> float:
    places = world.services.database.read(communities.places_by_id, list(world.points.values()))
    return geodesic_m(*(places[world.points[code]].place for code in ("P901", "P902")))


@pytest.mark.parametrize("station", [Station.CUTOFF, Station.SORT, Station.DISPATCH, Station.HANDOVER])
def test_at_any_station_nobody_loses_an_order(
    world: World, desk: list[Actor], read: Call, work: Call, station: Station
) -> None:
    """The truck goes where it was sorted for; the successor counts it, and hands out at her own point."""
    mine, other = world.buy(1, orange=2, dumplings=1), world.buy(0, orange=1)
    run_to(world, station)
    done = read(queries.get_replacement, replace(world, desk))
    lies = 3 if station is Station.HANDOVER else 0
    assert (done.residents, done.orders, done.pieces) == (1, 1, lies)
    new, old_point = world.leaders["L901"], world.points["P902"]
    assert rows(world, "SELECT DISTINCT leader_id, pickup_point_id FROM logistics_pickup") == [
        (new, world.points["P901"])
    ]
    assert {row[0] for row in rows(world, "SELECT pickup_point_id FROM orders_line")} == set(world.points.values())
    goods = read(logistics.goods_of_pickups, [UUID(one["id"]) for one in read(queries.undo_of, done.id)["pickups"]])
    assert sum(one.qty for one in goods) == lies
    if station is not Station.HANDOVER:
        run_to(world, Station.DISPATCH)
        trucks = {truck.pickup_point_id: truck for truck in read(logistics.handovers_of_leader, new)}
        assert trucks.keys() == set(world.points.values())
        for truck in trucks.values():
            world.services.database.transact(world.leader("L901"), count_handover, truck.id, ())
        run_to(world, Station.HANDOVER)
    assert old_point != world.points["P901"]
    for order_id in (mine, other):
        pick_up(world, order_id)
    work()
    run_to(world, Station.SETTLE)
    assert is_sound(world)


@pytest.mark.parametrize("station", [None, Station.CUTOFF, Station.HANDOVER])
def test_a_rollback_restores_everything_but_sessions(
    world: World, desk: list[Actor], read: Call, station: Station | None
) -> None:
    world.buy(1, orange=2)
    if station is None:
        world.place(1, rice=1)
    else:
        run_to(world, station)
    before, token = picture(world), world.headers(world.leaders["L902"])
    replacement_id = replace(world, desk)
    assert picture(world) != before
    fresh = world.buy(1, greens=1) if station is None else None
    card = world.run_as(desk[0])(replacement.roll_back, replacement_id, "the wrong one")
    assert (card.state, card.note) == (ReplacementState.ROLLED_BACK, "the wrong one")
    after = picture(world)
    if fresh:
        owner, point = world.leaders["L902"], world.points["P902"]
        assert [row[1:3] for row in after[0] if row[0] == fresh] == [(owner, point)]
        assert [row[1:3] for row in after[2]][-1] == (owner, point)
        after = [[row for row in part if row in before[n]] for n, part in enumerate(after)]
    assert after == before
    live = rows(world, "SELECT count(*) FROM accounts_sign_in WHERE revoked_at IS NULL AND account_id = "
                       f"'{world.leaders['L902']}'")  # fmt: skip
    assert (live, bool(token), is_sound(world)) == ([(0,)], True, True)
    with pytest.raises(WrongState):
        world.run_as(desk[0])(replacement.roll_back, replacement_id, "again")


def test_a_rollback_when_the_ground_has_changed(world: World, desk: list[Actor], read: Call, run: Call) -> None:
    """Of two in a row the later one goes first; and a primary who was appointed meanwhile stays."""
    before = picture(world)
    first, (one, other) = replace(world, desk), (world.run_as(person) for person in desk)
    run(save_leaders, [_leader("L903", "N901", "P901", PostRole.BACKUP)])
    heir = read(communities.leader_ids_by_code)["L903"]
    leaves = ProposeReplacement(
        leader_id=world.leaders["L901"], reason="moved away", way=Way.NAMED, successor_id=heir
    )  # fmt: skip
    second = one(replacement.propose, leaves)
    other(replacement.confirm, second)
    with pytest.raises(SuccessorLeft):
        one(replacement.roll_back, first, "the wrong one")
    assert read(queries.get_replacement, first).state is ReplacementState.DONE
    one(replacement.roll_back, second, "the wrong one")
    one(replacement.roll_back, first, "the wrong one")
    assert [set(old) - set(new) for old, new in zip(before, picture(world), strict=True)] == [set()] * 7
    assert is_sound(world)

    third = replace(world, desk)
    run(save_leaders, [_leader("L904", "N902", "P902", PostRole.PRIMARY)])
    one(replacement.roll_back, third, "she stays")
    assert rows(world, "SELECT l.code, p.role FROM communities_leader_post p JOIN communities_leader l "
                       "ON l.id = p.leader_id WHERE p.until_at IS NULL ORDER BY 1") == [
        ("L901", "primary"), ("L902", "backup"), ("L903", "backup"), ("L904", "primary"),
    ]  # fmt: skip
    assert is_sound(world)


def _leader(code: str, neighbourhood: str, point: str, role: PostRole) -> LeaderInput:
    return LeaderInput(
        code=code, name=f"团长{code[1:]}", phone=f"19900009{code[1:]}", kind=LeaderKind.HOME,
        neighbourhood=neighbourhood, pickup_point=point, role=role, status=LeaderStatus.ACTIVE,
    )  # fmt: skip


def test_residents_are_told_when_the_time_to_roll_back_is_over(
    world: World, desk: list[Actor], read: Call, work: Call, clock: SetClock, services: Services
) -> None:
    world.buy(1, orange=2)
    replacement_id = replace(world, desk, tell_after_min=15)
    tasks.replace_leaders(services)
    work()
    told = "SELECT account_id, kind FROM notifications_message WHERE kind IN ('leader_changed', 'took_over')"
    assert rows(world, told) == []
    clock.move_to(clock.now() + timedelta(minutes=15))
    for _ in range(2):
        tasks.replace_leaders(services)
        work()
    assert sorted(rows(world, told), key=str) == sorted(
        [(world.residents[1], "leader_changed"), (world.leaders["L901"], "took_over")], key=str
    )
    assert read(queries.get_replacement, replacement_id).state is ReplacementState.TOLD
    with pytest.raises(ResidentsTold) as refusal:
        world.run_as(desk[0])(replacement.roll_back, replacement_id, "too late")
    assert refusal.value.told_at == clock.now()


def test_it_takes_two_persons_and_a_reason(world: World, desk: list[Actor], run: Call, read: Call) -> None:
    one, other = (world.run_as(person) for person in desk)
    with pytest.raises(TwoPersonsNeeded):
        one(change_status, world.leaders["L902"], LeaderStatus.REMOVED, "at once")
    with pytest.raises(Forbidden):
        world.run_as(world.leader())(replacement.propose, wish(world))
    for wrong, refusal in (
        ({"way": Way.NAMED}, Invalid), ({"way": Way.NAMED, "successor_id": world.leaders["L902"]}, Invalid),
        ({"way": Way.COMES, "successor_id": world.leaders["L901"]}, NeededElsewhere),
        ({"tell_after_min": 1441}, Invalid), ({"due_at": world.services.database.clock.now()}, Invalid),
    ):  # fmt: skip
        with pytest.raises(refusal):
            one(replacement.propose, wish(world, **wrong))
    replacement_id = one(replacement.propose, wish(world))
    with pytest.raises(ReplacementOpen):
        other(replacement.propose, wish(world))
    with pytest.raises(ConfirmedByProposer):
        one(replacement.confirm, replacement_id)
    assert read(communities.get_leader, world.leaders["L902"]).status is LeaderStatus.ACTIVE
    one(replacements.reject, replacement_id, "she promised")
    with pytest.raises(WrongState):
        other(replacement.confirm, replacement_id)
    proposed = run(replacement.propose, wish(world, appraisal_id=new_id()))  # by a program: two persons still
    assert one(replacement.confirm, proposed).state is ReplacementState.PROPOSED
    with pytest.raises(ConfirmedByProposer):
        one(replacement.confirm, proposed)
    done = other(replacement.confirm, proposed)
    assert done.state is ReplacementState.DONE
    assert other(replacement.confirm, proposed) == done  # pressed twice
    with pytest.raises(WrongState):
        one(replacement.confirm, proposed)


def test_a_planned_one_waits_for_its_day_and_is_given_up_when_impossible(
    world: World, desk: list[Actor], run: Call, read: Call, clock: SetClock, services: Services
) -> None:
    due = clock.now() + timedelta(hours=3)
    one, other = (world.run_as(person) for person in desk)
    replacement_id = one(replacement.propose, wish(world, due_at=due))
    assert other(replacement.confirm, replacement_id).state is ReplacementState.PLANNED
    tasks.replace_leaders(services)
    assert read(queries.get_replacement, replacement_id).state is ReplacementState.PLANNED
    run(change_status, world.leaders["L901"], LeaderStatus.RESTING, "ill")
    clock.move_to(clock.now() + timedelta(hours=3))
    for _ in range(2):
        tasks.replace_leaders(services)
    failed = read(queries.get_replacement, replacement_id)
    assert (failed.state, failed.note, failed.refusal) == (
        ReplacementState.FAILED, "city_too_full", {"missing": 1, "where": "()"},
    )  # fmt: skip
    assert read(communities.get_leader, world.leaders["L902"]).status is LeaderStatus.ACTIVE
    run(change_status, world.leaders["L901"], LeaderStatus.ACTIVE, "well")
    again = one(replacement.propose, wish(world, due_at=clock.now() + timedelta(minutes=1)))
    other(replacement.confirm, again)
    clock.move_to(clock.now() + timedelta(minutes=1))
    tasks.replace_leaders(services)
    assert read(queries.get_replacement, again).state is ReplacementState.DONE


def test_a_backup_keeps_everybody_at_the_point_and_one_may_come(
    world: World, desk: list[Actor], run: Call, read: Call
) -> None:
    backup = LeaderInput(
        code="L903", name="团长903", phone="19900009903", kind=LeaderKind.HOME, neighbourhood="N902",
        pickup_point="P902", role=PostRole.BACKUP, status=LeaderStatus.ACTIVE,
    )  # fmt: skip
    run(save_leaders, [backup])
    heir = read(communities.leader_ids_by_code)["L903"]
    world.buy(1, orange=2)
    codes = rows(world, "SELECT code FROM logistics_pickup")
    done = read(queries.get_replacement, replace(world, desk))
    assert (done.way, done.successor_id) == (Way.NAMED, heir)
    assert rows(world, "SELECT leader_id, pickup_point_id, code FROM logistics_pickup") == [
        (heir, world.points["P902"], codes[0][0])
    ]
    assert (read(communities.get_leader, heir).post, read(communities.home_of, world.residents[1]).pickup_point_id) == (
        PostRole.PRIMARY, world.points["P902"],
    )  # fmt: skip
    one, other = (world.run_as(person) for person in desk)
    second = backup.__class__(**{**{f: getattr(backup, f) for f in backup.__dataclass_fields__},
                                 "code": "L904", "name": "团长904", "phone": "19900009904"})  # fmt: skip
    run(save_leaders, [second])
    comer = read(communities.leader_ids_by_code)["L904"]
    moving = ProposeReplacement(leader_id=world.leaders["L901"], reason="ill", way=Way.COMES, successor_id=comer)
    before = picture(world)
    replacement_id = one(replacement.propose, moving)
    other(replacement.confirm, replacement_id)
    card = read(communities.get_leader, comer)
    assert (card.pickup_point_id, card.post, card.neighbourhood_id) == (
        world.points["P901"], PostRole.PRIMARY, world.neighbourhoods["N901"],
    )  # fmt: skip
    one(replacement.roll_back, replacement_id, "she is well again")
    assert picture(world) == before


def test_a_successor_elsewhere_needs_room_and_must_serve(world: World, desk: list[Actor], run: Call) -> None:
    read = world.services.database.read
    far = next(row for row in read(communities.pickup_point_inputs) if row.code == "P901")
    run(save_pickup_points, [dataclasses.replace(far, capacity_orders=2)])
    one = world.run_as(desk[0])
    named = wish(world, way=Way.NAMED, successor_id=world.leaders["L901"])
    with pytest.raises(PointFull):
        one(replacement.propose, named)
    with pytest.raises(CityTooFull) as refused:
        one(replacement.propose, wish(world))
    assert refused.value.missing == 1
    run(save_pickup_points, [far])
    run(change_status, world.leaders["L901"], LeaderStatus.RESTING, "ill")
    with pytest.raises(NobodyServes):
        one(replacement.propose, named)


def test_late_money_of_an_order_that_lapsed_before_goes_back(world: World, desk: list[Actor]) -> None:
    """Nothing is revived at the door of somebody who has left."""
    provider, database = cast("ApprovingProvider", world.services.provider), world.services.database
    provider.at_once = False
    order_id = world.place(1, orange=1).id
    begun = world.pay(order_id, 1)
    assert isinstance(database.clock, SetClock)
    database.clock.move_to(database.clock.now() + timedelta(minutes=16))
    assert world.system(checkout.lapse) == 1
    replace(world, desk, way=Way.NAMED, successor_id=world.leaders["L901"])
    provider.approve(begun.provider_ref or "")
    payment.sync_payment(world.run_as(world.resident(1)), provider, begun.id)
    tasks.run_due(world.services)
    assert rows(world, "SELECT status FROM orders_order") == [("lapsed",)]
    assert rows(world, "SELECT reason, amount_cents FROM payments_refund") == [("late_payment", 1_990)]
    assert database.read(broken_invariants, database.clock.now()) == []
