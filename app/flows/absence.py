"""A leader is away on some pickup days: her deputy gets the open orders of those days, and gives them back."""

from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.errors import ChangedMeanwhile
from app.domains.communities.service import absences, succession
from app.domains.communities.service.succession import Target
from app.domains.communities.values.absences import AbsenceCard, AbsenceState
from app.domains.groupbuys.service import quotas
from app.domains.logistics.service import handovers
from app.domains.orders.service import handing_on as orders
from app.flows.handing_on import hand_on
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def agree(uow: UnitOfWork, absence_id: UUID, deputy_id: UUID) -> int:
    """HQ names who hands out on those days; returns how many open orders go to her now.

    She hands out where she always does, and earns the commission of those days. New orders for these days are hers
    from the start. Residents are told. Raises as `communities.service.absences.agree`.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    card = communities.get_absence(uow.session, absence_id)
    system, rounds = _hold(uow, card, deputy_id)
    agreed = absences.agree(uow, absence_id, deputy_id)
    days = (agreed.first_on, agreed.last_on)
    handovers.hand_on(system, handovers.hold_expected(system, card.leader_id, days), deputy_id)
    held = orders.hold_of_leader(system, card.leader_id, days, ())
    deputy = communities.get_leader(uow.session, deputy_id)
    return len(hand_on(system, held, lambda _: Target(deputy.id, deputy.pickup_point_id), rounds).orders)


def cancel(uow: UnitOfWork, absence_id: UUID) -> int:
    """She is there after all, said before the first day; returns how many orders come back to her.

    Goods that are sorted for the deputy's point already are handed out there. Residents are told.
    Raises NotFound, WrongState, AbsenceBegun, ChangedMeanwhile (somebody named or changed the deputy just now).
    """
    uow.require(Permission.COMMUNITIES_ASK_ABSENCE)
    card = communities.get_absence(uow.session, absence_id)
    if card.state is not AbsenceState.AGREED or card.deputy_id is None:
        _cancel_as_seen(uow, card)
        return 0
    system, rounds = _hold(uow, card, card.deputy_id)
    _cancel_as_seen(uow, card)
    hers, deputy = (communities.get_leader(uow.session, id_) for id_ in (card.leader_id, card.deputy_id))
    days = (card.first_on, card.last_on)
    back = handovers.hold_expected(system, deputy.id, days, hers.pickup_point_id)
    handovers.hand_on(system, back, hers.id)
    residents = [seat.resident_id for seat in communities.seats_of_leader(uow.session, hers.id)]
    held = orders.hold_of_residents(system, residents, [deputy.id], days)
    at_once = hers.pickup_point_id == deputy.pickup_point_id
    going = [order for order in held if at_once or order.group_buy_id in rounds]
    return len(hand_on(system, going, lambda _: Target(hers.id, hers.pickup_point_id), rounds).orders)


def _cancel_as_seen(uow: UnitOfWork, card: AbsenceCard) -> None:
    """Cancel an absence that is held only now: what goes back, and from whom, was decided by how it was seen."""
    before = absences.cancel(uow, card.id)
    if (before.state, before.deputy_id) != (card.state, card.deputy_id):
        raise ChangedMeanwhile


def _hold(uow: UnitOfWork, card: AbsenceCard, deputy_id: UUID) -> tuple[UnitOfWork, set[UUID]]:
    """Hold what a replacement holds, in its order: rounds, points, leaders, homes."""
    system = uow.as_system("absence")
    rounds = quotas.hold_open(system, card.hub_id)
    leaders = communities.leaders_by_id(uow.session, [card.leader_id, deputy_id])
    succession.hold(system, leaders.keys(), {leader.pickup_point_id for leader in leaders.values()})
    succession.hold_homes(system, card.leader_id)
    return system, rounds
