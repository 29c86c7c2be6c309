"""Search by pinyin, and lists that the database cuts: exact pages, few statements, keys kept right."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.domains.accounts.models import Account
from app.domains.accounts.service.people import correct_person
from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.models import Sku
from app.domains.catalogue.service.products import save_skus
from app.domains.communities import queries as communities
from app.domains.communities.models import Leader
from app.domains.communities.service.leaders import change_status, save_leaders
from app.domains.communities.values import LeaderFilter, LeaderStatus, PostRole
from app.domains.communities.values.ground import PlaceFilter
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderFilter
from app.infra import search
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk, decode_cursor
from tests.architecture.test_migrations import config_for, connection
from tests.factories.accounts import let_in, make_account
from tests.factories.settlement import statements_of
from tests.factories.world import SKUS, World, make_world

Call = Callable[..., Any]
SYSTEM = Actor.system("test")
TOMATO = replace(SKUS["greens"], code="T009", name="西红柿 500克", name_en="Tomatoes", spec="约 500 克", barcode="")
__all__ = ["connection"]


@pytest.fixture
def world(services: Services) -> World:
    made = make_world(services)
    services.database.transact(SYSTEM, save_skus, [TOMATO])
    return made


def found(world: World, words: str) -> list[str]:
    return [sku.code for sku in world.services.database.read(catalogue.search_skus, words, PageAsk()).rows]


def test_the_key_holds_texts_pinyin_and_initials() -> None:
    assert search.search_key("T009", "西红柿 500克", "Cherry  Tomatoes", "") == (
        "t009 西红柿 500克 cherry tomatoes xihongshi500ke xhs500k"
    )
    assert search.search_key("重庆") == "重庆 chongqing cq"


@pytest.mark.parametrize(
    "words",
    ["xhs", "XHS", "西红柿", "红柿", "xihongshi", "tomat", "T009", "tomatoes 500", "xhs 500", " 西红柿  500克 "],
)
def test_a_sku_is_found_by_whatever_people_type(world: World, words: str) -> None:
    assert found(world, words) == ["T009"]


@pytest.mark.parametrize(
    ("words", "codes"), [("xhs rice", []), ("%", []), ("_", []), ("", ["T001", "T002", "T003", "T004", "T009"])]
)
def test_every_word_must_be_found_and_signs_mean_nothing(world: World, words: str, codes: list[str]) -> None:
    assert found(world, words) == codes


def test_the_key_follows_an_edit_and_a_repeated_import_changes_nothing(world: World) -> None:
    run = world.run_as(SYSTEM)
    assert run(save_skus, [TOMATO]).unchanged == 1
    run(save_skus, [replace(TOMATO, name="土豆 500克", name_en="Potatoes")])
    assert (found(world, "xhs"), found(world, "td"), found(world, "tudou")) == ([], ["T009"], ["T009"])


def test_every_key_in_a_small_world_is_the_one_of_its_texts(world: World) -> None:
    read = world.services.database.read
    skus = read(lambda s: s.scalars(select(Sku)).all())
    assert [x.code for x in skus if x.search_key != search.search_key(
        x.code, x.name, x.name_en, x.spec, x.spec_en, x.origin, x.barcode)] == []  # fmt: skip
    leaders = read(lambda s: s.scalars(select(Leader)).all())
    assert {x.code: x.search_key for x in leaders} == {
        "L901": "l901 团长901 tuanzhang901 tz901", "L902": "l902 团长902 tuanzhang902 tz902",
    }  # fmt: skip
    accounts = read(lambda s: s.scalars(select(Account).where(Account.role == Role.LEADER)).all())
    assert {x.search_key for x in accounts} == {"团长901 tuanzhang901 tz901", "团长902 tuanzhang902 tz902"}


def test_the_storefront_finds_by_initials(world: World, client: FlaskClient) -> None:
    for words, there, missing in (
        ("gnqc", "赣南脐橙", "上海青"),
        ("shq", "上海青", "赣南脐橙"),
        ("shengxian", "", "赣南脐橙"),
    ):
        page = client.get(f"/?q={words}").text
        assert there in page
        assert missing not in page


def test_hq_finds_skus_leaders_and_residents_by_initials(world: World, client: FlaskClient) -> None:
    database = world.services.database
    database.transact(SYSTEM, correct_person, world.residents[0], "王芳", "13800009000")
    world.buy(0, orange=1)
    world.buy(1, rice=1)
    let_in(client, database, database.transact(SYSTEM, make_account, Role.HQ_ADMIN))
    assert "T009" in client.get("/hq/catalogue?q=xhs").text
    page = client.get("/hq/leaders?q=tz902").text
    assert ("L902" in page, "L901" in page) == (True, False)
    page = client.get("/hq/orders?q=wf").text
    assert ("王芳" in page, "居民1" in page) == (True, False)
    found = database.read(orders.search_orders, PageAsk(), OrderFilter(text="wangfang")).rows
    assert [order.resident_id for order in found] == [world.residents[0]]
    mine = database.read(communities.residents_of_leader, world.leaders["L901"], PageAsk(), "wf").rows
    assert [one.resident_id for one in mine] == [world.residents[0]]


def more_leaders(world: World, number: int) -> None:
    """Backups at the first point: L910, L911, …"""
    first = world.services.database.read(communities.leader_inputs)[0]
    rows = [
        replace(first, code=f"L{910 + n}", name=f"李{n}", phone=f"1990001{n:04}", role=PostRole.BACKUP)
        for n in range(number)
    ]
    world.run_as(SYSTEM)(save_leaders, rows)


def all_pages(read: Call, query: Call, wanted: Any, limit: int) -> list[list[Any]]:
    pages, after = [], None
    while True:
        page = read(query, wanted, PageAsk(limit=limit, after=after))
        pages.append(page.rows)
        if page.next_cursor is None:
            return pages
        after = decode_cursor(page.next_cursor)


def test_leaders_are_cut_and_counted_by_the_database(world: World, read: Call) -> None:
    more_leaders(world, 5)
    pages = all_pages(read, communities.leaders, LeaderFilter(), 3)
    assert [[card.code for card in page] for page in pages] == [
        ["L901", "L902", "L910"],
        ["L911", "L912", "L913"],
        ["L914"],
    ]
    assert [p for page in pages for p in page] == read(communities.leader_cards)
    assert read(communities.count_leaders, LeaderFilter()) == 7
    assert read(communities.count_leaders, LeaderFilter(text="l3")) == 1
    wanted = LeaderFilter(hub_id=world.hub_id, status=LeaderStatus.ACTIVE, text="tz")
    assert [card.code for card in read(communities.leaders, wanted, PageAsk()).rows] == ["L901", "L902"]
    world.run_as(SYSTEM)(change_status, world.leaders["L902"], LeaderStatus.RESTING, "Urlaub")
    assert [card.code for card in read(communities.leaders, wanted, PageAsk()).rows] == ["L901"]
    assert read(communities.leaders_by_status, world.hub_id) == {LeaderStatus.ACTIVE: 6, LeaderStatus.RESTING: 1}


def test_pickup_points_are_cut_and_searched_by_the_database(world: World, read: Call) -> None:
    pages = all_pages(read, communities.places_page, PlaceFilter(), 1)
    assert [[place.pickup_point_code for place in page] for page in pages] == [["P901"], ["P902"]]
    for words, codes in (
        ("p902", ["P902"]), ("临江市901号", ["P901"]), ("Test compound", ["P901", "P902"]), ("compound 902", ["P902"]),
        ("团长901", ["P901"]), ("tz902", ["P902"]), ("nowhere", []), ("%", []),
    ):  # fmt: skip
        page = read(communities.places_page, PlaceFilter(text=words), PageAsk())
        assert [place.pickup_point_code for place in page.rows] == codes, words
    world.run_as(SYSTEM)(change_status, world.leaders["L902"], LeaderStatus.RESTING, "Urlaub")
    served = read(communities.places_page, PlaceFilter(only_served=True), PageAsk())
    assert [place.pickup_point_code for place in served.rows] == ["P901"]
    unknown = PageAsk(after=UUID(int=1))
    assert read(communities.places_page, PlaceFilter(), unknown).rows == []


def test_the_pages_of_lists_cost_the_same_for_more_rows(world: World, client: FlaskClient) -> None:
    database = world.services.database
    let_in(client, database, database.transact(SYSTEM, make_account, Role.HQ_ADMIN))
    paths = ("/hq/leaders", "/hq/", "/places", "/api/v1/pickup-points")
    costs = []
    assert [client.get(path).status_code for path in paths] == [200] * len(paths)  # the shelf is filled
    for _ in range(2):
        with statements_of(world) as seen:
            assert [client.get(path).status_code for path in paths] == [200] * len(paths)
        costs.append(len(seen))
        more_leaders(world, 30)
    assert costs[0] == costs[1]


def test_the_storefronts_list_of_points_has_pages(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.views.places.SHOWN", 1)
    first = client.get("/places").text
    assert ("自提点901" in first, "自提点902" in first) == (True, False)
    assert 'rel="next"' in first
    cursor = first.split("cursor=")[1].split('"')[0]
    second = client.get(f"/places?cursor={cursor}").text
    assert ("自提点902" in second, 'rel="next"' in second) == (True, False)
    assert client.get("/places?cursor=%2A").status_code == 422


def test_the_step_writes_the_keys_of_rows_that_stand(connection: Any) -> None:
    """Down to 0008, a row as it was then, up again: it is found by its initials."""
    command.downgrade(config_for(connection), "0008")
    connection.execute(
        text(
            "INSERT INTO accounts_account (id, role, name, locale, created_at)"
            " VALUES ('00000000-0000-0000-0000-000000000001', 'resident', '王芳', 'zh', now())"
        )
    )
    connection.commit()
    command.upgrade(config_for(connection), "head")
    connection.commit()
    assert connection.execute(text("SELECT search_key FROM accounts_account")).scalars().all() == ["王芳 wangfang wf"]
