"""A leader leaves: two persons decide, and her residents, open orders, pickups and goods go to whoever takes over."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.domains.appraisal.service import outcomes
from app.domains.appraisal.values import PlanState
from app.domains.communities import queries as communities
from app.domains.communities.service import absences, succession
from app.domains.communities.values import LeaderStatus
from app.domains.groupbuys.service import quotas
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import handovers
from app.domains.orders.service import handing_on as orders
from app.domains.replacements import queries
from app.domains.replacements.errors import SuccessorLeft
from app.domains.replacements.service import replacements
from app.domains.replacements.values import Moved, ProposeReplacement, ReplacementCard, Way
from app.flows.handing_on import HandedOn, hand_back, hand_on
from app.flows.replacement_plan import Plan, backup_of, make_plan
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import DomainError

#: How far ahead anybody orders, generously.
FAR = timedelta(days=400)


def propose(uow: UnitOfWork, wish: ProposeReplacement) -> UUID:
    """The first person's word that a leader should go; nothing moves before a second person confirms it.

    Without a way it is whoever else serves at her point, else the nearest leaders. It must be possible now.
    Raises NotFound, Invalid (no reason, a past day, no successor where the way needs one), WrongState (she has left),
    ReplacementOpen (another proposal waits), and what `replacement_plan.make_plan` refuses.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    way, successor_id = wish.way, wish.successor_id
    if way is None:
        successor_id = backup_of(uow, wish.leader_id)
        way = Way.NEAREST if successor_id is None else Way.NAMED
    make_plan(uow, wish.leader_id, way, successor_id)
    return replacements.propose(uow, replace(wish, way=way, successor_id=successor_id), way)


def confirm(uow: UnitOfWork, replacement_id: UUID) -> ReplacementCard:
    """The second person's word: carried out now, or planned for its day.

    Raises NotFound, WrongState, ConfirmedByProposer, and what makes it impossible.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    if replacements.confirm(uow, replacement_id):
        carry_out(uow, replacement_id)
    return queries.get_replacement(uow.session, replacement_id)


def carry_out(uow: UnitOfWork, replacement_id: UUID) -> bool:
    """Carry a confirmed replacement out, all of it or nothing; False when it was done before or waits for its day.

    Locks are taken in one order - rounds, points, leaders, homes, trucks, orders, pickups - so that orders and pickups
    under way are finished first and none is lost in between.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    if not replacements.begin(uow, replacement_id):
        return False
    card = queries.get_replacement(uow.session, replacement_id)
    system = uow.as_system("replacement")
    rounds = quotas.hold_open(system, card.hub_id)
    points = [place.pickup_point_id for place in communities.places(uow.session, card.hub_id)]
    succession.hold(system, [id_ for id_ in (card.leader_id, card.successor_id) if id_], points)
    succession.hold_homes(system, card.leader_id)
    plan = make_plan(system, card.leader_id, card.way, card.successor_id)
    undo: dict[str, Any] = {"leader": succession.leave(system, card.leader_id, card.reason)}
    undo["homes"] = succession.move_homes(
        system, card.leader_id, plan.targets, {id_: ways[1] for id_, ways in plan.metres.items()}
    )
    home = communities.get_place(uow.session, plan.leader.pickup_point_id)
    heir = succession.appoint(
        system, plan.main.leader_id, plan.leader.neighbourhood_id or home.neighbourhood_id, plan.main.pickup_point_id
    )
    undo |= {"successor": {"id": str(plan.main.leader_id), **heir}}
    undo["deputised"] = [str(id_) for id_ in absences.change_deputy(system, card.leader_id, plan.main.leader_id)]
    undo["trucks"] = _hand_on_trucks(system, card.leader_id, plan)
    gone = _hand_on_orders(system, card.leader_id, plan, rounds)
    undo |= {"orders": gone.orders, "pickups": gone.pickups}
    replacements.done(
        system, card.id, Moved(residents=len(undo["homes"]), orders=len(gone.orders), pieces=gone.pieces, undo=undo)
    )
    return True


def _hand_on_trucks(uow: UnitOfWork, leader_id: UUID, plan: Plan) -> list[str]:
    """Trucks that nobody counted go to the main successor."""
    coming = handovers.hold_expected(uow, leader_id)
    handovers.hand_on(uow, coming, plan.main.leader_id)
    return [str(id_) for id_ in coming]


def _hand_on_orders(uow: UnitOfWork, leader_id: UUID, plan: Plan, rounds: set[UUID]) -> HandedOn:
    waiting = logistics.open_pickups(uow.session, leader_id)
    today = uow.now.date()
    since = min([pickup.pickup_on for pickup in waiting] + [today])
    held = orders.hold_of_leader(
        uow, leader_id, (since - timedelta(days=1), today + FAR), [pickup.order_id for pickup in waiting]
    )
    return hand_on(uow, held, plan.who, rounds)


