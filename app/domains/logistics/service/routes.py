"""Route plans: saving what the solver found, sending the trucks off, noting arrivals."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AlreadyDispatched, NoPlan, NothingToSort, PlanOutdated, SheetsOpen
from app.domains.logistics.events import RoundDispatched
from app.domains.logistics.models import Route, RoutePlan, Stop
from app.domains.logistics.service import handovers
from app.domains.logistics.values.routes import PLAN_MOVES, PlannedRoute, PlanState, StopDemand, VehicleCard
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def save_plan(uow: UnitOfWork, group_buy_id: UUID, routes: Sequence[PlannedRoute]) -> UUID:
    """Make these tours the plan of the round; the plan before it is replaced. Returns the new plan's id.

    What the solver says of loads is not believed: every stop of the sheets as they stand now must be on exactly one
    tour and no truck above its capacity. Raises PlanWrong, AlreadyDispatched, NothingToSort.
    """
    uow.require(Permission.LOGISTICS_ROUTE)
    uow.lock(f"logistics.plan:{group_buy_id}")
    card = groupbuys.get_group_buy(uow.session, group_buy_id)
    hub = communities.get_hub(uow.session, card.hub_id)
    stops = {s.pickup_point_id: s for s in queries.stops_of_round(uow.session, group_buy_id)}
    if not stops:
        raise NothingToSort
    trucks = {v.id: v for v in queries.vehicles(uow.session, card.hub_id, only_active=True)}
    rules.check_plan(routes, list(stops.values()), list(trucks.values()))
    _replace_current(uow, group_buy_id)
    last = uow.session.scalar(select(func.max(RoutePlan.version)).filter_by(group_buy_id=group_buy_id)) or 0
    plan_id = new_id()
    uow.session.execute(
        insert(RoutePlan).values(
            id=plan_id, group_buy_id=group_buy_id, hub_id=card.hub_id, version=last + 1, state=PlanState.PLANNED,
            cost_cents=sum(rules.route_cost_cents(trucks[r.vehicle_id], r.distance_m) for r in routes),
            distance_m=sum(r.distance_m for r in routes), planned_at=uow.now,
        )
    )  # fmt: skip
    leaves = datetime.combine(card.pickup_on, rules.DEPART_FROM, ZoneInfo(hub.timezone))
    _add_routes(uow, plan_id, routes, leaves, (stops, trucks))
    return plan_id


def _replace_current(uow: UnitOfWork, group_buy_id: UUID) -> None:
    current = uow.session.scalar(
        select(RoutePlan).where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
    )
    if current is None:
        return
    if current.state is PlanState.DISPATCHED:
        raise AlreadyDispatched
    check_move("route_plan", PLAN_MOVES, current.state, PlanState.REPLACED)
    current.state = PlanState.REPLACED
    uow.session.flush()


def _add_routes(
    uow: UnitOfWork,
    plan_id: UUID,
    routes: Sequence[PlannedRoute],
    leaves: datetime,
    known: tuple[dict[UUID, StopDemand], dict[UUID, VehicleCard]],
) -> None:
    stops, trucks = known
    ids = [new_id() for _ in routes]
    uow.session.execute(
        insert(Route),
        [
            {
                "id": route_id, "plan_id": plan_id, "no": no, "vehicle_id": route.vehicle_id,
                "distance_m": route.distance_m,
                "volume_ml": sum(stops[s.pickup_point_id].volume_ml for s in route.stops),
                "weight_g": sum(stops[s.pickup_point_id].weight_g for s in route.stops),
                "cost_cents": rules.route_cost_cents(trucks[route.vehicle_id], route.distance_m),
            }
            for no, (route_id, route) in enumerate(zip(ids, routes, strict=True), 1)
        ],
    )  # fmt: skip
    uow.session.execute(
        insert(Stop),
        [
            {
                "id": new_id(), "route_id": route_id, "seq": seq, "pickup_point_id": stop.pickup_point_id,
                "arrive_at": leaves + timedelta(seconds=stop.arrive_s),
                "leave_at": leaves + timedelta(seconds=stop.leave_s), "leg_m": stop.leg_m, "crates": demand.crates,
                "volume_ml": demand.volume_ml, "weight_g": demand.weight_g,
            }
            for route_id, route in zip(ids, routes, strict=True)
            for seq, stop in enumerate(route.stops, 1)
            for demand in (stops[stop.pickup_point_id],)
        ],
    )  # fmt: skip


def dispatch(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Send the trucks off: sheets and plan stand from now on, and every pickup point expects its handover.

    May be repeated: a round that has left stays as it is. Returns the number of handovers.
    Raises NoPlan, SheetsOpen while a sheet is not sorted, PlanOutdated when the sheets changed after the planning,
    PointWithoutLeader.
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
    planned = {p: (s.crates, s.weight_g) for p, s in queries.stop_times(uow.session, plan.id).items()}
    wanted = {s.pickup_point_id: (s.crates, s.weight_g) for s in queries.stops_of_round(uow.session, group_buy_id)}
    if planned != wanted:
        raise PlanOutdated
    check_move("route_plan", PLAN_MOVES, plan.state, PlanState.DISPATCHED)
    plan.state, plan.dispatched_at = PlanState.DISPATCHED, uow.now
    uow.session.flush()
    uow.audit("logistics.dispatch", group_buy_id, None, {"plan": str(plan.id), "version": plan.version})
    uow.emit(RoundDispatched(group_buy_id, plan.hub_id, plan.id))
    return handovers.expect(uow, group_buy_id)


def arrive(uow: UnitOfWork, stop_id: UUID) -> datetime:
    """Note that the truck is at a stop; the first report counts. Raises NotFound, NoPlan before the truck has left."""
    uow.require(Permission.LOGISTICS_DISPATCH)
    found = uow.session.execute(
        select(Stop.arrived_at, RoutePlan.state)
        .join(Route, Route.id == Stop.route_id)
        .join(RoutePlan, RoutePlan.id == Route.plan_id)
        .where(Stop.id == stop_id)
    ).first()
    if found is None:
        raise NotFound("stop")
    if found.state is not PlanState.DISPATCHED:
        raise NoPlan
    came = uow.session.scalar(
        update(Stop).where(Stop.id == stop_id, Stop.arrived_at.is_(None)).values(arrived_at=uow.now).returning(Stop.id)
    )
    return uow.now if came else (found.arrived_at or uow.now)
