"""Open orders and everything that belongs to them go from one leader to others; and the way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domains.communities.service.succession import Target
from app.domains.logistics.service import handing_on as pickups
from app.domains.logistics.values.pickup import OpenPickup, PickupMove, PickupState
from app.domains.orders.service import handing_on as orders
from app.domains.orders.values import OrderHead, OrderMove, OrderStatus
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: Which leader and point an order of this resident goes to.
Who = Callable[[UUID], Target]


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What went along: orders and pickups as they were, as JSON, and the pieces that lie at the old door."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    pickups: list[dict[str, Any]] = field(default_factory=list)
    pieces: int = 0


def hand_on(uow: UnitOfWork, held: Sequence[OrderHead], who: Who, open_rounds: set[UUID]) -> HandedOn:
    """Give the orders that nobody has fetched yet, held by the caller, to whom `who` says.

    An order of a round that still takes orders is brought to the new point. Later the truck brings it where it was
    sorted for, and the new leader hands it out at hers. An order that was fetched in part keeps its leader, who began
    it and earns it; the rest is handed out by the new one.
    """
    uow.require(Permission.ORDERS_MANAGE)
    waiting = {p.order_id: p for p in pickups.hold(uow, [o.id for o in held if o.status is OrderStatus.PAID])}
    done = HandedOn()
    order_moves, pickup_moves, pieces = [], [], 0
    for order in held:
        pickup = waiting.get(order.id)
        if pickup is None and order.status is OrderStatus.PAID:
            continue
        target = who(order.resident_id)
        begun = pickup is not None and pickup.state is PickupState.PARTLY
        leader_id = order.leader_id if begun else target.leader_id
        along = order.group_buy_id in open_rounds and order.pickup_point_id != target.pickup_point_id
        order_moves.append(OrderMove(order.id, leader_id, target.pickup_point_id, along))
        done.orders.append(_order(order, leader_id, target, with_lines=along))
        if pickup is not None:
            point_id = target.pickup_point_id
            pickup_moves.append(PickupMove(pickup.id, target.leader_id, point_id, pickup.pickup_on, pickup.code))
            done.pickups.append(_pickup(pickup))
            pieces += pickup.pieces
    orders.hand_on(uow, order_moves)
    pickups.hand_on(uow, pickup_moves)
    return HandedOn(done.orders, done.pickups, pieces)


def hand_back(uow: UnitOfWork, before: Mapping[str, Any], open_rounds: set[UUID]) -> int:
    """Give orders back that still stand where `hand_on` put them; returns how many.

    What was fetched meanwhile, and what is being brought to the new point because its round has closed, stays.
    """
    uow.require(Permission.ORDERS_MANAGE)
    was = {UUID(row["id"]): row for row in before["orders"]}
    old = {UUID(row["order_id"]): row for row in before["pickups"]}
    held = orders.hold(uow, was.keys())
    waiting = {p.order_id: p for p in pickups.hold(uow, [o.id for o in held if o.status is OrderStatus.PAID])}
    order_moves, pickup_moves = [], []
    for order in held:
        row, pickup = was[order.id], waiting.get(order.id)
        moved_on = (str(order.leader_id), str(order.pickup_point_id)) != (row["new_leader"], row["new_point"])
        is_fetched = pickup is None and order.status is OrderStatus.PAID
        if moved_on or is_fetched or (row["with_lines"] and order.group_buy_id not in open_rounds):
            continue
        leader_id, point_id = UUID(row["leader"]), UUID(row["point"])
        order_moves.append(OrderMove(order.id, leader_id, point_id, row["with_lines"]))
        if pickup is not None:
            told = old.get(order.id)
            back_to = UUID(told["leader"]) if told else leader_id
            code = told["code"] if told else pickup.code
            pickup_moves.append(PickupMove(pickup.id, back_to, point_id, pickup.pickup_on, code))
    orders.hand_on(uow, order_moves)
    pickups.hand_on(uow, pickup_moves)
    return len(order_moves)


def _order(order: OrderHead, leader_id: UUID, target: Target, *, with_lines: bool) -> dict[str, Any]:
    return {
        "id": str(order.id), "resident": str(order.resident_id), "leader": str(order.leader_id),
        "point": str(order.pickup_point_id), "with_lines": with_lines, "new_leader": str(leader_id),
        "new_point": str(target.pickup_point_id),
    }  # fmt: skip


def _pickup(pickup: OpenPickup) -> dict[str, Any]:
    return {
        "id": str(pickup.id), "order_id": str(pickup.order_id), "leader": str(pickup.leader_id),
        "point": str(pickup.pickup_point_id), "code": pickup.code,
    }  # fmt: skip
