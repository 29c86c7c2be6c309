"""Filling and reading inboxes."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.domains.notifications.models import Message
from app.domains.notifications.values import SendMessage
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden


def send(uow: UnitOfWork, messages: Sequence[SendMessage]) -> None:
    """Put messages into inboxes, set-based; may be repeated: a known (account, kind, about_id) is not sent again."""
    uow.require(Permission.NOTIFY)
    if messages:
        rows = [{**asdict(message), "at": uow.now} for message in messages]
        # RETURNING lets the driver send hundreds of rows per statement.
        uow.session.execute(insert(Message).on_conflict_do_nothing().returning(Message.id), rows).all()


def mark_read(uow: UnitOfWork, ids: Collection[UUID] | None = None) -> int:
    """Note that the actor has opened these of her own messages (None: all); returns how many were still unread.

    May be repeated; other people's messages are passed over.
    """
    uow.require(Permission.INBOX_READ)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.INBOX_READ.value)
    opened = (
        update(Message).where(Message.account_id == uow.actor.id, Message.read_at.is_(None)).values(read_at=uow.now)
    )
    if ids is not None:
        opened = opened.where(Message.id.in_(ids))
    return len(uow.session.scalars(opened.returning(Message.id)).all())
