"""Trucks, stops, plans and load lists."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.communities import queries as communities
from app.domains.communities.models import PickupPoint
from app.domains.logistics import rules
from app.domains.logistics.models import (
    Crate,
    Route,
    RoutePlan,
    Sheet,
    SheetLine,
    Stop,
    Vehicle,
)
from app.domains.logistics.queries.columns import POINT_TEXTS
from app.domains.logistics.values.routes import (
    LoadLine,
    PlanCard,
    PlanState,
    RouteCard,
    StopCard,
    StopDemand,
    VehicleCard,
)
from app.kernel.geo import Point


def vehicles(session: Session, hub_id: UUID, *, only_active: bool = False) -> list[VehicleCard]:
    """The trucks of a hub by code."""
    wanted = select(Vehicle.__table__).where(Vehicle.hub_id == hub_id).order_by(Vehicle.code)
    if only_active:
        wanted = wanted.where(Vehicle.active)
    return [VehicleCard(**row) for row in session.execute(wanted).mappings()]


def stops_of_round(session: Session, group_buy_id: UUID) -> list[StopDemand]:
    """What must be brought to each pickup point of a round, by its code; from the sheets as they stand."""
    crates = select(Crate.sheet_id, func.count(Crate.id).label("crates")).group_by(Crate.sheet_id).subquery()
    goods = (
        select(SheetLine.sheet_id, func.sum(SheetLine.qty * Sku.weight_g).label("weight_g"))
        .join(Sku, Sku.id == SheetLine.sku_id).group_by(SheetLine.sheet_id).subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            Sheet.pickup_point_id, func.sum(crates.c.crates).label("crates"),
            func.sum(goods.c.weight_g).label("goods_g"),
        )
        .join(crates, crates.c.sheet_id == Sheet.id).join(goods, goods.c.sheet_id == Sheet.id)
        .join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .where(Sheet.group_buy_id == group_buy_id).group_by(Sheet.pickup_point_id, PickupPoint.id)
        .order_by(PickupPoint.code)
    ).all()  # fmt: skip
    places = communities.places_by_id(session, [row.pickup_point_id for row in rows])
    return [
        StopDemand(
            pickup_point_id=row.pickup_point_id, place=places[row.pickup_point_id].place,
            volume_ml=rules.stop_volume_ml(int(row.crates)),
            weight_g=rules.stop_weight_g(int(row.goods_g), int(row.crates)),
            crates=int(row.crates), opens=rules.STOP_OPENS, closes=rules.STOP_CLOSES,
        )
        for row in rows
    ]  # fmt: skip


def current_plan(session: Session, group_buy_id: UUID) -> PlanCard | None:
    """The route plan of a round that counts, with all tours and stops; in four statements."""
    plan = session.scalar(
        select(RoutePlan).where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
    )
    if plan is None:
        return None
    routes = session.execute(
        select(Route, Vehicle)
        .join(Vehicle, Vehicle.id == Route.vehicle_id)
        .where(Route.plan_id == plan.id)
        .order_by(Route.no)
    ).all()
    stops = _stop_cards(session, [route.id for route, _ in routes])
    return PlanCard(
        id=plan.id, version=plan.version, state=plan.state, depot=communities.get_hub(session, plan.hub_id).place,
        cost_cents=plan.cost_cents, distance_m=plan.distance_m,
        routes=tuple(
            RouteCard(
                id=r.id, no=r.no, vehicle_code=v.code, vehicle_name=v.name, capacity_ml=v.capacity_ml,
                capacity_g=v.capacity_g, volume_ml=r.volume_ml, weight_g=r.weight_g, distance_m=r.distance_m,
                cost_cents=r.cost_cents, stops=tuple(stops[r.id]),
            )
            for r, v in routes
        ),
    )  # fmt: skip


def plan_geojson(session: Session, group_buy_id: UUID) -> dict[str, Any]:
    """The current plan as GeoJSON for a map: the hub, a line per tour (straight legs) and a numbered point per stop.

    Coordinates are WGS-84, longitude first (RFC 7946). No features before a plan exists.
    """
    plan = current_plan(session, group_buy_id)
    if plan is None:
        return {"type": "FeatureCollection", "features": []}
    features = [_feature("Point", _lon_lat(plan.depot), kind="depot")]
    for route in plan.routes:
        way = [_lon_lat(place) for place in (plan.depot, *(s.place for s in route.stops), plan.depot)]
        features.append(_feature("LineString", way, kind="route", no=route.no, vehicle=route.vehicle_code))
        features += [
            _feature(
                "Point", _lon_lat(s.place), kind="stop", no=route.no, seq=s.seq, name=s.pickup_point_name,
                crates=s.crates, arrive_at=s.arrive_at.isoformat(),
            )
            for s in route.stops
        ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _lon_lat(place: Point) -> list[float]:
    return [place.lon, place.lat]


def _feature(shape: str, coordinates: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates}, "properties": properties}


def _stop_cards(session: Session, route_ids: Sequence[UUID]) -> dict[UUID, list[StopCard]]:
    stops = session.scalars(select(Stop).where(Stop.route_id.in_(route_ids)).order_by(Stop.route_id, Stop.seq)).all()
    places = communities.places_by_id(session, [stop.pickup_point_id for stop in stops])
    found: dict[UUID, list[StopCard]] = defaultdict(list)
    for s in stops:
        place = places[s.pickup_point_id]
        found[s.route_id].append(
            StopCard(
                id=s.id, seq=s.seq, pickup_point_id=s.pickup_point_id, pickup_point_name=place.pickup_point_name,
                address=place.address, place=place.place, leader_name=place.leader_name, arrive_at=s.arrive_at,
                leave_at=s.leave_at, crates=s.crates, volume_ml=s.volume_ml, arrived_at=s.arrived_at,
            )
        )  # fmt: skip
    return found


def load_list(session: Session, route_id: UUID) -> list[LoadLine]:
    """The crates of a tour in the order in which they are loaded: last stop first."""
    rows = session.execute(
        select(Stop.seq.label("stop_seq"), POINT_TEXTS[1], Crate.code.label("crate_code"), Sheet.zone)
        .join(Route, Route.id == Stop.route_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .join(PickupPoint, PickupPoint.id == Stop.pickup_point_id)
        .join(Sheet, and_(Sheet.group_buy_id == RoutePlan.group_buy_id, Sheet.pickup_point_id == Stop.pickup_point_id))
        .join(Crate, Crate.sheet_id == Sheet.id).where(Route.id == route_id)
    )  # fmt: skip
    return rules.load_order([LoadLine(position=0, **row) for row in rows.mappings()])


def stop_times(session: Session, plan_id: UUID) -> dict[UUID, Stop]:
    """Stops of a plan by pickup point."""
    stops = session.scalars(select(Stop).join(Route, Route.id == Stop.route_id).where(Route.plan_id == plan_id))
    return {stop.pickup_point_id: stop for stop in stops}
