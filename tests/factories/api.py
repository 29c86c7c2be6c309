"""A JSON client that holds every answer against the API's own description."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.ids import new_id


@dataclass(frozen=True)
class Answer:
    """One answer, taken apart."""

    status: int
    data: Any
    error: str | None
    details: dict[str, Any]
    raw: TestResponse


@dataclass(frozen=True)
class ApiClient:
    """Calls below /api/v1 as one person; a status or a shape that is not described fails the test."""

    app: Flask
    client: FlaskClient
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> Answer:
        """GET, with other headers by their names with underscores."""
        return self.send("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, body: Any = None, key: str | None = None) -> Answer:
        """POST a JSON body with a fresh Idempotency-Key, or this one."""
        return self.send("POST", path, body or {}, {"Idempotency-Key": key or f"key-{new_id()}"})

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Any method."""
        sent = {"json": body} if body is not None else {}
        raw = self.client.open("/api/v1" + path, method=method, headers=self.headers | (headers or {}), **sent)
        rule, _ = self.app.url_map.bind("localhost").match("/api/v1" + path.partition("?")[0], method, return_rule=True)
        template = str(rule).replace("<uuid:", "{").replace("<", "{").replace(">", "}")
        _described()[template][method].validate_response(raw)
        told = raw.get_json() if raw.is_json and raw.data else {}
        return Answer(raw.status_code, told.get("data"), told.get("error"), told.get("details", {}), raw)


_DESCRIPTIONS: dict[str, Any] = {}


def api_client(app: Flask, headers: dict[str, str] | None = None) -> ApiClient:
    """A client for a person whose token stands in `headers`, or for a stranger."""
    if "schema" not in _DESCRIPTIONS:
        raw = app.test_client().get("/api/openapi.json").get_json()
        _DESCRIPTIONS["schema"] = schemathesis.openapi.from_dict(raw)
    return ApiClient(app, app.test_client(), headers or {})


@cache
def _described() -> Any:
    return _DESCRIPTIONS["schema"]
