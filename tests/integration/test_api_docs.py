"""The API's description: complete, of the right version, and shown by a page that asks nobody else."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    told = client.get("/api/openapi.json")
    assert (told.status_code, told.mimetype) == (200, "application/json")
    found: dict[str, Any] = told.get_json()
    return found


def test_every_route_is_described(app: Flask, spec: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, item in spec["paths"].items() for method in item if method != "parameters"
    }
    real = {
        (method, re.sub(r"<(?:uuid:)?(\w+)>", r"{\1}", str(rule)))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == real
    assert spec["openapi"] == "3.1.0"


def test_every_answer_has_a_shape_and_guarded_routes_say_so(spec: dict[str, Any]) -> None:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            public = any(part in path for part in ("/sign-in/", "/group-buys/", "/pickup-points", "/v1/leaders/"))
            assert operation.get("security") == (None if public else [{"bearer": []}]), path
            assert ("401" in operation["responses"]) or public
            assert {"500", "503"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                is_picture = (status, path.endswith("/photos/{key}")) == ("200", True)
                shape = "image/jpeg" if is_picture else "application/json"
                assert (shape in response.get("content", {})) == (status != "304"), (path, status)


def test_refusals_are_named_once_with_their_meaning(spec: dict[str, Any]) -> None:
    conflict = spec["paths"]["/api/v1/orders"]["post"]["responses"]["409"]["description"]
    assert re.findall(r"`(\w+)`: ", conflict) == [
        "group_buy_closed", "sold_out", "idempotency_key_reused", "over_limit", "total_changed", "no_home",
            "other_hub",
    ]  # fmt: skip
    assert "`sold_out`: Fewer pieces are left than were asked for" in conflict
    wrong = spec["paths"]["/api/v1/orders"]["post"]["responses"]["422"]["description"]
    assert wrong.count("`invalid_request`") == 1


def test_the_description_is_kept(client: FlaskClient) -> None:
    first = client.get("/api/openapi.json")
    assert client.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_page_asks_nobody_else(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href|data-url)="([^"]+)"', html)
    assert [a for a in addresses if not a.startswith(("/static/", "/api/openapi.json"))] == []
    for address in addresses:
        with client.get(address) as file:
            assert file.status_code == 200
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", html) == []
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
