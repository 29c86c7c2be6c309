"""Coming in and going out.

A wrong password or code must be remembered for throttling, so these use-cases *return* the refusal instead of raising
it: the transaction commits the count. Doors call them through `app.web.auth.sign_in`, which raises what was returned.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, or_, select, update

from app.domains.accounts import rules
from app.domains.accounts.errors import WrongCode, WrongCredentials
from app.domains.accounts.models import Account, OneTimeCode, SignIn
from app.domains.accounts.service import throttle
from app.domains.accounts.values import Door, SignedIn, SignInWithCode, SignInWithPassword
from app.infra.passwords import hash_password, is_outdated, verify_password
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id, new_token, random_digits

#: (tries, seconds). Wrong passwords of one login, and of one address; codes asked for by one phone, and by one address.
LOGIN_LIMIT = (10, 900)
ADDRESS_LIMIT = (100, 900)
PHONE_LIMIT = (5, 600)
ASKING_LIMIT = (100, 3600)


def sign_in_with_password(uow: UnitOfWork, wish: SignInWithPassword) -> SignedIn | WrongCredentials:
    """Sign in a leader or somebody of HQ. An unknown login is refused after the same time as a wrong password.

    Returns WrongCredentials, so that the try is counted. Raises TooMany after ten wrong tries of a login, or a
    hundred of an address, within a quarter of an hour.
    """
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    login = wish.login.strip().lower()[:64]
    by_login, by_address = f"login:{login}", f"address:{wish.address}"
    throttle.refuse_if_full(uow, by_login, *LOGIN_LIMIT)
    throttle.refuse_if_full(uow, by_address, *ADDRESS_LIMIT)
    account = uow.session.scalar(select(Account).where(Account.login == login, Account.disabled_at.is_(None)))
    right = verify_password(account.password_hash if account else None, wish.password[: rules.MAX_PASSWORD + 1])
    throttle.count_try(uow, by_login, *LOGIN_LIMIT)
    right = right and account is not None and _still_opens(uow, account, wish.password)
    if not right or account is None or account.role not in rules.DOOR_ROLES[wish.door]:
        throttle.count_try(uow, by_address, *ADDRESS_LIMIT)
        return WrongCredentials()
    throttle.forget(uow, by_login)
    if account.password_hash and is_outdated(account.password_hash):
        account.password_hash = hash_password(wish.password)
    return _signed_in(uow, account, wish.door)


def _still_opens(uow: UnitOfWork, account: Account, password: str) -> bool:
    """Hold the account and look again: it may have got another password, or been closed, while the old one was read.

    Whoever changes it from here on waits, and ends this sign-in with all others.
    """
    seen = account.password_hash
    uow.session.refresh(account, ["password_hash", "disabled_at"], with_for_update={"key_share": True})
    if account.disabled_at is not None:
        return False
    return account.password_hash == seen or verify_password(account.password_hash, password)


def ask_code(uow: UnitOfWork, phone: str, address: str) -> str:
    """Make a six-digit code for a phone, good for five minutes; the caller sends it. Earlier codes stop working.

    Raises Invalid for something that is no phone number, TooMany for a phone or an address that asks too often.
    """
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    phone = rules.normal_phone(phone)
    throttle.count_try(uow, f"code:{phone}", *PHONE_LIMIT)
    throttle.count_try(uow, f"asking:{address}", *ASKING_LIMIT)
    code = random_digits(rules.CODE_DIGITS)
    earlier = update(OneTimeCode).where(OneTimeCode.phone == phone, OneTimeCode.used_at.is_(None))
    uow.session.execute(earlier.values(used_at=uow.now))
    kept = rules.hash_code(phone, code)
    uow.session.add(OneTimeCode(phone=phone, code_hash=kept, created_at=uow.now, expires_at=uow.now + rules.CODE_LIFE))
    return code


def sign_in_with_code(uow: UnitOfWork, wish: SignInWithCode) -> SignedIn | WrongCode:
    """Sign in the resident of a phone with the code that was sent there; a new phone becomes a new account.

    Returns WrongCode, so that the try is counted: a code allows five. Raises Invalid, which costs no try, for a
    code that is not six digits.
    """
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    phone, typed = rules.normal_phone(wish.phone), rules.normal_code(wish.code)
    code = uow.session.scalar(
        select(OneTimeCode)
        .where(OneTimeCode.phone == phone, OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > uow.now)
        .order_by(OneTimeCode.created_at.desc(), OneTimeCode.id.desc())
        .limit(1)
        .with_for_update()
    )
    if code is None or code.tries >= rules.CODE_TRIES:
        return WrongCode(tries_left=0)
    code.tries += 1
    if not rules.same(code.code_hash, rules.hash_code(phone, typed)):
        return WrongCode(tries_left=rules.CODE_TRIES - code.tries)
    account = uow.session.scalar(_held().filter_by(role=Role.RESIDENT, phone=phone))
    if account is not None and account.disabled_at is not None:
        return WrongCode(tries_left=0)
    code.used_at = uow.now
    throttle.forget(uow, f"code:{phone}")
    name = wish.name or rules.phone_name(phone)
    fresh = account is None
    return _signed_in(uow, account or _register(uow, name, phone=phone), wish.door, is_new=fresh)


def sign_in_with_openid(uow: UnitOfWork, openid: str, name: str | None = None) -> SignedIn:
    """Sign in (or register) the resident whom the mini-program's platform has just vouched for. Raises Forbidden."""
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    account = uow.session.scalar(_held().filter_by(openid=openid))
    if account is not None and (account.disabled_at is not None or account.role is not Role.RESIDENT):
        raise Forbidden(permission=Permission.ACCOUNTS_SIGN_IN.value)
    fresh = account is None
    account = account or _register(uow, name or "微信用户", openid=openid)
    return _signed_in(uow, account, Door.API, is_new=fresh)


