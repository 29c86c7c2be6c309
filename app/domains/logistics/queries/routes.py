"""Trucks, stops, plans and load lists."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.catalogue.values import Zone
from app.domains.communities import queries as communities
from app.domains.communities.models import PickupPoint
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import rules
from app.domains.logistics.models import (
    Crate,
    DeliveryWindow,
    Route,
    RoutePlan,
    RouteRules,
    Sheet,
    SheetLine,
    Stop,
    Vehicle,
)
from app.domains.logistics.queries.columns import POINT_TEXTS
from app.domains.logistics.values.routes import (
    Fix,
    LoadLine,
    PlanCard,
    PlannedRoute,
    PlannedStop,
    PlanState,
    RouteCard,
    RouteRulesCard,
    StopCard,
    StopDemand,
    Unplaced,
    Unplanned,
    VehicleCard,
    WindowCard,
)
from app.domains.logistics.values.tours import PlanVersion, StopPlace
from app.kernel.geo import Point


def vehicles(session: Session, hub_id: UUID, *, only_active: bool = False) -> list[VehicleCard]:
    """The trucks of a hub by code."""
    wanted = select(Vehicle.__table__).where(Vehicle.hub_id == hub_id).order_by(Vehicle.code)
    if only_active:
        wanted = wanted.where(Vehicle.active)
    return [VehicleCard(**row) for row in session.execute(wanted).mappings()]


def route_rules(session: Session, hub_id: UUID) -> RouteRulesCard:
    """How a hub plans its tours; the defaults where nobody decided."""
    table = RouteRules.__table__
    found = session.execute(select(table).where(table.c.hub_id == hub_id)).mappings().first()
    return RouteRulesCard(**{k: v for k, v in found.items() if k != "hub_id"}) if found else RouteRulesCard()


def windows_of_hub(session: Session, hub_id: UUID) -> list[WindowCard]:
    """Every pickup point of a hub by code, with when it takes deliveries; the usual hours where nobody decided."""
    rows = session.execute(
        select(PickupPoint.id, PickupPoint.code, PickupPoint.name, DeliveryWindow.opens, DeliveryWindow.closes,
               DeliveryWindow.service_s)
        .join(DeliveryWindow, DeliveryWindow.pickup_point_id == PickupPoint.id, isouter=True)
        .where(PickupPoint.hub_id == hub_id).order_by(PickupPoint.code)
    )  # fmt: skip
    return [
        WindowCard(
            pickup_point_id=row.id, code=row.code, name=row.name, opens=row.opens or rules.STOP_OPENS,
            closes=row.closes or rules.STOP_CLOSES, service_s=row.service_s, is_usual=row.opens is None,
        )
        for row in rows
    ]  # fmt: skip


def stops_of_round(session: Session, group_buy_id: UUID) -> list[StopDemand]:
    """What must be brought to each pickup point of a round, by its code; from the sheets as they stand.

    Crates are counted by zone and number; each weighs its share of what its sheet holds.
    """
    crates = select(Crate.sheet_id, func.count(Crate.id).label("crates")).group_by(Crate.sheet_id).subquery()
    goods = (
        select(SheetLine.sheet_id, func.sum(SheetLine.qty * Sku.weight_g).label("weight_g"))
        .join(Sku, Sku.id == SheetLine.sku_id).group_by(SheetLine.sheet_id).subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            Sheet.pickup_point_id, Sheet.zone, crates.c.crates, goods.c.weight_g, PickupPoint.neighbourhood_id,
            DeliveryWindow.opens, DeliveryWindow.closes, DeliveryWindow.service_s,
        )
        .join(crates, crates.c.sheet_id == Sheet.id).join(goods, goods.c.sheet_id == Sheet.id)
        .join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .join(DeliveryWindow, DeliveryWindow.pickup_point_id == Sheet.pickup_point_id, isouter=True)
        .where(Sheet.group_buy_id == group_buy_id).order_by(PickupPoint.code, Sheet.zone)
    ).all()  # fmt: skip
    places = communities.places_by_id(session, list(dict.fromkeys(row.pickup_point_id for row in rows)))
    points = {point: list(found) for point, found in groupby(rows, key=lambda row: row.pickup_point_id)}
    return [_stop_demand(found, places[point].place) for point, found in points.items()]


def _stop_demand(sheets: Sequence[Any], place: Point) -> StopDemand:
    """One point's sheets as one stop."""
    loads: list[tuple[Zone, int]] = []
    for sheet in sheets:
        number, grams = int(sheet.crates), int(sheet.weight_g)
        shares = [grams * n // number for n in range(number + 1)]
        loads += [(sheet.zone, rules.stop_weight_g(b - a, 1)) for a, b in pairwise(shares)]
    first = sheets[0]
    return StopDemand(
        pickup_point_id=first.pickup_point_id, place=place, volume_ml=rules.stop_volume_ml(len(loads)),
        weight_g=sum(grams for _, grams in loads), crates=len(loads), opens=first.opens or rules.STOP_OPENS,
        closes=first.closes or rules.STOP_CLOSES, service_s=first.service_s,
        neighbourhood_id=first.neighbourhood_id, crate_loads=tuple(loads),
    )  # fmt: skip


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
        id=plan.id, version=plan.version, state=plan.state, origin=plan.origin, seed=plan.seed,
        unplanned=tuple(_unplanned(row) for row in plan.unplanned),
        depot=communities.get_hub(session, plan.hub_id).place,
        cost_cents=plan.cost_cents, distance_m=plan.distance_m,
        routes=tuple(
            RouteCard(
                id=r.id, no=r.no, vehicle_code=v.code, vehicle_name=v.name, capacity_ml=v.capacity_ml,
                capacity_g=v.capacity_g, volume_ml=r.volume_ml, weight_g=r.weight_g, distance_m=r.distance_m,
                cost_cents=r.cost_cents, stops=tuple(stops[r.id]), vehicle_id=v.id, trip=r.trip, locked=r.locked,
                leaves_at=r.leaves_at, back_at=r.back_at, broken_at=v.broken_at,
            )
            for r, v in routes
        ),
    )  # fmt: skip


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
                leave_at=s.leave_at, crates=s.crates, volume_ml=s.volume_ml, arrived_at=s.arrived_at, leg_m=s.leg_m,
                weight_g=s.weight_g, first_crate=s.first_crate, empties_qty=s.empties_qty, handed_at=s.handed_at,
                handed_to=s.handed_to, problem=s.problem, problem_at=s.problem_at, collect_from=s.collect_from,
            )
        )  # fmt: skip
    return found


