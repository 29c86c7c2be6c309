"""Reads of past demand."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domains.groupbuys.models import GroupBuy
from app.domains.logistics.models import Demand


def rounds_on_weekday(session: Session, hub_id: UUID, on: date, most: int) -> list[UUID]:
    """The last rounds of a hub before a day that were picked up on the same day of the week and wanted anything."""
    wanted = (
        select(GroupBuy.id)
        .where(
            GroupBuy.hub_id == hub_id,
            GroupBuy.pickup_on < on,
            func.extract("isodow", GroupBuy.pickup_on) == on.isoweekday(),
            exists().where(Demand.group_buy_id == GroupBuy.id),
        )
        .order_by(GroupBuy.pickup_on.desc(), GroupBuy.id.desc())
        .limit(most)
    )
    return list(session.scalars(wanted))


def wanted_of_rounds(session: Session, group_buy_ids: Collection[UUID], sku_ids: Collection[UUID]) -> dict[UUID, int]:
    """Pieces of each SKU that these rounds wanted together at their cut-offs."""
    rows = session.execute(
        select(Demand.sku_id, func.sum(Demand.wanted_qty))
        .where(Demand.group_buy_id.in_(group_buy_ids), Demand.sku_id.in_(sku_ids))
        .group_by(Demand.sku_id)
    )
    return {sku_id: int(qty) for sku_id, qty in rows}
