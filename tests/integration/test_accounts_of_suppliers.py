"""Suppliers' and hubs' statements: from the ledger, with due days; paid by two above the limit; seen by a link."""

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants, contribution
from app.domains.analytics.values import By, ContributionAsk
from app.domains.catalogue.values import Zone
from app.domains.groupbuys.queries import get_group_buy
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.logistics.values.handover import Fault
from app.domains.logistics.values.tasks import ShortReason
from app.domains.payouts.errors import AboveAvailable
from app.domains.payouts.service import payouts
from app.domains.payouts.values import PayeeKind, PayoutWay, PaySupplier
from app.domains.statements.queries import accounts
from app.domains.statements.rules import ageing
from app.domains.statements.values import DueLine, LineKind
from app.domains.supply import queries as supply
from app.domains.supply.service import terms
from app.flows.charges import Loss, charge_losses
from app.flows.sorting import give_up_short
from app.flows.statement_papers import statement_link
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.factories.aftersales import make_claim, make_decision
from tests.factories.kept import kept
from tests.factories.pdf import pages_of
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.shopper import words
from tests.factories.sorting import sorter
from tests.factories.world import World, make_world
from tests.integration.test_audit import live_to_handover
from tests.integration.test_console import Desk

Call = Callable[..., Any]
DAYS = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
@kept
def world(services: Services) -> World:
    """S91 brought 16 oranges at 16.20 on 20 November; she is paid after 14 days."""
    made = make_world(services, residents=2)
    made.buy(0, orange=12)
    run_to(made, Station.RECEIVE)
    return made


def supplier_id(world: World, code: str = "S91") -> UUID:
    """A supplier by code."""
    return next(one.id for one in world.services.database.read(supply.suppliers) if one.code == code)


def sheet(world: World, days: tuple[date, date] = DAYS) -> Any:
    """The statement of S91 with the hub."""
    database = world.services.database
    return database.read(accounts.supplier_sheet, supplier_id(world), world.hub_id, days, database.clock.now())


def pay(world: World, cents: int) -> None:
    """Pay S91 by hand."""
    database, who = world.services.database, Actor("钱一", Role.HQ_FINANCE, new_id())
    owed = sheet(world).closing_cents
    wish = PaySupplier(supplier_id=supplier_id(world), hub_id=world.hub_id, way=PayoutWay.BY_HAND, amount_cents=cents,
                       shown_cents=owed, idempotency_key=str(new_id()))  # fmt: skip
    card = database.transact(who, payouts.pay_supplier, wish)
    database.transact(who, payouts.mark_paid_by_hand, card.id, "HB-1")


def test_a_supplier_reads_what_she_brought_what_was_paid_and_when_the_rest_is_due(world: World, read: Call) -> None:
    found = sheet(world)
    assert found.opening_cents == 0
    assert [(line.kind, line.qty, line.amount_cents, line.due_on) for line in found.lines] == [
        (LineKind.GOODS, 16, 25_920, date(2026, 12, 4))
    ]
    assert found.lines[0].about.startswith("PO")
    assert found.due == (DueLine(due_on=date(2026, 12, 4), open_cents=25_920, is_overdue=False),)
    pay(world, 5_920)
    after = sheet(world)
    owed = -sum(b.amount_cents for b in read(ledger.balances, LedgerAccount.SUPPLIER_PAYABLE, supplier_id(world)))
    assert (after.closing_cents, after.sums) == (owed, {LineKind.GOODS: 25_920, LineKind.PAID: -5_920})
    assert after.due[0].open_cents == 20_000
    move_clock(world, days=15)
    assert sheet(world).due[0].is_overdue
    row = read(accounts.owed_to_suppliers, world.hub_id, world.services.database.clock.now())[0]
    assert (row.code, row.owed_cents, row.overdue_cents, row.next_due_on) == ("S91", 20_000, 20_000, None)


def test_a_later_statement_opens_where_the_earlier_one_closed(world: World) -> None:
    december = sheet(world, (date(2026, 12, 1), date(2026, 12, 31)))
    assert (december.opening_cents, december.closing_cents, december.lines) == (25_920, 25_920, ())


def test_changed_terms_move_the_due_day(world: World) -> None:
    world.services.database.transact(Actor.system("test"), terms.set_payment_days, "S91", 30)
    assert sheet(world).due[0].due_on == date(2026, 12, 20)


