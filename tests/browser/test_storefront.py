"""A newcomer with a phone: signs in, finds her pickup point, orders, pays at the provider's page, holds her code."""

import re

from playwright.sync_api import Browser, Page, expect

from app.domains.accounts.models import Account
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.kernel.actors import Role
from app.kernel.paging import PageAsk
from tests.browser.conftest import DESK, Live, accessible
from tests.factories.world import make_world


def test_a_newcomer_orders_pays_and_holds_her_code(live: Live, page: Page) -> None:
    world = make_world(live.services)
    page.goto(live.url)
    expect(page.get_by_text("选择您的自提点")).to_be_visible()
    assert accessible(page) == []

    buy_twice(page)
    sign_in(page)
    choose_place(page)
    place_and_pay(page)

    expect(page.get_by_role("heading", name="付款成功，谢谢！")).to_be_visible()
    assert accessible(page) == []
    code = page.locator("#pickup-code").inner_text()
    assert re.fullmatch(r"\d{6}", code)
    page.get_by_role("link", name="查看订单").click()
    expect(page.locator("#pickup-code")).to_have_text(code)
    picture = page.get_by_alt_text("取货码二维码")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    [order] = live.services.database.read(orders.orders_of_round, world.group_buy_id, PageAsk()).rows
    assert (order.status, order.total_cents) == (OrderStatus.PAID, 2 * 1_990)

    live.work()
    page.get_by_role("link", name=re.compile("消息")).click()
    expect(page.get_by_text("付款成功")).to_be_visible()
    assert accessible(page) == []


def buy_twice(page: Page) -> None:
    """Put two bags of oranges into the basket; the badge follows without a reload."""
    page.get_by_role("button", name="抢购：赣南脐橙").click()
    pieces = page.get_by_role("group", name="赣南脐橙 的数量")
    expect(pieces.locator("output")).to_have_text("1")
    expect(pieces.get_by_role("button", name="加一份")).to_be_focused()
    pieces.get_by_role("button", name="加一份").press("Enter")
    expect(pieces.locator("output")).to_have_text("2")
    expect(page.locator("#nav-badge-2")).to_have_text("2")
    page.get_by_role("link", name=re.compile("购物车")).click()
    expect(page.locator(".shop-total")).to_contain_text("39.80")
    page.get_by_role("link", name="去结算").click()


def sign_in(page: Page) -> None:
    """By phone and the code that the demo shows."""
    page.get_by_label("手机号").fill("13700001234")
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("验证码").fill(page.locator("#demo-code").inner_text())
    page.get_by_role("button", name="登录").click()


def choose_place(page: Page) -> None:
    """By the device's location: in the middle of the second compound."""
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 30.4, "longitude": 115.21})
    page.get_by_role("button", name="使用我的位置").click()
    expect(page.get_by_role("heading", name="确认订单")).to_be_visible()
    expect(page.get_by_text("因为您住在 测试小区902（距离 0 米）")).to_be_visible()


def place_and_pay(page: Page) -> None:
    """Place the order and approve at the provider's page."""
    page.get_by_role("button", name="提交订单").click()
    page.get_by_role("button", name=re.compile("付款 ¥39.80")).click()
    page.wait_for_url("**/pay/pi_*")
    page.get_by_role("button", name="确认支付").click()
    page.wait_for_url("**/paid?*")


def test_a_cancelled_order_asks_first(live: Live, page: Page) -> None:
    world = make_world(live.services)
    placed = world.place(0, rice=1)
    live.let_in(page.context, Account(id=world.residents[0], role=Role.RESIDENT))
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/orders/{placed.id}")
    page.get_by_role("button", name="取消订单").click()
    page.get_by_role("button", name="取消", exact=True).click()
    expect(page.get_by_text("待付款")).to_be_visible()
    page.get_by_role("button", name="取消订单").click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text("订单已取消。")).to_be_visible()
    assert live.services.database.read(orders.get_order, placed.id).status is OrderStatus.CANCELLED


def test_without_scripts_the_basket_works_too(live: Live, browser: Browser) -> None:
    make_world(live.services)
    plain = browser.new_context(java_script_enabled=False)
    try:
        still = plain.new_page()
        still.goto(live.url)
        still.get_by_role("button", name="抢购：东北大米").click()
        expect(still.get_by_role("group", name="东北大米 的数量").locator("output")).to_have_text("1")
        still.get_by_role("link", name=re.compile("购物车")).click()
        expect(still.locator(".shop-total")).to_contain_text("69.90")
    finally:
        plain.close()


def test_large_type_and_english_stay_on_the_screen(live: Live, page: Page) -> None:
    make_world(live.services)
    page.goto(live.url)
    page.get_by_role("button", name="大字").click()
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("button", name="Large type")).to_have_attribute("aria-pressed", "true")
    for path in ("/", "/basket", "/places", "/me", "/sign-in"):
        page.goto(live.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert accessible(page) == []
