"""Closing months. There is no way to open one again: the time of posting decides, and it is always now."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from app.domains.ledger import queries
from app.domains.ledger.errors import MonthBeforeOpen, MonthNotOver
from app.domains.ledger.models import Period
from app.domains.ledger.values import ClosePeriod, PeriodCard
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

#: After the end of a month: every transaction that still counts its time in the month has ended by then.
GRACE = timedelta(hours=1)
_SUMS = text(
    """
    INSERT INTO ledger_period_sum (period_id, account, currency, opening_cents, moved_cents)
    SELECT :period, account, currency, sum(opening), sum(moved) FROM (
      SELECT s.account, s.currency, s.opening_cents + s.moved_cents AS opening, 0 AS moved
      FROM ledger_period_sum s WHERE s.period_id = :before
      UNION ALL
      SELECT p.account, j.currency, 0, p.amount_cents
      FROM ledger_journal j JOIN ledger_posting p ON p.journal_id = j.id
      WHERE j.hub_id = :hub AND j.at >= :since AND j.at < :until
    ) AS sides GROUP BY account, currency
    """
)


def close(uow: UnitOfWork, wish: ClosePeriod) -> PeriodCard:
    """Close a month of a hub for good, with what every account held and moved in it.

    Waits for whoever is posting for this hub just now; afterwards the database refuses postings of the month.
    Closing it again changes nothing. Raises MonthNotOver, MonthBeforeOpen while an earlier month with journals is open.
    """
    uow.require(Permission.LEDGER_CLOSE)
    standing = check(uow, wish)
    if standing is not None:
        return standing
    row = Period(
        id=new_id(), hub_id=wish.hub_id, month=wish.month, starts_at=wish.starts_at, ends_at=wish.ends_at,
        closed_at=uow.now, closed_by=uow.actor.name,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    _add_up(uow, row)
    uow.audit("ledger.close_period", row.id, None, {"month": f"{row.month:%Y-%m}", "hub_id": str(row.hub_id)})
    return queries.get_period(uow.session, row.id)


def check(uow: UnitOfWork, wish: ClosePeriod) -> PeriodCard | None:
    """Whether a month may be closed by the calendar: None, or its card when it is closed already.

    Nobody else closes a month of this hub until the transaction ends. Raises MonthNotOver, MonthBeforeOpen.
    """
    uow.require(Permission.LEDGER_CLOSE)
    uow.lock(f"ledger period {wish.hub_id}")
    closed = _closed(uow, wish.hub_id)
    if wish.month in closed:
        return closed[wish.month]
    if uow.now < wish.ends_at + GRACE:
        raise MonthNotOver(month=wish.month)
    first = queries.first_journal_at(uow.session, wish.hub_id)
    if _month_before(wish.month) not in closed and first is not None and first < wish.starts_at:
        raise MonthBeforeOpen(month=_month_before(wish.month))
    return None


def _closed(uow: UnitOfWork, hub_id: UUID) -> dict[date, PeriodCard]:
    return {period.month: period for period in queries.periods(uow.session, hub_id)}


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _add_up(uow: UnitOfWork, row: Period) -> None:
    before = _closed(uow, row.hub_id).get(_month_before(row.month))
    values = {
        "period": row.id,
        "before": before.id if before else None,
        "hub": row.hub_id,
        "since": row.starts_at,
        "until": row.ends_at,
    }
    uow.session.execute(_SUMS, values)
