"""Reads of the notifications room."""

from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.domains.notifications.models import Mail, Message
from app.domains.notifications.values import MailCard, MailState, MessageCard
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def inbox(session: Session, account_id: UUID, ask: PageAsk) -> Page[MessageCard]:
    """A page of one account's messages, newest first."""
    wanted = (
        select(Message.id, Message.kind, Message.about_id, Message.params, Message.at, Message.read_at)
        .where(Message.account_id == account_id)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(ask.limit + 1)
    )
    if ask.after:
        last = select(Message.at, Message.id).where(Message.id == ask.after, Message.account_id == account_id)
        wanted = wanted.where(tuple_(Message.at, Message.id) < last.scalar_subquery())
    rows = [MessageCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def unread(session: Session, account_id: UUID) -> int:
    """How many messages of an account nobody has opened yet."""
    waiting = (
        select(func.count()).select_from(Message).where(Message.account_id == account_id, Message.read_at.is_(None))
    )
    return session.scalar(waiting) or 0


def mails_about(session: Session, about_id: UUID) -> list[MailCard]:
    """Every e-mail about one thing, newest first."""
    return [_mail(row) for row in session.scalars(select(Mail).filter_by(about_id=about_id).order_by(Mail.id.desc()))]


def waiting_mails(session: Session) -> list[UUID]:
    """Every e-mail that has neither left nor failed, oldest first."""
    return list(session.scalars(select(Mail.id).where(Mail.state == MailState.QUEUED).order_by(Mail.id)))


def get_mail(session: Session, mail_id: UUID) -> MailCard:
    """One e-mail; raises NotFound."""
    found = session.get(Mail, mail_id)
    if found is None:
        raise NotFound("mail")
    return _mail(found)


def _mail(row: Mail) -> MailCard:
    return MailCard(
        id=row.id, kind=row.kind, about_id=row.about_id, to_address=row.to_address, subject=row.subject,
        state=row.state, tries=row.tries, error=row.error, queued_by=row.queued_by, queued_at=row.queued_at,
        sent_at=row.sent_at,
    )  # fmt: skip
