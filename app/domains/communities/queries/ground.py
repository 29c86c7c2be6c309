"""Hubs, pickup points, leaders and homes: one of them, some by id, or all."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, ScalarSelect, Select, Subquery, Uuid, any_, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.domains.accounts.models import Account
from app.domains.communities.models import GroundStamp, HomeRow, HubRow, Leader, LeaderPost, Neighbourhood, PickupPoint
from app.domains.communities.values import SERVING, Home, LeaderCard, LeaderInput, PostRole, ResidentCard, ResidentRow
from app.domains.communities.values.ground import Hub, HubInput, NeighbourhoodInput, PickupPlace, PickupPointInput
from app.infra import search
from app.kernel.errors import NotFound
from app.kernel.geo import Point
from app.kernel.paging import Page, PageAsk, page_of

_HOME_FIELDS = [getattr(HomeRow, name) for name in Home.__dataclass_fields__ if name != "is_served"]


def hubs(session: Session) -> list[Hub]:
    """All hubs, by code."""
    return [_hub(row) for row in session.scalars(select(HubRow).order_by(HubRow.code))]


def get_hub(session: Session, hub_id: UUID) -> Hub:
    """One hub; raises NotFound."""
    row = session.get(HubRow, hub_id)
    if row is None:
        raise NotFound(what="hub")
    return _hub(row)


def find_hub_by_code(session: Session, code: str) -> Hub | None:
    """The hub with this code, if any."""
    row = session.scalar(select(HubRow).filter_by(code=code))
    return _hub(row) if row else None


def places(session: Session, hub_id: UUID | None = None) -> list[PickupPlace]:
    """Pickup points with neighbourhood and serving leader, by code; of one hub or of all."""
    wanted = place_rows().order_by(PickupPoint.code)
    return read_places(session, wanted.where(PickupPoint.hub_id == hub_id) if hub_id else wanted)


def places_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, PickupPlace]:
    """Pickup points by id; unknown ids are left out."""
    return {place.pickup_point_id: place for place in read_places(session, place_rows().where(PickupPoint.id.in_(ids)))}


def get_place(session: Session, pickup_point_id: UUID) -> PickupPlace:
    """One pickup point; raises NotFound."""
    found = places_by_id(session, [pickup_point_id])
    if pickup_point_id not in found:
        raise NotFound(what="pickup_point")
    return found[pickup_point_id]


def home_of(session: Session, resident_id: UUID) -> Home | None:
    """Where a resident belongs now; None when she has not chosen yet."""
    return homes_of(session, [resident_id]).get(resident_id)


def homes_of(session: Session, resident_ids: Collection[UUID]) -> dict[UUID, Home]:
    """Present homes by resident; residents without one are left out."""
    homes = {}
    for row in session.execute(_present_homes(), {"residents": list(resident_ids)}).mappings():
        fields = dict(row)
        serving = fields.pop("serving_id")
        fields |= {"leader_id": serving or fields["leader_id"], "is_served": serving is not None}
        homes[fields["resident_id"]] = Home(**fields)
    return homes


def residents_by_point(
    session: Session, hub_id: UUID | None = None, ids: Collection[UUID] | None = None
) -> dict[UUID, int]:
    """How many residents each pickup point has now: of one hub, those of `ids`, or all; empty points are left out."""
    wanted = HomeRow.pickup_point_id
    return _residents_by(session, wanted, hub_id, *([wanted.in_(ids)] if ids is not None else []))


def residents_by_leader(
    session: Session, hub_id: UUID | None = None, ids: Collection[UUID] | None = None
) -> dict[UUID, int]:
    """How many residents each leader has now: of one hub, those of `ids`, or all; leaders without any are left out."""
    wanted = HomeRow.leader_id
    return _residents_by(session, wanted, hub_id, *([wanted.in_(ids)] if ids is not None else []))


def leaders_by_neighbourhood(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many leaders with a post serve in each of these neighbourhoods; those without any are left out."""
    counted = (
        select(LeaderPost.neighbourhood_id, func.count())
        .join(Leader, Leader.id == LeaderPost.leader_id)
        .where(LeaderPost.neighbourhood_id.in_(ids), LeaderPost.until_at.is_(None), Leader.status.in_(SERVING))
        .group_by(LeaderPost.neighbourhood_id)
    )
    return dict(session.execute(counted).all())


