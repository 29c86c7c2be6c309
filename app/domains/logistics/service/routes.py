"""Route plans: saving what the solver found, sending the trucks off, noting arrivals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import (
    AlreadyDispatched,
    NoPlan,
    NothingToSort,
    PlanOutdated,
    PlanReplaced,
    SheetsOpen,
    StopsUnplanned,
)
from app.domains.logistics.events import RoundDispatched
from app.domains.logistics.models import Route, RoutePlan, Stop
from app.domains.logistics.service import driving, handovers, scales
from app.domains.logistics.values.routes import (
    PLAN_MOVES,
    PlannedRoute,
    PlannedStop,
    PlanOrigin,
    PlanState,
    StopDemand,
    Unplanned,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def save_plan(
    uow: UnitOfWork,
    group_buy_id: UUID,
    routes: Sequence[PlannedRoute],
    unplanned: Sequence[Unplanned] = (),
    origin: PlanOrigin = PlanOrigin.SOLVER,
    seed: int | None = None,
) -> UUID:
    """Make these tours the plan of the round; the plan before it is replaced. Returns the new plan's id.

    What the solver says of loads is not believed: every crate of the sheets as they stand now must be on exactly one
    tour or named as unplanned, and no truck above what it carries. Raises PlanWrong, AlreadyDispatched, NothingToSort.
    """
    uow.require(Permission.LOGISTICS_ROUTE)
    uow.lock(f"logistics.plan:{group_buy_id}")
    card = groupbuys.get_group_buy(uow.session, group_buy_id)
    stops = {s.pickup_point_id: s for s in queries.stops_of_round(uow.session, group_buy_id)}
    if not stops:
        raise NothingToSort
    trucks = {v.id: v for v in queries.vehicles(uow.session, card.hub_id, only_active=True)}
    rules.check_plan(routes, list(stops.values()), list(trucks.values()), unplanned)
    last = uow.session.scalar(select(func.max(RoutePlan.version)).filter_by(group_buy_id=group_buy_id)) or 0
    before = _replace_current(uow, group_buy_id)
    costs = [
        rules.route_cost_cents(trucks[r.vehicle_id], r.distance_m, len(r.stops), r.trip) for r in routes
    ]  # fmt: skip
    plan = RoutePlan(
        id=new_id(), group_buy_id=group_buy_id, hub_id=card.hub_id, version=last + 1,
        state=PlanState.PLANNED, cost_cents=sum(costs), distance_m=sum(r.distance_m for r in routes),
        planned_at=uow.now, dispatched_at=None, unplanned=[plan_json(left) for left in unplanned], origin=origin,
        seed=seed,
    )  # fmt: skip
    uow.session.add(plan)
    uow.session.flush()
    if routes:
        _add_routes(uow, plan.id, routes, costs, stops)
    after = {
        "version": plan.version,
        "origin": origin.value,
        "cost_cents": plan.cost_cents,
        "unplanned": len(unplanned),
    }
    uow.audit("logistics.plan_routes", group_buy_id, before and {"version": before[0], "cost_cents": before[1]}, after)
    return plan.id


def save_by_hand(
    uow: UnitOfWork,
    group_buy_id: UUID,
    routes: Sequence[PlannedRoute],
    unplanned: Sequence[Unplanned],
    seen_version: int | None,
) -> UUID:
    """As `save_plan`, for tours arranged by a person who saw the plan of that version (None: whichever counts).

    Raises PlanReplaced when another plan counts by now, so that nobody's work is lost unseen.
    """
    uow.require(Permission.LOGISTICS_ROUTE)
    uow.lock(f"logistics.plan:{group_buy_id}")
    plan = queries.current_plan(uow.session, group_buy_id)
    if seen_version is not None and (plan is None or plan.version != seen_version):
        raise PlanReplaced
    return save_plan(uow, group_buy_id, routes, unplanned, PlanOrigin.HAND)


def plan_json(left: Unplanned) -> dict[str, object]:
    """An unplanned stop as a plan keeps it."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(left).items()}


def _replace_current(uow: UnitOfWork, group_buy_id: UUID) -> tuple[int, int] | None:
    """Close the plan that counted until now; returns its version and cost."""
    current = uow.session.scalar(
        select(RoutePlan).where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
    )
    if current is None:
        return None
    if current.state is PlanState.DISPATCHED:
        raise AlreadyDispatched
    check_move("route_plan", PLAN_MOVES, current.state, PlanState.REPLACED)
    current.state = PlanState.REPLACED
    uow.session.flush()
    return current.version, current.cost_cents