def _held() -> Select[Account]:
    """Accounts, held: one that is being closed is closed already, or ends this sign-in with all others."""
    return select(Account).with_for_update(key_share=True)


def prolong(uow: UnitOfWork, sign_in_id: UUID) -> None:
    """Let the actor's own sign-in live on because it is in use, up to its absolute end."""
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    kept = uow.session.scalar(select(SignIn).filter_by(id=sign_in_id, account_id=uow.actor.id, revoked_at=None))
    if kept is not None:
        kept.expires_at = rules.expiry(kept.door, kept.created_at, uow.now)


def sign_out(uow: UnitOfWork, sign_in_id: UUID) -> None:
    """End one of the actor's own sign-ins at once. May be repeated; a foreign one is left alone."""
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    own = update(SignIn).where(SignIn.id == sign_in_id, SignIn.account_id == uow.actor.id, SignIn.revoked_at.is_(None))
    uow.session.execute(own.values(revoked_at=uow.now))


def sign_out_everywhere(uow: UnitOfWork, account_id: UUID) -> int:
    """End all sign-ins of an account: one's own, or one that the actor manages; returns how many ended.

    Raises NotFound; Forbidden for an account of HQ, unless by the admin.
    """
    if account_id == uow.actor.id:
        uow.require(Permission.ACCOUNTS_SIGN_IN)
    else:
        uow.require(Permission.ACCOUNTS_MANAGE)
        role = uow.session.scalar(select(Account.role).where(Account.id == account_id))
        if role is None:
            raise NotFound(what="account")
        rules.check_manager(uow.actor.role, role)
    live = update(SignIn).where(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
    ended = len(uow.session.execute(live.values(revoked_at=uow.now).returning(SignIn.id)).all())
    if ended:
        uow.audit("accounts.sign_out_everywhere", account_id, None, {"ended": ended})
    return ended


def clear_ended(uow: UnitOfWork, before: datetime) -> int:
    """Delete sign-ins and codes that ended before an instant; returns how many. For the nightly tidy-up."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    sign_ins = delete(SignIn).where(or_(SignIn.expires_at < before, SignIn.revoked_at < before)).returning(SignIn.id)
    codes = delete(OneTimeCode).where(OneTimeCode.expires_at < before).returning(OneTimeCode.id)
    return len(uow.session.execute(sign_ins).all()) + len(uow.session.execute(codes).all())


def _register(uow: UnitOfWork, name: str, *, phone: str | None = None, openid: str | None = None) -> Account:
    name = rules.normal_name(name)
    account = Account(
        id=new_id(), role=Role.RESIDENT, name=name, search_key=search_key(name), phone=phone, openid=openid,
        created_at=uow.now,
    )  # fmt: skip
    uow.session.add(account)
    uow.session.flush()
    uow.audit("accounts.open", account.id, None, {"role": Role.RESIDENT.value, "name": account.name, "login": None})
    return account


def _signed_in(uow: UnitOfWork, account: Account, door: Door, *, is_new: bool = False) -> SignedIn:
    """A session with fresh secrets: what the browser held before signing in is worth nothing afterwards."""
    token, csrf_token = new_token(), new_token()
    uow.session.add(
        SignIn(
            account_id=account.id, token_hash=rules.hash_token(token), csrf_token=csrf_token, door=door,
            created_at=uow.now, expires_at=rules.expiry(door, uow.now, uow.now),
        )
    )  # fmt: skip
    return SignedIn(
        token=token, csrf_token=csrf_token, account_id=account.id, role=account.role, name=account.name, is_new=is_new
    )
