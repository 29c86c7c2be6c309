"""What all HTML and JSON doors share, over the test client, with small views that stand for the doors'."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from flask import Blueprint, Flask, flash, redirect, render_template_string, request
from flask.testing import FlaskClient
from flask_babel import Domain, force_locale
from marshmallow import Schema, fields
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from app.domains.accounts.models import Account, SignIn
from app.domains.accounts.service import accounts, sign_ins
from app.domains.accounts.values import Door, SignInWithPassword
from app.factory import create_app
from app.infra import log
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import HQ_ROLES, Permission, Role
from app.kernel.errors import Invalid, NotFound, TooMany
from app.web import auth, context, filters
from app.web.credentials import door_of
from app.web.envelope import answer, ok
from app.web.guards import guard_blueprint, needs, public
from app.web.locale import safe_next
from app.web.say import say
from tests.application import lent_app
from tests.factories.accounts import PASSWORD, bearer, let_in, make_account

Run = Callable[..., Any]

shop = Blueprint("try_shop", __name__)
desk = Blueprint("try_desk", __name__, url_prefix="/hq/test")
api = Blueprint("try_api", __name__, url_prefix="/api/test")


class Body(Schema):
    qty = fields.Integer(required=True, strict=True)


@shop.get("/t/list")
def listing() -> str:
    return "offers"


@shop.get("/t/form")
def form() -> str:
    return render_template_string("{{ csrf_token() }}")


@shop.post("/t/form")
def sent() -> str:
    flash("done", "success")
    return context.actor().name


@shop.get("/t/break/<kind>")
def fail(kind: str) -> str:
    match kind:
        case "busy":
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))
        case "bug":
            raise ZeroDivisionError("secret detail")
        case "missing":
            raise NotFound(what="order")
        case "tries":
            raise TooMany(retry_after_s=30)
    raise Invalid(field="phone", reason="not a phone number")


@desk.get("/")
def office() -> str:
    return render_template_string("{{ current_actor.name }}")


@desk.get("/part")
def part() -> str:
    return "a part of a page"


@desk.post("/plan")
@needs(Permission.GROUPBUYS_PLAN)
def plan() -> str:
    return "planned"


@desk.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    if request.method == "GET":
        return render_template_string("{{ csrf_token() }}")
    wish = SignInWithPassword(
        login=request.form["login"], password=request.form["password"], door=Door.CONSOLE, address="1.1.1.1"
    )
    signed = auth.sign_in(sign_ins.sign_in_with_password, wish)
    return auth.enter(redirect("/hq/test/"), signed, Door.CONSOLE)


@desk.post("/sign-out")
def sign_out() -> Any:
    return auth.leave(redirect("/hq/test/sign-in"), Door.CONSOLE)


@api.get("/me")
@needs(Permission.ORDERS_PLACE)
def me() -> Any:
    return answer(ok({"id": context.actor_id(), "name": context.actor().name}))


@api.post("/things")
def make_thing() -> Any:
    return answer(ok(Body().load(request.get_json())), 201)


@api.get("/break/<kind>")
def fail_api(kind: str) -> str:
    return fail(kind)


guard_blueprint(desk, HQ_ROLES, "try_desk.sign_in")


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    with lent_app(services, shop, desk, api) as lent:
        yield lent


@pytest.fixture
def statements(database: Database) -> Any:
    """Statements sent to the database, as a list that grows."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def live_sign_ins(database: Database) -> int:
    with database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(SignIn).where(SignIn.revoked_at.is_(None))) or 0


# ---- who asks


def test_a_stranger_costs_no_statement(client: FlaskClient, statements: list[str]) -> None:
    assert client.get("/t/list").text == "offers"
    token = client.get("/t/form").text
    assert client.post("/t/form", data={"csrf_token": token}).text == "anonymous"
    assert client.get("/nowhere").status_code == 404
    assert client.get("/healthz").text == "ok\n"
    assert statements == []


def test_somebody_signed_in_costs_one_look(
    client: FlaskClient, run: Run, database: Database, statements: list[str]
) -> None:
    let_in(client, database, run(make_account, Role.HQ_BUYER, name="采购"))
    statements.clear()
    assert client.get("/hq/test/").text == "采购"
    assert ["accounts_sign_in" in s for s in statements] == [True]


