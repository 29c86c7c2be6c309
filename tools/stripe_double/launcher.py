"""Starting and steering the double from Python: used by the demo and the tests."""

import json
import os
import selectors
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ROOT = Path(__file__).resolve().parents[2]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the shop behind it may not be there."""

    def redirect_request(self, *_: Any) -> None:
        return None


class DoubleProcess:
    """The double as a child process; leaving the ``with`` block ends it."""

    def __init__(self) -> None:
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._command: list[str] = []

    def start(
        self,
        webhook_url: str,
        secret: str,
        state: Path | str | None = None,
        port: int = 0,
        *,
        extra: Sequence[str] = (),
        wait_s: float = 60.0,
    ) -> Self:
        """Start the process and wait until it listens; ``url`` is its address.

        It ends with the caller's process. ``extra`` are further command line arguments.
        Raises RuntimeError when it does not come up in time.
        """
        if self._process:
            message = "already running"
            raise RuntimeError(message)
        self._command = [sys.executable, "-m", "tools.stripe_double", "--webhook-url", webhook_url]
        self._command += ["--webhook-secret", secret, "--exit-with-parent", *extra]
        if state is not None:
            self._command += ["--state", str(Path(state).resolve())]
        return self._launch(port, wait_s)

    def restart(self, wait_s: float = 60.0) -> Self:
        """Start again with the same arguments and the same port, after stop or kill."""
        return self._launch(self.port, wait_s)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def pid(self) -> int:
        """The process identifier; raises RuntimeError when it does not run."""
        if self._process is None:
            message = "not running"
            raise RuntimeError(message)
        return self._process.pid

    def stop(self) -> None:
        """End it in good order (SIGTERM)."""
        if self._process:
            self._process.terminate()
            self._reap()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process:
            self._process.kill()
            self._reap()

    def control(self, path: str, /, **wishes: Any) -> dict[str, Any]:
        """Call a control endpoint, e.g. ``control("settings", hold=True)``, ``control("approve/pi_…")``.

        Raises urllib.error.HTTPError when the double refuses.
        """
        request = urllib.request.Request(
            f"{self.url}/_double/{path.lstrip('/')}",
            data=json.dumps(wishes).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def enter_card(self, session_id: str, name: str) -> None:
        """Enter a test card on the hosted page, as a payer would.

        Raises urllib.error.HTTPError when its bank declines.
        """
        form = urllib.parse.urlencode({"card": name}).encode()
        try:
            with urllib.request.build_opener(_Stay).open(f"{self.url}/card/{session_id}/save", form, timeout=20):
                return
        except urllib.error.HTTPError as told:
            if told.code != 303:
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, port: int, wait_s: float) -> Self:
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        self._process = subprocess.Popen(
            [*self._command, "--port", str(port)], cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        line = self._first_line(wait_s)
        if not line.startswith("ready "):
            self.kill()
            message = f"the Stripe double did not start: {line!r}"
            raise RuntimeError(message)
        self.url = line.removeprefix("ready ").strip()
        return self

    def _first_line(self, wait_s: float) -> str:
        output = self._process.stdout if self._process else None
        if output is None:
            return ""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            until = time.monotonic() + wait_s
            ready = selector.select(max(0.0, until - time.monotonic()))
        return output.readline() if ready else ""

    def _reap(self) -> None:
        process, self._process = self._process, None
        if process:
            process.wait(timeout=15)
            if process.stdout:
                process.stdout.close()
