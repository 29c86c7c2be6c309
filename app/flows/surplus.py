"""Surplus of one round offered in the next: one click makes the offer, the cut-off uses the stock before it buys."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import NoDraft, OfferStands
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, OfferRole
from app.domains.supply.service import stock
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Where a surplus is offered now, how many pieces of it, and at which price."""

    group_buy_id: UUID
    code: str
    qty: int
    price_cents: int


def offer_surplus(uow: UnitOfWork, hub_id: UUID, sku_id: UUID, today: date) -> Offered:
    """Put a SKU's free stock into the next draft group-buy of its hub, on the terms of its latest offer there.

    The quota is what is free and still good on the day of pickup: nothing has to be bought for it, for the cut-off
    takes free stock before it asks a supplier. Raises NoDraft, OfferStands where the draft has the SKU already,
    Invalid where nothing is free or the SKU was never offered at the hub, and what planning refuses (BelowCost).
    """
    uow.require(Permission.GROUPBUYS_PLAN)
    draft = groupbuys.next_draft(uow.session, hub_id, today)
    if draft is None:
        raise NoDraft
    free = stock.available_by_sku(uow, hub_id, draft.pickup_on).get(sku_id, 0)
    if not free:
        raise Invalid(field="sku", reason="nothing of it is free until the next pickup")
    if any(offer.sku_id == sku_id for offer in groupbuys.offer_cards(uow.session, draft.id)):
        raise OfferStands(code_of=draft.code)
    last = groupbuys.latest_offer(uow.session, hub_id, sku_id)
    if last is None:
        raise Invalid(field="sku", reason="was never offered here: plan its first offer by hand")
    wish = OfferInput(
        sku_id=sku_id, price_cents=last.base_price_cents, commission_bps=last.commission_bps, quota=free,
        per_resident_limit=min(last.per_resident_limit, free), role=OfferRole.VOLUME,
    )  # fmt: skip
    plans.add_offers(uow, draft.id, (wish,))
    after = {"sku": str(sku_id), "quota": free, "price_cents": wish.price_cents}
    uow.audit("groupbuys.offer_surplus", draft.id, None, after)
    return Offered(group_buy_id=draft.id, code=draft.code, qty=free, price_cents=wish.price_cents)
