"""Coming in, going out, and who one is."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import get_locale

from app.api.schemas.accounts import (
    AskCodeIn,
    CodeAskedOut,
    LocaleIn,
    LocaleOut,
    MeOut,
    SignedInOut,
    SignInCodeIn,
    SignInPasswordIn,
    SignInPhoneIn,
)
from app.api.schemas.communities import ChooseHomeIn, HomeOut
from app.api.wire import PEOPLE, ApiBlueprint, client_address
from app.domains.accounts.errors import (
    CodesNotSent,
    WechatCodeRefused,
    WechatUnreachable,
    WrongCode,
    WrongCredentials,
)
from app.domains.accounts.gateways.wechat import WechatGateway
from app.domains.accounts.rules import CODE_LIFE
from app.domains.accounts.service import accounts, sign_ins
from app.domains.accounts.values import Door, Person, SignedIn, SignInWithCode, SignInWithPassword
from app.domains.communities import queries as communities
from app.domains.communities.errors import NobodyInReach, NobodyServes, PointFull
from app.domains.communities.service import homes
from app.domains.communities.values import ChooseHome, Home
from app.domains.notifications import queries as notifications
from app.kernel.actors import Role
from app.kernel.errors import Forbidden, Invalid, NotFound, TooMany
from app.web.auth import sign_in
from app.web.context import forget_person, person, read, services, transact

strangers = ApiBlueprint("sign_in", "Sign in", "/sign-in")
people = ApiBlueprint("people", "Me", roles=PEOPLE)
residents = ApiBlueprint("residents", "Me", roles={Role.RESIDENT})


@strangers.post("/code")
@strangers.gives(SignedInOut, refuses=(WechatCodeRefused, WechatUnreachable, Forbidden, Invalid))
@strangers.takes(SignInCodeIn)
def by_code(asked: dict[str, Any]) -> SignedIn:
    """Sign in with the mini-program's login code; a newcomer gets an account."""
    wechat: WechatGateway = current_app.extensions["linli-wechat"]
    openid = wechat.openid_of(asked["code"])
    return transact(sign_ins.sign_in_with_openid, openid, asked["name"])


@strangers.post("/phone/ask")
@strangers.gives(CodeAskedOut, refuses=(CodesNotSent, TooMany, Invalid))
@strangers.takes(AskCodeIn)
def ask_code(asked: dict[str, Any]) -> dict[str, Any]:
    """Have a six-digit code sent to a phone; earlier codes stop working."""
    sms, shown = current_app.extensions.get("linli-sms"), services().settings.mode in {"demo", "test"}
    if sms is None and not shown:
        raise CodesNotSent
    code = transact(sign_ins.ask_code, asked["phone"], client_address())
    if sms is not None:
        sms.send_code(asked["phone"], code, str(get_locale() or "zh"))
    return {"valid_s": int(CODE_LIFE.total_seconds()), "demo_code": code if shown else None}


@strangers.post("/phone")
@strangers.gives(SignedInOut, refuses=(WrongCode, Invalid))
@strangers.takes(SignInPhoneIn)
def by_phone(asked: dict[str, Any]) -> SignedIn:
    """Sign in with the code that was sent to a phone; a new phone gets an account."""
    return sign_in(sign_ins.sign_in_with_code, SignInWithCode(door=Door.API, **asked))


@strangers.post("/password")
@strangers.gives(SignedInOut, refuses=(WrongCredentials, TooMany))
@strangers.takes(SignInPasswordIn)
def by_password(asked: dict[str, Any]) -> SignedIn:
    """Sign in a leader or somebody of HQ."""
    wish = SignInWithPassword(door=Door.API, address=client_address(), **asked)
    return sign_in(sign_ins.sign_in_with_password, wish)


@people.post("/sign-out")
@people.gives_nothing()
def sign_out() -> None:
    """End this sign-in at once; the token is worth nothing afterwards."""
    transact(sign_ins.sign_out, me().sign_in_id)
    forget_person()


@people.get("/me")
@people.gives(MeOut)
def show_me() -> dict[str, Any]:
    """Who the token belongs to; residents also see where they pick up."""
    who = me()
    found = read(_about, who.account_id)
    return found | {
        "account_id": who.account_id, "role": who.role, "name": who.name, "locale": who.locale,
        "phone_tail": who.phone[-4:] if who.phone else None,
    }  # fmt: skip


@people.put("/me/locale")
@people.gives(LocaleOut)
@people.takes(LocaleIn)
def set_locale(asked: dict[str, Any]) -> dict[str, Any]:
    """Remember the account's language, for messages to her and for requests that name none."""
    transact(accounts.set_locale, asked["locale"])
    return asked


@residents.put("/me/home")
@residents.gives(HomeOut, refuses=(NotFound, NobodyInReach, PointFull, NobodyServes, Invalid))
@residents.takes(ChooseHomeIn)
def choose_home(wish: ChooseHome) -> dict[str, Any]:
    """Say where one lives, by location, leader's link or choice; the answer says why that pickup point."""
    home = transact(homes.choose_home, wish)
    return read(home_page, home)


def me() -> Person:
    """The signed-in person; only for routes behind a guard."""
    who = person()
    if who is None:
        raise RuntimeError("this route has no guard")
    return who


def home_page(session: Any, home: Home) -> dict[str, Any]:
    """A home with its pickup point."""
    fields = {name: getattr(home, name) for name in Home.__dataclass_fields__}
    return fields | {"pickup_point": communities.get_place(session, home.pickup_point_id)}


def _about(session: Any, account_id: UUID) -> dict[str, Any]:
    home = communities.home_of(session, account_id)
    return {
        "home": home_page(session, home) if home else None,
        "unread": notifications.unread(session, account_id),
    }
