"""What a hub's residents wanted round by round, and what that lets expect."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.analytics.rules import forecast as rules
from app.domains.analytics.values import Observed, Outlook
from app.domains.groupbuys.models import GroupBuy, Offer, RoundStepRow
from app.domains.groupbuys.values import Station, StepState
from app.domains.logistics.models import Demand

#: Rounds of history that are read.
ROUNDS = 60


def demand_history(session: Session, hub_id: UUID, before: date) -> list[Observed]:
    """Pieces wanted of every SKU offered in the last rounds that were cut off before a day, oldest first.

    One statement. What was offered and not wanted counts as 0; what was not offered is missing.
    """
    cut_off = (
        select(GroupBuy.id, GroupBuy.pickup_on)
        .join(RoundStepRow, RoundStepRow.group_buy_id == GroupBuy.id)
        .where(
            GroupBuy.hub_id == hub_id, GroupBuy.pickup_on < before, RoundStepRow.station == Station.CUTOFF,
            RoundStepRow.state == StepState.DONE,
        )
        .order_by(GroupBuy.pickup_on.desc())
        .limit(ROUNDS)
        .subquery()
    )  # fmt: skip
    wanted = (
        select(Offer.sku_id, cut_off.c.pickup_on, func.coalesce(func.sum(Demand.wanted_qty), 0).label("qty"))
        .join(cut_off, cut_off.c.id == Offer.group_buy_id)
        .outerjoin(Demand, (Demand.group_buy_id == Offer.group_buy_id) & (Demand.sku_id == Offer.sku_id))
        .group_by(Offer.sku_id, cut_off.c.pickup_on)
        .order_by(cut_off.c.pickup_on, Offer.sku_id)
    )
    return [Observed(sku_id=r.sku_id, on=r.pickup_on, qty=int(r.qty)) for r in session.execute(wanted)]


def outlook(session: Session, hub_id: UUID, on: date) -> Outlook:
    """The forecast of every SKU of a hub for what is picked up on a day, from the rounds before it."""
    return rules.outlook(demand_history(session, hub_id, on), on)
