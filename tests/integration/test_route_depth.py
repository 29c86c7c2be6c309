"""Searches in the worker, locks, tours by hand, breakdowns, hub rules, windows, and the driver's day by a link."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.domains.logistics import queries
from app.domains.logistics.errors import (
    AlreadyDispatched,
    LinkEnded,
    NoPlan,
    PlanReplaced,
    PlanWrong,
    StopsUnplanned,
    TruckAwaited,
)
from app.domains.logistics.gateways import apart, engine
from app.domains.logistics.models import Handover
from app.domains.logistics.service import driving, moves, routes, searches, vehicles
from app.domains.logistics.values.handover import HandoverState
from app.domains.logistics.values.routes import (
    Fix,
    PlanCard,
    PlanOrigin,
    PlanState,
    RouteRulesCard,
    RunState,
    SolverBudget,
    Unplaced,
    WindowInput,
)
from app.domains.logistics.values.tours import Arrangement
from app.flows import breakdowns, routing
from app.flows.handover import count_handover
from app.infra.audit import AuditRow
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Permission, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from hq_console.links import driver_token
from tests.factories.kept import kept
from tests.factories.logistics import (
    QUICK,
    PaidRound,
    make_dispatched,
    make_paid_round,
    make_sorted,
    tour,
    vehicle_input,
)

Call = Callable[..., Any]


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    """P001 wants three crates and P002 two; both sorted; trucks V1 and V2."""
    found = make_paid_round(run, read)
    make_sorted(run, found)
    return found


def plan_of(read: Call, round_: PaidRound) -> PlanCard:
    plan: PlanCard = read(queries.current_plan, round_.id)
    return plan


def quick(problem: Any, budget: SolverBudget, *rest: Any) -> Any:
    """The engine with steps instead of seconds, so that a test is quick and always the same."""
    return engine.search(problem, SolverBudget(seconds=None, iterations=40, seed=budget.seed), *rest)


# --- searches -------------------------------------------------------------------------------------------------------


def test_a_search_ends_in_a_plan_with_its_curve_and_seed(run: Call, read: Call, round_: PaidRound) -> None:
    search_id = run(searches.ask_search, round_.id, 20, 7)
    assert run(searches.ask_search, round_.id, 60, 8) == search_id  # one at a time
    assert read(queries.search_of, search_id).state is RunState.WAITING
    routing.search_routes(run, read, search_id, search=quick)
    found, plan = read(queries.latest_search, round_.id), plan_of(read, round_)
    assert (found.state, found.seconds, found.seed, found.plan_id) == (RunState.DONE, 20, 7, plan.id)
    assert found.curve[-1][1] == plan.cost_cents
    assert (plan.origin, plan.seed, plan.unplanned) == (PlanOrigin.SOLVER, 7, ())
    routing.search_routes(run, read, search_id, search=quick)  # the job comes again
    assert plan_of(read, round_).id == plan.id


def test_a_search_in_a_process_of_its_own_can_be_stopped(run: Call, read: Call, round_: PaidRound) -> None:
    search_id = run(searches.ask_search, round_.id, 600, 1)
    run(searches.stop_search, search_id)
    routing.search_routes(run, read, search_id)
    assert read(queries.search_of, search_id).state is RunState.DONE
    assert len(plan_of(read, round_).routes) == 1


def test_a_search_whose_process_dies_says_so(run: Call, read: Call, round_: PaidRound, monkeypatch: Any) -> None:
    monkeypatch.setattr(apart.sys, "executable", "/bin/false")
    with pytest.raises((apart.SearchDied, BrokenPipeError)):
        routing.plan_routes(run, read, round_.id, QUICK, search=apart.search)
    assert read(queries.current_plan, round_.id) is None


def test_a_search_that_is_refused_keeps_the_reason(run: Call, read: Call) -> None:
    found = make_paid_round(run, read, trucks=0)
    make_sorted(run, found)
    search_id = run(searches.ask_search, found.id, 5, 1)
    routing.search_routes(run, read, search_id, search=quick)
    ended = read(queries.search_of, search_id)
    assert ended.state is RunState.FAILED
    assert ended.note.startswith("not_enough_trucks")


@pytest.mark.parametrize(("seconds", "seed", "field"), [(0, 1, "seconds"), (601, 1, "seconds"), (5, -1, "seed")])
def test_a_budget_out_of_bounds_is_refused(
    run: Call, read: Call, round_: PaidRound, seconds: int, seed: int, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        run(searches.ask_search, round_.id, seconds, seed)
    assert refusal.value.field == field
    assert read(queries.latest_search, round_.id) is None


# --- zones, unplanned, locks ----------------------------------------------------------------------------------------


def test_what_no_truck_takes_is_listed_and_holds_the_trucks_back(run: Call, read: Call, round_: PaidRound) -> None:
    warm = [vehicle_input(code, carries_frozen=False) for code in ("V1", "V2")]
    run(vehicles.save_vehicles, round_.hub_id, warm)
    routing.plan_routes(run, read, round_.id, QUICK)
    plan = plan_of(read, round_)
    assert sorted((u.pickup_point_id, u.first_crate, u.crates, u.reason, u.fix) for u in plan.unplanned) == sorted([
        (round_.point("P001"), 2, 1, Unplaced.ZONE, Fix.OTHER_TRUCK),
        (round_.point("P002"), 1, 1, Unplaced.ZONE, Fix.OTHER_TRUCK),
    ])  # fmt: skip
    assert sum(s.crates for r in plan.routes for s in r.stops) == 3
    with pytest.raises(StopsUnplanned) as refusal:
        run(routes.dispatch, round_.id)
    assert refusal.value.pickup_points == ["自提点P001", "自提点P002"]
    load = [line.crate_code for r in plan.routes for line in read(queries.load_list, r.id)]
    assert sorted(load) == ["261120-P001-A01", "261120-P001-C01", "261120-P002-A01"]


def test_a_leader_whose_crates_come_on_two_trucks_expects_them_all(run: Call, read: Call, round_: PaidRound) -> None:
    warm = vehicle_input("V1", carries_frozen=False)
    cold = vehicle_input("V2", carries_ambient=False, carries_chilled=False)
    run(vehicles.save_vehicles, round_.hub_id, [warm, cold])
    routing.plan_routes(run, read, round_.id, QUICK)
    assert run(routes.dispatch, round_.id) == 2
    calls = [stop for route in plan_of(read, round_).routes for stop in route.stops]
    assert len(calls) == 4
    for card in read(queries.handovers_of_round, round_.id):
        here = [stop for stop in calls if stop.pickup_point_id == card.pickup_point_id]
        wanted = [1, 2] if card.pickup_point_id == round_.point("P001") else [1, 1]
        assert sorted(stop.crates for stop in here) == wanted
        assert card.crates == sum(stop.crates for stop in here)
        assert card.planned_at == max(stop.arrive_at for stop in here)


def test_a_crate_that_a_plan_forgets_is_noticed(run: Call, read: Call, round_: PaidRound) -> None:
    (truck, _) = read(queries.vehicles, round_.hub_id)
    whole = tour(truck, round_.point("P002"), round_.point("P001"))
    short = [s.__class__(**{f: getattr(s, f) for f in s.__slots__} | {"crates": 1}) for s in whole.stops]
    with pytest.raises(PlanWrong) as refusal:
        run(routes.save_plan, round_.id, [tour(truck).__class__(
            vehicle_id=truck.id, stops=tuple(short), distance_m=0, volume_ml=0, weight_g=0)])  # fmt: skip
    assert refusal.value.problem == "missing_stop"


def test_a_locked_truck_keeps_its_tour(run: Call, read: Call, round_: PaidRound) -> None:
    (first, second) = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001")), tour(second, round_.point("P002"))])
    run(moves.lock_truck, round_.id, second.id, True)
    routing.plan_routes(run, read, round_.id, QUICK)
    plan = plan_of(read, round_)
    assert plan.version == 2
    kept = next(r for r in plan.routes if r.vehicle_id == second.id)
    assert (kept.locked, [s.pickup_point_id for s in kept.stops]) == (True, [round_.point("P002")])
    run(moves.lock_truck, round_.id, second.id, False)
    routing.plan_routes(run, read, round_.id, QUICK)
    assert len(plan_of(read, round_).routes) == 1  # one van is cheaper than two
    with pytest.raises(NotFound):
        run(moves.lock_truck, round_.id, new_id(), True)


# --- by hand --------------------------------------------------------------------------------------------------------


def by_hand(round_: PaidRound, vehicle_id: UUID, *points: tuple[str, int, int]) -> Arrangement:
    return ((vehicle_id, 1, tuple((round_.point(code), first, crates) for code, first, crates in points)),)


def test_an_arrangement_is_shown_with_its_effect_and_saved_as_a_version(
    run: Call, read: Call, round_: PaidRound
) -> None:
    routing.plan_routes(run, read, round_.id, QUICK)
    before = plan_of(read, round_)
    (first, _) = read(queries.vehicles, round_.hub_id)
    wish = by_hand(round_, first.id, ("P001", 0, 3))
    shown = routing.preview(read, round_.id, wish)
    assert (shown.before_cost_cents, shown.can_be_saved) == (before.cost_cents, True)
    assert shown.cost_cents == shown.tours[0].cost_cents
    assert [(u.pickup_point_id, u.crates, u.reason) for u in shown.unplanned] == [
        (round_.point("P002"), 2, Unplaced.SPACE)
    ]
    assert plan_of(read, round_).id == before.id
    routing.save_arrangement(run, read, round_.id, wish)
    after = plan_of(read, round_)
    assert (after.version, after.origin, after.seed, len(after.unplanned)) == (2, PlanOrigin.HAND, None, 1)
    rows = select(AuditRow.after).where(AuditRow.action == "logistics.plan_routes").order_by(AuditRow.id)
    assert [after["origin"] for after in read(lambda s: s.scalars(rows).all())] == ["solver", "hand"]


def test_an_arrangement_of_a_plan_that_was_replaced_is_not_saved(run: Call, read: Call, round_: PaidRound) -> None:
    routing.plan_routes(run, read, round_.id, QUICK)
    (first, second) = read(queries.vehicles, round_.hub_id)
    mine = by_hand(round_, first.id, ("P001", 0, 3), ("P002", 0, 2))
    theirs = by_hand(round_, second.id, ("P002", 0, 2), ("P001", 0, 3))
    routing.save_arrangement(run, read, round_.id, theirs, seen_version=1)
    with pytest.raises(PlanReplaced):
        routing.save_arrangement(run, read, round_.id, mine, seen_version=1)
    plan = plan_of(read, round_)
    assert (plan.version, [r.vehicle_id for r in plan.routes]) == (2, [second.id])


def test_an_arrangement_above_capacity_is_never_saved(run: Call, read: Call, round_: PaidRound) -> None:
    routing.plan_routes(run, read, round_.id, QUICK)
    run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V2", capacity_ml=80_000)])
    (_, small) = read(queries.vehicles, round_.hub_id)
    wish = by_hand(round_, small.id, ("P001", 0, 3), ("P002", 0, 2))
    assert routing.preview(read, round_.id, wish).can_be_saved is False
    with pytest.raises(PlanWrong) as refusal:
        routing.save_arrangement(run, read, round_.id, wish)
    assert (refusal.value.problem, refusal.value.subject_id) == ("above_capacity", small.id)
    assert plan_of(read, round_).version == 1


@pytest.mark.parametrize("parts", [[("P001", 0, 4)], [("P001", 1, 1), ("P001", 1, 1)], [("P001", 0, 0)]])
def test_crates_that_do_not_exist_or_stand_twice_are_refused(
    run: Call, read: Call, round_: PaidRound, parts: list[tuple[str, int, int]]
) -> None:
    routing.plan_routes(run, read, round_.id, QUICK)
    (first, _) = read(queries.vehicles, round_.hub_id)
    with pytest.raises(PlanWrong):
        routing.preview(read, round_.id, by_hand(round_, first.id, *parts))


# --- breakdowns -----------------------------------------------------------------------------------------------------


def test_a_truck_that_breaks_in_the_yard_is_left_out_of_the_next_plan(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    routing.plan_routes(run, read, round_.id, QUICK)
    first = plan_of(read, round_).routes[0].vehicle_id
    assert breakdowns.break_down(run, read, round_.id, first, clock.now()) is None
    routing.plan_routes(run, read, round_.id, QUICK)
    assert {r.vehicle_id for r in plan_of(read, round_).routes} == {
        v.id for v in read(queries.vehicles, round_.hub_id)
    } - {first}
    run(moves.mark_broken, first, False)
    assert all(v.broken_at is None for v in read(queries.vehicles, round_.hub_id))


def test_on_the_road_the_others_take_over_what_is_not_delivered(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    (first, second) = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001"), round_.point("P002"))])
    run(routes.dispatch, round_.id)
    before = plan_of(read, round_)
    clock.move_to(before.routes[0].stops[0].arrive_at)
    run(routes.arrive, before.routes[0].stops[0].id)
    clock.move_to(clock.now() + timedelta(minutes=5))
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    after = plan_of(read, round_)
    assert (after.version, after.state, after.origin) == (2, PlanState.DISPATCHED, PlanOrigin.BREAKDOWN)
    assert {r.vehicle_id: [s.pickup_point_id for s in r.stops] for r in after.routes} == {
        first.id: [round_.point("P001")], second.id: [round_.point("P002")],
    }  # fmt: skip
    done, taken = (next(r for r in after.routes if r.vehicle_id == v).stops[0] for v in (first.id, second.id))
    assert done.arrived_at == before.routes[0].stops[0].arrive_at
    assert (taken.collect_from, taken.arrived_at, taken.crates) == ("V1", None, 2)
    assert taken.arrive_at >= clock.now() + timedelta(minutes=15)  # the crates change trucks first
    versions = read(queries.plan_versions, round_.id)
    assert [(v.version, v.state) for v in versions] == [(2, PlanState.DISPATCHED), (1, PlanState.REPLACED)]
    run(routes.arrive, taken.id)
    with pytest.raises(AlreadyDispatched):
        run(searches.ask_search, round_.id, 5, 1)


def test_what_nobody_can_take_is_listed(run: Call, read: Call, clock: SetClock) -> None:
    round_ = make_paid_round(run, read, trucks=1)
    make_dispatched(run, read, round_)
    (only,) = plan_of(read, round_).routes
    breakdowns.break_down(run, read, round_.id, only.vehicle_id, clock.now())
    after = plan_of(read, round_)
    assert (after.routes, sorted(u.crates for u in after.unplanned)) == ((), [2, 3])


# --- rules of the hub -----------------------------------------------------------------------------------------------


def test_hub_rules_and_windows_count_in_the_next_plan(run: Call, read: Call, round_: PaidRound) -> None:
    assert read(queries.route_rules, round_.hub_id) == RouteRulesCard()
    wish = RouteRulesCard(whole_truck_pct=0, detour_pct=200, speed_kmh=20, dock_opens=time(4), dock_closes=time(20))
    run(searches.save_rules, round_.hub_id, wish)
    run(searches.save_rules, round_.hub_id, wish)
    assert read(queries.route_rules, round_.hub_id) == wish
    point = round_.point("P001")
    run(searches.save_window, round_.hub_id, WindowInput(
        pickup_point_id=point, opens=time(9), closes=time(10), service_s=900))  # fmt: skip
    routing.plan_routes(run, read, round_.id, QUICK)
    stop = next(s for r in plan_of(read, round_).routes for s in r.stops if s.pickup_point_id == point)
    assert 1 <= stop.arrive_at.hour <= 2  # 09:00 to 10:00 in Shanghai
    assert stop.leave_at - stop.arrive_at == timedelta(minutes=15)
    run(searches.forget_window, round_.hub_id, point)
    assert [w.is_usual for w in read(queries.windows_of_hub, round_.hub_id)] == [True, True]
    actions = read(lambda s: s.execute(select(AuditRow.action, func.count()).group_by(AuditRow.action)).all())
    assert {"logistics.save_route_rules": 1, "logistics.save_delivery_window": 2}.items() <= dict(
        map(tuple, actions)
    ).items()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"whole_truck_pct": 101}, "whole_truck_pct"), ({"detour_pct": 99}, "detour_pct"), ({"speed_kmh": 0}, "speed_kmh"),
     ({"dock_opens": time(18)}, "dock_opens")],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(
    run: Call, read: Call, round_: PaidRound, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        run(searches.save_rules, round_.hub_id, RouteRulesCard(**change))
    assert refusal.value.field == field
    assert read(queries.route_rules, round_.hub_id) == RouteRulesCard()


# --- the driver -----------------------------------------------------------------------------------------------------


@pytest.fixture
@kept
def on_road(run: Call, read: Call, round_: PaidRound) -> PaidRound:
    (truck, _) = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(truck, round_.point("P002"), round_.point("P001"))])
    run(routes.dispatch, round_.id)
    return round_


@pytest.fixture
def link(run: Call, read: Call, on_road: PaidRound) -> UUID:
    found: UUID = run(driving.issue_link, on_road.id, read(queries.vehicles, on_road.hub_id)[0].id)
    return found


def test_arrivals_by_link_count_once_and_make_late_trucks_no_fault_of_leaders(
    database: Database, read: Call, on_road: PaidRound, link: UUID, clock: SetClock
) -> None:
    driver = Actor.by_link("driver of V1", Permission.LOGISTICS_DRIVE)
    late = plan_of(read, on_road).routes[0].stops[0].arrive_at + timedelta(hours=2)
    clock.move_to(late)
    assert database.transact(driver, driving.arrive, link, on_road.point("P002"), 0) == late
    clock.move_to(late + timedelta(minutes=9))
    assert database.transact(driver, driving.arrive, link, on_road.point("P002"), 0) == late
    rows = read(lambda s: s.execute(select(Handover.pickup_point_id, Handover.arrived_at)).all())
    assert dict(map(tuple, rows)) == {on_road.point("P002"): late, on_road.point("P001"): None}


def test_a_leader_counts_what_the_driver_has_brought_and_not_before(
    database: Database, run: Call, read: Call, on_road: PaidRound, link: UUID, clock: SetClock
) -> None:
    point, leader = on_road.point("P002"), Actor("leader", Role.LEADER, on_road.leader("L002"))
    card = next(c for c in read(queries.handovers_of_round, on_road.id) if c.pickup_point_id == point)
    with pytest.raises(TruckAwaited):
        database.transact(leader, count_handover, card.id, ())
    assert read(queries.get_handover, card.id) == card
    clock.move_to(clock.now() + timedelta(minutes=5))
    run(driving.arrive, link, point, 0)
    assert database.transact(leader, count_handover, card.id, ()).counted_at == clock.now()


def test_where_the_driver_has_no_page_any_more_nobody_waits_for_his_word(
    database: Database, run: Call, read: Call, on_road: PaidRound, link: UUID
) -> None:
    first, second = read(queries.handovers_of_round, on_road.id)
    run(count_handover, first.id, ())  # HQ counts for a leader whose driver forgot
    run(driving.withdraw_link, link)
    leader = Actor("leader", Role.LEADER, second.leader_id)
    assert database.transact(leader, count_handover, second.id, ()).state is HandoverState.COUNTED


def test_proof_of_handover_may_be_corrected_and_is_audited(
    run: Call, read: Call, on_road: PaidRound, link: UUID
) -> None:
    first = run(driving.hand_over, link, on_road.point("P002"), 0, "  李叔 ", 3)
    assert run(driving.hand_over, link, on_road.point("P002"), 0, "李叔", 4) == first
    run(driving.report_problem, link, on_road.point("P002"), 0, "  一个箱子\n破了 ")
    stop = plan_of(read, on_road).routes[0].stops[0]
    assert (stop.handed_to, stop.empties_qty, stop.handed_at, stop.problem) == ("李叔", 4, first, "一个箱子 破了")
    run(driving.report_problem, link, on_road.point("P002"), 0, "")
    assert plan_of(read, on_road).routes[0].stops[0].problem_at is None
    noted = read(lambda s: s.scalar(select(func.count()).where(AuditRow.action == "logistics.hand_over_stop")))
    assert noted == 2
    for name, empties, field in (("", 0, "handed_to"), ("x" * 301, 0, "handed_to"), ("李叔", -1, "empties_qty")):
        with pytest.raises(Invalid) as refusal:
            run(driving.hand_over, link, on_road.point("P002"), 0, name, empties)
        assert refusal.value.field == field


def test_a_link_opens_one_truck_of_one_round_for_one_day(
    database: Database, run: Call, read: Call, on_road: PaidRound, link: UUID, clock: SetClock
) -> None:
    (first, second) = read(queries.vehicles, on_road.hub_id)
    assert run(driving.issue_link, on_road.id, first.id) == link
    with pytest.raises(NotFound):
        run(driving.issue_link, on_road.id, second.id)  # it has no tour
    with pytest.raises(NotFound):
        run(driving.arrive, link, new_id(), 0)
    with pytest.raises(LinkEnded):
        run(driving.arrive, new_id(), on_road.point("P001"), 0)
    with pytest.raises(Forbidden):
        database.transact(Actor("leader", Role.LEADER), driving.arrive, link, on_road.point("P001"), 0)
    driver = Actor.by_link("driver of V1", Permission.LOGISTICS_DRIVE)
    with pytest.raises(Forbidden):
        database.transact(driver, routes.dispatch, on_road.id)
    before = clock.now()
    clock.move_to(read(queries.driver_link, link).expires_at)
    with pytest.raises(LinkEnded):
        run(driving.arrive, link, on_road.point("P001"), 0)
    clock.move_to(before)
    run(driving.withdraw_link, link)
    with pytest.raises(LinkEnded):
        run(driving.arrive, link, on_road.point("P001"), 0)
    assert all(s.arrived_at is None for s in plan_of(read, on_road).routes[0].stops)
    assert run(driving.issue_link, on_road.id, first.id) != link


def test_nothing_is_noted_before_the_truck_has_left(run: Call, read: Call, round_: PaidRound) -> None:
    (truck, _) = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(truck, round_.point("P001"), round_.point("P002"))])
    link = run(driving.issue_link, round_.id, truck.id)
    with pytest.raises(NoPlan):
        run(driving.arrive, link, round_.point("P001"), 0)


def test_the_page_keeps_what_was_typed_and_a_forged_address_opens_nothing(
    app: Flask, read: Call, on_road: PaidRound, link: UUID
) -> None:
    with app.app_context():
        token = driver_token(link)
    client = app.test_client()
    page = client.get(f"/drive/{token}")
    assert page.status_code == 200
    assert "自提点P002" in page.text
    assert page.text.count("drive__stop") >= 2
    (csrf,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page.text))
    form = {"csrf_token": csrf, "point": str(on_road.point("P002")), "first": "0"}
    assert client.post(f"/drive/{token}/arrive", data=form).status_code == 303
    assert client.post(f"/drive/{token}/arrive", data=form).status_code == 303
    wrong = client.post(f"/drive/{token}/handed", data=form | {"handed_to": "王阿姨", "empties_qty": "many"})
    assert wrong.status_code == 422
    assert 'value="王阿姨"' in wrong.text
    for nothing in ({"empties_qty": ""}, {}):  # an emptied box is no 0
        wrong = client.post(f"/drive/{token}/handed", data=form | {"handed_to": "王阿姨"} | nothing)
        assert wrong.status_code == 422
    touched = token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]  # the last letter has idle bits
    for forged in (touched, str(link), "x"):
        assert client.get(f"/drive/{forged}").status_code == 404
        assert client.post(f"/drive/{forged}/arrive", data=form).status_code == 404
    stops = plan_of(read, on_road).routes[0].stops
    assert [(s.arrived_at is not None, s.handed_to) for s in stops] == [(True, ""), (False, "")]


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.RESIDENT, Role.LEADER, Role.HQ_BUYER])
def test_without_the_right_nothing_is_changed(database: Database, read: Call, round_: PaidRound, role: Role) -> None:
    stranger = Actor("somebody", role)
    (truck, _) = read(queries.vehicles, round_.hub_id)
    tries: list[tuple[Any, tuple[Any, ...]]] = [
        (searches.ask_search, (round_.id, 5, 1)), (searches.stop_search, (new_id(),)),
        (searches.save_rules, (round_.hub_id, RouteRulesCard(speed_kmh=30))),
        (moves.lock_truck, (round_.id, truck.id, True)), (moves.mark_broken, (truck.id, True)),
        (driving.issue_link, (round_.id, truck.id)), (driving.withdraw_link, (new_id(),)),
    ]  # fmt: skip
    for use_case, args in tries:
        with pytest.raises(Forbidden):
            database.transact(stranger, use_case, *args)
    assert read(queries.latest_search, round_.id) is None
    assert read(queries.route_rules, round_.hub_id) == RouteRulesCard()
    assert all(v.broken_at is None for v in read(queries.vehicles, round_.hub_id))
