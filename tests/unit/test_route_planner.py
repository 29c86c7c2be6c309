"""The planner's rules beyond capacity: zones, parts, whole trucks, second tours, unplanned stops, tours by hand."""

from datetime import time
from itertools import pairwise
from uuid import UUID

import numpy as np
import pytest

from app.domains.catalogue.values import Zone
from app.domains.logistics import rules
from app.domains.logistics.errors import NotEnoughTrucks, PlanWrong
from app.domains.logistics.gateways import apart, driving, engine, shaping, solver
from app.domains.logistics.values.problem import Fleet, Problem, Visit
from app.domains.logistics.values.routes import (
    Fix,
    Ground,
    Planned,
    PlannedRoute,
    RouteRulesCard,
    SolverBudget,
    StopDemand,
    Unplaced,
    VehicleCard,
)
from app.infra.distance import StraightLines
from app.kernel.geo import Point
from app.kernel.ids import new_id
from tests.factories.logistics import stop, vehicle

DEPOT = Point(30.30, 115.10)
BUDGET = SolverBudget(seconds=None, iterations=150, seed=5)
FROZEN_LAST = ((Zone.AMBIENT, 10_000), (Zone.AMBIENT, 10_000), (Zone.FROZEN, 12_000))


def ground(stops: list[StopDemand]) -> Ground:
    return solver.ground_of(DEPOT, stops, StraightLines())


def plan(stops: list[StopDemand], trucks: list[VehicleCard], percent: int = 0) -> Planned:
    return solver.plan(ground(stops), stops, trucks, BUDGET, RouteRulesCard(whole_truck_pct=percent))


def points(route: PlannedRoute) -> set[UUID]:
    return {s.pickup_point_id for s in route.stops}


def test_any_problem_is_solved_to_its_known_optimum() -> None:
    """Four customers on a line, a truck for two: 2 × 4 + 2 × 2 is the best there is."""
    at = np.array([0, 1, 2, 3, 4])
    legs = np.abs(at[:, None] - at[None, :]).astype(np.int64)
    visits = tuple(Visit(place=n, load=(1,)) for n in range(1, 5))
    found = engine.search(
        Problem(visits=visits, fleets=(Fleet(count=4, capacity=(2,)),), costs=(legs,), seconds=legs), BUDGET
    )
    assert (found.feasible, found.cost, found.left_out, found.iterations) == (True, 12, (), 150)
    assert sorted(sorted(c.visit for c in t.calls) for t in found.tours) == [[0, 1], [2, 3]]


def test_a_visit_with_a_prize_is_left_out_when_it_costs_more() -> None:
    legs = np.array([[0, 5, 100], [5, 0, 100], [100, 100, 0]], dtype=np.int64)
    visits = (Visit(place=1, load=(1,), prize=50), Visit(place=2, load=(1,), prize=50))
    found = engine.search(Problem(visits=visits, fleets=(Fleet(capacity=(2,)),), costs=(legs,), seconds=legs), BUDGET)
    assert (found.feasible, found.cost, found.left_out) == (True, 10, (1,))


def test_a_budget_must_end() -> None:
    with pytest.raises(ValueError, match="seconds, iterations"):
        plan([stop(1)], [vehicle()]) and solver.plan(
            ground([s := stop(1)]), [s], [vehicle()], SolverBudget(seconds=None)
        )


def test_a_search_ends_when_asked() -> None:
    stops = [stop(5, 30.30 + n * 0.01) for n in range(8)]
    asked: list[int] = []

    def after_three() -> bool:
        asked.append(1)
        return len(asked) > 3

    found = solver.plan(
        ground(stops), stops, [vehicle()], SolverBudget(seconds=30, iterations=None), should_stop=after_three
    )
    assert len(asked) == 4
    assert len(found.routes) == 1


def test_frozen_crates_ride_only_where_it_is_cold() -> None:
    warm, cold = vehicle(carries_frozen=False, fixed_cost_cents=100), vehicle(fixed_cost_cents=50_000)
    first, second = stop(3, 30.31, crate_loads=FROZEN_LAST, weight_g=32_000), stop(2, 30.32)
    found = plan([first, second], [warm, cold])
    assert {r.vehicle_id: points(r) for r in found.routes if first.pickup_point_id in points(r)}.keys() == {cold.id}
    assert found.unplanned == ()
    only_warm = plan([first], [warm])
    (left,) = only_warm.unplanned
    assert (left.reason, left.fix) == (Unplaced.ZONE, Fix.OTHER_TRUCK)


def test_a_point_of_two_zones_is_divided_when_no_truck_carries_both() -> None:
    warm, cold = vehicle(carries_frozen=False), vehicle(carries_ambient=False, carries_chilled=False)
    both = stop(3, 30.31, crate_loads=FROZEN_LAST, weight_g=32_000)
    found = plan([both], [warm, cold])
    assert {r.vehicle_id: [(s.first_crate, s.crates) for s in r.stops] for r in found.routes} == {
        warm.id: [(0, 2)], cold.id: [(2, 1)],
    }  # fmt: skip
    assert sorted(r.weight_g for r in found.routes) == [12_000, 20_000]


