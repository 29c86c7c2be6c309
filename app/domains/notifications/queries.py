"""Reads of the notifications room."""

from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.domains.notifications.models import Message
from app.domains.notifications.values import MessageCard
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
