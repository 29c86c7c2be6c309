"""Two sorters with their phones at one queue, a connection that goes away, and the hub that looks on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from app.domains.accounts.models import Account
from app.domains.logistics import queries
from app.domains.logistics.models import SortPut
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from tests.browser.conftest import DESK, PHONE, Live, Watch, accessible
from tests.factories.accounts import make_account
from tests.factories.sorting import make_wall
from tests.patience import MILLISECONDS

pytestmark = pytest.mark.browser
SYSTEM = Actor.system("test")
PUTS = 5


@pytest.fixture
def run(live: Live) -> Callable[..., Any]:
    return partial(live.services.database.transact, SYSTEM)


def account(uow: UnitOfWork, name: str) -> Account:
    return make_account(uow, Role.HQ_WAREHOUSE, login=name, name=name)


def phone(live: Live, browser: Browser, run: Callable[..., Any], name: str) -> Page:
    """A phone of a person of the hub, signed in."""
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="en-GB", timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(MILLISECONDS)
    context.add_cookies([{"name": "locale", "value": "en", "url": live.url}])
    live.let_in(context, run(account, name))
    return context.new_page()


def put(page: Page) -> None:
    """Press the big button of the put that is shown, once it counts taps."""
    expect(page.locator("[data-sort]:not([data-fresh])")).to_be_visible()
    page.locator("[data-put]:not([hidden]) .sq-put__go").click()


def begin(page: Page, live: Live, round_: object) -> None:
    page.goto(f"{live.url}/hq/rounds/{round_}/sort")
    page.get_by_role("button", name="ambient").click()
    expect(page.locator("[data-count]")).to_have_text(f"0 / {PUTS}")
    expect(page.locator("[data-sort][data-ready]")).to_be_visible()  # from here on the page sends by itself


def pieces(live: Live) -> int:
    return live.services.database.read(lambda s: int(s.scalar(select(func.sum(SortPut.put_qty))) or 0))


def test_two_sorters_share_a_queue(live: Live, browser: Browser, run: Callable[..., Any]) -> None:
    round_ = make_wall(run, points=PUTS, skus=2, every=1)
    watch = Watch()
    one, two = (watch.over(phone(live, browser, run, name)) for name in ("Ann", "Bo"))
    begin(one, live, round_)
    begin(two, live, round_)
    assert accessible(one) == []
    codes = [page.locator(".sq-goods__text").inner_text() for page in (one, two)]
    assert ("FR001" in codes[0], "FR002" in codes[1]) == (True, True)
    expect(one.locator("[data-put]:not([hidden]) .sq-put__slot")).to_contain_text("001")
    for _ in range(PUTS):
        put(one)
        two.keyboard.press("Enter")  # the big button holds the focus
    for page in (one, two):
        expect(page.get_by_role("heading", name="Sort")).to_be_visible()
        expect(page.locator(".sq-choice")).to_contain_text("all done")
    assert pieces(live) == 2 * 2 * PUTS
    assert live.services.database.read(queries.sheet_totals, round_).waiting == 0
    assert watch.complaints == []
    for page in (one, two):
        page.context.close()


def test_who_is_through_first_sees_the_other_finish(live: Live, browser: Browser, run: Callable[..., Any]) -> None:
    round_ = make_wall(run, points=PUTS, skus=2, every=1)
    watch = Watch()
    one, two = (watch.over(phone(live, browser, run, name)) for name in ("Ann", "Bo"))
    begin(one, live, round_)
    begin(two, live, round_)
    for _ in range(PUTS):
        put(one)
    zone = one.locator(".sq-choice button")
    expect(zone).to_contain_text("1 task left")
    assert accessible(one) == []
    zone.focus()
    put(two)
    expect(one.get_by_role("progressbar", name="ambient")).to_have_js_property("value", PUTS + 1)
    expect(zone).to_be_focused()  # the list was asked for anew, and the thumb is where it was
    for _ in range(PUTS - 1):
        put(two)
    expect(zone).to_contain_text("all done")
    expect(zone).to_be_focused()
    one.keyboard.press("Enter")
    expect(one.get_by_text("Nothing is left to sort in this zone: ambient.")).to_be_visible()
    assert watch.complaints == []
    for page in (one, two):
        page.context.close()


def test_a_finger_that_bounces_puts_once(live: Live, browser: Browser, run: Callable[..., Any]) -> None:
    round_ = make_wall(run, points=PUTS, skus=1, every=1)
    page = phone(live, browser, run, "Ann")
    begin(page, live, round_)
    expect(page.locator("[data-sort]:not([data-fresh])")).to_be_visible()
    page.locator("[data-put]:not([hidden]) .sq-put__go").dblclick()
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    expect(page.locator("[data-count]")).to_have_text(f"1 / {PUTS}")
    assert pieces(live) == 2
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # the key is held: it repeats
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(page.locator("[data-count]")).to_have_text(f"2 / {PUTS}")
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    assert pieces(live) == 4
    page.context.close()


def test_a_lost_connection_loses_nothing(live: Live, browser: Browser, run: Callable[..., Any]) -> None:
    round_ = make_wall(run, points=PUTS, skus=1, every=1)
    page = phone(live, browser, run, "Ann")
    begin(page, live, round_)
    put(page)
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    page.context.set_offline(True)
    put(page)
    put(page)
    expect(page.locator("[data-count]")).to_have_text(f"3 / {PUTS}")
    expect(page.locator("[data-sync]")).to_contain_text("2 · not sent yet")
    expect(page.get_by_role("alert")).to_contain_text("everything is kept on this phone")
    assert pieces(live) == 2
    page.context.set_offline(False)
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    assert pieces(live) == 6
    # An answer that got lost on its way: the post was taken in, comes again with its key, and counts once.
    lost: list[str] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().text())
        route.abort()

    page.route("**/hq/sort/puts/*", lose)
    put(page)
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    assert len(lost) == 1
    assert pieces(live) == 8
    page.context.close()


def test_undo_short_and_a_changed_number(live: Live, browser: Browser, run: Callable[..., Any]) -> None:
    round_ = make_wall(run, points=PUTS, skus=1, every=1)
    page = phone(live, browser, run, "Ann")
    begin(page, live, round_)
    put(page)
    expect(page.locator("[data-count]")).to_have_text(f"1 / {PUTS}")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-count]")).to_have_text(f"0 / {PUTS}")
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    assert pieces(live) == 0
    page.keyboard.press("s")
    page.keyboard.type("1")
    page.get_by_label("Why").locator("visible=true").select_option("damaged")
    put(page)
    expect(page.locator("[data-sync]")).to_have_text("all sent")
    assert pieces(live) == 1
    (short,) = live.services.database.read(queries.short_cards, round_)
    assert (short.qty, short.reason.value, short.put_by) == (1, "damaged", "Ann")
    # Somebody scans the wrong crate: it is said at once, and nothing is put.
    page.keyboard.press("s")
    page.get_by_label("Crate (scan its label)").locator("visible=true").fill("261120-P009-A01")
    put(page)
    expect(page.get_by_role("alert")).to_contain_text("261120-P002-A01")
    expect(page.locator("[data-count]")).to_have_text(f"1 / {PUTS}")
    page.context.close()


def test_the_hub_looks_on(
    live: Live, browser: Browser, context: BrowserContext, page: Page, run: Callable[..., Any]
) -> None:
    round_ = make_wall(run, points=PUTS, skus=1, every=1)
    sorter = phone(live, browser, run, "Ann")
    begin(sorter, live, round_)
    context.add_cookies([{"name": "locale", "value": "en", "url": live.url}])
    live.let_in(context, run(account, "Boss"))
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/hq/rounds/{round_}/sorting")
    assert accessible(page) == []
    progress = page.locator("#sort-progress")
    expect(progress).to_contain_text(f"0 / {PUTS}")
    put(sorter)
    expect(progress).to_contain_text(f"1 / {PUTS}")
    expect(progress).to_contain_text("Ann")
    for kind in ("pick", "load", "deliver"):
        page.goto(f"{live.url}/hq/rounds/{round_}/night/{kind}")
        expect(page.locator(".sq-totals")).to_contain_text("R0·S1·")
        expect(page.locator(".sq-totals")).to_contain_text("10 pcs")
    sorter.context.close()
