"""The deployment as processes: gunicorn, the worker, the payment double - on the test's database and clock."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from app.infra.clock import FileClock
from tests.database import HOME, ROOT
from tests.nursery import Born, Nursery
from tests.patience import SECONDS
from tools.stripe_double.launcher import DoubleProcess

STRIPE_KEY, WEBHOOK_SECRET = "sk_test_serving", "whsec_serving"

#: The processes of a test run are all born here.
_nurseries: list[Nursery] = []


def _nursery() -> Nursery:
    if not _nurseries:
        _nurseries.append(Nursery())
    return _nurseries[0]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Deployment:
    """Processes of one installation; each may be killed and started again."""

    def __init__(self, database_url: str, var: Path, now: datetime, **settings: str) -> None:
        self.var, self.port = var, free_port()
        self.clock = FileClock(var / "clock")
        self.clock.move_to(now)
        self.double = DoubleProcess().start(f"{self.url}/api/hooks/stripe", WEBHOOK_SECRET, var / "stripe.db")
        self.env: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": str(HOME / "pyc"),
            "DATABASE_URL": database_url, "LINLI_MODE": "test", "LINLI_VAR": str(var), "LINLI_PUBLIC_URL": self.url,
            "LINLI_CLOCK_FILE": str(var / "clock"), "LINLI_LOG_LEVEL": "ERROR", "LINLI_WORKERS": "2",
            "STRIPE_API_KEY": STRIPE_KEY, "STRIPE_API_BASE": self.double.url, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "FLASK_APP": "wsgi", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore",
            **settings,
        }  # fmt: skip
        self.processes: dict[str, Born] = {}

    @property
    def url(self) -> str:
        """Where the web answers."""
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> None:
        """Start gunicorn and wait until it answers."""
        self._start("web", "gunicorn", "-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{self.port}", "wsgi:app")
        self._wait(f"{self.url}/healthz")

    def start_worker(self, name: str = "worker") -> None:
        """Start a job worker; any number may run, each under a name of its own."""
        self._start(name, "flask", "worker", "run")

    def flask(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command of ours to its end."""
        command = ["flask", *arguments]
        out, err = self.var / "flask.out", self.var / "flask.err"
        for path in (out, err):
            path.write_text("")
        code = _nursery().bear(command, self.env, out, err).wait(SECONDS * 3)
        return subprocess.CompletedProcess(command, code, out.read_text(), err.read_text())

    def children(self, name: str) -> list[int]:
        """Process ids of a process's children (gunicorn's workers)."""
        pid = self.processes[name].pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self, name: str) -> None:
        """SIGKILL a process and its children, as a power cut would."""
        parent = self.processes[name].pid
        os.kill(parent, signal.SIGSTOP)  # so that it replaces no child before its own end
        for pid in [*self.children(name), parent]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.processes.pop(name).wait(10)

    def stop(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self.double.stop()

    def _start(self, name: str, *module: str) -> None:
        environment = {**self.env, "PGAPPNAME": name}  # so that the database can tell whose connection it is
        self.processes[name] = _nursery().bear([*module], environment, self.var / f"{name}.log")

    def _wait(self, url: str) -> None:
        for _ in range(1200):
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        log = "\n".join(path.read_text()[-2000:] for path in self.var.glob("*.log"))
        raise RuntimeError(f"{url} does not answer\n{log}")


@contextmanager
def deployment(database_url: str, var: Path, now: datetime, **settings: str) -> Iterator[Deployment]:
    """A deployment that is ended with the block; `settings` are further variables of its environment."""
    running = Deployment(database_url, var, now, **settings)
    try:
        yield running
    finally:
        running.stop()
