"""Reads of the ratings room; nothing here writes."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domains.accounts.models import Account
from app.domains.communities.models import Leader, LeaderPost
from app.domains.logistics.models import Pickup, PickupEvent
from app.domains.orders.models import Order
from app.domains.ratings import rules
from app.domains.ratings.models import Rating
from app.domains.ratings.values import RateableOrder, RatingCard, Shown, Stars, Tag
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_FIELDS = tuple(name for name in RatingCard.__dataclass_fields__ if hasattr(Rating, name))
_CARD = (
    select(*(getattr(Rating, name) for name in _FIELDS), Order.no, Account.name, Leader.name.label("leader_name"))
    .join(Order, Order.id == Rating.order_id)
    .join(Account, Account.id == Rating.resident_id)
    .join(Leader, Leader.id == Rating.leader_id)
)


def get_rateable(session: Session, order_id: UUID) -> RateableOrder:
    """An order as far as ratings go, whoever asks; raises NotFound for one that nobody was to fetch."""
    row = session.execute(_rateable().where(Pickup.order_id == order_id)).mappings().first()
    if row is None:
        raise NotFound("order")
    return RateableOrder(**row)


def to_rate(session: Session, resident_id: UUID, now: datetime) -> RateableOrder | None:
    """The newest order that a resident fetched, has not rated, and still may; None when there is none."""
    rated = select(Rating.id).where(Rating.order_id == Pickup.order_id).exists()
    wanted = _rateable().where(Pickup.resident_id == resident_id, ~rated, Pickup.picked_at >= now - rules.WINDOW)
    row = session.execute(wanted.order_by(Pickup.picked_at.desc()).limit(1)).mappings().first()
    order = RateableOrder(**row) if row else None
    return order if order and rules.can_rate(order, now) else None


def _rateable() -> Select[*tuple[Any, ...]]:
    last = select(func.max(PickupEvent.at)).where(PickupEvent.pickup_id == Pickup.id).scalar_subquery()
    same = aliased(Account)
    own = select(same.id).where(same.id == Pickup.leader_id, same.phone == Account.phone).exists()
    return (
        select(
            Pickup.order_id, Order.no.label("order_no"), Pickup.resident_id, Pickup.leader_id, Pickup.hub_id,
            Pickup.pickup_on, last.label("picked_at"), own.label("is_leaders_own"),
        )
        .join(Order, Order.id == Pickup.order_id)
        .join(Account, Account.id == Pickup.resident_id)
    )  # fmt: skip


def get_rating(session: Session, rating_id: UUID) -> RatingCard:
    """One rating in full; raises NotFound."""
    return _one(session, Rating.id == rating_id)


def rating_of_order(session: Session, order_id: UUID) -> RatingCard | None:
    """What the resident said of an order, in full; None before she did."""
    try:
        return _one(session, Rating.order_id == order_id)
    except NotFound:
        return None


def ratings(session: Session, ask: PageAsk, shown: Shown = Shown.ALL, hub_id: UUID | None = None) -> Page[RatingCard]:
    """Ratings for HQ in full, newest first."""
    conditions: dict[Shown, ColumnElement[bool]] = {
        Shown.LOW: or_(Rating.leader_stars <= 2, Rating.goods_stars <= 2),
        Shown.WITH_WORDS: Rating.text != "",
        Shown.HIDDEN: Rating.hidden_at.is_not(None),
    }
    wanted = _CARD.where(conditions[shown]) if shown in conditions else _CARD
    return _page(session, ask, wanted.where(Rating.hub_id == hub_id) if hub_id else wanted)


def ratings_of_leader(session: Session, leader_id: UUID, ask: PageAsk, *, waiting: bool = False) -> Page[RatingCard]:
    """What residents say of a leader, newest first, hidden words left out; `waiting`: with words and no answer yet."""
    wanted = _CARD.where(Rating.leader_id == leader_id)
    if waiting:
        wanted = wanted.where(Rating.answer == "", Rating.text != "", Rating.hidden_at.is_(None))
    page = _page(session, ask, wanted)
    return Page([without_hidden(card) for card in page.rows], page.next_cursor)


def without_hidden(card: RatingCard) -> RatingCard:
    """A rating as the public sees it."""
    return replace(card, text="", answer="") if card.hidden_at else card


def unanswered(session: Session, leader_id: UUID) -> int:
    """How many ratings with words wait for a leader's answer."""
    wanted = select(func.count(Rating.id)).where(
        Rating.leader_id == leader_id, Rating.answer == "", Rating.text != "", Rating.hidden_at.is_(None)
    )
    return session.scalar(wanted) or 0


def stars_of_leader(session: Session, leader_id: UUID, since: date | None = None) -> Stars:
    """Number and sums of a leader's stars, hidden words included; for goods fetched since a day, or ever."""
    wanted = select(
        func.count(Rating.id), func.coalesce(func.sum(Rating.leader_stars), 0),
        func.coalesce(func.sum(Rating.goods_stars), 0),
    ).where(Rating.leader_id == leader_id)  # fmt: skip
    if since is not None:
        wanted = wanted.where(Rating.pickup_on >= since)
    number, leader_stars, goods_stars = session.execute(wanted).one()
    return Stars(number=number, leader_stars=leader_stars, goods_stars=goods_stars)


def serving_since(session: Session, leader_id: UUID) -> datetime | None:
    """When a leader first took a post; None before she had one."""
    return session.scalar(select(func.min(LeaderPost.from_at)).where(LeaderPost.leader_id == leader_id))


def _one(session: Session, condition: ColumnElement[bool]) -> RatingCard:
    row = session.execute(_CARD.where(condition)).mappings().first()
    if row is None:
        raise NotFound("rating")
    return _card(row)


def _page(session: Session, ask: PageAsk, wanted: Select[*tuple[Any, ...]]) -> Page[RatingCard]:
    if ask.after:
        wanted = wanted.where(Rating.id < ask.after)
    found = session.execute(wanted.order_by(Rating.id.desc()).limit(ask.limit + 1)).mappings()
    rows = [_card(row) for row in found]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def _card(row: Any) -> RatingCard:
    fields = dict(row) | {"order_no": row["no"], "resident_name": row["name"]}
    fields["tags"] = tuple(Tag(tag) for tag in row["tags"])
    return RatingCard(**{name: fields[name] for name in RatingCard.__dataclass_fields__})
