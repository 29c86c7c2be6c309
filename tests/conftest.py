"""Fixtures shared by every test: real PostgreSQL, a clock that is put, the app, and a worker that runs on demand."""

import functools
import gc
import importlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import domains
from app.infra.clock import SetClock
from app.infra.db import engine_for
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Database
from app.kernel.actors import Actor
from app.worker.tasks import run_due
from tests.application import lent_app
from tests.database import Sweeper, drop_database, make_database
from tests.factories.kept import now_at
from tests.factories.provider import ApprovingProvider
from tests.patience import SECONDS
from tools.messages import compile_all

# Foreign keys cross rooms, so a test of one room needs the tables of all.
for room in sorted(Path(domains.__path__[0]).glob("*/models*")):
    importlib.import_module(f"app.domains.{room.parent.name}.models")

#: Friday 20 November 2026, 10:00 in Shanghai.
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SYSTEM = Actor.system("test")


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> Iterator[str]:
    """This test worker's own database; its name holds the process, so that several runs never meet."""
    name = f"linli_test_{worker_id}_{os.getpid()}"
    yield make_database(name)
    drop_database(name)


@pytest.fixture(scope="session")
def _database(database_url: str) -> Iterator[Database]:
    database = Database(engine_for(database_url, pool_size=48, patience_s=int(SECONDS)), SetClock(START))
    now_at.watch(database.engine)
    yield database
    database.engine.dispose()


@pytest.fixture
def clock(_database: Database) -> SetClock:
    """The clock of the test's database, put to START."""
    assert isinstance(_database.clock, SetClock)
    _database.clock.move_to(START)
    return _database.clock


@pytest.fixture(scope="session")
def sweeper(database_url: str) -> Iterator[Sweeper]:
    """What empties the test worker's database."""
    found = Sweeper(database_url)
    yield found
    found.close()


@pytest.fixture
def database(_database: Database, clock: SetClock, sweeper: Sweeper) -> Database:
    """An empty migrated database."""
    now_at.empty(sweeper)
    return _database


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test installation."""
    return Settings.from_env(
        {
            "LINLI_MODE": "test",
            "DATABASE_URL": database_url,
            "LINLI_VAR": str(tmp_path),
            "LINLI_PUBLIC_URL": "http://localhost",
        }
    )


@pytest.fixture
def services(settings: Settings, database: Database) -> Services:
    """What doors and the worker are handed; the payment provider is a plain in-process stand-in at the outside edge."""
    return Services(settings, database, ApprovingProvider())


@pytest.fixture
def run(database: Database) -> Callable[..., Any]:
    """Run a use-case as the system in one transaction."""
    return functools.partial(database.transact, SYSTEM)


@pytest.fixture
def read(database: Database) -> Callable[..., Any]:
    """Run a query."""
    return database.read


@pytest.fixture
def work(services: Services) -> Callable[[], int]:
    """Run every queued job now, in this thread; returns how many ran."""
    return lambda: run_due(services)


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """The application on the test's services."""
    with lent_app(services) as lent:
        yield lent


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a page."""
    return app.test_client()


#: Files with a test of minutes: begun first, so that at the end nobody waits for one of them alone.
LONG = ("test_hub_night", "test_kills", "test_payment_kills", "test_supply_machine", "test_schemathesis")
#: Those that start many processes: one after another, on one worker.
HEAVY = LONG[:3]


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: to look it through for garbage takes a fifteenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long ones begin, the heavy ones never at the same time; others of a file share what is kept."""
    for item in items:
        if item.path.stem in HEAVY:
            item.add_marker(pytest.mark.xdist_group("heavy"))
        elif item.path.parent.name in {"concurrency", "integration"}:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: item.path.stem not in LONG)


# Examples are the same on every machine, and none of them is timed.
hypothesis.settings.register_profile("linli", deadline=None, derandomize=True, database=None, print_blob=False)
hypothesis.settings.load_profile("linli")


def pytest_configure(config: pytest.Config) -> None:
    """Tests are not to see settings of the person who runs them; translations are compiled before the first page."""
    compile_all()
    for name in [n for n in os.environ if n.startswith(("LINLI_", "STRIPE_")) or n == "DATABASE_URL"]:
        if name != "LINLI_TEST_SERVER":
            del os.environ[name]
