"""Finished answers, kept in the process for a second: many readers of one list cost the database one read.

`Front` hands them out before Flask is asked at all, with the headers that every response has. Such a hit leaves no line
in the log; a miss does.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response, request

from app.infra.log import request_id_of

SECONDS = 1.0
MOST = 500
CACHING = "public, max-age=1"
Wsgi = Callable[..., Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer's bytes and the strong ETag that names them, the same in every process."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, data: object) -> "Kept":
        """Wrap data in an envelope. Its request_id is empty, because the same bytes answer many requests."""
        return cls.bare(orjson.dumps({"code": 0, "message": "ok", "data": data, "request_id": ""}))

    @classmethod
    def bare(cls, body: bytes) -> "Kept":
        """Bytes as they are."""
        return cls(body, hashlib.sha256(body).hexdigest()[:24])

    def respond(self) -> Response:
        """The bytes, or 304 for who has them already."""
        if request.if_none_match.contains(self.etag):
            response = Response(status=304)
        else:
            response = Response(self.body, mimetype="application/json")
        response.headers["ETag"] = f'"{self.etag}"'
        response.headers["Cache-Control"] = CACHING
        return response


class Shelf:
    """Keeps answers by key for a second; a fresh one is made by one thread while the others wait for it."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._kept: dict[Hashable, tuple[float, Kept]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], object]) -> Kept:
        """The answer of at most a second ago, else one of what `make` returns; what it raises is not kept."""
        found = self._fresh(key)
        if found is not None:
            return found
        with self._lock:
            found = self._fresh(key)
            if found is not None:
                return found
            made = Kept.of(make())
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = (self._tick() + SECONDS, made)
            return made

    def peek(self, key: Hashable) -> Kept | None:
        """The answer of at most a second ago, if there is one."""
        return self._fresh(key)

    def _fresh(self, key: Hashable) -> Kept | None:
        until, kept = self._kept.get(key, (0.0, None))
        return kept if kept is not None and self._tick() < until else None


class Front:
    """Stands before the application and answers GETs of `prefix`<key>`suffix` for which the shelf holds an answer."""

    def __init__(self, inner: Wsgi, shelf: Shelf, place: tuple[str, str], headers: list[tuple[str, str]]) -> None:
        self._inner = inner
        self._shelf = shelf
        self._prefix, self._suffix = place
        self._headers = [*headers, ("Cache-Control", CACHING)]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.endswith(self._suffix) and path.startswith(self._prefix) and environ["REQUEST_METHOD"] == "GET":
            kept = self._shelf.peek(path[len(self._prefix) : -len(self._suffix)])
            if kept is not None:
                return self._hand_out(kept, environ, start_response)
        return self._inner(environ, start_response)

    def _hand_out(self, kept: Kept, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        own = [("ETag", f'"{kept.etag}"'), ("X-Request-ID", request_id_of(environ.get("HTTP_X_REQUEST_ID")))]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and _names(known, kept.etag):
            start_response("304 NOT MODIFIED", [*self._headers, *own])
            return []
        length = ("Content-Length", str(len(kept.body)))
        start_response("200 OK", [*self._headers, *own, ("Content-Type", "application/json"), length])
        return [kept.body]


def _names(known: str, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag (RFC 9110 section 13.1.2: compared weakly)."""
    wanted = f'"{etag}"'
    return known in {wanted, "*"} or wanted in {one.strip().removeprefix("W/") for one in known.split(",")}
