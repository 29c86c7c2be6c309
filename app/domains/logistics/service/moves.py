"""What people change in a plan: locks, trucks that cannot drive, and a plan on the road after a breakdown."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AlreadyDispatched, NoPlan, PlanOutdated
from app.domains.logistics.models import Route, RoutePlan, Stop, Vehicle
from app.domains.logistics.service.routes import plan_json
from app.domains.logistics.values.routes import (
    PLAN_MOVES,
    PlanCard,
    PlanOrigin,
    PlanState,
    RouteCard,
    StopCard,
    Unplanned,
    VehicleCard,
)
from app.domains.logistics.values.tours import RoadStop, RoadTour
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def lock_truck(uow: UnitOfWork, group_buy_id: UUID, vehicle_id: UUID, locked: bool) -> None:
    """Keep a truck's tours as they are when the others are planned anew, or let them go again.

    Repeating changes nothing. Raises NoPlan, AlreadyDispatched, NotFound for a truck without a tour.
    """
    uow.require(Permission.LOGISTICS_ROUTE)
    uow.lock(f"logistics.plan:{group_buy_id}")
    plan = queries.current_plan(uow.session, group_buy_id)
    if plan is None:
        raise NoPlan
    if plan.state is PlanState.DISPATCHED:
        raise AlreadyDispatched
    mine = [route.id for route in plan.routes if route.vehicle_id == vehicle_id]
    if not mine:
        raise NotFound("route")
    uow.session.execute(update(Route).where(Route.id.in_(mine)).values(locked=locked))
    uow.audit("logistics.lock_route", group_buy_id, None, {"vehicle": str(vehicle_id), "locked": locked})


def mark_broken(uow: UnitOfWork, vehicle_id: UUID, broken: bool) -> None:
    """Say that a truck cannot drive, or can again; plans leave broken trucks out. Repeating changes nothing."""
    uow.require(Permission.LOGISTICS_ROUTE)
    truck = uow.session.scalar(select(Vehicle).filter_by(id=vehicle_id).with_for_update())
    if truck is None:
        raise NotFound("vehicle")
    if (truck.broken_at is not None) == broken:
        return
    truck.broken_at = uow.now if broken else None
    uow.audit("logistics.mark_broken", vehicle_id, {"broken": not broken}, {"broken": broken, "code": truck.code})


def replace_on_road(
    uow: UnitOfWork,
    before: PlanCard,
    group_buy_id: UUID,
    tours: Sequence[RoadTour],
    stranded: Sequence[Unplanned],
    fetched: Sequence[StopCard] = (),
) -> UUID:
    """Put a new version in place of a plan that is on the road: what was delivered stays, the rest is as in `tours`.

    `fetched` are stops that lay stranded in the plan before and stand in `tours` again.
    Loads are added up anew: what a truck still has to deliver is never above its capacity. What drivers said since
    `before` was read stays said; PlanOutdated is raised when the plan or its arrivals changed since then, so that the
    caller reads again.
    """
    uow.require(Permission.LOGISTICS_DISPATCH)
    uow.lock(f"logistics.plan:{group_buy_id}")
    now = queries.current_plan(uow.session, group_buy_id)
    if now is None or now.id != before.id or _arrivals(now) != _arrivals(before):
        raise PlanOutdated
    old = uow.session.get_one(RoutePlan, before.id)
    trucks = {v.id: v for v in queries.vehicles(uow.session, old.hub_id)}
    known = {stop.key: stop for stop in (*(s for r in now.routes for s in r.stops), *fetched)}
    written = _written((now, known), tours, trucks, queries.first_departure(uow.session, group_buy_id))
    check_move("route_plan", PLAN_MOVES, old.state, PlanState.REPLACED)
    old.state = PlanState.REPLACED
    uow.session.flush()
    plan = RoutePlan(
        id=new_id(), group_buy_id=group_buy_id, hub_id=old.hub_id, version=old.version + 1,
        state=PlanState.DISPATCHED, cost_cents=sum(r["cost_cents"] for r, _ in written),
        distance_m=sum(r["distance_m"] for r, _ in written), planned_at=uow.now, dispatched_at=old.dispatched_at,
        unplanned=[plan_json(left) for left in stranded], origin=PlanOrigin.BREAKDOWN, seed=None,
    )  # fmt: skip
    uow.session.add(plan)
    uow.session.flush()
    if written:
        uow.session.execute(insert(Route), [{**route, "plan_id": plan.id} for route, _ in written])
        uow.session.execute(insert(Stop), [stop for _, stops in written for stop in stops])
    told = {"version": plan.version, "origin": "breakdown", "cost_cents": plan.cost_cents, "unplanned": len(stranded)}
    uow.audit("logistics.plan_routes", group_buy_id, {"version": old.version, "cost_cents": old.cost_cents}, told)
    return plan.id


def _arrivals(plan: PlanCard) -> set[tuple[tuple[UUID, int], datetime | None]]:
    return {(stop.key, stop.arrived_at) for route in plan.routes for stop in route.stops}


Row = dict[str, object]


def _written(
    was: tuple[PlanCard, Mapping[tuple[UUID, int], StopCard]],
    tours: Sequence[RoadTour],
    trucks: Mapping[UUID, VehicleCard],
    base: datetime,
) -> list[tuple[Row, list[Row]]]:
    """Rows of routes and their stops: what was delivered on each tour, then what it still has to do."""
    before, known = was
    running = {(route.vehicle_id, route.trip): route for route in before.routes}
    todo = {(tour.vehicle_id, tour.trip): tour for tour in tours}
    found: list[tuple[Row, list[Row]]] = []
    for no, key in enumerate([*running, *(k for k in todo if k not in running)], 1):
        route, tour = running.get(key), todo.get(key)
        done = [stop for stop in (route.stops if route else ()) if stop.arrived_at]
        ahead = [(known[stop.key], stop) for stop in (tour.stops if tour else ())]
        route_id = new_id()
        if not done and not ahead:
            continue
        found.append((
            _route_row(route_id, no, (key, route, tour), [*done, *(s for s, _ in ahead)], trucks[key[0]], base),
            [_stop_row(route_id, seq, stop, then, base)
             for seq, (stop, then) in enumerate([*((s, None) for s in done), *ahead], 1)],
        ))  # fmt: skip
    return found


def _route_row(
    route_id: UUID,
    no: int,
    what: tuple[tuple[UUID, int], RouteCard | None, RoadTour | None],
    stops: Sequence[StopCard],
    truck: VehicleCard,
    base: datetime,
) -> Row:
    (vehicle_id, trip), route, tour = what
    distance = tour.distance_m if tour else sum(stop.leg_m for stop in stops)
    row: dict[str, object] = {
        "id": route_id, "no": no, "vehicle_id": vehicle_id, "trip": trip, "distance_m": distance,
        "volume_ml": sum(s.volume_ml for s in stops), "weight_g": sum(s.weight_g for s in stops), "locked": False,
        "cost_cents": rules.route_cost_cents(truck, distance, len(stops), trip),
        "leaves_at": route.leaves_at if route else None,
        "back_at": base + timedelta(seconds=tour.back_s) if tour else (route.back_at if route else None),
    }  # fmt: skip
    return row


def _stop_row(route_id: UUID, seq: int, stop: StopCard, then: RoadStop | None, base: datetime) -> Row:
    """A stop as it was, or with the times that it has now."""
    return {
        "id": new_id(), "route_id": route_id, "seq": seq, "pickup_point_id": stop.pickup_point_id,
        "arrive_at": base + timedelta(seconds=then.arrive_s) if then else stop.arrive_at,
        "leave_at": base + timedelta(seconds=then.leave_s) if then else stop.leave_at,
        "leg_m": then.leg_m if then else stop.leg_m, "crates": stop.crates, "volume_ml": stop.volume_ml,
        "weight_g": stop.weight_g, "first_crate": stop.first_crate, "arrived_at": stop.arrived_at,
        "empties_qty": stop.empties_qty, "handed_at": stop.handed_at, "handed_to": stop.handed_to,
        "problem": stop.problem, "problem_at": stop.problem_at,
        "collect_from": then.collect_from if then else stop.collect_from,
    }  # fmt: skip
