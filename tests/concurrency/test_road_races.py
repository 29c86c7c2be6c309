"""A plan that is on the road changes while drivers report: nothing that a driver said is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.domains.logistics import queries
from app.domains.logistics.errors import NoPlan
from app.domains.logistics.service import driving, moves, routes, vehicles
from app.domains.logistics.values.routes import PlanCard, StopCard
from app.flows import breakdowns
from app.infra.clock import SetClock
from app.infra.uow import Database, UnitOfWork
from tests.conftest import SYSTEM
from tests.factories.kept import kept
from tests.factories.logistics import PaidRound, make_paid_round, make_sorted, tour, vehicle_input
from tests.factories.meanwhile import during

Call = Callable[..., Any]


@dataclass(frozen=True)
class OnRoad:
    """V1 is on its way to P001, V2 to P002."""

    id: UUID
    broken_id: UUID
    link: UUID
    point_id: UUID


@pytest.fixture
@kept
def on_road(run: Call, read: Call) -> OnRoad:
    """Both trucks have left; the link is that of V2's driver."""
    round_: PaidRound = make_paid_round(run, read)
    make_sorted(run, round_)
    run(vehicles.save_vehicles, round_.hub_id, [vehicle_input(code) for code in ("V1", "V2")])
    first, second = read(queries.vehicles, round_.hub_id)
    run(routes.save_plan, round_.id, [tour(first, round_.point("P001")), tour(second, round_.point("P002"))])
    run(routes.dispatch, round_.id)
    link: UUID = run(driving.issue_link, round_.id, second.id)
    return OnRoad(round_.id, first.id, link, round_.point("P002"))


def stop_of(read: Call, on_road: OnRoad) -> StopCard:
    """What counts now of the stop at P002."""
    plan: PlanCard = read(queries.current_plan, on_road.id)
    [found] = [s for r in plan.routes for s in r.stops if s.pickup_point_id == on_road.point_id]
    return found


def test_goods_handed_over_while_help_is_looked_for_stay_handed_over(
    run: Call, read: Call, on_road: OnRoad, clock: SetClock
) -> None:
    run(driving.arrive, on_road.link, on_road.point_id, 0)

    def slowly(use_case: Call, *args: Any, **kwargs: Any) -> Any:
        if use_case is moves.replace_on_road:
            run(driving.hand_over, on_road.link, on_road.point_id, 0, "李叔", 3)
            run(driving.report_problem, on_road.link, on_road.point_id, 0, "一箱破了")
        return run(use_case, *args, **kwargs)

    breakdowns.break_down(slowly, read, on_road.id, on_road.broken_id, clock.now())
    after = stop_of(read, on_road)
    assert (after.handed_to, after.empties_qty, after.problem) == ("李叔", 3, "一箱破了")
    assert after.handed_at == clock.now()


def replan(read: Call, on_road: OnRoad, clock: SetClock) -> Callable[[UnitOfWork], object]:
    """V1 breaks down, all in one transaction."""
    return lambda uow: breakdowns.break_down(
        lambda use_case, *args: use_case(uow, *args), read, on_road.id, on_road.broken_id, clock.now()
    )


def test_an_arrival_while_a_breakdown_is_written_is_in_the_new_plan(
    run: Call, read: Call, database: Database, on_road: OnRoad, clock: SetClock
) -> None:
    said = during(
        database, SYSTEM, replan(read, on_road, clock), lambda: run(driving.arrive, on_road.link, on_road.point_id, 0)
    )
    assert stop_of(read, on_road).arrived_at == said


def test_the_hub_cannot_note_an_arrival_in_a_plan_that_is_being_replaced(
    run: Call, read: Call, database: Database, on_road: OnRoad, clock: SetClock
) -> None:
    seen = stop_of(read, on_road)
    with pytest.raises(NoPlan):
        during(database, SYSTEM, replan(read, on_road, clock), lambda: run(routes.arrive, seen.id))
    assert stop_of(read, on_road).arrived_at is None
