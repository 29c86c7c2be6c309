"""A leader's devices and HQ's programs by JSON, over a round that is lived through: exact numbers at every step."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.domains.accounts.models import Account
from app.domains.groupbuys.values import Station
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Role
from tests.factories.accounts import let_in
from tests.factories.api import ApiClient, api_client
from tests.factories.appraisal import LAST, live_good_and_bad, make_cycle, move_on, move_to, seat_of
from tests.factories.kept import kept
from tests.factories.world import World, make_world

NOBODY = "01930000-0000-7000-8000-000000000000"
#: Saturday 21 November 2026, 16:30 in Shanghai: goods are there, residents come.
PICKUP_TIME = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def leader(app: Flask, world: World) -> ApiClient:
    """Leader L901 by JSON."""
    return api_client(app, world.headers(world.leaders["L901"]))


@pytest.fixture
def resident(app: Flask, world: World) -> ApiClient:
    return api_client(app, world.headers(world.residents[0]))


@kept
def arrive(world: World, clock: SetClock) -> UUID:
    """Resident 0 buys 6 greens and 2 oranges, resident 1 elsewhere 1 rice; the truck is at the leader's door."""
    order_id = world.buy(0, greens=6, orange=2)
    world.buy(1, rice=1)
    world.station(Station.CUTOFF, early=True)
    world.station(Station.RECEIVE, as_ordered=True)
    world.station(Station.SORT, finish=True)
    world.station(Station.ROUTE, iterations=50)
    world.station(Station.DISPATCH)
    clock.move_to(PICKUP_TIME)
    return order_id


def code_of(resident: ApiClient, order_id: UUID) -> str:
    return str(resident.get(f"/orders/{order_id}").data["pickup"]["code"])


def handed_out(world: World, leader: ApiClient, resident: ApiClient, clock: SetClock) -> dict[str, Any]:
    """All of it: counted as complete, fetched at once; the resident's line of greens."""
    order_id = arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []})
    event = {"code": code_of(resident, order_id), "event_key": "device-1-0001"}
    assert leader.post("/leader/pickups", event).data["state"] == "done"
    lines = resident.get(f"/orders/{order_id}").data["lines"]
    greens: dict[str, Any] = next(line for line in lines if line["sku_code"] == "T002")
    return greens | {"order_id": str(order_id)}


def test_a_count_refunds_what_is_missing(world: World, leader: ApiClient, resident: ApiClient, clock: SetClock) -> None:
    order_id = arrive(world, clock)
    today = leader.get("/leader/today").data
    assert {k: today[k] for k in ("on", "residents", "handovers_open", "pickups_expected", "pickups_waiting")} == {
        "on": "2026-11-21", "residents": 2, "handovers_open": 1, "pickups_expected": 1, "pickups_waiting": 0,
    }  # fmt: skip
    (truck,) = leader.get("/leader/handovers?on=2026-11-21").data
    assert [(line["sku_code"], line["expected_qty"]) for line in truck["lines"]] == [("T001", 2), ("T002", 6)]

    count = {"lines": [{"sku_id": str(world.skus["greens"]), "damaged_qty": 1, "fault": "supplier", "note": "压坏"}]}
    counted = leader.post(f"/leader/handovers/{truck['id']}/count", count)
    assert (counted.data["state"], [line["good_qty"] for line in counted.data["lines"]]) == ("counted", [2, 5])
    assert leader.post(f"/leader/handovers/{truck['id']}/count", count).data == counted.data
    assert leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []}).error == "already_counted"
    own = resident.get(f"/orders/{order_id}").data
    assert [(c["reason"], c["qty"], c["amount_cents"]) for c in own["cuts"]] == [("handover_damaged", 1, 500)]


