"""The embedded database comes back after a crash, and takes no other process for itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from app.infra import embedded
from app.infra.embedded import embedded_url, stop_embedded
from tests.database import ROOT
from tests.patience import SECONDS

JOIN = "import sys, pathlib, app.infra.embedded as e; print(e.embedded_url(pathlib.Path(sys.argv[1])))"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A directory with a database that holds one row, its server killed."""
    with psycopg.connect(embedded_url(tmp_path), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(_noted(tmp_path), signal.SIGKILL)
    yield tmp_path
    stop_embedded(tmp_path)


def _noted(home: Path) -> int:
    return int((home / "pg" / "postmaster.pid").read_text().splitlines()[0])


def _joined_by_four(home: Path) -> set[str]:
    """What four processes that come at once are told."""
    command = [sys.executable, "-c", JOIN, str(home)]
    four = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    return {process.communicate(timeout=SECONDS)[0].strip() for process in four}


def _kept(url: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute("SELECT n FROM kept").fetchall()[0][0])


@pytest.mark.kill
def test_a_killed_server_is_started_again_by_whoever_comes_first(home: Path) -> None:
    (url,) = _joined_by_four(home)
    assert _kept(url) == 7


@pytest.mark.kill
def test_another_process_with_the_dead_servers_number_is_left_alone(home: Path) -> None:
    note = home / "pg" / "postmaster.pid"
    with subprocess.Popen(["sleep", "600"]) as other:
        note.write_text("\n".join([str(other.pid), *note.read_text().splitlines()[1:], ""]))
        (url,) = _joined_by_four(home)
        assert _kept(url) == 7
        assert _noted(home) != other.pid
        stop_embedded(home)
        assert other.poll() is None
        other.kill()


def test_roots_commands_are_in_reach_whatever_path_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    paths: list[str] = []
    monkeypatch.setattr(embedded.PostgresServer, "start", lambda _server: paths.append(os.environ["PATH"]))
    with suppress(RuntimeError):  # nothing was started, so nobody answers
        monkeypatch.setattr(embedded, "PATIENCE_S", 0.1)
        embedded_url(tmp_path)
    assert paths[0] == "/usr/bin:/usr/sbin:/sbin"
    assert os.environ["PATH"] == "/usr/bin"
