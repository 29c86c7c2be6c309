"""Which pickup point and leader serve a resident: chosen by her, told with the reason, never above the capacity."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from app.domains.communities import queries, rules
from app.domains.communities.errors import NobodyInReach, NobodyServes, PointFull
from app.domains.communities.models import HomeRow, PickupPoint
from app.domains.communities.service.atlas import atlas_of
from app.domains.communities.values import SERVING, ChooseHome, Home, HomeReason, NewHome
from app.domains.communities.values.ground import PickupPlace
from app.infra.bulk import insert_rows
from app.infra.distance import geodesic_m
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.reasons import Reason

#: Built once: every order asks it. The share lock is this home's own row, so orders do not wait for each other.
_OPEN_HOME = (
    select(HomeRow.id).where(HomeRow.resident_id == bindparam("resident_id"), HomeRow.until_at.is_(None))
    .with_for_update(read=True)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """What a bulk assignment did: homes found, and residents whom nobody can serve."""

    homes: dict[UUID, Home]
    refused: dict[UUID, NobodyInReach]


@dataclass(frozen=True, slots=True)
class _Choice:
    """Where a resident would belong."""

    place: PickupPlace
    leader_id: UUID
    reason: HomeReason
    distance_m: int | None


def choose_home(uow: UnitOfWork, wish: ChooseHome) -> Home:
    """Give the acting resident the pickup point that her location, link or choice leads to, and say why.

    May be repeated: the same answer changes nothing; another one ends the old home and begins a new one.
    Raises NobodyInReach, PointFull, NobodyServes, NotFound (unknown link or point), Invalid (an empty wish).
    """
    uow.require(Permission.COMMUNITIES_CHOOSE_HOME)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.COMMUNITIES_CHOOSE_HOME.value)
    return _settle(uow, uow.actor.id, wish)


def hold_home(uow: UnitOfWork, resident_id: UUID, on: date) -> Home | None:
    """Where a resident fetches on a day, held until the transaction ends: her leader is not replaced meanwhile.

    A replacement or absence that is under way is finished first, and what it decided holds. None without a home.
    """
    uow.require(Permission.ORDERS_PLACE)
    for _ in range(2):  # a home that ended while we waited for it has a successor
        if uow.session.execute(_OPEN_HOME, {"resident_id": resident_id}).all():
            break
    return queries.home_on(uow.session, resident_id, on)


def assign_home(uow: UnitOfWork, resident_id: UUID, wish: ChooseHome) -> Home:
    """Give a resident a home on her behalf; as `choose_home`."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    return _settle(uow, resident_id, wish)


def assign_homes(uow: UnitOfWork, newcomers: Sequence[NewHome]) -> Placed:
    """Give many residents without a home their first one by location, in the given order, set-based.

    Who has a home keeps it and is left out of the answer. Newcomers elsewhere wait until this transaction ends.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    points = select(PickupPoint.id).order_by(PickupPoint.id).with_for_update(key_share=True)
    uow.session.execute(points).all()
    settled = queries.homes_of(uow.session, [new.resident_id for new in newcomers])
    loads = queries.residents_by_point(uow.session)
    atlas = atlas_of(uow.session)

    def has_room(site: rules.Site) -> bool:
        return loads.get(site.pickup_point_id, 0) < atlas.places[site.pickup_point_id].capacity_orders

    homes: dict[UUID, Home] = {}
    refused: dict[UUID, NobodyInReach] = {}
    rows = []
    first = atlas.city.find_many([new.location for new in newcomers])
    for number, new in enumerate(newcomers):
        if new.resident_id in settled or new.resident_id in homes:
            continue
        try:
            found = first.at(number)
            if found is None or not has_room(found.site):
                found = atlas.city.find(new.location, has_room)
        except NobodyInReach as refusal:
            refused[new.resident_id] = refusal
            continue
        choice = _choice(atlas.places[found.site.pickup_point_id], found.reason, found.distance_m)
        loads[found.site.pickup_point_id] = loads.get(found.site.pickup_point_id, 0) + 1
        homes[new.resident_id] = _home(new.resident_id, choice)
        rows.append(_row(uow, new.resident_id, choice, new.location))
    if rows:
        insert_rows(uow.session, HomeRow, rows)
        uow.audit("communities.assign_homes", None, None, {"homes": len(rows)})
    return Placed(homes, refused)


def _settle(uow: UnitOfWork, resident_id: UUID, wish: ChooseHome) -> Home:
    """Decide, lock the point, look again; a point that filled up meanwhile counts as full in the next look.

    One answer per resident at a time: a twin request waits and then finds the home that the first one gave.
    """
    uow.lock(f"communities.home:{resident_id}")
    present = queries.home_of(uow.session, resident_id)
    seats = _Seats(uow, present)
    while True:
        choice = _decide(uow, wish, seats)
        if present and (present.pickup_point_id, present.leader_id) == (choice.place.pickup_point_id, choice.leader_id):
            return present
        seats.recount(choice.place.pickup_point_id)
        if seats.has_room(choice.place):
            return _move(uow, resident_id, choice, wish.location, present)


class _Seats:
    """Taken seats by pickup point, counted only where they matter; her own one is free for the resident."""

    def __init__(self, uow: UnitOfWork, present: Home | None) -> None:
        self._uow = uow
        self._own = present.pickup_point_id if present else None
        self._taken: dict[UUID, int] = {}

    def look_up(self, point_ids: Collection[UUID]) -> None:
        """Count the points that were not counted yet, with one statement."""
        wanted = set(point_ids) - self._taken.keys()
        found = queries.residents_by_point(self._uow.session, ids=wanted) if wanted else {}
        self._taken |= {id_: found.get(id_, 0) - (id_ == self._own) for id_ in wanted}

    def has_room(self, place: PickupPlace) -> bool:
        """Whether one more resident may come to a point."""
        self.look_up([place.pickup_point_id])
        return self._taken[place.pickup_point_id] < place.capacity_orders

    def recount(self, point_id: UUID) -> None:
        """Hold the pickup point's row to the end of the transaction and count again behind the lock."""
        point = select(PickupPoint.id).where(PickupPoint.id == point_id).with_for_update(key_share=True)
        self._uow.session.execute(point).all()
        self._taken.pop(point_id, None)
        self.look_up([point_id])