def roll_back(uow: UnitOfWork, replacement_id: UUID, note: str) -> ReplacementCard:
    """Take a replacement back of which no resident knows yet: homes, posts, orders, pickups and status as before.

    Her ended sign-ins stay ended. What was fetched meanwhile stays with who handed it out, and so does an order whose
    goods are already sorted for the new point. Orders that her residents placed meanwhile come along. Where somebody
    else became primary of her neighbourhood meanwhile, she comes back as backup.
    Raises NotFound, ResidentsTold, WrongState (it was never done), Invalid (no reason), SuccessorLeft.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    card = queries.get_replacement(uow.session, replacement_id)
    system = uow.as_system("replacement")
    rounds = quotas.hold_open(system, card.hub_id)
    points = [place.pickup_point_id for place in communities.places(uow.session, card.hub_id)]
    undo = replacements.roll_back(uow, replacement_id, note)
    heir = UUID(undo["successor"]["id"])
    heirs = {heir, *(UUID(row["new_leader"]) for row in undo["orders"])}
    succession.hold(system, [card.leader_id, heir], points)
    if communities.get_leader(uow.session, heir).status is LeaderStatus.REMOVED:
        raise SuccessorLeft
    back = succession.move_homes_back(system, undo["homes"])
    succession.withdraw_appointment(system, heir, undo["successor"])
    succession.come_back(system, card.leader_id, undo["leader"], note)
    absences.give_deputy_back(system, [UUID(id_) for id_ in undo["deputised"]], card.leader_id)
    trucks = handovers.still_expected(system, [UUID(id_) for id_ in undo["trucks"]])
    handovers.hand_on(system, trucks, card.leader_id)
    hand_back(system, undo, rounds)
    _bring_new_orders(system, card, set(back), heirs, rounds)
    return queries.get_replacement(uow.session, replacement_id)


def _bring_new_orders(
    uow: UnitOfWork, card: ReplacementCard, residents: set[UUID], heirs: set[UUID], rounds: set[UUID]
) -> None:
    """Orders placed with a successor since the replacement come along, as long as their round takes orders."""
    if card.done_at is None:
        return
    point_id = communities.get_leader(uow.session, card.leader_id).pickup_point_id
    today = uow.now.date()
    held = orders.hold_of_residents(uow, residents, heirs, (today - timedelta(days=1), today + FAR))
    fresh = [one for one in held if one.placed_at >= card.done_at and one.group_buy_id in rounds]
    hand_on(uow, fresh, lambda _: succession.Target(card.leader_id, point_id), rounds)


def carry_out_due(run: Run, read: Run, now: datetime) -> int:
    """Carry out what was planned for now or before; one that has become impossible is given up with the reason.

    May be repeated. Returns how many were carried out.
    """
    done = 0
    for replacement_id in read(queries.due, now):
        try:
            done += run(carry_out, replacement_id)
        except DomainError as refusal:
            run(replacements.fail, replacement_id, refusal.code, _plain(refusal))
    return done


def tell_due(run: Run, read: Run, now: datetime) -> int:
    """Let the residents know of replacements that nobody rolled back in time. May be repeated; returns how many."""
    return sum(run(_tell, replacement_id) for replacement_id in read(queries.untold, now))


def _tell(uow: UnitOfWork, replacement_id: UUID) -> bool:
    """From now on she has left for good: a plan of hers that still runs ends."""
    told = replacements.tell(uow, replacement_id)
    if told:
        leader_id = queries.get_replacement(uow.session, replacement_id).leader_id
        outcomes.end_plan(uow.as_system("replacement"), leader_id, PlanState.FAILED)
    return told


def take_over(uow: UnitOfWork, pickup_point_id: UUID, successor_id: UUID, reason: str) -> tuple[int, int]:
    """Let a serving leader take over a point that has nobody; returns (residents, open orders) that are hers.

    Whatever nobody has fetched yet is hers to count and to hand out, with its commission; what was fetched in part
    she hands out too, and whoever began it earns it. Raises as `communities.service.succession.take_over`.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    system = uow.as_system("succession")
    residents = succession.take_over(uow, pickup_point_id, successor_id, reason)
    handovers.hand_on(system, handovers.hold_expected(system, None, point_id=pickup_point_id), successor_id)
    waiting = logistics.open_pickups_at(uow.session, pickup_point_id)
    held = orders.hold_unpaid_at(system, pickup_point_id, [pickup.order_id for pickup in waiting])
    target = succession.Target(successor_id, pickup_point_id)
    gone = hand_on(system, held, lambda _: target, set())
    return residents, len(gone.orders)


def _plain(refusal: DomainError) -> dict[str, Any]:
    """A refusal's fields as JSON, to be said again in whatever language somebody reads."""
    return {name: value if isinstance(value, int | str) else str(value) for name, value in refusal.detail().items()}
