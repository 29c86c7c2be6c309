"""A station at which nobody works any more says so on the board, with the reason, and is started again there."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import steps
from app.domains.groupbuys.values import RoundStep, Station, StepState
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import searches
from app.domains.logistics.values.routes import RunState
from app.flows import stations
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.web.notes import COUNTED, say_note
from app.worker import tasks
from tests.factories.accounts import let_in, make_account
from tests.factories.settlement import move_clock
from tests.factories.world import World, make_world

RUNNING, FAILED = StepState.RUNNING, StepState.FAILED


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def ask(world: World) -> None:
    world.run_as(Actor.system("test"))(stations.ask_station, world.group_buy_id, Station.CUTOFF, {"early": True})


def set_jobs(world: World, status: str, attempts: int = 0) -> None:
    """As the worker leaves a job that it took, or gave up."""
    with world.services.database.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE procrastinate_jobs SET status = CAST(:status AS procrastinate_job_status), attempts = :attempts"
                " WHERE task_name = 'run_station'"
            ),
            {"status": status, "attempts": attempts},
        )


def look(world: World) -> RoundStep:
    """The step after the worker's look at running stations."""
    tasks.notice_stopped(world.services)
    return world.services.database.read(groupbuys.get_round, world.group_buy_id).step(Station.CUTOFF)


def test_a_station_whose_job_was_given_up_has_stopped(world: World) -> None:
    ask(world)
    set_jobs(world, "failed", attempts=5)
    move_clock(world, seconds=stations.GIVEN_UP_S)
    assert look(world).state is RUNNING
    move_clock(world, seconds=1)
    stopped = look(world)
    assert (stopped.state, stopped.note) == (FAILED, "station_stopped {'tries': 5}")
    assert stopped.finished_at == world.services.database.clock.now()


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_station_that_waits_for_a_worker_or_has_one_runs(world: World, status: str) -> None:
    ask(world)
    set_jobs(world, status)
    move_clock(world, hours=5)
    assert look(world).state is RUNNING


def test_started_again_it_runs_and_the_old_job_is_forgotten(world: World) -> None:
    ask(world)
    set_jobs(world, "failed")
    move_clock(world, minutes=3)
    assert look(world).state is FAILED
    ask(world)
    move_clock(world, hours=1)
    assert look(world).state is RUNNING


def test_a_killed_command_is_noticed_by_its_silence(world: World) -> None:
    run = world.run_as(Actor.system("cli"))
    run(steps.start_step, world.group_buy_id, Station.CUTOFF)
    move_clock(world, minutes=10)
    run(steps.advance_step, world.group_buy_id, Station.CUTOFF, 1, 6)
    since = world.services.database.clock.now()
    move_clock(world, seconds=stations.SILENT_S)
    assert look(world).state is RUNNING
    move_clock(world, seconds=1)
    stopped = look(world)
    assert (stopped.state, stopped.done, stopped.total) == (FAILED, 1, 6)
    assert stopped.note == f"station_silent {{'since_at': {since!r}}}"


def test_one_that_moves_after_all_runs_again_and_ends_well(world: World) -> None:
    run = world.run_as(Actor.system("cli"))
    run(steps.start_step, world.group_buy_id, Station.CUTOFF)
    move_clock(world, hours=1)
    assert look(world).state is FAILED
    run(steps.advance_step, world.group_buy_id, Station.CUTOFF, 1, 6)
    assert look(world).state is RUNNING
    run(steps.finish_step, world.group_buy_id, Station.CUTOFF, "0 orders lapsed")
    assert look(world).state is StepState.DONE


def test_a_search_whose_job_was_given_up_ends_and_another_may_be_asked_for(world: World) -> None:
    run, read = world.run_as(Actor.system("test")), world.services.database.read
    first = run(searches.ask_search, world.group_buy_id, 15, 1)
    run(searches.begin_search, first)
    move_clock(world, hours=5)
    look(world)
    assert read(logistics.search_of, first).is_open  # its job waits still
    with world.services.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE procrastinate_jobs SET status = 'failed', attempts = 5 WHERE task_name = 'search_routes'")
        )
    assert run(searches.ask_search, world.group_buy_id, 15, 1) == first
    look(world)
    ended = read(logistics.search_of, first)
    assert (ended.state, ended.note) == (RunState.FAILED, "station_stopped {'tries': 5}")
    run(searches.end_search, first, None, "again")  # one that has ended stays as it ended
    assert read(logistics.search_of, first).note == "station_stopped {'tries': 5}"
    second = run(searches.ask_search, world.group_buy_id, 15, 1)
    look(world)
    assert second != first
    assert read(logistics.search_of, second).is_open


def board(client: FlaskClient, world: World) -> str:
    return client.get(f"/hq/rounds/{world.group_buy_id}/board").text


@pytest.mark.parametrize(
    ("locale", "words", "button"),
    [
        ("en", "Stopped: The worker gave up after 5 tries. Start it again: it continues where it was.", "Retry"),
        ("zh", "已停止：后台任务尝试 5 次后放弃。请重新启动：会从中断处继续。", "重试"),
    ],
)
def test_the_board_tells_what_happened_and_starts_it_again(
    world: World, client: FlaskClient, locale: str, words: str, button: str
) -> None:
    database = world.services.database
    csrf = let_in(client, database, database.transact(Actor.system("test"), make_account, Role.HQ_MERCHANDISER))
    client.set_cookie("locale", locale)
    ask(world)
    set_jobs(world, "failed", attempts=5)
    assert 'data-running="yes"' in board(client, world)
    move_clock(world, minutes=3)
    look(world)
    page = board(client, world)
    assert 'data-running="no"' in page
    assert words in page
    assert button in page
    path = f"/hq/rounds/{world.group_buy_id}/stations/cutoff"
    assert client.post(path, data={"csrf_token": csrf, "early": "1"}).status_code == 303
    assert look(world).state is RUNNING


def test_the_look_costs_one_statement_when_nothing_runs(world: World) -> None:
    reads: list[object] = []
    database = world.services.database

    def read(query: Callable[..., object], *args: object) -> object:
        reads.append(query)
        return database.read(query, *args)

    assert stations.notice_stopped(world.run_as(Actor.system("x")), read, database.clock.now()) == 0
    assert reads == [groupbuys.running_steps]


@pytest.mark.parametrize(
    ("locale", "note", "words"),
    [
        ("en", "1 trucks, 1 stops, 2.5 km, 84.60 CNY", "1 truck, 1 stop, 2.5 km, 84.60 CNY"),
        ("en", "0 trucks, 2 stops, 0.0 km", "0 trucks, 2 stops, 0.0 km"),
        ("zh", "1 trucks, 3 stops, 2.5 km, 84.60 CNY", "1 辆车，3 站，2.5 公里，84.60 CNY"),
        (
            "en",
            "1 pieces unclaimed and refunded, 1 orders given up",
            "1 piece unclaimed and refunded, 1 order given up",
        ),
        ("en", "something new, 7 words", "something new, 7 words"),
    ],
)
def test_notes_are_said_with_the_right_number(app: Flask, locale: str, note: str, words: str) -> None:
    with app.test_request_context(headers={"Cookie": f"locale={locale}"}):
        app.preprocess_request()
        assert say_note(note) == words


def test_every_count_is_said_in_both_languages_and_for_one(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": "locale=zh"}):
        app.preprocess_request()
        same = [many for _, many in COUNTED if say_note(many % {"num": 3}) == many % {"num": 3}]
    assert same == []