def _decide(uow: UnitOfWork, wish: ChooseHome, seats: _Seats) -> _Choice:
    if wish.share_code is not None:
        leader = queries.find_leader_by_share_code(uow.session, wish.share_code)
        if leader is None:
            raise NotFound(what="share_code")
        if leader.status not in SERVING:
            raise NobodyServes
        place = queries.get_place(uow.session, leader.pickup_point_id)
        return _Choice(_roomy(place, seats), leader.id, HomeReason.LEADER_LINK, _way(wish.location, place))
    if wish.pickup_point_id is not None:
        place = _roomy(queries.get_place(uow.session, wish.pickup_point_id), seats)
        return _choice(place, HomeReason.CHOSEN, _way(wish.location, place))
    if wish.location is None:
        raise Invalid(field="location", reason=Reason.MISSING)
    atlas = atlas_of(uow.session)
    seats.look_up(atlas.city.candidates(wish.location))
    found = atlas.city.find(wish.location, lambda site: seats.has_room(atlas.places[site.pickup_point_id]))
    return _choice(atlas.places[found.site.pickup_point_id], found.reason, found.distance_m)


def _roomy(place: PickupPlace, seats: _Seats) -> PickupPlace:
    if not seats.has_room(place):
        raise PointFull(capacity_orders=place.capacity_orders)
    return place


def _way(location: Point | None, place: PickupPlace) -> int | None:
    return round(geodesic_m(location, place.place)) if location else None


def _choice(place: PickupPlace, reason: HomeReason, distance_m: int | None) -> _Choice:
    if place.leader_id is None:
        raise NobodyServes
    return _Choice(place, place.leader_id, reason, distance_m)


def _move(uow: UnitOfWork, resident_id: UUID, choice: _Choice, location: Point | None, present: Home | None) -> Home:
    """End the old home and begin the new one."""
    ended = update(HomeRow).where(HomeRow.resident_id == resident_id, HomeRow.until_at.is_(None))
    uow.session.execute(ended.values(until_at=uow.now))
    uow.session.execute(insert(HomeRow), [_row(uow, resident_id, choice, location)])
    uow.audit(
        "communities.choose_home",
        resident_id,
        {"pickup_point_id": str(present.pickup_point_id)} if present else None,
        {"pickup_point_id": str(choice.place.pickup_point_id), "reason": choice.reason.value},
    )
    return _home(resident_id, choice)


def _home(resident_id: UUID, choice: _Choice) -> Home:
    return Home(
        resident_id=resident_id, hub_id=choice.place.hub_id, neighbourhood_id=choice.place.neighbourhood_id,
        pickup_point_id=choice.place.pickup_point_id, leader_id=choice.leader_id, reason=choice.reason,
        distance_m=choice.distance_m,
    )  # fmt: skip


def _row(uow: UnitOfWork, resident_id: UUID, choice: _Choice, location: Point | None) -> dict[str, object]:
    return {
        "resident_id": resident_id, "hub_id": choice.place.hub_id, "neighbourhood_id": choice.place.neighbourhood_id,
        "pickup_point_id": choice.place.pickup_point_id, "leader_id": choice.leader_id, "reason": choice.reason,
        "lat": location.lat if location else None, "lon": location.lon if location else None,
        "distance_m": choice.distance_m, "from_at": uow.now,
    }  # fmt: skip
