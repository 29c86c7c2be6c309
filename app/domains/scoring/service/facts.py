"""Daily facts of leaders: recomputed whole from what the other rooms hold, so rebuilding may be repeated."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert

from app.domains.communities import queries as communities
from app.domains.scoring import queries
from app.domains.scoring.models import LeaderDay
from app.domains.scoring.service import adjustments, history
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def rebuild_day(uow: UnitOfWork, hub_id: UUID, on_date: date) -> int:
    """Compute the facts of all leaders of a hub for one pickup day; returns how many leaders had any."""
    return rebuild_days(uow, hub_id, on_date, on_date)


def rebuild_days(uow: UnitOfWork, hub_id: UUID, first_on: date, last_on: date) -> int:
    """The same for every pickup day of a period, both ends included, with four statements; returns the rows written.

    Late claims and pickups are counted where the goods were due, so a period is rebuilt before it is judged.
    """
    uow.require(Permission.SCORING_JUDGE)
    uow.lock(f"facts of hub {hub_id}")
    zone = ZoneInfo(communities.get_hub(uow.session, hub_id).timezone)
    yesterday = uow.now.astimezone(zone).date() - timedelta(days=1)
    uow.session.execute(
        delete(LeaderDay).where(LeaderDay.hub_id == hub_id, LeaderDay.on_date.between(first_on, last_on))
    )
    from_orders = queries.leader_days(hub_id, first_on, last_on, yesterday, uow.now, zone.key)
    made = insert(LeaderDay).from_select(["leader_id", "on_date", "hub_id", *queries.COUNTED], from_orders)
    counted = len(uow.session.scalars(made.returning(LeaderDay.leader_id)).all())
    counted += history.lay(uow, hub_id, first_on, last_on)
    adjustments.apply(uow, hub_id, first_on, last_on)
    return counted
