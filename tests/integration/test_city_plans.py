"""A plan for a whole city: a draft that changes nothing, moves in batches with dated homes, stale ones left, undone."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.communities import queries
from app.domains.communities.errors import PlanUnderWay
from app.domains.communities.service import city_plans, home_locks
from app.domains.communities.service.homes import assign_home, choose_home
from app.domains.communities.service.leaders import change_status
from app.domains.communities.service.places import save_pickup_points
from app.domains.communities.values import ChooseHome, HomeReason, LeaderStatus
from app.domains.communities.values.city_plans import (
    AskCityPlan,
    CityPlanCard,
    CityPlanState,
    LockHome,
    PlannedMoveState,
    Shift,
)
from app.domains.notifications import queries as inbox
from app.domains.notifications.values import MessageKind
from app.infra.coordinates import to_wgs84
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point, System
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from tests.conftest import SYSTEM
from tests.factories.communities import (
    LAT,
    LON,
    City,
    leader,
    leader_input,
    make_city,
    make_resident,
    neighbourhood_input,
    point_input,
    resident,
)
from tests.factories.meanwhile import during
from tests.factories.shopper import words
from tests.integration.test_console import Desk

Call = Callable[..., Any]
MOVED, STALE, BACK, STAYED = (
    PlannedMoveState.MOVED, PlannedMoveState.STALE, PlannedMoveState.BACK, PlannedMoveState.STAYED,
)  # fmt: skip


def near(steps: float) -> Point:
    """A place so many hundred metres east of the first pickup point; the second one lies ten steps away."""
    return Point(LAT, LON + steps * 0.001)


@pytest.fixture
def city(run: Call) -> City:
    """Two points ten steps apart that reach 1,500 metres; everybody who was there before the second one is at P001."""
    away = LON + 0.01
    return make_city(
        run,
        [neighbourhood_input(geometry={"type": "Point", "coordinates": [LON, LAT]}),
         neighbourhood_input("N002", geometry={"type": "Point", "coordinates": [away, LAT]})],
        [point_input(reach_m=1500), point_input("P002", "N002", lon=away, reach_m=1500, capacity_orders=1)],
    )  # fmt: skip


@pytest.fixture
def people(run: Call, city: City) -> list[UUID]:
    """Five residents at 0, 3, 7, 9 and 10 steps, all at P001; the last one chose it herself. P002 can take ten."""
    found = [make_resident(run, n) for n in range(5)]
    run(save_pickup_points, [point_input("P002", "N002", lon=LON + 0.01, reach_m=1)])
    for who, steps in zip(found[:4], (0, 3, 7, 9), strict=True):
        run(assign_home, who, ChooseHome(location=near(steps)))
    run(assign_home, found[4], ChooseHome(location=near(10), pickup_point_id=city.points["P001"]))
    run(save_pickup_points, [point_input("P002", "N002", lon=LON + 0.01, reach_m=1500, capacity_orders=10)])
    return found


def wish(city: City, sticky_m: int = 100, most: int = 500, *, keep_wishes: bool = True, **more: Any) -> AskCityPlan:
    return AskCityPlan(hub_id=city.hub_id, sticky_m=sticky_m, most=most, keep_wishes=keep_wishes, **more)


@pytest.fixture
def plan(run: Call, read: Call, work: Call, city: City, people: list[UUID]) -> Callable[..., CityPlanCard]:
    """Ask for a plan and let the worker find it."""

    def find(**asked: Any) -> CityPlanCard:
        plan_id = run(city_plans.ask_plan, wish(city, **asked))
        work()
        found: CityPlanCard = read(queries.city_plan, plan_id)
        return found

    return find


def home_id_of(read: Call, city: City, who: UUID) -> UUID:
    found: UUID = next(h.home_id for h in read(queries.homes_to_plan, city.hub_id) if h.resident_id == who)
    return found


def points_of(read: Call, city: City, people: list[UUID]) -> list[str]:
    codes = {id_: code for code, id_ in city.points.items()}
    homes = read(queries.homes_of, people)
    return [codes[homes[who].pickup_point_id] for who in people]


def test_a_draft_tells_everything_and_changes_nothing(
    read: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard]
) -> None:
    card = plan()
    assert (card.state, card.residents, card.moves) == (CityPlanState.DRAFT, 5, {PlannedMoveState.PLANNED: 2})
    step = 96.1
    assert card.before_m == pytest.approx((0 + 3 + 7 + 9 + 10) * step, abs=20)
    assert card.after_m == pytest.approx((0 + 3 + 3 + 1 + 10) * step, abs=20)
    assert [(load.before, load.after, load.room) for load in card.loads] == [(5, 3, 100), (0, 2, 10)]
    assert len(card.rounds) >= 1
    assert card.rounds[-1][2] == 0
    moves = read(queries.planned_moves, card.id, PageAsk(limit=10)).rows
    assert {(m.resident_id, m.before_m, m.after_m) for m in moves} == {(people[2], 673, 289), (people[3], 866, 96)}
    first, second = city.points["P001"], city.points["P002"]
    assert read(queries.shifts, card.id) == [
        Shift(from_point_id=first, to_point_id=second, residents=2, before_m=770, after_m=192)
    ]
    assert points_of(read, city, people) == ["P001"] * 5


def test_the_threshold_the_wishes_and_the_most(plan: Callable[..., CityPlanCard], run: Call) -> None:
    for asked, moves in (
        ({"sticky_m": 500}, 1),  # the third one would save 385 m
        ({"sticky_m": 800}, 0),
        ({"keep_wishes": False}, 3),
        ({"sticky_m": 800, "most": 3}, 2),  # the one who chose stays and takes a seat; two of the others have to go
        ({"sticky_m": 800, "least": 2}, 2),  # the second point shall have two, whatever they save
        ({"sticky_m": 800, "least": 1}, 1),
        ({"some_may_lose": True}, 2),
    ):
        card = plan(**asked)
        assert (asked, sum(card.moves.values())) == (asked, moves)
        run(city_plans.drop, card.id)


def test_applied_in_batches_with_dated_homes_and_a_note(
    run: Call, read: Call, work: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard],
    database: Database,
) -> None:  # fmt: skip
    card = plan()
    run(city_plans.ask_apply, card.id)
    assert run(city_plans.apply_some, card.id, 1) == 1
    assert sorted(points_of(read, city, people)) == ["P001"] * 4 + ["P002"]
    work()  # goes on where the first batch ended
    after = read(queries.city_plan, card.id)
    assert (after.state, after.moves) == (CityPlanState.APPLIED, {MOVED: 2})
    assert points_of(read, city, people) == ["P001", "P001", "P002", "P002", "P001"]
    home = read(queries.home_of, people[3])
    assert (home.reason, home.leader_id, home.distance_m) == (HomeReason.PLANNED, city.leaders["L002"], 96)
    with database.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT reason, until_at IS NULL, lat IS NOT NULL FROM communities_home WHERE resident_id = :r"
                 " ORDER BY from_at, id"), {"r": people[3]},
        )  # fmt: skip
        assert [tuple(row) for row in rows] == [("nearest", False, True), ("planned", True, True)]
    for who in people:
        told = [m for m in read(inbox.inbox, who, PageAsk(limit=9)).rows if m.kind is MessageKind.PICKUP_POINT_CHANGED]
        assert len(told) == (who in people[2:4])
    assert told == []
    (note,) = read(inbox.inbox, people[2], PageAsk(limit=9)).rows
    assert (note.params["pickup_point_name"], note.params["distance_m"]) == ("自提点P002", 289)


def test_who_moved_meanwhile_is_left_alone_and_counted(
    run: Call, read: Call, work: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard],
    database: Database,
) -> None:  # fmt: skip
    card = plan()
    database.transact(resident(people[3]), choose_home, ChooseHome(pickup_point_id=city.points["P002"]))
    run(city_plans.ask_apply, card.id)
    work()
    assert read(queries.city_plan, card.id).moves == {MOVED: 1, STALE: 1}
    assert read(queries.home_of, people[3]).reason is HomeReason.CHOSEN


def test_a_place_without_room_or_leader_takes_nobody(
    run: Call, read: Call, work: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard]
) -> None:
    card = plan()
    run(save_pickup_points, [point_input("P002", "N002", lon=LON + 0.01, reach_m=1500, capacity_orders=1)])
    run(city_plans.ask_apply, card.id)
    work()
    assert read(queries.city_plan, card.id).moves == {MOVED: 1, STALE: 1}
    assert read(queries.residents_by_point) == {city.points["P001"]: 4, city.points["P002"]: 1}
    run(city_plans.ask_undo, card.id)
    work()
    run(save_pickup_points, [point_input("P002", "N002", lon=LON + 0.01, reach_m=1500, capacity_orders=10)])
    second = plan()
    run(change_status, city.leaders["L002"], LeaderStatus.RESTING, "holiday")
    run(city_plans.ask_apply, second.id)
    work()
    assert read(queries.city_plan, second.id).moves == {STALE: 2}
    assert points_of(read, city, people) == ["P001"] * 5


def test_two_full_points_exchange_residents(run: Call, read: Call, work: Call, city: City) -> None:
    """Nobody could go first if a seat counted as free only when it is empty; batches of one make it hard."""
    one, two = make_resident(run, 1), make_resident(run, 2)
    run(save_pickup_points, [point_input(reach_m=1500, capacity_orders=1)])
    run(assign_home, one, ChooseHome(location=near(9), pickup_point_id=city.points["P001"]))
    run(assign_home, two, ChooseHome(location=near(1), pickup_point_id=city.points["P002"]))
    plan_id = run(city_plans.ask_plan, wish(city, keep_wishes=False))
    work()
    run(city_plans.ask_apply, plan_id)
    assert run(city_plans.apply_some, plan_id, 1) == 1
    work()
    assert read(queries.city_plan, plan_id).moves == {MOVED: 2}
    assert points_of(read, city, [one, two]) == ["P002", "P001"]


def test_taken_back_for_those_who_are_still_there(
    run: Call, read: Call, work: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard],
    database: Database,
) -> None:  # fmt: skip
    card = plan(keep_wishes=False)
    run(city_plans.ask_apply, card.id)
    work()
    assert points_of(read, city, people) == ["P001", "P001", "P002", "P002", "P002"]
    before = read(queries.home_of, people[2])
    database.transact(resident(people[4]), choose_home, ChooseHome(pickup_point_id=city.points["P001"]))
    run(city_plans.ask_undo, card.id)
    work()
    after = read(queries.city_plan, card.id)
    assert (after.state, after.moves) == (CityPlanState.UNDONE, {BACK: 2, STAYED: 1})
    assert points_of(read, city, people) == ["P001"] * 5
    home = read(queries.home_of, people[2])
    assert (before.reason, home.reason, home.distance_m) == (HomeReason.PLANNED, HomeReason.NEAREST, 673)
    assert len(read(inbox.inbox, people[2], PageAsk(limit=9)).rows) == 2  # there, and back
    assert read(broken_invariants, database.clock.now()) == []
    with pytest.raises(WrongState):
        run(city_plans.ask_undo, card.id)


def test_too_little_room_says_how_much_and_where(
    run: Call, read: Call, city: City, plan: Callable[..., CityPlanCard]
) -> None:
    card = plan(most=1)
    assert card.state is CityPlanState.FAILED
    assert card.note.startswith("city_too_full {'missing': 3,")
    assert sum(load.after - load.before for load in card.loads) == 3
    assert run(city_plans.ask_plan, wish(city)) != card.id  # a failed one is over


def test_who_is_without_a_leader_is_seated_first(
    run: Call, read: Call, work: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard]
) -> None:
    run(change_status, city.leaders["L001"], LeaderStatus.REMOVED, "moved away")
    card = plan(sticky_m=5000)
    assert (card.state, card.moves, card.before_m) == (CityPlanState.DRAFT, {PlannedMoveState.PLANNED: 5}, 0)
    run(city_plans.ask_apply, card.id)
    work()
    assert points_of(read, city, people) == ["P002"] * 5
    run(city_plans.ask_undo, card.id)
    work()
    assert read(queries.city_plan, card.id).moves == {STAYED: 5}  # nobody serves at their old point


def test_one_open_plan_a_hub_and_sensible_wishes(run: Call, read: Call, work: Call, city: City) -> None:
    for bad in ({"sticky_m": -1}, {"sticky_m": 5001}, {"most": 0}, {"most": 5001}, {"least": -1}, {"least": 501}):
        with pytest.raises(Invalid) as refusal:
            run(city_plans.ask_plan, wish(city, **bad))
        assert [refusal.value.field] == list(bad)
    plan_id = run(city_plans.ask_plan, wish(city))
    with pytest.raises(PlanUnderWay):
        run(city_plans.ask_plan, wish(city))
    with pytest.raises(WrongState):
        run(city_plans.ask_apply, plan_id)
    run(city_plans.drop, plan_id)
    work()  # the job finds nothing to do
    assert read(queries.city_plan, plan_id).state is CityPlanState.DROPPED
    empty = run(city_plans.ask_plan, wish(city))
    work()
    card = read(queries.city_plan, empty)
    assert (card.state, card.residents, card.moves) == (CityPlanState.DRAFT, 0, {})
    assert [one.id for one in read(queries.city_plans, city.hub_id)] == [empty, plan_id]


def test_too_few_residents_for_every_leader(
    run: Call, read: Call, city: City, plan: Callable[..., CityPlanCard]
) -> None:
    card = plan(least=3)
    assert (card.state, card.note.split(" {")[0]) == (CityPlanState.FAILED, "too_few_residents")
    assert [(load.pickup_point_id, load.after - load.before) for load in card.loads if load.after != load.before] == [
        (city.points["P002"], 1)
    ]  # five people: three stay, the one who chose among them, and only two are left to go


def test_locked_pairs_bind_every_plan_until_they_are_let_go(
    run: Call, read: Call, city: City, people: list[UUID], plan: Callable[..., CityPlanCard]
) -> None:
    first, second = city.points["P001"], city.points["P002"]
    far = run(home_locks.lock_home, LockHome(pickup_point_id=second, resident_id=people[0]))
    near_by = run(home_locks.lock_neighbours, home_id_of(read, city, people[3]), 110)  # her and the one beyond
    card = plan()
    moves = {m.resident_id: (m.to_point_id, m.is_locked) for m in read(queries.planned_moves, card.id, PageAsk(9)).rows}
    assert (card.locked, moves) == (3, {people[0]: (second, True), people[2]: (second, False)})
    run(home_locks.lock_home, LockHome(pickup_point_id=second, resident_id=people[3]))  # goes before the place's
    run(home_locks.lock_home, LockHome(pickup_point_id=first, resident_id=people[0]))  # replaces
    locks = read(queries.home_locks, city.hub_id)
    assert [(one.id, one.pickup_point_id, one.resident_id, one.within_m) for one in locks] == [
        (far, first, people[0], 0), (near_by, first, None, 110), (locks[2].id, second, people[3], 0),
    ]  # fmt: skip
    again = run(city_plans.ask_again, card.id)
    assert read(queries.city_plan, card.id).state is CityPlanState.DROPPED
    run(city_plans.drop, again)
    card = plan()
    assert {m.resident_id for m in read(queries.planned_moves, card.id, PageAsk(9)).rows} == {people[2], people[3]}
    for lock in locks:
        run(home_locks.unlock_home, lock.id)
    assert read(queries.home_locks, city.hub_id) == []
    with pytest.raises(NotFound):
        run(home_locks.unlock_home, far)


@pytest.mark.parametrize("again", ["let go", "locked"])
def test_a_pair_that_is_let_go_meanwhile_may_be_let_go_or_locked_again(
    again: str, run: Call, read: Call, city: City, people: list[UUID], database: Database
) -> None:
    wish = LockHome(pickup_point_id=city.points["P002"], resident_id=people[0])
    lock_id = run(home_locks.lock_home, wish)

    def follow() -> Any:
        return run(home_locks.unlock_home, lock_id) if again == "let go" else run(home_locks.lock_home, wish)

    def let_go(uow: UnitOfWork) -> None:
        home_locks.unlock_home(uow, lock_id)

    if again == "let go":
        with pytest.raises(NotFound):
            during(database, SYSTEM, let_go, follow)
    else:
        during(database, SYSTEM, let_go, follow)
    assert len(read(queries.home_locks, city.hub_id)) == (again == "locked")


def test_locks_must_make_sense(run: Call, read: Call, city: City, people: list[UUID], database: Database) -> None:
    first, stranger = city.points["P001"], make_resident(run, 77)
    for field, bad in (
        ("phone", LockHome(pickup_point_id=first)),
        ("phone", LockHome(pickup_point_id=first, resident_id=people[0], place=near(1), within_m=9)),
        ("phone", LockHome(pickup_point_id=first, resident_id=stranger)),
        ("within_m", LockHome(pickup_point_id=first, place=near(1), within_m=0)),
        ("within_m", LockHome(pickup_point_id=first, place=near(1), within_m=501)),
    ):
        with pytest.raises(Invalid) as refusal:
            run(home_locks.lock_home, bad)
        assert refusal.value.field == field
    with pytest.raises(NotFound):
        run(home_locks.lock_home, LockHome(pickup_point_id=stranger, resident_id=people[0]))
    with pytest.raises(Forbidden):
        database.transact(
            leader(city.leaders["L001"]), home_locks.lock_home, LockHome(pickup_point_id=first, resident_id=people[0])
        )
    assert read(queries.home_locks, city.hub_id) == []


def test_a_leader_may_not(run: Call, city: City, people: list[UUID], database: Database) -> None:
    plan_id = run(city_plans.ask_plan, wish(city))
    for use_case, args in (
        (city_plans.ask_plan, (wish(city),)), (city_plans.ask_apply, (plan_id,)), (city_plans.drop, (plan_id,)),
        (city_plans.ask_undo, (plan_id,)), (city_plans.apply_some, (plan_id, 1)),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            database.transact(leader(city.leaders["L001"]), use_case, *args)
    assert leader_input().code == "L001"


# --- at HQ ----------------------------------------------------------------------------------------------------------


def test_the_pages_from_asking_to_taking_back(
    client: FlaskClient, database: Database, read: Call, work: Call, city: City, people: list[UUID]
) -> None:
    desk = Desk(client, database, Role.HQ_COMMUNITY)
    client.set_cookie("locale", "en")
    assert "No plan yet" in words(desk.get("/hq/city-plans"))
    refused = desk.post("/hq/city-plans?hub=LJ-E", sticky_m="9000", most="x", keep_wishes="1")
    assert refused.status_code == 422
    assert "A whole number from 1 on." in words(refused.text)
    refused = desk.post("/hq/city-plans?hub=LJ-E", sticky_m="9000", most="500")
    assert "Metres a move must save: is too large" in words(refused.text)
    assert 'value="9000"' in refused.text
    refused = desk.post("/hq/city-plans?hub=LJ-E", sticky_m="100", most="50", least="51")
    assert "Residents per leader at least: is too large" in words(refused.text)
    asked = desk.post("/hq/city-plans?hub=LJ-E", sticky_m="100", most="500", least="1", keep_wishes="1")
    page = asked.headers["Location"]
    assert "waits for the worker" in words(desk.get(page))
    assert 'hx-trigger="every 1s"' in desk.get(f"{page}/progress")
    work()
    fresh = client.get(f"{page}/progress")
    assert fresh.headers["HX-Refresh"] == "true"
    told = words(desk.get(page))
    for part in (
        "at least 1",
        "Keep her building",
        "Moves 2 40.0 % of all residents",
        "now 558 m",
        "自提点P002 P002 李叔 10 too few 0 +2 2",
        "673 m 289 m planned",
    ):
        assert part in told
    assert "There is an open plan for this hub." in words(desk.get("/hq/city-plans"))
    assert "open plan" in words(desk.post("/hq/city-plans?hub=LJ-E", sticky_m="100", most="500").text)
    assert desk.post(f"{page}/apply").status_code == 303
    work()
    assert "673 m 289 m moved" in words(desk.get(page))
    desk.post(f"{page}/drop")
    assert "This cannot be done in its present state" in words(desk.get(page))
    assert desk.post(f"{page}/undo").status_code == 303
    work()
    told = words(desk.get(page))
    assert "taken back" in told
    assert "673 m 289 m brought back" in told
    assert points_of(read, city, people) == ["P001"] * 5
    assert len(re.findall("taken back", words(desk.get("/hq/city-plans")))) == 1


def test_pairs_are_locked_from_a_draft_and_on_a_page_of_their_own(
    client: FlaskClient, database: Database, read: Call, work: Call, city: City, people: list[UUID]
) -> None:
    desk = Desk(client, database, Role.HQ_COMMUNITY)
    client.set_cookie("locale", "en")
    url = "/hq/city-plans/locks?hub=LJ-E"
    assert "Nothing is locked" in words(desk.get(url))
    asked = desk.post("/hq/city-plans?hub=LJ-E", sticky_m="100", most="500", keep_wishes="1")
    page = asked.headers["Location"]
    work()
    desk.post(f"{page}/lock", resident_id=str(people[2]), pickup_point_id=str(city.points["P001"]))
    home_id = home_id_of(read, city, people[3])
    assert desk.post(f"{page}/lock", home_id=str(home_id)).location == page
    assert "Locked. Look for the plan again" in words(desk.get(page))
    desk.post(f"{page}/lock", resident_id="x")
    assert "Locked. Look for the plan again" not in words(desk.get(page))
    again = desk.post(f"{page}/again").headers["Location"]
    work()
    told = words(desk.get(again))
    assert "Nobody has to move" in told
    assert "Locked residents 2" in told
    told = words(desk.get(url))
    assert "林阿姨 自提点P001" in told
    assert "Everybody within 30 m of 30.30000, 115.10900 自提点P001" in told
    locks = read(queries.home_locks, city.hub_id)
    for said in ("The pair is free;", "This pair was free already."):  # pressed twice
        answer = desk.post(f"/hq/city-plans/locks/{locks[0].id}/drop?hub=LJ-E")
        assert (answer.status_code, said in desk.get(url)) == (303, True)
    second = str(city.points["P002"])
    refused = desk.post(url, who="resident", phone="13900000009", pickup_point_id=second)
    assert (refused.status_code, 'value="13900000009"' in refused.text) == (422, True)
    assert "Phone: is not known" in words(refused.text)
    refused = desk.post(url, who="place", lat="x", lon="115.1", system="wgs84", within_m="501", pickup_point_id="")
    assert "A number of degrees from −90 to 90." in words(refused.text)
    assert "Please choose one." in words(refused.text)
    refused = desk.post(
        url, who="place", lat="30.3", lon="115.1", system="wgs84", within_m="501", pickup_point_id=second
    )
    assert "Everybody within: is too large" in words(refused.text)
    assert desk.post(url, who="resident", phone="13800000000", pickup_point_id=second).status_code == 303
    assert desk.post(
        url, who="place", lat="30.3", lon="115.1", system="gcj02", within_m="40", pickup_point_id=second
    ).status_code == 303  # fmt: skip
    _, one, two = read(queries.home_locks, city.hub_id)
    assert (one.resident_id, two.within_m) == (people[0], 40)
    assert two.place == Point(*to_wgs84(30.3, 115.1, System.GCJ02))


def test_a_plan_that_cannot_be_says_why_and_where(
    client: FlaskClient, database: Database, work: Call, city: City, people: list[UUID]
) -> None:
    desk = Desk(client, database, Role.HQ_COMMUNITY)
    client.set_cookie("locale", "en")
    asked = desk.post("/hq/city-plans?hub=LJ-E", sticky_m="100", most="1", keep_wishes="1")
    work()
    told = words(desk.get(asked.headers["Location"]))
    assert "3 residents find no pickup point with room in reach." in told
    assert len(people) == 5