def test_each_door_has_its_own_cookie(client: FlaskClient, run: Run, database: Database) -> None:
    let_in(client, database, run(make_account, Role.HQ_BUYER, name="采购"))
    csrf = let_in(client, database, run(make_account, Role.RESIDENT, name="居民"))
    assert client.get("/hq/test/").text == "采购"
    assert client.post("/t/form", data={"csrf_token": csrf}).text == "居民"
    assert client.get("/api/test/me").get_json()["data"]["name"] == "居民"


def test_a_token_of_one_door_is_worth_nothing_at_another(client: FlaskClient, run: Run, database: Database) -> None:
    admin = run(make_account, Role.HQ_ADMIN)
    let_in(client, database, admin)
    cookie = client.get_cookie("linli_session_hq")
    assert cookie is not None
    stranger = client.application.test_client()
    assert stranger.get("/api/test/me", headers={"Authorization": f"Bearer {cookie.value}"}).status_code == 401
    stranger.set_cookie("linli_session", cookie.value)
    assert stranger.get("/api/test/me").status_code == 401
    token = bearer(database, admin)["Authorization"].removeprefix("Bearer ")
    stranger.set_cookie("linli_session_hq", token)
    assert stranger.get("/hq/test/").status_code == 303


def test_a_bearer_token_opens_the_api_only(client: FlaskClient, run: Run, database: Database) -> None:
    resident = run(make_account, Role.RESIDENT, name="居民")
    headers = bearer(database, resident)
    answer_ = client.get("/api/test/me", headers=headers)
    assert answer_.get_json()["data"] == {"id": str(resident.id), "name": "居民"}
    assert client.get("/hq/test/", headers=headers).status_code == 303
    run(accounts.disable, resident.id)
    assert client.get("/api/test/me", headers=headers).status_code == 401