def test_goods_are_handed_out_once_in_parts(
    world: World, leader: ApiClient, resident: ApiClient, clock: SetClock
) -> None:
    order_id = arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []})
    (waiting,) = leader.get("/leader/pickups?text=9000").data
    assert (waiting["order_id"], waiting["state"]) == (str(order_id), "ready")
    assert "code" not in waiting
    assert leader.get("/leader/pickups?text=9999").data == []

    event = {"code": code_of(resident, order_id), "event_key": "device-1-0001"}
    greens = next(line["order_line_id"] for line in waiting["lines"] if line["sku_id"] == str(world.skus["greens"]))
    partly = leader.post("/leader/pickups", event | {"lines": [{"order_line_id": greens, "qty": 6}]})
    assert (partly.status, partly.data["state"], partly.data["is_new"]) == (200, "partly", True)
    assert partly.data["picked"] == [{"order_line_id": greens, "qty": 6, "picked_qty": 6}]
    again = leader.post("/leader/pickups", event | {"lines": [{"order_line_id": greens, "qty": 6}]})
    assert again.data == partly.data | {"is_new": False}
    rest = leader.post("/leader/pickups", event | {"event_key": "device-1-0002"})
    assert (rest.data["state"], [p["qty"] for p in rest.data["picked"]]) == ("done", [2])
    assert leader.post("/leader/pickups", event | {"event_key": "device-1-0003"}).error == "already_picked_up"

    earned = leader.get("/leader/earnings").data
    # 8 % of 30.00 and 10 % of 39.80
    assert earned["totals"] == [
        {"currency": "CNY", "accrued_cents": 638, "reversed_cents": 0, "net_sales_cents": 6_980, "effective_bps": 914,
         "orders": 1},
    ]  # fmt: skip
    assert sorted(entry["amount_cents"] for entry in earned["items"]) == [240, 398]
    assert (earned["first"], earned["last"], earned["next_cursor"]) == ("2026-11-01", "2026-11-21", None)


def test_earnings_of_a_period_show_its_entries_only(
    world: World, leader: ApiClient, resident: ApiClient, clock: SetClock
) -> None:
    handed_out(world, leader, resident, clock)
    inside = leader.get("/leader/earnings?first=2026-11-21&last=2026-11-21").data
    assert (len(inside["items"]), len(inside["totals"])) == (2, 1)
    before = leader.get("/leader/earnings?first=2026-11-01&last=2026-11-20").data
    assert (before["items"], before["totals"]) == ([], [])


def test_an_event_key_stands_for_one_request(
    world: World, leader: ApiClient, resident: ApiClient, clock: SetClock
) -> None:
    order_id = arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []})
    (waiting,) = leader.get("/leader/pickups?text=9000").data
    one, two = (line["order_line_id"] for line in waiting["lines"])
    event = {"code": code_of(resident, order_id), "event_key": "device-1-0001"}
    first = event | {"lines": [{"order_line_id": one, "qty": 1}]}
    done = leader.post("/leader/pickups", first)
    assert (done.status, done.data["is_new"]) == (200, True)
    wrong = f"{(int(event['code']) + 1) % 10**6:06}"
    others = (
        first | {"lines": [{"order_line_id": one, "qty": 2}]}, first | {"lines": [{"order_line_id": two, "qty": 1}]},
        event, first | {"code": wrong},
    )  # fmt: skip
    for other in others:
        refused = leader.post("/leader/pickups", other)
        assert (refused.status, refused.error) == (409, "idempotency_key_reused")
    assert leader.get("/leader/pickups?text=9000").data[0]["lines"][0]["picked_qty"] == 1

    for n in range(10):
        assert leader.post("/leader/pickups", {"code": wrong, "event_key": f"device-3-{n:04}"}).status == 422
    assert leader.post("/leader/pickups", event | {"event_key": "device-1-0002"}).status == 429
    assert leader.post("/leader/pickups", first).data == done.data | {"is_new": False}


def test_an_event_is_known_again_after_its_key_was_forgotten(
    world: World, leader: ApiClient, resident: ApiClient, clock: SetClock
) -> None:
    order_id = arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []})
    (waiting,) = leader.get("/leader/pickups?text=9000").data
    lines = [{"order_line_id": waiting["lines"][0]["order_line_id"], "qty": 1}]
    event = {"code": code_of(resident, order_id), "event_key": "device-1-0001", "lines": lines}
    done = leader.post("/leader/pickups", event)
    with world.services.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM infra_idempotency_key"))
    assert leader.post("/leader/pickups", event).data == done.data | {"is_new": False}
    other = leader.post("/leader/pickups", event | {"lines": [lines[0] | {"qty": 2}]})
    assert (other.status, other.error) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "123456\n"])