def test_payments_pay_the_oldest_first() -> None:
    today = date(2026, 12, 10)
    rises = [(date(2026, 12, 1), 100), (date(2026, 12, 10), 50), (date(2026, 12, 20), 70)]
    assert ageing(rises, 130, today) == [
        DueLine(due_on=date(2026, 12, 1), open_cents=10, is_overdue=True),
        DueLine(due_on=date(2026, 12, 10), open_cents=50, is_overdue=False),
        DueLine(due_on=date(2026, 12, 20), open_cents=70, is_overdue=False),
    ]
    assert ageing(rises, -5, today) == []
    assert ageing([], 40, today) == [DueLine(due_on=today, open_cents=40, is_overdue=False)]


def test_hq_reads_prints_and_pays(client: FlaskClient, world: World) -> None:
    client.set_cookie("locale", "en")
    desk = Desk(client, world.services.database, Role.HQ_FINANCE)
    assert "¥ 259.20" in words(desk.get("/hq/owed?hub=LJ-T"))
    place = f"/hq/owed/{supplier_id(world)}"
    page = words(desk.get(f"{place}?hub=LJ-T&first=2026-11-01&last=2026-11-30"))
    assert "Gannan oranges" in page
    pdf = client.get(f"{place}.pdf?hub=LJ-T&first=2026-11-01&last=2026-11-30&lang=zh").data
    assert {"对账单", "到货", "259.20"} & set(pages_of(pdf)[0]) >= {"对账单", "259.20"}
    book = client.get(f"{place}.xlsx?hub=LJ-T&first=2026-11-01&last=2026-11-30&lang=en").data
    cells = [cell for row in CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
             for cell in row]  # fmt: skip
    assert {"Closing balance", 259.2} <= set(cells)
    stale = desk.post(f"{place}/pay", hub="LJ-T", amount_cents="10", shown_cents="1", way="by_hand", key="pay-1")
    assert (stale.status_code, "has changed" in words(stale.text)) == (422, True)
    asked = desk.post(f"{place}/pay", hub="LJ-T", amount_cents="10", shown_cents="25920", way="by_hand", key="pay-2")
    assert asked.status_code == 303
    assert "¥10.00" in words(client.get(asked.headers["Location"]).text)
    assert desk.post(f"{place}/details", hub="LJ-T", holder="", bank_name="x", account_no="1").status_code == 422
    assert "HQ console" in desk.get("/hq/hub-account?hub=LJ-T")


def test_a_supplier_sees_her_statement_by_link_and_nobody_elses(client: FlaskClient, world: World) -> None:
    client.set_cookie("locale", "en")
    services = world.services
    link = statement_link(services.settings, supplier_id(world), world.hub_id, services.database.clock.now())
    place = link.removeprefix("http://localhost")
    page = client.get(place)
    assert page.status_code == 200
    assert "¥259.20" in words(page.text)
    assert pages_of(client.get(f"{place}.pdf").data)[0]
    assert client.get(f"{place}x").status_code == 404
    move_clock(world, days=31)
    assert client.get(place).status_code == 404


def test_a_charge_says_which_order_or_round_it_is_about(services: Services, work: Call, read: Call) -> None:
    made = make_world(services)
    bought = live_to_handover(made, work)
    pick_up(made, bought[0])
    claim = make_claim(made, bought[0], orange=1)
    make_decision(made, claim.id)
    work()
    charged = {line.about for line in sheet(made).lines if line.kind is LineKind.CHARGED}
    assert charged == {claim.order_no, read(get_group_buy, made.group_buy_id).code}


def test_a_hub_answers_for_what_it_lost(world: World, read: Call) -> None:
    before = read(accounts.hub_sheet, world.hub_id, DAYS, world.services.database.clock.now())
    assert before.closing_cents == -sum(
        b.amount_cents
        for account in accounts.HUB_ACCOUNTS
        for b in read(ledger.balances, account, world.hub_id, world.hub_id)
    )


