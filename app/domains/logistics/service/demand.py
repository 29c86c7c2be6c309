"""Demand: what a round's paid orders add up to, frozen at cut-off and lowered by shortages."""

from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.domains.logistics.models import Demand
from app.domains.orders import queries as orders
from app.infra.bulk import set_aside
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def aggregate(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Freeze what every pickup point wants of every SKU; returns the number of (point, SKU) rows of the round.

    One pass over the lines, whatever the number of orders. Demand that is frozen already stays as it is.
    """
    uow.require(Permission.LOGISTICS_AGGREGATE)
    uow.lock(f"demand of {group_buy_id}")
    if frozen := _rows(uow, group_buy_id):
        return frozen
    columns = ["group_buy_id", "pickup_point_id", "sku_id", "hub_id", "wanted_qty", "due_qty"]
    with set_aside(uow.session, orders.effective_demand(group_buy_id), "demand_now") as now:
        wanted = select(now.c.group_buy_id, now.c.pickup_point_id, now.c.sku_id, now.c.hub_id, now.c.qty, now.c.qty)
        uow.session.execute(insert(Demand).from_select(columns, wanted))
    return _rows(uow, group_buy_id)


def lower_due(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Lower what is still due to what the lines still have; returns how many (point, SKU) rows fell.

    One pass over the lines, repeatable. What is due never rises again.
    """
    uow.require(Permission.LOGISTICS_AGGREGATE)
    old = aliased(Demand)
    with set_aside(uow.session, orders.effective_demand(group_buy_id), "demand_now") as now:
        same_place = and_(now.c.pickup_point_id == old.pickup_point_id, now.c.sku_id == old.sku_id)
        now_due = (
            select(old.pickup_point_id, old.sku_id, func.coalesce(now.c.qty, 0).label("qty"))
            .outerjoin(now, same_place)
            .where(old.group_buy_id == group_buy_id)
            .subquery()
        )
        fallen = uow.session.execute(
            update(Demand)
            .where(
                Demand.group_buy_id == group_buy_id,
                Demand.pickup_point_id == now_due.c.pickup_point_id,
                Demand.sku_id == now_due.c.sku_id,
                Demand.due_qty > now_due.c.qty,
            )
            .values(due_qty=now_due.c.qty)
            .returning(Demand.sku_id)
            .execution_options(synchronize_session=False)
        ).all()
    return len(fallen)


def _rows(uow: UnitOfWork, group_buy_id: UUID) -> int:
    return uow.session.scalar(select(func.count()).select_from(Demand).filter_by(group_buy_id=group_buy_id)) or 0
