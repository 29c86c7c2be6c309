"""What can be ordered, by JSON: one card, a list that is kept for a second, and counters that are not."""

import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask import Flask

from app.api.kept import Shelf
from app.api.resident.groupbuys import SHELF
from app.api.schemas.groupbuys import OfferListOut
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor
from tests.factories.api import ApiClient, api_client
from tests.factories.world import CUTOFF_AT, PICKUP_ON, ROUND_ON, World, make_world
from tests.integration.test_api_orders import statements
from tests.patience import SECONDS

NOBODY = "01930000-0000-7000-8000-000000000000"


class Tick:
    """A second hand that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def stranger(app: Flask, world: World) -> ApiClient:
    return api_client(app)


@pytest.fixture
def tick(app: Flask) -> Tick:
    hand = Tick()
    app.extensions[SHELF]._tick = hand
    return hand


def test_the_open_group_buy_of_a_hub(stranger: ApiClient, world: World, clock: SetClock) -> None:
    shown = stranger.get("/group-buys/current?hub=LJ-T")
    assert shown.data == {
        "id": str(world.group_buy_id), "hub_id": str(world.hub_id), "code": "LJ-T-261120", "title": "周五团",
        "title_en": "Friday group-buy", "status": "open", "round_on": "2026-11-20",
        "opens_at": "2026-11-20T00:00:00+00:00", "cutoff_at": "2026-11-20T15:00:00+00:00", "pickup_on": "2026-11-21",
        "currency": "CNY", "offer_count": 4,
    }  # fmt: skip
    assert stranger.get("/group-buys/current?hub=LJ-T", If_None_Match=shown.raw.headers["ETag"]).status == 304
    clock.move_to(CUTOFF_AT)
    assert stranger.get("/group-buys/current?hub=LJ-T").data is None
    assert stranger.get("/group-buys/current?hub=LJ-X").status == 404
    assert stranger.get("/group-buys/current").error == "invalid_request"


def test_offers_with_their_texts_in_three_statements(stranger: ApiClient, world: World) -> None:
    with statements(world.services.database) as found:
        listed = stranger.get(f"/group-buys/{world.group_buy_id}/offers")
    assert [s for s in found if not s.startswith("SET ")] == found[-3:]
    items = listed.data["items"]
    assert [(o["code"], o["price_cents"], o["breaks"], o["min_group_qty"], o["zone"]) for o in items] == [
        ("T001", 1_990, [{"from_qty": 10, "price_cents": 1_790}], 0, "ambient"),
        ("T002", 500, [], 5, "chilled"),
        ("T003", 2_500, [], 0, "frozen"),
        ("T004", 6_990, [], 0, "ambient"),
    ]
    assert (items[0]["name"], items[0]["name_en"], items[0]["category_name_en"], items[0]["per_resident_limit"]) == (
        "赣南脐橙", "Gannan oranges", "Fruit and vegetables", 12,
    )  # fmt: skip
    assert OfferListOut().validate(listed.data) == {}


def test_the_list_is_kept_for_a_second_and_known_by_its_tag(stranger: ApiClient, world: World, tick: Tick) -> None:
    path = f"/group-buys/{world.group_buy_id}/offers"
    first = stranger.get(path)
    etag = first.raw.headers["ETag"]
    assert etag.startswith('"')
    assert first.raw.headers["Cache-Control"] == "public, max-age=1"
    with statements(world.services.database) as found:
        again = stranger.get(path)
        assert (again.raw.data, again.raw.headers["ETag"]) == (first.raw.data, etag)
        unchanged = stranger.get(path, If_None_Match=etag)
        assert (unchanged.status, unchanged.raw.data, unchanged.raw.headers["ETag"]) == (304, b"", etag)
        assert stranger.get(path, If_None_Match='"another"').status == 200
    assert found == []
    world.buy(0, orange=5)
    tick.at += 1.0
    assert stranger.get(path, If_None_Match=etag).status == 304  # what is sold is not part of the list
    world.run_as(Actor.system("test"))(plans.cancel_offers, [world.offers["rice"]])
    assert stranger.get(path, If_None_Match=etag).status == 304
    tick.at += 1.0
    fresh = stranger.get(path, If_None_Match=etag)
    assert (fresh.status, len(fresh.data["items"])) == (200, 3)


def test_what_is_kept_is_handed_out_as_flask_would(stranger: ApiClient, world: World, tick: Tick) -> None:
    path = f"/group-buys/{world.group_buy_id}/offers"
    made, kept = stranger.get(path, X_Request_ID="id-00000001"), stranger.get(path, X_Request_ID="id-00000001")
    assert sorted(made.raw.headers.items()) == sorted(kept.raw.headers.items())
    etag = made.raw.headers["ETag"]
    for known in ("*", f"W/{etag}", f'"other", {etag}'):
        answer = stranger.get(path, If_None_Match=known)
        assert (answer.status, answer.raw.headers["X-Frame-Options"]) == (304, "DENY")
    assert len(stranger.get(path).raw.headers["X-Request-ID"]) == 32
    head = stranger.client.head("/api/v1" + path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", etag)


def test_the_list_does_not_look_who_asks(app: Flask, world: World, tick: Tick) -> None:
    api = api_client(app, world.headers(world.residents[0]))
    api.get(f"/group-buys/{world.group_buy_id}/offers")
    with statements(world.services.database) as found:
        assert api.get(f"/group-buys/{world.group_buy_id}/offers").status == 200
    assert found == []


def test_counters_are_live_and_cost_one_statement(stranger: ApiClient, world: World) -> None:
    world.buy(0, orange=9)
    with statements(world.services.database) as found:
        before = stranger.get(f"/group-buys/{world.group_buy_id}/stock")
    assert len([s for s in found if not s.startswith("SET ")]) == 1
    assert before.data[0] == {
        "offer_id": str(world.offers["orange"]), "sold_qty": 9, "left_qty": 31, "price_cents": 1_990,
        "is_cancelled": False, "box": None,
    }  # fmt: skip
    world.buy(1, orange=1, rice=2)
    after = {row["offer_id"]: row for row in stranger.get(f"/group-buys/{world.group_buy_id}/stock").data}
    assert after[str(world.offers["orange"])]["price_cents"] == 1_790
    assert (after[str(world.offers["rice"])]["sold_qty"], after[str(world.offers["rice"])]["left_qty"]) == (2, 8)


def test_drafts_are_nobodys_business(stranger: ApiClient, world: World) -> None:
    draft = world.run_as(Actor.system("test"))(
        plans.plan,
        PlanGroupBuy(
            hub_id=world.hub_id, round_on=ROUND_ON + timedelta(days=1), title="周六团", title_en="Saturday",
            opens_at=CUTOFF_AT, cutoff_at=CUTOFF_AT + timedelta(hours=8), pickup_on=PICKUP_ON + timedelta(days=1),
            offers=(OfferInput(sku_id=world.skus["rice"], price_cents=6_990, commission_bps=300, quota=5,
                               per_resident_limit=1),),
        ),
    )  # fmt: skip
    for group_buy_id in (draft, NOBODY):
        assert stranger.get(f"/group-buys/{group_buy_id}/offers").error == "not_found"
        assert stranger.get(f"/group-buys/{group_buy_id}/stock").error == "not_found"


def test_one_thread_makes_the_list_while_the_others_wait() -> None:
    shelf, gate, made, got = Shelf(), threading.Event(), [], []

    def make() -> dict[str, int]:
        gate.wait(SECONDS)
        made.append(1)
        return {"a": 1}

    threads = [threading.Thread(target=lambda: got.append(shelf.get("k", make).body)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (len(made), len(got), set(got)) == (
        1, 8, {orjson.dumps({"code": 0, "message": "ok", "data": {"a": 1}, "request_id": ""})},
    )  # fmt: skip


def test_a_failed_making_is_not_kept() -> None:
    shelf: Any = Shelf()

    def broken() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        shelf.get("k", broken)
    assert shelf.get("k", lambda: 1).body.startswith(b'{"code":0')
