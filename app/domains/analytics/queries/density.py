"""The tours of a hub as they were driven, with the orders that they brought."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.analytics.values import TourFact
from app.domains.groupbuys.models import GroupBuy
from app.domains.logistics.models import Route, RoutePlan, Stop, Vehicle
from app.domains.orders.models import Order
from app.domains.orders.values import OrderStatus


def orders_by_point(session: Session, group_buy_id: UUID) -> dict[UUID, int]:
    """Paid orders of a round by pickup point."""
    wanted = (
        select(Order.pickup_point_id, func.count())
        .where(Order.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID)
        .group_by(Order.pickup_point_id)
    )
    return dict(session.execute(wanted).all())


def tours(session: Session, hub_id: UUID, first: date, last: date) -> list[TourFact]:
    """The dispatched tours of a hub's rounds in a period, oldest first. One statement.

    A point whose crates are divided among several tours counts its orders on the first of them only.
    """
    at_point = (
        select(Order.group_buy_id, Order.pickup_point_id, func.count().label("orders"))
        .where(Order.status == OrderStatus.PAID, Order.hub_id == hub_id)
        .group_by(Order.group_buy_id, Order.pickup_point_id)
        .subquery()
    )
    nth = func.row_number().over(partition_by=(Route.plan_id, Stop.pickup_point_id), order_by=(Route.no, Stop.seq))
    visits = (
        select(Stop.route_id, Stop.pickup_point_id, nth.label("nth")).join(Route, Route.id == Stop.route_id).subquery()
    )
    wanted = (
        select(
            RoutePlan.group_buy_id, GroupBuy.round_on, Route.no.label("route_no"), Vehicle.code.label("vehicle_code"),
            func.count(visits.c.pickup_point_id).label("stops"),
            func.coalesce(func.sum(at_point.c.orders).filter(visits.c.nth == 1), 0).label("orders"),
            Route.distance_m, Route.cost_cents,
        )
        .join(RoutePlan, RoutePlan.id == Route.plan_id)
        .join(GroupBuy, GroupBuy.id == RoutePlan.group_buy_id)
        .join(Vehicle, Vehicle.id == Route.vehicle_id)
        .join(visits, visits.c.route_id == Route.id)
        .outerjoin(
            at_point,
            (at_point.c.group_buy_id == RoutePlan.group_buy_id)
            & (at_point.c.pickup_point_id == visits.c.pickup_point_id),
        )
        .where(
            RoutePlan.hub_id == hub_id, RoutePlan.dispatched_at.is_not(None), GroupBuy.round_on.between(first, last)
        )
        .group_by(Route.id, RoutePlan.group_buy_id, GroupBuy.round_on, Vehicle.code)
        .order_by(GroupBuy.round_on, Route.no)
    )  # fmt: skip
    return [TourFact(**{**row, "orders": int(row["orders"])}) for row in session.execute(wanted).mappings()]
