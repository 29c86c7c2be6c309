"""A plan for a whole city: least walking, nobody above the room, nobody moved without a gain, a clear refusal."""

import itertools
import random
from uuid import UUID

import pytest

from app.domains.communities.errors import CityTooFull
from app.domains.communities.gateways import flows
from app.domains.communities.gateways.flows import solve
from app.domains.communities.rules.city_plan import CityPlan, Household, Move, Stand, place_households, plan_city
from app.infra.distance import geodesic_m
from app.kernel.geo import Point

LAT, LON = 30.3, 115.1
#: About a hundred metres of longitude here.
STEP = 0.00104


def at(steps: float) -> Point:
    return Point(LAT, LON + steps * STEP)


def stand(number: int, steps: float, room: int, reach_m: int | None = None) -> Stand:
    return Stand(UUID(int=number), at(steps), room, reach_m)


def house(number: int, steps: float, now: int | None = None, *, fixed: bool = False) -> Household:
    return Household(UUID(int=1000 + number), at(steps), UUID(int=now) if now else None, is_fixed=fixed)


def who_goes(plan: CityPlan) -> dict[int, int]:
    return {household.int - 1000: stand.int for household, stand in plan.stand_of.items()}


def test_the_nearest_with_room_and_never_above_it() -> None:
    plan = plan_city([house(1, 0), house(2, 1), house(3, 2)], [stand(1, 0, 2), stand(2, 10, 5)], solve)
    assert who_goes(plan) == {1: 1, 2: 1, 3: 2}  # the one who walks least more goes on
    assert [round(move.after_m / 100) for move in plan.moves] == [0, 1, 8]


def test_the_sum_counts_not_who_comes_first() -> None:
    """Greedy in order of arrival seats the first household at the near stand and sends the second far away."""
    homes = [house(1, 1), house(2, -6)]
    plan = plan_city(homes, [stand(1, 0, 1), stand(2, 3, 1)], solve)
    assert who_goes(plan) == {1: 2, 2: 1}


@pytest.mark.parametrize(("sticky_m", "goes_to"), [(0, 2), (190, 2), (210, 1)])
def test_nobody_moves_without_the_gain(sticky_m: int, goes_to: int) -> None:
    plan = plan_city([house(1, 2, now=1)], [stand(1, -1, 9), stand(2, 3, 9)], solve, sticky_m)
    assert who_goes(plan) == {1: goes_to}
    assert len(plan.moves) == (goes_to == 2)


def test_nobody_loses_unless_the_whole_may_gain_by_it() -> None:
    """The second one would save 400 m at the full stand, whose resident would lose 200 m by leaving it."""
    homes = [house(1, 2, now=1), house(2, 1, now=2)]
    stands = [stand(1, 0, 1), stand(2, 6, 1)]
    assert plan_city(homes, stands, solve).moves == ()
    assert who_goes(plan_city(homes, stands, solve, 0, some_may_lose=True)) == {1: 2, 2: 1}
    assert plan_city(homes, stands, solve, 120, some_may_lose=True).moves == ()  # two moves save 200 m in all


def test_moves_tell_both_ways_and_the_sums() -> None:
    homes = [house(1, 2, now=1), house(2, 0, now=1), house(3, 3)]
    plan = plan_city(homes, [stand(1, -1, 9), stand(2, 3, 9)], solve, 100)
    old, new = geodesic_m(at(2), at(-1)), geodesic_m(at(2), at(3))
    first, third = plan.moves
    assert (first.household_id.int, first.old, first.new) == (1001, UUID(int=1), UUID(int=2))
    assert (first.before_m, first.after_m) == (pytest.approx(old, abs=1e-3), pytest.approx(new, abs=1e-3))
    assert third == Move(UUID(int=1003), None, UUID(int=2), None, third.after_m)
    stays = geodesic_m(at(0), at(-1))
    assert plan.before_m == pytest.approx(old + stays, abs=1e-2)
    assert plan.after_m == pytest.approx(new + stays, abs=1e-2)


def test_a_stand_above_its_room_sends_on_those_who_lose_least() -> None:
    homes = [house(1, 0, now=1), house(2, 4, now=1), house(3, 1, now=1)]
    plan = plan_city(homes, [stand(1, 0, 2), stand(2, 10, 5)], solve, 300)
    assert who_goes(plan) == {1: 1, 2: 2, 3: 1}
    assert not plan.is_relaxed


def test_others_make_room_only_where_nothing_else_helps() -> None:
    """The second stand is full of people who are well there; one of them goes on so that everybody has a seat."""
    homes = [house(1, 0, now=1), house(2, 0, now=1), house(3, 4, now=2)]
    stands = [stand(1, 0, 1, reach_m=500), stand(2, 5, 1, reach_m=600), stand(3, 9, 1, reach_m=600)]
    plan = plan_city(homes, stands, solve, 100)
    assert who_goes(plan) == {1: 1, 2: 2, 3: 3}
    assert plan.is_relaxed