def test_what_is_no_code_costs_no_try(world: World, leader: ApiClient, clock: SetClock, code: str) -> None:
    arrive(world, clock)
    for n in range(11):
        answer = leader.post("/leader/pickups", {"code": code, "event_key": f"device-5-{n:04}"})
        assert (answer.status, list(answer.details)) == (422, ["code"])
    newline = leader.post("/leader/pickups", {"code": "123456", "event_key": "device-5-0001\n"})
    assert (newline.status, list(newline.details)) == (422, ["event_key"])


def test_claims_are_filed_once(
    app: Flask, world: World, leader: ApiClient, resident: ApiClient, clock: SetClock
) -> None:
    line = handed_out(world, leader, resident, clock)
    wish = {"order_line_id": line["id"], "kind": "quality", "qty": 2, "text": "叶子黄了"}
    claim = resident.post("/claims", wish, key="claim-key-1")
    assert (claim.status, claim.data["status"], claim.data["claimed_cents"]) == (201, "open", 1_000)
    assert resident.post("/claims", wish, key="claim-key-1").data == claim.data
    assert resident.post("/claims", wish | {"qty": 3}, key="claim-key-1").error == "idempotency_key_reused"
    assert resident.post("/claims", wish | {"qty": 5}).error == "above_claimable"
    assert [c["id"] for c in resident.get(f"/claims?order_id={line['order_id']}").data["items"]] == [claim.data["id"]]
    foreign = api_client(app, world.headers(world.residents[1]))
    assert foreign.post("/claims", wish).error == "not_found"
    assert foreign.get("/claims").data["items"] == []


def test_the_inbox_is_read_by_its_owner(
    app: Flask, world: World, leader: ApiClient, resident: ApiClient, clock: SetClock, work: Callable[[], int]
) -> None:
    arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []})
    foreign = api_client(app, world.headers(world.residents[1]))
    work()
    inbox = resident.get("/inbox").data["items"]
    assert {"order_paid", "goods_arrived"} <= {message["kind"] for message in inbox}
    assert resident.get("/me").data["unread"] == len(inbox)
    assert resident.post("/inbox/read", {"ids": [inbox[0]["id"], NOBODY]}).data == {"opened": 1}
    assert foreign.post("/inbox/read", {"ids": [inbox[1]["id"]]}).data == {"opened": 0}
    assert resident.post("/inbox/read").data == {"opened": len(inbox) - 1}
    assert resident.get("/inbox?limit=1").data["items"][0]["read_at"] == "2026-11-21T08:30:00+00:00"


def test_the_portals_own_page_sends_its_pickups_with_its_cookie(app: Flask, world: World) -> None:
    client, database = app.test_client(), world.services.database
    csrf = let_in(client, database, Account(id=world.leaders["L901"], role=Role.LEADER))
    event = {"code": "000000", "event_key": "device-4-0001"}
    refused = client.post("/api/v1/leader/pickups", json=event)
    assert (refused.status_code, refused.get_json()["error"]) == (403, "csrf_failed")
    tried = client.post("/api/v1/leader/pickups", json=event, headers={"X-CSRFToken": csrf})
    assert (tried.status_code, tried.get_json()["error"]) == (422, "wrong_pickup_code")
    assert client.get("/api/v1/leader/today").status_code == 200
    assert client.get("/api/v1/orders").status_code == 401


def test_another_leaders_goods_do_not_exist(
    app: Flask, world: World, leader: ApiClient, resident: ApiClient, clock: SetClock
) -> None:
    order_id = arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    other = api_client(app, world.headers(world.leaders["L902"]))
    assert other.post(f"/leader/handovers/{truck['id']}/count", {"lines": []}).error == "not_found"
    assert leader.post(f"/leader/handovers/{truck['id']}/count", {"lines": []}).status == 200
    event = {"code": code_of(resident, order_id), "event_key": "device-2-0001"}
    refused = other.post("/leader/pickups", event)
    assert (refused.status, refused.error, refused.details) == (422, "wrong_pickup_code", {"left": 9})
    assert resident.get(f"/orders/{order_id}").data["pickup"]["state"] == "ready"