def resident_ids_of_hub(session: Session, hub_id: UUID) -> list[UUID]:
    """Everybody whose home is served by a hub, in order of id."""
    wanted = select(HomeRow.resident_id).where(HomeRow.hub_id == hub_id, HomeRow.until_at.is_(None))
    return list(session.scalars(wanted.order_by(HomeRow.resident_id)))


def residents_of_leader(session: Session, leader_id: UUID, ask: PageAsk, text: str = "") -> Page[ResidentCard]:
    """A page of a leader's residents, the longest-standing first; `text` looks into name (also as pinyin) and phone."""
    wanted = (
        select(HomeRow, Account.name, Account.phone)
        .join(Account, Account.id == HomeRow.resident_id)
        .where(HomeRow.leader_id == leader_id, HomeRow.until_at.is_(None))
        .order_by(HomeRow.id)
        .limit(ask.limit + 1)
    )
    if part := text.strip():
        wanted = wanted.where(search.holds(Account.search_key, part) | search.is_phone(Account.phone, part))
    if ask.after:
        wanted = wanted.where(HomeRow.id > ask.after)
    rows = session.execute(wanted).all()
    cards = [_resident(home, name, phone) for home, name, phone in rows]
    return page_of(cards, ask.limit, rows[ask.limit - 1][0].id if len(rows) > ask.limit else None)


def leader_cards(session: Session, hub_id: UUID | None = None) -> list[LeaderCard]:
    """All leaders by code, with their open post; of one hub or of all. Lists that people read page `leaders`."""
    wanted = leader_rows().order_by(Leader.code)
    return read_leaders(session, wanted.where(Leader.hub_id == hub_id) if hub_id else wanted)


def get_leader(session: Session, leader_id: UUID) -> LeaderCard:
    """One leader; raises NotFound."""
    row = session.execute(leader_rows().where(Leader.id == leader_id)).mappings().first()
    if row is None:
        raise NotFound(what="leader")
    return _leader(row)


def leaders_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, LeaderCard]:
    """Leaders by id; unknown ids are left out."""
    rows = session.execute(leader_rows().where(Leader.id.in_(ids))).mappings()
    return {row["id"]: _leader(row) for row in rows}


def takes_cash(session: Session, leader_id: UUID) -> bool:
    """Whether residents may pay a leader in cash at the pickup."""
    return bool(session.scalar(select(Leader.takes_cash).where(Leader.id == leader_id)))


def find_leader_by_share_code(session: Session, share_code: str) -> LeaderCard | None:
    """The leader whose link holds this code (case ignored), if any."""
    row = session.execute(leader_rows().where(Leader.share_code == share_code.strip().upper())).mappings().first()
    return _leader(row) if row else None


def leader_ids_by_code(session: Session) -> dict[str, UUID]:
    """The id of every leader by her code."""
    return dict(session.execute(select(Leader.code, Leader.id)).all())


def neighbourhood_shapes(session: Session, hub_id: UUID | None = None) -> list[dict[str, Any]]:
    """GeoJSON features by code, with id, code, names, hub, households and the present number of residents."""
    counts = func.count(HomeRow.id).filter(HomeRow.until_at.is_(None)).label("residents")
    wanted = (
        select(Neighbourhood, HubRow.code, counts)
        .join(HubRow, HubRow.id == Neighbourhood.hub_id)
        .outerjoin(HomeRow, HomeRow.neighbourhood_id == Neighbourhood.id)
        .group_by(Neighbourhood.id, HubRow.code)
        .order_by(Neighbourhood.code)
    )
    if hub_id:
        wanted = wanted.where(Neighbourhood.hub_id == hub_id)
    return [
        {
            "type": "Feature",
            "properties": {
                "id": str(hood.id),
                "code": hood.code,
                "name": hood.name,
                "name_en": hood.name_en,
                "hub": hub_code,
                "households": hood.households,
                "residents": residents,
            },
            "geometry": hood.geometry,
        }
        for hood, hub_code, residents in session.execute(wanted)
    ]


def neighbourhood_ids_by_code(session: Session) -> dict[str, UUID]:
    """The id of every neighbourhood by its code."""
    return dict(session.execute(select(Neighbourhood.code, Neighbourhood.id)).all())


def geometries(session: Session) -> dict[UUID, dict[str, Any]]:
    """The shape of every neighbourhood."""
    return dict(session.execute(select(Neighbourhood.id, Neighbourhood.geometry)).all())


def ground_stamp(session: Session) -> UUID | None:
    """What changes with every change of neighbourhoods, pickup points, leaders and posts; None before the first."""
    return session.scalar(select(GroundStamp.stamp))


