"""Finished answers, kept in the process for a second: many readers of one list cost the database one read."""

import hashlib
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import orjson
from flask import Response, request

SECONDS = 1.0
MOST = 500


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
        response.headers["Cache-Control"] = "public, max-age=1"
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

    def _fresh(self, key: Hashable) -> Kept | None:
        until, kept = self._kept.get(key, (0.0, None))
        return kept if kept is not None and self._tick() < until else None
