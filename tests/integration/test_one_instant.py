"""Statements that are looked at while money is booked: both their ends and their lines are of one instant."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.documents.catalogue import Form
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount as A
from app.domains.statements.queries import accounts, weeks
from app.domains.supply import queries as supply
from app.flows import statement_papers
from app.flows.statement_papers import Account
from app.infra.services import Services
from app.kernel.actors import Role
from tests.factories.payouts import Till, give, make_till
from tests.factories.world import make_world
from tests.integration.test_console import Desk
from tests.integration.test_money_pages import Person

Call = Callable[..., Any]
DAYS = {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}


@pytest.fixture
def till(services: Services) -> Till:
    """100.00 are owed to L901."""
    return make_till(make_world(services, residents=1))


@pytest.fixture
def books(till: Till, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`books(account, owner)`: 7.00 more are owed to her as soon as anybody has read lines and asks for the balance."""

    def book(account: A, owner_id: Any) -> None:
        look, waiting = ledger.balances, [True]

        def late(*args: Any) -> Any:
            if waiting and args[1] == account:
                waiting.clear()
                give(till.world, account, owner_id, 700)
            return look(*args)

        monkeypatch.setattr(ledger, "balances", late)

    return book


def kept(monkeypatch: pytest.MonkeyPatch, room: Any) -> list[Any]:
    """The sheets that a room will have made."""
    sheets: list[Any] = []
    look = room._sheet

    def made(*told: Any) -> Any:
        sheets.append(look(*told))
        return sheets[-1]

    monkeypatch.setattr(room, "_sheet", made)
    return sheets


def test_a_leaders_running_week(till: Till, books: Call, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    leader_id, sheets = till.world.leaders["L901"], kept(monkeypatch, weeks)
    me = Person(client, till.world.services).as_leader(leader_id)
    for ask in (
        lambda: me.get("/leader/weeks"),
        lambda: me.get("/leader/weeks/now"),
        lambda: till.run(till.leader, statement_papers.own_week, leader_id, None, Form.PDF, "en"),
    ):
        books(A.LEADER_PAYABLE, leader_id)
        ask()
    assert [(one.opening_cents, one.closing_cents) for one in sheets] == [(0, 10_000), (0, 10_700), (0, 11_400)]


def test_a_suppliers_statement(till: Till, books: Call, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    world, sheets = till.world, kept(monkeypatch, accounts)
    supplier_id = next(one.id for one in world.services.database.read(supply.suppliers) if one.code == "S91")
    give(world, A.SUPPLIER_PAYABLE, supplier_id, 5_000)
    desk = Desk(client, world.services.database, Role.HQ_FINANCE)
    wanted = Account(hub_id=world.hub_id, supplier_id=supplier_id, **DAYS)
    by_link = statement_papers.statement_link(
        world.services.settings, supplier_id, world.hub_id, world.services.database.clock.now()
    )
    for ask in (
        lambda: desk.get(f"/hq/owed/{supplier_id}?hub=LJ-T&first=2026-11-01&last=2026-11-30"),
        lambda: client.get(by_link),
        lambda: till.run(till.finance[0], statement_papers.account, wanted, Form.PDF, "en"),
    ):
        books(A.SUPPLIER_PAYABLE, supplier_id)
        ask()
    assert [(one.opening_cents, one.closing_cents) for one in sheets] == [(0, 5_000), (0, 5_700), (0, 6_400)]