def hub_inputs(session: Session) -> list[HubInput]:
    """All hubs as an import would bring them, by code."""
    return [
        HubInput(
            code=hub.code, name=hub.name, name_en=hub.name_en, lat=hub.place.lat, lon=hub.place.lon,
            timezone=hub.timezone, currency=hub.currency, cutoff=hub.cutoff,
        )
        for hub in hubs(session)
    ]  # fmt: skip


def neighbourhood_inputs(session: Session) -> list[NeighbourhoodInput]:
    """All neighbourhoods as an import would bring them, by code."""
    found = (
        select(Neighbourhood, HubRow.code).join(HubRow, HubRow.id == Neighbourhood.hub_id).order_by(Neighbourhood.code)
    )
    return [
        NeighbourhoodInput(
            code=hood.code, name=hood.name, name_en=hood.name_en, hub=hub_code, households=hood.households,
            geometry=hood.geometry,
        )
        for hood, hub_code in session.execute(found)
    ]  # fmt: skip


def pickup_point_inputs(session: Session) -> list[PickupPointInput]:
    """All pickup points as an import would bring them, by code."""
    return [
        PickupPointInput(
            code=place.pickup_point_code, neighbourhood=place.neighbourhood_code, name=place.pickup_point_name,
            address=place.address, lat=place.place.lat, lon=place.place.lon, opens=place.opens, closes=place.closes,
            capacity_orders=place.capacity_orders, reach_m=place.reach_m,
        )
        for place in places(session)
    ]  # fmt: skip


def leader_inputs(session: Session) -> list[LeaderInput]:
    """All leaders with phone and their last post as an import would bring them, by code."""
    last = (
        select(LeaderPost.leader_id, LeaderPost.neighbourhood_id, LeaderPost.role)
        .ext(distinct_on(LeaderPost.leader_id))
        .order_by(LeaderPost.leader_id, LeaderPost.until_at.desc().nulls_first(), LeaderPost.from_at.desc())
        .subquery()
    )
    found = (
        select(
            Leader.code, Leader.name, Leader.phone, Leader.kind, Leader.status,
            Neighbourhood.code.label("neighbourhood"), PickupPoint.code.label("pickup_point"), last.c.role,
        )
        .join(last, last.c.leader_id == Leader.id)
        .join(Neighbourhood, Neighbourhood.id == last.c.neighbourhood_id)
        .join(PickupPoint, PickupPoint.id == Leader.pickup_point_id)
        .order_by(Leader.code)
    )  # fmt: skip
    return [LeaderInput(**row) for row in session.execute(found).mappings()]


def resident_rows(session: Session) -> list[ResidentRow]:
    """All residents with a phone and a home, by the age of the home; personal data in full."""
    found = (
        select(Account.name, Account.phone, Neighbourhood.code.label("neighbourhood"), HomeRow.lat, HomeRow.lon)
        .join(HomeRow, HomeRow.resident_id == Account.id)
        .join(Neighbourhood, Neighbourhood.id == HomeRow.neighbourhood_id)
        .where(HomeRow.until_at.is_(None), Account.phone.is_not(None))
        .order_by(HomeRow.id)
    )
    return [ResidentRow(**row) for row in session.execute(found).mappings()]


def _hub(row: HubRow) -> Hub:
    return Hub(
        id=row.id, code=row.code, name=row.name, name_en=row.name_en, place=Point(row.lat, row.lon),
        timezone=row.timezone, currency=row.currency, cutoff=row.cutoff,
    )  # fmt: skip


def _serving() -> Subquery:
    """Who serves at each pickup point: the primary before a backup, the longer-standing before the newer."""
    return (
        select(Leader.pickup_point_id, Leader.id, Leader.name)
        .ext(distinct_on(Leader.pickup_point_id))
        .outerjoin(LeaderPost, (LeaderPost.leader_id == Leader.id) & LeaderPost.until_at.is_(None))
        .where(Leader.status.in_(SERVING))
        .order_by(Leader.pickup_point_id, (LeaderPost.role == PostRole.PRIMARY).desc(), LeaderPost.from_at, Leader.id)
        .subquery("serving")
    )


@cache
def _present_homes() -> Select[*tuple[Any, ...]]:
    """Open homes of `residents`; built once, since every order asks for one."""
    wanted = any_(bindparam("residents", type_=ARRAY(Uuid)))  # one parameter, however many residents
    own = Leader.status.in_(SERVING)
    return (
        select(*_HOME_FIELDS, case((own, HomeRow.leader_id), else_=_substitute()).label("serving_id"))
        .join(Leader, Leader.id == HomeRow.leader_id)
        .where(HomeRow.resident_id == wanted, HomeRow.until_at.is_(None))
    )


