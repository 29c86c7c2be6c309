"""Language and size of type: cookies for everybody, and the account's own language."""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, has_request_context, redirect, request
from flask_babel import Babel, Domain, get_locale

from app.domains.accounts.rules import LOCALES
from app.domains.accounts.service import accounts
from app.domains.accounts.values import Door
from app.web.context import person, services, transact
from app.web.credentials import bearer_of, cookie_of, door_of, is_api
from app.web.words import catalogue

ROOT = Path(__file__).resolve().parents[2]
#: Where compiled catalogues lie; a door without one is passed over.
CATALOGUES = tuple(
    str(ROOT / place / "translations")
    for place in ("app/web", "storefront", "leader_portal", "hq_console", "supplier_door")
)
YEAR_S = 365 * 86_400

blueprint = Blueprint("preferences", __name__)


def choose_locale() -> str:
    """The cookie's language, else (API) Accept-Language, else the account's, else Chinese; commands speak English.

    Only our pages have the cookie. The header of an API request is said by the client itself, an account's language
    may be no more than the default: so the header wins.
    """
    if not has_request_context():
        return "en"
    cookie = request.cookies.get("locale")
    if cookie in LOCALES:
        return cookie
    asked = request.accept_languages.best_match(LOCALES) if is_api(request.path) else None
    if asked is not None:
        return asked
    if "person" in g or cookie_of(request) or bearer_of(request):
        who = person()
        if who is not None and who.locale in LOCALES:
            return who.locale
    return "zh"


def safe_next(place: str | None, otherwise: str = "/") -> str:
    """A path of this very site to go back to; anything else becomes `otherwise`."""
    if not place or not place.startswith("/") or place.startswith(("//", "/\\")) or not place.isprintable():
        return otherwise
    parts = urlsplit(place)
    return otherwise if parts.scheme or parts.netloc else place


@blueprint.post("/locale")
def set_locale() -> Response:
    """Switch the language; a signed-in person's account remembers it."""
    response = _back()
    locale = request.form.get("locale", "")
    if locale in LOCALES:
        response.set_cookie("locale", locale, max_age=YEAR_S, samesite="Lax", secure=services().settings.secure_cookies)
        if person() is not None:
            transact(accounts.set_locale, locale)
    return response


@blueprint.post("/size")
def set_size() -> Response:
    """Switch large type on or off."""
    response = _back()
    size = "large" if request.form.get("size") == "large" else "normal"
    response.set_cookie("size", size, max_age=YEAR_S, samesite="Lax", secure=services().settings.secure_cookies)
    return response


def _back() -> Response:
    answer = redirect(safe_next(request.form.get("next")), 303)
    return Response(answer.get_data(), answer.status_code, answer.headers)


def _translate_fast(app: Flask) -> None:
    """Let templates find their catalogue with one look-up a sentence; a page holds a hundred of them."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of the i18n extension
        gettext=lambda s: catalogue().ugettext(s),
        ngettext=lambda s, p, n: catalogue().ungettext(s, p, n),
        pgettext=lambda c, s: catalogue().upgettext(c, s),
        npgettext=lambda c, s, p, n: catalogue().unpgettext(c, s, p, n),
        newstyle=True,
    )


def _own_words_first(app: Flask) -> None:
    """Let a door's own catalogue win over those of the others: the same English word may be another thing there."""
    places = {Door.STOREFRONT: "storefront", Door.PORTAL: "leader_portal", Door.CONSOLE: "hq_console"}
    present = [place for place in CATALOGUES if Path(place).is_dir()]
    domains = {
        door: Domain([*(p for p in present if f"/{own}/" not in p), *(p for p in present if f"/{own}/" in p)])
        for door, own in places.items()
    }

    def choose() -> None:
        domains.get(door_of(request.path), domains[Door.STOREFRONT]).as_default()

    app.before_request(choose)


def register(app: Flask) -> None:
    """Set up translations and the two switches."""
    present = [place for place in CATALOGUES if Path(place).is_dir()]
    Babel(
        app,
        default_locale="zh",
        default_translation_directories=";".join(present),
        default_timezone="Asia/Shanghai",
        locale_selector=choose_locale,
    )
    _own_words_first(app)
    _translate_fast(app)
    app.jinja_env.globals["get_locale"] = get_locale
    app.register_blueprint(blueprint)
