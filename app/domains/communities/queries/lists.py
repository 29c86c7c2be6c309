"""Lists that people page through and search, cut and counted by the database."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domains.communities.models import HomeRow, Leader, Neighbourhood, PickupPoint
from app.domains.communities.queries.ground import leader_rows, place_rows, read_leaders, read_places
from app.domains.communities.values import SERVING, LeaderCard, LeaderFilter, LeaderStatus
from app.domains.communities.values.ground import LonelyPoint, PickupPlace, PlaceFilter
from app.infra import search
from app.kernel.paging import Page, PageAsk, page_of


def leaders(session: Session, wanted: LeaderFilter, ask: PageAsk) -> Page[LeaderCard]:
    """A page of leaders with their open post, by code."""
    rows = leader_rows().where(*_of_leaders(wanted)).order_by(Leader.code).limit(ask.limit + 1)
    if ask.after:
        rows = rows.where(Leader.code > select(Leader.code).where(Leader.id == ask.after).scalar_subquery())
    cards = read_leaders(session, rows)
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def count_leaders(session: Session, wanted: LeaderFilter) -> int:
    """How many leaders a list has on all its pages."""
    return session.scalar(select(func.count(Leader.id)).where(*_of_leaders(wanted))) or 0


def leaders_by_status(session: Session, hub_id: UUID | None = None) -> dict[LeaderStatus, int]:
    """How many leaders stand where; statuses without any are left out."""
    counted = select(Leader.status, func.count(Leader.id)).group_by(Leader.status)
    return dict(session.execute(counted.where(Leader.hub_id == hub_id) if hub_id else counted).all())


def places_page(session: Session, wanted: PlaceFilter, ask: PageAsk) -> Page[PickupPlace]:
    """A page of pickup points with neighbourhood and serving leader, by code."""
    rows = place_rows().where(*_of_places(wanted)).order_by(PickupPoint.code).limit(ask.limit + 1)
    if ask.after:
        last = select(PickupPoint.code).where(PickupPoint.id == ask.after).scalar_subquery()
        rows = rows.where(PickupPoint.code > last)
    places = read_places(session, rows)
    return page_of(places, ask.limit, places[ask.limit - 1].pickup_point_id if len(places) > ask.limit else None)


def lonely_points(session: Session, hub_id: UUID | None = None) -> list[LonelyPoint]:
    """Pickup points to which residents belong and at which nobody serves, by code: each needs a leader."""
    residents = (
        select(HomeRow.pickup_point_id, func.count(HomeRow.id).label("residents"))
        .where(HomeRow.until_at.is_(None)).group_by(HomeRow.pickup_point_id).subquery()
    )  # fmt: skip
    serves = select(Leader.id).where(Leader.pickup_point_id == PickupPoint.id, Leader.status.in_(SERVING))
    lonely = select(PickupPoint.id, residents.c.residents).join(
        residents, residents.c.pickup_point_id == PickupPoint.id
    )
    lonely = lonely.where(~serves.exists())
    if hub_id:
        lonely = lonely.where(PickupPoint.hub_id == hub_id)
    number = {row.id: int(row.residents) for row in session.execute(lonely)}
    rows = place_rows().where(PickupPoint.id.in_(number.keys())).order_by(PickupPoint.code)
    return [LonelyPoint(place=place, residents=number[place.pickup_point_id]) for place in read_places(session, rows)]


def free_leaders(session: Session, hub_id: UUID) -> list[LeaderCard]:
    """Serving leaders of a hub who could take over another pickup point: theirs has a second one, or no residents."""
    other = aliased(Leader)
    second = select(other.id).where(
        other.pickup_point_id == Leader.pickup_point_id, other.id != Leader.id, other.status.in_(SERVING)
    )
    homes = select(HomeRow.id).where(HomeRow.pickup_point_id == Leader.pickup_point_id, HomeRow.until_at.is_(None))
    may_go = or_(second.exists(), ~homes.exists())
    rows = leader_rows().where(Leader.hub_id == hub_id, Leader.status.in_(SERVING), may_go).order_by(Leader.code)
    return read_leaders(session, rows)


def _of_leaders(wanted: LeaderFilter) -> list[ColumnElement[bool]]:
    conditions = [search.holds(Leader.search_key, wanted.text)]
    if wanted.hub_id:
        conditions.append(Leader.hub_id == wanted.hub_id)
    if wanted.status:
        conditions.append(Leader.status == wanted.status)
    return conditions


def _of_places(wanted: PlaceFilter) -> list[ColumnElement[bool]]:
    """Every word must stand somewhere: in code, name, address, neighbourhood, or the name of a leader who serves."""
    serves = [Leader.pickup_point_id == PickupPoint.id, Leader.status.in_(SERVING)]
    conditions = [_has_word(word, *serves) for word in search.words_of(wanted.text)]
    if wanted.hub_id:
        conditions.append(PickupPoint.hub_id == wanted.hub_id)
    if wanted.only_served:
        conditions.append(select(Leader.id).where(*serves).exists())
    return conditions


def _has_word(word: str, *serves: ColumnElement[bool]) -> ColumnElement[bool]:
    columns: tuple[Any, ...] = (
        PickupPoint.code, PickupPoint.name, PickupPoint.address, Neighbourhood.code, Neighbourhood.name,
        Neighbourhood.name_en,
    )  # fmt: skip
    by_leader = select(Leader.id).where(and_(*serves, search.holds(Leader.search_key, word))).exists()
    return or_(*(column.icontains(word, autoescape=True) for column in columns), by_leader)
