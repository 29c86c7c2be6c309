"""The shape of every JSON answer: {"code": 0, "message": "ok", "data": …, "request_id": …}."""

from typing import Any

import orjson
from flask import Response, g


def ok(data: Any = None) -> dict[str, Any]:
    """The envelope of a success."""
    return {"code": 0, "message": "ok", "data": data, "request_id": g.get("request_id", "")}


def failure(status: int, error: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    """The envelope of a refusal: `code` repeats the HTTP status, `error` is a stable name, `details` its fields."""
    return {
        "code": status, "message": message, "error": error, "details": details, "data": None,
        "request_id": g.get("request_id", ""),
    }  # fmt: skip


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """An envelope as a response; ids and instants become text."""
    return Response(orjson.dumps(body, default=str), status=status, mimetype="application/json")
