"""When a leader leaves: who takes over her residents and her post."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import aliased

from app.domains.accounts.service.accounts import enable
from app.domains.communities import queries
from app.domains.communities.errors import NeededElsewhere, NobodyServes, PointServed
from app.domains.communities.events import LeaderStatusChanged
from app.domains.communities.models import HomeRow, Leader, LeaderPost, PickupPoint
from app.domains.communities.service.leaders import change_status
from app.domains.communities.values import SERVING, HomeReason, LeaderStatus, PostRole
from app.infra.bulk import insert_rows
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.words import one_line

LONGEST_REASON = 300
#: What a home is copied with; times and the row's own id are new.
_HOME = (
    "id", "resident_id", "hub_id", "neighbourhood_id", "pickup_point_id", "leader_id", "reason", "lat", "lon",
    "distance_m",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """Who serves a resident from now on, and where."""

    leader_id: UUID
    pickup_point_id: UUID


def hold(uow: UnitOfWork, leader_ids: Collection[UUID], point_ids: Collection[UUID]) -> None:
    """Hold leaders' and pickup points' rows, points first, each in order of id, until the transaction ends."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    points = select(PickupPoint.id).where(PickupPoint.id.in_(point_ids)).order_by(PickupPoint.id)
    uow.session.execute(points.with_for_update(key_share=True)).all()
    leaders = select(Leader.id).where(Leader.id.in_(leader_ids)).order_by(Leader.id)
    uow.session.execute(leaders.with_for_update(key_share=True)).all()


def hold_homes(uow: UnitOfWork, leader_id: UUID) -> None:
    """Hold the homes at a leader: an order that is being placed there is finished first, new ones wait."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    homes = select(HomeRow.id).where(HomeRow.leader_id == leader_id, HomeRow.until_at.is_(None)).order_by(HomeRow.id)
    uow.session.execute(homes.with_for_update()).all()


def leave(uow: UnitOfWork, leader_id: UUID, reason: str) -> dict[str, Any]:
    """Remove a leader: her post and her sign-ins end at once. Returns status and post as they were.

    Raises NotFound, WrongState (removed before), Invalid.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    leader = uow.session.get(Leader, leader_id, with_for_update={"key_share": True})
    if leader is None:
        raise NotFound(what="leader")
    before = {"status": leader.status.value, "post": _post_of(uow, leader_id)}
    change_status(uow, leader_id, LeaderStatus.REMOVED, reason)
    return before


def come_back(uow: UnitOfWork, leader_id: UUID, before: dict[str, Any], reason: str) -> None:
    """Give a removed leader her status and post back, and let her sign in again; ended sign-ins stay ended."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    leader = uow.session.get_one(Leader, leader_id, with_for_update={"key_share": True})
    old, leader.status = leader.status, LeaderStatus(before["status"])
    enable(uow, leader_id)
    _put_post(uow, leader_id, before["post"])
    new = leader.status.value
    uow.audit("communities.change_leader_status", leader_id, {"status": old.value}, {"status": new, "reason": reason})
    uow.emit(LeaderStatusChanged(new_id(), leader_id, old.value, new, reason))


def appoint(uow: UnitOfWork, leader_id: UUID, neighbourhood_id: UUID, pickup_point_id: UUID) -> dict[str, Any]:
    """Let a leader hand out at a point, as primary of its neighbourhood unless she is one already.

    A neighbourhood that has a primary keeps her. Returns point and post as they were.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    leader = uow.session.get_one(Leader, leader_id, with_for_update={"key_share": True})
    before = {"pickup_point_id": str(leader.pickup_point_id), "post": _post_of(uow, leader_id)}
    if leader.pickup_point_id != pickup_point_id:
        leader.pickup_point_id = pickup_point_id
        uow.audit(
            "communities.take_over", leader_id, {"pickup_point_id": before["pickup_point_id"]},
            {"pickup_point_id": str(pickup_point_id)},
        )  # fmt: skip
    uow.session.flush()
    if not _has_primary(uow, neighbourhood_id):
        _appoint(uow, leader_id, neighbourhood_id)
    return before


