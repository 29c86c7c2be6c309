"""Route plans: the solver keeps the rules, the plan is checked again, and leaves once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from app.domains.catalogue.values import Zone
from app.domains.communities.models import Leader, LeaderPost
from app.domains.communities.values import LeaderStatus
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import (
    AlreadyDispatched,
    NoPlan,
    NotEnoughTrucks,
    NothingToSort,
    PlanOutdated,
    PlanWrong,
    PointWithoutLeader,
    SheetsOpen,
    StopTooBig,
)
from app.domains.logistics.gateways import solver
from app.domains.logistics.models import Handover, RoutePlan
from app.domains.logistics.service import routes, sorting, vehicles
from app.domains.logistics.values.routes import PlanState, SolverBudget
from app.flows.routing import plan_routes
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.changes import InvalidRows
from app.kernel.errors import Forbidden, NotFound
from app.kernel.geo import Point
from app.kernel.ids import new_id
from tests.factories.logistics import (
    QUICK,
    make_dispatched,
    make_paid_round,
    make_sorted,
    stop,
    tour,
    vehicle,
    vehicle_input,
)
from tests.integration.test_logistics_sorting import set_due

Call = Callable[..., Any]
DEPOT = Point(30.30, 115.10)


def city_stops(number: int, crates: int) -> list[Any]:
    """Stops on a spiral around the depot: spread out, and the same in every run."""
    return [stop(crates, 30.30 + (n % 7 - 3) * 0.01, 115.10 + (n % 5 - 2) * 0.012 + n * 1e-4) for n in range(number)]


# --- the solver -----------------------------------------------------------------------------------------------------


def test_tours_keep_capacity_and_hours_and_serve_every_stop() -> None:
    stops = city_stops(24, 20)
    trucks = [vehicle(capacity_ml=8_000_000, capacity_g=2_000_000) for _ in range(5)]
    told: list[int] = []
    plan = solver.solve(DEPOT, stops, trucks, SolverBudget(seconds=None, iterations=300), told.append)
    rules.check_plan(plan, stops, trucks)
    by_id = {s.pickup_point_id: s for s in stops}
    for route in plan:
        assert route.volume_ml == sum(by_id[s.pickup_point_id].volume_ml for s in route.stops)
        assert route.distance_m > sum(s.leg_m for s in route.stops)  # and the way home
        for visit in route.stops:
            assert visit.leave_s - visit.arrive_s == rules.service_s(20) == 640
            assert 3_600 <= visit.arrive_s <= 11 * 3_600
        for here, there in pairwise(route.stops):
            assert there.arrive_s - here.leave_s >= round(there.leg_m * 3.6 / rules.SPEED_KMH) - 1
    assert told == sorted(told, reverse=True)


def test_one_seed_and_a_number_of_iterations_give_one_plan() -> None:
    stops, trucks = city_stops(15, 20), [vehicle() for _ in range(4)]
    budget = SolverBudget(seconds=None, iterations=100, seed=7)
    assert solver.solve(DEPOT, stops, trucks, budget) == solver.solve(DEPOT, stops, trucks, budget)


def test_a_single_stop_is_a_tour() -> None:
    only = stop(1, 30.31, 115.10)
    (route,) = solver.solve(DEPOT, [only], [vehicle()], QUICK)
    assert [s.pickup_point_id for s in route.stops] == [only.pickup_point_id]
    assert (route.stops[0].leg_m, route.distance_m) == (1_441, 2_882)  # 1,108.6 m of arc, detour 1.3, there and back


def test_no_stop_needs_no_tour() -> None:
    assert solver.solve(DEPOT, [], [vehicle()], QUICK) == []


def test_the_cheaper_truck_drives() -> None:
    dear, cheap = vehicle(cost_per_km_cents=400, fixed_cost_cents=9_000), vehicle(fixed_cost_cents=5_000)
    plan = solver.solve(DEPOT, city_stops(4, 2), [dear, cheap], QUICK)
    assert [r.vehicle_id for r in plan] == [cheap.id]


def test_too_few_trucks_is_refused_with_the_shortfall() -> None:
    with pytest.raises(NotEnoughTrucks) as refusal:
        solver.solve(DEPOT, city_stops(10, 40), [vehicle(), vehicle()], QUICK)
    assert refusal.value.detail() == {"trucks": 2, "missing_ml": 1_000_000, "missing_g": 1_920_000}


def test_what_fits_in_sum_but_not_in_trucks_is_refused() -> None:
    trucks = [
        vehicle(capacity_ml=600_000) for _ in range(3)
    ]  # fifteen crates each; three stops of ten need three trucks
    with pytest.raises(NotEnoughTrucks) as refusal:
        solver.solve(DEPOT, city_stops(4, 10), trucks, QUICK)
    assert refusal.value.detail() == {"trucks": 3, "missing_ml": 0, "missing_g": 0}


def test_what_cannot_be_served_in_the_hours_is_refused() -> None:
    far = [stop(1, 30.30 + side * 1.6, 115.10) for side in (-1, 1)]  # 230 km of road each way: one truck does one
    with pytest.raises(NotEnoughTrucks):
        solver.solve(DEPOT, far, [vehicle()], QUICK)


def test_a_stop_above_every_truck_is_refused() -> None:
    with pytest.raises(StopTooBig):
        solver.solve(DEPOT, [stop(200)], [vehicle(), vehicle()], QUICK)


# --- plans ----------------------------------------------------------------------------------------------------------


def test_a_plan_is_saved_with_times_loads_and_costs(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    stops = read(queries.stops_of_round, round_.id)
    assert [(s.crates, s.volume_ml, s.weight_g) for s in stops] == [(3, 120_000, 15_200), (2, 80_000, 10_200)]
    (truck, _) = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(truck, round_.point("P002"), round_.point("P001"))])
    plan = read(queries.current_plan, round_.id)
    assert (plan.version, plan.state, plan.cost_cents, plan.distance_m) == (1, PlanState.PLANNED, 9_540, 3_000)
    assert plan.depot == DEPOT
    (route,) = plan.routes
    assert (route.no, route.vehicle_code, route.volume_ml, route.weight_g, route.cost_cents) == (
        1, "V1", 200_000, 25_400, 9_540,
    )  # fmt: skip
    six = datetime(2026, 11, 20, 22, tzinfo=UTC)  # 06:00 in Shanghai on the day of the pickup
    assert [(s.seq, s.pickup_point_name, s.leader_name, s.arrive_at, s.leave_at, s.crates) for s in route.stops] == [
        (1, "自提点P002", "李叔", six, six + timedelta(minutes=10), 2),
        (2, "自提点P001", "李叔", six + timedelta(minutes=15), six + timedelta(minutes=25), 3),
    ]


def test_the_load_list_begins_with_the_last_stop(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    (truck, _) = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(truck, round_.point("P002"), round_.point("P001"))])
    (route,) = read(queries.current_plan, round_.id).routes
    assert [(c.position, c.stop_seq, c.crate_code, c.zone) for c in read(queries.load_list, route.id)] == [
        (1, 2, "261120-P001-F01", Zone.FROZEN),
        (2, 2, "261120-P001-C01", Zone.CHILLED),
        (3, 2, "261120-P001-A01", Zone.AMBIENT),
        (4, 1, "261120-P002-F01", Zone.FROZEN),
        (5, 1, "261120-P002-A01", Zone.AMBIENT),
    ]


def test_a_new_plan_replaces_the_old_one(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    plan_routes(run, read, round_.id, QUICK)
    second = plan_routes(run, read, round_.id, QUICK)
    assert read(queries.current_plan, round_.id).id == second
    states = read(lambda s: s.execute(select(RoutePlan.version, RoutePlan.state).order_by(RoutePlan.version)).all())
    assert [tuple(row) for row in states] == [(1, PlanState.REPLACED), (2, PlanState.PLANNED)]


def test_a_plan_that_breaks_a_rule_is_not_saved(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    (truck, _) = read(queries.vehicles, round_.hub_id)
    with pytest.raises(PlanWrong) as refusal:
        run(routes.save_plan, round_.id, [tour(truck, round_.point("P001"))])
    assert (refusal.value.problem, refusal.value.subject_id) == ("missing_stop", round_.point("P002"))
    small = vehicle_input("V1", capacity_ml=160_000)
    run(vehicles.save_vehicles, round_.hub_id, [small])
    with pytest.raises(PlanWrong) as refusal:
        run(routes.save_plan, round_.id, [tour(truck, round_.point("P001"), round_.point("P002"))])
    assert (refusal.value.problem, refusal.value.subject_id) == ("above_capacity", truck.id)
    assert read(queries.current_plan, round_.id) is None


def test_a_round_without_sheets_or_trucks_gets_no_plan(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read, trucks=0)
    with pytest.raises(NothingToSort):
        plan_routes(run, read, round_.id, QUICK)
    make_sorted(run, round_)
    with pytest.raises(NotEnoughTrucks):
        plan_routes(run, read, round_.id, QUICK)


# --- dispatch -------------------------------------------------------------------------------------------------------


def test_dispatch_makes_each_leader_expect_what_the_sheets_hold(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_dispatched(run, read, round_)
    plan = read(queries.current_plan, round_.id)
    arrivals = {s.pickup_point_id: s.arrive_at for r in plan.routes for s in r.stops}
    assert plan.state is PlanState.DISPATCHED
    cards = {c.pickup_point_id: c for c in read(queries.handovers_of_round, round_.id)}
    first = cards[round_.point("P001")]
    assert (first.leader_id, first.crates) == (round_.leader("L001"), 3)
    assert [(line.sku_code, line.expected_qty, line.good_qty) for line in first.lines] == [
        ("FR001", 2, 2), ("DY001", 4, 4), ("FZ001", 1, 1),
    ]  # fmt: skip
    planned = read(lambda s: s.execute(select(Handover.pickup_point_id, Handover.planned_at)).all())
    assert {point: at for point, at in planned} == arrivals  # noqa: C416  rows are compared as a mapping


def test_dispatch_again_changes_nothing_and_the_plan_stands(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_dispatched(run, read, round_)
    before = read(queries.handovers_of_round, round_.id)
    assert run(routes.dispatch, round_.id) == 2
    assert read(queries.handovers_of_round, round_.id) == before
    with pytest.raises(AlreadyDispatched):
        plan_routes(run, read, round_.id, QUICK)


def test_an_open_sheet_keeps_the_trucks_in_the_yard(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    run(sorting.make_sheets, round_.id)
    with pytest.raises(NoPlan):
        run(routes.dispatch, round_.id)
    plan_routes(run, read, round_.id, QUICK)
    run(sorting.finish_sheet, read(queries.sheets, round_.id)[0].id)
    with pytest.raises(SheetsOpen) as refusal:
        run(routes.dispatch, round_.id)
    assert refusal.value.detail() == {"open": 4, "total": 5}
    assert read(queries.handovers_of_round, round_.id) == []


def test_a_plan_older_than_the_sheets_does_not_leave(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    plan_routes(run, read, round_.id, QUICK)
    run(set_due, round_.id, round_.sku["FZ001"], round_.point("P002"), 0)
    make_sorted(run, round_)
    with pytest.raises(PlanOutdated):
        run(routes.dispatch, round_.id)


def test_a_point_without_a_leader_is_named(run: Call, read: Call) -> None:
    def rest(uow: Any) -> None:
        uow.session.get(Leader, round_.leader("L002")).status = LeaderStatus.RESTING
        uow.session.scalars(select(LeaderPost).filter_by(leader_id=round_.leader("L002"))).one().until_at = uow.now

    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    plan_routes(run, read, round_.id, QUICK)
    run(rest)
    with pytest.raises(PointWithoutLeader) as refusal:
        run(routes.dispatch, round_.id)
    assert refusal.value.pickup_points == ["P002"]
    assert read(queries.current_plan, round_.id).state is PlanState.PLANNED


def test_the_first_report_of_an_arrival_counts(run: Call, read: Call, clock: SetClock) -> None:
    round_ = make_paid_round(run, read)
    make_sorted(run, round_)
    plan_routes(run, read, round_.id, QUICK)
    (stop_id, *_) = [s.id for r in read(queries.current_plan, round_.id).routes for s in r.stops]
    with pytest.raises(NoPlan):
        run(routes.arrive, stop_id)
    run(routes.dispatch, round_.id)
    came = clock.now()
    assert run(routes.arrive, stop_id) == came
    clock.move_to(came + timedelta(minutes=5))
    assert run(routes.arrive, stop_id) == came
    with pytest.raises(NotFound):
        run(routes.arrive, new_id())


# --- trucks and rights ----------------------------------------------------------------------------------------------


def test_trucks_are_saved_by_code_and_retired(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read, trucks=0)
    changes = run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V1"), vehicle_input("V2")])
    assert (changes.created, changes.updated, changes.unchanged) == (2, 0, 0)
    changes = run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V1", name="新车"), vehicle_input("V2")])
    assert (changes.created, changes.updated, changes.unchanged) == (0, 1, 1)
    first, second = read(queries.vehicles, round_.hub_id)
    run(vehicles.retire, second.id)
    assert [v.name for v in read(queries.vehicles, round_.hub_id, only_active=True)] == ["新车"]
    assert [v.code for v in read(queries.vehicles, round_.hub_id)] == [first.code, second.code]


def test_wrong_trucks_are_all_named_and_none_is_saved(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read, trucks=1)
    rows = [vehicle_input("V2", capacity_ml=0, fixed_cost_cents=-1), vehicle_input("V3")]
    with pytest.raises(InvalidRows) as refusal:
        run(vehicles.save_vehicles, round_.hub_id, rows)
    assert [(f.key, f.field) for f in refusal.value.faults] == [("V2", "capacity_ml"), ("V2", "fixed_cost_cents")]
    with pytest.raises(InvalidRows):
        run(vehicles.save_vehicles, new_id(), [vehicle_input("V1")])
    assert [v.code for v in read(queries.vehicles, round_.hub_id)] == ["V1"]


@pytest.mark.parametrize("use_case", [routes.dispatch, routes.arrive, vehicles.retire])
def test_without_the_right_nothing_happens(database: Database, use_case: Any) -> None:
    for role in (Role.LEADER, Role.RESIDENT, Role.HQ_BUYER):
        with pytest.raises(Forbidden):
            database.transact(Actor("x", role, new_id()), use_case, new_id())