def test_a_bad_bearer_is_not_helped_by_a_good_cookie(client: FlaskClient, run: Run, database: Database) -> None:
    let_in(client, database, run(make_account, Role.RESIDENT))
    assert client.get("/api/test/me").status_code == 200
    assert client.get("/api/test/me", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_signing_in_and_out(client: FlaskClient, run: Run, database: Database) -> None:
    run(make_account, Role.HQ_ADMIN, login="chief", name="总管")
    token = client.get("/hq/test/sign-in").text
    form_ = {"csrf_token": token, "login": "chief", "password": PASSWORD}
    answer_ = client.post("/hq/test/sign-in", data=form_)
    assert (answer_.status_code, answer_.location) == (302, "/hq/test/")
    cookie = next(c for c in answer_.headers.getlist("Set-Cookie") if c.startswith("linli_session_hq="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/hq/test/").text == "总管"
    stolen = client.get_cookie("linli_session_hq")
    assert stolen is not None
    csrf = client.get("/hq/test/sign-in").text
    assert csrf != token
    assert client.post("/hq/test/sign-out", data={"csrf_token": csrf}).location == "/hq/test/sign-in"
    assert client.get_cookie("linli_session_hq") is None
    client.set_cookie("linli_session_hq", stolen.value)
    assert client.get("/hq/test/").status_code == 303
    assert live_sign_ins(database) == 0


def test_signing_in_again_ends_the_former_session(client: FlaskClient, run: Run, database: Database) -> None:
    run(make_account, Role.HQ_ADMIN, login="chief")
    for _ in range(2):
        token = client.get("/hq/test/sign-in").text
        client.post("/hq/test/sign-in", data={"csrf_token": token, "login": "chief", "password": PASSWORD})
    assert live_sign_ins(database) == 1


def test_wrong_passwords_are_counted_although_refused(client: FlaskClient, run: Run) -> None:
    run(make_account, Role.HQ_ADMIN, login="chief")
    token = client.get("/hq/test/sign-in").text
    codes = [
        client.post("/hq/test/sign-in", data={"csrf_token": token, "login": "chief", "password": "wrong"}).status_code
        for _ in range(11)
    ]
    assert codes == [401] * 10 + [429]


def test_a_visit_prolongs_the_session(client: FlaskClient, run: Run, database: Database, clock: SetClock) -> None:
    let_in(client, database, run(make_account, Role.HQ_ADMIN))
    for _ in range(12):
        clock.move_to(clock.now() + timedelta(hours=13))
        assert client.get("/hq/test/").status_code == 200
    clock.move_to(clock.now() + timedelta(hours=13))
    assert client.get("/hq/test/").status_code == 303  # seven days are over


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/", Door.STOREFRONT),
        ("/orders/1", Door.STOREFRONT),
        ("/leaders", Door.STOREFRONT),
        ("/leader/", Door.PORTAL),
        ("/leader", Door.PORTAL),
        ("/hq/rounds", Door.CONSOLE),
        ("/api/v1/orders", Door.STOREFRONT),
        ("/api/v1/leader/pickups", Door.PORTAL),
        ("/api/hq/x", Door.CONSOLE),
        ("nonsense", Door.STOREFRONT),
    ],
)
def test_every_path_belongs_to_one_door(path: str, door: Door) -> None:
    assert door_of(path) is door


# ---- guards


def test_strangers_are_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    answer_ = client.get("/hq/test/?q=%E8%8B%B9%E6%9E%9C")
    assert (answer_.status_code, answer_.location) == (
        303,
        "/hq/test/sign-in?next=/hq/test/?q%3D%E8%8B%B9%E6%9E%9C",
    ) or (answer_.location.startswith("/hq/test/sign-in?next="))
    around = {"HX-Request": "true", "HX-Current-URL": "http://localhost/hq/test/?page=2"}
    fragment = client.get("/hq/test/part", headers=around)
    assert fragment.status_code == 401
    assert unquote(fragment.headers["HX-Redirect"]) == "/hq/test/sign-in?next=/hq/test/?page=2"
    foreign = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    assert client.get("/hq/test/part", headers=foreign).headers["HX-Redirect"] == "/hq/test/sign-in"


def test_other_roles_are_refused(client: FlaskClient, run: Run, database: Database) -> None:
    csrf = let_in(client, database, run(make_account, Role.HQ_BUYER))
    assert client.post("/hq/test/plan", data={"csrf_token": csrf}).status_code == 403
    other = client.application.test_client()
    csrf = let_in(other, database, run(make_account, Role.HQ_MERCHANDISER))
    assert other.post("/hq/test/plan", data={"csrf_token": csrf}).text == "planned"


# ---- forms of other sites


def test_forms_without_their_secret_are_refused(client: FlaskClient, run: Run, database: Database) -> None:
    assert client.post("/t/form").status_code == 403
    token = client.get("/t/form").text
    assert client.post("/t/form", data={"csrf_token": token + "x"}).status_code == 403
    assert client.post("/t/form", headers={"X-CSRFToken": token}).status_code == 200
    crossed = client.post("/t/form", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    csrf = let_in(client, database, run(make_account, Role.RESIDENT))
    assert client.post("/t/form", data={"csrf_token": token}).status_code == 403  # the stranger's secret has ended
    assert client.post("/t/form", data={"csrf_token": csrf}).status_code == 200
    assert client.get("/t/form").text == csrf


def test_the_api_asks_for_the_secret_when_a_cookie_vouches(client: FlaskClient, run: Run, database: Database) -> None:
    assert client.post("/api/test/things", json={"qty": 1}).status_code == 201
    resident = run(make_account, Role.RESIDENT)
    csrf = let_in(client, database, resident)
    refused = client.post("/api/test/things", json={"qty": 1})
    assert (refused.status_code, refused.get_json()["error"]) == (403, "csrf_failed")
    assert client.post("/api/test/things", json={"qty": 1}, headers={"X-CSRFToken": csrf}).status_code == 201
    assert client.post("/api/test/things", json={"qty": 1}, headers=bearer(database, resident)).status_code == 201


def test_an_expired_form_says_what_to_do(client: FlaskClient) -> None:
    page = client.post("/t/form").text
    assert "为了您的安全，页面已过期" in page
    client.set_cookie("locale", "en")
    assert "The page was open too long" in client.post("/t/form").text


# ---- refusals and failures


@pytest.mark.parametrize(
    ("kind", "status", "error", "message", "details"),
    [
        ("busy", 503, "busy", "现在有点忙，请稍后再试。", {}),
        ("bug", 500, "internal_error", "我们这边出了问题，已经记录。", {}),
        ("missing", 404, "not_found", "没有找到，或者它不属于您。", {"what": "order"}),
        ("tries", 429, "too_many_attempts", "尝试次数过多，请等待 30 秒。", {"retry_after_s": 30}),
        ("field", 422, "invalid", "手机号：不是有效的手机号", {"field": "phone", "reason": "not a phone number"}),
    ],
)
def test_refusals_of_the_api(
    client: FlaskClient, kind: str, status: int, error: str, message: str, details: dict[str, Any]
) -> None:
    answer_ = client.get(f"/api/test/break/{kind}", headers={"X-Request-ID": "abc-12345"})
    assert answer_.status_code == status
    assert answer_.get_json() == {
        "code": status, "error": error, "message": message, "details": details, "data": None, "request_id": "abc-12345",
    }  # fmt: skip
    assert answer_.headers.get("Retry-After") == {"busy": "2", "tries": "30"}.get(kind)
    english = client.get(f"/api/test/break/{kind}", headers={"Accept-Language": "en-GB,en"}).get_json()["message"]
    assert english.isascii()


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("busy", 503, "We are busy right now"),
        ("bug", 500, "Something broke on our side"),
        ("missing", 404, "Nothing is here"),
        ("tries", 429, "Too many tries"),
        ("field", 422, "Phone: not a phone number"),
    ],
)
def test_refusals_of_pages(client: FlaskClient, kind: str, status: int, says: str) -> None:
    client.set_cookie("locale", "en")
    answer_ = client.get(f"/t/break/{kind}", headers={"X-Request-ID": "abc-12345"})
    assert (answer_.status_code, answer_.mimetype) == (status, "text/html")
    assert says in answer_.text
    assert "abc-12345" in answer_.text
    assert "secret detail" not in answer_.text


