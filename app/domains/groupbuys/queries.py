"""Reads of the groupbuys room; nothing here writes."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Category, Sku
from app.domains.groupbuys import rules
from app.domains.groupbuys.models import CallOff, GroupBuy, Offer, PriceBreakRow, RoundStepRow
from app.domains.groupbuys.values import (
    STATIONS,
    CallOffCard,
    GroupBuyCard,
    GroupBuyStatus,
    ListedOffer,
    OfferCard,
    OfferStock,
    PriceBreak,
    Round,
    RoundStep,
    Station,
    StepState,
)
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_OFFERS = select(func.count(Offer.id)).where(Offer.group_buy_id == GroupBuy.id).correlate(GroupBuy).scalar_subquery()
_CARD = select(
    GroupBuy.id, GroupBuy.hub_id, GroupBuy.code, GroupBuy.title, GroupBuy.title_en, GroupBuy.status, GroupBuy.round_on,
    GroupBuy.opens_at, GroupBuy.cutoff_at, GroupBuy.pickup_on, GroupBuy.currency, _OFFERS.label("offer_count"),
)  # fmt: skip


def _card(row: Row[*tuple[Any, ...]]) -> GroupBuyCard:
    return GroupBuyCard(**row._mapping)


def get_group_buy(session: Session, group_buy_id: UUID) -> GroupBuyCard:
    """One group-buy; raises NotFound."""
    row = session.execute(_CARD.where(GroupBuy.id == group_buy_id)).first()
    if row is None:
        raise NotFound("group_buy")
    return _card(row)


def find_round(session: Session, hub_id: UUID, round_on: date) -> GroupBuyCard | None:
    """The group-buy of a hub whose cut-off falls on a local day; the last one called off, where there is no other."""
    wanted = _CARD.where(GroupBuy.hub_id == hub_id, GroupBuy.round_on == round_on)
    row = session.execute(wanted.order_by(GroupBuy.status == GroupBuyStatus.CANCELLED, GroupBuy.id.desc())).first()
    return _card(row) if row else None


def call_off_of(session: Session, group_buy_id: UUID) -> CallOffCard | None:
    """HQ's word that a group-buy does not take place; None while it does."""
    row = session.execute(select(CallOff.__table__).where(CallOff.group_buy_id == group_buy_id)).mappings().first()
    return CallOffCard(**row) if row else None


def next_draft(session: Session, hub_id: UUID, today: date) -> GroupBuyCard | None:
    """The next group-buy of a hub that is still being planned, from a local day on."""
    wanted = _CARD.where(
        GroupBuy.hub_id == hub_id, GroupBuy.status == GroupBuyStatus.DRAFT, GroupBuy.round_on >= today
    ).order_by(GroupBuy.round_on)
    row = session.execute(wanted.limit(1)).first()
    return _card(row) if row else None


def latest_offer(session: Session, hub_id: UUID, sku_id: UUID) -> OfferCard | None:
    """The terms on which a hub has offered a SKU last; None when it never did."""
    found = session.scalar(
        select(Offer.id)
        .join(GroupBuy, GroupBuy.id == Offer.group_buy_id)
        .where(GroupBuy.hub_id == hub_id, Offer.sku_id == sku_id)
        .order_by(GroupBuy.round_on.desc())
        .limit(1)
    )
    if found is None:
        return None
    group_buy_id = session.scalars(select(Offer.group_buy_id).filter_by(id=found)).one()
    return next(card for card in offer_cards(session, group_buy_id) if card.id == found)


def open_group_buy_of_hub(session: Session, hub_id: UUID, now: datetime) -> GroupBuyCard | None:
    """The group-buy in which residents of a hub can order at `now`; the one that closes first when there are two."""
    wanted = _CARD.where(
        GroupBuy.hub_id == hub_id,
        GroupBuy.status == GroupBuyStatus.OPEN,
        GroupBuy.opens_at <= now,
        GroupBuy.cutoff_at > now,
    )
    row = session.execute(wanted.order_by(GroupBuy.cutoff_at).limit(1)).first()
    return _card(row) if row else None


