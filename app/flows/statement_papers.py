"""Statements as files: a leader's week for herself and for HQ."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.documents.catalogue import Form, Kind
from app.documents.kinds import statements
from app.documents.layout import Document, Printed
from app.documents.making import Batch, File, make
from app.documents.words import Words
from app.domains.communities import queries as communities
from app.domains.statements.queries import weeks
from app.domains.statements.values import WeekSheet
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound


def _never(session: Any, scope: object) -> list[Printed]:
    """A statement belongs to no round, so a round has none to print."""
    del session, scope
    raise NotFound("document")


_FORMS = (Form.PDF, Form.XLSX)
WEEK = Kind("weekly-statement", Permission.LEDGER_READ, _never, _FORMS)


def print_own_week(run: Run, leader_id: UUID, week_id: UUID | None, form: Form, locale: str) -> File:
    """A leader's own week, or the one under way; raises NotFound for anybody else's."""
    return make(*run(own_week, leader_id, week_id, form, locale))


def own_week(
    uow: UnitOfWork, leader_id: UUID, week_id: UUID | None, form: Form, locale: str
) -> tuple[Batch, list[Document]]:
    """A leader's own week in words. Raises NotFound, Invalid (it is one document: no ZIP)."""
    uow.require(Permission.SETTLEMENT_READ_OWN)
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
