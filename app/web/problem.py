"""Refusals and failures: a JSON envelope under /api, a page of the right door elsewhere, the request's id in both."""

import traceback
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from app.domains.accounts.errors import SignInRequired
from app.domains.accounts.values import Door
from app.infra import log
from app.infra.outage import OUTAGES
from app.kernel.actors import Role
from app.kernel.errors import DomainError, Forbidden, TooMany
from app.web.context import actor, forget_person
from app.web.credentials import door_of, is_api
from app.web.csrf import CsrfFailed
from app.web.envelope import answer, failure
from app.web.guards import LoginNeeded
from app.web.say import of_status, say

LOG = log.get("linli.problem")
_BASES = {
    Door.STOREFRONT: ("ui/base_storefront.html", "/"),
    Door.PORTAL: ("ui/base_portal.html", "/leader/"),
    Door.CONSOLE: ("ui/base_console.html", "/hq/"),
}
BUSY_S = 2


def register(app: Flask) -> None:
    """Map refusals and failures to responses, once, for all doors."""
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(ValidationError, invalid_body)
    app.register_error_handler(LoginNeeded, to_login)
    app.register_error_handler(HTTPException, http_problem)
    for outage in OUTAGES:
        app.register_error_handler(outage, busy)
    app.register_error_handler(Exception, broken)


def refused(refusal: DomainError) -> ResponseReturnValue:
    """A use-case said no."""
    if is_api(request.path) and type(refusal) is Forbidden and actor().role is Role.ANONYMOUS:
        refusal = SignInRequired()
    page = 419 if isinstance(refusal, CsrfFailed) else None
    response = _respond(refusal.status, refusal.code, say(refusal), refusal.detail(), page)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, SignInRequired):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def invalid_body(wrong: ValidationError) -> ResponseReturnValue:
    """The request's fields are missing or out of shape; `details` names them."""
    return _respond(422, "invalid_request", of_status(422), dict(wrong.messages_dict))


def to_login(needed: LoginNeeded) -> ResponseReturnValue:
    """Send a stranger to the door's sign-in page; htmx is told to go there with the whole page."""
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": needed.place})
    return redirect(needed.place, 303)


def http_problem(problem: HTTPException) -> ResponseReturnValue:
    """What the framework refuses: no such page, method not allowed, body too large."""
    if problem.response is not None:
        return problem.response
    status = problem.code or 500
    details: dict[str, Any] = getattr(problem, "data", {}).get("messages", {})  # webargs puts field errors there
    response = _respond(status, _name(status), of_status(status), details)
    for name, value in problem.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def busy(outage: Exception) -> ResponseReturnValue:
    """The database is away or overloaded; nothing was committed, so the same request may be sent again."""
    LOG.error("database is away", error=str(outage).partition("\n")[0])
    forget_person()
    response = _respond(503, "busy", of_status(503), {})
    response.headers["Retry-After"] = str(BUSY_S)
    return response


def broken(failure_: Exception) -> ResponseReturnValue:
    """A defect of ours: logged with its trace, told without."""
    LOG.error("unhandled", error=repr(failure_), trace="".join(traceback.format_exception(failure_)))
    forget_person()
    return _respond(500, "internal_error", of_status(500), {})


def _respond(status: int, error: str, message: str, details: dict[str, Any], page: int | None = None) -> Response:
    if is_api(request.path):
        return answer(failure(status, error, message, details), status)
    base, home = _BASES[door_of(request.path)]
    try:
        html = render_template(
            "ui/error.html", error_base=base, code=page or status, message=message if error not in _OWN_TEXT else "",
            request_id=g.get("request_id", ""), home=home, nav=[],
        )  # fmt: skip
    except Exception as wrong:
        LOG.exception("error page is broken", error=repr(wrong))
        html = f"<!doctype html><title>{status}</title><h1>{status}</h1>"
    return Response(html, status=status, mimetype="text/html")


_NAMES = {
    400: "bad_request", 404: "not_found", 405: "method_not_allowed", 409: "conflict", 412: "precondition_failed",
    413: "too_large", 415: "unsupported_media_type", 422: "invalid_request", 428: "precondition_required",
    429: "too_many_attempts", 500: "internal_error", 503: "busy",
}  # fmt: skip
#: Pages of these have a text of their own.
_OWN_TEXT = frozenset(_NAMES.values()) | {"forbidden", "csrf_failed"}


def _name(status: int) -> str:
    return _NAMES.get(status, f"http_{status}")