def test_wrong_codes_are_counted(world: World, leader: ApiClient, resident: ApiClient, clock: SetClock) -> None:
    order_id = arrive(world, clock)
    right = code_of(resident, order_id)
    early = leader.post("/leader/pickups", {"code": right, "event_key": "device-3-0001"})
    assert (early.status, early.error) == (409, "pickup_not_ready")
    wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}}"
    tries = [leader.post("/leader/pickups", {"code": wrong, "event_key": f"device-3-{n:04}"}) for n in range(11)]
    assert [t.details.get("left") for t in tries[:10]] == list(range(9, -1, -1))
    assert (tries[10].status, tries[10].error, tries[10].raw.headers["Retry-After"]) == (
        429, "too_many_attempts", "600",
    )  # fmt: skip
    assert leader.post("/leader/pickups", {"code": right, "event_key": "device-3-9999"}).status == 429


def test_counts_that_cannot_be_change_nothing(world: World, leader: ApiClient, clock: SetClock) -> None:
    arrive(world, clock)
    (truck,) = leader.get("/leader/handovers").data
    path, orange = f"/leader/handovers/{truck['id']}/count", str(world.skus["orange"])
    for lines, status, error in (
        ([{"sku_id": orange, "short_qty": 2, "damaged_qty": 1}], 422, "count_above_expected"),
        ([{"sku_id": NOBODY, "short_qty": 1}], 422, "count_above_expected"),
        ([{"sku_id": orange, "short_qty": 1}] * 2, 422, "invalid"),
        ([{"sku_id": orange, "short_qty": -1}], 422, "invalid_request"),
        ([{"sku_id": orange, "fault": "weather"}], 422, "invalid_request"),
    ):
        refused = leader.post(path, {"lines": lines})
        assert (refused.status, refused.error) == (status, error)
    assert leader.get("/leader/handovers").data == [truck]


def test_the_score_is_null_before_the_first_one(leader: ApiClient) -> None:
    assert leader.get("/leader/score").data is None
    assert leader.get("/leader/earnings?first=2026-11-02&last=2026-11-01").error == "invalid"
    assert leader.get("/leader/earnings?first=2024-11-02").error == "invalid"
    assert leader.get("/leader/earnings?last=9999-12-31").error == "invalid"


def test_an_account_of_a_leader_who_is_none_sees_nothing(app: Flask, world: World) -> None:
    api = api_client(app, world.staff(Role.LEADER))
    assert [api.get(f"/leader/{page}").status for page in ("today", "pickups", "earnings", "handovers", "score")] == [
        404, 404, 404, 200, 200,
    ]  # fmt: skip


def test_a_scheduler_drives_a_round(app: Flask, world: World, work: Callable[[], int]) -> None:
    hq = api_client(app, world.staff(Role.HQ_ADMIN))
    world.buy(0, greens=6)
    (listed,) = hq.get("/hq/rounds?hub=LJ-T").data["items"]
    shown = hq.get(f"/hq/rounds/{world.group_buy_id}").data
    assert listed == shown
    assert [(step["station"], step["state"]) for step in shown["steps"]][:3] == [
        ("open", "done"), ("cutoff", "waiting"), ("receive", "waiting"),
    ]  # fmt: skip
    stations = f"/hq/rounds/{world.group_buy_id}/stations"
    early = hq.post(f"{stations}/receive")
    assert (early.status, early.error, early.details) == (
        409, "station_too_early", {"station": "receive", "waits_for": "cutoff"},
    )  # fmt: skip
    asked = hq.post(f"{stations}/cutoff", {"early": True})
    assert (asked.status, asked.data) == (
        202, {"group_buy_id": str(world.group_buy_id), "station": "cutoff", "queued": True},
    )  # fmt: skip
    work()
    assert hq.get(f"/hq/rounds/{world.group_buy_id}").data["steps"][1]["state"] == "done"
    assert hq.post(f"{stations}/cutoff", {"early": True}).data["queued"] is False


