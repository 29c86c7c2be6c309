"""Who may open a view. A guard leaves its demand on the view, so that tests can compare it with their own table."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts.errors import SignInRequired
from app.kernel.actors import RIGHTS, Permission, Role
from app.kernel.errors import Forbidden
from app.web.context import actor
from app.web.credentials import is_api

V = TypeVar("V", bound=Callable[..., Any])

#: People of HQ, at whatever desk.
EVERYBODY = frozenset(Role) - {Role.SYSTEM}


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that a view lets in."""

    roles: frozenset[Role]


class LoginNeeded(Exception):
    """A stranger knocks at a guarded page; `place` is where to sign in."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def needs(permission: Permission) -> Callable[[V], V]:
    """Let in only roles that hold `permission`; strangers are asked to sign in. The use-case asks for itself again."""
    roles = frozenset(role for role in EVERYBODY if permission in RIGHTS[role])

    def decorate(view: V) -> V:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            _let_in(roles, permission.value)
            return view(*args, **kwargs)

        guarded.__linli_access__ = Access(roles)  # type: ignore[attr-defined]  # a mark of ours on a view
        return guarded  # type: ignore[return-value]  # the view, wrapped

    return decorate


def public(view: V) -> V:
    """Mark a view of a guarded blueprint that strangers may open: the sign-in page."""
    view.__linli_access__ = Access(EVERYBODY)  # type: ignore[attr-defined]  # a mark of ours on a view
    view.__linli_public__ = True  # type: ignore[attr-defined]  # a mark of ours on a view
    return view


def guard_blueprint(blueprint: Blueprint, roles: Collection[Role], login_endpoint: str | None = None) -> None:
    """Let only `roles` into the views of a blueprint, apart from those marked `public`.

    A stranger is sent to `login_endpoint` with the address to come back to; without one the answer is 401.
    """
    allowed = frozenset(roles)
    blueprint.__linli_access__ = Access(allowed)  # type: ignore[attr-defined]  # a mark of ours on a view

    def check() -> ResponseReturnValue | None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "__linli_public__", False):
            _let_in(allowed, blueprint.name, login_endpoint)
        return None

    blueprint.before_request(check)


def _let_in(roles: frozenset[Role], what: str, login_endpoint: str | None = None) -> None:
    who = actor()
    if who.role in roles:
        return
    if who.role is not Role.ANONYMOUS:
        raise Forbidden(permission=what)
    if is_api(request.path) or login_endpoint is None:
        raise SignInRequired
    raise LoginNeeded(url_for(login_endpoint, next=_way_back()))


def _way_back() -> str | None:
    """The page to come back to: for a fragment the page around it, for a form the page that held it."""
    fragment = request.headers.get("HX-Request") is not None
    if request.method == "GET" and not fragment:
        return request.full_path.rstrip("?")
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", "") if fragment else request.referrer or "")
    except ValueError:
        return None
    if page.netloc != request.host:
        return None
    return f"{page.path}?{page.query}" if page.query else page.path
