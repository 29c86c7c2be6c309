"""Which secret a request carries: a bearer token under /api, else the cookie of the door that it knocks at.

Every door has a cookie of its own, so one browser may be a resident, a leader and a desk of HQ at once.
"""

from flask import Request
from werkzeug.wrappers import Response

from app.domains.accounts.values import Door
from app.infra.settings import Settings

COOKIES = {
    Door.STOREFRONT: "linli_session",
    Door.PORTAL: "linli_session_leader",
    Door.CONSOLE: "linli_session_hq",
}
#: First path segments, after /api/v1 when it is there, that belong to a door; everything else is the storefront's.
_PLACES = {"leader": Door.PORTAL, "hq": Door.CONSOLE}
#: Routes that serve all doors are sent from a page of one of them; the form says from which.
SHARED = frozenset({"/locale", "/size"})


def is_api(path: str) -> bool:
    """Whether answers here are JSON."""
    return path.startswith("/api/")


def door_of(path: str) -> Door:
    """The HTML door whose cookie counts for a path."""
    first = path.removeprefix("/api").removeprefix("/v1").lstrip("/").partition("/")[0]
    return _PLACES.get(first, Door.STOREFRONT)


def door_of_request(request: Request) -> Door:
    """As `door_of`; for a shared route the door of the page that it was sent from."""
    return door_of(request.form.get("next", "/") if request.path in SHARED else request.path)


def bearer_of(request: Request) -> str | None:
    """The token of an Authorization header; cookies count for nothing when there is one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and is_api(request.path) else None


def cookie_of(request: Request) -> str | None:
    """The session cookie of the door, unless the request carries a bearer token."""
    return None if bearer_of(request) is not None else request.cookies.get(COOKIES[door_of_request(request)]) or None


def keep(response: Response, door: Door, token: str, settings: Settings) -> None:
    """Give the browser the secret; scripts cannot read it. The server decides when it ends."""
    response.set_cookie(
        COOKIES[door], token, max_age=180 * 86_400, httponly=True, samesite="Lax", secure=settings.secure_cookies
    )


def drop(response: Response, door: Door, settings: Settings) -> None:
    """Take the secret back."""
    response.delete_cookie(COOKIES[door], httponly=True, samesite="Lax", secure=settings.secure_cookies)