def test_locked_pairs_stay_even_above_the_room_and_take_their_seats() -> None:
    homes = [house(1, 9, now=1, fixed=True), house(2, 9, now=1, fixed=True), house(3, 0, now=1)]
    plan = plan_city(homes, [stand(1, 0, 1), stand(2, 10, 5)], solve, 300)
    assert who_goes(plan) == {1: 1, 2: 1, 3: 2}
    with pytest.raises(CityTooFull):
        plan_city(homes, [stand(1, 0, 1), stand(2, 10, 0)], solve, 300)


def test_beyond_the_reach_only_those_who_are_there_already() -> None:
    stands = [stand(1, 0, 9, reach_m=150), stand(2, 9, 9, reach_m=2000)]
    plan = plan_city([house(1, 2, now=1), house(2, 2)], stands, solve)
    assert who_goes(plan) == {1: 1, 2: 2}


def test_a_city_without_enough_room_says_how_much_is_missing_and_where() -> None:
    homes = [house(n, 0.1 * n) for n in range(1, 6)] + [house(6, 9), house(7, 9.1), house(8, 9.2)]
    with pytest.raises(CityTooFull) as refusal:
        plan_city(homes, [stand(1, 0, 3, reach_m=400), stand(2, 9, 2, reach_m=400)], solve)
    assert (refusal.value.missing, refusal.value.where) == (3, ((UUID(int=1), 2), (UUID(int=2), 1)))
    with pytest.raises(CityTooFull) as refusal:
        plan_city(homes, [], solve)
    assert (refusal.value.missing, refusal.value.where) == (8, ())


def test_nobody_to_place() -> None:
    assert plan_city([], [stand(1, 0, 3)], solve) == CityPlan({}, (), 0.0, 0.0, is_relaxed=False)


@pytest.mark.parametrize("seed", range(8))
def test_as_good_as_every_possibility(seed: int) -> None:
    """All ways to seat seven households, tried one by one: none is cheaper, moves counted as the threshold."""
    dice, sticky = random.Random(seed), 150
    stands = [stand(n, dice.uniform(0, 20), dice.randint(2, 3)) for n in (1, 2, 3)]
    homes = [house(n, dice.uniform(0, 20)) for n in range(7)]
    rooms, spots = [s.room for s in stands], [s.place for s in stands]
    if sum(rooms) < len(homes):
        stands[0] = stand(1, 5, 5)
        rooms[0], spots[0] = 5, at(5)
    ways = [[geodesic_m(home.place, spot) for spot in spots] for home in homes]
    best = min(
        sum(way[s] for way, s in zip(ways, chosen, strict=True))
        for chosen in itertools.product(range(3), repeat=7)
        if all(chosen.count(s) <= rooms[s] for s in range(3))
    )
    plan = plan_city(homes, stands, solve, sticky)
    assert plan.after_m == pytest.approx(best, abs=1e-2)


def test_seats_for_the_residents_of_a_leader_who_leaves() -> None:
    homes = [house(1, 0, now=7), house(2, 6.5, now=7), house(3, 8, now=7)]
    placed = place_households(homes, [stand(1, 1, 1), stand(2, 7, 1), stand(3, 12, 4)], solve)
    assert {id_.int - 1000: move.new.int for id_, move in placed.items()} == {1: 1, 2: 2, 3: 3}
    with pytest.raises(CityTooFull) as refusal:
        place_households(homes, [stand(1, 1, 2)], solve)
    assert refusal.value.missing == 1


def test_many_places_that_share_few_seats_need_more_than_their_nearest_stands() -> None:
    """Thirty stands with one seat each, and everybody lives at one end: the prices bring in the far ones."""
    stands = [stand(n + 1, n, 1) for n in range(30)]
    plan = plan_city([house(n, 0) for n in range(30)], stands, solve)
    assert sorted(who_goes(plan).values()) == list(range(1, 31))
    assert round(plan.after_m / 1000, 1) == 43.5


def test_both_methods_of_the_solver_end_in_whole_seats(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one for many places finds the same sum as the one for few, and seats nobody by halves."""
    dice = random.Random(3)
    homes = [house(n, dice.uniform(0, 40)) for n in range(300)]
    stands = [stand(n + 1, dice.uniform(0, 40), dice.randint(20, 60)) for n in range(12)]
    few = plan_city(homes, stands, solve)
    monkeypatch.setattr(flows, "MANY", 0)
    many = plan_city(homes, stands, solve)
    assert many.after_m == pytest.approx(few.after_m, abs=1e-3)
    assert len(many.stand_of) == 300
