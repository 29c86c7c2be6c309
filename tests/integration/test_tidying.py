"""The nightly tidy-up: what is old and only kept against repetition goes, everything else stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from app.domains.accounts.models import Attempt
from app.domains.payments.models import SeenEvent
from app.flows import tidying
from app.infra.clock import SetClock
from app.infra.idempotency import Delivery, IdempotencyKey
from app.infra.services import Services
from app.infra.settings import BadSettings, Settings
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from app.worker import tasks
from tests.conftest import START
from tests.factories.accounts import bearer, make_account

Call = Callable[..., Any]
KEEP = timedelta(days=30)
OLD, YOUNG = START - KEEP - timedelta(seconds=1), START - KEEP


def fill(database: Database, at: datetime, number: int = 1) -> list[UUID]:
    """Rows of every kind from an instant; the facts of the deliveries."""
    facts = [new_id() for _ in range(number)]
    with database.engine.begin() as connection:
        for n, fact in enumerate(facts):
            connection.execute(
                insert(IdempotencyKey).values(
                    account_id=fact, action="orders.place", key=f"k{n}", fingerprint="f", result_id=fact, at=at
                )
            )
            connection.execute(insert(Delivery).values(fact_id=fact, listener="a", at=at))
            connection.execute(insert(SeenEvent).values(id=f"evt_{fact}", kind="x", seen_at=at))
    return facts


def count(database: Database) -> tuple[int, ...]:
    with database.engine.connect() as connection:
        found = (connection.scalar(select(func.count()).select_from(m)) for m in (IdempotencyKey, Delivery, SeenEvent))
        return tuple(number or 0 for number in found)


def test_what_is_older_goes_batch_by_batch_and_the_rest_stays(
    database: Database, run: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "BATCH", 2)
    fill(database, OLD, 5)
    fill(database, YOUNG, 3)
    gone = tidying.tidy(run, START, KEEP)
    assert gone == {
        "idempotency keys": 5, "deliveries": 5, "provider events": 5, "sign-ins and codes": 0, "counts of tries": 0,
    }  # fmt: skip
    assert count(database) == (3, 3, 3)
    assert tidying.tidy(run, START, KEEP) == dict.fromkeys(gone, 0)


@pytest.mark.parametrize(("status", "left"), [("failed", 1), ("todo", 1), ("doing", 1), ("succeeded", 0)])
def test_a_delivery_stays_while_its_job_may_be_tried_again(
    database: Database, run: Call, status: str, left: int
) -> None:
    """Else a job that somebody tries again by hand would tell everybody a second time."""
    fact, _ = fill(database, OLD, 2)
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, args) VALUES"
                " ('default', 'deliver', CAST(:status AS procrastinate_job_status), CAST(:args AS jsonb)),"
                " ('default', 'deliver', 'failed', '{}')"
            ),
            {"status": status, "args": f'{{"fact_id": "{fact}"}}'},
        )
    assert tidying.tidy(run, START, KEEP)["deliveries"] == 2 - left
    with database.engine.connect() as connection:
        assert connection.scalars(select(Delivery.fact_id)).all() == [fact] * left


def test_only_the_house_itself_may_tidy(database: Database) -> None:
    fill(database, OLD)
    for role in set(Role) - {Role.SYSTEM, Role.HQ_ADMIN}:
        for forget in (tidying.forget_keys, tidying.forget_deliveries):
            with pytest.raises(Forbidden):
                database.transact(Actor("x", role, new_id()), forget, START, 10)
    assert count(database) == (1, 1, 1)


def test_the_night_keeps_what_the_setting_says(services: Services, database: Database, clock: SetClock) -> None:
    fill(database, START)
    with database.engine.begin() as connection:
        connection.execute(insert(Attempt).values(key="k", window_at=START, count=1))
    short = replace(services, settings=replace(services.settings, keep_days=7))
    clock.move_to(START + timedelta(days=8))
    tasks.tidy_up(services)
    assert count(database) == (1, 1, 1)
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Attempt)) == 0
    tasks.tidy_up(short)
    assert count(database) == (0, 0, 0)


def test_the_command_says_what_went(app: Flask, database: Database, clock: SetClock) -> None:
    fill(database, START)
    bearer(database, database.transact(Actor.system("test"), make_account))
    clock.move_to(START + timedelta(days=15))
    runner = app.test_cli_runner()
    nothing = "idempotency keys: 0\ndeliveries: 0\nprovider events: 0\nsign-ins and codes: 0\ncounts of tries: 0\n"
    nothing += "photos of claims: 0\n"
    assert runner.invoke(args=["tidy"]).output == nothing
    assert runner.invoke(args=["tidy", "--keep-days", "14"]).output == nothing.replace(": 0", ": 1", 3)
    assert count(database) == (0, 0, 0)
    refused = runner.invoke(args=["tidy", "--keep-days", "6"])
    assert (refused.exit_code, "7<=x<=3650" in refused.output) == (2, True)


def test_the_setting_has_bounds() -> None:
    assert Settings.from_env({"LINLI_MODE": "test"}).keep_days == 30
    with pytest.raises(BadSettings, match="LINLI_KEEP_DAYS must be a number from 7 to 3650, not '6'"):
        Settings.from_env({"LINLI_MODE": "test", "LINLI_KEEP_DAYS": "6"})
