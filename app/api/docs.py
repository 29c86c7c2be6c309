"""The description of the API: OpenAPI 3.1 at /api/openapi.json, made of the routes' own schemas, and a page of it."""

import threading
from collections.abc import Sequence
from typing import Any

import orjson
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, current_app, render_template
from flask_smorest import Api  # type: ignore[import-untyped]  # has no types

from app.api.kept import Kept
from app.api.schemas.base import Refusal
from app.api.wire import ApiBlueprint
from app.web.guards import public

VERSION = "1.0"
INFO = {
    "description": "Orders, payments and pickups of a neighbourhood's group-buys. Money is whole minor units (cents) "
    "of the currency beside it, instants are ISO 8601 with offset, ids are opaque strings. Every answer is "
    '`{"code": 0, "message": "ok", "data": …, "request_id": …}`; a refusal has the HTTP status as `code`, a stable '
    "`error` name and its fields in `details`. Lists are paged by `next_cursor`.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
blueprint = Blueprint("api_docs", __name__, url_prefix="/api", template_folder="templates")


class Description:
    """Made at the first look, then kept: a process that nobody asks for it does not pay for it."""

    def __init__(self, app: Flask, blueprints: Sequence[ApiBlueprint]) -> None:
        self._app = app
        self._blueprints = blueprints
        self._lock = threading.Lock()
        self._kept: Kept | None = None

    def get(self) -> Kept:
        """The bytes of openapi.json and their ETag."""
        with self._lock:
            if self._kept is None:
                body = orjson.dumps(self._spec(), option=orjson.OPT_NON_STR_KEYS)
                self._kept = Kept.bare(body)
            return self._kept

    def _spec(self) -> dict[str, Any]:
        quiet = Flask("describe")
        quiet.config.update(API_TITLE="Linli", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
        api = QuietApi(quiet, spec_kwargs={"info": INFO, "marshmallow_plugin": MarshmallowPlugin()})
        api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
        api.spec.components.schema("Refusal", schema=Refusal)
        for group in self._blueprints:
            group.register_views_in_doc(api, self._app, api.spec, name=group.name, parameters=None)
        return dict(api.spec.to_dict())


class QuietApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """Only describes: errors are told by app.web.problem, and every route names its own."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = Refusal

    def _register_error_handlers(self) -> None:
        """Leave errors alone."""

    def _register_responses(self) -> None:
        """No ready-made ones."""

    _register_etag_headers = _register_pagination_header = _register_responses


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description."""
    found: Description = current_app.extensions["linli-api"]
    return found.get().respond()


@blueprint.get("/docs")
@public
def docs() -> str:
    """A page that shows it, from our own files only."""
    return render_template("api/docs.html")
