"""Ratings, tasks and looks at people's data in a browser: both languages, a phone and a desk, axe, a quiet console."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domains.accounts.models import Account
from app.flows.tasks import publish
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from tests.browser.conftest import DESK, PHONE, Live, Watch, accessible
from tests.factories.accounts import make_account
from tests.factories.aftersales import make_photo
from tests.factories.provider import ApprovingProvider
from tests.factories.ratings import make_fetched, make_rating
from tests.factories.tasks import days, make_plan, make_planner, make_todos
from tests.factories.world import World, make_world

#: Where to leave pictures of the pages for people to look at; nowhere by itself.
SHOTS = os.environ.get("CARE_SHOTS", "")


def lived(live: Live) -> World:
    """Resident 0 has fetched; a plan is published and one is a draft; the pages below have something to show."""
    world = make_world(Services(live.services.settings, live.services.database, ApprovingProvider()), residents=1)
    order_id = make_fetched(world)
    make_rating(world, order_id, leader_stars=4, text="菜很新鲜,就是排队久了点。")
    planner = make_planner(world)
    asset = make_photo(world, world.resident(0))
    step = {"title": "发接龙到群里", "script": "大家好,我是{leader},{point} {opens} 取货:{link}", "asset": asset}
    transact = world.services.database.transact
    transact(planner, publish, make_plan(world, planner, step, {"title": "拍一张摆货照", "needs_proof": True}))
    make_plan(world, planner, step, starts_on=days(3))
    make_todos(world)
    return world


def snap(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "size"), [("zh", PHONE), ("en", DESK)])
def test_every_page_is_accessible_and_quiet(live: Live, browser: Browser, locale: str, size: tuple[int, int]) -> None:
    world = lived(live)
    system = Actor.system("test")
    admin = live.services.database.transact(system, make_account, Role.HQ_ADMIN)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    context.add_cookies([{"name": "locale", "value": locale, "url": live.url}])
    watch = Watch()
    page = watch.over(context.new_page())
    for account in (
        Account(id=world.residents[0], role=Role.RESIDENT), Account(id=world.leaders["L901"], role=Role.LEADER), admin,
    ):  # fmt: skip
        live.let_in(context, account)
    order = page.goto(f"{live.url}/orders") and page.locator("a.shop-order").first.get_attribute("href")
    ways = [
        str(order), f"{order}/rating", f"/leaders/{world.leaders['L901']}", "/leader/ratings", "/leader/tasks",
        "/hq/ratings", "/hq/plans", f"/hq/people/{world.residents[0]}", "/hq/looks", "/hq/orders", "/hq/imports",
    ]  # fmt: skip
    wrong = {}
    for way in ways:
        page.goto(f"{live.url}{way}")
        snap(page, f"{locale}-{size[0]}-{re.sub(r'[0-9a-f-]{36}', 'x', way).strip('/').replace('/', '_')}")
        wrong |= {way: found} if (found := accessible(page)) else {}
    for start, name in (("/leader/tasks", "task"), ("/hq/plans", "draft"), ("/hq/plans", "plan")):
        page.goto(f"{live.url}{start}")
        links = page.locator("main .ll-list a" if name == "task" else "main td a")
        (links.last if name == "plan" else links.first).click()
        page.wait_for_load_state()
        snap(page, f"{locale}-{size[0]}-{name}")
        wrong |= {name: found} if (found := accessible(page)) else {}
        if name == "draft":
            page.locator("main td a").first.click()
            page.wait_for_load_state()
            snap(page, f"{locale}-{size[0]}-step")
            wrong |= {"step": found} if (found := accessible(page)) else {}
    context.close()
    assert wrong == {}
    assert watch.complaints == []


def test_a_number_is_shown_once(live: Live, page: Page) -> None:
    world = lived(live)
    live.let_in(page.context, live.services.database.transact(Actor.system("test"), make_account, Role.HQ_SERVICE))
    page.goto(f"{live.url}/hq/people/{world.residents[0]}")
    expect(page.get_by_text("•••• 9000")).to_be_visible()
    page.get_by_label("为什么需要？").select_option("delivery")
    page.get_by_role("button", name="显示号码").click()
    expect(page.locator("#full-phone")).to_have_text("13800009000")
    snap(page, "zh-390-shown")
    assert accessible(page) == []
