"""A leader is replaced while her residents order and fetch over real HTTP: nobody loses an order, her token is dead."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.replacements.values import ProposeReplacement, ReplacementState
from app.flows import replacement
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due
from tests.factories.accounts import make_account
from tests.factories.settlement import next_round, run_to
from tests.factories.world import World, make_world
from tests.patience import SECONDS
from tests.serving import deployment

#: Residents; every second one belongs to L902, who is replaced.
PEOPLE = 16
#: Orders of each of them in the new round.
EACH = 3


class Shop:
    """The web, and what it answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.lock = threading.Lock()

    def ask(self, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, Any]:
        """One request on a connection of its own: (status, answer)."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        more = {"Content-Type": "application/json"}
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers | more)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told


def prepared(world: World) -> dict[UUID, str]:
    """Goods of a first round lie ready at both points; codes by order."""
    orders = [world.buy(number, greens=1) for number in range(PEOPLE)]
    run_to(world, Station.HANDOVER)
    read = world.services.database.read
    codes = {id_: read(logistics.pickup_code_of_order, id_, world.residents[n]) for n, id_ in enumerate(orders)}
    return {id_: code for id_, code in codes.items() if code}


class Crowd:
    """Residents who order three times each and fetch their goods of the day before, around the moment of it."""

    def __init__(self, shop: Shop, world: World, codes: dict[UUID, str]) -> None:
        self.shop, self.world, self.codes = shop, world, list(codes.items())
        self.people = [world.headers(id_) for id_ in world.residents]
        self.tokens = {code: world.headers(world.leaders[code]) for code in ("L901", "L902")}
        self.begun, self.replaced = threading.Semaphore(0), threading.Event()

    def order(self, number: int) -> list[int]:
        """Order and pay, the last time after the replacement."""
        statuses = []
        for turn in range(EACH):
            assert turn < EACH - 1 or self.replaced.wait(SECONDS)
            wanted = {"offer_id": str(self.world.offers["greens" if turn % 2 else "orange"]), "qty": 1}
            key = {"Idempotency-Key": f"under-load-{number}-{turn}"}
            body = {"group_buy_id": str(self.world.group_buy_id), "items": [wanted]}
            status, told = self.shop.ask("POST", "/orders", self.people[number] | key, body)
            statuses.append(status)
            self.world.pay(UUID(told["data"]["id"]), number)
            self.begun.release()
        return statuses

    def fetch(self, number: int) -> int:
        """Her leader hands out; where she does not serve any more the successor does, by the code of that moment."""
        assert number < PEOPLE // 2 or self.replaced.wait(SECONDS)
        status, (order_id, code) = 0, self.codes[number]
        for leader in ("L902", "L901") if number % 2 else ("L901",):
            read = self.world.services.database.read
            now = read(logistics.pickup_code_of_order, order_id, self.world.residents[number]) or code
            event = {"code": now, "event_key": f"fetch-{number}-{leader}"}
            status, _ = self.shop.ask("POST", "/leader/pickups", self.tokens[leader], event)
            if status == 200:
                break
        self.begun.release()
        return status


def proposed(world: World) -> tuple[UUID, Actor]:
    """L902 is to be replaced; who has to confirm it."""
    database, system = world.services.database, Actor.system("test")
    one, other = (
        Actor(f"HQ {n}", Role.HQ_COMMUNITY, database.transact(system, make_account, Role.HQ_COMMUNITY).id)
        for n in range(2)
    )
    wish = ProposeReplacement(leader_id=world.leaders["L902"], reason="replaced under load")
    return database.transact(one, replacement.propose, wish), other


def test_nobody_loses_an_order(services: Services, database_url: str, tmp_path: Path) -> None:
    first = make_world(services, residents=PEOPLE)
    codes = prepared(first)
    world, database = next_round(first), services.database
    replacement_id, second = proposed(world)
    with deployment(database_url, tmp_path, database.clock.now()) as running:
        running.start_web()
        crowd = Crowd(Shop(running.port), world, codes)
        with ThreadPoolExecutor(2 * PEOPLE) as pool:
            ordering = [pool.submit(crowd.order, number) for number in range(PEOPLE)]
            fetching = [pool.submit(crowd.fetch, number) for number in range(PEOPLE)]
            for _ in range(PEOPLE // 2):
                assert crowd.begun.acquire(timeout=SECONDS)
            card = database.transact(second, replacement.confirm, replacement_id)
            refused, _ = crowd.shop.ask("GET", "/leader/today", crowd.tokens["L902"])
            crowd.replaced.set()
            placed = Counter(status for one in ordering for status in one.result(SECONDS))
            fetched = Counter(one.result(SECONDS) for one in fetching)
    assert (card.state, refused) == (ReplacementState.DONE, 401)
    assert (placed, fetched) == ({201: PEOPLE * EACH}, {200: PEOPLE})
    run_due(services)
    owners, left_behind = ends(world)
    assert owners == [("L901", "active", "paid", "expected", PEOPLE * EACH)]
    assert (left_behind, database.read(broken_invariants, database.clock.now())) == (0, [])


def ends(world: World) -> tuple[list[tuple[Any, ...]], int]:
    """Whose the new round's orders are, and how many pickups are still with the one who left."""
    owners = text(
        "SELECT l.code, l.status, o.status, p.state, count(*) FROM orders_order o"
        " JOIN communities_leader l ON l.id = o.leader_id LEFT JOIN logistics_pickup p ON p.order_id = o.id"
        " WHERE o.group_buy_id = :round GROUP BY 1, 2, 3, 4"
    )
    behind = text("SELECT count(*) FROM logistics_pickup WHERE leader_id = :old AND state <> 'done'")
    with world.services.database.engine.connect() as connection:
        found = connection.execute(owners, {"round": world.group_buy_id}).all()
        return [tuple(row) for row in found], connection.execute(behind, {"old": world.leaders["L902"]}).scalar_one()