def open_group_buys(session: Session, now: datetime) -> dict[UUID, GroupBuyCard]:
    """By hub, the group-buy in which its residents can order at `now`; hubs that are closed are missing."""
    wanted = _CARD.where(GroupBuy.status == GroupBuyStatus.OPEN, GroupBuy.opens_at <= now, GroupBuy.cutoff_at > now)
    rows = session.execute(wanted.order_by(GroupBuy.cutoff_at.desc()))  # of two in a hub, the one that closes first
    return {card.hub_id: card for card in map(_card, rows)}


def group_buys(
    session: Session, ask: PageAsk, hub_id: UUID | None = None, status: GroupBuyStatus | None = None
) -> Page[GroupBuyCard]:
    """Group-buys, newest first."""
    wanted = _CARD.order_by(GroupBuy.id.desc()).limit(ask.limit + 1)
    if hub_id is not None:
        wanted = wanted.where(GroupBuy.hub_id == hub_id)
    if status is not None:
        wanted = wanted.where(GroupBuy.status == status)
    if ask.after:
        wanted = wanted.where(GroupBuy.id < ask.after)
    rows = [_card(row) for row in session.execute(wanted)]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def breaks_of(session: Session, offer_ids: list[UUID]) -> dict[UUID, tuple[PriceBreak, ...]]:
    """Price breaks by offer, in order of quantity."""
    found: dict[UUID, list[PriceBreak]] = defaultdict(list)
    for row in session.scalars(
        select(PriceBreakRow).where(PriceBreakRow.offer_id.in_(offer_ids)).order_by(PriceBreakRow.from_qty)
    ):
        found[row.offer_id].append(PriceBreak(from_qty=row.from_qty, price_cents=row.price_cents))
    return {offer_id: tuple(steps) for offer_id, steps in found.items()}


