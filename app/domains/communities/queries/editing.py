"""What the console's editors show: neighbourhoods in pages, and one row as it would be saved."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.domains.communities.models import HomeRow, HubRow, Leader, LeaderPost, Neighbourhood, PickupPoint
from app.domains.communities.queries.days import point_days
from app.domains.communities.values import SERVING
from app.domains.communities.values.ground import NeighbourhoodCard, NeighbourhoodInput, PickupPointInput, PlaceFilter
from app.infra import search
from app.kernel.errors import NotFound
from app.kernel.geo import Point
from app.kernel.paging import Page, PageAsk, page_of


def neighbourhoods_page(session: Session, wanted: PlaceFilter, ask: PageAsk) -> Page[NeighbourhoodCard]:
    """A page of neighbourhoods, by code."""
    rows = _cards().where(*_of(wanted)).order_by(Neighbourhood.code).limit(ask.limit + 1)
    if ask.after:
        last = select(Neighbourhood.code).where(Neighbourhood.id == ask.after).scalar_subquery()
        rows = rows.where(Neighbourhood.code > last)
    cards = _read(session, rows)
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def count_neighbourhoods(session: Session, wanted: PlaceFilter) -> int:
    """How many neighbourhoods a list has on all its pages."""
    return session.scalar(select(func.count(Neighbourhood.id)).where(*_of(wanted))) or 0


def neighbourhood_cards(session: Session, hub_id: UUID | None = None) -> list[NeighbourhoodCard]:
    """All neighbourhoods, by code; of one hub or of all."""
    return _read(session, _cards().where(*_of(PlaceFilter(hub_id=hub_id))).order_by(Neighbourhood.code))


def neighbourhood_input(session: Session, neighbourhood_id: UUID) -> NeighbourhoodInput:
    """One neighbourhood as it would be saved. Raises NotFound."""
    found = session.execute(
        select(Neighbourhood, HubRow.code)
        .join(HubRow, HubRow.id == Neighbourhood.hub_id)
        .where(Neighbourhood.id == neighbourhood_id)
    ).first()
    if found is None:
        raise NotFound(what="neighbourhood")
    hood, hub = found
    return NeighbourhoodInput(
        code=hood.code, name=hood.name, name_en=hood.name_en, hub=hub, households=hood.households,
        geometry=hood.geometry,
    )  # fmt: skip


def point_input(session: Session, pickup_point_id: UUID) -> PickupPointInput:
    """One pickup point with its day limits as it would be saved. Raises NotFound."""
    found = session.execute(
        select(PickupPoint, Neighbourhood.code)
        .join(Neighbourhood, Neighbourhood.id == PickupPoint.neighbourhood_id)
        .where(PickupPoint.id == pickup_point_id)
    ).first()
    if found is None:
        raise NotFound(what="pickup_point")
    point, hood = found
    row = PickupPointInput(
        code=point.code, neighbourhood=hood, name=point.name, address=point.address, lat=point.lat, lon=point.lon,
        opens=point.opens, closes=point.closes, capacity_orders=point.capacity_orders, reach_m=point.reach_m,
    )  # fmt: skip
    return replace(row, days=point_days(session, [pickup_point_id])[pickup_point_id])


def resident_places(session: Session, hub_id: UUID) -> list[tuple[UUID, Point]]:
    """Where a hub's residents live, as far as they said so, each with her neighbourhood. Personal data: count only."""
    rows = session.execute(
        select(HomeRow.neighbourhood_id, HomeRow.lat, HomeRow.lon)
        .where(HomeRow.hub_id == hub_id, HomeRow.until_at.is_(None), HomeRow.lat.is_not(None))
        .order_by(HomeRow.id)
    )
    return [(hood_id, Point(lat, lon)) for hood_id, lat, lon in rows if lat is not None and lon is not None]


def _cards() -> Select[*tuple[Any, ...]]:
    points = (
        select(func.count(PickupPoint.id)).where(PickupPoint.neighbourhood_id == Neighbourhood.id)
        .correlate(Neighbourhood).scalar_subquery()
    )  # fmt: skip
    leaders = (
        select(func.count(LeaderPost.id))
        .join(Leader, Leader.id == LeaderPost.leader_id)
        .where(
            LeaderPost.neighbourhood_id == Neighbourhood.id, LeaderPost.until_at.is_(None), Leader.status.in_(SERVING)
        )
        .correlate(Neighbourhood).scalar_subquery()
    )  # fmt: skip
    return select(
        Neighbourhood.id, Neighbourhood.code, Neighbourhood.name, Neighbourhood.name_en, Neighbourhood.hub_id,
        Neighbourhood.households, Neighbourhood.geometry, Neighbourhood.lat, Neighbourhood.lon,
        points.label("points"), leaders.label("leaders"),
    )  # fmt: skip


def _read(session: Session, rows: Select[*tuple[Any, ...]]) -> list[NeighbourhoodCard]:
    found = [dict(row) for row in session.execute(rows).mappings()]
    return [NeighbourhoodCard(centre=Point(row.pop("lat"), row.pop("lon")), **row) for row in found]


def _of(wanted: PlaceFilter) -> list[ColumnElement[bool]]:
    conditions = [_has(word) for word in search.words_of(wanted.text)]
    if wanted.hub_id:
        conditions.append(Neighbourhood.hub_id == wanted.hub_id)
    return conditions


def _has(word: str) -> ColumnElement[bool]:
    columns = (Neighbourhood.code, Neighbourhood.name, Neighbourhood.name_en)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))
