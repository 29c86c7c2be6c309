"""Opening, changing and closing accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CollectionAggregate, Text, any_, literal, or_, select, update

from app.domains.accounts import rules
from app.domains.accounts.errors import LoginTaken, PhoneTaken, WrongCredentials
from app.domains.accounts.models import Account, SignIn
from app.domains.accounts.service import throttle
from app.domains.accounts.values import OpenAccount
from app.infra.bulk import insert_rows
from app.infra.passwords import hash_password, verify_password
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.kernel.actors import HQ_ROLES, Permission, Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id

#: Wrong old passwords of one account, and seconds.
OLD_PASSWORD_LIMIT = (10, 900)


def open_account(uow: UnitOfWork, wish: OpenAccount) -> UUID:
    """Open an account and return its id. Only an HQ admin (or a program) opens accounts of HQ.

    Raises LoginTaken, PhoneTaken, WeakPassword, Invalid.
    """
    uow.require(Permission.ACCOUNTS_MANAGE)
    return open_accounts(uow, [wish])[0]


def open_accounts(uow: UnitOfWork, wishes: Sequence[OpenAccount]) -> list[UUID]:
    """Open many accounts with a handful of statements whatever their number; ids come back in the same order.

    All or none. Raises LoginTaken, PhoneTaken, WeakPassword, Invalid.
    """
    uow.require(Permission.ACCOUNTS_MANAGE)
    for role in {wish.role for wish in wishes}:
        rules.check_manager(uow.actor.role, role)
    rows = [_row(uow, wish) for wish in wishes]
    _refuse_twins(uow, rows)
    insert_rows(uow.session, Account, rows)
    uow.audit_many(
        "accounts.open",
        [(row["id"], None, {"role": row["role"].value, "name": row["name"], "login": row["login"]}) for row in rows],
    )
    return [row["id"] for row in rows]


def set_password(uow: UnitOfWork, account_id: UUID, password: str) -> None:
    """Give an account a new password and end all its sign-ins. Raises NotFound, WeakPassword, Forbidden."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    account = _locked(uow, account_id)
    rules.check_manager(uow.actor.role, account.role)
    _store_password(uow, account, password)


def change_password(uow: UnitOfWork, old: str, new: str) -> WrongCredentials | None:
    """Let the signed-in person choose a new password; ends all sign-ins.

    Returns WrongCredentials, so that the try is counted. Raises TooMany, WeakPassword.
    """
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    account = _locked(uow, uow.actor.id)
    throttle.count_try(uow, f"old-password:{account.id}", *OLD_PASSWORD_LIMIT)
    if not verify_password(account.password_hash, old):
        return WrongCredentials()
    throttle.forget(uow, f"old-password:{account.id}")
    _store_password(uow, account, new)
    return None


def change_role(uow: UnitOfWork, account_id: UUID, role: Role) -> None:
    """Move an HQ account to another desk; its sign-ins end. Residents and leaders never change role."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    account = _locked(uow, account_id)
    rules.check_manager(uow.actor.role, account.role)
    rules.check_manager(uow.actor.role, role)
    if account.role not in HQ_ROLES or role not in HQ_ROLES:
        raise Invalid(field="role", reason="only HQ accounts change their role")
    before, account.role = account.role, role
    _revoke(uow, account_id)
    uow.audit("accounts.change_role", account_id, {"role": before.value}, {"role": role.value})


def set_locale(uow: UnitOfWork, locale: str) -> None:
    """Remember the language that the signed-in person chose. Raises Invalid."""
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    rules.check_locale(locale)
    uow.session.execute(update(Account).where(Account.id == uow.actor.id).values(locale=locale))


def disable(uow: UnitOfWork, account_id: UUID) -> None:
    """Lock a person out: no new sign-in, and the present ones end at once. May be repeated. Raises NotFound."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    account = _locked(uow, account_id)
    rules.check_manager(uow.actor.role, account.role)
    if account.disabled_at is None:
        account.disabled_at = uow.now
        uow.audit("accounts.disable", account_id, {"disabled": False}, {"disabled": True})
    _revoke(uow, account_id)


def enable(uow: UnitOfWork, account_id: UUID) -> None:
    """Let a disabled person in again. May be repeated. Raises NotFound."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    account = _locked(uow, account_id)
    rules.check_manager(uow.actor.role, account.role)
    if account.disabled_at is not None:
        account.disabled_at = None
        uow.audit("accounts.enable", account_id, {"disabled": True}, {"disabled": False})


def _row(uow: UnitOfWork, wish: OpenAccount) -> dict[str, Any]:
    login = rules.normal_login(wish.login) if wish.login is not None else None
    password = rules.check_password(wish.password, login) if wish.password is not None else None
    name = rules.normal_name(wish.name)
    return {
        "id": new_id(),
        "role": wish.role,
        "name": name,
        "search_key": search_key(name),
        "login": login,
        "password_hash": hash_password(password) if password is not None else None,
        "phone": rules.normal_phone(wish.phone) if wish.phone is not None else None,
        "openid": wish.openid,
        "locale": rules.check_locale(wish.locale),
        "created_at": uow.now,
        "disabled_at": None,
    }


def _refuse_twins(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    logins = [row["login"] for row in rows if row["login"] is not None]
    phones = [(row["role"], row["phone"]) for row in rows if row["phone"] is not None]
    taken = uow.session.execute(
        select(Account.login, Account.role, Account.phone).where(
            or_(Account.login == _any(logins), Account.phone == _any([phone for _, phone in phones]))
        )
    ).all()
    seen_logins, seen_phones = {login for login, _, _ in taken}, {(role, phone) for _, role, phone in taken}
    for login in logins:
        if login in seen_logins:
            raise LoginTaken(login=login)
        seen_logins.add(login)
    for key in phones:
        if key in seen_phones:
            raise PhoneTaken
        seen_phones.add(key)


def _any(texts: list[str]) -> CollectionAggregate[Any]:
    """One of these, however many: they travel as one parameter."""
    return any_(literal(texts, ARRAY(Text)))


def _locked(uow: UnitOfWork, account_id: UUID | None) -> Account:
    account = uow.session.get(Account, account_id, with_for_update=True) if account_id else None
    if account is None:
        raise NotFound(what="account")
    return account


def _store_password(uow: UnitOfWork, account: Account, password: str) -> None:
    account.password_hash = hash_password(rules.check_password(password, account.login))
    _revoke(uow, account.id)
    uow.audit("accounts.set_password", account.id, None, None)


def _revoke(uow: UnitOfWork, account_id: UUID) -> None:
    live = update(SignIn).where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
    uow.session.execute(live.values(revoked_at=uow.now))
