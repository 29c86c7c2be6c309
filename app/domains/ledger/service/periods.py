"""Closing months. There is no way to open one again: the time of posting decides, and it is always now."""

from datetime import timedelta
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
    uow.lock(f"ledger period {wish.hub_id}")
    closed = {period.month: period for period in queries.periods(uow.session, wish.hub_id)}
    if wish.month in closed:
        return closed[wish.month]
    if uow.now < wish.ends_at + GRACE:
        raise MonthNotOver(month=wish.month)
    month_before = (wish.month - timedelta(days=1)).replace(day=1)
    before = closed.get(month_before)
    first = queries.first_journal_at(uow.session, wish.hub_id)
    if before is None and first is not None and first < wish.starts_at:
        raise MonthBeforeOpen(month=month_before)
    row = Period(
        id=new_id(), hub_id=wish.hub_id, month=wish.month, starts_at=wish.starts_at, ends_at=wish.ends_at,
        closed_at=uow.now, closed_by=uow.actor.name,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    _add_up(uow, row, before.id if before else None)
    uow.audit("ledger.close_period", row.id, None, {"month": f"{row.month:%Y-%m}", "hub_id": str(row.hub_id)})
    return queries.get_period(uow.session, row.id)


def _add_up(uow: UnitOfWork, row: Period, before: UUID | None) -> None:
    values = {"period": row.id, "before": before, "hub": row.hub_id, "since": row.starts_at, "until": row.ends_at}
    uow.session.execute(_SUMS, values)
