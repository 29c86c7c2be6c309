"""Unit economics: contribution by order, SKU, leader, tour and round, taken from the ledger to the cent."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from app.domains.analytics.queries import contribution
from app.domains.analytics.values import By, ContributionAsk
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.service import reversals
from app.domains.ledger.values import JournalFilter, JournalKind, ReverseJournal
from app.domains.ledger.values.chart import CHART, AccountType
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.factories.aftersales import make_claim, make_decision
from tests.factories.kept import kept
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world
from tests.integration.test_audit import live_to_handover
from tests.integration.test_console import Desk

Call = Callable[..., Any]
COSTS = (
    "refunds_cents", "goods_cents", "commission_cents", "promotions_cents", "delivery_cents", "loss_cents",
    "fees_cents",
)  # fmt: skip


@pytest.fixture
@kept
def world(services: Services, work: Callable[[], int]) -> World:
    """A settled round with a shortage, a damage, a claim, a weighed break, and tours that cost something."""
    made = make_world(services)
    bought = live_to_handover(made, work)
    pick_up(made, bought[0])
    pick_up(made, bought[1], "L902", orange=3)
    make_decision(made, make_claim(made, bought[0], orange=1).id)
    run_to(made, Station.SETTLE)
    work()
    return made


def income(read: Call) -> dict[str, int]:
    """Income and expenses by the ledger's own balances, debit positive."""
    kinds = (AccountType.INCOME, AccountType.EXPENSE)
    sums: dict[str, int] = {}
    for row in read(ledger.balances):
        if CHART[row.account].kind in kinds and row.amount_cents:
            sums[row.account.value] = sums.get(row.account.value, 0) + row.amount_cents
    return sums


@pytest.mark.parametrize("by", list(By))
def test_the_parts_add_up_to_the_ledger(world: World, read: Call, by: By) -> None:
    books = income(read)
    found = read(contribution, ContributionAsk(rounds=(world.group_buy_id,), by=by))
    assert {name: cents for name, cents in found.total.items() if cents} == {
        "price_cents": -books["sales"], "refunds_cents": books["refunds"], "goods_cents": books["goods"],
        "commission_cents": books["commission"], "delivery_cents": books["delivery_cost"],
        "loss_cents": books["hub_loss"], "contribution_cents": -sum(books.values()),
    }  # fmt: skip
    assert books["delivery_cost"] > 0
    for row in found.rows:
        assert row.contribution_cents == row.price_cents - sum(getattr(row, name) for name in COSTS)
    assert {name: sum(getattr(row, name) for row in found.rows) for name in found.total} == found.total
    assert found.many == len(found.rows)
    assert [row.contribution_cents for row in found.rows] == sorted(
        (row.contribution_cents for row in found.rows), reverse=True
    )


def test_what_one_order_brought(world: World, read: Call) -> None:
    """Six oranges fetched at 17.90 (the break), one given back at the supplier's fault; commission on all six.

    Tours cost 84.50 and go by litres: six pieces of nine that were fetched. Goods are what the round took in.
    """
    found = read(contribution, ContributionAsk(rounds=(world.group_buy_id,), by=By.ORDER, sort="name", ascending=True))
    first, second, third = found.rows
    assert (first.price_cents, first.refunds_cents, first.commission_cents) == (6 * 1_790, 1_790, 1_074)
    assert (second.price_cents, second.refunds_cents, second.commission_cents) == (3 * 1_790, 0, 537)
    assert (first.delivery_cents, second.delivery_cents, third.delivery_cents) == (5_633, 2_817, 0)
    assert (third.orders, third.price_cents) == (1, 0)


def test_a_list_is_cut_and_turned(world: World, read: Call) -> None:
    ask = ContributionAsk(rounds=(world.group_buy_id,), by=By.SKU, sort="price_cents", ascending=True)
    whole = read(contribution, ask)
    prices = [row.price_cents for row in whole.rows]
    assert prices == sorted(prices)
    part = read(contribution, replace(ask, limit=1, offset=1))
    assert (part.rows, part.many, part.total) == (whole.rows[1:2], whole.many, whole.total)
    nothing = read(contribution, replace(ask, rounds=()))
    assert (nothing.rows, nothing.many, nothing.total["price_cents"]) == ((), 0, 0)


def test_a_reversal_is_borne_by_who_bore_the_journal(world: World, read: Call) -> None:
    ask = ContributionAsk(rounds=(world.group_buy_id,), by=By.ORDER)
    before = read(contribution, ask).total["delivery_cents"]
    [tour, *_] = read(ledger.journals, JournalFilter(kind=JournalKind.DELIVERY_BOOKED), PageAsk(10)).rows
    cost = max(side.amount_cents for side in tour.postings)
    wish = ReverseJournal(journal_id=tour.id, reason="the carrier billed less", instead_cents=cost - 7)
    world.services.database.transact(Actor("Fang", Role.HQ_FINANCE), reversals.reverse, wish)
    after = read(contribution, ask)
    assert after.total["delivery_cents"] == before - 7
    assert sum(row.delivery_cents for row in after.rows) == before - 7


def test_the_page_and_its_file(world: World, client: FlaskClient, database: Database) -> None:
    desk = Desk(client, database, Role.HQ_FINANCE)
    for by in By:
        page = desk.get(f"/hq/economics?by={by.value}&sort=price_cents&dir=asc")
        assert "Undefined" not in page
    assert "L901" in desk.get("/hq/economics?by=leader") or "¥" in desk.get("/hq/economics?by=leader")
    assert desk.get(f"/hq/economics?round={world.group_buy_id}&by=nonsense&sort=nonsense&page=x")
    answer = client.get("/hq/economics.xlsx?by=sku")
    assert answer.status_code == 200
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert len(sheet) >= 4
    orders = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/hq/economics.xlsx?by=order").data))
    head, *rows, _total = orders.get_sheet_by_index(0).to_python()
    assert head[:3] == ["订单", "订单数", "价格"]
    assert [row[0][0] for row in rows] == ["L"] * len(rows)
    assert {row[1] for row in rows} == {1.0}
    note = "is not settled yet"
    desk.client.set_cookie("locale", "en")
    assert note not in desk.get("/hq/economics?by=leader")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE groupbuys_group_buy SET status = 'closed'"))
    assert "L901" not in desk.get("/hq/economics?by=leader")
    assert note in desk.get(f"/hq/economics?round={world.group_buy_id}&by=leader")
    assert Desk(client, database, Role.HQ_SERVICE).get("/hq/economics", 403)
