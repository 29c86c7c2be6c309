"""Two hundred residents buy fifty pieces through gunicorn: fifty sold, the rest refused cleanly, nothing else."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier

from sqlalchemy import text

from app.infra.services import Services
from tests.conftest import START
from tests.factories.world import make_world
from tests.patience import SECONDS
from tests.serving import deployment

BUYERS, PIECES = 200, 50


def test_two_hundred_buyers_of_fifty_pieces(services: Services, database_url: str, tmp_path: Path) -> None:
    world = make_world(services, residents=BUYERS)
    with services.database.engine.begin() as c:
        c.execute(
            text("UPDATE groupbuys_offer SET quota = :q WHERE id = :id"), {"q": PIECES, "id": world.offers["rice"]}
        )
    headers = [world.headers(resident) for resident in world.residents]
    body = json.dumps(
        {"group_buy_id": str(world.group_buy_id), "items": [{"offer_id": str(world.offers["rice"]), "qty": 1}]}
    )
    start = Barrier(BUYERS)

    with deployment(database_url, tmp_path, START) as running:
        running.start_web()

        def buy(number: int) -> tuple[int, str | None]:
            start.wait(SECONDS)
            connection = HTTPConnection("127.0.0.1", running.port, timeout=SECONDS)
            extra = {"Content-Type": "application/json", "Idempotency-Key": f"rush-over-http-{number}"}
            connection.request("POST", "/api/v1/orders", body, headers[number] | extra)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            connection.close()
            return answer.status, told.get("error")

        with ThreadPoolExecutor(BUYERS) as people:
            got = Counter(people.map(buy, range(BUYERS)))

    assert got == {(201, None): PIECES, (409, "sold_out"): BUYERS - PIECES}
    with services.database.engine.connect() as c:
        numbers = c.execute(
            text(
                "SELECT o.sold_qty, (SELECT sum(qty) FROM orders_line WHERE offer_id = o.id),"
                " (SELECT count(*) FROM orders_order) FROM groupbuys_offer o WHERE o.id = :id"
            ),
            {"id": world.offers["rice"]},
        ).one()
    assert numbers == (PIECES, PIECES, PIECES)
