"""Planning a group-buy from a file of offers, or like an earlier one."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.domains.catalogue import queries as catalogue
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy
from app.flows.imports import read_offers
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRound:
    """A new group-buy of one hub, whose offers come from a file (name and content) or from an earlier group-buy."""

    hub_id: UUID
    round_on: date
    title: str
    title_en: str
    opens_at: datetime
    cutoff_at: datetime
    pickup_on: date
    file: tuple[str, bytes] | None = None
    like: UUID | None = None


def plan_round(uow: UnitOfWork, wish: PlanRound) -> UUID:
    """Write the draft with its offers. Raises RowErrors, RoundExists, TermsMissing, BelowCost, Invalid, NotFound."""
    uow.require(Permission.GROUPBUYS_PLAN)
    if wish.pickup_on < wish.round_on:
        raise Invalid(field="pickup_on", reason="must not lie before the day of the cut-off")
    if wish.file is None and wish.like is None:
        raise Invalid(field="file", reason="choose a file of offers, or an earlier group-buy")
    offers = read_offers(uow, *wish.file) if wish.file else offers_like(uow, wish.like) if wish.like else ()
    plan = PlanGroupBuy(
        hub_id=wish.hub_id, round_on=wish.round_on, title=wish.title, title_en=wish.title_en, opens_at=wish.opens_at,
        cutoff_at=wish.cutoff_at, pickup_on=wish.pickup_on, offers=offers,
    )  # fmt: skip
    return plans.plan(uow, plan)


def offers_like(uow: UnitOfWork, group_buy_id: UUID) -> tuple[OfferInput, ...]:
    """The offers of an earlier group-buy with their first prices; SKUs that left the catalogue are left out."""
    uow.require(Permission.GROUPBUYS_PLAN)
    earlier = groupbuys.get_group_buy(uow.session, group_buy_id)
    offers = groupbuys.offer_cards(uow.session, earlier.id)
    skus = catalogue.sku_cards(uow.session, [offer.sku_id for offer in offers])
    return tuple(
        OfferInput(
            sku_id=offer.sku_id, price_cents=offer.base_price_cents, commission_bps=offer.commission_bps,
            quota=offer.quota, per_resident_limit=offer.per_resident_limit, min_group_qty=offer.min_group_qty,
            role=offer.role, breaks=offer.breaks, pack_size=offer.pack_size,
        )
        for offer in offers
        if skus[offer.sku_id].active
    )  # fmt: skip
