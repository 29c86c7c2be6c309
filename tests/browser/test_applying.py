"""Applying to lead on a phone: the place on the map, a photo, a refusal that forgets nothing, and what comes next."""

from pathlib import Path

from playwright.sync_api import Page, expect

from app.domains.accounts.models import Account
from app.domains.recruitment import queries
from app.domains.recruitment.values import ApplicationStatus
from app.kernel.actors import Actor, Role
from tests.browser.conftest import Live, accessible, follow
from tests.factories.aftersales import make_picture
from tests.factories.communities import leader_input, make_city, make_resident


def test_an_application_on_a_phone(live: Live, page: Page, tmp_path: Path) -> None:
    database = live.services.database

    def run(use_case: object, *args: object) -> object:
        return database.transact(Actor.system("test"), use_case, *args)

    make_city(run, leaders=[leader_input("L002", "N002", "P002")])
    who = make_resident(run, 1, "王秀兰")
    live.let_in(page.context, Account(id=who, role=Role.RESIDENT))
    picture = tmp_path / "room.png"
    picture.write_bytes(make_picture())
    page.goto(f"{live.url}/apply")
    shown = page.locator("#apply-map[data-drawn=yes]")
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert box is not None
    shown.click(position={"x": box["width"] * 0.2, "y": box["height"] / 2})  # the western compound
    expect(page.get_by_text("位置已标出。")).to_be_visible()
    page.get_by_label("地址").fill("幸福路8号3幢101")
    page.get_by_label("在家交付").check()
    page.locator("input[type=file]").set_input_files([picture])
    expect(page.get_by_role("img", name="您的照片")).to_be_visible()
    follow(page, page.get_by_role("button", name="提交申请"))
    expect(page.get_by_text("您填写的内容已保存").first).to_be_visible()
    expect(page.get_by_label("地址")).to_have_value("幸福路8号3幢101")
    expect(page.get_by_role("img", name="您的照片")).to_be_visible()
    assert accessible(page) == []
    typed = {
        "floor": "1", "storage_m2": "12", "fridge_l": "300", "freezer_l": "120", "opens": "09:00", "closes": "20:00",
        "name": "王秀兰", "id_tail": "204X",
    }  # fmt: skip
    for name, value in typed.items():
        page.locator(f"#f-{name}").fill(value)
    page.get_by_label("一年以上").check()
    page.get_by_label("我同意").check()
    follow(page, page.get_by_role("button", name="提交申请"))
    expect(page.get_by_text("审核中")).to_be_visible()
    assert accessible(page) == []
    follow(page, page.get_by_role("button", name="生成邻居推荐链接"))
    expect(page.locator("#endorse-link")).to_contain_text("/apply/endorse/")
    assert accessible(page) == []
    card = database.read(queries.application_of, who)
    assert card is not None
    assert (card.status, card.neighbourhood_name, len(card.photos)) == (ApplicationStatus.SUBMITTED, "小区N001", 1)
