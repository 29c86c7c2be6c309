"""A leader's paper from her phone to HQ's desk, by picture."""

from pathlib import Path

from playwright.sync_api import Page, expect

from app.domains.accounts.models import Account
from app.domains.certificates.service.certificates import demand
from app.domains.certificates.values import CertificateKind
from app.kernel.actors import Role
from tests.browser.conftest import DESK, Live, accessible, follow
from tests.factories.accounts import make_account
from tests.factories.aftersales import make_picture
from tests.factories.certificates import DESK as DESKS
from tests.factories.world import make_world


def test_a_paper_by_phone_and_the_look_at_it(live: Live, page: Page, tmp_path: Path) -> None:
    world = make_world(live.services)
    database = live.services.database
    database.transact(DESKS, demand, world.hub_id, {CertificateKind.HEALTH})
    live.let_in(page.context, Account(id=world.leaders["L901"], role=Role.LEADER))
    picture = tmp_path / "paper.png"
    picture.write_bytes(make_picture())
    page.goto(f"{live.url}/leader/me")
    follow(page, page.get_by_role("link", name="我的证件"))
    expect(page.get_by_text("健康证：网格仓要求每位在岗团长都要有。")).to_be_visible()
    page.get_by_label("证件种类").select_option("health")
    page.get_by_label("编号").fill("沪健 2026 0042")
    page.get_by_label("发证机关").fill("临江疾控中心")
    page.get_by_label("有效期自").fill("2026-01-01")
    page.get_by_label("有效期至").fill("2026-01-31")
    page.locator("input[type=file]").set_input_files([picture])
    expect(page.get_by_role("img", name="您的照片")).to_be_visible()
    follow(page, page.get_by_role("button", name="提交总部核对"))
    expect(page.get_by_label("编号")).to_have_value("沪健 2026 0042")
    expect(page.get_by_role("img", name="您的照片")).to_be_visible()
    assert accessible(page) == []
    page.get_by_label("有效期至").fill("2026-12-30")
    follow(page, page.get_by_role("button", name="提交总部核对"))
    expect(page.get_by_text("等待总部核对")).to_be_visible()
    assert accessible(page) == []

    account = database.transact(DESKS, make_account, Role.HQ_COMMUNITY)
    live.let_in(page.context, account)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/hq/certificates")
    expect(page.get_by_text("•••• 0042")).to_be_visible()
    assert accessible(page) == []
    follow(page, page.get_by_role("button", name="与照片一致，通过"))
    expect(page.get_by_text("没有待核对的证件")).to_be_visible()
    page.goto(f"{live.url}/leaders/{world.leaders['L901']}")
    expect(page.get_by_text("有效期至 12月30日")).to_be_visible()
    assert accessible(page) == []
