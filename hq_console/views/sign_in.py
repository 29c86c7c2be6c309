"""Signing in at a desk with login and password, and out."""

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignInWithPassword
from app.kernel.errors import DomainError, TooMany
from app.web import auth
from app.web.context import person
from app.web.guards import public
from app.web.locale import safe_next
from app.web.say import say
from hq_console.doors import hq


@hq.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask for login and password."""
    return redirect(url_for("hq.home"), 303) if person() else _page("", None)


@hq.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Compare them and let the person in; what was typed stays."""
    login = request.form.get("login", "").strip()[:60]
    wish = SignInWithPassword(
        login=login, password=request.form.get("password", "")[:200], door=Door.CONSOLE,
        address=request.remote_addr or "unknown",
    )  # fmt: skip
    try:
        signed = auth.sign_in(sign_ins.sign_in_with_password, wish)
    except DomainError as refusal:
        return _page(login, say(refusal)), 429 if isinstance(refusal, TooMany) else 422
    there = safe_next(request.args.get("next"), url_for("hq.home"))
    return auth.enter(make_response(redirect(there, 303)), signed, Door.CONSOLE)


@hq.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    return auth.leave(make_response(redirect(url_for("hq.sign_in"), 303)), Door.CONSOLE)


def _page(login: str, error: str | None) -> str:
    return render_template("hq_console/sign_in.html", login=login, error=error)
