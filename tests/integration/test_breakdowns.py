"""Breakdowns on the road: whatever truck stops, and however often, every crate stays on a tour or is named as left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from app.domains.accounts.models import Account
from app.domains.analytics import queries as analytics
from app.domains.logistics import queries
from app.domains.logistics.models import RoutePlan
from app.domains.logistics.service import routes, vehicles
from app.domains.logistics.values.routes import Fix, PlanCard, PlannedRoute, Unplaced
from app.flows import breakdowns
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import NotFound
from tests.factories.accounts import let_in, make_account
from tests.factories.kept import kept
from tests.factories.logistics import PaidRound, make_paid_round, make_sorted, tour, vehicle_input

Call = Callable[..., Any]


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    """P001 wants three crates and P002 two; both sorted; trucks V1 and V2, each for two tours a day."""
    found = make_paid_round(run, read)
    make_sorted(run, found)
    run(vehicles.save_vehicles, found.hub_id, [vehicle_input(code, max_tours=2) for code in ("V1", "V2")])
    return found


def plan_of(read: Call, round_: PaidRound) -> PlanCard:
    plan: PlanCard = read(queries.current_plan, round_.id)
    return plan


def crates(plan: PlanCard) -> dict[tuple[str, int], list[tuple[str, int, int]]]:
    """Truck and tour to its stops: pickup point, first crate, crates."""
    return {
        (route.vehicle_code, route.trip): [(s.pickup_point_name, s.first_crate, s.crates) for s in route.stops]
        for route in plan.routes
    }


def audited(read: Call, clock: SetClock) -> list[str]:
    """Details of what the audit finds wrong between tours and sheets."""
    found = read(analytics.broken_invariants, clock.now())
    return [row.detail for breach in found if breach.name == "night_plan" for row in breach.rows]


def some(whole: PlannedRoute, first: int, many: int, trip: int = 1) -> PlannedRoute:
    """A tour to one point with some of its crates; the second one leaves two hours after the first."""
    (stop,) = whole.stops
    late = 7_200 * (trip - 1)
    part = replace(
        stop, first_crate=first, crates=many, arrive_s=stop.arrive_s + late, leave_s=stop.leave_s + late
    )  # fmt: skip
    return replace(whole, stops=(part,), trip=trip)


def test_a_helper_keeps_its_second_tour(run: Call, read: Call, round_: PaidRound, clock: SetClock) -> None:
    first, second = read(queries.vehicles, round_.hub_id)
    to_p2 = tour(second, round_.point("P002"))
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001")), some(to_p2, 0, 1), some(to_p2, 1, 1, 2)])
    run(routes.dispatch, round_.id)
    before = plan_of(read, round_)
    clock.move_to(before.routes[0].stops[0].arrive_at - timedelta(minutes=5))
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    after = plan_of(read, round_)
    assert crates(after) == {
        ("V2", 1): [("自提点P001", 0, 3), ("自提点P002", 0, 1)], ("V2", 2): [("自提点P002", 1, 1)],
    }  # fmt: skip
    assert after.unplanned == ()
    early, late = after.routes
    assert late.stops[0].arrive_at >= before.routes[2].stops[0].arrive_at
    assert early.back_at is not None
    assert late.stops[0].arrive_at >= early.back_at + timedelta(minutes=30)  # loaded anew


def test_what_nobody_could_take_is_not_forgotten_by_the_next_breakdown(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V2", capacity_ml=80_000)])  # two crates
    first, second = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001")), tour(second, round_.point("P002"))])
    run(routes.dispatch, round_.id)
    clock.move_to(plan_of(read, round_).routes[0].stops[0].arrive_at - timedelta(minutes=5))
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    (left,) = plan_of(read, round_).unplanned
    assert (left.crates, left.reason, left.fix) == (3, Unplaced.TOO_BIG, Fix.OTHER_TRUCK)  # V1 itself is no way out
    breakdowns.break_down(run, read, round_.id, second.id, clock.now())
    after = plan_of(read, round_)
    assert (crates(after), sorted(u.crates for u in after.unplanned)) == ({}, [2, 3])
    assert audited(read, clock) == []  # what lies stranded is known, not lost
    run(lambda uow: uow.session.execute(update(RoutePlan).values(unplanned=RoutePlan.unplanned.op("-")(0))))
    assert audited(read, clock) == ["on the tour 0 crates, on the sheets 3"]


def test_a_truck_that_was_given_up_keeps_what_it_drives(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    first, second = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001")), tour(second, round_.point("P002"))])
    run(routes.dispatch, round_.id)
    run(vehicles.retire, second.id)
    before = plan_of(read, round_)
    clock.move_to(before.routes[0].stops[0].arrive_at - timedelta(minutes=5))
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    after = plan_of(read, round_)
    assert crates(after) == {("V2", 1): [("自提点P002", 0, 2)]}
    assert after.routes[0].stops[0].arrive_at == before.routes[1].stops[0].arrive_at
    assert [u.crates for u in after.unplanned] == [3]


def test_goods_still_to_be_fetched_from_the_first_wreck_are_fetched_after_the_second_too(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V3")])
    first, second, third = read(queries.vehicles, round_.hub_id)
    run(vehicles.retire, third.id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001")), tour(second, round_.point("P002"))])
    run(routes.dispatch, round_.id)
    clock.move_to(plan_of(read, round_).routes[0].stops[0].arrive_at - timedelta(minutes=5))
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    fetched = [s.collect_from for r in plan_of(read, round_).routes for s in r.stops]
    assert fetched == ["V1", ""]
    run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V3")])
    breakdowns.break_down(run, read, round_.id, second.id, clock.now())
    (route,) = plan_of(read, round_).routes
    assert (route.vehicle_code, [(s.crates, s.collect_from) for s in route.stops]) == ("V3", [(2, "V2"), (3, "V1")])


def test_a_truck_that_drives_again_takes_what_lay_stranded(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    first, second = read(queries.vehicles, round_.hub_id)
    run(vehicles.retire, second.id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001"), round_.point("P002"))])
    run(routes.dispatch, round_.id)
    stop = plan_of(read, round_).routes[0].stops[0]
    clock.move_to(stop.arrive_at)
    run(routes.arrive, stop.id)
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    assert (crates(plan_of(read, round_)), [u.crates for u in plan_of(read, round_).unplanned]) == (
        {("V1", 1): [("自提点P001", 0, 3)]}, [2],
    )  # fmt: skip
    assert {(u.reason, u.fix) for u in plan_of(read, round_).unplanned} == {(Unplaced.SPACE, Fix.OTHER_TRUCK)}
    clock.move_to(clock.now() + timedelta(minutes=40))
    breakdowns.fetch_stranded(run, read, round_.id, first.id, clock.now())
    after = plan_of(read, round_)
    assert (crates(after), after.unplanned) == ({("V1", 1): [("自提点P001", 0, 3), ("自提点P002", 0, 2)]}, ())
    done, ahead = after.routes[0].stops
    assert (done.arrived_at, ahead.arrived_at, ahead.collect_from) == (stop.arrive_at, None, "")
    assert ahead.arrive_at > clock.now()
    assert after.routes[0].broken_at is None
    assert audited(read, clock) == []
    assert breakdowns.fetch_stranded(run, read, round_.id, first.id, clock.now()) is None  # a second tap
    assert plan_of(read, round_).version == after.version


def test_another_truck_fetches_what_lay_stranded_as_far_as_it_fits(
    run: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    first, second = read(queries.vehicles, round_.hub_id)
    run(vehicles.retire, second.id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001"), round_.point("P002"))])
    run(routes.dispatch, round_.id)
    clock.move_to(plan_of(read, round_).routes[0].stops[0].arrive_at - timedelta(minutes=5))
    breakdowns.break_down(run, read, round_.id, first.id, clock.now())
    with pytest.raises(NotFound):
        breakdowns.fetch_stranded(run, read, round_.id, second.id, clock.now())  # it was given up
    run(vehicles.save_vehicles, round_.hub_id, [vehicle_input("V3", capacity_ml=80_000)])  # two crates
    third = next(truck for truck in read(queries.vehicles, round_.hub_id) if truck.code == "V3")
    breakdowns.fetch_stranded(run, read, round_.id, third.id, clock.now())
    after = plan_of(read, round_)
    assert crates(after) == {("V3", 1): [("自提点P002", 0, 2)]}
    assert [(u.crates, u.reason) for u in after.unplanned] == [(3, Unplaced.TOO_BIG)]
    assert after.routes[0].stops[0].collect_from == "V1"
    assert audited(read, clock) == []


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_page_names_what_lies_stranded_and_lets_a_truck_fetch_it(
    run: Call, read: Call, round_: PaidRound, clock: SetClock, client: FlaskClient, database: Database, locale: str
) -> None:
    first, second = read(queries.vehicles, round_.hub_id)
    run(vehicles.retire, second.id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001"), round_.point("P002"))])
    run(routes.dispatch, round_.id)
    clock.move_to(plan_of(read, round_).routes[0].stops[0].arrive_at - timedelta(minutes=5))
    desk: Account = database.transact(Actor.system("test"), make_account, Role.HQ_WAREHOUSE)
    csrf, base = let_in(client, database, desk), f"/hq/rounds/{round_.id}/routes"
    client.set_cookie("locale", locale)
    client.post(f"{base}/break/{first.id}", data={"csrf_token": csrf})
    page = client.get(base).text
    assert ("Stranded" if locale == "en" else "滞留的货") in page
    assert f'<option value="{first.id}"' in page
    assert f'<option value="{second.id}"' not in page
    client.post(f"{base}/stranded", data={"csrf_token": csrf, "truck": "nonsense"})
    assert ("Please choose a truck." if locale == "en" else "请选择车辆。") in client.get(base).text
    assert len(plan_of(read, round_).unplanned) == 2
    client.post(f"{base}/stranded", data={"csrf_token": csrf, "truck": str(first.id)})
    page = client.get(base).text
    assert ("The truck takes over all that was left." if locale == "en" else "滞留的货已全部由该车接手。") in page
    assert ("Stranded" if locale == "en" else "滞留的货</") not in page
    assert plan_of(read, round_).unplanned == ()