def _substitute() -> ScalarSelect[UUID]:
    """Who serves at a home's pickup point; looked for only where the home's own leader does not serve."""
    other = aliased(Leader)
    return (
        select(other.id)
        .outerjoin(LeaderPost, (LeaderPost.leader_id == other.id) & LeaderPost.until_at.is_(None))
        .where(other.pickup_point_id == HomeRow.pickup_point_id, other.status.in_(SERVING))
        .order_by((LeaderPost.role == PostRole.PRIMARY).desc(), LeaderPost.from_at, other.id)
        .limit(1)
        .correlate(HomeRow)
        .scalar_subquery()
    )


def place_rows() -> Select[*tuple[Any, ...]]:
    """Every pickup point with its neighbourhood and who serves there; for the lists of this room."""
    serving = _serving()
    return (
        select(
            PickupPoint.id.label("pickup_point_id"),
            PickupPoint.code.label("pickup_point_code"),
            PickupPoint.name.label("pickup_point_name"),
            PickupPoint.address, PickupPoint.lat, PickupPoint.lon, PickupPoint.opens, PickupPoint.closes,
            PickupPoint.capacity_orders, PickupPoint.reach_m, PickupPoint.hub_id,
            Neighbourhood.id.label("neighbourhood_id"),
            Neighbourhood.code.label("neighbourhood_code"),
            Neighbourhood.name.label("neighbourhood_name"),
            Neighbourhood.name_en.label("neighbourhood_name_en"),
            serving.c.id.label("leader_id"),
            serving.c.name.label("leader_name"),
        )
        .join(Neighbourhood, Neighbourhood.id == PickupPoint.neighbourhood_id)
        .outerjoin(serving, serving.c.pickup_point_id == PickupPoint.id)
    )  # fmt: skip


def read_places(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[PickupPlace]:
    """Rows of `place_rows` as they are shown."""
    rows = [dict(row) for row in session.execute(wanted).mappings()]
    return [PickupPlace(place=Point(row.pop("lat"), row.pop("lon")), **row) for row in rows]


def _residents_by(
    session: Session, column: Any, hub_id: UUID | None, *conditions: ColumnElement[bool]
) -> dict[UUID, int]:
    counted = select(column, func.count()).where(HomeRow.until_at.is_(None), *conditions).group_by(column)
    return dict(session.execute(counted.where(HomeRow.hub_id == hub_id) if hub_id else counted).all())


def _resident(home: HomeRow, name: str, phone: str | None) -> ResidentCard:
    return ResidentCard(
        resident_id=home.resident_id, name=name, phone_tail=(phone or "")[-4:], pickup_point_id=home.pickup_point_id,
        leader_id=home.leader_id, reason=home.reason, distance_m=home.distance_m, since=home.from_at,
    )  # fmt: skip


def leader_rows() -> Select[*tuple[Any, ...]]:
    """Every leader with her point and her open post; for the lists of this room."""
    return (
        select(
            Leader.id, Leader.code, Leader.name, Leader.phone, Leader.kind, Leader.status, Leader.hub_id,
            Leader.pickup_point_id, Leader.share_code, Leader.takes_cash,
            PickupPoint.name.label("pickup_point_name"),
            Neighbourhood.id.label("neighbourhood_id"),
            Neighbourhood.name.label("neighbourhood_name"),
            Neighbourhood.name_en.label("neighbourhood_name_en"),
            func.coalesce(Neighbourhood.households, 0).label("households"),
            LeaderPost.role.label("post"),
            LeaderPost.from_at.label("since"),
        )
        .join(PickupPoint, PickupPoint.id == Leader.pickup_point_id)
        .outerjoin(LeaderPost, (LeaderPost.leader_id == Leader.id) & LeaderPost.until_at.is_(None))
        .outerjoin(Neighbourhood, Neighbourhood.id == LeaderPost.neighbourhood_id)
    )  # fmt: skip


def read_leaders(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[LeaderCard]:
    """Rows of `leader_rows` as they are shown."""
    return [_leader(row) for row in session.execute(wanted).mappings()]


def _leader(row: Any) -> LeaderCard:
    fields = dict(row)
    phone, since = fields.pop("phone"), fields.pop("since")
    return LeaderCard(phone_tail=phone[-4:], since=since.date() if since else None, **fields)
