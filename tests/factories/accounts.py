"""Builders of accounts, and ways to let a test client come in."""

import itertools
from typing import Any

from flask.testing import FlaskClient

from app.domains.accounts.models import Account, SignIn
from app.domains.accounts.rules import expiry, hash_token
from app.domains.accounts.values import Door
from app.infra.passwords import hash_password
from app.infra.search import search_key
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import HQ_ROLES, Actor, Role
from app.kernel.ids import new_id, new_token
from app.web.credentials import COOKIES

PASSWORD = "correct horse"
#: Hashing costs 20 ms; one hash serves all accounts of a test run.
_HASH = hash_password(PASSWORD)
_NUMBERS = itertools.count(1)


def make_account(uow: UnitOfWork, /, role: Role = Role.RESIDENT, **fields: Any) -> Account:
    """An account; residents get a phone, others a login with PASSWORD."""
    number = next(_NUMBERS)
    known: dict[str, Any] = {"id": new_id(), "role": role, "name": f"{role.value} {number}", "created_at": uow.now}
    if role is Role.RESIDENT:
        known["phone"] = f"139{number:08d}"
    else:
        known |= {"login": f"{role.value}-{number}", "password_hash": _HASH}
    known |= fields
    account = Account(search_key=search_key(known["name"]), **known)
    uow.session.add(account)
    uow.session.flush()
    return account


def make_sign_in(uow: UnitOfWork, account: Account, door: Door, /) -> tuple[str, str]:
    """A session of an account at a door: its token and its CSRF token."""
    token, csrf = new_token(), new_token()
    uow.session.add(
        SignIn(
            account_id=account.id, token_hash=hash_token(token), csrf_token=csrf, door=door, created_at=uow.now,
            expires_at=expiry(door, uow.now, uow.now),
        )
    )  # fmt: skip
    return token, csrf


def door_of_role(role: Role) -> Door:
    """The HTML door that lets a role in."""
    return Door.CONSOLE if role in HQ_ROLES else {Role.LEADER: Door.PORTAL}.get(role, Door.STOREFRONT)


def let_in(client: FlaskClient, database: Database, account: Account) -> str:
    """Give the client the session cookie of `account` at its HTML door; returns the CSRF token for its forms."""
    door = door_of_role(account.role)
    token, csrf = database.transact(Actor.system("test"), make_sign_in, account, door)
    client.set_cookie(COOKIES[door], token)
    return csrf


def bearer(database: Database, account: Account) -> dict[str, str]:
    """Headers with an API token of `account`."""
    token, _ = database.transact(Actor.system("test"), make_sign_in, account, Door.API)
    return {"Authorization": f"Bearer {token}"}


def person_of(account: Account) -> Actor:
    """The actor that an account is to use-cases."""
    return Actor(account.name, account.role, account.id)
