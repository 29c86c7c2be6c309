"""Who is away on which pickup days, and who hands out instead."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from app.domains.communities.models import Absence, HomeRow, Leader
from app.domains.communities.queries.ground import home_of
from app.domains.communities.values import SERVING, Home
from app.domains.communities.values.absences import AbsenceCard, AbsenceState, StandIn
from app.domains.communities.values.city_plans import Seat
from app.kernel.errors import NotFound
from app.kernel.geo import Point

_DEPUTY = aliased(Leader)
_STAND_INS = (
    select(Absence.leader_id, _DEPUTY.id, _DEPUTY.pickup_point_id)
    .join(_DEPUTY, (_DEPUTY.id == Absence.deputy_id) & _DEPUTY.status.in_(SERVING))
    .where(
        Absence.leader_id.in_(bindparam("leader_ids", expanding=True)), Absence.state == AbsenceState.AGREED,
        Absence.first_on <= bindparam("day"), Absence.last_on >= bindparam("day"),
    )
)  # fmt: skip


def home_on(session: Session, resident_id: UUID, on: date) -> Home | None:
    """Where a resident fetches on a day, and from whom: as `home_of`, but while her leader is away at the deputy's."""
    home = home_of(session, resident_id)
    if home is None:
        return None
    away = stand_ins(session, [home.leader_id], on).get(home.leader_id)
    if away is None:
        return home
    return replace(home, leader_id=away.deputy_id, pickup_point_id=away.pickup_point_id, is_served=True)


def stand_ins(session: Session, leader_ids: Collection[UUID], on: date) -> dict[UUID, StandIn]:
    """By absent leader, who hands out for her on a day; a deputy who serves nowhere any more does not count."""
    wanted = session.execute(_STAND_INS, {"leader_ids": list(leader_ids), "day": on})
    return {row.leader_id: StandIn(*row) for row in wanted}


def deputies_on(session: Session, leader_ids: Collection[UUID], on: date) -> dict[UUID, UUID]:
    """By absent leader, the account of who stands in on a day."""
    return {leader_id: one.deputy_id for leader_id, one in stand_ins(session, leader_ids, on).items()}


def get_absence(session: Session, absence_id: UUID) -> AbsenceCard:
    """One absence; raises NotFound. Callers compare the owner."""
    row = session.execute(_cards().where(Absence.id == absence_id)).one_or_none()
    if row is None:
        raise NotFound("absence")
    return AbsenceCard(**row._mapping)


def absences_of_leader(session: Session, leader_id: UUID) -> list[AbsenceCard]:
    """A leader's last twenty absences, the latest days first."""
    wanted = _cards().where(Absence.leader_id == leader_id).order_by(Absence.first_on.desc(), Absence.id.desc())
    return [AbsenceCard(**row._mapping) for row in session.execute(wanted.limit(20))]


def deputised(session: Session, leader_id: UUID, today: date) -> list[AbsenceCard]:
    """Absences of others that are not over, for which a leader stands in, the nearest first."""
    wanted = _cards().where(
        Absence.deputy_id == leader_id, Absence.state == AbsenceState.AGREED, Absence.last_on >= today
    )
    return [AbsenceCard(**row._mapping) for row in session.execute(wanted.order_by(Absence.first_on, Absence.id))]


def open_absences(session: Session, today: date, hub_id: UUID | None = None) -> list[AbsenceCard]:
    """Absences that are not over and wait for HQ or hold, those that wait first; of one hub or of all."""
    wanted = _cards().where(Absence.state.in_([AbsenceState.ASKED, AbsenceState.AGREED]), Absence.last_on >= today)
    if hub_id:
        wanted = wanted.where(Absence.hub_id == hub_id)
    found = session.execute(wanted.order_by(Absence.state.desc(), Absence.first_on, Absence.id).limit(200))
    return [AbsenceCard(**row._mapping) for row in found]


def seats_of_leader(session: Session, leader_id: UUID) -> list[Seat]:
    """The residents who belong to a leader now, by id, with where they live."""
    wanted = select(HomeRow.resident_id, HomeRow.pickup_point_id, HomeRow.lat, HomeRow.lon).where(
        HomeRow.leader_id == leader_id, HomeRow.until_at.is_(None)
    )
    return [
        Seat(resident_id, point_id, Point(lat, lon) if lat is not None and lon is not None else None)
        for resident_id, point_id, lat, lon in session.execute(wanted.order_by(HomeRow.resident_id))
    ]


def _cards() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Absence.id, Absence.leader_id, Leader.name.label("leader_name"), Absence.hub_id, Absence.first_on,
            Absence.last_on, Absence.note, Absence.state, Absence.deputy_id, _DEPUTY.name.label("deputy_name"),
            Absence.asked_by, Absence.asked_at, Absence.decided_by, Absence.answer,
        )
        .join(Leader, Leader.id == Absence.leader_id).outerjoin(_DEPUTY, _DEPUTY.id == Absence.deputy_id)
    )  # fmt: skip
