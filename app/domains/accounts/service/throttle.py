"""Counting tries of anything guessable under a key, in windows of fixed length.

A use-case that raises is rolled back, and its count with it. So what must be remembered is counted in a transaction
that commits: either call `count_try` in a transaction of its own before the guarded use-case, or let the guarded
use-case count and *return* its refusal (as `sign_ins` does) instead of raising it. A `TooMany` may be raised: the count
is full already, nothing new needs to be kept.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.accounts.models import Attempt
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import TooMany


def count_try(uow: UnitOfWork, key: str, limit: int, window_s: int) -> int:
    """Count one try under `key`; returns how many there were in this window. Raises TooMany above `limit`.

    One statement decides, so simultaneous tries cannot share a place.
    """
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    over = Attempt.window_at <= uow.now - timedelta(seconds=window_s)
    count, window_at = uow.session.execute(
        insert(Attempt)
        .values(key=key, window_at=uow.now, count=1)
        .on_conflict_do_update(
            index_elements=[Attempt.key],
            set_={
                "count": case((over, 1), else_=Attempt.count + 1),
                "window_at": case((over, uow.now), else_=Attempt.window_at),
            },
        )
        .returning(Attempt.count, Attempt.window_at)
    ).one()
    if count > limit:
        raise _too_many(window_at, uow.now, window_s)
    return int(count)


def refuse_if_full(uow: UnitOfWork, key: str, limit: int, window_s: int) -> None:
    """Raise TooMany when `limit` tries were counted under `key` in this window already; counts nothing."""
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    kept = uow.session.execute(select(Attempt.window_at, Attempt.count).where(Attempt.key == key)).first()
    if kept and kept[1] >= limit and kept[0] > uow.now - timedelta(seconds=window_s):
        raise _too_many(kept[0], uow.now, window_s)


def forget(uow: UnitOfWork, key: str) -> None:
    """Start from zero, because the right answer was given."""
    uow.require(Permission.ACCOUNTS_SIGN_IN)
    uow.session.execute(delete(Attempt).where(Attempt.key == key))


def clear_old(uow: UnitOfWork, before: datetime) -> int:
    """Delete counts whose window began before `before`; returns how many. For the nightly tidy-up."""
    uow.require(Permission.ACCOUNTS_MANAGE)
    return len(uow.session.execute(delete(Attempt).where(Attempt.window_at < before).returning(Attempt.key)).all())


def _too_many(window_at: datetime, now: datetime, window_s: int) -> TooMany:
    left = window_at + timedelta(seconds=window_s) - now
    return TooMany(retry_after_s=max(1, int(left.total_seconds())))
