"""Doing a thing once: a key kept in the transaction of the thing itself, so that both happen or neither."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra.db import Base
from app.kernel.errors import Conflict


class IdempotencyKey(Base):
    """One request of one account that must not happen twice, and the id of what it made."""

    __tablename__ = "infra_idempotency_key"
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    result_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(index=True)


class Delivery(Base):
    """A fact that a listener has dealt with; written in the listener's own transaction."""

    __tablename__ = "infra_delivery"
    fact_id: Mapped[UUID] = mapped_column(primary_key=True)
    listener: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


@dataclass(eq=False)
class KeyReused(Conflict):
    """The Idempotency-Key was used before with another request; use a new key for a new request."""

    code: ClassVar[str] = "idempotency_key_reused"
    key: str


def fingerprint(request: Any) -> str:
    """A short hash of a request's content."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()[:32]


def recall(session: Session, row: IdempotencyKey) -> UUID | None:
    """What the key of `row` has made before, without taking it; None for a new key. Raises KeyReused."""
    kept = session.scalar(select(IdempotencyKey).filter_by(account_id=row.account_id, action=row.action, key=row.key))
    if kept is None:
        return None
    if kept.fingerprint != row.fingerprint:
        raise KeyReused(key=row.key)
    return kept.result_id


def claim(session: Session, row: IdempotencyKey) -> UUID | None:
    """Take the key for `row.result_id`; when it is taken already, return the id of what was made then.

    A concurrent twin waits here until the first one has committed or rolled back. Raises KeyReused.
    """
    fresh = session.scalar(
        insert(IdempotencyKey)
        .values(account_id=row.account_id, action=row.action, key=row.key, fingerprint=row.fingerprint,
                result_id=row.result_id, at=row.at)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.result_id)
    )  # fmt: skip
    if fresh is not None:
        return None
    return recall(session, row)


def first_delivery(session: Session, fact_id: UUID, listener: str, at: datetime) -> bool:
    """True exactly once per fact and listener."""
    done = insert(Delivery).values(fact_id=fact_id, listener=listener, at=at).on_conflict_do_nothing()
    return session.scalar(done.returning(Delivery.fact_id)) is not None


_FORGET_KEYS = text(
    """
    DELETE FROM infra_idempotency_key WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM infra_idempotency_key WHERE at < :before ORDER BY at LIMIT :many))
    """
)
#: A job that failed may be tried again by hand as long as it stands, and must then find what was dealt with.
_FORGET_DELIVERIES = text(
    """
    DELETE FROM infra_delivery WHERE ctid = ANY(ARRAY(
      SELECT d.ctid FROM infra_delivery d WHERE d.at < :before AND d.fact_id <> ALL(ARRAY(
        SELECT CAST(args ->> 'fact_id' AS uuid) FROM procrastinate_jobs
        WHERE task_name = 'deliver' AND status IN ('todo', 'doing', 'failed') AND args ? 'fact_id'))
      ORDER BY d.at LIMIT :many))
    """
)


def forget_keys(session: Session, before: datetime, many: int) -> int:
    """Delete up to `many` keys from before an instant, the oldest first; how many."""
    return _deleted(session.execute(_FORGET_KEYS, {"before": before, "many": many}))


def forget_deliveries(session: Session, before: datetime, many: int) -> int:
    """Delete up to `many` deliveries from before an instant whose job is over; how many."""
    return _deleted(session.execute(_FORGET_DELIVERIES, {"before": before, "many": many}))


def _deleted(result: Any) -> int:
    return int(result.rowcount)
