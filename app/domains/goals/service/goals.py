"""Setting goals."""

from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.domains.communities import queries as communities
from app.domains.communities.errors import ChangedMeanwhile
from app.domains.goals import rules
from app.domains.goals.models import Goal
from app.domains.goals.values import SetGoals
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id


def set_goals(uow: UnitOfWork, wish: SetGoals) -> int:
    """Set, change or take away goals of a month that is not over; returns how many changed, audited with those before.

    May be repeated. A month of HQ as a whole ends by the calendar of the hub where it ends last.
    Raises NotFound (the hub), Invalid, ChangedMeanwhile (they are not as the page that was `seen` showed them).
    """
    uow.require(Permission.GOALS_SET)
    hubs = [communities.get_hub(uow.session, wish.hub_id)] if wish.hub_id else communities.hubs(uow.session)
    days = [uow.now.astimezone(ZoneInfo(hub.timezone)).date() for hub in hubs]
    rules.check(wish, min(days, default=uow.now.date()))
    uow.lock(f"goals of {wish.hub_id} for {wish.month}")
    held = {
        row.kpi: row
        for row in uow.session.scalars(
            select(Goal).where(Goal.hub_id.is_not_distinct_from(wish.hub_id), Goal.month == wish.month)
        )
    }
    if wish.seen not in {None, rules.fingerprint({kpi: row.target for kpi, row in held.items()})}:
        raise ChangedMeanwhile
    before: dict[str, int | None] = {}
    after: dict[str, int | None] = {}
    for kpi, target in wish.targets.items():
        row = held.get(kpi)
        if (row.target if row else None) == target:
            continue
        before[kpi.value], after[kpi.value] = (row.target if row else None), target
        if row is None and target is not None:
            uow.session.add(
                Goal(id=new_id(), hub_id=wish.hub_id, month=wish.month, kpi=kpi, target=target, set_at=uow.now,
                     set_by=uow.actor.name)
            )  # fmt: skip
        elif row is not None and target is None:
            uow.session.delete(row)
        elif row is not None and target is not None:
            row.target, row.set_at, row.set_by = target, uow.now, uow.actor.name
    if after:
        month = {"month": wish.month.isoformat()}
        uow.audit("goals.set", wish.hub_id, before | month, after | month)
    return len(after)
