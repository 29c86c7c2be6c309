"""One database per test worker, cloned from a migrated template on the embedded server (or LINLI_TEST_SERVER)."""

import fcntl
import os
import tempfile
import zlib
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from app.infra.embedded import embedded_url

ROOT = Path(__file__).parent.parent
#: Sockets have short names, so the server may have to live outside a deep checkout.
SHORT = Path(tempfile.gettempdir()) / f"linli-{zlib.crc32(str(ROOT).encode()):x}"
HOME = ROOT / "var" / "test" if len(str(ROOT)) < 60 else SHORT
TEMPLATE = "linli_template"


def server_url(database: str) -> str:
    """A URL on the test server: the one of LINLI_TEST_SERVER (postgresql://…/postgres) or the embedded one."""
    given = os.environ.get("LINLI_TEST_SERVER")
    if given:
        head, _, tail = given.partition("/postgres?")
        return f"{head}/{database}?{tail}" if tail else given.removesuffix("/postgres") + "/" + database
    url = embedded_url(HOME, "postgres")
    return url.replace("/postgres?", f"/{database}?", 1)


def migrate(url: str) -> None:
    """Bring a database to the newest version."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        config = Config(str(ROOT / "alembic.ini"))
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    engine.dispose()


def _versions() -> str:
    return str(sorted((p.name, p.stat().st_mtime_ns) for p in (ROOT / "migrations" / "versions").glob("*.py")))


def make_database(name: str) -> str:
    """A fresh migrated database called `name`; the template is made anew when the migrations changed."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            if not os.environ.get("LINLI_TEST_SERVER"):
                for costly in ("fsync", "full_page_writes", "synchronous_commit"):
                    admin.execute(f"ALTER SYSTEM SET {costly} = off")
                admin.execute("SELECT pg_reload_conf()")
            stamp = HOME / ("template.stamp" + ("-given" if os.environ.get("LINLI_TEST_SERVER") else ""))
            known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
            if not known or not stamp.exists() or stamp.read_text() != _versions():
                admin.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
                admin.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0 ENCODING 'UTF8'")
                migrate(server_url(TEMPLATE))
                stamp.write_text(_versions())
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
    return server_url(name)


def drop_database(name: str) -> None:
    """Remove a test run's database."""
    with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class Sweeper:
    """Empties one database again and again over a connection of its own, on which the question stays planned.

    Deleting a few rows is far cheaper than TRUNCATE, which makes new files for each table and its indexes; but what
    was deleted is still read over, so that now and then the files are made anew all the same, and always those of more
    than a page: else new rows would fill gaps, in another order. Triggers and foreign keys are not asked, and
    sequences go on.
    """

    #: Emptyings by DELETE between two by TRUNCATE.
    BETWEEN = 60

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(
            url, autocommit=True, application_name="sweeper", options="-c lock_timeout=8s"
        )
        self._connection.execute("SET session_replication_role = replica")
        names = self._connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename <> 'alembic_version' ORDER BY 1"
        ).fetchall()
        self._all = ", ".join(name for (name,) in names)
        filled = " UNION ALL ".join(
            f"SELECT '{name}', pg_relation_size('{name}') > 8192 WHERE EXISTS (SELECT FROM {name})" for (name,) in names
        )
        self._connection.execute(f"PREPARE filled AS {filled}")
        self._left = self.BETWEEN

    def sweep(self) -> None:
        """Empty every table that has a row."""
        self._left -= 1
        if self._left < 0:
            self._connection.execute(f"TRUNCATE {self._all}")
            self._left = self.BETWEEN
        elif filled := self.filled():
            self._connection.execute(";".join(f"DELETE FROM {name}" for name, _ in filled))
            if long := ", ".join(name for name, is_long in filled if is_long):
                self._connection.execute(f"TRUNCATE {long} CASCADE")

    def filled(self) -> list[tuple[str, bool]]:
        """Each table that has a row, and whether it is longer than a page."""
        return self._connection.execute("EXECUTE filled").fetchall()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()
