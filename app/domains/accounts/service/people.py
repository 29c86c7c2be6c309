"""Correcting what an account says of a person."""

from uuid import UUID

from sqlalchemy import select

from app.domains.accounts import rules
from app.domains.accounts.errors import PhoneTaken
from app.domains.accounts.models import Account
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.kernel.actors import HQ_ROLES, Permission
from app.kernel.errors import Forbidden, NotFound


def correct_person(uow: UnitOfWork, account_id: UUID, name: str, phone: str | None) -> None:
    """Give a resident or leader another name and phone; may be repeated. Raises NotFound, PhoneTaken, Invalid."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    account = uow.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound(what="account")
    if account.role in HQ_ROLES:
        raise Forbidden(permission=Permission.ACCOUNTS_MANAGE.value)
    before = {"name": account.name, "phone": account.phone}
    after = {"name": rules.normal_name(name), "phone": rules.normal_phone(phone) if phone is not None else None}
    if before == after:
        return
    twin = select(Account.id).where(
        Account.role == account.role, Account.phone == after["phone"], Account.id != account_id
    )
    if after["phone"] is not None and uow.session.scalar(twin) is not None:
        raise PhoneTaken
    account.name, account.phone = str(after["name"]), after["phone"]
    account.search_key = search_key(account.name)
    uow.session.flush()
    uow.audit("accounts.correct", account_id, before, after)
