"""Facts of days from before Linli, brought in bulk from the system before: leaders keep what they earned there."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, func, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.scoring import queries
from app.domains.scoring.models import HistoryDay, LeaderDay
from app.domains.scoring.values import ImportDay
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid

#: What is a part of what.
_WITHIN = {"on_time_handovers": "handovers", "picked_pieces": "due_pieces", "leader_fault_claims": "claims",
           "new_buyers": "buyers", "in_window_pieces": "due_pieces"}  # fmt: skip


def import_days(uow: UnitOfWork, hub_id: UUID, days: Sequence[ImportDay]) -> int:
    """Take in pickup days of a hub's leaders; returns how many. Given again, a day replaces what was given before.

    They count in scorecards like days lived here, once their facts are rebuilt; where a leader has orders of Linli on
    such a day, those count instead. Money, orders and residents are not made by it.
    Raises NotFound (the hub), Invalid (a stranger, a day that is not over, an unknown or impossible fact).
    """
    uow.require(Permission.SCORING_JUDGE)
    hub = communities.get_hub(uow.session, hub_id)
    today = uow.now.astimezone(ZoneInfo(hub.timezone)).date()
    known = {leader.id for leader in communities.leader_cards(uow.session, hub_id)}
    for day in days:
        _check(day, today, known)
    rows = [
        {"leader_id": day.leader_id, "on_date": day.on_date, "hub_id": hub_id, "facts": dict(day.facts),
         "residents": sorted(set(day.residents))}
        for day in days
    ]  # fmt: skip
    if rows:
        adding = insert(HistoryDay)
        saving = adding.on_conflict_do_update(
            index_elements=["leader_id", "on_date"],
            set_={name: adding.excluded[name] for name in ("hub_id", "facts", "residents")},
        )
        uow.session.execute(saving, rows)
        first, last = min(row.on_date for row in days), max(row.on_date for row in days)
        after = {"days": len(rows), "from": first.isoformat(), "to": last.isoformat()}
        uow.audit("scoring.import_history", hub_id, None, after)
    return len(rows)


def _check(day: ImportDay, today: date, known: set[UUID]) -> None:
    if day.leader_id not in known:
        raise Invalid(field="leader_id", reason="is no leader of this hub")
    if day.on_date >= today:
        raise Invalid(field="on_date", reason="must be over")
    if not set(day.facts) <= set(queries.COUNTED) or min(day.facts.values(), default=0) < 0:
        raise Invalid(field="facts", reason="names an unknown fact, or less than nothing")
    if any(day.facts.get(part, 0) > day.facts.get(whole, 0) for part, whole in _WITHIN.items()):
        raise Invalid(field="facts", reason="has a part above its whole")
    if day.facts.get("buyers", 0) != len(set(day.residents)):
        raise Invalid(field="residents", reason="must be as many as buyers")


def lay(uow: UnitOfWork, hub_id: UUID, first_on: date, last_on: date) -> int:
    """Lay imported days of a hub and period beside those that were just counted anew; returns how many were added."""
    uow.require(Permission.SCORING_JUDGE)
    told = [func.coalesce(HistoryDay.facts[name].as_string().cast(Integer), 0) for name in queries.COUNTED]
    days = select(HistoryDay.leader_id, HistoryDay.on_date, HistoryDay.hub_id, *told).where(
        HistoryDay.hub_id == hub_id, HistoryDay.on_date.between(first_on, last_on)
    )
    adding = insert(LeaderDay).from_select(["leader_id", "on_date", "hub_id", *queries.COUNTED], days)
    made = adding.on_conflict_do_nothing(index_elements=["leader_id", "on_date"]).returning(LeaderDay.leader_id)
    return len(uow.session.scalars(made).all())