def test_the_framework_refuses_in_the_same_shape(client: FlaskClient) -> None:
    missing = client.get("/api/nowhere")
    assert (missing.status_code, missing.get_json()["error"]) == (404, "not_found")
    method = client.delete("/api/test/things")
    assert (method.status_code, method.get_json()["error"]) == (405, "method_not_allowed")
    assert set(method.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    broken = client.post("/api/test/things", data="{", content_type="application/json")
    assert (broken.status_code, broken.get_json()["error"]) == (400, "bad_request")
    wrong = client.post("/api/test/things", json={"qty": "2", "extra": 1})
    assert (wrong.status_code, wrong.get_json()["error"]) == (422, "invalid_request")
    assert sorted(wrong.get_json()["details"]) == ["extra", "qty"]


def test_pages_refuse_what_no_text_can_hold(client: FlaskClient) -> None:
    token = client.get("/t/form").text
    answers = [
        client.get("/t/break/%00"),
        client.get("/t/list?q=a%00b"),
        client.post("/t/form", data={"csrf_token": token, "note": "a\0b"}),
    ]
    assert [one.status_code for one in answers] == [400] * 3
    assert client.get("/t/list?q=%2500").status_code == 200


def test_a_broken_referrer_is_no_way_back(client: FlaskClient) -> None:
    token = client.get("/t/form").text
    sent_ = client.post("/hq/test/plan", data={"csrf_token": token}, headers={"Referer": "http://[broken"})
    assert (sent_.status_code, sent_.headers["Location"]) == (303, "/hq/test/sign-in")


def test_large_bodies_are_refused(client: FlaskClient) -> None:
    answer_ = client.post("/api/test/things", data=b"x" * (8 * 1024 * 1024 + 1), content_type="application/json")
    assert (answer_.status_code, answer_.get_json()["error"]) == (413, "too_large")


def test_when_the_database_is_away_signed_in_people_get_a_page_too(
    client: FlaskClient, run: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(client, database, run(make_account, Role.HQ_ADMIN))

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(Database, "read", away)
    page = client.get("/hq/test/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert client.get("/readyz").get_json() == {"ready": False, "wrong": {"database": "it does not answer"}}


# ---- ids, headers, assets


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1 http"), (1, "9.9.9.9 https")])
def test_only_trusted_proxies_are_believed(services: Services, proxies: int, seen: str) -> None:
    settings = replace(services.settings, trusted_proxies=proxies)
    app = create_app(services=replace(services, settings=settings))
    app.add_url_rule("/t/address", view_func=lambda: f"{request.remote_addr} {request.scheme}")
    headers = {"X-Forwarded-For": "6.6.6.6, 9.9.9.9", "X-Forwarded-Proto": "https"}
    assert app.test_client().get("/t/address", headers=headers).text == seen


def test_behind_tls_cookies_are_secure_and_bound_to_the_host(services: Services) -> None:
    settings = replace(services.settings, public_url="https://linli.example", stripe_base="http://127.0.0.1:9009/v1")
    app = create_app(services=replace(services, settings=settings))
    answer_ = app.test_client().get("/nowhere")
    cookie = next(c for c in answer_.headers.getlist("Set-Cookie") if "linli_csrf" in c)
    assert cookie.startswith("__Host-linli_csrf=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert answer_.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer_.headers["Content-Security-Policy"].endswith("form-action 'self' http://127.0.0.1:9009")


def test_request_ids_are_taken_when_sane(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "trace.id_12-3"}).headers["X-Request-ID"] == "trace.id_12-3"
    for bad in ("short", "x" * 65, "has space 123", '"quoted-id"'):
        made = client.get("/healthz", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_every_request_leaves_one_line(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    client.get("/t/list", headers={"X-Request-ID": "abc-12345"})
    log.configure("WARNING")
    lines = [orjson.loads(line) for line in capsys.readouterr().err.splitlines() if '"request"' in line]
    assert [(x["path"], x["status"], x["role"], x["request_id"]) for x in lines] == [
        ("/t/list", 200, "anonymous", "abc-12345")
    ]


def test_pages_forbid_everything_inline(client: FlaskClient) -> None:
    headers = client.get("/t/list").headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self' https://*.stripe.com"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-cache"


def test_pages_of_signed_in_people_are_not_kept(client: FlaskClient, run: Run, database: Database) -> None:
    let_in(client, database, run(make_account, Role.HQ_ADMIN))
    assert client.get("/hq/test/").headers["Cache-Control"] == "no-store"


def test_assets_are_kept_for_ever_under_their_hash(client: FlaskClient, app: Flask) -> None:
    address = app.jinja_env.globals["asset"]("css/tokens.css")
    assert re.fullmatch(r"/static/css/tokens\.css\?v=[0-9a-f]{12}", address)
    plain = client.get(address)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < len(plain.data)
    again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/static/css/tokens.css?v=old").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/../app/factory.py").status_code == 404
    assert client.get("/static/css").status_code == 404


# ---- health


def test_readiness_names_what_is_wrong(client: FlaskClient, database: Database) -> None:
    assert client.get("/readyz").get_json() == {"ready": False, "wrong": {"worker": "no worker has ever run"}}
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()) == (200, {"ready": True, "wrong": {}})
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '61 s'")
    late = client.get("/readyz")
    assert late.status_code == 503
    assert late.get_json()["wrong"] == {"worker": "the last heartbeat is 61 s old"}


# ---- language, size, writing


def test_chinese_unless_chosen_otherwise(client: FlaskClient, run: Run, database: Database) -> None:
    def title() -> str:
        found = re.search(r"<html lang=\"(\w+)\"", client.get("/nowhere", headers={"Accept-Language": "en"}).text)
        assert found
        return found[1]

    assert title() == "zh"
    resident = run(make_account, Role.RESIDENT, locale="en")
    csrf = let_in(client, database, resident)
    assert title() == "en"
    answer_ = client.post("/locale", data={"csrf_token": csrf, "locale": "zh", "next": "/t/list?page=2"})
    assert (answer_.status_code, answer_.location) == (303, "/t/list?page=2")
    assert title() == "zh"
    with database.engine.connect() as connection:
        assert connection.scalar(select(Account.locale).where(Account.id == resident.id)) == "zh"


def test_the_switches_work_from_every_door(client: FlaskClient, run: Run, database: Database) -> None:
    csrf = let_in(client, database, run(make_account, Role.HQ_ADMIN))
    answer_ = client.post("/size", data={"csrf_token": csrf, "size": "large", "next": "/hq/test/"})
    assert (answer_.status_code, answer_.location) == (303, "/hq/test/")
    size = client.get_cookie("size")
    assert size is not None
    assert size.value == "large"
    assert client.post("/size", data={"csrf_token": csrf, "size": "large", "next": "/"}).status_code == 403


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", None, "/a\nb"]
)
def test_nobody_is_sent_elsewhere(place: str | None) -> None:
    assert safe_next(place, "/home") == "/home"
    assert safe_next("/orders?page=2#x", "/home") == "/orders?page=2#x"


def test_a_page_looks_its_catalogue_up_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    found = Domain.get_translations

    def look(self: Domain) -> Any:
        looked.append("up")
        return found(self)

    monkeypatch.setattr(Domain, "get_translations", look)
    words = app.jinja_env.from_string("{{ _('Save') }} {{ _('Back') }} {{ _('Name') }}")
    told = {}
    for path, locale in (("/hq/none", "en"), ("/hq/none", "zh"), ("/none", "zh")):
        with app.test_request_context(path, headers={"Cookie": f"locale={locale}"}):
            app.preprocess_request()
            words.render()
            looked.clear()
            told[path, locale] = words.render()
            assert looked == []
            with force_locale("en"):
                assert words.render() == "Save Back Name"
    assert told["/hq/none", "en"] == "Save Back Name"
    assert told["/hq/none", "zh"].startswith("保存 ")


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (90, "尝试次数过多，请等待 90 秒。", "Too many tries. Please wait 90 seconds."),
        (91, "尝试次数过多，请等待 2 分钟。", "Too many tries. Please wait 2 minutes."),
        (600, "尝试次数过多，请等待 10 分钟。", "Too many tries. Please wait 10 minutes."),
    ],
)
def test_long_waits_are_told_in_minutes(app: Flask, seconds: int, zh: str, en: str) -> None:
    for locale, told in (("zh", zh), ("en", en)):
        with app.test_request_context("/", headers={"Cookie": f"locale={locale}"}):
            assert say(TooMany(retry_after_s=seconds)) == told


