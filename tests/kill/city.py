"""The city of the kill test: its processes, people who try again until they are answered, and the power cuts."""

import json
import os
import random
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from sqlalchemy import Connection, text

from tests.factories.world import World
from tests.patience import SECONDS
from tests.serving import STRIPE_KEY, Deployment

_WAITING = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE NOT l.granted AND l.relation = CAST(:table AS regclass) AND a.application_name LIKE 'worker%'"
    " ORDER BY l.waitstart LIMIT 1"
)
_LISTENING = text(
    "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE 'worker%' AND query LIKE 'LISTEN%'"
)


def wait_for(condition: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Wait until a condition holds; returns what it gave."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.01)
    return found


@dataclass
class City:
    """A world, its deployment, and the number of kills by stage and victim."""

    world: World
    running: Deployment
    rng: random.Random
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    retries: int = 0
    #: Jobs that `kill_at` asked for.
    asked: int = 0
    _workers: int = 0

    # --- asking ------------------------------------------------------------------------------------------------------

    def call(self, headers: dict[str, str], method: str, path: str, body: Any = None, key: str = "") -> Any:
        """One request of the API, repeated with the same key until it is answered; returns (status, data or error)."""
        extra = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        sent = None if body is None else json.dumps(body)
        until = time.monotonic() + SECONDS
        while True:
            connection = HTTPConnection("127.0.0.1", self.running.port, timeout=15)
            try:
                connection.request(method, "/api/v1" + path, sent, headers | extra)
                answer = connection.getresponse()
                told = json.loads(answer.read())
                if answer.status < 500:
                    return answer.status, told["data"] if answer.status < 400 else told
                problem = f"{answer.status} {told}"
            except (OSError, HTTPException, ValueError) as lost:
                problem = repr(lost)
            finally:
                connection.close()
            self.retries += 1
            assert time.monotonic() < until, f"{method} {path} is not answered: {problem}"
            time.sleep(0.05)

    def ok(self, headers: dict[str, str], method: str, path: str, body: Any = None, key: str = "") -> Any:
        """A request that must succeed in the end."""
        status, data = self.call(headers, method, path, body, key)
        assert status < 300, (method, path, status, data)
        return data

    def sql(self, query: str, **values: Any) -> list[Any]:
        """Rows of the city's database."""
        with self.world.services.database.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def charges(self) -> list[dict[str, Any]]:
        """Every charge at the provider, asked at its API."""
        found: list[dict[str, Any]] = []
        while True:
            after = f"&starting_after={found[-1]['id']}" if found else ""
            request = urllib.request.Request(f"{self.running.double.url}/v1/charges?limit=100{after}")
            request.add_header("Authorization", f"Bearer {STRIPE_KEY}")
            with urllib.request.urlopen(request, timeout=20) as answer:
                page = json.load(answer)
            found += page["data"]
            if not page["has_more"]:
                return found

    # --- stations ----------------------------------------------------------------------------------------------------

    def ask(self, staff: dict[str, str], station: str, **options: Any) -> None:
        """Ask the worker for a station of the round."""
        self.ok(staff, "POST", f"/hq/rounds/{self.world.group_buy_id}/stations/{station}", options)

    def state(self, staff: dict[str, str], station: str) -> str:
        """What the round board says of a station."""
        board = self.ok(staff, "GET", f"/hq/rounds/{self.world.group_buy_id}")
        step = next((s for s in board["steps"] if s["station"] == station), None)
        return f"{step['state']}: {step['note']}" if step and step["state"] == "failed" else step and step["state"]

    def finish(self, staff: dict[str, str], station: str) -> None:
        """Wait until a station is done."""
        wait_for(lambda: self.state(staff, station) == "done", f"{station}: {self.state(staff, station)}")

    def idle(self) -> bool:
        """Whether every job but those of the schedule is over, every refund paid, every e-mail out."""
        left = self.sql(
            "SELECT (SELECT count(*) FROM procrastinate_jobs"
            "  WHERE status IN ('todo', 'doing') AND queueing_lock IS NULL)"
            " + (SELECT count(*) FROM payments_refund WHERE status <> 'succeeded')"
            " + (SELECT count(*) FROM notifications_mail WHERE state = 'queued')"
        )[0][0]
        return left == 0

    # --- killing -----------------------------------------------------------------------------------------------------

    @property
    def workers(self) -> list[str]:
        """Names of the job workers that listen, oldest first."""
        listening = {row[0] for row in self.sql(str(_LISTENING))}
        return [name for name in self.running.processes if name in listening]

    def start_worker(self) -> None:
        """Start one more worker, without waiting for it."""
        self._workers += 1
        self.running.start_worker(f"worker{self._workers}")

    def kill_worker(self, stage: str, name: str = "") -> None:
        """SIGKILL a worker - the oldest one that works, when none is named - and start another."""
        self.running.kill(name or wait_for(lambda: self.workers, "a worker")[0])
        self.kills[stage, "worker"] += 1
        self.start_worker()

    def kill_web_child(self, stage: str) -> None:
        """SIGKILL one of gunicorn's children."""
        children = wait_for(lambda: self.running.children("web"), "a web worker")
        os.kill(self.rng.choice(children), signal.SIGKILL)
        self.kills[stage, "web child"] += 1

    def kill_web(self, stage: str) -> None:
        """SIGKILL gunicorn and all its children, and start it again."""
        self.running.kill("web")
        self.kills[stage, "web"] += 1
        self.running.start_web()

    def kill_at(self, stage: str, tables: list[str], ask: Callable[[], None], between: Callable[[int], None]) -> None:
        """Let the work of `stage` stop at each table in turn, inside its transaction, and cut the power there.

        The next table is held before the one before it is let go. `between(n)` is called before the nth release.
        `ask` asks for the work: first, and whenever its job was given up. Five deaths are the end of a job; on a slow
        machine silence counts as death too, so nobody can say beforehand when that is.
        """
        held: Connection | None = None
        for number, table in enumerate(tables):
            before, held = held, self._hold(table)
            if before is not None:
                before.close()
            else:
                between(0)
            stopped = wait_for(lambda t=table: self._stopped_at(t) or self._ask_again(ask), f"{stage} at {table}")
            self.kill_worker(stage, stopped)
            between(number + 1)
        if held is not None:
            held.close()

    def _ask_again(self, ask: Callable[[], None]) -> None:
        under_way = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'run_station' AND status IN ('todo', 'doing')"
        if not self.sql(under_way):
            self.asked += 1
            ask()

    def _hold(self, table: str) -> Connection:
        connection = self.world.services.database.engine.connect()
        connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE MODE")
        return connection

    def _stopped_at(self, table: str) -> str | None:
        with self.world.services.database.engine.connect() as connection:
            name: str | None = connection.scalar(_WAITING, {"table": table})
        return name if name in self.running.processes else None
