"""What travels on the wire: form bodies, answers and refusals in Stripe's shape."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

_CODES = "https://stripe.com/docs/error-codes/"


def dump(value: object) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def new_id(prefix: str, length: int = 24) -> str:
    """An identifier in Stripe's look: prefix, underscore, letters and digits."""
    return f"{prefix}_{secrets.token_urlsafe(length).translate(_PLAIN)[:length]}"


_PLAIN = str.maketrans("-_", "Xq")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, as read from the socket; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters: the query of a GET or DELETE, the form body of a POST, in the order sent."""
        text = self.body.decode() if self.method == "POST" else self.query
        return parse_qsl(text, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; ``status`` 0 means that the connection is cut without an answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(eq=False)
class Refusal(Exception):
    """Stripe says no.

    ``saved``: the work had begun, so the answer is kept for the idempotency key.
    ``keeps_changes``: a decline is a result, so the objects that it touched are stored.
    """

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    extra: Json = field(default_factory=dict)
    saved: bool = False
    keeps_changes: bool = False

    def answer(self) -> Answer:
        """The refusal as an HTTP answer."""
        error: Json = {}
        if self.code:
            error |= {"code": self.code, "doc_url": _CODES + self.code.replace("_", "-")}
        error["message"] = self.message
        if self.param:
            error["param"] = self.param
        return Answer(self.status, dump({"error": {**error, "type": self.type, **self.extra}}))


def missing(name: str) -> Refusal:
    """A required parameter was not sent."""
    return Refusal(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def not_found(kind: str, ident: str, param: str = "id", status: int = 404) -> Refusal:
    """No object of this kind has this identifier."""
    return Refusal(status, f"No such {kind}: '{ident}'", code="resource_missing", param=param)


def nest(pairs: list[tuple[str, str]]) -> Json:
    """Turn ``a[b][0]=x`` pairs into nested dicts; lists stay dicts with number keys (see Params.items).

    Refuses a name that is used both as a value and as a group.
    """
    root: Json = {}
    for name, value in pairs:
        path = name.replace("]", "").split("[")
        here = root
        for step in path[:-1]:
            here = here.setdefault(step or str(len(here)), {})
            if not isinstance(here, dict):
                raise Refusal(400, f"Invalid parameter: {name}", param=path[0])
        here[path[-1] or str(len(here))] = value
    return root
