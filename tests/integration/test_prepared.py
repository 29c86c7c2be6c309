"""Statements that are asked again and again are planned once: reads between them change nothing of that."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.infra.db import STATEMENTS_KEPT, engine_for
from app.infra.uow import Database, UnitOfWork
from tests.conftest import SYSTEM

Call = Callable[..., Any]


@pytest.fixture
def narrow(database: Database) -> Database:
    """The same database through one connection."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Database(engine_for(url, pool_size=1), database.clock)


def prepared(database: Database) -> list[str]:
    """What the connection keeps prepared, but for this question."""

    def ask(session: Session) -> list[str]:
        kept = session.scalars(text("SELECT statement FROM pg_prepared_statements"))
        return [one for one in kept if "pg_prepared_statements" not in one]

    return database.read(ask)


def test_reads_keep_what_is_prepared(narrow: Database) -> None:
    for _ in range(7):
        narrow.read(lambda session: session.scalar(text("SELECT count(*) FROM orders_order")))
    assert prepared(narrow) == ["SELECT count(*) FROM orders_order"]
    narrow.engine.dispose()


def test_writes_between_reads_keep_it_too(narrow: Database) -> None:
    def write(uow: UnitOfWork) -> None:
        uow.lock("a name")

    for _ in range(7):
        narrow.transact(SYSTEM, write)
        narrow.read(lambda session: session.scalar(text("SELECT 1")))
    assert len(prepared(narrow)) == 2
    narrow.engine.dispose()


def test_more_than_a_hundred_are_kept(narrow: Database) -> None:
    many = 150
    assert many < STATEMENTS_KEPT
    for _ in range(7):
        for number in range(many):
            narrow.read(lambda session, number=number: session.scalar(text(f"SELECT {number}")))
    assert len(prepared(narrow)) == many
    narrow.engine.dispose()
