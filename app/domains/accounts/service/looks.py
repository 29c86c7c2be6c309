"""Looking at personal data in full: for a reason, counted, and written down before anything is shown."""

from app.domains.accounts import rules
from app.domains.accounts.errors import NoPhone
from app.domains.accounts.models import Account, Look
from app.domains.accounts.service import throttle
from app.domains.accounts.values import LookKind, LookReason, ShowPhone
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, NotFound


def show_phone(uow: UnitOfWork, wish: ShowPhone) -> str:
    """One person's full phone number, for a reason. The log tells who, whose, when and why.

    More than `rules.MOST_LOOKS` an hour are refused; from `rules.MANY_LOOKS` on HQ is alarmed.
    Raises NotFound, NoPhone, TooMany, Invalid.
    """
    uow.require(Permission.PEOPLE_SHOW)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.PEOPLE_SHOW.value)
    note = rules.check_look(wish.reason, wish.note)
    account = uow.session.get(Account, wish.account_id)
    if account is None:
        raise NotFound("account")
    if account.phone is None:
        raise NoPhone
    throttle.count_try(uow, f"look:{uow.actor.id}", rules.MOST_LOOKS, int(rules.LOOK_WINDOW.total_seconds()))
    uow.session.add(
        Look(
            at=uow.now, by_id=uow.actor.id, by_name=uow.actor.name, kind=LookKind.PHONE, whose_id=account.id, people=1,
            reason=wish.reason, note=note, what="",
        )
    )  # fmt: skip
    return account.phone


def note_export(uow: UnitOfWork, what: str, people: int, reason: LookReason, note: str) -> None:
    """Write down that a list of so many people leaves the house, and why, before it is written. Raises Invalid."""
    uow.require(Permission.PEOPLE_EXPORT)
    uow.session.add(
        Look(
            at=uow.now, by_id=uow.actor.id, by_name=uow.actor.name, kind=LookKind.EXPORT, whose_id=None, people=people,
            reason=reason, note=rules.check_look(reason, note), what=what,
        )
    )  # fmt: skip
