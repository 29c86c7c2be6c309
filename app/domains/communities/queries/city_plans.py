"""Plans for a whole city: what they are made of, how far they are, who moves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.communities.models import CityPlanRow, HomeLockRow, HomeRow, Leader, PickupPoint, PlannedMoveRow
from app.domains.communities.queries.ground import places
from app.domains.communities.values import HomeReason
from app.domains.communities.values.city_plans import (
    CityPlanCard,
    HomeLock,
    MovedHome,
    PlannedLoad,
    PlannedMove,
    PlannedMoveState,
    PlanningHome,
    Shift,
)
from app.kernel.errors import NotFound
from app.kernel.geo import Point
from app.kernel.paging import Page, PageAsk, page_of


def homes_to_plan(session: Session, hub_id: UUID) -> list[PlanningHome]:
    """Every open home of a hub; who never said where she lives is taken to live at her pickup point."""
    spots = {place.pickup_point_id: place for place in places(session, hub_id)}
    wanted = select(
        HomeRow.id, HomeRow.resident_id, HomeRow.pickup_point_id, HomeRow.reason, HomeRow.lat, HomeRow.lon
    ).where(HomeRow.hub_id == hub_id, HomeRow.until_at.is_(None))
    return [
        PlanningHome(
            home_id=home_id, resident_id=resident_id, pickup_point_id=point_id,
            place=spots[point_id].place if lat is None or lon is None else Point(lat, lon),
            is_known=lat is not None, is_wish=reason in {HomeReason.LEADER_LINK, HomeReason.CHOSEN},
        )
        for home_id, resident_id, point_id, reason, lat, lon in session.execute(wanted)
    ]  # fmt: skip


def city_plan(session: Session, plan_id: UUID) -> CityPlanCard:
    """One plan; raises NotFound."""
    row = session.get(CityPlanRow, plan_id)
    if row is None:
        raise NotFound(what="city_plan")
    return _cards(session, [row])[0]


def city_plans(session: Session, hub_id: UUID, limit: int = 20) -> list[CityPlanCard]:
    """A hub's plans, the newest first."""
    rows = select(CityPlanRow).where(CityPlanRow.hub_id == hub_id).order_by(CityPlanRow.asked_at.desc())
    return _cards(session, list(session.scalars(rows.order_by(CityPlanRow.id.desc()).limit(limit))))


def shifts(session: Session, plan_id: UUID) -> list[Shift]:
    """The moves of a plan by pair of pickup points, most residents first."""
    move = PlannedMoveRow
    wanted = (
        select(move.from_point_id, move.to_point_id, func.count(), func.avg(move.before_m), func.avg(move.after_m))
        .where(move.plan_id == plan_id)
        .group_by(move.from_point_id, move.to_point_id)
        .order_by(func.count().desc(), move.from_point_id, move.to_point_id)
    )
    return [
        Shift(from_point_id=old, to_point_id=new, residents=number,
              before_m=None if before is None else round(before), after_m=round(after))
        for old, new, number, before, after in session.execute(wanted)
    ]  # fmt: skip


def planned_moves(session: Session, plan_id: UUID, ask: PageAsk) -> Page[PlannedMove]:
    """A page of who moves, by resident."""
    move = PlannedMoveRow
    wanted = (
        select(
            move.resident_id, Account.name, move.home_id, move.from_point_id, move.to_point_id, move.before_m,
            move.after_m, move.state, move.is_locked,
        )
        .join(Account, Account.id == move.resident_id)
        .where(move.plan_id == plan_id).order_by(move.resident_id).limit(ask.limit + 1)
    )  # fmt: skip
    if ask.after:
        wanted = wanted.where(move.resident_id > ask.after)
    found = [PlannedMove(**row) for row in session.execute(wanted).mappings()]
    return page_of(found, ask.limit, found[ask.limit - 1].resident_id if len(found) > ask.limit else None)


def home_locks(session: Session, hub_id: UUID) -> list[HomeLock]:
    """The locked pairs of a hub, the oldest first."""
    lock = HomeLockRow
    wanted = (
        select(lock, Account.name, PickupPoint.name)
        .outerjoin(Account, Account.id == lock.resident_id).join(PickupPoint, PickupPoint.id == lock.pickup_point_id)
        .where(lock.hub_id == hub_id).order_by(lock.locked_at, lock.id)
    )  # fmt: skip
    return [
        HomeLock(
            id=row.id, pickup_point_id=row.pickup_point_id, pickup_point_name=point, resident_id=row.resident_id,
            name=name, place=None if row.lat is None or row.lon is None else Point(row.lat, row.lon),
            within_m=row.within_m or 0, locked_by=row.locked_by, locked_at=row.locked_at,
        )
        for row, name, point in session.execute(wanted)
    ]  # fmt: skip


def moved_homes(session: Session, plan_id: UUID, at: datetime) -> list[MovedHome]:
    """Homes that a plan, or taking it back, began at an instant."""
    mine = or_(PlannedMoveRow.new_home_id == HomeRow.id, PlannedMoveRow.back_home_id == HomeRow.id)
    wanted = (
        select(
            HomeRow.resident_id, HomeRow.id.label("home_id"), PickupPoint.name.label("pickup_point_name"),
            PickupPoint.address, Leader.name.label("leader_name"), HomeRow.distance_m,
        )
        .join(PlannedMoveRow, (PlannedMoveRow.resident_id == HomeRow.resident_id) & mine)
        .join(PickupPoint, PickupPoint.id == HomeRow.pickup_point_id)
        .join(Leader, Leader.id == HomeRow.leader_id)
        .where(PlannedMoveRow.plan_id == plan_id, HomeRow.from_at == at, HomeRow.until_at.is_(None))
    )  # fmt: skip
    return [MovedHome(**row) for row in session.execute(wanted).mappings()]


def _cards(session: Session, rows: Collection[CityPlanRow]) -> list[CityPlanCard]:
    counted = (
        select(PlannedMoveRow.plan_id, PlannedMoveRow.state, func.count())
        .where(PlannedMoveRow.plan_id.in_([row.id for row in rows]))
        .group_by(PlannedMoveRow.plan_id, PlannedMoveRow.state)
    )
    moves: dict[UUID, dict[PlannedMoveState, int]] = {}
    for plan_id, state, number in session.execute(counted):
        moves.setdefault(plan_id, {})[state] = number
    return [_card(row, moves.get(row.id, {})) for row in rows]


def _card(row: CityPlanRow, moves: dict[PlannedMoveState, int]) -> CityPlanCard:
    return CityPlanCard(
        id=row.id, hub_id=row.hub_id, state=row.state, sticky_m=row.sticky_m, most=row.most,
        keep_wishes=row.keep_wishes, asked_by=row.asked_by, asked_at=row.asked_at, solved_at=row.solved_at,
        finished_at=row.finished_at, note=row.note, residents=row.residents, before_m=row.before_m, after_m=row.after_m,
        is_relaxed=row.is_relaxed, rounds=tuple((ms, metres, left) for ms, metres, left in row.rounds),
        loads=tuple(_load(load) for load in row.loads), moves=moves, least=row.least,
        some_may_lose=row.some_may_lose, locked=row.locked,
    )  # fmt: skip


def _load(load: dict[str, Any]) -> PlannedLoad:
    ids = {name: UUID(load[name]) for name in ("pickup_point_id", "leader_id")}
    return PlannedLoad(**ids, room=load["room"], before=load["before"], after=load["after"])
