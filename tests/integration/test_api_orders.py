"""Ordering by JSON: exact sums, keys that count once, refusals that change nothing, nobody else's orders."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.domains.groupbuys.queries import stock_of_offers
from app.domains.payments.gateways.provider import ProviderRefused
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from tests.conftest import START
from tests.factories.api import Answer, ApiClient, api_client
from tests.factories.provider import ApprovingProvider
from tests.factories.world import CUTOFF_AT, World, make_world, to_another_hub

NOBODY = "01930000-0000-7000-8000-000000000000"


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def api(app: Flask, world: World) -> ApiClient:
    """Resident 0 by JSON."""
    return api_client(app, world.headers(world.residents[0]))


def basket(world: World, **pieces: int) -> dict[str, Any]:
    items = [{"offer_id": str(world.offers[name]), "qty": qty} for name, qty in pieces.items()]
    return {"group_buy_id": str(world.group_buy_id), "items": items}


def sold(world: World) -> dict[str, int]:
    counters = {s.offer_id: s.sold_qty for s in world.services.database.read(stock_of_offers, world.group_buy_id)}
    return {name: counters[offer_id] for name, offer_id in world.offers.items()}


def refused(answer: Answer, status: int, error: str, **details: Any) -> None:
    assert (answer.status, answer.error, answer.details) == (status, error, details)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_basket_is_quoted_at_the_price_that_the_group_reaches(api: ApiClient, world: World) -> None:
    quote = api.post("/quotes", basket(world, orange=10, greens=2))
    assert quote.data == {
        "group_buy_id": str(world.group_buy_id), "currency": "CNY", "total_cents": 10 * 1_790 + 2 * 500,
        "lines": [
            {"offer_id": str(world.offers["orange"]), "sku_id": str(world.skus["orange"]), "qty": 10,
             "tolerance_qty": 0, "unit_price_cents": 1_790},
            {"offer_id": str(world.offers["greens"]), "sku_id": str(world.skus["greens"]), "qty": 2,
             "tolerance_qty": 0, "unit_price_cents": 500},
        ],
    }  # fmt: skip
    assert sold(world) == {"orange": 0, "greens": 0, "dumplings": 0, "rice": 0}


def test_an_order_is_placed_once_per_key(api: ApiClient, world: World) -> None:
    wish = basket(world, orange=2, rice=1) | {"expected_total_cents": 10_970, "note": " 放门口 "}
    first = api.post("/orders", wish, key="phone-1-0001")
    assert first.status == 201
    assert first.data == {
        "id": first.data["id"], "no": first.data["no"], "status": "placed", "total_cents": 10_970, "currency": "CNY",
        "pay_by": "2026-11-20T02:15:00+00:00", "is_new": True,
    }  # fmt: skip
    again = api.post("/orders", wish, key="phone-1-0001")
    assert again.data == first.data | {"is_new": False}
    assert sold(world) == {"orange": 2, "greens": 0, "dumplings": 0, "rice": 1}
    refused(api.post("/orders", basket(world, orange=3), key="phone-1-0001"), 409, "idempotency_key_reused",
            key="phone-1-0001")  # fmt: skip
    other = api.post("/orders", basket(world, orange=3), key="phone-1-0002")
    assert (other.status, other.data["total_cents"]) == (201, 3 * 1_990)
    listed = api.get("/orders?limit=1")
    assert [o["id"] for o in listed.data["items"]] == [other.data["id"]]
    rest = api.get(f"/orders?limit=1&cursor={listed.data['next_cursor']}")
    assert [(o["id"], o["note"], len(o["lines"])) for o in rest.data["items"]] == [(first.data["id"], "放门口", 2)]
    assert rest.data["next_cursor"] is None


def test_an_order_costs_fewer_than_25_statements(api: ApiClient, world: World) -> None:
    with statements(world.services.database) as found:
        assert api.post("/orders", basket(world, orange=1, greens=1, rice=1)).status == 201
    assert len(found) <= 12, found


def test_an_order_is_paid_and_shows_its_code(api: ApiClient, world: World) -> None:
    order_id = api.post("/orders", basket(world, orange=2)).data["id"]
    paid = api.post(f"/orders/{order_id}/pay", {"method": "alipay", "return_path": f"/orders/{order_id}"})
    assert (paid.status, paid.data["status"], paid.data["received_cents"], paid.data["redirect_url"]) == (
        200, "succeeded", 3_980, None,
    )  # fmt: skip
    assert api.get(f"/orders/{order_id}/payment").data == paid.data
    shown = api.get(f"/orders/{order_id}").data
    assert (shown["status"], shown["paid_at"], shown["pickup"]["state"]) == (
        "paid", "2026-11-20T02:00:00+00:00", "expected",
    )  # fmt: skip
    assert shown["pickup"]["code"].isdigit()
    assert shown["pickup_point"]["code"] == "P901"
    assert (shown["cuts"], shown["refunds"]) == ([], [])


def test_a_waiting_payment_is_looked_after_when_the_payer_comes_back(api: ApiClient, world: World) -> None:
    provider: ApprovingProvider = world.services.provider
    provider.at_once = False
    order_id = api.post("/orders", basket(world, greens=3)).data["id"]
    waiting = api.post(f"/orders/{order_id}/pay", {"return_path": "/orders/x"}).data
    ref = next(iter(provider.states))
    assert (waiting["status"], waiting["redirect_url"]) == (
        "waiting", f"https://pay.example/{ref}?back=http://localhost/orders/x",
    )  # fmt: skip
    assert api.get(f"/orders/{order_id}/payment").data["status"] == "waiting"
    provider.fail_next = [ProviderRefused("no such payment")]
    assert api.get(f"/orders/{order_id}/payment").data["status"] == "waiting"
    provider.approve(ref)
    assert api.get(f"/orders/{order_id}/payment").data["status"] == "succeeded"
    assert api.get(f"/orders/{order_id}").data["status"] == "paid"


def test_a_paid_order_only_shrinks_and_the_difference_goes_back(api: ApiClient, world: World) -> None:
    order_id = str(world.buy(0, orange=3, greens=2))
    more = api.send("PATCH", f"/orders/{order_id}", {"items": basket(world, orange=4, greens=2)["items"]})
    refused(more, 409, "paid_order_only_shrinks", offer_id=str(world.offers["orange"]))
    less = api.send("PATCH", f"/orders/{order_id}", {"items": basket(world, orange=2, greens=2)["items"]})
    assert [(line["sku_code"], line["effective_qty"], line["net_cents"]) for line in less.data["lines"]] == [
        ("T001", 2, 3_980), ("T002", 2, 1_000),
    ]  # fmt: skip
    shown = api.get(f"/orders/{order_id}").data
    assert [(c["qty"], c["amount_cents"], c["reason"]) for c in shown["cuts"]] == [(1, 1_990, "resident")]
    assert [(r["amount_cents"], r["kind"], r["status"]) for r in shown["refunds"]] == [
        (1_990, "before_pickup", "intended")
    ]
    gone = api.post(f"/orders/{order_id}/cancel")
    assert (gone.data["status"], gone.data["refunded_cents"]) == ("cancelled", 6_970)
    assert api.post(f"/orders/{order_id}/cancel").data == gone.data
    assert api.get(f"/orders/{order_id}").data["pickup"]["code"] is None
    assert sold(world) == {"orange": 0, "greens": 0, "dumplings": 0, "rice": 0}


def test_refusals_name_their_reason_and_change_nothing(api: ApiClient, world: World, clock: SetClock) -> None:
    rice, gb = str(world.offers["rice"]), str(world.group_buy_id)
    world.place(1, rice=2)
    before = sold(world)
    refused(api.post("/orders", basket(world, rice=9)), 409, "sold_out", offer_id=rice, wanted=9, left=8)
    refused(api.post("/orders", basket(world, rice=3)), 409, "over_limit", offer_id=rice, limit=2, had=0)
    refused(api.post("/orders", basket(world, rice=1) | {"expected_total_cents": 1}), 409, "total_changed",
            expected_cents=1, total_cents=6_990)  # fmt: skip
    unknown = {"group_buy_id": gb, "items": [{"offer_id": NOBODY, "qty": 1}]}
    refused(api.post("/orders", unknown), 404, "unknown_offer", offer_id=NOBODY)
    refused(api.post("/orders", basket(world, rice=1) | {"group_buy_id": NOBODY}), 404, "not_found", what="group_buy")
    twice = {"group_buy_id": gb, "items": [{"offer_id": rice, "qty": 1}] * 2}
    assert api.post("/orders", twice).error == "invalid"
    clock.move_to(CUTOFF_AT)
    refused(api.post("/orders", basket(world, rice=1)), 409, "group_buy_closed", group_buy_id=gb)
    refused(api.post("/quotes", basket(world, rice=1)), 409, "group_buy_closed", group_buy_id=gb)
    assert sold(world) == before
    assert api.get("/orders").data == {"items": [], "next_cursor": None}


def test_a_newcomer_needs_a_home_first(app: Flask, world: World) -> None:
    stranger = api_client(app)
    token = stranger.post("/sign-in/code", {"code": "fake:newcomer"}).data["token"]
    api = api_client(app, {"Authorization": f"Bearer {token}"})
    refused(api.post("/orders", basket(world, orange=1)), 409, "no_home")
    assert api.send("PUT", "/me/home", {"pickup_point_id": str(world.points["P902"])}).data["reason"] == "chosen"
    assert api.post("/orders", basket(world, orange=1)).status == 201


def test_the_group_buy_of_another_hub_is_refused_by_its_own_name(api: ApiClient, world: World) -> None:
    to_another_hub(world)
    refused(api.post("/orders", basket(world, orange=1)), 409, "other_hub")
    assert api.send("GET", "/orders", headers={"Accept-Language": "en"}).data["items"] == []
    said = api.send(
        "POST", "/orders", basket(world, orange=1), {"Accept-Language": "en", "Idempotency-Key": "key-12345"}
    )
    assert said.raw.get_json()["message"].startswith("This group-buy is of another hub than your pickup point.")


def test_a_key_of_a_payment_stands_for_one_request(api: ApiClient, world: World) -> None:
    first, second = (api.post("/orders", basket(world, orange=1)).data["id"] for _ in range(2))
    paid = api.post(f"/orders/{first}/pay", {"return_path": "/a"}, key="pay-key-1")
    assert paid.data["status"] == "succeeded"
    assert api.post(f"/orders/{first}/pay", {"return_path": "/a"}, key="pay-key-1").data == paid.data
    for order_id, body in (
        (second, {"return_path": "/a"}),
        (first, {"return_path": "/b"}),
        (first, {"return_path": "/a", "method": "card_test"}),
    ):
        refused(
            api.post(f"/orders/{order_id}/pay", body, key="pay-key-1"), 409, "idempotency_key_reused", key="pay-key-1"
        )
    assert api.get(f"/orders/{second}").data["status"] == "placed"
    assert api.post(f"/orders/{second}/pay", {"return_path": "/a"}, key="pay-key-2").data["status"] == "succeeded"


def test_a_way_back_with_a_line_break_is_refused(api: ApiClient, world: World) -> None:
    order_id = api.post("/orders", basket(world, orange=1)).data["id"]
    answer = api.post(f"/orders/{order_id}/pay", {"return_path": "/a\n"})
    assert (answer.status, list(answer.details)) == (422, ["return_path"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"offer_id": NOBODY, "qty": 0}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": -1}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": 1_000}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": 1.5}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": 1.0}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": "2"}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": True}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": None}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY, "qty": 99999999999999999999}]}, "items.0.qty"),
        ({"items": [{"offer_id": NOBODY}]}, "items.0.qty"),
        ({"items": [{"offer_id": f"{{{NOBODY}}}", "qty": 1}]}, "items.0.offer_id"),
        ({"items": [{"offer_id": 7, "qty": 1}]}, "items.0.offer_id"),
        ({"items": [{"offer_id": NOBODY, "qty": 1, "price_cents": 1}]}, "items.0.price_cents"),
        ({"group_buy_id": None}, "group_buy_id"),
        ({"note": "x" * 201}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"expected_total_cents": "100"}, "expected_total_cents"),
        ({"resident_id": NOBODY}, "resident_id"),
    ],
)
def test_what_is_out_of_shape_is_named(api: ApiClient, world: World, change: dict[str, Any], field: str) -> None:
    answer = api.post("/orders", basket(world, orange=1) | change)
    assert (answer.status, answer.error, list(answer.details)) == (422, "invalid_request", [field])
    assert sold(world)["orange"] == 0


def test_a_key_is_needed_and_looked_at(api: ApiClient, world: World) -> None:
    wish = basket(world, orange=1)
    for headers in ({}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "k" * 65}, {"Idempotency-Key": "with space"}):
        answer = api.send("POST", "/orders", wish, headers)
        assert (answer.status, list(answer.details)) == (422, ["Idempotency-Key"])
    order_id = api.post("/orders", wish).data["id"]
    assert api.send("POST", f"/orders/{order_id}/pay", {}).status == 422
    assert api.send("POST", "/claims", {}).status == 422


def test_bodies_that_are_no_json_are_refused_in_the_envelope(api: ApiClient) -> None:
    headers = api.headers | {"Idempotency-Key": "key-00000001"}
    for body, kind, status, error in (
        (b"{", "application/json", 400, "bad_request"),
        (b"", "application/json", 400, "bad_request"),
        (b'{"items": NaN}', "application/json", 400, "bad_request"),
        (b'{"note": "\xff"}', "application/json", 400, "bad_request"),
        (b'{"note": "\\ud800"}', "application/json", 400, "bad_request"),
        (b"[" * 100_000, "application/json", 413, "too_large"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b'"text"', "application/json", 422, "invalid_request"),
    ):
        raw = api.client.post("/api/v1/orders", data=body, content_type=kind, headers=headers)
        told = raw.get_json()
        assert (raw.status_code, told["error"], told["code"]) == (status, error, status), body[:20]
        assert set(told) == {"code", "message", "error", "details", "data", "request_id"}


def test_what_is_not_there_answers_in_the_envelope(api: ApiClient) -> None:
    for path in ("/api/v1/nothing", "/api/v1/orders/7", "/api/v1/orders/%7B", f"/api/v1/orders/{NOBODY}x"):
        raw = api.client.get(path, headers=api.headers)
        assert (raw.status_code, raw.get_json()["error"]) == (404, "not_found")
    raw = api.client.delete("/api/v1/orders", headers=api.headers)
    assert (raw.status_code, raw.get_json()["error"]) == (405, "method_not_allowed")
    assert set(raw.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert raw.headers["X-Request-ID"] == raw.get_json()["request_id"]


def test_another_residents_order_does_not_exist(app: Flask, world: World) -> None:
    order_id = world.buy(1, orange=2)
    unpaid = world.place(1, greens=1).id
    api = api_client(app, world.headers(world.residents[0]))
    before = sold(world)
    for found in (order_id, unpaid):
        refused(api.get(f"/orders/{found}"), 404, "not_found", what="order")
        refused(api.get(f"/orders/{found}/payment"), 404, "not_found", what="order")
        refused(api.post(f"/orders/{found}/cancel"), 404, "not_found", what="order")
        items = basket(world, orange=1)["items"]
        refused(api.send("PATCH", f"/orders/{found}", {"items": items}), 404, "not_found", what="order")
        refused(api.post(f"/orders/{found}/pay"), 404, "not_found", what="order")
    assert sold(world) == before
    owner = api_client(app, world.headers(world.residents[1]))
    assert owner.get(f"/orders/{order_id}").data["status"] == "paid"
    assert owner.get(f"/orders/{unpaid}").data["status"] == "placed"


def test_an_order_that_was_not_paid_in_time_cannot_be_paid(api: ApiClient, world: World, clock: SetClock) -> None:
    order_id = api.post("/orders", basket(world, orange=1)).data["id"]
    clock.move_to(START + timedelta(minutes=15))
    answer = api.post(f"/orders/{order_id}/pay")
    assert (answer.status, answer.error) == (409, "wrong_state")
