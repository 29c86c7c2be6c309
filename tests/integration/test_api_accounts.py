"""Signing in by JSON, who one is, and where one picks up."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.domains.accounts.errors import WechatCodeRefused, WechatUnreachable
from app.domains.accounts.gateways.wechat import OfflineWechat, Wechat, gateway_for
from app.infra.services import Services
from app.kernel.actors import Role
from app.kernel.ids import new_id
from tests.factories.accounts import PASSWORD, make_account
from tests.factories.api import ApiClient, api_client
from tests.factories.world import World, make_world


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def stranger(app: Flask, world: World) -> ApiClient:
    return api_client(app)


def with_token(app: Flask, token: str) -> ApiClient:
    return api_client(app, {"Authorization": f"Bearer {token}"})


def test_the_mini_programs_code_signs_in_and_registers_once(app: Flask, stranger: ApiClient) -> None:
    first = stranger.post("/sign-in/code", {"code": "fake:lin-a-yi", "name": "林阿姨"})
    assert (first.status, first.data["role"], first.data["name"], first.data["is_new"]) == (
        200,
        "resident",
        "林阿姨",
        True,
    )
    again = stranger.post("/sign-in/code", {"code": "fake:lin-a-yi", "name": "somebody else"})
    assert (again.data["account_id"], again.data["name"], again.data["is_new"]) == (
        first.data["account_id"], "林阿姨", False,
    )  # fmt: skip
    assert again.data["token"] != first.data["token"]
    me = with_token(app, first.data["token"]).get("/me")
    assert me.data == {
        "account_id": first.data["account_id"], "role": "resident", "name": "林阿姨", "locale": "zh",
        "phone_tail": None, "unread": 0, "home": None,
    }  # fmt: skip
    refused = stranger.post("/sign-in/code", {"code": "0123456789"})
    assert (refused.status, refused.error) == (401, "wechat_code_refused")


def test_the_language_that_a_request_asks_for_wins_over_the_accounts(app: Flask, stranger: ApiClient) -> None:
    token = stranger.post("/sign-in/code", {"code": "fake:lin-a-yi"}).data["token"]
    me = with_token(app, token)

    def told(**headers: str) -> str:
        return str(me.get(f"/orders/{new_id()}", **headers).raw.get_json()["message"])

    english, chinese = "There is no such thing, or it is not yours.", "没有找到，或者它不属于您。"
    assert [told(), told(Accept_Language="en"), told(Accept_Language="en-GB,en;q=0.9,zh;q=0.5")] == [
        chinese, english, english,
    ]  # fmt: skip
    assert me.send("PUT", "/me/locale", {"locale": "en"}).data == {"locale": "en"}
    assert (me.get("/me").data["locale"], told(), told(Accept_Language="zh")) == ("en", english, chinese)
    assert me.send("PUT", "/me/locale", {"locale": "fr"}).status == 422


def test_a_phone_and_its_code_sign_in(app: Flask, stranger: ApiClient) -> None:
    asked = stranger.post("/sign-in/phone/ask", {"phone": "139 0000 7777"})
    assert (asked.status, asked.data["valid_s"]) == (200, 300)
    code = asked.data["demo_code"]
    wrong = "000000" if code != "000000" else "111111"
    refused = stranger.post("/sign-in/phone", {"phone": "13900007777", "code": wrong})
    assert (refused.status, refused.error, refused.details) == (401, "wrong_code", {"tries_left": 4})
    signed = stranger.post("/sign-in/phone", {"phone": "+8613900007777", "code": code})
    assert (signed.data["name"], signed.data["is_new"]) == ("用户7777", True)
    assert with_token(app, signed.data["token"]).get("/me").data["phone_tail"] == "7777"
    used = stranger.post("/sign-in/phone", {"phone": "13900007777", "code": code})
    assert (used.status, used.error) == (401, "wrong_code")


def test_codes_are_sent_where_somebody_sends_them_and_never_shown_in_production(
    app: Flask, stranger: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str, str]] = []

    class Sms:
        def send_code(self, phone: str, code: str, locale: str) -> None:
            sent.append((phone, code, locale))

    app.extensions["linli-sms"] = Sms()
    told = stranger.post("/sign-in/phone/ask", {"phone": "13900007778"}).data["demo_code"]
    assert sent == [("13900007778", told, "zh")]
    object.__setattr__(app.extensions["services"].settings, "mode", "production")
    assert stranger.post("/sign-in/phone/ask", {"phone": "13900007778"}).data["demo_code"] is None
    del app.extensions["linli-sms"]
    refused = stranger.post("/sign-in/phone/ask", {"phone": "13900007778"})
    assert (refused.status, refused.error, len(sent)) == (503, "codes_not_sent", 2)


def test_leaders_and_desks_sign_in_with_a_password(app: Flask, stranger: ApiClient, world: World) -> None:
    run = world.run_as(world.leader())
    run(make_account, Role.HQ_BUYER, login="buyer-9")
    signed = stranger.post("/sign-in/password", {"login": "Buyer-9", "password": PASSWORD})
    assert (signed.status, signed.data["role"]) == (200, "hq_buyer")
    api = with_token(app, signed.data["token"])
    assert api.get("/hq/rounds").status == 200
    assert (api.get("/orders").status, api.get("/leader/today").status) == (403, 403)
    refused = stranger.post("/sign-in/password", {"login": "buyer-9", "password": "not this one"})
    assert (refused.status, refused.error) == (401, "wrong_credentials")


def test_signing_out_ends_the_token_at_once(app: Flask, world: World) -> None:
    headers, other = world.headers(world.residents[0]), world.headers(world.residents[0])
    api = api_client(app, headers)
    assert (api.post("/sign-out").status, api.get("/me").status) == (200, 401)
    assert api_client(app, other).get("/me").status == 200
    assert api_client(app, {"Authorization": "Bearer nonsense"}).get("/me").error == "sign_in_required"


def test_a_home_is_found_by_place_link_or_choice_and_says_why(app: Flask, stranger: ApiClient, world: World) -> None:
    token = stranger.post("/sign-in/code", {"code": "fake:newcomer"}).data["token"]
    api = with_token(app, token)
    at = api.send("PUT", "/me/home", {"location": {"lat": 30.40, "lon": 115.2005}})
    assert (at.status, at.data["reason"], at.data["distance_m"], at.data["pickup_point"]["code"]) == (
        200, "in_polygon", 48, "P901",
    )  # fmt: skip
    near = api.send("PUT", "/me/home", {"location": {"lat": 30.40, "lon": 115.2125}})
    assert (near.data["reason"], near.data["distance_m"], near.data["pickup_point"]["code"]) == ("nearest", 240, "P902")
    share_code = api_client(app, world.headers(world.leaders["L901"])).get("/leader/today").data["share_code"]
    link = api.send("PUT", "/me/home", {"share_code": share_code.lower()})
    assert (link.data["reason"], link.data["distance_m"], link.data["leader_id"]) == (
        "leader_link", None, str(world.leaders["L901"]),
    )  # fmt: skip
    chosen = api.send("PUT", "/me/home", {"pickup_point_id": str(world.points["P902"])})
    assert (chosen.data["reason"], chosen.data["pickup_point"]["leader_name"]) == ("chosen", "团长902")
    assert api.get("/me").data["home"] == chosen.data


@pytest.mark.parametrize(
    ("wish", "status", "error"),
    [
        ({"location": {"lat": 31.0, "lon": 115.2}}, 422, "nobody_in_reach"),
        ({"share_code": "NOBODY"}, 404, "not_found"),
        ({"pickup_point_id": "01930000-0000-7000-8000-000000000000"}, 404, "not_found"),
        ({}, 422, "invalid_request"),
        ({"share_code": "A", "pickup_point_id": "01930000-0000-7000-8000-000000000000"}, 422, "invalid_request"),
        ({"location": {"lat": 91, "lon": 0}}, 422, "invalid_request"),
        ({"location": {"lat": "30.4", "lon": 115.2}}, 422, "invalid_request"),
        ({"location": {"lat": True, "lon": 115.2}}, 422, "invalid_request"),
        ({"location": {"lat": 30.4}}, 422, "invalid_request"),
    ],
)
def test_a_home_that_cannot_be_changes_nothing(
    app: Flask, world: World, wish: dict[str, Any], status: int, error: str
) -> None:
    api = api_client(app, world.headers(world.residents[0]))
    before = api.get("/me").data
    refused = api.send("PUT", "/me/home", wish)
    assert (refused.status, refused.error) == (status, error)
    assert api.get("/me").data == before


def test_pickup_points_are_searched_and_paged(stranger: ApiClient, world: World) -> None:
    first = stranger.get("/pickup-points?hub=LJ-T&limit=1")
    assert [p["code"] for p in first.data["items"]] == ["P901"]
    assert first.data["items"][0] == {
        "pickup_point_id": str(world.points["P901"]), "code": "P901", "name": "自提点901", "address": "临江市901号",
        "lat": 30.4, "lon": 115.2, "opens": "16:00", "closes": "21:00",
        "neighbourhood_id": str(world.neighbourhoods["N901"]), "neighbourhood_name": "测试小区901",
        "neighbourhood_name_en": "Test compound 901", "hub_id": str(world.hub_id), "leader_name": "团长901",
    }  # fmt: skip
    second = stranger.get(f"/pickup-points?hub=LJ-T&limit=1&cursor={first.data['next_cursor']}")
    assert ([p["code"] for p in second.data["items"]], second.data["next_cursor"]) == (["P902"], None)
    assert [p["code"] for p in stranger.get("/pickup-points?text=compound 902").data["items"]] == ["P902"]
    assert stranger.get("/pickup-points?text=nowhere").data["items"] == []
    assert stranger.get("/pickup-points?hub=LJ-X").status == 404
    for query in ("limit=0", "limit=101", "limit=1.0", "limit=two", "page=2", "text=" + "x" * 41):
        assert stranger.get(f"/pickup-points?{query}").error == "invalid_request"
    assert stranger.get("/pickup-points?cursor=nonsense").error == "invalid"
    unchanged = stranger.get("/pickup-points", If_None_Match=stranger.get("/pickup-points").raw.headers["ETag"])
    assert (unchanged.status, unchanged.raw.data) == (304, b"")


class Platform(BaseHTTPRequestHandler):
    """WeChat's code2session, as far as we use it."""

    asked: list[dict[str, list[str]]]
    tells: bytes

    def do_GET(self) -> None:
        type(self).asked.append(parse_qs(urlsplit(self.path).query))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(type(self).tells)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[str]:
    Platform.asked, Platform.tells = [], b""
    with HTTPServer(("127.0.0.1", 0), Platform) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_wechat_is_asked_as_its_protocol_says(platform: str) -> None:
    wechat = Wechat("wx-app", "s3cret", platform)
    Platform.tells = json.dumps({"openid": "o-123", "session_key": "never told"}).encode()
    assert wechat.openid_of("code-1") == "o-123"
    assert Platform.asked == [
        {"appid": ["wx-app"], "secret": ["s3cret"], "js_code": ["code-1"], "grant_type": ["authorization_code"]}
    ]
    for errcode in (40029, 40163):
        Platform.tells = json.dumps({"errcode": errcode, "errmsg": "invalid code"}).encode()
        with pytest.raises(WechatCodeRefused):
            wechat.openid_of("code-2")
    for nonsense in (b'{"errcode": -1}', b"<html>", b"", b'{"openid": ""}', b'{"openid": 7}', b"[]"):
        Platform.tells = nonsense
        with pytest.raises(WechatUnreachable):
            wechat.openid_of("code-3")
    with pytest.raises(WechatUnreachable):
        Wechat("wx-app", "s3cret", "http://127.0.0.1:9").openid_of("code-4")


def test_the_offline_double_never_serves_production() -> None:
    assert isinstance(gateway_for("demo", "", ""), OfflineWechat)
    assert isinstance(gateway_for("test", "wx-app", "s"), Wechat)
    with pytest.raises(WechatUnreachable):
        gateway_for("production", "", "").openid_of("fake:anybody")
