"""Plans at HQ's door and tasks at the leader's."""

import io
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.tasks import queries
from app.domains.tasks.values import PlanState, TodoState
from app.infra.services import Services
from app.kernel.actors import Role
from app.kernel.paging import PageAsk
from app.worker.tasks import make_todos
from tests.factories.aftersales import make_picture
from tests.factories.leader import Leader
from tests.factories.tasks import TODAY, days
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def desk(client: FlaskClient, world: World) -> Desk:
    return Desk(client, world.services.database, Role.HQ_COMMUNITY)


def step(**fields: object) -> dict[str, object]:
    return {
        "step_title": "发团购接龙", "when": "offset", "day_offset": "0", "due_time": "20:00",
        "script": "大家好,我是{leader}", **fields,
    }  # fmt: skip


def begin(desk: Desk, starts_on: str = TODAY.isoformat()) -> UUID:
    answer = desk.post("/hq/plans", plan_title="双十一", starts_on=starts_on, note="")
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["Location"].rsplit("/", 1)[1])


def test_a_plan_is_written_published_and_done(client: FlaskClient, world: World, desk: Desk) -> None:
    assert "hq/plans/new" in desk.get("/hq/plans")
    desk.get("/hq/plans/new")
    plan_id = begin(desk)
    desk.get(f"/hq/plans/{plan_id}/step")
    wrong = desk.post(f"/hq/plans/{plan_id}/step", **step(due_time="late", leader="L999"))
    assert wrong.status_code == 422
    assert "大家好,我是{leader}" in wrong.text
    picture = (io.BytesIO(make_picture()), "poster.png")
    assert desk.post(f"/hq/plans/{plan_id}/step", **step(picture=picture, leader="L901")).status_code == 303
    (kept,) = world.services.database.read(queries.steps, plan_id, world.services.database.clock.now())
    assert kept.audience.leader_id == world.leaders["L901"]
    with desk.client.get(f"/hq/plans/{plan_id}/pictures/{kept.asset}") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    desk.get(f"/hq/plans/{plan_id}/edit")
    desk.get(f"/hq/plans/{plan_id}/step?step={kept.id}")
    desk.post(f"/hq/plans/{plan_id}/publish")
    make_todos(world.services)
    assert "0 / 1" in desk.get(f"/hq/plans/{plan_id}")
    leader = Leader(client, world.services).as_leader(world.leaders["L901"])
    now = world.services.database.clock.now()
    (todo,) = world.services.database.read(queries.todos_of_leader, world.leaders["L901"], now, TODAY)
    assert f"/leader/tasks/{todo.id}" in client.get("/leader/tasks").text
    assert "/leader/tasks" in client.get("/leader/").text
    page = client.get(f"/leader/tasks/{todo.id}").text
    assert "{leader}" not in page
    with client.get(f"/leader/tasks/{todo.id}/picture") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    done = client.post(f"/leader/tasks/{todo.id}", data={"csrf_token": leader.csrf(), "text": "发好了"})
    assert done.status_code == 303
    card = world.services.database.read(queries.get_todo, todo.id, now, TODAY)
    assert (card.state, card.proof_text) == (TodoState.DONE, "发好了")


def test_another_leaders_task_does_not_exist(client: FlaskClient, world: World, desk: Desk) -> None:
    plan_id = begin(desk)
    desk.post(f"/hq/plans/{plan_id}/step", **step(leader="L901"))
    desk.post(f"/hq/plans/{plan_id}/publish")
    make_todos(world.services)
    now = world.services.database.clock.now()
    (todo,) = world.services.database.read(queries.todos_of_leader, world.leaders["L901"], now, TODAY)
    Leader(client, world.services).as_leader(world.leaders["L902"])
    assert client.get(f"/leader/tasks/{todo.id}").status_code == 404
    assert str(todo.id) not in client.get("/leader/tasks").text


def test_a_plan_is_taken_back_and_used_again(world: World, desk: Desk) -> None:
    plan_id = begin(desk, days(2).isoformat())
    desk.post(f"/hq/plans/{plan_id}/step", **step())
    desk.post(f"/hq/plans/{plan_id}/publish")
    desk.post(f"/hq/plans/{plan_id}/withdraw", reason="改期")
    assert "改期" in desk.get(f"/hq/plans/{plan_id}")
    desk.post(f"/hq/plans/{plan_id}/again", starts_on=days(5).isoformat())
    read = world.services.database.read
    assert [one.state for one in read(queries.plans, PageAsk()).rows] == [PlanState.DRAFT, PlanState.WITHDRAWN]
    assert [one.first_on for one in read(queries.plans, PageAsk(), PlanState.DRAFT).rows] == [days(5)]
    (copy,) = read(queries.plans, PageAsk(), PlanState.DRAFT).rows
    (only,) = read(queries.steps, copy.id, world.services.database.clock.now())
    desk.post(f"/hq/plans/{copy.id}/drop", step_id=str(only.id))
    assert read(queries.get_plan, copy.id).steps == 0
