"""A leader leaves: two persons decide, and her residents, open orders, pickups and goods go to whoever takes over."""

from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING
from app.domains.replacements.service import replacements
from app.domains.replacements.values import ProposeReplacement, Way
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.reasons import Reason


def propose(uow: UnitOfWork, wish: ProposeReplacement) -> UUID:
    """The first person's word that a leader should go; nothing moves before a second person confirms it.

    Raises NotFound, Invalid (no reason, a past day, no successor where the way needs one), WrongState (she has left),
    ReplacementOpen (another proposal waits), NobodyServes (the successor).
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    way, successor_id = wish.way, wish.successor_id
    if way is None:
        leader = communities.get_leader(uow.session, wish.leader_id)
        backup = _backup(uow, leader.hub_id, leader.pickup_point_id, leader.id)
        way, successor_id = (Way.NAMED, backup) if backup else (Way.NEAREST, None)
    if way is not Way.NEAREST and successor_id is None:
        raise Invalid(field="successor_id", reason=Reason.MISSING)
    chosen = ProposeReplacement(
        leader_id=wish.leader_id, reason=wish.reason, way=way, successor_id=successor_id, due_at=wish.due_at,
        tell_after_min=wish.tell_after_min, appraisal_id=wish.appraisal_id,
    )  # fmt: skip
    return replacements.propose(uow, chosen, way)


def _backup(uow: UnitOfWork, hub_id: UUID, pickup_point_id: UUID, leader_id: UUID) -> UUID | None:
    """Somebody else who serves at the same point: the primary first, then the longer-standing."""
    here = [
        card for card in communities.leader_cards(uow.session, hub_id)
        if card.pickup_point_id == pickup_point_id and card.id != leader_id and card.status in SERVING
    ]  # fmt: skip
    return here[0].id if here else None