def test_a_hub_is_paid_for_its_tours_less_what_it_lost(world: World, read: Call, work: Call) -> None:
    """A truck's day and its way are due after 14 days; pieces that were damaged on the way are taken off first."""
    database, who = world.services.database, Actor("钱一", Role.HQ_FINANCE, new_id())
    run_to(world, Station.DISPATCH)
    loss = Loss(cause_id=new_id(), sku_id=world.skus["orange"], qty=2, fault=Fault.HUB)
    database.transact(Actor.system("test"), charge_losses, world.group_buy_id, world.hub_id, "CNY", [loss])
    run_to(world, Station.SETTLE)

    def now() -> Any:
        return read(accounts.hub_sheet, world.hub_id, DAYS, database.clock.now())

    driven, lost = now().sums[LineKind.DELIVERY], -now().sums[LineKind.CHARGED]
    assert (driven > lost, lost) == (True, 2 * 1_620)
    [tour] = [line for line in now().lines if line.kind is LineKind.DELIVERY]
    assert (tour.about.endswith(" · 1"), (tour.due_on - tour.at.date()).days) == (True, 14)
    assert now().due == (DueLine(due_on=tour.due_on, open_cents=driven - lost, is_overdue=False),)

    def pay(cents: int, shown: int) -> Any:
        wish = PaySupplier(supplier_id=None, hub_id=world.hub_id, way=PayoutWay.BY_HAND, amount_cents=cents,
                           shown_cents=shown, idempotency_key=str(new_id()))  # fmt: skip
        return database.transact(who, payouts.pay_supplier, wish)

    with pytest.raises(AboveAvailable):
        pay(driven, driven - lost)
    card = pay(driven - lost, driven - lost)
    assert (card.payee_kind, card.payee_id) == (PayeeKind.HUB, world.hub_id)
    with pytest.raises(AboveAvailable):
        pay(1, 0)
    database.transact(who, payouts.mark_paid_by_hand, card.id, "HB-2")
    work()
    assert (now().closing_cents, now().due, now().sums[LineKind.PAID]) == (0, (), lost - driven)
    assert database.read_snapshot(broken_invariants, database.clock.now()) == []


def test_the_page_of_a_hub_pays_it(world: World, client: FlaskClient, database: Database) -> None:
    run_to(world, Station.SETTLE)
    desk = Desk(client, database, Role.HQ_FINANCE)
    refused = desk.post("/hq/hub-account/pay", hub="LJ-T", amount_cents="9999", shown_cents="0", way="by_hand", key="a")
    assert (refused.status_code, 'value="9999"' in refused.text) == (422, True)
    saved = desk.post(
        "/hq/hub-account/details", hub="LJ-T", holder="临江网格", bank_name="农商行", account_no="12345678"
    )
    assert saved.status_code == 303
    page = desk.get("/hq/hub-account?hub=LJ-T")
    assert "•••• 5678" in page
    shown = re.search(r'name="shown_cents" value="(\d+)"', page)
    assert shown is not None
    paid = desk.post(
        "/hq/hub-account/pay", hub="LJ-T", amount_cents="10", shown_cents=shown[1], way="bank_file", key="b"
    )
    assert (paid.status_code, "/hq/payouts/" in paid.location) == (303, True)
    assert "临江" in desk.get(paid.location)


def test_a_hub_reads_which_goods_its_sorters_did_not_find(services: Services, run: Call, read: Call) -> None:
    """Two dumplings at 17.00 are given up: on the hub's statement and in the SKU's economics, not somewhere else."""
    made, person = make_world(services), sorter(services.database)
    made.buy(0, dumplings=3), made.buy(1, orange=1)
    run_to(made, Station.SORT, finish=False)
    person.drain(made.group_buy_id, Zone.AMBIENT)
    task = person.claim(made.group_buy_id, Zone.FROZEN)
    assert task is not None
    person.put(task.puts[0].id, 3, 2, ShortReason.NOT_FOUND)
    assert run(give_up_short, made.group_buy_id) == 2
    [line] = read(accounts.hub_sheet, made.hub_id, DAYS, services.database.clock.now()).lines
    cost = -line.amount_cents
    assert (line.kind, line.sku_name_en, line.qty, cost > 0) == (LineKind.CHARGED, "Pork dumplings", 2, True)
    found = read(contribution, ContributionAsk(rounds=(made.group_buy_id,), by=By.SKU))
    losses = {row.key: row.loss_cents for row in found.rows if row.loss_cents}
    assert losses == {made.skus["dumplings"]: cost}


def test_a_fee_below_the_minimum_has_a_line_and_falls_due(services: Services, run: Call, read: Call) -> None:
    """S91 wants 300.00 at least and brings 16 oranges for 259.20: 40.80 more, borne by the oranges."""
    made = make_world(services, residents=2)
    with services.database.engine.begin() as connection:
        connection.execute(text("UPDATE supply_supplier SET min_order_cents = 30000 WHERE code = 'S91'"))
    made.buy(0, orange=12)
    run_to(made, Station.RECEIVE)
    found = sheet(made)
    assert [(line.kind, line.amount_cents, line.due_on) for line in found.lines] == [
        (LineKind.GOODS, 25_920, date(2026, 12, 4)), (LineKind.MINIMUM, 4_080, date(2026, 12, 4)),
    ]  # fmt: skip
    assert found.lines[1].about == found.lines[0].about
    assert found.due == (DueLine(due_on=date(2026, 12, 4), open_cents=30_000, is_overdue=False),)
    economics = read(contribution, ContributionAsk(rounds=(made.group_buy_id,), by=By.SKU))
    assert [(row.key, row.goods_cents) for row in economics.rows] == [(made.skus["orange"], 30_000)]
