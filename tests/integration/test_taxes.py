"""Tax in the prices: kept by lines, booked at the hand-out, taken back with refunds, said on papers."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domains.aftersales.values import ClaimFault
from app.domains.analytics.queries import broken_invariants
from app.domains.analytics.queries.contribution import contribution
from app.domains.analytics.values import By, ContributionAsk
from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.service.products import set_taxes
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.receipts import queries
from app.domains.receipts.rules import taxes
from app.domains.receipts.service import papers, sellers
from app.domains.receipts.values import Buyer, Seller
from app.flows.receipts import print_own
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.money import tax_in
from app.worker.tasks import credit_refunds
from tests.factories.aftersales import make_claim, make_decision
from tests.factories.pdf import pages_of
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk

Call = Callable[..., Any]
FINANCE = Actor("财务", Role.HQ_FINANCE, new_id())
SELLER = Seller(name="临江邻里商贸有限公司", tax_no="91350200MA2XN8L41K", address="临江市东渡区鹭洲大道1号")


@pytest.fixture
def world(services: Services) -> World:
    """Fruit at 9 %, everything else without tax."""
    made = make_world(services, residents=2)
    tax(made, fresh=900)
    return made


def tax(world: World, **rates: int) -> int:
    """Set the tax of categories by code, as finance does."""
    known = {row.code: row.id for row in world.services.database.read(catalogue.categories)}
    changed: int = world.services.database.transact(
        FINANCE, set_taxes, {known[code]: rate for code, rate in rates.items()}
    )
    return changed


def held(world: World, account: LedgerAccount) -> int:
    """What an account holds, debit positive."""
    return sum(row.amount_cents for row in world.services.database.read(ledger.balances, account))


def sound(world: World) -> None:
    database = world.services.database
    assert database.read_snapshot(broken_invariants, database.clock.now()) == []


@pytest.mark.parametrize(
    ("gross", "bps", "cents"),
    [(10_000, 900, 826), (3_980, 900, 329), (1, 900, 0), (6, 900, 0), (7, 900, 1), (100, 0, 0), (109, 900, 9)],
)
def test_the_tax_that_a_price_contains(gross: int, bps: int, cents: int) -> None:
    assert tax_in(gross, bps) == cents


def test_a_total_by_rates() -> None:
    assert taxes([(3_980, 900), (6_990, 0)], 10_970) == [
        {"tax_bps": 900, "gross_cents": 3_980, "tax_cents": 329},
        {"tax_bps": 0, "gross_cents": 6_990, "tax_cents": 0},
    ]
    assert taxes([(1_000, 900), (1_000, 1_300)], 999) == [
        {"tax_bps": 1_300, "gross_cents": 499, "tax_cents": 57},
        {"tax_bps": 900, "gross_cents": 500, "tax_cents": 41},
    ]
    assert taxes([(6_990, 0)], 6_990) == taxes([(0, 900)], 0) == []


def test_tax_is_booked_when_goods_are_fetched_and_goes_back_with_refunds(world: World, work: Call) -> None:
    """Two of 19.90 contain 3.29; after one was given back, whosever the fault, 1.64 are left; after both nothing."""
    order_id = world.buy(0, orange=2, rice=1)
    assert tax(world, fresh=1_300) == 1  # later rates leave the line alone
    run_to(world, Station.REMIND)
    assert held(world, LedgerAccount.TAX) == 0
    pick_up(world, order_id, orange=1)
    assert held(world, LedgerAccount.TAX) == -164
    pick_up(world, order_id)
    assert (held(world, LedgerAccount.TAX), held(world, LedgerAccount.SALES)) == (-329, -10_970 + 329)
    make_decision(world, make_claim(world, order_id, orange=1).id, fault=ClaimFault.SUPPLIER)
    assert (held(world, LedgerAccount.TAX), held(world, LedgerAccount.REFUNDS)) == (-164, -165)
    make_decision(world, make_claim(world, order_id, orange=1).id, fault=ClaimFault.NOBODY)
    work()
    assert (held(world, LedgerAccount.TAX), held(world, LedgerAccount.REFUNDS)) == (0, 3_980 - 329)
    sound(world)
    ask = ContributionAsk(rounds=(world.group_buy_id,), by=By.ORDER)
    found = world.services.database.read(contribution, ask)
    assert (found.total["price_cents"], found.total["refunds_cents"]) == (10_970 - 329, 3_980 - 329)


def test_papers_name_the_legal_seller_the_tax_and_the_goods_given_back(world: World, work: Call) -> None:
    database = world.services.database
    assert database.transact(FINANCE, sellers.save, world.hub_id, SELLER) == SELLER
    order_id = world.buy(0, orange=2, rice=1)
    run_to(world, Station.REMIND)
    pick_up(world, order_id)
    card = database.transact(world.resident(), papers.issue_own, order_id, Buyer())
    database.transact(FINANCE, sellers.save, world.hub_id, Seller(name="另一家公司"))
    make_decision(world, make_claim(world, order_id, orange=1).id, fault=ClaimFault.SUPPLIER)
    work()
    credit_refunds(world.services)
    words = pages_of(print_own(world.run_as(world.resident()), card.id, "zh").content)[0]
    assert {SELLER.name, SELLER.tax_no, SELLER.address, "9 %", "36.51", "3.29", "39.80", "106.41", "109.70"} <= set(
        words
    )
    note = database.read(queries.papers_of_order, order_id)[1]
    assert note.facts["seller"]["legal"] == SELLER.name
    assert [(line["name"], line["sum_cents"]) for line in note.facts["lines"]] == [("赣南脐橙", 1_990)]
    assert note.facts["taxes"] == [{"tax_bps": 900, "gross_cents": 1_990, "tax_cents": 164}]
    english = pages_of(print_own(world.run_as(world.resident()), note.id, "en").content)[0]
    assert {"Credit note", "Gannan oranges one", "18.26", "1.64", "19.90"} <= set(english)


@pytest.mark.parametrize(
    ("seller", "field"),
    [(Seller(tax_no=SELLER.tax_no), "name"), (Seller(name="a", tax_no="12"), "tax_no"),
     (Seller(name="a" * 101), "name"), (Seller(name="a", address="x" * 201), "address")],
)  # fmt: skip
def test_sellers_that_cannot_be(world: World, seller: Seller, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        world.services.database.transact(FINANCE, sellers.save, world.hub_id, seller)
    assert refusal.value.field == field
    assert world.services.database.read(queries.seller_of, world.hub_id) == Seller()


def test_who_may_set_them(world: World) -> None:
    database, service = world.services.database, Actor("客服", Role.HQ_SERVICE, new_id())
    for act, asked in ((sellers.save, (world.hub_id, SELLER)), (set_taxes, ({},))):
        with pytest.raises(Forbidden):
            database.transact(service, act, *asked)
    with pytest.raises(NotFound):
        database.transact(FINANCE, set_taxes, {new_id(): 900})
    with pytest.raises(Invalid):
        tax(world, fresh=5_001)
    assert {row.code: row.tax_bps for row in database.read(catalogue.categories)}["fresh"] == 900


def test_the_page(world: World, client: FlaskClient) -> None:
    desk = Desk(client, world.services.database, Role.HQ_FINANCE)
    saved = desk.post("/hq/receipts/seller", hub="LJ-T", name=SELLER.name, tax_no=SELLER.tax_no, address="")
    assert saved.status_code == 303
    refused = desk.post("/hq/receipts/seller", hub="LJ-T", name="", tax_no="12", address="此处")
    assert (refused.status_code, "此处" in refused.text) == (422, True)
    fruit = next(row.id for row in world.services.database.read(catalogue.categories) if row.code == "fresh")
    assert desk.post("/hq/receipts/taxes", hub="LJ-T", **{f"tax-{fruit}": "8.5"}).status_code == 303
    wrong = desk.post("/hq/receipts/taxes", hub="LJ-T", **{f"tax-{fruit}": "51"})
    assert (wrong.status_code, 'value="51"' in wrong.text) == (422, True)
    page = desk.get("/hq/receipts/seller?hub=LJ-T")
    assert SELLER.tax_no in page
    assert 'value="8.5"' in page
