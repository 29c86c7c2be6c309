"""A plan for a whole city: least walking, nobody above the room, nobody moved without a gain, a clear refusal."""

import itertools
import random
from collections import Counter
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import linprog

from app.domains.communities.errors import CityTooFull, TooFewResidents
from app.domains.communities.rules.city_plan import CityPlan, Household, Move, Stand, place_households, plan_city
from app.domains.communities.rules.seats import NEVER, Hall, seat
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
    plan = plan_city([house(1, 0), house(2, 1), house(3, 2)], [stand(1, 0, 2), stand(2, 10, 5)])
    assert who_goes(plan) == {1: 1, 2: 1, 3: 2}  # the one who walks least more goes on
    assert [round(move.after_m / 100) for move in plan.moves] == [0, 1, 8]


def test_the_sum_counts_not_who_comes_first() -> None:
    """Greedy in order of arrival seats the first household at the near stand and sends the second far away."""
    homes = [house(1, 1), house(2, -6)]
    plan = plan_city(homes, [stand(1, 0, 1), stand(2, 3, 1)])
    assert who_goes(plan) == {1: 2, 2: 1}


@pytest.mark.parametrize(("sticky_m", "goes_to"), [(0, 2), (190, 2), (210, 1)])
def test_nobody_moves_without_the_gain(sticky_m: int, goes_to: int) -> None:
    plan = plan_city([house(1, 2, now=1)], [stand(1, -1, 9), stand(2, 3, 9)], sticky_m)
    assert who_goes(plan) == {1: goes_to}
    assert len(plan.moves) == (goes_to == 2)


def test_nobody_loses_unless_the_whole_may_gain_by_it() -> None:
    """The second one would save 400 m at the full stand, whose resident would lose 200 m by leaving it."""
    homes = [house(1, 2, now=1), house(2, 1, now=2)]
    stands = [stand(1, 0, 1), stand(2, 6, 1)]
    assert plan_city(homes, stands).moves == ()
    assert who_goes(plan_city(homes, stands, 0, some_may_lose=True)) == {1: 2, 2: 1}
    assert plan_city(homes, stands, 120, some_may_lose=True).moves == ()  # two moves save 200 m in all


def test_moves_tell_both_ways_and_the_sums() -> None:
    homes = [house(1, 2, now=1), house(2, 0, now=1), house(3, 3)]
    plan = plan_city(homes, [stand(1, -1, 9), stand(2, 3, 9)], 100)
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
    plan = plan_city(homes, [stand(1, 0, 2), stand(2, 10, 5)], 300)
    assert who_goes(plan) == {1: 1, 2: 2, 3: 1}
    assert not plan.is_relaxed


def test_others_make_room_only_where_nothing_else_helps() -> None:
    """The second stand is full of people who are well there; one of them goes on so that everybody has a seat."""
    homes = [house(1, 0, now=1), house(2, 0, now=1), house(3, 4, now=2)]
    stands = [stand(1, 0, 1, reach_m=500), stand(2, 5, 1, reach_m=600), stand(3, 9, 1, reach_m=600)]
    plan = plan_city(homes, stands, 100)
    assert who_goes(plan) == {1: 1, 2: 2, 3: 3}
    assert plan.is_relaxed


def test_locked_pairs_stay_even_above_the_room_and_take_their_seats() -> None:
    homes = [house(1, 9, now=1, fixed=True), house(2, 9, now=1, fixed=True), house(3, 0, now=1)]
    plan = plan_city(homes, [stand(1, 0, 1), stand(2, 10, 5)], 300)
    assert who_goes(plan) == {1: 1, 2: 1, 3: 2}
    with pytest.raises(CityTooFull):
        plan_city(homes, [stand(1, 0, 1), stand(2, 10, 0)], 300)


def test_beyond_the_reach_only_those_who_are_there_already() -> None:
    stands = [stand(1, 0, 9, reach_m=150), stand(2, 9, 9, reach_m=2000)]
    plan = plan_city([house(1, 2, now=1), house(2, 2)], stands)
    assert who_goes(plan) == {1: 1, 2: 2}


