"""Whom locked pairs bind: her own lock first, then the nearest place in whose circle she lives."""

from datetime import UTC, datetime
from uuid import UUID

from app.domains.communities.rules import bound_residents
from app.domains.communities.values.city_plans import HomeLock, PlanningHome
from app.kernel.geo import Point

#: About a hundred metres of longitude here.
STEP = 0.00104


def at(steps: float) -> Point:
    return Point(30.3, 115.1 + steps * STEP)


def home(number: int, steps: float, *, is_known: bool = True) -> PlanningHome:
    return PlanningHome(
        home_id=UUID(int=number), resident_id=UUID(int=number), pickup_point_id=UUID(int=99), place=at(steps),
        is_known=is_known, is_wish=False,
    )  # fmt: skip


def lock(point: int, who: int | None = None, steps: float | None = None, within_m: int = 0) -> HomeLock:
    return HomeLock(
        id=UUID(int=point), pickup_point_id=UUID(int=point), pickup_point_name="",
        resident_id=UUID(int=who) if who else None, name=None, place=None if steps is None else at(steps),
        within_m=within_m, locked_by="", locked_at=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip


def bound(homes: list[PlanningHome], locks: list[HomeLock]) -> dict[int, int]:
    return {who.int: point.int for who, point in bound_residents(homes, locks).items()}


def test_the_nearest_circle_and_nobody_outside() -> None:
    homes = [home(1, 0), home(2, 0.9), home(3, 1.1), home(4, 2.1), home(5, 9)]
    locks = [lock(11, steps=0, within_m=105), lock(12, steps=2, within_m=105)]
    assert bound(homes, locks) == {1: 11, 2: 11, 3: 12, 4: 12}
    twins = [lock(11, steps=0, within_m=105), lock(12, steps=0, within_m=200)]
    assert bound([home(1, 1)], twins) == {1: 11}  # equally near: the first
    assert bound([home(1, 1)], twins[::-1]) == {1: 12}
    assert bound([home(1, 1.5)], twins) == {1: 12}


def test_her_own_lock_goes_first_and_binds_even_who_never_said_where_she_lives() -> None:
    homes = [home(1, 0), home(2, 0, is_known=False), home(3, 0, is_known=False)]
    locks = [lock(11, steps=0, within_m=50), lock(12, who=1), lock(13, who=2), lock(14, who=77)]
    assert bound(homes, locks) == {1: 12, 2: 13}


def test_nothing_locked() -> None:
    assert bound([home(1, 0)], []) == {}
    assert bound([], [lock(11, steps=0, within_m=50)]) == {}
