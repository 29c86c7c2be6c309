"""Statements as files: a leader's week, a supplier's account with a hub, a hub's own; the supplier's signed link."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.documents.catalogue import Form, Kind
from app.documents.kinds import statements
from app.documents.layout import Document, Printed
from app.documents.making import Batch, File, make
from app.documents.words import Words
from app.domains.communities import queries as communities
from app.domains.statements.queries import accounts, weeks
from app.domains.statements.values import AccountSheet, WeekSheet
from app.domains.supply.errors import LinkDead
from app.infra import links
from app.infra.settings import Settings
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound


def never(session: Any, scope: object) -> list[Printed]:
    """A statement belongs to no round, so a round has none to print."""
    del session, scope
    raise NotFound("document")


_FORMS = (Form.PDF, Form.XLSX)
WEEK = Kind("weekly-statement", Permission.LEDGER_READ, never, _FORMS)


def print_own_week(run: Run, leader_id: UUID, week_id: UUID | None, form: Form, locale: str) -> File:
    """A leader's own week, or the one under way; raises NotFound for anybody else's."""
    return make(*run(own_week, leader_id, week_id, form, locale))


def own_week(
    uow: UnitOfWork, leader_id: UUID, week_id: UUID | None, form: Form, locale: str
) -> tuple[Batch, list[Document]]:
    """A leader's own week in words. Raises NotFound, Invalid (it is one document: no ZIP)."""
    uow.require(Permission.SETTLEMENT_READ_OWN)
    uow.see_one_instant()
    if week_id is None:
        sheet = weeks.running_week(uow.session, leader_id, uow.now)
    else:
        sheet = weeks.get_week(uow.session, week_id)
    if not leader_id == sheet.leader_id == uow.actor.id:
        raise NotFound("statement")
    return _described(uow, sheet, form, locale)


def print_week(run: Run, week_id: UUID, form: Form, locale: str) -> File:
    """Any leader's week, for HQ."""
    return make(*run(any_week, week_id, form, locale))


def any_week(uow: UnitOfWork, week_id: UUID, form: Form, locale: str) -> tuple[Batch, list[Document]]:
    """Any leader's week in words. Raises NotFound, Invalid."""
    uow.require(WEEK.right)
    return _described(uow, weeks.get_week(uow.session, week_id), form, locale)


def _described(uow: UnitOfWork, sheet: WeekSheet, form: Form, locale: str) -> tuple[Batch, list[Document]]:
    check_form(form)
    hub = communities.get_hub(uow.session, sheet.hub_id)
    words = Words(locale, hub.timezone)
    document = statements.leader_week(sheet, hub, words, uow.now)
    return batch_of(WEEK, form, words, uow.now, document), [document]


def batch_of(kind: Kind, form: Form, words: Words, at: datetime, document: Document) -> Batch:
    """What is made of one document that belongs to no round."""
    return Batch(kind, form, words, at, f"{kind.code}-{document.number}")


def check_form(form: Form) -> None:
    """Raise Invalid unless it is a form of single documents."""
    if form not in _FORMS:
        raise Invalid(field="form", reason="this document does not exist in this form")


def check_days(first: date, last: date) -> None:
    """Raise Invalid unless two days make a period of at most a year."""
    if not 0 <= (last - first).days <= 366:
        raise Invalid(field="first", reason="must lie at most a year before the last day")


SUPPLIER = Kind("supplier-statement", Permission.LEDGER_READ, never, _FORMS)
HUB = Kind("hub-statement", Permission.LEDGER_READ, never, _FORMS)
#: What a supplier's link to her statement is signed for, and how long it opens.
LINK, LINK_LIFE = "supplier statement", timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Which account a statement is of: a supplier's with a hub, or (without one) the hub's own; over which days."""

    hub_id: UUID
    supplier_id: UUID | None
    first: date
    last: date


def account_sheet(session: Any, wanted: Account, at: datetime) -> AccountSheet:
    """The statement; to be read within one instant. Raises NotFound, Invalid (days)."""
    check_days(wanted.first, wanted.last)
    days = (wanted.first, wanted.last)
    if wanted.supplier_id is None:
        return accounts.hub_sheet(session, wanted.hub_id, days, at)
    return accounts.supplier_sheet(session, wanted.supplier_id, wanted.hub_id, days, at)


def print_account(run: Run, wanted: Account, form: Form, locale: str) -> File:
    """A supplier's or a hub's statement as a file, for HQ. Raises NotFound, Invalid."""
    return make(*run(account, wanted, form, locale))


def account(uow: UnitOfWork, wanted: Account, form: Form, locale: str) -> tuple[Batch, list[Document]]:
    """A supplier's or a hub's statement in words, for HQ."""
    uow.require(SUPPLIER.right)
    return _account(uow, wanted, form, locale)


def print_by_link(run: Run, wanted: Account, form: Form, locale: str) -> File:
    """A supplier's own statement as a file, behind her signed link. Raises NotFound, Invalid."""
    return make(*run(account_by_link, wanted, form, locale))


def account_by_link(uow: UnitOfWork, wanted: Account, form: Form, locale: str) -> tuple[Batch, list[Document]]:
    """A supplier's own statement in words; the door has asked the link."""
    uow.require(Permission.SUPPLY_ANSWER)
    return _account(uow, wanted, form, locale)


def _account(uow: UnitOfWork, wanted: Account, form: Form, locale: str) -> tuple[Batch, list[Document]]:
    check_form(form)
    uow.see_one_instant()
    sheet = account_sheet(uow.session, wanted, uow.now)
    hub = communities.get_hub(uow.session, sheet.hub_id)
    words = Words(locale, hub.timezone)
    document = statements.account(sheet, hub, words, uow.now)
    return batch_of(SUPPLIER if wanted.supplier_id else HUB, form, words, uow.now, document), [document]


def statement_link(settings: Settings, supplier_id: UUID, hub_id: UUID, at: datetime) -> str:
    """The address at which a supplier sees her statement without an account, for `LINK_LIFE`."""
    words = {"supplier": str(supplier_id), "hub": str(hub_id)}
    return f"{settings.public_url}/supplier/statement/{links.sign(settings, LINK, words, at + LINK_LIFE)}"


def account_of_link(settings: Settings, token: str, at: datetime) -> tuple[UUID, UUID]:
    """Supplier and hub that a link opens. Raises LinkDead for one that was tampered with, for something else or old."""
    words = links.read(settings, LINK, token, at)
    if words is None:
        raise LinkDead("statement")
    return UUID(words["supplier"]), UUID(words["hub"])
