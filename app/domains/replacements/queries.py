"""Reads of the replacements room."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domains.communities.models import Leader
from app.domains.replacements.models import Replacement
from app.domains.replacements.values import CARRIED_OUT, OPEN_STATES, ReplacementCard, ReplacementState
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_NAMES = {"leader_code": Leader.code, "leader_name": Leader.name}
_COLUMNS = [
    _NAMES[field.name].label(field.name) if field.name in _NAMES else getattr(Replacement, field.name)
    for field in fields(ReplacementCard)
]


def get_replacement(session: Session, replacement_id: UUID) -> ReplacementCard:
    """One replacement; raises NotFound."""
    row = session.execute(_cards().where(Replacement.id == replacement_id)).one_or_none()
    if row is None:
        raise NotFound("replacement")
    return ReplacementCard(**row._mapping)


def replacements(session: Session, ask: PageAsk, hub_id: UUID | None = None) -> Page[ReplacementCard]:
    """All replacements, the newest first; of one hub or of all."""
    wanted = _cards().order_by(Replacement.id.desc()).limit(ask.limit + 1)
    if hub_id:
        wanted = wanted.where(Replacement.hub_id == hub_id)
    if ask.after:
        wanted = wanted.where(Replacement.id < ask.after)
    rows = [ReplacementCard(**row._mapping) for row in session.execute(wanted)]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def open_of_leader(session: Session, leader_id: UUID) -> ReplacementCard | None:
    """The replacement of a leader that waits for its second person or its day, if any."""
    row = session.execute(
        _cards().where(Replacement.leader_id == leader_id, Replacement.state.in_(OPEN_STATES))
    ).one_or_none()
    return ReplacementCard(**row._mapping) if row else None


def carried_out(session: Session, hub_id: UUID, since: datetime) -> list[ReplacementCard]:
    """Replacements of a hub that were carried out since an instant and not rolled back, the newest first."""
    wanted = _cards().where(
        Replacement.hub_id == hub_id, Replacement.done_at >= since,
        Replacement.state.in_(CARRIED_OUT),
    )  # fmt: skip
    return [ReplacementCard(**row._mapping) for row in session.execute(wanted.order_by(Replacement.id.desc()))]


def due(session: Session, now: datetime) -> list[UUID]:
    """Planned replacements whose time has come, oldest first."""
    wanted = select(Replacement.id).where(Replacement.state == ReplacementState.PLANNED, Replacement.due_at <= now)
    return list(session.scalars(wanted.order_by(Replacement.due_at, Replacement.id)))


def untold(session: Session, now: datetime) -> list[UUID]:
    """Replacements that cannot be rolled back any more and of which the residents do not know yet."""
    wanted = select(Replacement.id).where(Replacement.state == ReplacementState.DONE, Replacement.tell_at <= now)
    return list(session.scalars(wanted.order_by(Replacement.tell_at, Replacement.id)))


def undo_of(session: Session, replacement_id: UUID) -> dict[str, Any]:
    """What stood before a replacement."""
    undo: dict[str, Any] = session.scalars(select(Replacement.undo).where(Replacement.id == replacement_id)).one()
    return undo


def _cards() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).join(Leader, Leader.id == Replacement.leader_id)
