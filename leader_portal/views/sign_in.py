"""Signing in with login and password, and out."""

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignInWithPassword
from app.kernel.errors import DomainError
from app.web import auth
from app.web.context import person
from app.web.guards import public
from app.web.locale import safe_next
from app.web.say import say
from leader_portal.doors import leader


@leader.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask for login and password."""
    return redirect(url_for("leader.today"), 303) if person() else _page("", "")


@leader.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Compare them and let the leader in; the typed login stays. Too many tries have to wait."""
    login = request.form.get("login", "").strip()[:60]
    wish = SignInWithPassword(
        login=login, password=request.form.get("password", "")[:200], door=Door.PORTAL,
        address=request.remote_addr or "unknown",
    )  # fmt: skip
    try:
        signed = auth.sign_in(sign_ins.sign_in_with_password, wish)
    except DomainError as refusal:
        return _page(login, say(refusal)), refusal.status
    there = safe_next(request.args.get("next"), url_for("leader.today"))
    response: Response = auth.enter(make_response(redirect(there, 303)), signed, Door.PORTAL)
    return response


@leader.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    return auth.leave(make_response(redirect(url_for("leader.sign_in"), 303)), Door.PORTAL)


def _page(login: str, error: str) -> str:
    return render_template("leader_portal/sign_in.html", login=login, error=error)
