"""Reads of the accounts room; nothing here writes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, func, literal, select
from sqlalchemy.orm import Session, aliased

from app.domains.accounts import rules
from app.domains.accounts.models import Account, Look, SignIn
from app.domains.accounts.values import AccountCard, Curious, LookCard, LookKind, Person
from app.kernel.actors import Role
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_PERSON = select(
    Account.id, Account.role, Account.name, Account.locale, Account.phone,
    SignIn.id, SignIn.csrf_token, SignIn.door, SignIn.created_at, SignIn.expires_at,
).join(SignIn, SignIn.account_id == Account.id)  # fmt: skip
_CARD = select(
    Account.id, Account.role, Account.name, Account.login, Account.phone, Account.locale, Account.disabled_at
)  # fmt: skip


def person_of_token(session: Session, token: str, now: datetime) -> Person | None:
    """Who a session or API token belongs to; None when it is unknown, expired, revoked, or its account is disabled."""
    row = session.execute(
        _PERSON.where(
            SignIn.token_hash == rules.hash_token(token),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            Account.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    account_id, role, name, locale, phone, sign_in_id, csrf_token, door, created_at, expires_at = row
    return Person(
        account_id=account_id, role=role, name=name, locale=locale, phone=phone, sign_in_id=sign_in_id,
        csrf_token=csrf_token, door=door,
        due_for_renewal=rules.due_for_renewal(door, created_at, expires_at, now),
    )  # fmt: skip


def accounts_by_role(session: Session, role: Role) -> list[AccountCard]:
    """All accounts of a role, by name. Meant for HQ and leaders, of which there are few."""
    return [_card(row) for row in session.execute(_CARD.filter_by(role=role).order_by(Account.name, Account.id))]


def get_account(session: Session, account_id: UUID) -> AccountCard:
    """One account; raises NotFound."""
    row = session.execute(_CARD.where(Account.id == account_id)).first()
    if row is None:
        raise NotFound(what="account")
    return _card(row)


def has_password(session: Session, account_id: UUID) -> bool:
    """Whether somebody can sign in with a password."""
    return session.scalar(select(Account.password_hash).where(Account.id == account_id)) is not None


def is_vip(session: Session, account_id: UUID) -> bool:
    """Whether HQ has made a resident a VIP."""
    return bool(session.scalar(select(Account.is_vip).filter_by(id=account_id)))


def find_account_by_login(session: Session, login: str) -> AccountCard | None:
    """The account that signs in with this name, if any."""
    row = session.execute(_CARD.where(Account.login == login.strip().lower())).first()
    return _card(row) if row else None


def names(session: Session, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """Display names by account, in one statement."""
    if not account_ids:
        return {}
    found = session.execute(select(Account.id, Account.name).where(Account.id.in_(account_ids)))
    return {row.id: row.name for row in found}


def ids_by_login(session: Session, logins: Collection[str]) -> dict[str, UUID]:
    """Account ids by login, in one statement; unknown logins are left out."""
    if not logins:
        return {}
    found = session.execute(select(Account.login, Account.id).where(Account.login.in_(logins)))
    return {login: account_id for login, account_id in found if login is not None}


def ids_by_phone(session: Session, role: Role, phones: Collection[str]) -> dict[str, UUID]:
    """Account ids of a role by phone, in one statement; unknown phones are left out."""
    if not phones:
        return {}
    found = session.execute(select(Account.phone, Account.id).where(Account.role == role, Account.phone.in_(phones)))
    return {phone: account_id for phone, account_id in found if phone is not None}


def looks(
    session: Session,
    ask: PageAsk,
    by_id: UUID | None = None,
    whose_id: UUID | None = None,
    kind: LookKind | None = None,
) -> Page[LookCard]:
    """Who looked at whose data, newest first; by one person, at one person's, or all."""
    whose = aliased(Account)
    names = ("id", "at", "by_id", "by_name", "kind", "whose_id", "people", "reason", "note", "what")
    wanted = (
        select(*(getattr(Look, name) for name in names), whose.name.label("whose_name"), whose.role.label("whose_role"))
        .outerjoin(whose, whose.id == Look.whose_id)
        .order_by(Look.id.desc())
        .limit(ask.limit + 1)
    )
    for column, value in ((Look.by_id, by_id), (Look.whose_id, whose_id), (Look.kind, kind)):
        wanted = wanted.where(column == value) if value is not None else wanted
    if ask.after:
        wanted = wanted.where(Look.id < ask.after)
    rows = [LookCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def curious(session: Session, now: datetime) -> list[Curious]:
    """Who looked at many people's phone numbers within an hour, in the last day: an alarm for HQ."""
    before = aliased(Look)
    within = (
        select(func.count(before.whose_id.distinct()))
        .where(
            before.by_id == Look.by_id, before.kind == LookKind.PHONE,
            before.at.between(Look.at - literal(rules.LOOK_WINDOW, Interval()), Look.at),
        )
        .scalar_subquery()
    )  # fmt: skip
    seen = (
        select(Look.by_id, Look.by_name, Look.at, within.label("people"))
        .where(Look.kind == LookKind.PHONE, Look.at >= now - rules.ALARM_FOR)
        .subquery()
    )
    most = func.max(seen.c.people)
    rows = session.execute(
        select(seen.c.by_id, func.max(seen.c.by_name), most, func.max(seen.c.at))
        .group_by(seen.c.by_id)
        .having(most >= rules.MANY_LOOKS)
        .order_by(most.desc())
    )
    return [Curious(by_id=by_id, by_name=name, people=people, last_at=at) for by_id, name, people, at in rows]


def _card(row: Any) -> AccountCard:
    return AccountCard(
        account_id=row.id, role=row.role, name=row.name, login=row.login, phone=row.phone, locale=row.locale,
        is_disabled=row.disabled_at is not None,
    )  # fmt: skip
