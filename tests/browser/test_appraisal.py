"""An appraisal seen from both sides: the leader appeals with a photo, HQ answers and decides."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from app.domains.accounts.models import Account
from app.domains.appraisal.values import CycleStage
from app.kernel.actors import Role
from tests.browser.conftest import DESK, Live, Watch, accessible, follow
from tests.factories.accounts import make_account
from tests.factories.aftersales import make_picture
from tests.factories.appraisal import (
    FIRST,
    LAST,
    SYSTEM,
    live_good_and_bad,
    make_cycle,
    make_history,
    move_on,
    move_to,
    pickup_days,
    stage,
)
from tests.factories.world import make_world


def test_an_appeal_and_a_decision(live: Live, page: Page, browser: Browser, tmp_path: Path) -> None:
    world = make_world(live.services)
    cycle_id = make_cycle(world)
    live.let_in(page.context, Account(id=world.leaders["L901"], role=Role.LEADER))
    page.goto(f"{live.url}/leader/appraisal")
    assert accessible(page) == []
    page.get_by_role("button", name="我接受").click()
    expect(page.get_by_text("您已接受目标。")).to_be_visible()
    move_to(world, LAST + timedelta(days=4))
    live_good_and_bad(world)
    make_history(world, "L901", pickup_days()[:3], buyers=150, on_time=0)
    move_on(world)
    live.let_in(page.context, Account(id=world.leaders["L901"], role=Role.LEADER))
    page.goto(f"{live.url}/leader/appraisal")
    picture = tmp_path / "truck.png"
    picture.write_bytes(make_picture())
    page.get_by_label("哪个数字、哪一天、实际情况如何？").fill("27 日车晚到了一小时")
    page.locator("input[type=file]").set_input_files([picture])
    expect(page.get_by_role("img", name="您的照片")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("button", name="提交申诉").click()
    expect(page.get_by_text("48 小时内会有答复")).to_be_visible()

    desk = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, locale="zh-CN", reduced_motion="reduce")
    watch = Watch()
    judge = world.run_as(SYSTEM)(make_account, Role.HQ_COMMUNITY)
    live.let_in(desk, judge)
    hq = watch.over(desk.new_page())
    hq.goto(f"{live.url}/hq/goals")
    hq.get_by_label("订单", exact=True).fill("1200")
    hq.get_by_role("button", name="保存").click()
    expect(hq.get_by_text("已保存，1 个目标有变动。")).to_be_visible()
    assert accessible(hq) == []
    hq.goto(f"{live.url}/hq/")
    expect(hq.get_by_text("1 件申诉待答复")).to_be_visible()
    assert accessible(hq) == []
    hq.goto(f"{live.url}/hq/appraisals")
    assert accessible(hq) == []
    hq.goto(f"{live.url}/hq/appraisals/{cycle_id}")
    assert accessible(hq) == []
    follow(hq, hq.get_by_role("table", name="申诉").get_by_role("link", name="团长901"))
    assert accessible(hq) == []
    hq.get_by_label("申诉成立").check()
    hq.get_by_label("日期").first.fill(FIRST.isoformat())
    hq.get_by_label("差多少").first.fill("1")
    hq.get_by_label("答复").fill("核实：车晚到")
    hq.get_by_role("button", name="答复", exact=True).click()
    hq.get_by_role("button", name="确定").click()
    expect(hq.get_by_text("已答复并通知团长。")).to_be_visible()
    assert watch.complaints == []
    move_to(world, LAST + timedelta(days=11))
    move_on(world)
    live.let_in(desk, judge)
    hq.goto(f"{live.url}/hq/appraisals/{cycle_id}")
    follow(hq, hq.get_by_role("link", name="查看并决定").first)
    assert accessible(hq) == []
    hq.locator("input[name=verdict][value=confirm]").check()
    hq.locator("textarea[name=note]").fill("连续达标")
    hq.get_by_role("button", name="提交处理").click()
    hq.get_by_role("button", name="确定").click()
    expect(hq.get_by_text("已决定，确认的事项会通知团长。")).to_be_visible()
    assert watch.complaints == []
    assert stage(world, cycle_id) is CycleStage.FINAL
