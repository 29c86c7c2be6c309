"""A resident says "1, up to 3 if it fills a box" on her phone; the warehouse weighs her greens at the table."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domains.accounts.models import Account
from app.domains.groupbuys.values import Station
from app.domains.orders import queries as orders
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.browser.conftest import PHONE, Live, accessible
from tests.factories.accounts import make_account
from tests.factories.boxes import buy, pack, weigh_goods
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import run_to
from tests.factories.world import World, make_world


@pytest.fixture
def world(live: Live) -> World:
    """Dumplings in boxes of 6, greens by weight, about 480 g each."""
    made = make_world(replace(live.services, provider=ApprovingProvider()))
    pack(made, dumplings=6)
    weigh_goods(made, greens=480)
    return made


def test_tolerance_is_chosen_shown_and_paid_as_the_most(live: Live, page: Page, world: World) -> None:
    live.let_in(page.context, Account(id=world.residents[0], role="resident"))
    page.goto(f"{live.url}/offers/{world.offers['dumplings']}")
    expect(page.get_by_text("整箱订货，每箱 6 份")).to_be_visible()
    page.get_by_role("button", name="抢购：猪肉水饺").click()
    expect(page.get_by_role("group", name="猪肉水饺 的数量").locator("output")).to_have_text("1")
    page.get_by_role("link", name="去购物车").click()
    page.get_by_label("能凑满一箱时").select_option("最多再加 2 份")
    expect(page.locator(".shop-total")).to_contain_text("75.00")
    expect(page.locator(".shop-total")).to_contain_text("最多")
    expect(page.get_by_role("group", name="猪肉水饺 的数量").get_by_role("spinbutton")).to_have_value("1")
    assert accessible(page) == []
    page.get_by_role("link", name="去结算").click()
    expect(page.get_by_text("要 1 份，能凑满一箱时最多 3 份")).to_be_visible()
    expect(page.get_by_text("您最多支付 ¥75.00")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("button", name="提交订单").click()
    expect(page.get_by_text("要 1 份，能凑满一箱时最多 3 份")).to_be_visible()
    [order] = live.services.database.read(orders.orders_of_round, world.group_buy_id, PageAsk()).rows
    (line,) = order.lines
    assert (order.total_cents, line.wanted_qty, line.tolerance_qty) == (7_500, 1, 2)
    page.goto(f"{live.url}/offers/{world.offers['dumplings']}")
    expect(page.get_by_text("再有 3 份就凑满一箱（6 份）")).to_be_visible()


def test_the_scale_asks_twice_and_gives_the_difference_back(live: Live, browser: Browser, world: World) -> None:
    ann = buy(world, 0, greens=5)
    run_to(world, Station.SORT)
    sorter = live.services.database.transact(Actor.system("test"), make_account, Role.HQ_WAREHOUSE)
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, reduced_motion="reduce")
    live.let_in(context, sorter)
    page = context.new_page()
    page.goto(f"{live.url}/hq/weighing/{world.group_buy_id}")
    assert accessible(page) == []
    page.get_by_label("上海青 × 5").fill("235")
    page.get_by_role("button", name="保存重量").click()
    expect(page.get_by_role("alert").filter(has_text="235 克与预计的 2400 克相差太大")).to_be_visible()
    expect(page.get_by_label("上海青 × 5")).to_have_value("235")
    assert accessible(page) == []
    page.get_by_label("上海青 × 5").fill("2352")
    page.get_by_role("button", name="保存重量").click()
    expect(page.get_by_text("退给居民 ¥0.50")).to_be_visible()
    expect(page.get_by_label("上海青 × 5")).to_have_value("2352")
    assert live.services.database.read(orders.get_order, ann).refunded_cents == 50
    context.close()