def test_money_quantities_and_moments(app: Flask, clock: SetClock) -> None:
    with app.test_request_context("/", headers={"Cookie": "locale=en"}):
        assert filters.money(1990) == "¥19.90"
        assert filters.money(-123456789, "USD") == "-$1,234,567.89"
        assert filters.money(1500, "JPY") == "¥1,500"
        assert filters.money(5, "CHF") == "CHF 0.05"
        assert filters.qty(12345) == "12,345"
        assert filters.dt(clock.now()) == "20 Nov 10:00"
        assert filters.day(clock.now()) == "Fri 20 Nov"
        assert filters.day(clock.now() + timedelta(days=60)) == "Tue 19 Jan 2027"
        assert filters.clock_time(clock.now()) == "10:00"
        filters.use_zone("America/New_York")
        assert filters.dt(clock.now()) == "19 Nov 21:00"
    with app.test_request_context("/"):
        assert filters.dt(clock.now()) == "11月20日 10:00"
        assert filters.day(clock.now()) == "11月20日 周五"
        assert filters.day((clock.now() + timedelta(days=60)).date()) == "2027年1月19日 周二"


def test_json_on_pages_is_written_as_people_read_it(app: Flask) -> None:
    with app.test_request_context("/"):
        shown = app.jinja_env.from_string("{{ row|tojson }}").render(row={"name": "邻里 – “好”"})
    assert shown == '{"name": "邻里 – “好”"}'
