"""A pickup point at which nobody serves any more gets a leader: residents stay, open orders go along to her."""

from uuid import UUID

from app.domains.communities.service import succession
from app.domains.logistics.service import handovers
from app.domains.orders.service import orders
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def take_over(uow: UnitOfWork, pickup_point_id: UUID, successor_id: UUID, reason: str) -> tuple[int, int]:
    """Let a serving leader take over a pickup point that has nobody; returns (residents, open orders) that are hers.

    Whatever nobody has fetched yet is hers to count and to hand out, with its commission; what was fetched in part
    stays with the leader who began it. Raises as `communities.service.succession.take_over`.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    residents = succession.take_over(uow, pickup_point_id, successor_id, reason)
    system = uow.as_system("succession")
    moved = handovers.hand_on(system, pickup_point_id, successor_id)
    return residents, orders.hand_on(system, pickup_point_id, moved, successor_id)
