"""Every request has an id, which is echoed, logged and shown on error pages, and leaves one line in the log."""

import time

from flask import Flask, Response, g, request

from app.infra import log
from app.web.context import person

LOG = log.get("linli.request")
#: Asked every few seconds, or by every page: not worth a line.
QUIET = ("/static/", "/healthz", "/readyz")


def register(app: Flask) -> None:
    """Give ids and write lines. Registered before everything else, so that nothing runs without an id."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.request_id = log.request_id_of(request.headers.get("X-Request-ID"))
    g.began = time.perf_counter()
    log.begin(g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if not request.path.startswith(QUIET):
        who = person() if "person" in g else None
        LOG.info(
            "request", method=request.method, path=request.path, status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            role=who.role.value if who else "anonymous",
        )  # fmt: skip
    return response
