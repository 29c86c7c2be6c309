"""Planning, opening and closing a group-buy."""

from datetime import date, timedelta
from itertools import chain, count
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update

from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries, rules
from app.domains.groupbuys.errors import (
    CutoffNotReached,
    CutoffPassed,
    LabelMissing,
    NoOffers,
    RoundExists,
    TermsMissing,
    UnknownOffer,
)
from app.domains.groupbuys.events import GroupBuyOpened
from app.domains.groupbuys.models import GroupBuy, Offer, PriceBreakRow, RoundStepRow
from app.domains.groupbuys.values import GROUP_BUY_MOVES, GroupBuyStatus, MoveDraft, OfferInput, PlanGroupBuy
from app.domains.supply import queries as supply
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def plan(uow: UnitOfWork, wish: PlanGroupBuy) -> UUID:
    """Write a draft with its offers; costs are taken from the suppliers' terms of this moment.

    Raises RoundExists, TermsMissing, BelowCost and Invalid; nothing is written then.
    """
    uow.require(Permission.GROUPBUYS_PLAN)
    hub = communities.get_hub(uow.session, wish.hub_id)
    _check_day_free(uow, wish.hub_id, wish.round_on)
    rules.check_days(wish.round_on, wish.opens_at, wish.cutoff_at, wish.pickup_on, ZoneInfo(hub.timezone))
    group_buy = GroupBuy(
        id=new_id(), hub_id=hub.id, code=_free_code(uow, hub.code, wish.round_on), title=wish.title,
        title_en=wish.title_en, status=GroupBuyStatus.DRAFT, round_on=wish.round_on, opens_at=wish.opens_at,
        cutoff_at=wish.cutoff_at, pickup_on=wish.pickup_on, currency=hub.currency,
    )  # fmt: skip
    uow.session.add(group_buy)
    uow.session.flush()
    add_offers(uow, group_buy.id, wish.offers)
    uow.audit("groupbuys.plan", group_buy.id, None, {"code": group_buy.code, "offers": len(wish.offers)})
    return group_buy.id


def _check_day_free(uow: UnitOfWork, hub_id: UUID, round_on: date, but: UUID | None = None) -> None:
    """Raise RoundExists where a hub has a group-buy on a day that was not called off, other than `but`."""
    found = queries.find_round(uow.session, hub_id, round_on)
    if found is not None and found.status is not GroupBuyStatus.CANCELLED and found.id != but:
        raise RoundExists(round_on=round_on.isoformat())


def _free_code(uow: UnitOfWork, hub_code: str, round_on: date) -> str:
    """Hub and day; with a number where group-buys of that day were called off."""
    code = f"{hub_code}-{round_on:%y%m%d}"
    taken = set(uow.session.scalars(select(GroupBuy.code).where(GroupBuy.code.startswith(code, autoescape=True))))
    return next(name for name in chain([code], (f"{code}-{n}" for n in count(2))) if name not in taken)


def move_draft(uow: UnitOfWork, wish: MoveDraft) -> None:
    """Give a draft other days, and the code of its day. Raises RoundExists, Invalid, NotFound, WrongState once open."""
    uow.require(Permission.GROUPBUYS_PLAN)
    draft = _draft(uow, wish.group_buy_id)
    hub = communities.get_hub(uow.session, draft.hub_id)
    _check_day_free(uow, hub.id, wish.round_on, but=draft.id)
    rules.check_days(wish.round_on, wish.opens_at, wish.cutoff_at, wish.pickup_on, ZoneInfo(hub.timezone))
    before = _days(draft)
    if wish.round_on != draft.round_on:
        draft.code = _free_code(uow, hub.code, wish.round_on)
    draft.round_on, draft.pickup_on = wish.round_on, wish.pickup_on
    draft.opens_at, draft.cutoff_at = wish.opens_at, wish.cutoff_at
    uow.session.flush()
    if _days(draft) != before:
        uow.audit("groupbuys.move_draft", draft.id, before, _days(draft))