def load_list(session: Session, route_id: UUID) -> list[LoadLine]:
    """The crates of a tour in the order in which they are loaded: last stop first."""
    number = func.row_number().over(
        partition_by=Sheet.pickup_point_id, order_by=(Sheet.zone, Crate.seq, Crate.id)
    )  # fmt: skip
    here = select(RoutePlan.group_buy_id).join(Route, Route.plan_id == RoutePlan.id).where(Route.id == route_id)
    crates = (
        select(Sheet.pickup_point_id, Sheet.zone, Crate.code.label("crate_code"), (number - 1).label("number"))
        .join(Crate, Crate.sheet_id == Sheet.id).where(Sheet.group_buy_id == here.scalar_subquery()).subquery()
    )  # fmt: skip
    rows = session.execute(
        select(Stop.seq.label("stop_seq"), POINT_TEXTS[1], crates.c.crate_code, crates.c.zone)
        .join(PickupPoint, PickupPoint.id == Stop.pickup_point_id)
        .join(crates, and_(
            crates.c.pickup_point_id == Stop.pickup_point_id, crates.c.number >= Stop.first_crate,
            crates.c.number < Stop.first_crate + Stop.crates,
        ))
        .where(Stop.route_id == route_id)
    )  # fmt: skip
    return rules.load_order([LoadLine(position=0, **row) for row in rows.mappings()])


