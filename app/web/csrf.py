"""Forms that no other site can send: every unsafe request that a cookie vouches for carries a secret of its page.

Signed-in people: the secret of their sign-in. Strangers: a cookie that the form repeats (double submit). Requests with
a bearer token, and API requests without any cookie of ours, need none: no browser adds those by itself.
"""

from dataclasses import dataclass
from typing import ClassVar

from flask import Flask, Response, g, request

from app.domains.accounts.rules import same
from app.kernel.errors import Forbidden
from app.kernel.ids import new_token
from app.web.context import person, services
from app.web.credentials import cookie_of, is_api

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
COOKIE = "linli_csrf"


@dataclass(eq=False)
class CsrfFailed(Forbidden):
    """The form is too old, or was not made by us; reload the page and send it again."""

    code: ClassVar[str] = "csrf_failed"


def csrf_token() -> str:
    """The secret for this visitor's forms; a stranger gets a cookie with it, and no statement is run."""
    who = person() if cookie_of(request) else None
    if who is not None:
        return who.csrf_token
    if "csrf" not in g:
        g.csrf = request.cookies.get(_cookie_name()) or new_token()
    token: str = g.csrf
    return token


def register(app: Flask) -> None:
    """Check every request, and hand out the strangers' cookie."""
    app.before_request(_check)
    app.after_request(_keep_cookie)
    app.jinja_env.globals["csrf_token"] = csrf_token


def _check() -> None:
    if request.method in SAFE or request.routing_exception is not None:
        return
    if is_api(request.path) and not cookie_of(request):
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise CsrfFailed
    given = request.headers.get("X-CSRFToken") or request.form.get("csrf_token", "")
    who = person() if cookie_of(request) else None
    wanted = who.csrf_token if who else request.cookies.get(_cookie_name(), "")
    if not wanted or not same(wanted, given):
        raise CsrfFailed


def _keep_cookie(response: Response) -> Response:
    token = g.get("csrf")
    if token and request.cookies.get(_cookie_name()) != token:
        secure = services().settings.secure_cookies
        response.set_cookie(_cookie_name(), token, httponly=True, samesite="Lax", secure=secure)
    return response


def _cookie_name() -> str:
    """Over TLS the name itself forbids other hosts of the domain to set it."""
    return f"__Host-{COOKIE}" if services().settings.secure_cookies else COOKIE
