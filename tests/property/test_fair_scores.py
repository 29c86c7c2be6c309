"""Scores among peers: doing better never costs a point, order and currency change nothing, luck wins nothing."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings, strategies as st

from app.domains.scoring import rules
from app.domains.scoring.values import LeaderFacts, Measure
from app.kernel.ids import new_id

#: What makes each measure better: (fact, direction).
BETTER = {
    Measure.PENETRATION: ("buyers", 1), Measure.ACQUISITION: ("new_buyers", 1),
    Measure.REPURCHASE: ("repeat_buyers", 1),
    Measure.PICKUP_RATE: ("picked_pieces", 1), Measure.IN_WINDOW: ("in_window_pieces", 1),
    Measure.ON_TIME: ("on_time_handovers", 1), Measure.CLAIM_RATE: ("leader_fault_claims", -1),
    Measure.ANSWERS: ("answered_claims", 1), Measure.RATING: ("stars", 1), Measure.TASKS: ("tasks_done", 1),
}  # fmt: skip


@st.composite
def leaders(draw: st.DrawFn) -> LeaderFacts:
    number = st.integers
    homes, handovers, due = draw(number(1, 900)), draw(number(0, 20)), draw(number(0, 400))
    buyers, picked = draw(number(0, homes)), draw(number(0, due))
    asked, ratings, tasks = draw(number(0, 6)), draw(number(0, 40)), draw(number(0, 6))
    return LeaderFacts(
        leader_id=new_id(), households=homes, orders=2 * buyers, sales_cents=draw(number(0, 10**8)), buyers=buyers,
        new_buyers=draw(number(0, buyers)), repeat_buyers=draw(number(0, buyers)), due_pieces=due,
        picked_pieces=picked, in_window_pieces=draw(number(0, picked)), handovers=handovers,
        on_time_handovers=draw(number(0, handovers)), claims=asked, leader_fault_claims=draw(number(0, 6)),
        asked_claims=asked, answered_claims=draw(number(0, asked)), ratings=ratings,
        stars=ratings + draw(number(0, 4 * ratings)), tasks_due=tasks, tasks_done=draw(number(0, tasks)),
        service_days=draw(number(0, 500)), distance_m=draw(st.none() | number(0, 900)),
    )  # fmt: skip


CITIES = st.lists(leaders(), min_size=1, max_size=16)


@settings(max_examples=60, deadline=None)
@given(city=CITIES, measure=st.sampled_from(Measure), more=st.integers(1, 50))
def test_doing_better_never_costs_a_point(city: list[LeaderFacts], measure: Measure, more: int) -> None:
    fact, direction = BETTER[measure]
    own = city[0]
    better = replace(own, **{fact: max(0, getattr(own, fact) + direction * more)})
    before, after = (
        next(part for part in rules.scores([one, *city[1:]], ALL_EQUAL)[0].parts if part.measure is measure)
        for one in (own, better)
    )
    assert after.points >= before.points - 1e-12
    assert (after.usual, after.usual_n, after.shift) == (before.usual, before.usual_n, before.shift)


@settings(max_examples=30, deadline=None)
@given(city=CITIES, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(city: list[LeaderFacts], seed: int) -> None:
    shuffled = Random(seed).sample(city, len(city))
    known = {score.leader_id: score for score in rules.scores(city, rules.BALANCED)}
    assert {score.leader_id: score for score in rules.scores(shuffled, rules.BALANCED)} == known


@settings(max_examples=30, deadline=None)
@given(city=CITIES)
def test_the_unit_of_the_currency_changes_nothing(city: list[LeaderFacts]) -> None:
    in_yen = [replace(one, sales_cents=one.sales_cents * 2_137) for one in city]
    assert rules.scores(in_yen, rules.BALANCED) == rules.scores(city, rules.BALANCED)


@settings(max_examples=30, deadline=None)
@given(city=CITIES)
def test_points_add_up_from_what_is_usual(city: list[LeaderFacts]) -> None:
    for score in rules.scores(city, rules.BALANCED):
        assert sum(part.points_centi for part in score.parts) == score.total_centi
        assert sum(part.points_max for part in score.parts) == 100
        for part in score.parts:
            assert abs(part.points * 100 - part.points_centi) <= 0.5 + 1e-9
            assert part.step_centi >= 0


def test_three_orders_do_not_win_by_luck() -> None:
    """40 cities of 30 leaders with skill, and one whose three orders all went as well as they could."""
    wins = 0
    for seed in range(40):
        dice = Random(seed)
        lucky = _lucky()
        totals = rules.scores([lucky, *(_lived(dice) for _ in range(30))], rules.BALANCED)
        wins += rules.ranks([score.total_centi for score in totals])[0] == 1
    assert wins == 0


def test_the_same_luck_would_win_without_peers() -> None:
    """Raw shares, nothing shrunk: the lucky one tops most lists, so the test above can fail."""
    raw = replace(rules.BALANCED, weights=tuple(replace(one, prior_n=0) for one in rules.BALANCED.weights))
    wins = 0
    for seed in range(10):
        dice = Random(seed)
        totals = rules.scores([_lucky(), *(_lived(dice) for _ in range(30))], raw)
        wins += rules.ranks([score.total_centi for score in totals])[0] == 1
    assert wins >= 5


def _lucky() -> LeaderFacts:
    """A small compound, three residents, everything perfect once."""
    return LeaderFacts(
        leader_id=new_id(), households=9, orders=6, sales_cents=9_000, buyers=3, new_buyers=1, repeat_buyers=3,
        due_pieces=6, picked_pieces=6, in_window_pieces=6, handovers=2, on_time_handovers=2, claims=1,
        leader_fault_claims=0, asked_claims=1, answered_claims=1, ratings=1, stars=5, tasks_due=1, tasks_done=1,
        service_days=250, distance_m=200,
    )  # fmt: skip


def _lived(dice: Random) -> LeaderFacts:
    """A leader of four weeks; skill moves every measure a little."""
    skill = dice.gauss(0, 1)

    def of(many: int, chance: float) -> int:
        return sum(dice.random() < min(0.98, max(0.02, chance)) for _ in range(many))

    homes = dice.randint(250, 700)
    buyers = of(homes, 0.2 + skill / 25)
    due = 5 * buyers
    picked = of(due, 0.95 + skill / 50)
    return LeaderFacts(
        leader_id=new_id(), households=homes, orders=2 * buyers, sales_cents=5_000 * buyers, buyers=buyers,
        new_buyers=of(buyers, 0.2), repeat_buyers=of(buyers, 0.5 + skill / 12), due_pieces=due, picked_pieces=picked,
        in_window_pieces=of(picked, 0.93), handovers=16, on_time_handovers=of(16, 0.88 + skill / 25), claims=8,
        leader_fault_claims=of(8, 0.1), asked_claims=5, answered_claims=of(5, 0.8), ratings=30,
        stars=30 + of(120, 0.85 + skill / 30), tasks_due=6, tasks_done=of(6, 0.8), service_days=dice.randint(200, 400),
        distance_m=dice.randint(80, 500),
    )  # fmt: skip


ALL_EQUAL = replace(
    rules.BALANCED,
    weights=tuple(
        replace(one, points=10, growing_points=None, new_points=None, by_potential=True)
        for one in rules.BALANCED.weights
    ),
)
