"""Who would take over from a leader, and what that means for residents: a plan that changes nothing."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.errors import NeededElsewhere, NobodyServes, PointFull
from app.domains.communities.rules.city_plan import Household, Stand, place_households
from app.domains.communities.service.succession import Target
from app.domains.communities.values import SERVING, LeaderCard
from app.domains.communities.values.city_plans import Seat
from app.domains.communities.values.ground import PickupPlace
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders
from app.domains.payments import queries as payments
from app.domains.replacements.values import Preview, Share, Way
from app.infra.distance import geodesic_m
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.reasons import Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each resident goes, with the metres before and after, and who gets what belongs to nobody else."""

    leader: LeaderCard
    way: Way
    targets: dict[UUID, Target]
    metres: dict[UUID, tuple[int, int]]
    main: Target

    def who(self, resident_id: UUID) -> Target:
        """Where a resident's orders go; those of somebody who belongs elsewhere by now go to the main successor."""
        return self.targets.get(resident_id, self.main)

    @property
    def all_targets(self) -> list[Target]:
        """Everybody who gets something, the main successor first."""
        return list(dict.fromkeys([self.main, *self.targets.values()]))


@dataclass(frozen=True, slots=True)
class _Ground:
    """The hub around a leader who leaves."""

    leader: LeaderCard
    seats: list[Seat]
    places: dict[UUID, PickupPlace]
    #: Who else serves at each point.
    serving: dict[UUID, LeaderCard]
    taken: dict[UUID, int]


def backup_of(uow: UnitOfWork, leader_id: UUID) -> UUID | None:
    """Somebody else who serves at the same point, if anybody does. Raises NotFound."""
    uow.require(Permission.COMMUNITIES_READ)
    leader = communities.get_leader(uow.session, leader_id)
    found = _ground(uow, leader).serving.get(leader.pickup_point_id)
    return found.id if found else None


def make_plan(uow: UnitOfWork, leader_id: UUID, way: Way, successor_id: UUID | None) -> Plan:
    """Seat the residents of a leader who leaves.

    The nearest way walks least in total with nobody above a point's room (`rules.city_plan`); who has told no location
    counts as living at her pickup point. Raises NotFound, Invalid (no successor, or herself), NobodyServes,
    NeededElsewhere (who should come is the only leader of her own point), PointFull, CityTooFull.
    """
    uow.require(Permission.COMMUNITIES_READ)
    ground = _ground(uow, communities.get_leader(uow.session, leader_id))
    if way is Way.NEAREST:
        targets = _nearest(ground)
    else:
        target = _named(uow, ground, way, successor_id)
        targets = dict.fromkeys((seat.resident_id for seat in ground.seats), target)
    metres = {
        seat.resident_id: _metres(ground, seat, targets[seat.resident_id].pickup_point_id) for seat in ground.seats
    }
    main = Counter(targets.values()).most_common(1)[0][0] if targets else _closest(uow, ground, way, successor_id)
    return Plan(ground.leader, way, targets, metres, main)


def preview(uow: UnitOfWork, leader_id: UUID, way: Way, successor_id: UUID | None) -> Preview:
    """What would happen now: who gets how much, how much farther residents walk, and how full it gets.

    Changes nothing. Raises as `make_plan`.
    """
    uow.require(Permission.COMMUNITIES_READ)
    plan = make_plan(uow, leader_id, way, successor_id)
    old = communities.get_place(uow.session, plan.leader.pickup_point_id)
    shares = tuple(_shares(uow, plan))
    return Preview(
        leader_id=leader_id, way=way, place=old.place, pickup_point_name=old.pickup_point_name, shares=shares
    )


def _shares(uow: UnitOfWork, plan: Plan) -> Iterator[Share]:
    waiting = logistics.open_pickups(uow.session, plan.leader.id)
    unpaid = orders.unpaid_of_leader(uow.session, plan.leader.id)
    cash = payments.cash_due_of_orders(uow.session, [pickup.order_id for pickup in waiting])
    leaders = communities.leaders_by_id(uow.session, [target.leader_id for target in plan.all_targets])
    places = communities.places_by_id(uow.session, [target.pickup_point_id for target in plan.all_targets])
    there = communities.residents_by_point(uow.session, ids=places.keys())
    for target in plan.all_targets:
        heir, place = leaders[target.leader_id], places[target.pickup_point_id]
        coming = [id_ for id_, one in plan.targets.items() if one == target]
        mine = [pickup for pickup in waiting if plan.who(pickup.resident_id) == target]
        added = [plan.metres[id_][1] - plan.metres[id_][0] for id_ in coming]
        moves = place.pickup_point_id != plan.leader.pickup_point_id
        yield Share(
            leader_id=heir.id, leader_code=heir.code, leader_name=heir.name, pickup_point_id=place.pickup_point_id,
            pickup_point_name=place.pickup_point_name, place=place.place, residents=len(coming),
            orders=len(mine) + sum(plan.who(resident_id) == target for _, resident_id in unpaid),
            pieces=sum(pickup.pieces for pickup in mine),
            cash_orders=0 if heir.takes_cash else sum(cash.get(pickup.order_id, 0) > 0 for pickup in mine),
            added_mean_m=round(sum(added) / len(added)) if added else 0, added_max_m=max(added, default=0),
            residents_after=there.get(place.pickup_point_id, 0) + (len(coming) if moves else 0),
            capacity=place.capacity_orders,
        )  # fmt: skip


