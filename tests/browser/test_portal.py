"""A leader's evening on her phone: sign in, count a truck with one damaged piece, hand out by code, also offline."""

from typing import Any

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.domains.accounts.models import Account
from app.domains.accounts.service.accounts import set_password
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.models import Pickup
from app.domains.logistics.values.pickup import PickupState
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from tests.browser.conftest import Live, accessible
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import move_clock, run_to
from tests.factories.world import PICKUP_ON, World, make_world

PASSWORD = "lychee and tea"


def living(live: Live, station: Station) -> World:
    """A paid round at a station in the afternoon of its pickup day; L901 hands out orders 0 and 2."""
    paid = Services(live.services.settings, live.services.database, ApprovingProvider())
    world = make_world(paid, residents=3)
    world.buy(0, orange=2, rice=1)
    world.buy(1, orange=1)
    world.buy(2, dumplings=2)
    run_to(world, station)
    move_clock(world, hours=29)
    return world


def cards(world: World) -> dict[str, Any]:
    """Pickups of L901 by the resident's name."""
    rows = world.services.database.read(logistics.pickups_of_leader, world.leaders["L901"], PICKUP_ON)
    return {card.resident_name: card for card in rows}


def code_of(world: World, name: str) -> str:
    """The code that a resident shows."""
    wanted = select(Pickup.code).filter_by(id=cards(world)[name].id)
    return str(world.services.database.read(lambda session: session.scalar(wanted)))


def test_from_the_truck_to_the_resident(live: Live, page: Page) -> None:
    world = living(live, Station.DISPATCH)
    world.services.database.transact(Actor.system("test"), set_password, world.leaders["L901"], PASSWORD)
    page.goto(f"{live.url}/leader/")
    page.get_by_label("登录名").fill("L901")
    page.get_by_label("密码").fill(PASSWORD)
    assert accessible(page) == []
    page.get_by_role("button", name="登录").click()

    page.get_by_role("link", name="到货后请清点").click()
    page.locator("summary", has_text="赣南脐橙").click()
    page.get_by_role("button", name="加一：破损").locator("visible=true").click()
    page.get_by_label("谁的责任？").locator("visible=true").select_option("carrier")
    assert accessible(page) == []
    page.get_by_role("button", name="提交清点").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_text("已退给居民")).to_be_visible()
    expect(page.get_by_text("¥19.90")).to_be_visible()
    assert accessible(page) == []

    page.get_by_role("link", name="去发货").click()
    page.locator("[data-keys][data-ready]").wait_for()
    for digit in code_of(world, "居民0"):
        page.get_by_role("button", name=digit, exact=True).click()
    assert accessible(page) == []
    page.get_by_role("button", name="查看订单").click()
    expect(page.get_by_role("heading", name="居民0")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("button", name="确认取货").click()
    expect(page.get_by_role("heading", name="已取货")).to_be_visible()
    assert cards(world)["居民0"].state is PickupState.DONE
    assert [(line.due_qty, line.picked_qty) for line in cards(world)["居民0"].lines] == [(1, 1), (1, 1)]
    assert accessible(page) == []


def test_a_pickup_without_network_is_sent_later(live: Live, context: BrowserContext) -> None:
    page = context.new_page()  # without `page`: a browser without network complains on its console
    world = living(live, Station.HANDOVER)
    live.let_in(context, Account(id=world.leaders["L901"], role=Role.LEADER))
    page.goto(f"{live.url}/leader/pickup")
    context.set_offline(True)
    expect(page.get_by_text("当前没有网络")).to_be_visible()
    page.get_by_label("居民的取货码").fill(code_of(world, "居民2"))
    page.get_by_role("button", name="查看订单").click()
    expect(page.get_by_text("等待上传")).to_be_visible()
    assert cards(world)["居民2"].state is PickupState.READY
    context.set_offline(False)
    expect(page.get_by_text("已取货。")).to_be_visible()
    expect(page.get_by_text("等待上传")).to_be_hidden()
    assert cards(world)["居民2"].state is PickupState.DONE