def planned_routes(session: Session, plan_id: UUID) -> list[PlannedRoute]:
    """The tours of a plan as the solver would hand them over, to keep or change some of them."""
    found = session.execute(
        select(Route, RoutePlan.group_buy_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .where(Route.plan_id == plan_id).order_by(Route.no)
    ).all()  # fmt: skip
    if not found:
        return []
    leaves = first_departure(session, found[0].group_buy_id)
    stops: dict[UUID, list[PlannedStop]] = defaultdict(list)
    ids = [route.id for route, _ in found]
    for s in session.scalars(select(Stop).where(Stop.route_id.in_(ids)).order_by(Stop.route_id, Stop.seq)):
        stops[s.route_id].append(
            PlannedStop(
                pickup_point_id=s.pickup_point_id, arrive_s=_seconds(leaves, s.arrive_at) or 0,
                leave_s=_seconds(leaves, s.leave_at) or 0, leg_m=s.leg_m, first_crate=s.first_crate, crates=s.crates,
            )
        )  # fmt: skip
    return [
        PlannedRoute(
            vehicle_id=r.vehicle_id, stops=tuple(stops[r.id]), distance_m=r.distance_m, volume_ml=r.volume_ml,
            weight_g=r.weight_g, trip=r.trip, leave_s=_seconds(leaves, r.leaves_at),
            back_s=_seconds(leaves, r.back_at), locked=r.locked,
        )
        for r, _ in found
    ]  # fmt: skip


def first_departure(session: Session, group_buy_id: UUID) -> datetime:
    """The instant from which the seconds of a round's tours count."""
    card = groupbuys.get_group_buy(session, group_buy_id)
    zone = ZoneInfo(communities.get_hub(session, card.hub_id).timezone)
    return datetime.combine(card.pickup_on, rules.DEPART_FROM, zone)


def _seconds(base: datetime, moment: datetime | None) -> int | None:
    return None if moment is None else round((moment - base).total_seconds())


def _unplanned(row: Mapping[str, Any]) -> Unplanned:
    known = {**row, "pickup_point_id": UUID(row["pickup_point_id"])}
    return Unplanned(**known | {"reason": Unplaced(row["reason"]), "fix": Fix(row["fix"])})


def plan_versions(session: Session, group_buy_id: UUID) -> list[PlanVersion]:
    """All versions of a round's plan, newest first."""
    table = RoutePlan.__table__
    wanted = [
        table.c[n] for n in ("id", "version", "state", "origin", "seed", "cost_cents", "distance_m", "planned_at")
    ]
    found = select(*wanted).where(table.c.group_buy_id == group_buy_id).order_by(table.c.version.desc())
    return [PlanVersion(**row) for row in session.execute(found).mappings()]


def stops_in_plan(session: Session, plan_id: UUID) -> list[StopPlace]:
    """Where each part of each point stands in a version: truck, tour and number; to compare two versions."""
    rows = session.execute(
        select(Stop.pickup_point_id, Stop.first_crate, PickupPoint.name, Vehicle.code, Route.trip, Stop.seq,
               Stop.arrive_at)
        .join(Route, Route.id == Stop.route_id).join(Vehicle, Vehicle.id == Route.vehicle_id)
        .join(PickupPoint, PickupPoint.id == Stop.pickup_point_id).where(Route.plan_id == plan_id)
        .order_by(PickupPoint.code, Stop.first_crate)
    )  # fmt: skip
    return [
        StopPlace(key=(r.pickup_point_id, r.first_crate), name=r.name, vehicle_code=r.code, trip=r.trip, seq=r.seq,
                  arrive_at=r.arrive_at)
        for r in rows
    ]  # fmt: skip


def planned_loads(session: Session, plan_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Crates and grams that a plan brings to each pickup point, over all of its tours."""
    rows = session.execute(
        select(Stop.pickup_point_id, func.sum(Stop.crates), func.sum(Stop.weight_g))
        .join(Route, Route.id == Stop.route_id).where(Route.plan_id == plan_id).group_by(Stop.pickup_point_id)
    )  # fmt: skip
    return {point: (int(crates), int(grams)) for point, crates, grams in rows}
