"""Signing in by phone and one-time code; a new phone becomes a new account. And signing out."""

from flask import Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.domains.accounts import rules
from app.domains.accounts.errors import WrongCode
from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignInWithCode
from app.domains.communities import queries as communities
from app.kernel.actors import Actor, Role
from app.kernel.errors import Invalid, TooMany
from app.web import auth
from app.web.context import read, services, transact
from app.web.locale import safe_next
from app.web.say import say
from storefront import sms, visit
from storefront.doors import mine, resident, shop
from storefront.views.places import settle
from storefront.words import gettext as _

_KEY = "sign_in"


@shop.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask for the phone number."""
    if resident():
        return redirect(_next(), 303)
    return _phone_page("")


@shop.post("/sign-in")
def ask() -> ResponseReturnValue:
    """Make a code and send it; the demo shows it instead."""
    phone = request.form.get("phone", "").strip()[:30]
    shown, gateway = sms.shows_codes(), sms.gateway()
    if not shown and gateway is None:
        return _phone_page(phone, _("Text messages are not set up here yet, so no code can be sent.")), 503
    try:
        code = transact(sign_ins.ask_code, phone, request.remote_addr or "unknown")
        if gateway:
            gateway.send_code(rules.normal_phone(phone), code, str(get_locale()))
    except Invalid:
        return _phone_page(phone, _("This is not a phone number. Please check the digits.")), 422
    except TooMany as refusal:
        return _phone_page(phone, say(refusal)), refusal.status
    except sms.SmsFailed:
        return _phone_page(phone, _("The message could not be sent. Please try again in a moment.")), 503
    session[_KEY] = {"phone": rules.normal_phone(phone), "code": code if shown else None}
    return redirect(url_for("shop.code", next=_next()), 303)


@shop.get("/sign-in/code")
def code() -> ResponseReturnValue:
    """Ask for the code."""
    return _code_page() if _KEY in session else _phone_page("")


@shop.post("/sign-in/code")
def enter() -> ResponseReturnValue:
    """Compare the code and let her in; a remembered pickup point becomes the newcomer's home."""
    asked = session.get(_KEY)
    if asked is None:
        return _phone_page("", _("Please ask for a code first.")), 422
    typed = request.form.get("code", "").strip()[:12]
    try:
        signed = auth.sign_in(sign_ins.sign_in_with_code, SignInWithCode(phone=asked["phone"], code=typed))
    except WrongCode as refusal:
        text = say(refusal) if refusal.tries_left else _("This code does not work any more. Please ask for a new one.")
        return _code_page(typed, text), refusal.status
    except Invalid:
        return _code_page(typed, _("The code has six digits.")), 422
    session.pop(_KEY, None)
    place, wish = _next(), visit.remembered().wish
    settled = read(communities.home_of, signed.account_id) is not None
    if wish and not settled:
        who = Actor(signed.name, Role.RESIDENT, signed.account_id)
        settled = settle(lambda use_case, *args: services().database.transact(who, use_case, *args), wish)
    if not settled and not place.startswith("/apply"):  # who wants to lead may live where nobody serves yet
        place = url_for("shop.places", next=place)
    elif settled and not wish:
        flash(_("Welcome, %(name)s.", name=signed.name), "success")
    response: Response = auth.enter(make_response(redirect(place, 303)), signed, Door.STOREFRONT)
    return response


@mine.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session at once; the basket stays in the browser."""
    visit.forget()
    return auth.leave(make_response(redirect(url_for("shop.home"), 303)), Door.STOREFRONT)


def _next() -> str:
    return safe_next(request.values.get("next"))


def _phone_page(phone: str, error: str = "") -> str:
    return render_template("storefront/sign_in.html", phone=phone, error=error, next=_next())


def _code_page(typed: str = "", error: str = "") -> str:
    return render_template(
        "storefront/code.html", phone=session[_KEY]["phone"], shown=session[_KEY]["code"], typed=typed, error=error,
        next=_next(),
    )  # fmt: skip
