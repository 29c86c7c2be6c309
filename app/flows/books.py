"""Keeping the books: checkpoints of balances, and closing a month of a hub."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.communities import queries as communities
from app.domains.ledger import queries as ledger
from app.domains.ledger.service import checkpoints, periods
from app.domains.ledger.values import ClosePeriod, Horizon, PeriodCard
from app.domains.reconciliation import queries as reconciliation
from app.domains.reconciliation.errors import DaysNotCompared, DifferencesOpen
from app.infra import log
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission

LOG = log.get("linli.books")
Read = Callable[..., Any]

#: Looks at the transactions that must end before a checkpoint, and the pause between two, in seconds.
LOOKS = 100
PAUSE_S = 0.05


def take_checkpoint(run: Run, read: Read, looks: int = LOOKS, pause_s: float = PAUSE_S) -> int | None:
    """Add up what was posted since the last checkpoint, without holding anybody up; how many postings.

    None when a transaction older than this one did not end meanwhile: the next try takes it in. Safe to repeat and to
    run twice at once.
    """
    horizon: Horizon = run(checkpoints.look)
    for look in range(looks):
        if read(ledger.is_settled, horizon):
            taken: int = run(checkpoints.take_in, horizon)
            return taken
        if look + 1 < looks:
            time.sleep(pause_s)
    LOG.warning("checkpoint waits for a long transaction", upto=horizon.posting_id)
    return None


def close_month(uow: UnitOfWork, hub_id: UUID, month: date) -> PeriodCard:
    """Close a month of a hub by the hub's clock; see `ledger.periods.close`.

    Raises NotFound, MonthNotOver, MonthBeforeOpen, DaysNotCompared, DifferencesOpen.
    """
    uow.require(Permission.LEDGER_CLOSE)
    hub = communities.get_hub(uow.session, hub_id)
    starts_at, ends_at = bounds(month, hub.timezone)
    wish = ClosePeriod(hub_id=hub_id, month=month.replace(day=1), starts_at=starts_at, ends_at=ends_at)
    if periods.check(uow, wish) is None:
        _check_compared(uow, hub_id, days_of(month, hub.timezone))
    return periods.close(uow, wish)


def _check_compared(uow: UnitOfWork, hub_id: UUID, days: tuple[date, date]) -> None:
    """Every day since the hub's first journal was compared with the provider's books, and no difference waits.

    The provider counts days by UTC, so the last one is often over, and can be compared, only hours after the month.
    """
    first = ledger.first_journal_at(uow.session, hub_id)
    if first is not None:
        since = max(days[0], first.astimezone(UTC).date())
        if missing := reconciliation.days_not_compared(uow.session, since, days[1]):
            raise DaysNotCompared(days=missing)
    if waiting := reconciliation.count_open(uow.session, *days, hub_id):
        raise DifferencesOpen(open=waiting)


def bounds(month: date, timezone: str) -> tuple[datetime, datetime]:
    """The first instant of a month and of the next one, by a clock on the wall of that zone."""
    zone = ZoneInfo(timezone)
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    first, last = (datetime(day.year, day.month, 1, tzinfo=zone).astimezone(UTC) for day in (month, after))
    return first, last


def days_of(month: date, timezone: str) -> tuple[date, date]:
    """The provider's days (UTC) that share an instant with a month, and the day after the last of them."""
    starts_at, ends_at = bounds(month, timezone)
    return starts_at.date(), (ends_at - timedelta(microseconds=1)).date() + timedelta(days=1)


def open_months(read: Read, hub_id: UUID, timezone: str, now: datetime) -> list[date]:
    """The months of a hub that have journals and are not closed, oldest first; the last one is the present month."""
    first = read(ledger.first_journal_at, hub_id)
    if first is None:
        return []
    zone = ZoneInfo(timezone)
    month, this = (at.astimezone(zone).date().replace(day=1) for at in (first, now))
    closed = {period.month for period in read(ledger.periods, hub_id)}
    found = []
    while month <= this:
        if month not in closed:
            found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found
