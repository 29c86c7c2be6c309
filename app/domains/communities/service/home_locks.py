"""Pairs that every plan for a hub keeps: a resident, or all who live near a place, and a pickup point."""

from uuid import UUID

from sqlalchemy import func, select

from app.domains.communities.models import HomeLockRow, HomeRow, PickupPoint
from app.domains.communities.values.city_plans import LockHome
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.ids import new_id
from app.kernel.reasons import Reason

#: Locked pairs of one hub, and how far around a place a lock may reach: a building or a courtyard, no district.
MOST_LOCKS, MOST_WITHIN_M = 500, 500


def lock_home(uow: UnitOfWork, wish: LockHome) -> UUID:
    """Keep a pair in every plan from now on; nobody moves before a plan is applied.

    A resident's newer lock replaces her older one. Raises Invalid, NotFound.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    point = uow.session.get(PickupPoint, wish.pickup_point_id)
    if point is None:
        raise NotFound(what="pickup_point")
    _check(uow, wish, point.hub_id)
    uow.lock(f"communities.home_locks:{point.hub_id}")
    hers = select(HomeLockRow).where(HomeLockRow.resident_id == wish.resident_id, HomeLockRow.resident_id.is_not(None))
    lock = uow.session.scalar(hers.with_for_update())
    before = {"pickup_point_id": str(lock.pickup_point_id)} if lock else None
    if lock is None:
        if (uow.session.scalar(select(func.count()).where(HomeLockRow.hub_id == point.hub_id)) or 0) >= MOST_LOCKS:
            raise Invalid(field="locks", reason=Reason.TOO_LARGE)
        lock = HomeLockRow(
            id=new_id(), resident_id=wish.resident_id, lat=wish.place.lat if wish.place else None,
            lon=wish.place.lon if wish.place else None, within_m=wish.within_m if wish.place else None,
        )  # fmt: skip
        uow.session.add(lock)
    lock.hub_id, lock.pickup_point_id = point.hub_id, point.id
    lock.locked_by, lock.locked_at = uow.actor.name, uow.now
    after = {"pickup_point_id": str(point.id), "resident_id": str(wish.resident_id or ""), "within_m": wish.within_m}
    uow.audit("communities.lock_home", lock.id, before, after)
    return lock.id


def lock_neighbours(uow: UnitOfWork, home_id: UUID, within_m: int) -> UUID:
    """Keep everybody who lives near a resident's home at the point where she fetches. Raises Invalid, NotFound."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    home = uow.session.get(HomeRow, home_id)
    if home is None or home.lat is None or home.lon is None:
        raise NotFound(what="home")
    return lock_home(
        uow,
        LockHome(pickup_point_id=home.pickup_point_id, place=Point(home.lat, home.lon), within_m=within_m),
    )


def unlock_home(uow: UnitOfWork, lock_id: UUID) -> None:
    """Let a pair go; plans may move these residents again. Raises NotFound."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    lock = uow.session.get(HomeLockRow, lock_id, with_for_update=True)
    if lock is None:
        raise NotFound(what="home_lock")
    before = {"pickup_point_id": str(lock.pickup_point_id), "resident_id": str(lock.resident_id or "")}
    uow.audit("communities.unlock_home", lock_id, before, None)
    uow.session.delete(lock)


def _check(uow: UnitOfWork, wish: LockHome, hub_id: UUID) -> None:
    if (wish.resident_id is None) == (wish.place is None):
        raise Invalid(field="phone", reason=Reason.MISSING)
    if wish.place and not 1 <= wish.within_m <= MOST_WITHIN_M:
        raise Invalid(field="within_m", reason=Reason.TOO_SMALL if wish.within_m < 1 else Reason.TOO_LARGE)
    if wish.resident_id:
        home = select(HomeRow.id).where(
            HomeRow.resident_id == wish.resident_id, HomeRow.hub_id == hub_id, HomeRow.until_at.is_(None)
        )
        if uow.session.scalar(home) is None:
            raise Invalid(field="phone", reason=Reason.UNKNOWN)
