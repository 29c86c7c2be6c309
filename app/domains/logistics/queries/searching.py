"""Searches for tours, and the links of drivers."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domains.logistics.models import DriverLink, PlanRun, Vehicle
from app.domains.logistics.values.routes import OPEN_RUNS
from app.domains.logistics.values.tours import DriverLinkCard, SearchCard
from app.kernel.errors import NotFound


def latest_search(session: Session, group_buy_id: UUID) -> SearchCard | None:
    """The newest search for a round's tours."""
    wanted = select(PlanRun).where(PlanRun.group_buy_id == group_buy_id).order_by(PlanRun.asked_at.desc(), PlanRun.id)
    found = session.scalar(wanted.limit(1))
    return _card(found) if found else None


def open_searches(session: Session) -> list[SearchCard]:
    """Every search that has not ended."""
    return [_card(run) for run in session.scalars(select(PlanRun).where(PlanRun.state.in_(OPEN_RUNS)))]


def search_of(session: Session, search_id: UUID) -> SearchCard:
    """One search; raises NotFound."""
    found = session.get(PlanRun, search_id)
    if found is None:
        raise NotFound("search")
    return _card(found)


def stop_is_asked(session: Session, search_id: UUID) -> bool:
    """Whether somebody wants a search to end with the best so far."""
    return bool(session.scalar(select(PlanRun.stop_asked).where(PlanRun.id == search_id)))


def _card(run: PlanRun) -> SearchCard:
    return SearchCard(
        id=run.id, group_buy_id=run.group_buy_id, state=run.state, seconds=run.seconds, seed=run.seed,
        asked_by=run.asked_by, asked_at=run.asked_at, began_at=run.began_at, finished_at=run.finished_at,
        stop_asked=run.stop_asked, curve=tuple((int(ms), int(cents)) for ms, cents in run.curve), plan_id=run.plan_id,
        note=run.note,
    )  # fmt: skip


def driver_link(session: Session, link_id: UUID) -> DriverLinkCard | None:
    """A driver's link, whether it is valid or not; None when there is none."""
    row = session.execute(_links().where(DriverLink.id == link_id)).mappings().first()
    return DriverLinkCard(**row) if row else None


def links_of_round(session: Session, group_buy_id: UUID) -> dict[UUID, DriverLinkCard]:
    """Links of a round that nobody withdrew, by truck."""
    open_ones = _links().where(DriverLink.group_buy_id == group_buy_id, DriverLink.withdrawn_at.is_(None))
    return {row["vehicle_id"]: DriverLinkCard(**row) for row in session.execute(open_ones).mappings()}


def _links() -> Select[*tuple[Any, ...]]:
    return select(
        DriverLink.id, DriverLink.group_buy_id, DriverLink.vehicle_id, Vehicle.code.label("vehicle_code"),
        Vehicle.name.label("vehicle_name"), DriverLink.expires_at, DriverLink.withdrawn_at,
    ).join(Vehicle, Vehicle.id == DriverLink.vehicle_id)  # fmt: skip