def test_a_point_bigger_than_every_truck_is_divided_instead_of_refused() -> None:
    big = stop(400, 30.31)
    found = plan([big], [vehicle() for _ in range(4)])
    runs = sorted((s.first_crate, s.crates or 0) for r in found.routes for s in r.stops)
    assert runs[0][0] == 0
    assert all(first + crates == after for (first, crates), (after, _) in pairwise(runs))
    assert sum(crates for _, crates in runs) == 400
    assert all(r.volume_ml <= 7_500_000 and r.weight_g <= 1_400_000 for r in found.routes)
    assert sum(r.weight_g for r in found.routes) == big.weight_g


def test_one_truck_comes_back_for_more_where_it_may() -> None:
    stops = [stop(100, 30.31), stop(100, 30.32)]
    (once,) = plan(stops, [vehicle()]).unplanned
    assert (once.reason, once.fix, once.vehicle_code) == (Unplaced.SPACE, Fix.SECOND_TOUR, "V1")
    twice = plan(stops, [vehicle(max_tours=2)])
    assert [r.trip for r in twice.routes] == [1, 2]
    assert twice.unplanned == ()
    first, second = twice.routes
    assert (second.leave_s or 0) >= (first.back_s or 0) + shaping.RELOAD_S
    assert rules.route_cost_cents(vehicle(), 10_000, 1, trip=2) == 1_800  # the fixed cost counts once a day


def test_a_neighbourhood_that_fills_a_truck_rides_alone() -> None:
    home = new_id()
    full = [stop(50, 30.31, neighbourhood_id=home), stop(50, 30.311, neighbourhood_id=home)]
    others = [stop(5, 30.312), stop(5, 30.313)]
    trucks = [vehicle(), vehicle()]
    mixed = plan([*full, *others], trucks)
    assert len(mixed.routes) == 1  # 110 crates are 1.3 of the 1.4 t that a van carries
    alone = plan([*full, *others], trucks, percent=80)
    assert sorted(len(points(r)) for r in alone.routes) == [2, 2]
    assert {s.pickup_point_id for s in full} in [points(r) for r in alone.routes]


def test_a_truck_of_its_own_is_no_reason_to_leave_somebody_out() -> None:
    full, other = stop(100, 30.31), stop(5, 30.312)
    found = plan([full, other], [vehicle()], percent=80)
    assert (len(found.routes), found.unplanned) == (1, ())


def test_what_fits_nowhere_is_listed_with_the_cheapest_way_out() -> None:
    stops = [stop(100, 30.31 + n * 0.01) for n in range(3)]
    found = plan(stops, [vehicle(max_tours=1, shift_until=time(7), code="V9"), vehicle(code="V8")])
    assert sum(len(r.stops) for r in found.routes) == 2
    (left,) = found.unplanned
    assert (left.crates, left.reason, left.fix, left.vehicle_code) == (100, Unplaced.SPACE, Fix.SECOND_TOUR, "V8")
    assert left.cost_cents > 0


def test_what_is_too_far_for_its_hours_says_so() -> None:
    far = stop(1, 31.9, closes=time(7))
    (left,) = plan([far], [vehicle()]).unplanned
    assert (left.reason, left.fix) == (Unplaced.HOURS, Fix.LATER)


def test_a_crate_above_every_truck_is_unplanned() -> None:
    (left,) = plan([stop(3, 30.31)], [vehicle(capacity_ml=39_999)]).unplanned
    assert (left.crates, left.reason) == (3, Unplaced.TOO_BIG)


def test_broken_trucks_and_no_trucks() -> None:
    with pytest.raises(NotEnoughTrucks):
        plan([stop(1)], [])
    assert plan([], []).routes == ()


def test_shifts_and_windows_are_kept() -> None:
    late = stop(2, 30.31, opens=time(13), closes=time(14))
    early_truck, late_truck = vehicle(shift_until=time(12)), vehicle(shift_from=time(12), shift_until=time(20))
    (route,) = plan([late], [early_truck, late_truck]).routes
    assert route.vehicle_id == late_truck.id
    assert 8 * 3600 <= route.stops[0].arrive_s <= 9 * 3600
    assert (route.leave_s or 0) >= 7 * 3600


def test_an_unloadable_or_untimely_plan_of_a_solver_is_refused() -> None:
    one, truck = stop(1, 30.31), vehicle()
    (route,) = plan([one], [truck]).routes
    yard = shaping.Yard(ground([one]), [truck], RouteRulesCard())
    too_early = route.stops[0].arrive_s - 3_600 * 3
    hurried = PlannedRoute(
        vehicle_id=truck.id, distance_m=0, volume_ml=0, weight_g=0, leave_s=0, back_s=0,
        stops=(solver.PlannedStop(pickup_point_id=one.pickup_point_id, arrive_s=too_early, leave_s=0, leg_m=0),),
    )  # fmt: skip
    with pytest.raises(PlanWrong) as refusal:
        solver.check_hours(yard, [hurried], [one])
    assert (refusal.value.problem, refusal.value.subject_id) == ("outside_hours", one.pickup_point_id)