def withdraw_appointment(uow: UnitOfWork, leader_id: UUID, before: dict[str, Any]) -> None:
    """Take back what `appoint` did."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    leader = uow.session.get_one(Leader, leader_id, with_for_update={"key_share": True})
    leader.pickup_point_id = UUID(before["pickup_point_id"])
    uow.session.flush()
    _put_post(uow, leader_id, before["post"])


def _post_of(uow: UnitOfWork, leader_id: UUID) -> dict[str, str] | None:
    held = uow.session.scalar(select(LeaderPost).filter_by(leader_id=leader_id, until_at=None))
    return {"neighbourhood_id": str(held.neighbourhood_id), "role": held.role.value} if held else None


def _put_post(uow: UnitOfWork, leader_id: UUID, post: dict[str, str] | None) -> None:
    """Let a leader hold this post, or none; what she held meanwhile ends, so history stays.

    A neighbourhood that got another primary keeps her: then the post is that of a backup.
    """
    if _post_of(uow, leader_id) == post:
        return
    held = update(LeaderPost).where(LeaderPost.leader_id == leader_id, LeaderPost.until_at.is_(None))
    uow.session.execute(held.values(until_at=uow.now))
    if post:
        hood = UUID(post["neighbourhood_id"])
        role = PostRole.BACKUP if _has_primary(uow, hood) else PostRole(post["role"])
        uow.session.add(LeaderPost(leader_id=leader_id, neighbourhood_id=hood, role=role, from_at=uow.now))
    uow.session.flush()


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


def move_homes(
    uow: UnitOfWork, leader_id: UUID, targets: Mapping[UUID, Target], distances: Mapping[UUID, int]
) -> list[list[str]]:
    """End the open homes at a leader and begin them where each resident goes; [resident, old, new home] of each.

    Two statements, history stays. `distances` are metres from home to the new point, where her home is known.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    hers = (HomeRow.leader_id == leader_id, HomeRow.resident_id.in_(targets.keys()))
    gone = _end_homes(uow, *hers)
    points = {target.pickup_point_id for target in targets.values()}
    places = queries.places_by_id(uow.session, points)
    begun, pairs = [], []
    for home in gone:
        target = targets[home.resident_id]
        place, stays = places[target.pickup_point_id], home.pickup_point_id == target.pickup_point_id
        fresh = {
            **home._asdict(), "id": new_id(), "leader_id": target.leader_id, "from_at": uow.now, "until_at": None,
        }  # fmt: skip
        if not stays:
            fresh |= {
                "hub_id": place.hub_id, "neighbourhood_id": place.neighbourhood_id,
                "pickup_point_id": target.pickup_point_id, "reason": HomeReason.CHOSEN,
                "distance_m": distances.get(home.resident_id) if home.lat is not None else None,
            }  # fmt: skip
        begun.append(fresh)
        pairs.append([str(home.resident_id), str(home.id), str(fresh["id"])])
    if begun:
        insert_rows(uow.session, HomeRow, begun)
    return pairs


def move_homes_back(uow: UnitOfWork, pairs: Sequence[Sequence[str]]) -> list[UUID]:
    """Give residents their old homes again who still live where `move_homes` put them; returns those residents.

    Whoever was moved on and back since lives there too, by a home of its own in the history.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    old_of = {UUID(resident): UUID(old) for resident, old, _ in pairs}
    put = aliased(HomeRow)
    there = select(put.id).where(
        put.id.in_([UUID(new) for _, _, new in pairs]), put.resident_id == HomeRow.resident_id,
        put.leader_id == HomeRow.leader_id, put.pickup_point_id == HomeRow.pickup_point_id,
    )  # fmt: skip
    gone = _end_homes(uow, HomeRow.resident_id.in_(old_of.keys()), there.exists())
    columns = [getattr(HomeRow, name) for name in _HOME]
    before = {
        row.id: row for row in uow.session.execute(select(*columns).where(HomeRow.id.in_(old_of.values())))
    }  # fmt: skip
    begun = [
        {**before[old_of[home.resident_id]]._asdict(), "id": new_id(), "from_at": uow.now, "until_at": None}
        for home in gone
    ]
    if begun:
        insert_rows(uow.session, HomeRow, begun)
    return [home.resident_id for home in gone]


def _end_homes(uow: UnitOfWork, *which: ColumnElement[bool]) -> list[Any]:
    """End open homes and return them as they were."""
    ended: Any = update(HomeRow).where(*which, HomeRow.until_at.is_(None)).values(until_at=uow.now)
    return list(uow.session.execute(ended.returning(*(getattr(HomeRow, name) for name in _HOME))))


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
    if not _has_primary(uow, point.neighbourhood_id):
        _appoint(uow, successor.id, point.neighbourhood_id)
    moved = _hand_homes(uow, point, successor.id)
    after = {"pickup_point_id": str(point.id), "residents": moved, "reason": words}
    uow.audit("communities.take_over", successor.id, before, after)
    return moved


def _has_primary(uow: UnitOfWork, neighbourhood_id: UUID) -> bool:
    primary = select(LeaderPost.id).filter_by(neighbourhood_id=neighbourhood_id, role=PostRole.PRIMARY)
    return uow.session.scalar(primary.where(LeaderPost.until_at.is_(None))) is not None


def _serving_at(uow: UnitOfWork, pickup_point_id: UUID) -> bool:
    here = select(Leader.id).where(Leader.pickup_point_id == pickup_point_id, Leader.status.in_(SERVING))
    return uow.session.scalar(here.limit(1)) is not None


def _hand_homes(uow: UnitOfWork, point: PickupPoint, leader_id: UUID) -> int:
    """Give the open homes of a point to another leader."""
    begun = [
        {**home._asdict(), "id": new_id(), "leader_id": leader_id, "from_at": uow.now, "until_at": None}
        for home in _end_homes(uow, HomeRow.pickup_point_id == point.id)
    ]
    if begun:
        insert_rows(uow.session, HomeRow, begun)
    return len(begun)
