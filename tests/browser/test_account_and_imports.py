"""One's own account, a file rehearsed and imported by one button, and a stopped station: in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from app.domains.accounts.models import Account
from app.domains.accounts.service.accounts import set_password
from app.domains.groupbuys.values import Station
from app.flows import stations
from app.kernel.actors import Actor, Role
from app.worker import tasks
from tests.browser.conftest import Live, accessible
from tests.factories.accounts import PASSWORD, make_account
from tests.factories.settlement import move_clock
from tests.factories.world import make_world

pytestmark = pytest.mark.browser
SYSTEM = Actor.system("test")


def sign_in(page: Page, live: Live, place: str, login: str, password: str) -> None:
    page.goto(f"{live.url}{place}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{live.url}{place}/")


def staff(live: Live, role: Role = Role.HQ_ADMIN) -> str:
    account: Account = live.services.database.transact(SYSTEM, make_account, role)
    return str(account.login)


@pytest.mark.parametrize("place", ["/hq", "/leader"])
def test_a_password_is_changed_and_the_new_one_opens_the_door(page: Page, live: Live, place: str) -> None:
    world = make_world(live.services)
    if place == "/hq":
        login = staff(live)
    else:
        login = "l901"
        live.services.database.transact(SYSTEM, set_password, world.leaders["L901"], PASSWORD)
    sign_in(page, live, place, login, PASSWORD)
    page.goto(f"{live.url}{place}/account")
    assert accessible(page) == []
    for name, typed in (("old", "wrong"), ("new", "kiwi-7421"), ("again", "kiwi-7421")):
        page.fill(f"[name={name}]", typed)
    page.click("form[action$='/account/password'] button")
    expect(page.locator("#f-old-error")).to_be_visible()
    assert accessible(page) == []
    for name, typed in (("old", PASSWORD), ("new", "kiwi-7421"), ("again", "kiwi-7421")):
        page.fill(f"[name={name}]", typed)
    page.click("form[action$='/account/password'] button")
    page.wait_for_url(f"{live.url}{place}/sign-in")
    sign_in(page, live, place, login, "kiwi-7421")


def test_a_file_is_chosen_once(page: Page, live: Live, tmp_path: Path) -> None:
    make_world(live.services)
    sign_in(page, live, "/hq", staff(live), PASSWORD)
    file = tmp_path / "categories.csv"
    file.write_text("code,name,name_en,claim_hours\ntea,茶,Tea,72\n", encoding="utf-8")
    page.goto(f"{live.url}/hq/imports?kind=categories")
    page.set_input_files("[name=file]", file)
    page.click("form[enctype] button[type=submit]")
    button = page.locator("form[action^='/hq/imports/'] button")
    expect(button).to_be_visible()
    assert accessible(page) == []
    button.click()
    page.wait_for_url(f"{live.url}/hq/imports?kind=categories")
    expect(page.locator("#ll-toasts")).to_contain_text("categories.csv")


def test_a_stopped_station_says_why_and_starts_again(page: Page, live: Live) -> None:
    world = make_world(live.services)
    world.run_as(SYSTEM)(stations.ask_station, world.group_buy_id, Station.CUTOFF, {"early": True})
    with live.services.database.engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'failed', attempts = 5"))
    sign_in(page, live, "/hq", staff(live), PASSWORD)
    page.goto(f"{live.url}/hq/rounds/{world.group_buy_id}")
    board = page.locator("#board")
    expect(board).to_have_attribute("data-running", "yes")
    move_clock(world, minutes=3)
    tasks.notice_stopped(live.services)
    expect(board).to_have_attribute("data-running", "no")
    expect(page.locator("#station-cutoff")).to_contain_text("已停止：后台任务尝试 5 次后放弃")
    assert accessible(page) == []