def skus_of_offers(session: Session, offer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The product of each of these offers, of whatever group-buy; unknown offers are left out."""
    return dict(session.execute(select(Offer.id, Offer.sku_id).where(Offer.id.in_(offer_ids))).all())


def offer_cards(session: Session, group_buy_id: UUID) -> list[OfferCard]:
    """All offers of a group-buy in their order, with live counters and the price at the quantity wanted so far."""
    offers = session.scalars(
        select(Offer).filter_by(group_buy_id=group_buy_id).order_by(Offer.position, Offer.id)
    ).all()
    breaks = breaks_of(session, [o.id for o in offers])
    return [
        OfferCard(
            id=o.id, group_buy_id=o.group_buy_id, sku_id=o.sku_id, base_price_cents=o.price_cents,
            price_cents=rules.price_at(o.price_cents, breaks.get(o.id, ()), o.sold_qty - o.tolerance_qty),
            cost_cents=o.cost_cents, pack_size=o.pack_size, tolerance_qty=o.tolerance_qty,
            box=rules.box_of(o.sold_qty - o.tolerance_qty, o.tolerance_qty, o.pack_size),
            commission_bps=o.commission_bps, quota=o.quota, sold_qty=o.sold_qty,
            per_resident_limit=o.per_resident_limit, min_group_qty=o.min_group_qty, role=o.role,
            is_cancelled=o.cancelled_at is not None, breaks=breaks.get(o.id, ()),
        )
        for o in offers
    ]  # fmt: skip


#: Group-buys that anybody may look at.
_PUBLIC = (GroupBuyStatus.OPEN, GroupBuyStatus.CLOSED, GroupBuyStatus.SETTLED)
_LISTED = (
    select(
        Offer.id, Offer.sku_id, Sku.code, Sku.name, Sku.name_en, Sku.spec, Sku.spec_en, Sku.unit, Sku.unit_en,
        Category.code.label("category"), Category.name.label("category_name"),
        Category.name_en.label("category_name_en"), Sku.zone, Sku.picture, Sku.origin, Offer.price_cents,
        Offer.per_resident_limit, Offer.min_group_qty, Offer.role, Offer.pack_size, Sku.estimate_g,
    )
    .join(Sku, Sku.id == Offer.sku_id).join(Category, Category.id == Sku.category_id)
    .order_by(Offer.position, Offer.id)
)  # fmt: skip


def listing(session: Session, group_buy_id: UUID) -> tuple[GroupBuyCard, list[ListedOffer]]:
    """A group-buy that anybody may see and its offers with their texts, in three statements; raises NotFound."""
    card = get_group_buy(session, group_buy_id)
    if card.status not in _PUBLIC:
        raise NotFound("group_buy")
    rows = session.execute(_LISTED.where(Offer.group_buy_id == group_buy_id, Offer.cancelled_at.is_(None))).all()
    breaks = breaks_of(session, [row.id for row in rows])
    return card, [ListedOffer(**row._mapping, breaks=breaks.get(row.id, ())) for row in rows]


def stock_of_offers(session: Session, group_buy_id: UUID) -> list[OfferStock]:
    """The live counters of a group-buy that anybody may see, in one statement; raises NotFound."""
    reached = (
        select(func.min(PriceBreakRow.price_cents))
        .where(PriceBreakRow.offer_id == Offer.id, PriceBreakRow.from_qty <= Offer.sold_qty - Offer.tolerance_qty)
        .scalar_subquery()
    )
    wanted = (
        select(
            Offer.id.label("offer_id"), Offer.sold_qty, (Offer.quota - Offer.sold_qty).label("left_qty"),
            func.least(Offer.price_cents, reached).label("price_cents"),
            Offer.cancelled_at.is_not(None).label("is_cancelled"), Offer.tolerance_qty, Offer.pack_size,
        )
        .join(GroupBuy, GroupBuy.id == Offer.group_buy_id)
        .where(Offer.group_buy_id == group_buy_id, GroupBuy.status.in_(_PUBLIC))
        .order_by(Offer.position, Offer.id)
    )  # fmt: skip
    found = [
        OfferStock(
            offer_id=row.offer_id, sold_qty=row.sold_qty, left_qty=row.left_qty, price_cents=row.price_cents,
            is_cancelled=row.is_cancelled,
            box=rules.box_of(row.sold_qty - row.tolerance_qty, row.tolerance_qty, row.pack_size),
        )
        for row in session.execute(wanted)
    ]  # fmt: skip
    if not found:
        raise NotFound("group_buy")
    return found


def get_round(session: Session, group_buy_id: UUID) -> Round:
    """A group-buy with the progress of all its stations."""
    return rounds_of(session, [get_group_buy(session, group_buy_id)])[0]


def rounds(session: Session, ask: PageAsk, hub_id: UUID | None = None) -> Page[Round]:
    """Rounds for the board, newest first."""
    page = group_buys(session, ask, hub_id)
    return Page(rounds_of(session, page.rows), page.next_cursor)


def rounds_of(session: Session, cards: list[GroupBuyCard]) -> list[Round]:
    """Add the stations to group-buys, with one statement."""
    known: dict[tuple[UUID, Station], RoundStepRow] = {
        (s.group_buy_id, s.station): s
        for s in session.scalars(select(RoundStepRow).where(RoundStepRow.group_buy_id.in_([c.id for c in cards])))
    }
    return [
        Round(group_buy=card, steps=tuple(_step(station, known.get((card.id, station))) for station in STATIONS))
        for card in cards
    ]


def running_steps(session: Session) -> list[tuple[UUID, RoundStep]]:
    """Stations of any round that read "running" now, with the round's id."""
    rows = session.scalars(select(RoundStepRow).where(RoundStepRow.state == StepState.RUNNING))
    return [(row.group_buy_id, _step(row.station, row)) for row in rows]


def _step(station: Station, row: RoundStepRow | None) -> RoundStep:
    if row is None:
        return RoundStep(
            station=station, state=StepState.WAITING, done=0, total=0, note="", started_at=None, finished_at=None
        )
    return RoundStep(
        station=station, state=row.state, done=row.done, total=row.total, note=row.note,
        started_at=row.started_at, finished_at=row.finished_at, moved_at=row.moved_at,
    )  # fmt: skip
