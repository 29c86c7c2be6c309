"""Closing leaders' weeks: every hub's, some hours after Sunday's midnight, once."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.statements import rules
from app.domains.statements.errors import NotTheLedger
from app.domains.statements.models import Week, WeekLineRow
from app.domains.statements.queries import weeks as queries
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

#: A week is closed so long after its end that no transaction begun within it is still under way.
GRACE = timedelta(hours=3)


def due_weeks(uow: UnitOfWork) -> list[tuple[UUID, date]]:
    """Hubs and Mondays of weeks that have ended and are not closed, oldest first; a hub begins with its last week."""
    uow.require(Permission.SETTLEMENT_CLOSE)
    found, last_weeks = [], queries.last_weeks_on(uow.session)
    for hub in communities.hubs(uow.session):
        ended = rules.monday_of((uow.now - GRACE).astimezone(ZoneInfo(hub.timezone)).date()) - timedelta(days=7)
        last = last_weeks.get(hub.id)
        week_on = ended if last is None else last + timedelta(days=7)
        while week_on <= ended:
            found.append((hub.id, week_on))
            week_on += timedelta(days=7)
    return found


def close_week(uow: UnitOfWork, hub_id: UUID, week_on: date) -> int:
    """Give each leader of a hub whose money moved in a week her statement; returns how many. Repeating closes none.

    Opening is the balance of the ledger when the week began (the closing of her week before), closing the ledger's at
    its end. Raises NotTheLedger when the lines do not lead from one to the other; then nothing is closed.
    A constant number of statements, whatever the number of leaders and lines.
    """
    uow.require(Permission.SETTLEMENT_CLOSE)
    uow.lock(f"weeks of {hub_id}")
    hub = communities.get_hub(uow.session, hub_id)
    span = rules.week_span(week_on, hub.timezone)
    if uow.session.scalar(select(Week.id).filter_by(hub_id=hub_id, week_on=week_on).limit(1)):
        return 0
    lines = uow.session.execute(queries.moved(hub_id, span)).all()
    if not lines:
        return 0
    sums: dict[tuple[UUID, str], int] = {}
    for line in lines:
        sums[line.leader_id, line.currency] = sums.get((line.leader_id, line.currency), 0) + int(line.amount_cents)
    ids = {who: new_id() for who in sums}
    _write(uow, hub, (week_on, span[1]), sums, ids)
    uow.session.execute(
        insert(WeekLineRow),
        [
            {"week_id": ids[line.leader_id, line.currency], "journal_id": line.journal_id,
             "journal_kind": line.journal_kind, "cause_id": line.cause_id, "at": line.at,
             "amount_cents": int(line.amount_cents)}
            for line in lines
        ],
    )  # fmt: skip
    uow.audit("statements.close_week", hub_id, None, {"week_on": week_on.isoformat(), "statements": len(ids)})
    return len(ids)


def _write(
    uow: UnitOfWork, hub: Hub, week: tuple[date, datetime], sums: dict[tuple[UUID, str], int],
    ids: dict[tuple[UUID, str], UUID],
) -> None:  # fmt: skip
    """The weeks' rows, numbered on without a gap; each closing balance is compared with the ledger's.

    The caller holds the hub's weeks, so nobody else gives numbers of its series meanwhile.
    """
    week_on, ended_at = week
    since = rules.week_span(week_on, hub.timezone)[0]
    known = queries.last_closings(uow.session, hub.id, week_on)
    opening = queries.balances_before(uow.session, hub.id, since) if sums.keys() - known.keys() else {}
    closing = queries.balances_before(uow.session, hub.id, ended_at)
    codes = queries.codes_of(uow.session, {leader_id for leader_id, _ in sums})
    year = week_on.isocalendar().year
    last = queries.last_serial(uow.session, hub.id, year)
    rows = []
    for serial, who in enumerate(sorted(sums, key=lambda who: (codes[who[0]], who[1])), start=last + 1):
        (leader_id, currency), moved = who, sums[who]
        before = known.get(who, opening.get(who, 0))
        no = rules.week_no(hub.code, year, serial)
        if before + moved != closing.get(who, 0):
            raise NotTheLedger(no=no, said_cents=before + moved, ledger_cents=closing.get(who, 0))
        rows.append({"id": ids[who], "no": no, "year": year, "serial": serial, "leader_id": leader_id,
                     "hub_id": hub.id, "currency": currency, "week_on": week_on, "opening_cents": before,
                     "closing_cents": before + moved, "closed_at": uow.now})  # fmt: skip
    uow.session.execute(insert(Week), rows)