def _ground(uow: UnitOfWork, leader: LeaderCard) -> _Ground:
    places = {place.pickup_point_id: place for place in communities.places(uow.session, leader.hub_id)}
    serving: dict[UUID, LeaderCard] = {}
    for card in communities.leader_cards(uow.session, leader.hub_id):
        if card.status in SERVING and card.id != leader.id:
            first = serving.get(card.pickup_point_id)
            if first is None or places[card.pickup_point_id].leader_id == card.id:
                serving[card.pickup_point_id] = card
    return _Ground(
        leader=leader, seats=communities.seats_of_leader(uow.session, leader.id), places=places, serving=serving,
        taken=communities.residents_by_point(uow.session, leader.hub_id),
    )  # fmt: skip


def _named(uow: UnitOfWork, ground: _Ground, way: Way, successor_id: UUID | None) -> Target:
    """The one who takes over, where she will hand out to them."""
    if successor_id is None:
        raise Invalid(field="successor_id", reason=Reason.MISSING)
    if successor_id == ground.leader.id:
        raise Invalid(field="successor_id", reason=Reason.TAKEN)
    heir = communities.leaders_by_id(uow.session, [successor_id]).get(successor_id)
    if heir is None or heir.hub_id != ground.leader.hub_id:
        raise NotFound(what="leader")
    if heir.status not in SERVING:
        raise NobodyServes
    here = ground.leader.pickup_point_id
    if way is Way.COMES:
        free = {card.id for card in communities.free_leaders(uow.session, ground.leader.hub_id)}
        if heir.pickup_point_id != here and heir.id not in free:
            raise NeededElsewhere
        return Target(heir.id, here)
    _check_room(ground, heir.pickup_point_id, [seat.pickup_point_id for seat in ground.seats])
    return Target(heir.id, heir.pickup_point_id)


def _check_room(ground: _Ground, point_id: UUID, coming_from: Collection[UUID]) -> None:
    fresh = sum(old != point_id for old in coming_from)
    if fresh and ground.taken.get(point_id, 0) + fresh > ground.places[point_id].capacity_orders:
        raise PointFull(capacity_orders=ground.places[point_id].capacity_orders)


def _nearest(ground: _Ground) -> dict[UUID, Target]:
    """Who lives at a point where somebody else serves stays; the others walk as little farther as they can."""
    stays = {
        seat.resident_id: Target(ground.serving[seat.pickup_point_id].id, seat.pickup_point_id)
        for seat in ground.seats if seat.pickup_point_id in ground.serving
    }  # fmt: skip
    stands = [
        Stand(id_, ground.places[id_].place, max(ground.places[id_].capacity_orders - ground.taken.get(id_, 0), 0))
        for id_ in ground.serving
    ]
    homes = [
        Household(seat.resident_id, _lives(ground, seat)) for seat in ground.seats if seat.resident_id not in stays
    ]
    found = place_households(homes, stands) if homes else {}
    return stays | {id_: Target(ground.serving[move.new].id, move.new) for id_, move in found.items()}


def _closest(uow: UnitOfWork, ground: _Ground, way: Way, successor_id: UUID | None) -> Target:
    """Who takes over from somebody without residents. Raises NobodyServes where nobody is left in the hub."""
    if way is not Way.NEAREST:
        return _named(uow, ground, way, successor_id)
    here = ground.places[ground.leader.pickup_point_id].place
    ways = sorted((geodesic_m(here, ground.places[id_].place), card.code, id_) for id_, card in ground.serving.items())
    if not ways:
        raise NobodyServes
    return Target(ground.serving[ways[0][2]].id, ways[0][2])


def _lives(ground: _Ground, seat: Seat) -> Point:
    return seat.place or ground.places[seat.pickup_point_id].place


def _metres(ground: _Ground, seat: Seat, point_id: UUID) -> tuple[int, int]:
    home = _lives(ground, seat)
    old, new = ground.places[seat.pickup_point_id].place, ground.places[point_id].place
    return round(geodesic_m(home, old)), round(geodesic_m(home, new))
