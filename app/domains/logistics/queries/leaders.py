"""Who serves a pickup point today."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.communities.models import Leader
from app.domains.communities.values import SERVING
from app.domains.logistics.models import Handover
from app.domains.orders.models import Order, OrderLine
from app.domains.orders.values import OrderStatus


def served_point(leader_id: UUID) -> Any:
    """The pickup point that a serving leader hands out at today, as a scalar to compare with; NULL for others."""
    return select(Leader.pickup_point_id).where(Leader.id == leader_id, Leader.status.in_(SERVING)).scalar_subquery()


def serves(session: Session, leader_id: UUID | None, pickup_point_id: UUID) -> bool:
    """True when this leader hands out at that point today."""
    return leader_id is not None and bool(session.scalar(select(served_point(leader_id) == pickup_point_id)))


def takes(leader_id: UUID) -> ColumnElement[bool]:
    """The handovers that a serving leader takes: those at her point, and those that were handed on to her."""
    serving = select(Leader.id).where(Leader.id == leader_id, Leader.status.in_(SERVING)).scalar_subquery()
    return or_(Handover.pickup_point_id == served_point(leader_id), Handover.leader_id == serving)


def takes_handover(session: Session, leader_id: UUID | None, handover_id: UUID) -> bool:
    """True when this leader may see and count a handover today."""
    if leader_id is None:
        return False
    return session.scalar(select(Handover.id).where(Handover.id == handover_id, takes(leader_id))) is not None


def heirs_of_points(session: Session, group_buy_id: UUID, point_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """To which serving leader most paid orders went whose goods come to each of these points in a round."""
    if not point_ids:
        return {}
    orders = func.count(Order.id.distinct())
    wanted = (
        select(OrderLine.pickup_point_id, Order.leader_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Leader, (Leader.id == Order.leader_id) & Leader.status.in_(SERVING))
        .where(
            OrderLine.group_buy_id == group_buy_id, OrderLine.pickup_point_id.in_(point_ids),
            Order.status == OrderStatus.PAID,
        )
        .group_by(OrderLine.pickup_point_id, Order.leader_id)
        .ext(distinct_on(OrderLine.pickup_point_id))
        .order_by(OrderLine.pickup_point_id, orders.desc(), Order.leader_id)
    )  # fmt: skip
    return dict(session.execute(wanted).all())
