"""Migrations: one head, equal to the models, and a way back from everywhere."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from tests.database import ROOT, make_database


def config_for(connection: Connection | None = None) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config


@pytest.fixture
def connection(worker_id: str) -> Iterator[Connection]:
    """A migrated database that only this test uses."""
    url = make_database(f"linli_migrations_{worker_id}").replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables(connection: Connection) -> set[str]:
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    return set(connection.execute(text(names)).scalars())


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config_for()).get_heads()) == 1


def test_models_equal_migrations(connection: Connection) -> None:
    command.check(config_for(connection))


def test_up_down_up(connection: Connection) -> None:
    full = tables(connection)
    assert {"accounts_account", "orders_order", "procrastinate_jobs"} <= full
    connection.rollback()
    command.downgrade(config_for(connection), "base")
    connection.commit()
    assert tables(connection) == set()
    connection.rollback()
    command.upgrade(config_for(connection), "head")
    connection.commit()
    assert tables(connection) == full
