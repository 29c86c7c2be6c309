"""A truck that breaks down: its goods go to other trucks from where these are now, and no crate is lost sight of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.domains.logistics import queries
from app.domains.logistics.gateways import driving, shaping
from app.domains.logistics.service import moves
from app.domains.logistics.values.routes import PlanCard, PlanState, RouteCard, StopCard, StopDemand
from app.domains.logistics.values.tours import RoadStop, RoadTour
from app.flows.routing import yard_of
from app.infra.distance import DistanceSource
from app.infra.uow import Run
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def break_down(
    run: Run, read: Run, group_buy_id: UUID, vehicle_id: UUID, now: datetime, roads: DistanceSource | None = None
) -> UUID | None:
    """A truck cannot drive any more. On the road its undelivered stops go to others from where these are now.

    Before the trucks leave it is only marked, and the tours are to be planned anew: None.
    Raises NotFound for a truck without a tour, PlanOutdated.
    """
    plan: PlanCard | None = read(queries.current_plan, group_buy_id)
    if plan is None or plan.state is not PlanState.DISPATCHED:
        run(moves.mark_broken, vehicle_id, True)
        return None
    broken = [route for route in plan.routes if route.vehicle_id == vehicle_id]
    if not broken:
        raise NotFound("route")
    yard, stops = yard_of(read, group_buy_id, roads)
    yard = replace(yard, trucks=[t for t in yard.trucks if t.broken_at is None and t.id != vehicle_id])
    known = {s.pickup_point_id: s for s in stops}
    base = read(queries.first_departure, group_buy_id)
    clock = round((now - base).total_seconds())
    lost = [_whole(known, s) for route in broken for s in route.stops if s.arrived_at is None]
    wreck = _place(yard, [s for route in broken for s in route.stops])
    helpers = _helpers(yard, plan, known, clock)
    told, stranded = driving.take_over(yard, wreck, lost, list(helpers.values()))
    name = next((r.vehicle_code for r in broken), "")
    tours = [
        _road_tour(yard, plan, trip, helper, (wreck, name))
        for trip, helper in zip([key[1] for key in helpers], told, strict=True)
        if helper.left
    ]
    tours += _untouched([r for r in plan.routes if r.vehicle_id != vehicle_id], tours, base)
    left = [*plan.unplanned, *(shaping.explain(yard, part, ()) for part in stranded)]
    run(moves.mark_broken, vehicle_id, True)
    plan_id: UUID = run(moves.replace_on_road, plan, group_buy_id, tours, left)
    return plan_id


def fetch_stranded(
    run: Run, read: Run, group_buy_id: UUID, vehicle_id: UUID, now: datetime, roads: DistanceSource | None = None
) -> UUID | None:
    """A truck takes what lay stranded: the one that broke down and drives again, or another that has room by now.

    It counts as able to drive from now on. What does not fit stays named as left. None where nothing lies stranded.
    Raises NotFound for a truck that is not the hub's, PlanOutdated.
    """
    plan: PlanCard | None = read(queries.current_plan, group_buy_id)
    run(moves.mark_broken, vehicle_id, False)
    if plan is None or plan.state is not PlanState.DISPATCHED or not plan.unplanned:
        return None
    yard, stops = yard_of(read, group_buy_id, roads)
    wrecks = [t for t in yard.trucks if t.broken_at is not None and t.id != vehicle_id]
    yard = replace(yard, trucks=[t for t in yard.trucks if t.id == vehicle_id])
    if not yard.trucks:
        raise NotFound("vehicle")
    known = {s.pickup_point_id: s for s in stops}
    base = read(queries.first_departure, group_buy_id)
    lost = [known[u.pickup_point_id].part(u.first_crate, u.crates) for u in plan.unplanned]
    broken = {truck.id for truck in wrecks} or {vehicle_id}
    wreck = _place(yard, [s for route in plan.routes if route.vehicle_id in broken for s in route.stops])
    ((key, helper),) = _helpers(yard, plan, known, round((now - base).total_seconds())).items()
    (told,), stranded = driving.take_over(yard, wreck, lost, [helper])
    name = " + ".join(truck.code for truck in wrecks)
    tours = [_road_tour(yard, plan, key[1], told, (wreck, name))] if told.left else []
    tours += _untouched(plan.routes, tours, base)
    left = [shaping.explain(yard, part, ()) for part in stranded]
    fetched = [_stop_of(part, now) for part in lost]
    plan_id: UUID = run(moves.replace_on_road, plan, group_buy_id, tours, left, fetched)
    return plan_id


def _stop_of(part: StopDemand, now: datetime) -> StopCard:
    """A part that lay stranded as the stop that it becomes again."""
    return StopCard(
        id=new_id(), seq=0, pickup_point_id=part.pickup_point_id, pickup_point_name="", address="", place=part.place,
        leader_name=None, arrive_at=now, leave_at=now, crates=part.crates, volume_ml=part.volume_ml, arrived_at=None,
        weight_g=part.weight_g, first_crate=part.first_crate,
    )  # fmt: skip


def _whole(known: dict[UUID, StopDemand], stop: StopCard) -> StopDemand:
    return known[stop.pickup_point_id].part(stop.first_crate, stop.crates)


def _key(part: StopDemand) -> tuple[UUID, int]:
    return part.pickup_point_id, part.first_crate


def _place(yard: shaping.Yard, stops: Sequence[StopCard]) -> int:
    """Where a truck was last seen: at the stop that it reached last, else at the hub."""
    seen = [s for s in stops if s.arrived_at is not None]
    last = max(seen, key=lambda s: (s.arrived_at, s.seq), default=None)
    return 0 if last is None else yard.ground.place_of[last.pickup_point_id]


def _helpers(
    yard: shaping.Yard, plan: PlanCard, known: dict[UUID, StopDemand], clock: int
) -> dict[tuple[UUID, int], driving.OnRoad]:
    """Trucks that can help, by truck and tour: those under way with what is on board, and idle ones at the hub."""
    found: dict[tuple[UUID, int], driving.OnRoad] = {}
    for truck in yard.trucks:
        mine = [route for route in plan.routes if route.vehicle_id == truck.id]
        under_way = next((r for r in mine if any(s.arrived_at is None for s in r.stops)), mine[-1] if mine else None)
        stops = under_way.stops if under_way else ()
        place = _place(yard, stops)
        left = tuple(_whole(known, s) for s in stops if s.arrived_at is None)
        trip = under_way.trip if under_way else 1
        begins = shaping.seconds_of_day(truck.shift_from) - shaping.MIDNIGHT_S
        found[truck.id, trip] = driving.OnRoad(truck, place, max(clock, begins), left)
    return found


def _road_tour(
    yard: shaping.Yard, plan: PlanCard, trip: int, helper: driving.OnRoad, wreck: tuple[int, str]
) -> RoadTour:
    stops, back, metres = driving.road_times(yard, wreck[0], helper)
    driven = sum(
        s.leg_m for r in plan.routes for s in r.stops
        if r.vehicle_id == helper.vehicle.id and r.trip == trip and s.arrived_at is not None
    )  # fmt: skip
    fetched = {s.key: s.collect_from for r in plan.routes for s in r.stops}
    return RoadTour(
        vehicle_id=helper.vehicle.id, trip=trip, back_s=back, distance_m=driven + metres,
        stops=tuple(
            RoadStop(
                key=_key(s.part), arrive_s=s.arrive_s, leave_s=s.leave_s, leg_m=s.leg_m,
                collect_from=" + ".join(
                    filter(None, (fetched.get(_key(s.part), ""), wreck[1] if helper.meets_after == n else ""))
                ),
            )
            for n, s in enumerate(stops)
        ),
    )  # fmt: skip


def _untouched(routes: Sequence[RouteCard], told: Sequence[RoadTour], base: datetime) -> list[RoadTour]:
    """Tours that keep their stops: a helper's further ones, and those of trucks that do not help.

    A further tour begins later when its truck comes back late from the one before.
    """
    back = {(tour.vehicle_id, tour.trip): tour.back_s for tour in told}
    kept: list[RoadTour] = []

    def seconds(moment: datetime) -> int:
        return round((moment - base).total_seconds())

    for route in sorted(routes, key=lambda r: r.trip):
        ahead = [stop for stop in route.stops if stop.arrived_at is None]
        if not ahead or (route.vehicle_id, route.trip) in back:
            continue
        before = back.get((route.vehicle_id, route.trip - 1))
        leaves = seconds(route.leaves_at or ahead[0].arrive_at)
        late = 0 if before is None else max(0, before + shaping.RELOAD_S - leaves)
        ends = seconds(route.back_at or ahead[-1].leave_at) + late
        back[route.vehicle_id, route.trip] = ends
        stops = tuple(
            RoadStop(
                key=stop.key, arrive_s=seconds(stop.arrive_at) + late, leave_s=seconds(stop.leave_at) + late,
                leg_m=stop.leg_m, collect_from=stop.collect_from,
            )
            for stop in ahead
        )  # fmt: skip
        kept.append(
            RoadTour(
                vehicle_id=route.vehicle_id, trip=route.trip, back_s=ends, distance_m=route.distance_m, stops=stops
            )
        )
    return kept