@pytest.mark.parametrize(
    ("station", "options", "status", "error"),
    [
        ("nowhere", {}, 404, "not_found"),
        ("cutoff", {"as_ordered": True}, 422, "invalid"),
        ("cutoff", {"early": "yes"}, 422, "invalid_request"),
        ("route", {"seconds": 0}, 422, "invalid_request"),
        ("receive", {"policy": "lottery"}, 422, "invalid_request"),
        ("cutoff", {"early": 1}, 422, "invalid_request"),
        ("cutoff", {"force": True}, 422, "invalid_request"),
    ],
)
def test_stations_that_cannot_be_are_not_started(
    app: Flask, world: World, station: str, options: dict[str, Any], status: int, error: str
) -> None:
    hq = api_client(app, world.staff(Role.HQ_ADMIN))
    refused = hq.post(f"/hq/rounds/{world.group_buy_id}/stations/{station}", options)
    assert (refused.status, refused.error) == (status, error)
    assert hq.get(f"/hq/rounds/{world.group_buy_id}").data["steps"][1]["state"] == "waiting"


def test_each_desk_starts_only_its_own_stations(app: Flask, world: World) -> None:
    buyer = api_client(app, world.staff(Role.HQ_BUYER))
    refused = buyer.post(f"/hq/rounds/{world.group_buy_id}/stations/cutoff", {"early": True})
    assert (refused.status, refused.error) == (403, "forbidden")
    merchandiser = api_client(app, world.staff(Role.HQ_MERCHANDISER))
    assert merchandiser.post(f"/hq/rounds/{world.group_buy_id}/stations/cutoff", {"early": True}).status == 202
    assert merchandiser.get("/hq/rounds?hub=LJ-X").error == "not_found"
    assert merchandiser.get(f"/hq/rounds/{NOBODY}").error == "not_found"


def test_an_appraisal_from_the_targets_to_the_appeal(app: Flask, world: World, leader: ApiClient) -> None:
    path = "/leader/appraisal"
    assert leader.get(path).data is None
    make_cycle(world)
    found = leader.get(path).data
    assert (found["cycle"]["stage"], found["seat"]["target_state"], found["appeal"]) == ("announced", "proposed", None)
    assert len(found["targets"]) == found["seat"]["targets_of"] > 0
    mine = f"{path}/{found['seat']['id']}"
    stranger = api_client(app, world.headers(world.leaders["L902"]))
    assert stranger.post(f"{mine}/targets", {"verdict": "accept"}).status == 404
    empty = leader.post(f"{mine}/targets", {"verdict": "answer"})
    assert (empty.status, empty.details["field"]) == (422, "text")
    accepted = [leader.post(f"{mine}/targets", {"verdict": "accept"}) for _ in range(2)]
    assert [(one.status, one.data["seat"]["target_state"]) for one in accepted] == [(200, "accepted")] * 2
    early = leader.post(f"{mine}/appeal", {"text": "two trucks came late"})
    assert (early.status, early.error) == (409, "wrong_state")

    move_to(world, LAST + timedelta(days=4))
    live_good_and_bad(world)
    move_on(world)
    leader = api_client(app, world.headers(world.leaders["L901"]))
    told, seat = leader.get(path).data, seat_of(world, UUID(found["cycle"]["id"]), "L901")
    assert seat.provisional_centi is not None
    assert (told["cycle"]["stage"], told["seat"]["provisional_centi"], told["seat"]["final_tier"]) == (
        "provisional", seat.provisional_centi, None,
    )  # fmt: skip
    filed = [leader.post(f"{mine}/appeal", {"text": "two trucks came late"}) for _ in range(2)]
    assert [(one.status, one.data["status"]) for one in filed] == [(201, "open")] * 2
    assert leader.get(path).data["appeal"] == filed[0].data == filed[1].data
