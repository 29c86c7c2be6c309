"""Printing in a browser: HQ orders sheets and sees them made, the leader prints hers, a scanner reads the codes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.documents.canvas import Code
from app.documents.labels import lay_out
from app.documents.layout import Fact, Label, Stamp
from app.documents.words import Words
from app.domains.accounts.models import Account
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.infra.clock import SetClock
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due
from tests.browser.conftest import DESK, Live, accessible
from tests.factories.accounts import make_account
from tests.factories.pdf import pages_of
from tests.factories.provider import ApprovingProvider
from tests.factories.world import CUTOFF_AT, World, make_world

SYSTEM = Actor.system("test")


@pytest.fixture
def world(live: Live, clock: SetClock) -> World:
    """A round whose trucks have left, on the morning of its pickup."""
    found = make_world(replace(live.services, provider=ApprovingProvider()), residents=3)
    found.buy(0, orange=3, rice=1)
    found.buy(1, greens=6)
    clock.move_to(CUTOFF_AT + timedelta(hours=9))
    for station, options in (
        (Station.CUTOFF, {}), (Station.RECEIVE, {"as_ordered": True}), (Station.SORT, {"finish": True}),
        (Station.ROUTE, {"iterations": 20}), (Station.DISPATCH, {}),
    ):  # fmt: skip
        found.station(station, **options)
        run_due(found.services)
    return found


def test_hq_has_a_round_printed_and_sees_it_made(live: Live, page: Page, world: World) -> None:
    def desk(uow: UnitOfWork) -> Account:
        return make_account(uow, Role.HQ_WAREHOUSE, login="dock", name="Dock")

    live.let_in(page.context, live.services.database.transact(SYSTEM, desk))
    page.context.add_cookies([{"name": "locale", "value": "en", "url": live.url}])
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/hq/rounds/{world.group_buy_id}/sorting")
    page.get_by_role("navigation", name="Pages of this round").get_by_role("link", name="Documents").click()
    expect(page.get_by_text("No files yet")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("group", name="Sorting sheets").get_by_role("button", name="One PDF").click()
    files = page.locator("#files")
    expect(files).to_contain_text("waits for the worker")
    run_due(live.services)
    opened = files.get_by_role("link", name="Open")
    expect(opened).to_be_visible()  # the page asked by itself
    assert accessible(page) == []
    answer = page.request.get(f"{live.url}{opened.get_attribute('href')}")
    assert [page_[0] for page_ in pages_of(answer.body())] == [
        "Sorting sheet · Ambient", "Sorting sheet · Chilled",
    ]  # fmt: skip
    page.get_by_role("link", name="中文").click()
    page.get_by_role("group", name="Crate labels").get_by_role("button", name="Four on A4").click()
    run_due(live.services)
    expect(files.get_by_role("link", name="Open")).to_have_count(2)


def test_a_leader_prints_her_slip_and_her_list(live: Live, page: Page, world: World) -> None:
    def leader(uow: UnitOfWork) -> Account:
        found: Account = uow.session.get_one(Account, world.leaders["L901"])
        return found

    live.let_in(page.context, live.services.database.transact(SYSTEM, leader))
    cards = live.services.database.read(logistics.handovers_of_round, world.group_buy_id)
    own = next(card for card in cards if card.pickup_point_id == world.points["P901"])
    page.goto(f"{live.url}/leader/handovers/{own.id}")
    slip = page.get_by_role("link", name="打印交接单")
    assert accessible(page) == []
    assert pages_of(page.request.get(f"{live.url}{slip.get_attribute('href')}").body())[0][0] == "交接单"
    page.goto(f"{live.url}/leader/pickup")
    listed = page.get_by_role("link", name="打印清单")
    assert pages_of(page.request.get(f"{live.url}{listed.get_attribute('href')}").body())[0][0] == "自提清单"


def test_a_scanner_reads_the_code_of_a_crate_label(live: Live, page: Page) -> None:
    label = Label(
        name="周转箱标签", place="翠湖花园", number="261120-P901-C01", zone="冷藏", count="1/3",
        facts=(Fact("站序", "5"),), stamp=Stamp(hub="LJ-T", round="LJ-T-261120", printed="2026-11-21 03:05"),
    )  # fmt: skip
    code = next(mark for mark in lay_out(label, Words("zh", "Asia/Shanghai")) if isinstance(mark, Code))
    page.goto(f"{live.url}/")
    page.add_script_tag(url=f"{live.url}/static/vendor/jsqr/jsQR.min.js")
    assert page.evaluate(_DECODE, _pixels(code, 300)) == "261120-P901-C01"


_DECODE = """dark => {
  const side = Math.sqrt(dark.length);
  const rgba = new Uint8ClampedArray(dark.length * 4).fill(255);
  dark.forEach((one, at) => { if (one) rgba.fill(0, at * 4, at * 4 + 3); });
  return jsQR(rgba, side, side)?.data;
}"""


def _pixels(code: Code, side: int) -> list[Any]:
    """The code as a picture of so many pixels a side, 1 where it is dark."""
    dark = [0] * (side * side)
    scale = side / code.side
    for x, y, width, height in code.dark_runs():
        for row in range(round((y - code.y) * scale), round((y - code.y + height) * scale)):
            for column in range(round((x - code.x) * scale), round((x - code.x + width) * scale)):
                dark[row * side + column] = 1
    return dark
