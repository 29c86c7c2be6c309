"""Pickups go to another leader and point, with a code that is free there."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import String, Uuid, column, select, update, values

from app.domains.logistics import queries, rules
from app.domains.logistics.errors import CodesExhausted
from app.domains.logistics.models import Pickup
from app.domains.logistics.service.pickups import DRAWS
from app.domains.logistics.values.pickup import OpenPickup, PickupMove
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import random_digits


def hold(uow: UnitOfWork, order_ids: Collection[UUID]) -> list[OpenPickup]:
    """Hold the pickups of orders that are still to be fetched; a handing out that is under way is finished first."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    mine = select(Pickup.id).where(Pickup.order_id.in_(order_ids)).order_by(Pickup.id).with_for_update()
    ids = list(uow.session.scalars(mine))
    return queries.read_open_pickups(uow.session, queries.open_pickup_rows().where(Pickup.id.in_(ids)))


def hand_on(uow: UnitOfWork, moves: Sequence[PickupMove]) -> None:
    """Give pickups that the caller holds to other leaders and points; a code that is taken there is drawn anew.

    Three statements, whatever their number. Raises CodesExhausted.
    """
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    if not moves:
        return
    moving = [move.pickup_id for move in moves]
    since = min(move.pickup_on for move in moves) - rules.CODE_REST
    there = select(Pickup.pickup_point_id, Pickup.code).where(
        Pickup.pickup_point_id.in_({move.pickup_point_id for move in moves}), Pickup.pickup_on >= since,
        Pickup.id.not_in(moving),
    )  # fmt: skip
    taken = {(point_id, code) for point_id, code in uow.session.execute(there)}
    rows = []
    for move in moves:
        code = _free(move, taken)
        taken.add((move.pickup_point_id, code))
        rows.append((move.pickup_id, move.leader_id, move.pickup_point_id, code))
    columns = (column("id", Uuid), column("leader_id", Uuid), column("point_id", Uuid), column("code", String))
    goes = values(*columns, name="move").data(rows)
    moved = update(Pickup).where(Pickup.id == goes.c.id)
    moved = moved.values(leader_id=goes.c.leader_id, pickup_point_id=goes.c.point_id, code=goes.c.code)
    uow.session.execute(moved.execution_options(synchronize_session=False))


def _free(move: PickupMove, taken: set[tuple[UUID, str]]) -> str:
    code = move.code
    for _ in range(DRAWS):
        if (move.pickup_point_id, code) not in taken:
            return code
        code = random_digits(rules.CODE_DIGITS)
    raise CodesExhausted(pickup_point_id=move.pickup_point_id)
