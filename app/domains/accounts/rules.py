"""Pure decisions of the accounts room: phones, logins, passwords, and how long sign-ins live."""

import hashlib
import hmac
import re
import unicodedata
from datetime import datetime, timedelta

from app.domains.accounts.errors import WeakPassword
from app.domains.accounts.values import Door, LookReason
from app.kernel.actors import HQ_ROLES, Permission, Role
from app.kernel.errors import Forbidden, Invalid

MIN_PASSWORD, MAX_PASSWORD = 8, 128
MAX_NAME = 40
CODE_DIGITS, CODE_TRIES, CODE_LIFE = 6, 5, timedelta(minutes=5)

#: Which roles a door lets in; the API serves all of them.
DOOR_ROLES: dict[Door, frozenset[Role]] = {
    Door.STOREFRONT: frozenset({Role.RESIDENT}),
    Door.PORTAL: frozenset({Role.LEADER}),
    Door.CONSOLE: HQ_ROLES,
    Door.API: frozenset({Role.RESIDENT, Role.LEADER}) | HQ_ROLES,
}
#: A sign-in ends after this long without a visit, and in any case after this long. HQ handles other people's data.
LIVES: dict[Door, tuple[timedelta, timedelta]] = {
    Door.STOREFRONT: (timedelta(days=30), timedelta(days=180)),
    Door.PORTAL: (timedelta(days=14), timedelta(days=90)),
    Door.CONSOLE: (timedelta(hours=24), timedelta(days=7)),
    Door.API: (timedelta(days=30), timedelta(days=180)),
}
LOCALES = ("zh", "en")

#: So many full phone numbers may one person see within a window; from MANY_LOOKS on HQ is alarmed.
MOST_LOOKS, MANY_LOOKS, LOOK_WINDOW = 30, 10, timedelta(hours=1)
#: How long an alarm stands.
ALARM_FOR = timedelta(days=1)
MAX_LOOK_NOTE = 200

_MOBILE = r"1[3-9][0-9]{9}"
_PHONE = re.compile(rf"{_MOBILE}|0[1-9][0-9]{{8,10}}|\+(?!86)[1-9][0-9]{{7,14}}")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


def hash_token(token: str) -> str:
    """SHA-256 of a secret of 256 random bits, in hex; no salt is needed for such a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_code(phone: str, code: str) -> str:
    """What is kept of a one-time code."""
    return hashlib.sha256(f"{phone}:{code}".encode()).hexdigest()


def same(kept: str, given: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(kept.encode(), given.encode())


def normal_phone(text: str) -> str:
    """A phone number in its one form: Chinese ones as their digits alone, others as + and country code.

    Full-width digits, spaces, dashes, brackets and every way to write the Chinese country code (+86, 0086, 86) mean
    the same number, so that one phone is one account. The lengths are those of E.164; raises Invalid for the rest.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not _is_between(sign))
    phone = re.sub(r"\A00(?=[1-9])", "+", plain)
    phone = re.sub(rf"\A(?:\+?86)(?={_MOBILE}\Z)", "", phone)
    if not _PHONE.fullmatch(phone):
        raise Invalid(field="phone", reason="not a phone number")
    return phone


def _is_between(sign: str) -> bool:
    """Whether a sign only parts the digits of a number: spaces, dashes, brackets, and what cannot be seen."""
    return sign in "()." or unicodedata.category(sign) in {"Zs", "Pd", "Cf"} or sign in "\t\n\u2212"


def normal_code(text: str) -> str:
    """A one-time code as its six digits, however they were typed; raises Invalid."""
    code = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not _is_between(sign))
    if not re.fullmatch(rf"[0-9]{{{CODE_DIGITS}}}", code):
        raise Invalid(field="code", reason="six digits")
    return code


def normal_login(text: str) -> str:
    """A login in lower case: 2 to 64 of a-z, 0-9 and . _ @ -; raises Invalid."""
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise Invalid(field="login", reason="2 to 64 letters, digits and . _ @ -")
    return login


def normal_name(text: str) -> str:
    """A display name without surrounding or double spaces, 1 to 40 characters; raises Invalid."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise Invalid(field="name", reason="1 to 40 characters")
    return name


def check_locale(text: str) -> str:
    """One of the two languages; raises Invalid."""
    if text not in LOCALES:
        raise Invalid(field="locale", reason="zh or en")
    return text


def check_password(password: str, login: str | None) -> str:
    """A password of 8 to 128 characters that is more than the login or one repeated character; raises WeakPassword."""
    easy = login is not None and login in password.lower() and len(password) < len(login) + 4
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or len(set(password)) < 4 or easy:
        raise WeakPassword(min_length=MIN_PASSWORD)
    return password


def check_manager(manager: Role, managed: Role) -> None:
    """Nobody below the HQ admin makes, changes or signs out accounts of HQ, else any desk could raise itself.

    Raises Forbidden; Invalid for what is no role of a person.
    """
    if managed in {Role.ANONYMOUS, Role.SYSTEM}:
        raise Invalid(field="role", reason="not a role of a person")
    if managed in HQ_ROLES and manager not in {Role.HQ_ADMIN, Role.SYSTEM}:
        raise Forbidden(permission=Permission.ACCOUNTS_MANAGE.value)


def tail(phone: str | None) -> str:
    """What lists show of a phone number: its last four digits; empty without one."""
    return (phone or "")[-4:]


def phone_name(phone: str) -> str:
    """What a resident is called who gave no name: the last four digits of the phone."""
    return f"用户{phone[-4:]}"


def expiry(door: Door, created_at: datetime, now: datetime) -> datetime:
    """When a sign-in ends that is used now and was made at `created_at`."""
    idle, absolute = LIVES[door]
    return min(now + idle, created_at + absolute)


def due_for_renewal(door: Door, created_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """True once half of the idle time has passed and a visit would prolong the sign-in."""
    return expires_at - now < LIVES[door][0] / 2 and expiry(door, created_at, now) > expires_at


def check_look(reason: LookReason, note: str) -> str:
    """Words on why somebody looks, at most 200 characters; needed when no reason of the list fits. Raises Invalid."""
    words = " ".join(note.split())
    if reason is LookReason.OTHER and not words:
        raise Invalid(field="note", reason="say in a few words why")
    if len(words) > MAX_LOOK_NOTE:
        raise Invalid(field="note", reason=f"must have at most {MAX_LOOK_NOTE} characters")
    return words