# --- by hand --------------------------------------------------------------------------------------------------------


def test_a_tour_by_hand_shows_what_it_breaks() -> None:
    near, far = stop(100, 30.31, closes=time(6, 1)), stop(100, 30.40, closes=time(6, 10))
    truck = vehicle(carries_frozen=False)
    yard = shaping.Yard(ground([near, far]), [truck], RouteRulesCard())
    driven = driving.drive(yard, truck, 1, [near, far])
    assert (driven.is_loadable, driven.is_in_time) == (False, False)
    assert [s.late_s > 0 for s in driven.stops] == [False, True]
    assert driven.stops[0].arrive_s == 3_600
    assert driven.leave_s == 3_600 - yard.ground.leg_s(0, 1)
    assert driven.cost_cents == rules.route_cost_cents(truck, driven.distance_m)
    alone = driving.drive(yard, truck, 1, [near])
    assert (alone.is_loadable, alone.is_in_time, alone.overtime_s) == (True, True, 0)


def test_a_second_tour_by_hand_begins_after_loading() -> None:
    near, far, truck = stop(1, 30.31), stop(1, 30.40), vehicle()
    yard = shaping.Yard(ground([near, far]), [truck], RouteRulesCard())
    first, second = driving.drive_all(yard, [(truck, [near]), (truck, []), (truck, [far])])
    assert [first.trip, second.trip] == [1, 2]
    assert second.leave_s >= first.back_s + shaping.RELOAD_S


# --- after a breakdown ----------------------------------------------------------------------------------------------


def test_lost_stops_go_where_they_cost_least_and_never_above_capacity() -> None:
    east, west, lost_east, lost_west = stop(10, 30.40), stop(10, 30.20), stop(100, 30.41), stop(100, 30.19)
    stops = [east, west, lost_east, lost_west]
    first, second = vehicle(), vehicle()
    yard = shaping.Yard(ground(stops), [first, second], RouteRulesCard())
    on_road = [driving.OnRoad(first, 0, 3_600, (east,)), driving.OnRoad(second, 0, 3_600, (west,))]
    told, stranded = driving.take_over(yard, 0, [lost_east, lost_west], on_road)
    assert stranded == []
    assert [{s.pickup_point_id for s in h.left} for h in told] == [
        {east.pickup_point_id, lost_east.pickup_point_id}, {west.pickup_point_id, lost_west.pickup_point_id},
    ]  # fmt: skip
    assert all(h.meets_after is not None for h in told)


def test_goods_are_fetched_at_the_wreck_before_they_are_delivered() -> None:
    own, lost, truck = stop(70, 30.31), stop(60, 30.40), vehicle()
    yard = shaping.Yard(ground([own, lost]), [truck], RouteRulesCard())
    wreck = yard.ground.place_of[lost.pickup_point_id]
    (helper,), stranded = driving.take_over(yard, wreck, [lost], [driving.OnRoad(truck, 0, 3_600, (own,))])
    assert stranded == []
    assert [s.pickup_point_id for s in helper.left] == [own.pickup_point_id, lost.pickup_point_id]
    assert helper.meets_after == 1  # both at once would be 1.5 of 1.4 t
    times, _back, _metres = driving.road_times(yard, wreck, helper)
    assert times[1].arrive_s == times[0].leave_s + yard.ground.leg_s(1, 2) + driving.TRANSFER_S


def test_what_no_helper_can_take_is_stranded() -> None:
    lost = stop(100, 30.31)
    yard = shaping.Yard(ground([lost]), [vehicle()], RouteRulesCard())
    small = driving.OnRoad(vehicle(capacity_ml=80_000), 0, 3_600, ())
    assert driving.take_over(yard, 0, [lost], [small]) == ([small], [lost])


@pytest.mark.parametrize(("load", "idles"), [(0.4, True), (40.0, False)])
def test_a_search_takes_only_what_is_left_over_but_its_share_of_a_full_machine(
    monkeypatch: pytest.MonkeyPatch, load: float, idles: bool
) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(apart.os, "nice", lambda step: told.append(("nice", step)))
    monkeypatch.setattr(apart.os, "getloadavg", lambda: (load, load, load))
    monkeypatch.setattr(apart.os, "sched_getaffinity", lambda _pid: {0, 1})
    monkeypatch.setattr(apart.os, "SCHED_IDLE", 5, raising=False)
    monkeypatch.setattr(apart.os, "sched_param", lambda priority: priority, raising=False)
    monkeypatch.setattr(
        apart.os, "sched_setscheduler", lambda _pid, policy, _how: told.append(("policy", policy)), raising=False
    )
    apart._give_way()
    assert told == [("nice", 10)] + [("policy", 5)] * idles