def test_a_city_without_enough_room_says_how_much_is_missing_and_where() -> None:
    homes = [house(n, 0.1 * n) for n in range(1, 6)] + [house(6, 9), house(7, 9.1), house(8, 9.2)]
    with pytest.raises(CityTooFull) as refusal:
        plan_city(homes, [stand(1, 0, 3, reach_m=400), stand(2, 9, 2, reach_m=400)])
    assert (refusal.value.missing, refusal.value.where) == (3, ((UUID(int=1), 2), (UUID(int=2), 1)))
    with pytest.raises(CityTooFull) as refusal:
        plan_city(homes, [])
    assert (refusal.value.missing, refusal.value.where) == (8, ())


def test_nobody_to_place() -> None:
    assert plan_city([], [stand(1, 0, 3)]) == CityPlan({}, (), 0.0, 0.0, is_relaxed=False)


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
    plan = plan_city(homes, stands, sticky)
    assert plan.after_m == pytest.approx(best, abs=1e-2)


def test_seats_for_the_residents_of_a_leader_who_leaves() -> None:
    homes = [house(1, 0, now=7), house(2, 6.5, now=7), house(3, 8, now=7)]
    placed = place_households(homes, [stand(1, 1, 1), stand(2, 7, 1), stand(3, 12, 4)])
    assert {id_.int - 1000: move.new.int for id_, move in placed.items()} == {1: 1, 2: 2, 3: 3}
    with pytest.raises(CityTooFull) as refusal:
        place_households(homes, [stand(1, 1, 2)])
    assert refusal.value.missing == 1


def test_many_places_that_share_few_seats_need_more_than_their_nearest_stands() -> None:
    """Thirty stands with one seat each, and everybody lives at one end: the prices bring in the far ones."""
    stands = [stand(n + 1, n, 1) for n in range(30)]
    plan = plan_city([house(n, 0) for n in range(30)], stands)
    assert sorted(who_goes(plan).values()) == list(range(1, 31))
    assert round(plan.after_m / 1000, 1) == 43.5


def oracle(homes: list[Household], stands: list[Stand], sticky_m: float, *, some_may_lose: bool) -> float | None:
    """The least walking with moves counted as the threshold, by HiGHS over all pairs; None where nobody could."""
    ways = np.array([[geodesic_m(home.place, stand.place) for stand in stands] for home in homes])
    now = np.array([[home.now == stand.id for stand in stands] for home in homes])
    reach = np.array([np.inf if stand.reach_m is None else stand.reach_m for stand in stands])
    price = ways + np.where(now.any(axis=1)[:, None] & ~now, sticky_m, 0.0)
    able = now | (ways <= reach)
    if not some_may_lose:
        full = now.sum(axis=0) > [stand.room for stand in stands]
        stay = np.where(now, ways, 0).sum(axis=1)[:, None]
        well = now.any(axis=1) & ~(now & full).any(axis=1)
        able &= now | ~well[:, None] | (ways < stay - sticky_m)
    seated, taken = np.kron(np.eye(len(homes)), np.ones(len(stands))), np.tile(np.eye(len(stands)), len(homes))
    found = linprog(
        price.ravel(), A_eq=seated, b_eq=np.ones(len(homes)), A_ub=np.vstack((taken, -taken)),
        b_ub=[s.room for s in stands] + [-s.least for s in stands],
        bounds=[(0, 1 if one else 0) for one in able.ravel()],
    )  # fmt: skip
    if found.status == 0:
        return float(found.fun)
    return None if some_may_lose else oracle(homes, stands, sticky_m, some_may_lose=True)


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32), with_least=st.booleans(), with_reach=st.booleans(), some_may_lose=st.booleans())
def test_equal_to_a_linear_program_over_all_pairs(
    *, seed: int, with_least: bool, with_reach: bool, some_may_lose: bool
) -> None:
    """Reaches, rooms, least numbers, neighbours who share a place, some served already: the same sum, or a refusal."""
    dice = random.Random(seed)
    stands = [
        Stand(
            UUID(int=n + 1), at(dice.uniform(0, 40)), dice.randint(0, 9),
            dice.randint(800, 3000) if with_reach else None, dice.randint(0, 4) if with_least else 0,
        )
        for n in range(dice.randint(1, 7))
    ]  # fmt: skip
    stands = [replace(stand, least=min(stand.least, stand.room)) for stand in stands]
    spots, sticky = [dice.uniform(0, 40) for _ in range(12)], dice.choice((0.0, 150.0))
    homes = [
        house(n, dice.choice(spots), now=dice.choice([None, *(s.id.int for s in stands)]))
        for n in range(dice.randint(1, 25))
    ]
    best = oracle(homes, stands, sticky, some_may_lose=some_may_lose)
    if best is None:
        with pytest.raises((CityTooFull, TooFewResidents)):
            plan_city(homes, stands, sticky, some_may_lose=some_may_lose)
        return
    plan = plan_city(homes, stands, sticky, some_may_lose=some_may_lose)
    assert plan.after_m + sticky * sum(move.old is not None for move in plan.moves) == pytest.approx(best, abs=1e-2)
    loads = Counter(plan.stand_of.values())
    assert all(stand.least <= loads[stand.id] <= stand.room for stand in stands)
    assert len(plan.stand_of) == len(homes)


