"""A claim seen from its three sides: the resident shows what is wrong, the leader tells her side, HQ decides."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from app.domains.accounts.models import Account
from app.domains.aftersales import queries
from app.domains.aftersales.values import ClaimFault, ClaimStatus
from app.domains.groupbuys.values import Station
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.browser.conftest import DESK, Live, Watch, accessible, follow
from tests.factories.accounts import make_account
from tests.factories.aftersales import make_picture
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world


def handed_out(live: Live) -> tuple[World, str]:
    """Resident 0 has just fetched three oranges; returns the order's address too."""
    world = make_world(Services(live.services.settings, live.services.database, ApprovingProvider()), residents=1)
    order_id = world.buy(0, orange=3)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id)
    return world, f"{live.url}/orders/{order_id}"


def test_a_claim_from_the_photo_to_the_decision(live: Live, page: Page, browser: Browser, tmp_path: Path) -> None:
    world, order = handed_out(live)
    live.let_in(page.context, Account(id=world.residents[0], role=Role.RESIDENT))
    picture = tmp_path / "soft.png"
    picture.write_bytes(make_picture())
    page.goto(f"{order}/claim")
    page.locator("input[type=file]").set_input_files([picture])
    photo = page.get_by_role("img", name="您的照片")
    expect(photo).to_be_visible()
    expect(photo).to_have_js_property("complete", True)
    assert photo.evaluate("image => image.naturalWidth") > 0
    page.get_by_label("质量问题").check()
    page.get_by_label("几份？").fill("2")
    page.get_by_label("具体情况").fill("两个都软了")
    assert accessible(page) == []
    page.get_by_role("button", name="提交售后").click()
    expect(page.get_by_text("处理中")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("您的照片"))).to_be_visible()
    assert accessible(page) == []

    live.let_in(page.context, Account(id=world.leaders["L901"], role=Role.LEADER))
    page.goto(f"{live.url}/leader/")
    follow(page, page.get_by_role("link", name="1 个售后等您举证"))
    assert accessible(page) == []
    page.get_by_role("link", name=re.compile("赣南脐橙 × 2")).click()
    expect(page.get_by_text("举证还剩")).to_be_visible()
    page.get_by_label("交货时商品是什么样的？").fill("交货时是硬的")
    page.locator("input[type=file]").set_input_files([picture])
    expect(page.get_by_role("img", name="您的照片")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("button", name="提交举证").click()
    expect(page.get_by_text("交货时是硬的")).to_be_visible()
    decide(live, browser)
    (claim,) = live.services.database.read(queries.claims, PageAsk()).rows
    assert (claim.status, claim.fault, claim.refunded_cents) == (ClaimStatus.APPROVED, ClaimFault.SUPPLIER, 3_980)


def decide(live: Live, browser: Browser) -> None:
    """Customer service takes the claim in hand and approves it."""
    desk = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, locale="zh-CN", reduced_motion="reduce")
    live.let_in(desk, live.services.database.transact(Actor.system("test"), make_account, Role.HQ_SERVICE))
    watch = Watch()
    page = watch.over(desk.new_page())
    page.goto(f"{live.url}/hq/claims")
    assert accessible(page) == []
    page.get_by_role("link", name="赣南脐橙").click()
    expect(page.get_by_text("交货时是硬的")).to_be_visible()
    follow(page, page.get_by_role("button", name="我来处理"))
    assert accessible(page) == []
    page.get_by_label("同意", exact=True).check()
    page.get_by_label("原因").fill("照片清楚")
    page.get_by_role("button", name="提交处理").click()
    page.locator("dialog button[value=yes]").click()
    expect(page.get_by_text("这里没有售后")).to_be_visible()
    assert watch.complaints == []
    desk.close()
