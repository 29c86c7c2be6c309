"""Running the checks of all invariants."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session
from sqlalchemy.types import DateTime, String

from app.domains.analytics.queries import goods, leaders, ledger, lines, money, payouts, people, sorting
from app.domains.analytics.values import Breach, BrokenRow, Check

#: Rows that a breach names; the rest is counted.
NAMED = 20
CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (
            *goods.CHECKS, *lines.CHECKS, *ledger.CHECKS, *money.CHECKS, *payouts.CHECKS, *people.CHECKS,
            *leaders.CHECKS, *sorting.CHECKS,
        ),
        key=lambda one: one.invariant,
    )
)  # fmt: skip


def broken_invariants(session: Session, now: datetime, checks: Sequence[Check] = CHECKS) -> list[Breach]:
    """Every invariant of the house that does not hold at `now`, with the rows that break it; none in a sound house.

    Reads everything, so it is for the night, for after a fault, and for tests, and wants one snapshot
    (`Database.read_snapshot`): else money that moves between two checks looks like a fault. A round under way is
    sound: what a station has not done yet is not asked for.
    """
    return [breach for check in checks if (breach := _run(session, check, now))]


def _run(session: Session, check: Check, now: datetime) -> Breach | None:
    statement = text(check.sql).columns(id=String(), detail=String())
    if ":now" in check.sql:
        statement = statement.bindparams(bindparam("now", now, DateTime(timezone=True)))
    found = statement.subquery("found")
    rows = session.execute(
        select(found.c.id, found.c.detail, func.count().over().label("many"))
        .order_by(found.c.id, found.c.detail)
        .limit(NAMED)
    ).all()
    if not rows:
        return None
    return Breach(
        invariant=check.invariant, name=check.name, what=check.what, count=rows[0].many,
        rows=tuple(BrokenRow(id=row.id, detail=row.detail) for row in rows),
    )  # fmt: skip