def _add_routes(
    uow: UnitOfWork,
    plan_id: UUID,
    routes: Sequence[PlannedRoute],
    costs: Sequence[int],
    stops: Mapping[UUID, StopDemand],
) -> None:
    """Write tours and their stops; `stops` holds each point as a whole."""
    plan = uow.session.get_one(RoutePlan, plan_id)
    base = queries.first_departure(uow.session, plan.group_buy_id)
    ids = [new_id() for _ in routes]
    parts = [[_part(stops[s.pickup_point_id], s) for s in route.stops] for route in routes]

    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else base + timedelta(seconds=seconds)

    uow.session.execute(
        insert(Route),
        [
            {
                "id": route_id, "plan_id": plan_id, "no": no, "vehicle_id": route.vehicle_id,
                "distance_m": route.distance_m, "volume_ml": sum(p.volume_ml for p in loads),
                "weight_g": sum(p.weight_g for p in loads), "cost_cents": cost, "trip": route.trip,
                "locked": route.locked, "leaves_at": at(route.leave_s), "back_at": at(route.back_s),
            }
            for no, (route_id, route, loads, cost) in enumerate(zip(ids, routes, parts, costs, strict=True), 1)
        ],
    )  # fmt: skip
    uow.session.execute(
        insert(Stop),
        [
            {
                "id": new_id(), "route_id": route_id, "seq": seq, "pickup_point_id": stop.pickup_point_id,
                "arrive_at": at(stop.arrive_s), "leave_at": at(stop.leave_s), "leg_m": stop.leg_m,
                "first_crate": part.first_crate, "crates": part.crates, "volume_ml": part.volume_ml,
                "weight_g": part.weight_g,
            }
            for route_id, route, loads in zip(ids, routes, parts, strict=True)
            for seq, (stop, part) in enumerate(zip(route.stops, loads, strict=True), 1)
        ],
    )  # fmt: skip


def _part(whole: StopDemand, stop: PlannedStop) -> StopDemand:
    return whole.part(stop.first_crate, whole.crates - stop.first_crate if stop.crates is None else stop.crates)


def dispatch(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Send the trucks off: sheets and plan stand from now on, and every pickup point expects its handover.

    May be repeated: a round that has left stays as it is. Returns the number of handovers.
    Raises NoPlan, SheetsOpen while a sheet is not sorted, LinesUnweighed, PlanOutdated when the sheets changed after
    the planning, PointWithoutLeader.
    """
    uow.require(Permission.LOGISTICS_DISPATCH)
    uow.lock(f"logistics.sort:{group_buy_id}")
    uow.lock(f"logistics.plan:{group_buy_id}")
    plan = uow.session.scalar(
        select(RoutePlan).where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
    )
    if plan is None:
        raise NoPlan
    if plan.state is PlanState.DISPATCHED:
        return handovers.expect(uow, group_buy_id)
    totals = queries.sheet_totals(uow.session, group_buy_id)
    if totals.waiting:
        raise SheetsOpen(open=totals.waiting, total=totals.sheets)
    scales.check_weighed(uow.as_system("dispatch"), group_buy_id)
    if plan.unplanned:
        raise StopsUnplanned(pickup_points=_names(uow, [UUID(left["pickup_point_id"]) for left in plan.unplanned]))
    planned = queries.planned_loads(uow.session, plan.id)
    wanted = {s.pickup_point_id: (s.crates, s.weight_g) for s in queries.stops_of_round(uow.session, group_buy_id)}
    if not _carries(planned, wanted):
        raise PlanOutdated
    check_move("route_plan", PLAN_MOVES, plan.state, PlanState.DISPATCHED)
    plan.state, plan.dispatched_at = PlanState.DISPATCHED, uow.now
    uow.session.flush()
    uow.audit("logistics.dispatch", group_buy_id, None, {"plan": str(plan.id), "version": plan.version})
    uow.emit(RoundDispatched(group_buy_id, plan.hub_id, plan.id))
    return handovers.expect(uow, group_buy_id)


def _carries(planned: Mapping[UUID, tuple[int, int]], wanted: Mapping[UUID, tuple[int, int]]) -> bool:
    """Whether a plan brings every point its crates; crates that became lighter since need no other plan."""
    return planned.keys() == wanted.keys() and all(
        planned[point][0] == crates and planned[point][1] >= grams for point, (crates, grams) in wanted.items()
    )


def _names(uow: UnitOfWork, points: Sequence[UUID]) -> list[str]:
    return sorted(p.pickup_point_name for p in communities.places_by_id(uow.session, points).values())


def arrive(uow: UnitOfWork, stop_id: UUID) -> datetime:
    """Note that the truck is at a stop; the first report counts.

    Raises NotFound, NoPlan before the truck has left and for a plan that another one has replaced.
    """
    uow.require(Permission.LOGISTICS_DISPATCH)
    plan = select(RoutePlan.group_buy_id, RoutePlan.state).join(Route, Route.plan_id == RoutePlan.id)
    of_stop = plan.join(Stop, Stop.route_id == Route.id).where(Stop.id == stop_id)
    found = uow.session.execute(of_stop).first()
    if found is None:
        raise NotFound("stop")
    uow.lock(f"logistics.plan:{found.group_buy_id}")
    if uow.session.execute(of_stop).one().state is not PlanState.DISPATCHED:
        raise NoPlan
    stop = uow.session.get_one(Stop, stop_id)
    if stop.arrived_at is None:
        driving.note_arrival(uow.session, stop, uow.now)
    return stop.arrived_at or uow.now
