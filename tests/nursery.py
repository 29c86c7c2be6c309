"""Processes that begin by a fork of one that has imported the house: a start costs a tenth of Python's own.

What is born here is a process like any other: `python -m MODULE …` with an environment of its own, its output in a
file, no connection and no thread of anybody else; it can be killed, and nobody else notices. Nothing of ours reads the
environment while it is imported, and the application is built after the fork.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.database import HOME, ROOT

IMPORTED = (
    "app.factory", "app.domains.payments.gateways.stripe", "flask.cli", "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
)  # fmt: skip


class Nursery:
    """One process, begun with the first birth and ended with ours, that forks whenever it is asked."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        mine = {"PYTHONPYCACHEPREFIX": str(HOME / "pyc"), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery"], cwd=ROOT, env=kept | mine,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lock = threading.Lock()
        atexit.register(self._end)

    def bear(self, arguments: list[str], env: Mapping[str, str], out: Path, err: Path | None = None) -> "Born":
        """Begin `python -m` with these arguments; what it prints is added to `out`, what it complains of to `err`."""
        wish = {"arguments": arguments, "env": dict(env), "out": str(out), "err": str(err or out)}
        return Born(self, self._ask(wish))

    def bury(self, pid: int) -> int:
        """The exit code of a process that has ended (less than none: the signal that ended it)."""
        return self._ask({"bury": pid})

    def _ask(self, wish: dict[str, Any]) -> int:
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            print(json.dumps(wish), file=self._process.stdin, flush=True)
            return int(self._process.stdout.readline())

    def _end(self) -> None:
        self._process.communicate()


@dataclass
class Born:
    """A process of the nursery, with the few words that one has for a `subprocess.Popen`."""

    nursery: Nursery
    pid: int
    returncode: int | None = None

    def terminate(self) -> None:
        """Ask it to end."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int:
        """Wait for its end and return its exit code; TimeoutExpired when it does not come."""
        if self.returncode is None:
            handle = os.pidfd_open(self.pid)
            try:
                if not select.select([handle], [], [], seconds)[0]:
                    raise subprocess.TimeoutExpired(str(self.pid), seconds)
            finally:
                os.close(handle)
            self.returncode = self.nursery.bury(self.pid)
        return self.returncode


def serve() -> None:
    """Fork for every line that asks for it, until there are no more; the child goes on as what was asked for."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        wish = json.loads(line)
        if "bury" in wish:
            answer = os.waitstatus_to_exitcode(os.waitpid(wish["bury"], 0)[1])
        elif not (answer := os.fork()):
            return _become(wish["arguments"], wish["env"], wish["out"], wish["err"])
        print(answer, flush=True)
    return None


def _become(arguments: list[str], env: dict[str, str], out: str, err: str) -> None:
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
