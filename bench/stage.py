"""What a measurement needs: a real server with fsync, the demo city's places and goods, the web as it is deployed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from alembic import command
from alembic.config import Config

from app.domains.accounts.service import sign_ins
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import PlanGroupBuy
from app.factory import create_app
from app.infra.embedded import embedded_url
from app.infra.services import Services
from app.kernel.actors import Actor
from app.web.context import services
from tools.demo_offers import read_offers

ROOT = Path(__file__).parent.parent
DATABASE = "linli_bench"
KINDS = (
    ("hubs", "hubs.csv"), ("neighbourhoods", "neighbourhoods.geojson"), ("pickup-points", "pickup_points.csv"),
    ("leaders", "leaders.csv"), ("categories", "categories.csv"), ("suppliers", "suppliers.xlsx"),
    ("products", "products.xlsx"), ("residents", "residents.csv"),
)  # fmt: skip


class Stage:
    """A fresh database with a city, one open group-buy of 100 offers, and signed-in residents."""

    def __init__(self) -> None:
        home = ROOT / "var" / "bench"
        admin_url = embedded_url(home, "postgres")
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
        self.url = embedded_url(home, DATABASE)
        self.env = {
            **os.environ, "DATABASE_URL": self.url, "LINLI_MODE": "demo", "LINLI_VAR": str(home), "FLASK_APP": "wsgi",
            "LINLI_LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        os.environ.update({k: self.env[k] for k in ("DATABASE_URL", "LINLI_MODE", "LINLI_VAR", "LINLI_LOG_LEVEL")})
        config = Config(str(ROOT / "alembic.ini"))
        config.set_main_option("script_location", str(ROOT / "migrations"))
        command.upgrade(config, "head")
        self.services = self._import_city()
        self.group_buy_id, self.offers = self._open_group_buy()
        self.tokens = self._sign_in(200)

    def run(self, use_case: Any, *args: Any, **options: Any) -> Any:
        """One transaction of the system."""
        return self.services.database.transact(Actor.system("bench"), use_case, *args, **options)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """One plain statement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(statement, values or None)
            return done.fetchall() if done.description else []

    def _import_city(self) -> Services:

        app = create_app()
        for kind, name in KINDS:
            with app.app_context():
                done = app.test_cli_runner().invoke(args=["import", kind, str(ROOT / "demo" / name)])
            if done.exit_code:
                raise SystemExit(f"import {name}: {done.output}")
        with app.app_context():
            return services()

    def _open_group_buy(self) -> tuple[UUID, list[UUID]]:

        hub = self.services.database.read(communities.find_hub_by_code, "LJ-E")
        assert hub
        offers = read_offers(self.services.database.read(catalogue.sku_ids_by_code))
        now = datetime.now(UTC)
        cutoff_at = now + timedelta(hours=20)
        round_on = cutoff_at.astimezone(ZoneInfo(hub.timezone)).date()
        wish = PlanGroupBuy(
            hub_id=hub.id, round_on=round_on, title="量", title_en="bench", opens_at=now - timedelta(hours=1),
            cutoff_at=cutoff_at, pickup_on=round_on + timedelta(days=1), offers=offers,
        )  # fmt: skip
        self.hub_id = hub.id
        group_buy_id: UUID = self.run(plans.plan, wish)
        self.run(plans.open_round, group_buy_id)
        self.sql("UPDATE groupbuys_offer SET quota = 2000000000, per_resident_limit = 2000000000")
        ids = [row[0] for row in self.sql("SELECT id FROM groupbuys_offer ORDER BY position")]
        return group_buy_id, ids

    def _sign_in(self, number: int) -> list[str]:
        people = self.sql(
            "SELECT a.phone, a.id FROM communities_home h JOIN accounts_account a ON a.id = h.resident_id"
            " WHERE h.hub_id = %s ORDER BY a.phone LIMIT %s", self.hub_id, number,
        )  # fmt: skip
        self.residents = [row[1] for row in people]
        return [sign_in_resident(self, sign_ins, resident) for resident in self.residents]


def sign_in_resident(stage: Stage, sign_ins: Any, resident_id: UUID) -> str:
    """A bearer token of one resident."""
    openid = f"bench-{resident_id}"
    stage.sql("UPDATE accounts_account SET openid = %s WHERE id = %s", openid, resident_id)
    return str(stage.run(sign_ins.sign_in_with_openid, openid, "").token)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(stage: Stage, target: str, path: str) -> Iterator[tuple[int, int, float]]:
    """Serve an application with our gunicorn settings; yields (port, pid of the master, cold start in seconds)."""
    port = free_port()
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-b", f"127.0.0.1:{port}", target],
        cwd=ROOT,
        env=stage.env,
    )
    try:
        while time.perf_counter() - begun < 60:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).read()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        yield port, server.pid, time.perf_counter() - begun
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def cpu_seconds(pid: int) -> float:
    """Processor time that a process family has used so far."""
    total = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Proportional memory of a process family."""
    total = 0
    for one in family(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024
