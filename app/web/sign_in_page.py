"""Signing in with login and password at the doors of leaders and of HQ, and out."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignInWithPassword
from app.kernel.errors import DomainError
from app.web import auth
from app.web.context import person
from app.web.guards import public
from app.web.locale import safe_next
from app.web.say import say


def register(blueprint: Blueprint, door: Door, home: str, template: str) -> None:
    """Give a door the pages `sign_in`, `enter` and `sign_out`; `home` is the endpoint behind it."""

    def page(login: str, error: str) -> str:
        return render_template(template, login=login, error=error)

    @blueprint.get("/sign-in")
    @public
    def sign_in() -> ResponseReturnValue:
        """Ask for login and password."""
        return redirect(url_for(home), 303) if person() else page("", "")

    @blueprint.post("/sign-in")
    @public
    def enter() -> ResponseReturnValue:
        """Compare them and let the person in; the typed login stays. Too many tries have to wait."""
        login = request.form.get("login", "").strip()[:60]
        wish = SignInWithPassword(
            login=login, password=request.form.get("password", "")[:200], door=door,
            address=request.remote_addr or "unknown",
        )  # fmt: skip
        try:
            signed = auth.sign_in(sign_ins.sign_in_with_password, wish)
        except DomainError as refusal:
            return page(login, say(refusal)), refusal.status
        there = safe_next(request.args.get("next"), url_for(home))
        return auth.enter(make_response(redirect(there, 303)), signed, door)

    @blueprint.post("/sign-out")
    def sign_out() -> Response:
        """End this session."""
        return auth.leave(make_response(redirect(url_for(f"{blueprint.name}.sign_in"), 303)), door)
