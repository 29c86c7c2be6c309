"""Appraisal cycles for tests: days of leaders brought in as history, and a cycle moved on by the clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from app.domains.appraisal import queries
from app.domains.appraisal.values import AnnounceCycle, CycleStage, SeatCard
from app.domains.scoring.service import history
from app.domains.scoring.values import ImportDay
from app.flows import appraisal
from app.infra.clock import SetClock
from app.kernel.actors import Actor
from tests.factories.world import World

SYSTEM = Actor.system("test")
#: The world's clock stands at 20 November 2026: a cycle of four weeks may begin on the 27th.
FIRST, LAST = date(2026, 11, 27), date(2026, 12, 24)


def move_to(world: World, on: date, at: time = time(4)) -> None:
    """Put the clock to a day at noon in Shanghai; never back."""
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(max(clock.now(), datetime.combine(on, at, UTC)))


def make_history(
    world: World, leader: str, days: Sequence[date], *, buyers: int = 60, on_time: int = 1, picked: int = 100,
    claims: int = 0,
) -> None:  # fmt: skip
    """The same residents on each of these days; a handover each; 100 pieces due."""
    rows = [
        ImportDay(
            leader_id=world.leaders[leader], on_date=on, residents=tuple(range(buyers)),
            facts={"orders": buyers, "sales_cents": buyers * 2_000, "buyers": buyers, "due_pieces": 100,
                   "picked_pieces": picked, "in_window_pieces": picked, "handovers": 1, "on_time_handovers": on_time,
                   "claims": claims, "leader_fault_claims": claims},
        )
        for on in days
    ]  # fmt: skip
    world.run_as(SYSTEM)(history.import_days, world.hub_id, rows)


def make_cycle(world: World, first: date = FIRST, last: date = LAST) -> UUID:
    """Announce a cycle of the world's hub."""
    cycle_id: UUID = world.run_as(SYSTEM)(
        appraisal.announce, AnnounceCycle(hub_id=world.hub_id, first_on=first, last_on=last)
    )
    return cycle_id


def move_on(world: World) -> None:
    """What the worker does every hour."""
    appraisal.move_all(world.run_as(SYSTEM), world.services.database.read)


def stage(world: World, cycle_id: UUID) -> CycleStage:
    """Where a cycle stands."""
    return world.services.database.read(queries.get_cycle, cycle_id).stage


def seat_of(world: World, cycle_id: UUID, leader: str) -> SeatCard:
    """A leader's seat."""
    seats = world.services.database.read(queries.seats, cycle_id)
    return next(seat for seat in seats if seat.leader_id == world.leaders[leader])


def pickup_days(first: date = FIRST, last: date = LAST) -> list[date]:
    """Every other day of a period."""
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 2)]


def live_good_and_bad(world: World, first: date = FIRST, last: date = LAST) -> None:
    """L901 reaches 150 of 400 households, on time; L902 reaches 20, late, and half of the goods stay there."""
    make_history(world, "L901", pickup_days(first, last), buyers=150)
    make_history(world, "L902", pickup_days(first, last), buyers=20, on_time=0, picked=50, claims=2)
