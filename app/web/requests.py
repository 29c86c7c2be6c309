"""Every request has an id, which is echoed, logged and shown on error pages, and leaves one line in the log."""

import time

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from app.infra import log
from app.web.context import person
from app.web.credentials import is_api

LOG = log.get("linli.request")
#: Asked every few seconds, or by every page: not worth a line.
QUIET = ("/static/", "/healthz", "/readyz")


def register(app: Flask) -> None:
    """Give ids and write lines. Registered before everything else, so that nothing runs without an id."""
    app.before_request(_begin)
    app.before_request(_refuse_nul)
    app.after_request(_finish)


def _begin() -> None:
    g.request_id = log.request_id_of(request.headers.get("X-Request-ID"))
    g.began = time.perf_counter()
    log.begin(g.request_id)


def _refuse_nul() -> None:
    """400 for a page's address or form with a NUL: no text of ours holds one, and the database could not keep it.

    The JSON doors read their fields by schemas, which refuse it by name.
    """
    if is_api(request.path):
        return
    in_form = request.method == "POST" and any("\0" in text for texts in request.form.listvalues() for text in texts)
    if "\0" in request.path or b"%00" in request.query_string or in_form:
        raise BadRequest


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