def _days(group_buy: GroupBuy) -> dict[str, str]:
    return {
        "code": group_buy.code, "opens_at": group_buy.opens_at.isoformat(),
        "cutoff_at": group_buy.cutoff_at.isoformat(), "pickup_on": group_buy.pickup_on.isoformat(),
    }  # fmt: skip


def delete_draft(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Throw a draft away with its offers; its day is free again. Raises NotFound, WrongState once it was opened."""
    uow.require(Permission.GROUPBUYS_PLAN)
    draft = _draft(uow, group_buy_id)
    offers = select(Offer.id).where(Offer.group_buy_id == group_buy_id)
    before = {"code": draft.code, "offers": len(uow.session.scalars(offers).all())}
    for gone in (
        delete(PriceBreakRow).where(PriceBreakRow.offer_id.in_(offers)),
        delete(Offer).where(Offer.group_buy_id == group_buy_id),
        delete(RoundStepRow).where(RoundStepRow.group_buy_id == group_buy_id),
        delete(GroupBuy).where(GroupBuy.id == group_buy_id),
    ):
        uow.session.execute(gone.execution_options(synchronize_session=False))
    uow.session.expunge(draft)
    uow.audit("groupbuys.delete_draft", group_buy_id, before, None)


def add_offers(uow: UnitOfWork, group_buy_id: UUID, offers: tuple[OfferInput, ...]) -> None:
    """Add offers to a draft, with two statements. Raises TermsMissing, BelowCost, Invalid, WrongState."""
    uow.require(Permission.GROUPBUYS_PLAN)
    group_buy = _draft(uow, group_buy_id)
    terms = supply.terms_by_sku(uow.session, [o.sku_id for o in offers])
    skus = catalogue.sku_cards(uow.session, [o.sku_id for o in offers])
    without = [skus[o.sku_id].code if o.sku_id in skus else str(o.sku_id) for o in offers if o.sku_id not in terms]
    if without:
        raise TermsMissing(skus=without)
    rows, steps = [], []
    for position, offer in enumerate(offers):
        cost = terms[offer.sku_id].cost_cents
        rules.check_offer(offer, cost)
        offer_id = new_id()
        rows.append({
            "id": offer_id, "group_buy_id": group_buy.id, "sku_id": offer.sku_id, "price_cents": offer.price_cents,
            "cost_cents": cost, "commission_bps": offer.commission_bps, "quota": offer.quota, "sold_qty": 0,
            "per_resident_limit": offer.per_resident_limit, "min_group_qty": offer.min_group_qty, "role": offer.role,
            "position": position, "pack_size": offer.pack_size,
        })  # fmt: skip
        steps += [{"offer_id": offer_id, "from_qty": b.from_qty, "price_cents": b.price_cents} for b in offer.breaks]
    if rows:
        uow.session.execute(insert(Offer), rows)
    if steps:
        uow.session.execute(insert(PriceBreakRow), steps)


def change_pack_size(uow: UnitOfWork, group_buy_id: UUID, offer_id: UUID, pack_size: int) -> None:
    """Say how many pieces a box of an offer holds, while nobody can order yet; 1 sells it by the piece.

    Raises Invalid for boxes above the quota, UnknownOffer, WrongState once residents order.
    """
    uow.require(Permission.GROUPBUYS_PLAN)
    _draft(uow, group_buy_id)
    offer = uow.session.get(Offer, offer_id, with_for_update=True)
    if offer is None or offer.group_buy_id != group_buy_id:
        raise UnknownOffer(offer_id=offer_id)
    rules.check_boxes(pack_size, offer.min_group_qty, offer.quota)
    if offer.pack_size != pack_size:
        uow.audit("groupbuys.change_pack_size", offer_id, {"pack_size": offer.pack_size}, {"pack_size": pack_size})
        offer.pack_size = pack_size


def open_round(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Let residents order; repeating does nothing.

    Raises CutoffPassed, NoOffers, LabelMissing (law: no goods without a label).
    """
    uow.require(Permission.GROUPBUYS_PLAN)
    group_buy = _locked(uow, group_buy_id)
    if group_buy.status is GroupBuyStatus.OPEN:
        return
    if group_buy.cutoff_at <= uow.now:
        raise CutoffPassed(cutoff_at=group_buy.cutoff_at)
    check_move("group_buy", GROUP_BUY_MOVES, group_buy.status, GroupBuyStatus.OPEN)
    sku_ids = list(uow.session.scalars(select(Offer.sku_id).filter_by(group_buy_id=group_buy_id)))
    if not sku_ids:
        raise NoOffers(group_buy_id=group_buy_id)
    if gaps := catalogue.label_gaps(uow.session, sku_ids):
        codes = catalogue.sku_cards(uow.session, list(gaps))
        raise LabelMissing(gaps={codes[sku_id].code: fields for sku_id, fields in gaps.items()})
    group_buy.status = GroupBuyStatus.OPEN
    uow.audit("groupbuys.open", group_buy_id, {"status": "draft"}, {"status": "open"})
    uow.emit(GroupBuyOpened(group_buy_id, group_buy.hub_id))


def close(uow: UnitOfWork, group_buy_id: UUID, *, early: bool = False) -> None:
    """Take no more orders; waits for those in flight; repeating does nothing.

    Raises CutoffNotReached before the cut-off unless HQ closes `early` on purpose.
    """
    uow.require(Permission.GROUPBUYS_CLOSE)
    group_buy = _locked(uow, group_buy_id)
    if group_buy.status in {GroupBuyStatus.CLOSED, GroupBuyStatus.SETTLED}:
        return
    check_move("group_buy", GROUP_BUY_MOVES, group_buy.status, GroupBuyStatus.CLOSED)
    if uow.now < group_buy.cutoff_at and not early:
        raise CutoffNotReached(cutoff_at=group_buy.cutoff_at)
    group_buy.status = GroupBuyStatus.CLOSED
    if uow.now < group_buy.cutoff_at:
        group_buy.cutoff_at = max(uow.now, group_buy.opens_at + timedelta(seconds=1))
    uow.audit("groupbuys.close", group_buy_id, {"status": "open"}, {"status": "closed", "early": early})


def settle(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Mark a closed group-buy as settled; repeating does nothing."""
    uow.require(Permission.SETTLEMENT_CLOSE)
    group_buy = _locked(uow, group_buy_id)
    if group_buy.status is not GroupBuyStatus.SETTLED:
        check_move("group_buy", GROUP_BUY_MOVES, group_buy.status, GroupBuyStatus.SETTLED)
        group_buy.status = GroupBuyStatus.SETTLED


def cancel_offers(uow: UnitOfWork, offer_ids: list[UUID]) -> None:
    """Mark offers that did not reach their minimum, or fill no box; the flow cuts and refunds their lines."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    uow.session.execute(
        update(Offer).where(Offer.id.in_(offer_ids), Offer.cancelled_at.is_(None)).values(cancelled_at=uow.now)
    )
    for offer_id in offer_ids:
        uow.audit("groupbuys.cancel_offer", offer_id, None, {"reason": "below_minimum"})


def _locked(uow: UnitOfWork, group_buy_id: UUID) -> GroupBuy:
    group_buy = uow.session.get(GroupBuy, group_buy_id, with_for_update=True)
    if group_buy is None:
        raise NotFound("group_buy")
    return group_buy


def _draft(uow: UnitOfWork, group_buy_id: UUID) -> GroupBuy:
    group_buy = _locked(uow, group_buy_id)
    check_move("group_buy", GROUP_BUY_MOVES, group_buy.status, GroupBuyStatus.OPEN)
    return group_buy
