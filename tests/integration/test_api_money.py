"""The resident's money over JSON: balance, where refunds go, kept cards; and photos of claims."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.domains.groupbuys.values import Station
from app.domains.payments import queries
from app.domains.payments.values import Route
from app.infra.services import Services
from tests.factories.aftersales import make_claim, make_photo
from tests.factories.api import ApiClient, api_client
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def ann(app: Flask, world: World) -> ApiClient:
    return api_client(app, world.headers(world.residents[0]))


def test_what_goes_back_to_the_balance_is_there_to_be_read(
    world: World, ann: ApiClient, app: Flask, work: Call
) -> None:
    assert ann.get("/me/balance").data == {"sums": [], "refunds_to": "source"}
    chosen = ann.send("PUT", "/me/balance/refunds-to", {"to": "balance"})
    assert (chosen.status, chosen.data["refunds_to"]) == (200, "balance")
    refused = ann.send("PUT", "/me/balance/refunds-to", {"to": "release"})
    assert (refused.status, refused.error) == (422, "invalid")
    order_id = world.buy(0, orange=2)
    assert ann.post(f"/orders/{order_id}/cancel").status == 200
    work()
    first = ann.get("/me/balance")
    assert first.data["sums"] == [{"currency": "CNY", "cents": 2 * 1_990}]
    assert ann.get("/me/balance", If_None_Match=first.raw.headers["ETag"]).status == 304
    [entry] = ann.get("/me/balance/entries").data["items"]
    assert (entry["kind"], entry["amount_cents"], entry["order_id"]) == ("refunded", 3_980, str(order_id))
    bo = api_client(app, world.headers(world.residents[1]))
    assert bo.get("/me/balance").data == {"sums": [], "refunds_to": "source"}
    assert bo.get("/me/balance/entries").data["items"] == []


def test_cards_are_kept_listed_and_forgotten(world: World, ann: ApiClient, read: Call, services: Services) -> None:
    assert ann.get("/me/cards").data == []
    page = ann.post("/me/cards", {"return_path": "/me"})
    assert (page.status, page.data["url"].startswith("http")) == (201, True)
    payer = read(queries.payer, world.residents[0])
    assert (payer.customer_ref is not None, payer.refunds_to) == (True, Route.SOURCE)
    provider = services.provider
    assert isinstance(provider, ApprovingProvider)
    kept = ann.get("/me/cards").data
    assert [card["ref"] for card in kept] == [card.ref for card in provider.cards(payer.customer_ref or "")]
    stranger = ann.post("/me/cards/forget", {"ref": "pm_of_somebody_else"})
    assert (stranger.status, stranger.error) == (404, "not_found")
    assert ann.post("/me/cards/forget", {"ref": kept[0]["ref"]}).status == 200


def picture(client: ApiClient, path: str) -> tuple[str, bytes]:
    """The type and first bytes of a picture."""
    with client.get(path).raw as raw:
        return raw.mimetype, raw.data[:2]


def test_a_photo_is_seen_by_who_sent_it_and_by_the_leader_concerned(world: World, ann: ApiClient, app: Flask) -> None:
    order_id = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id)
    key = make_photo(world, world.resident(0))
    bo = api_client(app, world.headers(world.residents[1]))
    leader, other = (api_client(app, world.headers(world.leaders[code])) for code in ("L901", "L902"))
    assert picture(ann, f"/claims/photos/{key}") == ("image/jpeg", b"\xff\xd8")
    assert leader.get(f"/leader/claims/photos/{key}").status == 404  # not beside a claim yet
    make_claim(world, order_id, photos=(key,), orange=1)
    assert picture(leader, f"/leader/claims/photos/{key}") == ("image/jpeg", b"\xff\xd8")
    for one, path in ((bo, "/claims"), (other, "/leader/claims")):
        refused = one.get(f"{path}/photos/{key}")
        assert (refused.status, refused.error) == (404, "not_found")
