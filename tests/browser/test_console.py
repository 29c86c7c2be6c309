"""HQ in a browser: signs in, drives a whole round by its buttons to settlement, and looks at the pages on the way."""

from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.domains.accounts.models import Account
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import GroupBuyStatus
from app.domains.orders import queries as orders
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due
from tests.browser.conftest import DESK, Live, accessible, follow
from tests.factories.accounts import PASSWORD, make_account
from tests.factories.provider import ApprovingProvider
from tests.factories.world import World, make_world

pytestmark = pytest.mark.browser
SYSTEM = Actor.system("test")


def sign_in(live: Live, page: Page) -> None:
    """As HQ's admin, through the form, in English."""

    def admin(uow: UnitOfWork) -> Account:
        return make_account(uow, Role.HQ_ADMIN, login="boss", name="Boss")

    live.services.database.transact(SYSTEM, admin)
    page.context.add_cookies([{"name": "locale", "value": "en", "url": live.url}])
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/hq/")
    page.get_by_label("Login").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


@pytest.fixture
def world(live: Live) -> World:
    """The tests' small world with three paid orders."""
    found = make_world(replace(live.services, provider=ApprovingProvider()), residents=3)
    found.buy(0, orange=3, rice=1)
    found.buy(1, greens=6)
    found.buy(2, orange=2)
    return found


def start(world: World, page: Page, station: str, button: str = "Start") -> None:
    """Press a station's button, let the worker work, and see the station done without reloading."""
    card = page.locator(f"#station-{station}")
    card.get_by_role("button", name=button).click()
    if button == "Close early" or station in {"remind", "settle"}:
        page.locator("dialog[open]").get_by_role("button", name="Confirm").click()
    expect(card).to_contain_text("running")
    run_due(world.services)
    expect(card).to_contain_text("done")


def test_hq_drives_a_round_by_its_buttons(live: Live, context: BrowserContext, page: Page, world: World) -> None:
    del context
    sign_in(live, page)
    follow(page, page.get_by_role("link", name="LJ-T-261120").first)
    assert accessible(page) == []
    start(world, page, "cutoff", "Close early")
    page.locator("#station-receive").get_by_label("Count what is open as delivered in full").check()
    start(world, page, "receive")
    page.locator("#station-sort").get_by_label("All sheets are sorted").check()
    start(world, page, "sort")
    start(world, page, "route")
    start(world, page, "dispatch")
    page.locator("#station-handover").get_by_label("Count open handovers as complete").check()
    start(world, page, "handover")
    start(world, page, "remind")
    start(world, page, "settle")
    card = live.services.database.read(groupbuys.get_group_buy, world.group_buy_id)
    assert card.status is GroupBuyStatus.SETTLED


def test_goods_are_counted_line_by_line_and_the_tours_are_drawn(live: Live, page: Page, world: World) -> None:
    sign_in(live, page)
    base = f"{live.url}/hq/rounds/{world.group_buy_id}"
    page.goto(base)
    start(world, page, "cutoff", "Close early")
    page.goto(f"{base}/receiving")
    assert accessible(page) == []
    while page.get_by_role("button", name="Count").count():
        left = page.locator(".hq-dock__line").count()
        page.get_by_role("button", name="Count").first.click()
        expect(page.locator(".hq-dock__line")).to_have_count(left - 1)
    page.get_by_role("button", name="Finish").click()
    run_due(world.services)
    expect(page.locator("#station-receive")).to_contain_text("0 SKUs short")
    page.locator("#station-sort").get_by_label("All sheets are sorted").check()
    start(world, page, "sort")
    start(world, page, "route")
    page.goto(f"{base}/routes")
    expect(page.locator(".map-stop").first).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("link", name="Load list").first.click()
    expect(page.get_by_role("heading", name="Load list")).to_be_visible()
    assert live.services.database.read(orders.round_totals, world.group_buy_id)
