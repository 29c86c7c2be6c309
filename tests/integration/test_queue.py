"""Jobs and facts: none lost, none from a transaction that did not commit, each listener once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text

from app.infra.clock import SetClock
from app.infra.events import Job
from app.infra.services import Services
from app.infra.uow import Database, UnitOfWork
from app.kernel.ids import new_id
from app.reactions import registry
from app.worker import tasks
from tests.conftest import START


@dataclass(frozen=True, slots=True)
class BellRung:
    """A fact of this test."""

    topic: ClassVar[str] = "test.bell_rung"
    bell_id: UUID
    times: int


class Refusing(Exception):
    """What a listener of this test raises."""


def states(database: Database) -> list[tuple[str, str]]:
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


def ring(uow: UnitOfWork, fact: BellRung) -> None:
    uow.emit(fact)


def ring_and_fall(uow: UnitOfWork, fact: BellRung) -> None:
    uow.emit(fact)
    uow.defer(Job("deliver", {}))
    uow.finish()
    raise Refusing


def later(uow: UnitOfWork, job: Job) -> None:
    uow.defer(job)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, BellRung, str]]:
    got: list[tuple[str, BellRung, str]] = []

    def one(uow: UnitOfWork, fact: BellRung) -> None:
        got.append(("one", fact, uow.actor.name))

    def two(uow: UnitOfWork, fact: BellRung) -> None:
        got.append(("two", fact, uow.actor.name))

    listeners: Any = {BellRung: (("test.one", one), ("test.two", two))}
    monkeypatch.setattr(registry, "LISTENERS", listeners)
    return got


def test_rolled_back_transaction_leaves_no_job(run: Callable[..., Any], database: Database) -> None:
    with pytest.raises(Refusing):
        run(ring_and_fall, BellRung(new_id(), 1))
    assert states(database) == []


def test_a_fact_reaches_each_listener_once(
    run: Callable[..., Any], work: Callable[[], int], database: Database, heard: list[tuple[str, BellRung, str]]
) -> None:
    fact = BellRung(new_id(), 3)
    run(ring, fact)
    assert states(database) == [("deliver", "todo")]
    assert work() == 1
    assert heard == [("one", fact, "reaction:test.one"), ("two", fact, "reaction:test.two")]
    assert states(database) == [("deliver", "succeeded")]
    assert work() == 0


def test_a_redone_delivery_repeats_no_listener(
    run: Callable[..., Any], work: Callable[[], int], database: Database, heard: list[tuple[str, BellRung, str]]
) -> None:
    run(ring, BellRung(new_id(), 3))
    work()
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'todo'"))
    assert work() == 1
    assert [name for name, _, _ in heard] == ["one", "two"]


def test_a_failing_listener_holds_back_no_other(
    run: Callable[..., Any], work: Callable[[], int], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def refuse(uow: UnitOfWork, fact: BellRung) -> None:
        uow.audit("test.refused", fact.bell_id, None, None)
        raise Refusing

    def hear(uow: UnitOfWork, fact: BellRung) -> None:
        heard.append("hear")

    listeners: Any = {BellRung: (("test.refuse", refuse), ("test.hear", hear))}
    monkeypatch.setattr(registry, "LISTENERS", listeners)
    run(ring, BellRung(new_id(), 1))
    run(ring, BellRung(new_id(), 2))
    with pytest.raises(Refusing):
        work()
    assert heard == ["hear"]
    assert states(database) == [("deliver", "failed"), ("deliver", "todo")]
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM infra_audit")) == 0
        assert connection.scalars(text("SELECT listener FROM infra_delivery")).all() == ["test.hear"]


def test_a_job_waits_for_its_time(
    run: Callable[..., Any],
    work: Callable[[], int],
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    services: Services,
) -> None:
    ran: list[str] = []
    monkeypatch.setitem(tasks.TASKS, "note", lambda _services, word: ran.append(word))
    run(later, Job("note", {"word": "late"}, run_at=START + timedelta(minutes=5)))
    run(later, Job("note", {"word": "now"}))
    assert work() == 1
    clock.move_to(START + timedelta(minutes=5))
    assert tasks.run_due(services) == 1
    assert ran == ["now", "late"]
