"""The long-running worker: facts arrive, faults are tried again, a killed worker's job is redone, a stop is orderly."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.infra.clock import RealClock, SetClock
from app.infra.db import engine_for
from app.infra.events import Job
from app.infra.queue import plain_url
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor
from app.kernel.errors import Invalid
from app.worker import runtime, tasks
from tests.factories.accounts import bearer, make_account
from tests.factories.provider import ApprovingProvider
from tests.patience import SECONDS

Call = Callable[..., Any]
ROOT = Path(__file__).parents[2]


def defer(uow: UnitOfWork, *jobs: Job) -> None:
    for job in jobs:
        uow.defer(job)


def rows(database: Database) -> list[tuple[Any, ...]]:
    """(task, status, attempts) of jobs, but for those of the schedule."""
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT task_name, status::text, attempts FROM procrastinate_jobs ORDER BY id"))
        return [tuple(row) for row in found if row[0] not in {*tasks.SCHEDULE, "forget_old_jobs"}]


def wait_for(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def drain(services: Services) -> Callable[[], None]:
    """Run the real worker in this process until the queue has nothing that is due."""

    async def work() -> None:
        async with runtime.build(services, 2).open_async() as app:
            await runtime.take_back(app, 30)
            await app.run_worker_async(wait=False, install_signal_handlers=False, concurrency=2)

    return lambda: asyncio.run(work())


def test_jobs_run_and_facts_arrive(
    run: Call, drain: Callable[[], None], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setitem(tasks.TASKS, "note", lambda _services, word: seen.append(word))
    fact = {"topic": "nobody.listens", "fact_id": "01930000-0000-7000-8000-000000000001", "body": {}}
    run(defer, Job("note", {"word": "a"}), Job("deliver", fact), Job("note", {"word": "b"}, lock="one"))
    drain()
    assert sorted(seen) == ["a", "b"]
    assert rows(database) == [("note", "succeeded", 1), ("deliver", "succeeded", 1), ("note", "succeeded", 1)]


def test_a_fault_is_tried_again_later_and_a_refusal_is_final(
    run: Call, drain: Callable[[], None], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(_services: Services) -> None:
        raise RuntimeError("network")

    def refusal(_services: Services) -> None:
        raise Invalid(field="qty", reason="negative")

    monkeypatch.setitem(tasks.TASKS, "fault", fault)
    monkeypatch.setitem(tasks.TASKS, "refusal", refusal)
    run(defer, Job("fault", {}), Job("refusal", {}))
    drain()
    assert rows(database) == [("fault", "todo", 1), ("refusal", "failed", 1)]
    with database.engine.begin() as connection:
        waits = text(
            "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs WHERE task_name = 'fault'"
        )
        assert 0 < float(connection.scalar(waits) or 0) <= 3
        connection.execute(
            text("UPDATE procrastinate_jobs SET scheduled_at = NULL, attempts = 6 WHERE task_name = 'fault'")
        )
    drain()
    assert rows(database)[0] == ("fault", "failed", 7)


def test_jobs_of_dead_workers_are_taken_back_unless_they_kill(
    run: Call, drain: Callable[[], None], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setitem(tasks.TASKS, "note", lambda _services, word: seen.append(word))
    run(defer, Job("note", {"word": "redone"}), Job("note", {"word": "deadly"}))
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '31 seconds')")
        )
        connection.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing',"
                " worker_id = (SELECT max(id) FROM procrastinate_workers),"
                " attempts = CASE WHEN args->>'word' = 'deadly' THEN 4 ELSE 0 END"
            )
        )
    drain()
    assert (seen, rows(database)) == (["redone"], [("note", "succeeded", 2), ("note", "failed", 5)])


def test_a_dead_workers_tick_makes_room_for_the_one_that_waits(
    drain: Callable[[], None], database: Database, services: Services
) -> None:
    """Both carry the same queueing lock, so the dead one cannot wait too; it must not hold up other dead jobs."""
    lines = "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status, args) VALUES "
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            lines + "('default', 'poll_payments', 'poll_payments', 'poll_payments', 'doing', '{}'),"
            " ('default', 'poll_payments', 'poll_payments', 'poll_payments', 'todo', '{}'),"
            " ('default', 'lapse_orders', 'lapse_orders', 'lapse_orders', 'doing', '{}')"
        )
    drain()
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id LIMIT 3")
        assert [tuple(row) for row in found] == [
            ("poll_payments", "aborted"), ("poll_payments", "succeeded"), ("lapse_orders", "succeeded"),
        ]  # fmt: skip


def test_every_scheduled_task_exists_and_takes_no_arguments(services: Services) -> None:
    assert set(tasks.SCHEDULE) <= set(tasks.TASKS)
    app = runtime.build(services, 1)
    names = {name for name, _ in app.periodic_registry.periodic_tasks}
    assert names == {*tasks.SCHEDULE, "forget_old_jobs"}
    for name in tasks.SCHEDULE:
        tasks.TASKS[name](services)


# --- as a process ---------------------------------------------------------------------------------------------------


@contextmanager
def worker(database: Database, var: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DATABASE_URL": plain_url(database.engine), "LINLI_VAR": str(var)}
    process = subprocess.Popen([sys.executable, "-m", "tests.integration.test_worker"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)


def main() -> None:
    """A worker with one more task: it notes that it began, and ends only in its second run."""
    settings = Settings.from_env(os.environ)

    def slow(_services: Services, place: str) -> None:
        with Path(place).open("a") as notes:
            notes.write("began ")
        if Path(place).read_text() == "began ":
            time.sleep(600)
        with Path(place).open("a") as notes:
            notes.write("ended")

    tasks.TASKS["slow"] = slow
    database = Database(engine_for(settings.database_url, 2), RealClock())
    runtime.run(Services(settings, database, ApprovingProvider()), 2)


@pytest.mark.kill
def test_a_killed_workers_job_is_redone_by_the_next_which_ends_in_good_order(
    run: Call, database: Database, tmp_path: Path
) -> None:
    place = tmp_path / "notes"
    place.write_text("")
    with worker(database, tmp_path) as first:
        run(defer, Job("slow", {"place": str(place)}, lock="slow"))
        wait_for(lambda: place.read_text() == "began ")
        first.kill()
        first.wait(SECONDS)
    assert rows(database) == [("slow", "doing", 0)]
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'"))
    with worker(database, tmp_path) as second:
        wait_for(lambda: rows(database) == [("slow", "succeeded", 2)])
        second.send_signal(signal.SIGTERM)
        assert second.wait(SECONDS) == 0
    assert place.read_text() == "began began ended"
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_workers")) == 0


@pytest.mark.kill
def test_a_worker_whose_connections_are_cut_begins_again(run: Call, database: Database, tmp_path: Path) -> None:
    place = tmp_path / "notes"
    place.write_text("began ")
    alive = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND application_name <> 'sweeper'"
    )

    def listening() -> bool:
        with database.engine.connect() as connection:
            return bool(connection.scalar(alive))

    with worker(database, tmp_path) as process:
        wait_for(listening)
        database.engine.dispose()
        with database.engine.begin() as connection:
            connection.execute(cut)
        run(defer, Job("slow", {"place": str(place)}))
        wait_for(lambda: rows(database)[-1][1] == "succeeded")
        assert process.poll() is None


if __name__ == "__main__":
    main()


def test_the_night_forgets_what_ended_a_month_ago(services: Services, database: Database, clock: SetClock) -> None:
    account = database.transact(Actor.system("test"), make_account)
    bearer(database, account)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE accounts_sign_in SET revoked_at = :at"), {"at": clock.now()})
    bearer(database, account)
    tasks.tidy_up(services)
    counted = text("SELECT count(*) FROM accounts_sign_in")
    with database.engine.connect() as connection:
        assert connection.scalar(counted) == 2
    clock.move_to(clock.now() + timedelta(days=31))
    tasks.tidy_up(services)
    with database.engine.connect() as connection:
        assert connection.scalar(counted) == 1
