"""/readyz of a real deployment: well only with database and a worker that lives; /healthz asks for nothing."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from app.infra.services import Services
from tests.conftest import START
from tests.patience import SECONDS
from tests.serving import Deployment, deployment


def get(running: Deployment, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(running.url + path, timeout=SECONDS) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def ready(running: Deployment) -> tuple[int, dict[str, Any]]:
    status, body = get(running, "/readyz")
    told = json.loads(body)
    return status, told


@pytest.mark.kill
def test_ready_with_a_worker_and_not_after_its_death(services: Services, database_url: str, tmp_path: Path) -> None:
    with deployment(database_url, tmp_path, START, LINLI_WORKERS="1") as running:
        running.start_web()
        assert ready(running) == (503, {"ready": False, "wrong": {"worker": "no worker has ever run"}})
        running.start_worker()
        until = time.monotonic() + SECONDS
        while ready(running)[0] != 200:
            assert time.monotonic() < until, ready(running)
            time.sleep(0.2)
        assert ready(running) == (200, {"ready": True, "wrong": {}})
        running.kill("worker")
        with services.database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '75 s'")
        assert ready(running) == (503, {"ready": False, "wrong": {"worker": "the last heartbeat is 75 s old"}})
        with services.database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num || '-'")
        try:
            assert set(ready(running)[1]["wrong"]) == {"migrations", "worker"}
        finally:
            with services.database.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = rtrim(version_num, '-')")
        assert get(running, "/healthz") == (200, b"ok\n")
