"""Ratings at the doors: the resident's form, the leader's answer, HQ's list, the public record, the API."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.groupbuys.values import Station
from app.domains.ratings import queries
from app.infra.services import Services
from app.kernel.actors import Role
from tests.factories.leader import Leader
from tests.factories.ratings import make_fetched, make_rating
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.shopper import Shopper
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def order(world: World) -> UUID:
    return make_fetched(world)


def test_a_resident_is_asked_once_and_rates(client: FlaskClient, world: World, order: UUID) -> None:
    shopper = Shopper(client, world.services).as_resident(world.residents[0])
    assert f"/orders/{order}/rating" in shopper.html("/orders")
    shopper.post(f"/orders/{order}/rating/later")
    assert f"/orders/{order}/rating" not in shopper.html("/orders")
    assert f"/orders/{order}/rating" in shopper.html(f"/orders/{order}")
    shopper.post(f"/orders/{order}/rating", 422, text="只写了字", tags=["quick"])
    assert world.services.database.read(queries.rating_of_order, order) is None
    shopper.post(f"/orders/{order}/rating", leader_stars="4", goods_stars="5", text="很好", tags=["quick", "fresh"])
    card = world.services.database.read(queries.rating_of_order, order)
    assert card is not None
    assert (card.leader_stars, card.goods_stars, card.text, [tag.value for tag in card.tags]) == (
        4, 5, "很好", ["fresh", "quick"],
    )  # fmt: skip
    page = shopper.html(f"/leaders/{world.leaders['L901']}")
    assert "很好" in page
    assert "居民0" not in page
    assert "居**" in page


def test_a_strangers_order_is_not_rated(client: FlaskClient, world: World, order: UUID) -> None:
    shopper = Shopper(client, world.services).as_resident(world.residents[1])
    shopper.post(f"/orders/{order}/rating", 404, leader_stars="1", goods_stars="1")
    assert world.services.database.read(queries.rating_of_order, order) is None


def test_the_leader_answers_on_her_page(client: FlaskClient, world: World, order: UUID) -> None:
    rating_id = make_rating(world, order, leader_stars=3, text="排队久")
    leader = Leader(client, world.services).as_leader(world.leaders["L901"])
    assert "排队久" in client.get("/leader/ratings?show=waiting").text
    token = leader.csrf()
    wrong = client.post(f"/leader/ratings/{rating_id}", data={"csrf_token": token, "answer": "好" * 301})
    assert wrong.status_code == 422
    assert "好" * 301 in wrong.text
    right = client.post(f"/leader/ratings/{rating_id}", data={"csrf_token": token, "answer": "我会早点开门"})
    assert right.status_code == 303
    assert "排队久" not in client.get("/leader/ratings?show=waiting").text
    assert "我会早点开门" in client.get(f"/leaders/{world.leaders['L901']}").text


def test_the_record_shows_an_average_from_five_on(services: Services, client: FlaskClient) -> None:
    world = make_world(services, residents=9)
    bought = {number: world.buy(number, orange=1) for number in (0, 2, 4, 6, 8)}
    run_to(world, Station.HANDOVER)
    leader_id = world.leaders["L901"]
    path = f"/api/v1/leaders/{leader_id}"
    for number, order_id in bought.items():
        pick_up(world, order_id)
        if number:
            make_rating(world, order_id, number, leader_stars=4)
    early = client.get(path).get_json()["data"]
    assert (early["ratings"], early["average_tenths"], early["on_time_bps"], early["months"]) == (4, None, None, 0)
    make_rating(world, bought[0], 0, leader_stars=5)
    run_to(world, Station.SETTLE)
    later = client.get(path).get_json()["data"]
    assert (later["ratings"], later["average_tenths"], later["pieces"]) == (5, 42, 5)
    assert client.get(f"/api/v1/leaders/{world.residents[0]}").status_code == 404


def test_the_api_rates_and_changes(client: FlaskClient, world: World, order: UUID) -> None:
    headers = world.headers(world.residents[0])
    path = f"/api/v1/orders/{order}/rating"
    assert client.get(path, headers=headers).status_code == 404
    body = {"leader_stars": 5, "goods_stars": 4, "tags": ["friendly"], "text": "好"}
    given = client.put(path, json=body, headers=headers)
    assert given.status_code == 200
    assert client.get(path, headers=headers).get_json()["data"] == given.get_json()["data"]
    assert client.get(path, headers=world.headers(world.residents[1])).status_code == 404
    changed = client.put(path, json={"leader_stars": 1, "goods_stars": 1}, headers=headers).get_json()["data"]
    assert (changed["id"], changed["leader_stars"], changed["text"]) == (given.get_json()["data"]["id"], 1, "")
    wrong = client.put(path, json=body | {"tags": ["fresh", "not_fresh"]}, headers=headers)
    assert (wrong.status_code, wrong.get_json()["details"]["field"]) == (422, "tags")
    move_clock(world, days=8)
    late = client.put(path, json=body, headers=headers)
    assert (late.status_code, late.get_json()["error"]) == (409, "rating_too_late")
    shown = client.get(f"/api/v1/leaders/{world.leaders['L901']}/ratings").get_json()["data"]
    assert [(one["initial"], one["leader_stars"]) for one in shown["items"]] == [("居**", 1)]


def test_hq_hides_words_for_a_reason(client: FlaskClient, world: World, order: UUID) -> None:
    rating_id = make_rating(world, order, leader_stars=1, text="加我微信买便宜货")
    desk = Desk(client, world.services.database, Role.HQ_SERVICE)
    assert "加我微信买便宜货" in desk.get("/hq/ratings?show=low")
    path = f"/hq/ratings/{rating_id}/words"
    desk.post(path, reason="", next="/hq/ratings")
    assert world.services.database.read(queries.get_rating, rating_id).hidden_at is None
    assert desk.post(path, reason="advertising", next="/hq/ratings").headers["Location"] == "/hq/ratings"
    assert "加我微信买便宜货" in desk.get("/hq/ratings?show=hidden")
    assert "加我微信买便宜货" not in client.get(f"/leaders/{world.leaders['L901']}").text
    desk.post(path, show="1", next="/hq/ratings")
    assert "加我微信买便宜货" in client.get(f"/leaders/{world.leaders['L901']}").text
