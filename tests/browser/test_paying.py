"""Balance, a kept card that asks for its owner, and cash: from the order's page to the leader's phone."""

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from app.domains.accounts.models import Account
from app.domains.communities.service import leaders
from app.domains.groupbuys.values import Station
from app.domains.payments import queries
from app.domains.payments.service import holds
from app.domains.payments.values import Method, PaymentStatus, Route
from app.flows import checkout, payment
from app.flows.pay_wish import PayWish
from app.kernel.actors import Actor, Role
from tests.browser.conftest import DESK, PHONE, Live, accessible
from tests.factories.settlement import run_to
from tests.factories.world import World, make_world

#: Where pictures of the pages are kept, when somebody wishes to look at them.
PICTURES = os.environ.get("PICTURES", "")


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page at both sizes, when wished."""
    if PICTURES:
        for label, (width, height) in (("phone", PHONE), ("desk", DESK)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{label}.png"), full_page=True)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def with_balance(live: Live, world: World) -> None:
    """Resident 0 cancelled an order of 25 yuan, and wished to have the money on her balance."""
    run = world.run_as(world.resident())
    run(holds.choose_route, Route.BALANCE)
    order = world.place(0, dumplings=1)
    wish = PayWish(method=Method.CARD_TEST)
    payment.start_payment(run, live.services.provider, order.id, "http://localhost/", wish)
    run(checkout.cancel, order.id)
    live.work()


def test_balance_and_a_kept_card_pay_together(live: Live, page: Page) -> None:
    world = make_world(live.services)
    with_balance(live, world)
    live.let_in(page.context, Account(id=world.residents[0], role=Role.RESIDENT))
    page.goto(f"{live.url}/balance")
    expect(page.get_by_text("+¥25.00")).to_be_visible()
    expect(page.get_by_label("立即退到余额")).to_be_checked()
    assert accessible(page) == []
    picture(page, "balance")

    order = world.place(0, rice=1)
    page.goto(f"{live.url}/orders/{order.id}")
    expect(page.get_by_label("先用余额：¥25.00")).to_be_checked()
    page.get_by_label("银行卡").check()
    assert accessible(page) == []
    picture(page, "pay")
    page.get_by_role("button", name="付款 ¥69.90").click()
    expect(page.get_by_text("还没有保存银行卡")).to_be_visible()
    picture(page, "no-card")
    page.get_by_role("button", name="添加银行卡").click()
    page.wait_for_url("**/card/cs_*")
    picture(page, "double-card")
    assert accessible(page) == []
    page.get_by_label(re.compile("3184")).check()
    page.get_by_role("button", name=re.compile("保存这张卡")).click()
    expect(page.get_by_text("Visa •••• 3184")).to_be_visible()
    assert accessible(page) == []
    picture(page, "cards")
    page.get_by_role("button", name="用此卡付款：Visa •••• 3184").click()
    page.wait_for_url("**/pay/pi_*")
    picture(page, "double-pay")
    page.get_by_role("button", name=re.compile("确认支付")).click()
    expect(page.get_by_role("heading", name="付款成功，谢谢！")).to_be_visible()
    expect(page.get_by_text("其中余额支付 ¥25.00")).to_be_visible()
    picture(page, "paid")
    live.work()
    card = live.services.database.read(queries.payment_of_order, order.id)
    part = live.services.database.read(queries.part_of, card)
    assert (card.status, card.amount_cents) == (PaymentStatus.AUTHORISED, 4_490)
    assert (part.status, part.received_cents) == (PaymentStatus.SUCCEEDED, 2_500)
    page.goto(f"{live.url}/cards")
    page.get_by_role("button", name="删除").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_text("还没有保存银行卡")).to_be_visible()


def test_cash_is_promised_brought_and_confirmed(live: Live, page: Page, browser: Browser) -> None:
    world = make_world(live.services)
    system = world.run_as(Actor.system("test"))
    system(leaders.set_takes_cash, world.leaders["L901"], takes_cash=True)
    live.let_in(page.context, Account(id=world.residents[0], role=Role.RESIDENT))
    order = world.place(0, orange=2, rice=1)
    page.goto(f"{live.url}/orders/{order.id}")
    page.get_by_label("自提时付现金").check()
    page.get_by_role("button", name="付款 ¥109.70").click()
    expect(page.get_by_role("heading", name="下单成功，谢谢！")).to_be_visible()
    expect(page.get_by_text("自提时请带现金 ¥109.70。")).to_be_visible()
    picture(page, "cash-ordered")
    code = page.locator("#pickup-code").inner_text()
    run_to(world, Station.HANDOVER)
    live.work()

    leader = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN", reduced_motion="reduce"
    )
    live.let_in(leader, Account(id=world.leaders["L901"], role=Role.LEADER))
    portal = leader.new_page()
    portal.goto(f"{live.url}/leader/pickup")
    portal.get_by_label("取货码").fill(code)
    portal.get_by_role("button", name="查看订单").click()
    expect(portal.get_by_text("待收现金")).to_be_visible()
    assert accessible(portal) == []
    picture(portal, "leader-cash")
    portal.get_by_label("我已收到 ¥109.70").check()
    portal.get_by_role("button", name="确认取货").click()
    portal.wait_for_url("**/done?*")
    live.work()
    portal.goto(f"{live.url}/leader/earnings")
    expect(portal.get_by_text("您代收、尚未上交的现金")).to_be_visible()
    expect(portal.get_by_text("¥109.70", exact=True)).to_be_visible()
    assert accessible(portal) == []
    picture(portal, "leader-earnings")
    leader.close()
