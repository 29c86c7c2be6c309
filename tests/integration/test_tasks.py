"""HQ's plans and leaders' tasks: whom a step reaches, when it is made, what counts as done in time."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.communities.values import LeaderStatus
from app.domains.tasks import queries
from app.domains.tasks.errors import AlreadyTicked, PlanBegun, PlanFixed, TaskAhead
from app.domains.tasks.service import plans
from app.domains.tasks.values import Audience, PlanState, SavePlan, Seniority, Tick, TodoCard, TodoState
from app.flows import tasks
from app.flows.tidying import tidy_photos
from app.infra.services import Services
from app.infra.storage import Pictures
from app.kernel.actors import Actor
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from tests.factories.aftersales import make_photo
from tests.factories.settlement import move_clock
from tests.factories.tasks import TODAY, days, make_plan, make_planner, make_todos
from tests.factories.world import World, make_world


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def planner(world: World) -> Actor:
    return make_planner(world)


def todos(world: World, code: str = "L901", day: int = 0) -> list[TodoCard]:
    now = world.services.database.clock.now()
    return world.services.database.read(queries.todos_of_leader, world.leaders[code], now, days(day))


def publish(world: World, planner: Actor, plan_id: UUID) -> None:
    world.services.database.transact(planner, tasks.publish, plan_id)


def test_a_plan_becomes_todos_a_day_ahead_and_once(world: World, planner: Actor) -> None:
    plan_id = make_plan(
        world, planner, {}, {"day_offset": 1}, {"day_offset": None, "on_date": days(2), "due_time": time(9, 30)}
    )
    assert make_todos(world) == 0
    publish(world, planner, plan_id)
    assert make_todos(world) == 4
    assert make_todos(world) == 0
    assert [(one.title, one.due_on, one.due_at, one.state) for one in todos(world)] == [
        ("第0步", TODAY, datetime(2026, 11, 20, 12, tzinfo=UTC), TodoState.OPEN),
        ("第1步", days(1), datetime(2026, 11, 21, 12, tzinfo=UTC), TodoState.AHEAD),
    ]
    move_clock(world, days=1)
    assert make_todos(world) == 2
    assert [(one.title, one.state) for one in todos(world, day=1)] == [
        ("第0步", TodoState.OVERDUE), ("第1步", TodoState.OPEN), ("第2步", TodoState.AHEAD),
    ]  # fmt: skip
    card = world.services.database.read(queries.get_plan, plan_id)
    assert (card.state, card.steps, card.todos, card.done) == (PlanState.PUBLISHED, 3, 6, 0)
    assert (card.first_on, card.last_on) == (TODAY, days(2))


def test_a_step_is_for_its_audience(world: World, planner: Actor) -> None:
    plan_id = make_plan(
        world, planner,
        {"title": "一人", "audience": Audience(leader_id=world.leaders["L902"])},
        {"title": "本仓", "audience": Audience(hub_id=world.hub_id)},
        {"title": "别仓", "audience": Audience(hub_id=new_id())},
        {"title": "金牌", "audience": Audience(tier="gold")},
        {"title": "新人", "audience": Audience(seniority=Seniority.NEW)},
        {"title": "老人", "audience": Audience(seniority=Seniority.MATURE)},
    )  # fmt: skip
    publish(world, planner, plan_id)
    assert make_todos(world) == 5
    assert sorted(one.title for one in todos(world)) == ["新人", "本仓"]
    assert sorted(one.title for one in todos(world, "L902")) == ["一人", "新人", "本仓"]


def test_who_does_not_serve_has_nothing_to_do(world: World, planner: Actor) -> None:
    with world.services.database.engine.begin() as connection:
        rest = text("UPDATE communities_leader SET status = :status WHERE id = :id")
        connection.execute(rest, {"status": LeaderStatus.RESTING.value, "id": world.leaders["L902"]})
    publish(world, planner, make_plan(world, planner, {}))
    assert make_todos(world) == 1
    assert todos(world, "L902") == []


def test_a_tick_is_given_once_and_knows_late(world: World, planner: Actor) -> None:
    publish(world, planner, make_plan(world, planner, {"title": "早"}, {"title": "晚", "needs_proof": True}))
    make_todos(world)
    first, second = todos(world)
    transact, leader = world.services.database.transact, world.leader()
    with pytest.raises(NotFound):
        transact(world.leader("L902"), tasks.tick, Tick(todo_id=first.id))
    with pytest.raises(Forbidden):
        transact(planner, tasks.tick, Tick(todo_id=first.id))
    move_clock(world, hours=10)  # 20:00 in Shanghai, the last minute
    transact(leader, tasks.tick, Tick(todo_id=first.id))
    with pytest.raises(AlreadyTicked):
        transact(leader, tasks.tick, Tick(todo_id=first.id, text="又一次"))
    move_clock(world, seconds=1)
    with pytest.raises(Invalid):
        transact(leader, tasks.tick, Tick(todo_id=second.id))
    photo = make_photo(world, world.leader("L902"), red=100)
    with pytest.raises(NotFound):
        transact(leader, tasks.tick, Tick(todo_id=second.id, photo=photo))
    photo = make_photo(world, leader)
    transact(leader, tasks.tick, Tick(todo_id=second.id, photo=photo))
    assert [(one.state, one.proof_photo) for one in todos(world)] == [
        (TodoState.DONE, ""), (TodoState.DONE_LATE, photo),
    ]  # fmt: skip
    move_clock(world, days=400)
    pictures = Pictures(world.services.settings.var_dir)
    assert tidy_photos(world.system, pictures, world.services.database.clock.now()) == 1  # what nobody's task shows
    assert pictures.find(photo) is not None


def test_tomorrows_task_is_not_ticked_today(world: World, planner: Actor) -> None:
    publish(world, planner, make_plan(world, planner, {"day_offset": 1}))
    make_todos(world)
    (ahead,) = todos(world)
    with pytest.raises(TaskAhead):
        world.services.database.transact(world.leader(), tasks.tick, Tick(todo_id=ahead.id))
    assert todos(world) == [ahead]


def test_a_plan_is_withdrawn_before_it_begins_only(world: World, planner: Actor) -> None:
    transact, read = world.services.database.transact, world.services.database.read
    plan_id = make_plan(world, planner, {}, starts_on=days(1))
    publish(world, planner, plan_id)
    assert make_todos(world) == 2
    with pytest.raises(Invalid):
        transact(planner, tasks.withdraw, plan_id, " ")
    assert transact(planner, tasks.withdraw, plan_id, "改期") == 2
    assert todos(world) == []
    assert make_todos(world) == 0
    assert read(queries.get_plan, plan_id).reason == "改期"
    again = transact(planner, plans.use_again, plan_id, days(3))
    (step,) = read(queries.steps, again, world.services.database.clock.now())
    assert (step.due_on, step.day_offset, read(queries.get_plan, again).state) == (days(3), 0, PlanState.DRAFT)
    begun = make_plan(world, planner, {})
    publish(world, planner, begun)
    with pytest.raises(PlanBegun):
        transact(planner, tasks.withdraw, begun, "改期")
    with pytest.raises(WrongState):
        transact(planner, tasks.publish, begun)


def test_dates_of_their_own_move_with_a_copy(world: World, planner: Actor) -> None:
    plan_id = make_plan(world, planner, {"day_offset": None, "on_date": days(4)})
    copy = world.services.database.transact(planner, plans.use_again, plan_id, days(10))
    (step,) = world.services.database.read(queries.steps, copy, world.services.database.clock.now())
    assert (step.on_date, step.due_on) == (days(14), days(14))


def test_a_published_plan_stands(world: World, planner: Actor) -> None:
    plan_id = make_plan(world, planner, {})
    publish(world, planner, plan_id)
    with pytest.raises(PlanFixed):
        world.services.database.transact(
            planner, plans.save_plan, SavePlan(plan_id=plan_id, title="别的", note="", starts_on=days(1))
        )
    assert world.services.database.read(queries.get_plan, plan_id).title == "双十一预热"


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"title": ""}, "step_title"),
        ({"script": "你好 {手机}"}, "script"),
        ({"day_offset": None}, "day_offset"),
        ({"on_date": TODAY}, "day_offset"),
        ({"day_offset": None, "on_date": TODAY - timedelta(1)}, "day_offset"),
        ({"day_offset": 367}, "day_offset"),
    ],
)
def test_what_no_step_is(world: World, planner: Actor, step: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        make_plan(world, planner, step)
    assert wrong.value.field == field
    assert world.services.database.read(queries.plans, PageAsk()).rows == []


def test_a_script_speaks_with_her_own_names(world: World, planner: Actor) -> None:
    script = "我是{leader},{neighbourhood}的邻居,{point} {opens}-{closes} 取货:{link} {date}"
    publish(world, planner, make_plan(world, planner, {"script": script}))
    make_todos(world)
    said = world.services.database.read(tasks.script_for, todos(world)[0], "https://x/s/1")
    assert said.endswith("取货:https://x/s/1 2026-11-20")
    assert "{" not in said
