"""Inputs and results of the accounts room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kernel.actors import Role


class Door(StrEnum):
    """Where a person came in."""

    STOREFRONT = "storefront"
    PORTAL = "portal"
    CONSOLE = "console"
    API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """A new account; residents have no password, leaders and HQ have a login."""

    role: Role
    name: str
    login: str | None = None
    password: str | None = None
    phone: str | None = None
    openid: str | None = None
    locale: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWithPassword:
    login: str
    password: str
    door: Door
    #: Where the attempt comes from, for throttling.
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWithCode:
    """Sign in (or register) a resident by phone and one-time code."""

    phone: str
    code: str
    name: str | None = None
    door: Door = Door.STOREFRONT


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A fresh session; `token` is told once and never stored."""

    token: str
    csrf_token: str
    account_id: UUID
    role: Role
    name: str
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a token belongs to."""

    account_id: UUID
    role: Role
    name: str
    locale: str
    csrf_token: str
    door: Door
    sign_in_id: UUID
    phone: str | None = None
    #: Half of the idle time has gone: whoever serves this person should call `sign_ins.prolong`.
    due_for_renewal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """An account as lists show it."""

    account_id: UUID
    role: Role
    name: str
    login: str | None
    phone: str | None
    locale: str
    is_disabled: bool


class LookKind(StrEnum):
    """How somebody looks at personal data."""

    #: One person's full phone number, on a page.
    PHONE = "phone"
    #: A file with many people's data.
    EXPORT = "export"


class LookReason(StrEnum):
    """Why; chosen from this list, so that the log can be counted."""

    CALL_BACK = "call_back"
    DELIVERY = "delivery"
    CLAIM = "claim"
    RECALL = "recall"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    MOVING_DATA = "moving_data"
    #: Then words are needed.
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPhone:
    """A wish to see one person's full phone number."""

    account_id: UUID
    reason: LookReason
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookCard:
    """One look, as the log shows it."""

    id: UUID
    at: datetime
    by_id: UUID | None
    by_name: str
    kind: LookKind
    whose_id: UUID | None
    whose_name: str | None
    whose_role: Role | None
    people: int
    reason: LookReason
    note: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curious:
    """Somebody who looked at many people within a short time: HQ should ask why."""

    by_id: UUID
    by_name: str
    people: int
    last_at: datetime
