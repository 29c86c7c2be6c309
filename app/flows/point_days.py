"""A pickup point's day as orders meet it: on a rest day nothing is ordered, and never more than it has room for."""

from datetime import date
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import PointDay
from app.domains.orders import queries as orders
from app.domains.orders.errors import PointDayFull, PointRests
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: Limits by zone; the empty zone is every order.
_LIMIT_OF = {"": "day_orders", "ambient": "day_ambient", "chilled": "day_chilled", "frozen": "day_frozen"}


def enter(uow: UnitOfWork, pickup_point_id: UUID, on: date, *, is_new: bool = True) -> PointDay:
    """The pickup point's day. Where it has limits, orders for it come one after the other from here to the commit.

    Call it before any offer is held, so that all wait in the same order. Raises PointRests for a new order.
    """
    uow.require(Permission.ORDERS_PLACE)
    day = communities.point_day(uow.session, pickup_point_id, on)
    if day.rests and is_new:
        raise PointRests(on=on, reason=day.reason, next_on=day.next_on)
    if _limits(day):
        uow.lock(f"orders.point_day:{pickup_point_id}:{on}")
    return day


def check_room(uow: UnitOfWork, day: PointDay, order_id: UUID) -> None:
    """Refuse an order, written already, that does not fit into its pickup point's day. Raises PointDayFull.

    Only the zones that it has goods of are asked for: a limit lowered later sends nobody away.
    """
    uow.require(Permission.ORDERS_PLACE)
    limits = _limits(day)
    if not limits:
        return
    load = orders.point_load(uow.session, day.pickup_point_id, day.on, order_id)
    for zone, limit in limits.items():
        if zone in load.own_zones and load.orders[zone] > limit:
            raise PointDayFull(zone=zone, on=day.on, limit=limit)


def _limits(day: PointDay) -> dict[str, int]:
    found = {zone: getattr(day.days, name) for zone, name in _LIMIT_OF.items()}
    return {zone: limit for zone, limit in found.items() if limit is not None}
