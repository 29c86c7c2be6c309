"""One's own account at an HTML door: a new password, and an end to all sessions. Both end in signing in anew."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries, rules
from app.domains.accounts.errors import WeakPassword
from app.domains.accounts.service import accounts, sign_ins
from app.domains.accounts.values import Door
from app.kernel.errors import DomainError
from app.web import auth
from app.web.context import actor_id, read, transact
from app.web.say import say
from app.web.words import gettext as _


def _try_change(old: str, new: str, again: str) -> tuple[dict[str, str], int]:
    """Take the new password; faults by field with the status of the answer, none when it is taken."""
    if new != again:
        return {"again": _("The two new passwords differ.")}, 422
    try:
        refusal = transact(accounts.change_password, old, new)
    except DomainError as raised:
        return {"new" if isinstance(raised, WeakPassword) else "old": say(raised)}, raised.status
    return ({"old": _("This is not your present password.")} if refusal is not None else {}), 422


def register(blueprint: Blueprint, door: Door, base: str) -> None:
    """Give a door the page `own_account` with its two forms; `base` is the template around it."""

    def page(errors: dict[str, str]) -> str:
        return render_template(
            "ui/own_account.html", base=base, mine=read(queries.get_account, actor_id()), errors=errors,
            least=rules.MIN_PASSWORD, door=blueprint.name,
        )  # fmt: skip

    def gone(told: str) -> Response:
        flash(told, "success")
        return auth.leave(make_response(redirect(url_for(f"{blueprint.name}.sign_in"), 303)), door)

    @blueprint.get("/account")
    def own_account() -> ResponseReturnValue:
        """Who is signed in, and the two forms."""
        return page({})

    @blueprint.post("/account/password")
    def change_password() -> ResponseReturnValue:
        """Take a new password for the old one; faults stand beside their fields."""
        old, new, again = (request.form.get(name, "")[:200] for name in ("old", "new", "again"))
        faults, status = _try_change(old, new, again)
        if faults:
            return page(faults), status
        return gone(_("Your password is changed. Please sign in with it."))

    @blueprint.post("/account/sign-out-everywhere")
    def sign_out_everywhere() -> ResponseReturnValue:
        """End all sessions of this account, on every device."""
        transact(sign_ins.sign_out_everywhere, actor_id())
        return gone(_("You are signed out on every device."))
