"""The dock on a phone: a code is typed, pieces are counted with the thumb, surplus and warmth are answered."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.domains.accounts.models import Account
from app.domains.groupbuys.values import Station
from app.domains.supply import queries as supply
from app.domains.supply.queries import dock, lots
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.browser.conftest import DESK, Live, accessible, follow
from tests.factories.accounts import make_account
from tests.factories.provider import ApprovingProvider
from tests.factories.world import World, make_world

pytestmark = pytest.mark.browser
SYSTEM = Actor.system("test")


@pytest.fixture
def world(live: Live, page: Page) -> World:
    """The tests' small world after its cut-off, on the day of delivery; Chen of the hub is signed in, in English."""
    found = make_world(replace(live.services, provider=ApprovingProvider()), residents=3)
    found.buy(0, orange=3, dumplings=2)
    found.buy(1, dumplings=3)
    found.station(Station.CUTOFF, early=True)
    _to_the_day_of_delivery(live)

    def desk(uow: UnitOfWork) -> Account:
        return make_account(uow, Role.HQ_WAREHOUSE, login="chen", name="Chen")

    live.let_in(page.context, live.services.database.transact(SYSTEM, desk))
    page.context.add_cookies([{"name": "locale", "value": "en", "url": live.url}])
    return found


def _to_the_day_of_delivery(live: Live) -> None:
    clock: Any = live.services.database.clock
    clock.move_to(clock.now().replace(day=21))


def line_of(world: World, sku: str) -> Any:
    lines = world.services.database.read(supply.purchase_lines, group_buy_id=world.group_buy_id)
    found = next(line for line in lines if line.sku_code == sku)
    return world.services.database.read(dock.get_line, found.id)


def fits(page: Page) -> bool:
    """Whether nothing sticks out of the phone's screen to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_receiver_counts_a_delivery_with_one_hand(live: Live, page: Page, world: World) -> None:
    page.goto(f"{live.url}/hq/dock")
    expect(page.get_by_role("heading", name="Dock")).to_be_visible()
    assert (accessible(page), fits(page)) == ([], True)
    page.get_by_label("Order number, bar code or SKU").fill("T003")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Pork dumplings")).to_be_visible()
    assert (accessible(page), fits(page)) == ([], True)

    page.get_by_role("button", name="+ 1 pack (6)").click()
    page.get_by_role("button", name="One fewer").first.click()
    page.get_by_label("Temperature").fill("-12")
    page.get_by_label("On the delivery note").fill("6")
    expect(page.get_by_label("Why taken in")).to_be_visible()
    page.get_by_label("Why taken in").fill("Core at -17")
    page.get_by_role("button", name="Count", exact=True).click()
    expect(page.get_by_text("Counted: 5 good, 0 rejected.")).to_be_visible()
    expect(page.locator("#counts")).to_contain_text("Chen")
    assert line_of(world, "T003").received_qty == 5

    page.get_by_label("Good pieces").fill("3")
    page.get_by_role("button", name="Count", exact=True).click()
    expect(page.get_by_text("2 more than were ordered.")).to_be_visible()
    assert (accessible(page), fits(page)) == ([], True)
    page.get_by_role("button", name="Take 2 into stock").click()
    expect(page.get_by_text("Counted: 3 good, 0 rejected.")).to_be_visible()
    found = line_of(world, "T003")
    assert (found.received_qty, found.is_counted) == (8, True)
    (order,) = [
        o
        for o in world.services.database.read(supply.purchase_orders, PageAsk(), group_buy_id=world.group_buy_id).rows
        if o.id == found.purchase_order_id
    ]
    (difference,) = world.services.database.read(lots.differences, order.id)
    assert (difference.kind.value, difference.qty, difference.amount_cents) == ("credit", 2, 3_800)


def test_a_rejection_has_a_photo_and_the_last_count_is_taken_back(live: Live, page: Page, world: World) -> None:
    line = line_of(world, "T001")
    page.goto(f"{live.url}/hq/dock/lines/{line.id}")
    page.get_by_text("Something is rejected").click()
    page.get_by_label("Rejected pieces").fill("2")
    page.get_by_role("button", name="Count", exact=True).click()
    expect(page.get_by_text("say why goods were rejected")).to_be_visible()
    page.get_by_label("Why rejected").fill("Mould")
    page.get_by_label("Photo", exact=True).set_input_files(
        {"name": "crate.png", "mimeType": "image/png", "buffer": _png()}
    )
    page.get_by_role("button", name="Count", exact=True).click()
    expect(page.get_by_text("Counted: 0 good, 2 rejected.")).to_be_visible()
    (count,) = world.services.database.read(dock.counts, line.purchase_order_id, line.id)
    assert (count.rejected_qty, count.reject_reason, count.received_by) == (2, "Mould", "Chen")
    answer = page.request.get(f"{live.url}/hq/pictures/{count.photo}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    page.get_by_role("button", name="Take back my last count").click()
    expect(page.get_by_text("Your last count is taken back.")).to_be_visible()
    assert line_of(world, "T001").rejected_qty == 0


def test_stock_stocktake_and_recall_at_the_desk(live: Live, page: Page, world: World) -> None:
    world.station(Station.RECEIVE, as_ordered=True)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/hq/stock")
    expect(page.get_by_role("heading", name="Stock")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("searchbox", name="Search the stock").fill("T003")
    page.get_by_role("searchbox", name="Search the stock").press("Enter")
    follow(page, page.get_by_role("link", name="Loss"))  # of one lot only
    assert accessible(page) == []
    page.get_by_label("Pieces").fill("1")
    page.get_by_role("button", name="Take out of the books").click()
    expect(page.get_by_text("1 pieces are out of the books.")).to_be_visible()
    page.get_by_role("button", name="Stocktake").click()
    for field in page.locator("input[name^='lot-']").all():
        field.fill("1")
    follow(page, page.get_by_role("button", name="Write down"))
    assert accessible(page) == []
    page.get_by_role("button", name="Show what differs").click()
    expect(page.get_by_role("heading", name="Put the books right")).to_be_visible()
    page.get_by_label("Reason").fill("Counted twice")
    page.get_by_role("button", name="Correct the books").click()
    expect(page.get_by_text("The books say now what was found.")).to_be_visible()
    here = {
        lot.lot_code: lot.qty
        for lot in world.services.database.read(lots.lots, world.hub_id, live.services.database.clock.now().date())
    }
    assert set(here.values()) == {1}
    page.goto(f"{live.url}/hq/recall?q=T003")
    assert accessible(page) == []
    page.get_by_role("link", name="PO-LJ-T").first.click()
    expect(page.get_by_role("heading", name="Whom it reached")).to_be_visible()
    assert accessible(page) == []


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (180, 40, 40)).save(out, "PNG")
    return out.getvalue()