def test_the_prices_prove_that_no_pair_of_a_larger_city_is_better() -> None:
    """Weak duality by numpy alone: what everybody pays at least, less what the seats are worth, is what is walked."""
    dice = np.random.default_rng(5)
    homes, seats = dice.normal(0, 3_000_000, (6_000, 2)), dice.normal(0, 3_000_000, (40, 2))
    costs = np.full((6_000, 41), NEVER, dtype=np.int64)
    costs[:, :40] = np.hypot(*(homes[:, None, :] - seats).transpose(2, 0, 1))
    room, least = dice.integers(120, 190, 40), dice.integers(0, 130, 40)
    least = np.minimum(least, room)
    supply = np.ones(6_000, dtype=np.int64)
    found = seat(Hall(costs, supply, room, least, np.lexsort(homes.T // 500_000)))
    assert (found.left.sum(), found.short.sum()) == (0, 0)
    load = np.bincount(found.stand, weights=found.amount, minlength=40)
    assert ((least <= load) & (load <= room)).all()
    walked = int((costs[found.row, found.stand] * found.amount).sum())
    worth = np.where(found.price > 0, found.price * room, found.price * least).sum()
    assert int((costs[:, :40] + found.price).min(axis=1).sum()) - int(worth) == walked
    assert (found.price > 0).any()
    assert (found.price < 0).any()


def test_a_leader_has_her_least_number_though_others_walk_farther() -> None:
    homes = [house(1, 0), house(2, 1), house(3, 2)]
    stands = [stand(1, 0, 9), Stand(UUID(int=2), at(10), 9, None, 2)]
    assert who_goes(plan_city(homes, stands)) == {1: 1, 2: 2, 3: 2}
    with pytest.raises(TooFewResidents) as refusal:
        plan_city(homes, [stands[0], replace(stands[1], least=5)])
    assert (refusal.value.missing, refusal.value.where) == (2, ((UUID(int=2), 2),))


def test_who_is_well_goes_on_for_a_least_number_only() -> None:
    homes = [house(1, 0, now=1), house(2, 1, now=1)]
    stands = [stand(1, 0, 9), Stand(UUID(int=2), at(10), 9, None, 1)]
    plan = plan_city(homes, stands, 300)
    assert (who_goes(plan), plan.is_relaxed) == ({1: 1, 2: 2}, True)


def test_a_locked_pair_goes_to_its_stand_however_far_and_counts_for_its_room() -> None:
    homes = [replace(house(1, 0, now=1), only=UUID(int=2)), house(2, 9), replace(house(3, 9, now=2), only=UUID(int=9))]
    stands = [stand(1, 0, 9), stand(2, 10, 2, reach_m=300)]
    plan = plan_city(homes, stands, 300)
    assert who_goes(plan) == {
        1: 2,
        2: 1,
        3: 2,
    }  # nobody serves at the third one's: she stays, and the second one finds no seat near
    first = plan.moves[0]
    assert (first.old, first.new, round(first.before_m or 0), round(first.after_m / 100)) == (
        UUID(int=1), UUID(int=2), 0, 10,
    )  # fmt: skip
    with pytest.raises(CityTooFull) as refusal:
        plan_city([replace(home, only=UUID(int=2)) for home in homes], stands, 300)
    assert (refusal.value.missing, refusal.value.where) == (1, ((UUID(int=2), 1),))


def test_how_far_the_search_is_ends_with_the_sum_and_nobody_waiting() -> None:
    told: list[tuple[float, int]] = []
    plan = plan_city([house(n, 0) for n in range(9)], [stand(n + 1, n, 1) for n in range(9)],
                     on_round=lambda metres, left: told.append((metres, left)))  # fmt: skip
    assert (round(told[0][0]), told[0][1]) == (0, 8)
    assert (round(told[-1][0] - plan.after_m, 3), told[-1][1]) == (0, 0)
