"""The whole way by HTTP: the applicant, her neighbours, HQ, the applicant again, and a leader who serves a resident."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.communities import queries as communities
from app.domains.communities.service.homes import assign_home
from app.domains.communities.values import ChooseHome
from app.domains.recruitment import queries
from app.domains.recruitment.queries.proposals import proposals
from app.domains.recruitment.values import Advice, ApplicationFilter, ApplicationStatus, TrainingStep
from app.flows.tidying import tidy_photos
from app.infra.services import Services
from app.infra.storage import Pictures
from app.kernel.actors import Actor, Role
from app.kernel.geo import Point
from app.kernel.paging import PageAsk
from tests.conftest import SYSTEM
from tests.factories.accounts import let_in, make_account
from tests.factories.aftersales import make_picture
from tests.factories.communities import (
    LAT,
    LON,
    City,
    leader_input,
    make_city,
    make_resident,
    neighbourhood_input,
    point_input,
)
from tests.factories.pdf import pages_of
from tests.factories.recruitment import TYPED, make_application, make_draft, make_neighbour
from tests.factories.shopper import Shopper, words


@pytest.fixture
def city(run: Any) -> City:
    """Two compounds a kilometre apart; the leader of the second one serves both for now."""
    points = [point_input(), point_input("P002", "N002", lon=LON + 0.01, reach_m=2_000)]
    return make_city(run, points=points, leaders=[leader_input("L002", "N002", "P002")])


class Desk:
    """Somebody of HQ in a browser."""

    def __init__(self, app: Flask, services: Services, role: Role = Role.HQ_COMMUNITY) -> None:
        self.client = app.test_client()
        account = services.database.transact(Actor.system("test"), make_account, role)
        self.csrf = let_in(self.client, services.database, account)

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status, response.text[:400]
        return words(response.text)

    def post(self, path: str, status: int = 303, **form: object) -> str:
        response = self.client.post(path, data={"csrf_token": self.csrf, **form})
        assert response.status_code == status, words(response.text)[:600]
        return words(response.text)


def shopper(app: Flask, services: Services, account_id: UUID) -> Shopper:
    return Shopper(app.test_client(), services).as_resident(account_id)


def test_from_the_form_to_a_leader_who_serves(app: Flask, services: Services, city: City, run: Any) -> None:
    read = services.database.read
    applicant = shopper(app, services, make_resident(run, 1, "王秀兰"))
    assert "在您的小区当团长" in applicant.get("/apply")
    half = {**TYPED, "storage_m2": "很大", "do": "submit"}
    photo = (io.BytesIO(make_picture()), "room.png")
    refused = applicant.post("/apply", 422, **half, photo_files=photo)
    assert "不是整数" in refused.text
    assert "很大" in applicant.html("/apply")  # kept, with the photo
    (key,) = set(re.findall(r"[0-9a-f]{64}\.jpg", applicant.html("/apply")))
    applicant.post("/apply", **TYPED, photos=key, do="save")
    assert "同意" in applicant.post("/apply", 422, **TYPED, photos=key, do="submit").text
    applicant.post("/apply", **TYPED, photos=key, consent="1", do="submit")
    assert "审核中" in applicant.get("/apply")
    twice = applicant.post("/apply", **TYPED, photos=key, consent="1", do="submit")
    assert twice.headers["Location"] == "/apply"
    assert "申请已经提交" in applicant.get("/apply")
    shelf, in_years = Pictures(services.settings.var_dir), services.database.clock.now() + timedelta(days=999)
    assert tidy_photos(partial(services.database.transact, SYSTEM), shelf, in_years) == 0
    assert shelf.find(key) is not None

    for number in (2, 3):
        link = re.search(r"/apply/endorse/[\w-]+", applicant.post("/apply/links", 200).text)
        assert link is not None
        stranger = Shopper(app.test_client(), services)
        assert "推荐 王秀兰 吗？ 小区N001" in stranger.get(link[0])
        assert stranger.client.get("/apply").headers["Location"].startswith("/sign-in?next=/apply")
        neighbour = make_neighbour(services.database, number)
        assert neighbour.id is not None
        browser = shopper(app, services, neighbour.id)
        assert "谢谢" in words(browser.post(link[0], 200, words="人很好").text)
        assert "已被使用" in browser.post(link[0], 409, words="").text
        assert ("已被使用" in stranger.get(link[0]), "王秀兰" in stranger.get(link[0])) == (True, False)
    assert applicant.post(link[0], 409, words="我自己").status_code == 409
    spare = re.search(r"/apply/endorse/[\w-]+", applicant.post("/apply/links", 200).text)
    assert spare is not None
    assert applicant.post("/apply/endorse/nothing", 404).status_code == 404

    hq, page = Desk(app, services), "/hq/applications"
    assert "王秀兰" in hq.get(page)
    (card,) = read(queries.applications, ApplicationFilter(), PageAsk()).rows
    here = f"{page}/{card.id}"
    seen = hq.get(here)
    assert "评分 83.3 / 100" in seen
    assert "2 位邻居，满分 3 位 13.3 / 20" in seen
    assert "500 米内 500 户，其中 500 户没有在岗团长" in seen
    assert hq.client.get(f"{here}/photos/{key}", buffered=True).mimetype == "image/jpeg"
    assert "请填写" in hq.post(f"{here}/notes", 422, note=" ")
    hq.post(f"{here}/notes", note="说话清楚，家里整洁")
    hq.post(f"{here}/identity")
    assert "请选择" in hq.post(f"{here}/decision", 422, reason="欢迎加入")
    hq.post(f"{here}/decision", verdict="accept", reason="欢迎加入")
    assert "欢迎加入" in applicant.get("/apply")
    assert "链接已过期" in stranger.get(spare[0])
    for step in TrainingStep:
        hq.post(f"{here}/training", 422, step=step.value)
        applicant.post("/apply/training", step=step.value)
        hq.post(f"{here}/training", step=step.value)
    assert "须与申请中的姓名一致" in applicant.post("/apply/contract", 422, version="1", signed_name="王二").text
    applicant.post("/apply/contract", version="1", lang="zh", signed_name="王秀兰")
    for browser, path in ((applicant.client, "/apply/contract.pdf"), (hq.client, f"{here}/contract.pdf")):
        told = "".join(text for page in pages_of(browser.get(path).data) for text in page)
        assert "团长是邻居，不是雇员" in told
        assert "王秀兰" in told
    code = {"leader_code": "L100", "point_code": "P100", "capacity_orders": "301", "reach_m": "600"}
    assert "最多服务 300 位居民" in hq.post(f"{here}/begin", 422, **code)
    hq.post(f"{here}/begin", **code | {"capacity_orders": "300"})

    assert "已成为团长" not in applicant.get("/apply")
    assert "L100" in applicant.get("/apply").upper()
    applicant.post("/apply/password", password="short")
    applicant.post("/apply/password", password="a long enough one")
    late = applicant.post("/apply/password", password="another long one")  # pressed twice: the first one holds
    assert late.headers["Location"] == "/leader/sign-in"
    portal = app.test_client()
    portal.get("/leader/sign-in")
    form = {"csrf_token": _csrf(portal, "/leader/sign-in"), "login": "l100", "password": "a long enough one"}
    assert portal.post("/leader/sign-in", data=form).status_code == 303
    assert portal.get("/leader/").status_code == 200
    home = run(assign_home, make_resident(run, 77, "新邻居"), ChooseHome(location=Point(LAT, LON)))
    leader = read(communities.get_leader, home.leader_id)
    assert (leader.code, read(queries.get_application, card.id).status) == ("L100", ApplicationStatus.ACTIVE)


def _csrf(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def test_other_desks_and_strangers_stay_outside(app: Flask, services: Services, city: City, run: Any) -> None:
    _, application_id = make_application(services.database)
    finance = Desk(app, services, Role.HQ_FINANCE)
    for path in ("", f"/{application_id}", "/rules"):
        finance.get(f"/hq/applications{path}", 403)
    finance.get("/hq/where-to-recruit", 403)
    draft = services.database.read(queries.application_of, make_draft(services.database, 2))
    Desk(app, services).get(f"/hq/applications/{draft.id}", 404)
    other = shopper(app, services, make_resident(run, 3, "路人"))
    assert other.post("/apply/withdraw").headers["Location"] == "/apply"
    assert "没有可撤回的申请" in other.get("/apply")
    assert other.post("/apply/links", 303).status_code == 303
    other.get("/apply/contract", 404)
    assert other.client.get("/apply/contract.pdf").status_code == 404
    photo = (io.BytesIO(make_picture(10)), "room.png")
    mine = shopper(app, services, make_resident(run, 4, "住户"))
    mine.post("/apply", **TYPED, do="save", photo_files=photo)
    (key,) = set(re.findall(r"[0-9a-f]{64}\.jpg", mine.html("/apply")))
    assert other.client.get(f"/apply/photos/{key}").status_code == 404
    other.post("/apply", **TYPED, do="save", photos=key)
    assert services.database.read(queries.application_of, other_id(services, "路人")).photos == ()


def other_id(services: Services, name: str) -> UUID:
    with services.database.engine.connect() as connection:
        found: UUID = connection.execute(
            text("SELECT id FROM accounts_account WHERE name = :name"), {"name": name}
        ).scalar_one()
        return found


def test_hq_announces_a_checklist_and_publishes_a_contract(app: Flask, services: Services, city: City) -> None:
    hq = Desk(app, services)
    page = hq.client.get("/hq/applications/rules").text
    form = {
        name: value for name, value in re.findall(r'name="([\w-]+)"[^>]* value="([^"]*)"', page) if name != "csrf_token"
    }
    assert "合计须为 100" in hq.post("/hq/applications/rules", 422, **form | {"weight-radius": "30"})
    soon = services.database.clock.now() + timedelta(days=2)
    assert "须至少提前 7 天" in hq.post(
        "/hq/applications/rules", 422, **form | {"valid_from": soon.date().isoformat(), "fridge_l": "250"}
    )
    later = services.database.clock.now() + timedelta(days=9)
    hq.post("/hq/applications/rules", **form | {"valid_from": later.date().isoformat(), "fridge_l": "250"})
    assert "第 2 版 已公布" in hq.get("/hq/applications/rules").replace("版本 2", "第 2 版")
    hq.post("/hq/applications/contract", 422, text_zh="短", text_en="short")
    hq.post("/hq/applications/contract", text_zh="新合同。" * 60, text_en="A new contract. " * 20)
    assert [card.version for card in services.database.read(queries.contracts)] == [2, 1]


def test_where_to_recruit_names_the_uncovered_the_large_the_small_and_the_full(
    app: Flask, services: Services, run: Any
) -> None:
    hoods = [
        neighbourhood_input("N001"), replace(neighbourhood_input("N002", lon=LON + 0.05), households=1_200),
        replace(neighbourhood_input("N003", lon=LON + 0.10), households=200),
        replace(neighbourhood_input("N004", lon=LON + 0.11), households=250),
        neighbourhood_input("N005", lon=LON + 0.15), neighbourhood_input("N006", lon=LON + 0.155),
    ]  # fmt: skip
    points = [
        point_input(f"P00{n}", f"N00{n}", lon=LON + away, capacity_orders=1 if n == 5 else 100)
        for n, away in ((2, 0.05), (3, 0.10), (4, 0.11), (5, 0.15))
    ]
    leaders = [leader_input(f"L00{n}", f"N00{n}", f"P00{n}") for n in (2, 3, 4, 5)]
    city = make_city(run, hoods, points, leaders)
    run(assign_home, make_resident(run, 1), ChooseHome(pickup_point_id=city.points["P005"]))
    make_application(services.database, 2)
    found = {one.name: one for one in services.database.read(proposals)}
    assert {name: one.advice for name, one in found.items()} == {
        "小区N001": Advice.RECRUIT, "小区N002": Advice.SPLIT, "小区N004": Advice.MERGE, "小区N005": Advice.OVERLOADED,
    }  # fmt: skip
    assert (found["小区N001"].wanted, found["小区N001"].applicants, found["小区N002"].wanted) == (1, 1, 3)
    assert found["小区N004"].with_name == "小区N003"
    page = Desk(app, services).get("/hq/where-to-recruit")
    assert "无人服务，需要一位团长。" in page
    assert "可与小区N003由同一位团长服务" in page
    assert "小区N005" not in Desk(app, services).get("/hq/where-to-recruit?advice=recruit")
