"""When a leader leaves: who takes over her residents and her post."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.domains.communities import queries
from app.domains.communities.errors import NeededElsewhere, NobodyServes, PointFull, PointServed
from app.domains.communities.models import HomeRow, Leader, LeaderPost, PickupPoint
from app.domains.communities.service.leaders import change_status
from app.domains.communities.values import SERVING, HomeReason, LeaderStatus, PostRole, ReplaceLeader
from app.infra.bulk import insert_rows
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.words import one_line

LONGEST_REASON = 300


def replace_leader(uow: UnitOfWork, wish: ReplaceLeader) -> int:
    """Remove a leader and give her residents, and her primary post, to a serving one; returns how many moved.

    The old homes end and new ones begin, so history stays. A successor at another pickup point must have room there.
    Orders already placed keep the leader and point that they were placed with.
    Raises NotFound, NobodyServes (the successor), PointFull, WrongState (the leader was removed before), Invalid.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    if wish.leader_id == wish.successor_id:
        raise Invalid(field="successor_id", reason=Reason.TAKEN)
    both = select(Leader).where(Leader.id.in_([wish.leader_id, wish.successor_id])).order_by(Leader.id)
    found = {leader.id: leader for leader in uow.session.scalars(both.with_for_update(key_share=True))}
    if len(found) < 2:
        raise NotFound(what="leader")
    leaving, successor = found[wish.leader_id], found[wish.successor_id]
    if successor.status not in SERVING:
        raise NobodyServes
    post = uow.session.scalar(select(LeaderPost).filter_by(leader_id=leaving.id, until_at=None))
    change_status(uow, leaving.id, LeaderStatus.REMOVED, wish.reason)
    if post is not None and post.role is PostRole.PRIMARY:
        _appoint(uow, successor.id, post.neighbourhood_id)
    moved = _move_residents(uow, leaving, successor)
    uow.audit("communities.replace_leader", leaving.id, None, {"successor_id": str(successor.id), "residents": moved})
    return moved


def _appoint(uow: UnitOfWork, leader_id: UUID, neighbourhood_id: UUID) -> None:
    """Make a leader the primary of a neighbourhood, unless she is the primary of another one already."""
    held = uow.session.scalar(select(LeaderPost).filter_by(leader_id=leader_id, until_at=None))
    if held is not None and held.role is PostRole.PRIMARY:
        return
    if held is not None:
        held.until_at = uow.now
        uow.session.flush()
    uow.session.add(
        LeaderPost(leader_id=leader_id, neighbourhood_id=neighbourhood_id, role=PostRole.PRIMARY, from_at=uow.now)
    )
    uow.audit("communities.appoint", leader_id, None, {"neighbourhood_id": str(neighbourhood_id), "role": "primary"})


def _move_residents(uow: UnitOfWork, leaving: Leader, successor: Leader) -> int:
    """End all open homes at one leader and begin them at the other, with two statements."""
    point = uow.session.get_one(PickupPoint, successor.pickup_point_id, with_for_update={"key_share": True})
    ended: Any = (
        update(HomeRow)
        .where(HomeRow.leader_id == leaving.id, HomeRow.until_at.is_(None))
        .values(until_at=uow.now)
        .returning(
            HomeRow.resident_id, HomeRow.pickup_point_id, HomeRow.reason, HomeRow.lat, HomeRow.lon, HomeRow.distance_m
        )
    )
    gone = uow.session.execute(ended).all()
    if not gone:
        return 0
    begun = [
        {
            "id": new_id(), "resident_id": home.resident_id, "hub_id": point.hub_id,
            "neighbourhood_id": point.neighbourhood_id, "pickup_point_id": point.id, "leader_id": successor.id,
            "reason": home.reason if home.pickup_point_id == point.id else HomeReason.CHOSEN, "lat": home.lat,
            "lon": home.lon, "distance_m": home.distance_m if home.pickup_point_id == point.id else None,
            "from_at": uow.now, "until_at": None,
        }
        for home in gone
    ]  # fmt: skip
    insert_rows(uow.session, HomeRow, begun)
    taken = queries.residents_by_point(uow.session, point.hub_id).get(point.id, 0)
    if leaving.pickup_point_id != point.id and taken > point.capacity_orders:
        raise PointFull(capacity_orders=point.capacity_orders)
    return len(begun)


def take_over(uow: UnitOfWork, pickup_point_id: UUID, successor_id: UUID, reason: str) -> int:
    """Let a serving leader take over a pickup point at which nobody serves; returns how many residents are hers now.

    She hands out there from now on, and is its neighbourhood's primary leader where that has none. Residents stay at
    their point; the old homes end and new ones begin, so history stays.
    Raises NotFound, Invalid (no reason), PointServed, NobodyServes (the successor), NeededElsewhere.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    words = one_line("reason", reason, LONGEST_REASON)
    point = uow.session.get(PickupPoint, pickup_point_id, with_for_update={"key_share": True})
    successor = uow.session.get(Leader, successor_id, with_for_update={"key_share": True})
    if point is None or successor is None or successor.hub_id != point.hub_id:
        raise NotFound(what="pickup_point" if point is None else "leader")
    if _serving_at(uow, point.id):
        raise PointServed
    if successor.status not in SERVING:
        raise NobodyServes
    if successor.id not in {leader.id for leader in queries.free_leaders(uow.session, point.hub_id)}:
        raise NeededElsewhere
    before = {"pickup_point_id": str(successor.pickup_point_id)}
    successor.pickup_point_id = point.id
    uow.session.flush()
    primary = select(LeaderPost.id).filter_by(neighbourhood_id=point.neighbourhood_id, role=PostRole.PRIMARY)
    if uow.session.scalar(primary.where(LeaderPost.until_at.is_(None))) is None:
        _appoint(uow, successor.id, point.neighbourhood_id)
    moved = _hand_homes(uow, point, successor.id)
    after = {"pickup_point_id": str(point.id), "residents": moved, "reason": words}
    uow.audit("communities.take_over", successor.id, before, after)
    return moved


def _serving_at(uow: UnitOfWork, pickup_point_id: UUID) -> bool:
    here = select(Leader.id).where(Leader.pickup_point_id == pickup_point_id, Leader.status.in_(SERVING))
    return uow.session.scalar(here.limit(1)) is not None


def _hand_homes(uow: UnitOfWork, point: PickupPoint, leader_id: UUID) -> int:
    """Give the open homes of a point to another leader."""
    ended: Any = (
        update(HomeRow)
        .where(HomeRow.pickup_point_id == point.id, HomeRow.until_at.is_(None))
        .values(until_at=uow.now)
        .returning(
            HomeRow.resident_id, HomeRow.hub_id, HomeRow.neighbourhood_id, HomeRow.reason, HomeRow.lat, HomeRow.lon,
            HomeRow.distance_m,
        )
    )  # fmt: skip
    begun = [
        {**home._asdict(), "id": new_id(), "pickup_point_id": point.id, "leader_id": leader_id, "from_at": uow.now,
         "until_at": None}
        for home in uow.session.execute(ended)
    ]  # fmt: skip
    if begun:
        insert_rows(uow.session, HomeRow, begun)
    return len(begun)
