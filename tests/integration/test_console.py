"""The HQ console: every page renders in both languages, forms change what they should, refusals keep what was typed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.domains.aftersales import queries as aftersales
from app.domains.aftersales.values import ClaimKind, FileClaim
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values import RecordPickup
from app.domains.orders import queries as orders
from app.domains.settlement import queries as settlement
from app.domains.supply import queries as supply
from app.flows import pickup
from app.flows.claims import file_claim
from app.flows.stations import run_station
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.factories.accounts import let_in, make_account
from tests.factories.world import World, make_world

SYSTEM = Actor.system("test")
ALL = PageAsk(limit=100)


class Desk:
    """Somebody signed in at the console."""

    def __init__(self, client: FlaskClient, database: Database, role: Role) -> None:
        account: Account = database.transact(SYSTEM, make_account, role)
        self.client = client
        self.csrf = let_in(client, database, account)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text[:2000]}"
        return answer.text

    def post(self, path: str, **fields: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=4)


@pytest.fixture
def desk(client: FlaskClient, database: Database) -> Desk:
    return Desk(client, database, Role.HQ_ADMIN)


def run_to(world: World, last: Station) -> None:
    """Run the world's round up to a station, as the worker would."""
    database = world.services.database
    options: dict[Station, dict[str, Any]] = {
        Station.CUTOFF: {"early": True}, Station.RECEIVE: {"as_ordered": True}, Station.SORT: {"finish": True},
        Station.ROUTE: {"iterations": 20}, Station.HANDOVER: {"as_expected": True},
    }  # fmt: skip
    for station in list(Station)[1 : list(Station).index(last) + 1]:
        run_station(world.run_as(SYSTEM), database.read, world.group_buy_id, station, options.get(station, {}))


def fetch(world: World, order_id: UUID, number: int, leader: str) -> None:
    """Let a leader hand out an order."""
    code = world.services.database.read(logistics.pickup_code_of_order, order_id, world.residents[number])
    assert code
    pickup.hand_out(world.run_as(world.leader(leader)), RecordPickup(code=code, event_key=f"test-{order_id}"))


def pages(world: World, read: Callable[..., Any]) -> list[str]:
    """The address of every page that the world has something for."""
    base = f"/hq/rounds/{world.group_buy_id}"
    found = [
        "/hq/", "/hq/rounds", base, f"{base}/board", f"{base}/demand", f"{base}/receiving", f"{base}/sorting",
        f"{base}/sorting/sheets", f"{base}/routes", f"{base}/handovers", "/hq/group-buys", "/hq/group-buys/plan",
        f"/hq/group-buys/{world.group_buy_id}", "/hq/orders", f"/hq/orders?round={world.group_buy_id}",
        "/hq/catalogue", f"/hq/catalogue/{world.skus['orange']}", "/hq/suppliers", "/hq/purchase-orders",
        f"/hq/purchase-orders?round={world.group_buy_id}", "/hq/stock", "/hq/leaders",
        f"/hq/leaders/{world.leaders['L901']}", "/hq/scorecards", "/hq/claims", "/hq/claims?status=all", "/hq/ledger",
        "/hq/statements", "/hq/imports", "/hq/audit", "/hq/audit?run=1",
    ]  # fmt: skip
    found += [f"/hq/orders/{o.id}" for o in read(orders.orders_of_round, world.group_buy_id, ALL).rows[:1]]
    found += [f"/hq/purchase-orders/{o.id}" for o in read(supply.purchase_orders, ALL).rows[:1]]
    found += [f"{base}/handovers/{h.id}" for h in read(logistics.handovers_of_round, world.group_buy_id)[:1]]
    found += [f"/hq/statements/{s.id}" for s in read(settlement.statements, ALL).rows[:1]]
    found += [f"/hq/claims/{c.id}" for c in read(aftersales.claims, ALL).rows[:1]]
    plan = read(logistics.current_plan, world.group_buy_id)
    found += [f"{base}/routes/{route.id}" for route in (plan.routes if plan else ())]
    return found


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_of_a_fresh_round(desk: Desk, world: World, read: Callable[..., Any], locale: str) -> None:
    desk.client.set_cookie("locale", locale)
    for path in pages(world, read):
        html = desk.get(path)
        assert "Traceback" not in html and "Undefined" not in html, path


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_of_a_settled_round(desk: Desk, world: World, read: Callable[..., Any], locale: str) -> None:
    """With orders, cuts, counts, tours, handovers, a claim, statements and scorecards to show."""
    bought = world.buy(0, orange=3, rice=1)
    world.buy(1, greens=6)
    run_to(world, Station.HANDOVER)
    fetch(world, bought, 0, "L901")
    line = read(orders.get_order, bought).lines[0]
    wish = FileClaim(order_line_id=line.id, kind=ClaimKind.DAMAGED, qty=1, text="烂了", idempotency_key="claim-1-test")
    world.services.database.transact(world.resident(0), file_claim, wish)
    run_to(world, Station.SETTLE)
    desk.client.set_cookie("locale", locale)
    reviewed = desk.post("/hq/scorecards/review", hub_id=world.hub_id, period_from="2026-11-01", period_to="2026-11-21")
    assert reviewed.status_code == 303
    for path in [*pages(world, read), f"/hq/scorecards/{world.leaders['L901']}"]:
        html = desk.get(path)
        assert "Traceback" not in html and "Undefined" not in html, path
