"""The scorecard: every point can be worked out by hand, and small numbers do not decide."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from app.domains.scoring import rules
from app.domains.scoring.rules import DEFAULT_POLICY
from app.domains.scoring.values import LeaderFacts, Measure, Part, Policy, Score, Tier, Weight
from app.kernel.ids import new_id
from tests.factories.scoring import make_facts


def part(score: Score, measure: Measure) -> Part:
    return next(one for one in score.parts if one.measure is measure)


def test_the_weights_add_up_to_100() -> None:
    assert sum(weight.points for weight in DEFAULT_POLICY.weights) == 100
    assert {weight.measure for weight in rules.BALANCED.weights} == set(Measure)
    rules.check_terms(rules.BALANCED)
    rules.check_terms(rules.terms_of(DEFAULT_POLICY))
    lower_is_better = [weight.measure for weight in DEFAULT_POLICY.weights if weight.target_bps < weight.worst_bps]
    assert lower_is_better == [Measure.CLAIM_RATE]


def test_every_point_by_hand() -> None:
    """Shrunk: (100 + 50 × 10 %) / 450 = 23.33 %; (50 + 10 × 30 %) / 110 = 48.18 %; (1000 + 50 × 97 %) / 1050 = 99.86 %;
    (14 + 3 × 90 %) / 17 = 98.24 %; (0 + 300 × 0.1 %) / 1300 = 0.023 %.
    """
    facts = make_facts()
    score = rules.score(facts, DEFAULT_POLICY)
    assert [(p.measure, p.points_centi, p.numerator, p.denominator, p.rate_bps, p.shrunk_bps) for p in score.parts] == [
        (Measure.PENETRATION, 2_333, 100, 400, 2_500, 2_333),
        (Measure.REPURCHASE, 2_008, 50, 100, 5_000, 4_818),
        (Measure.PICKUP_RATE, 2_000, 1_000, 1_000, 10_000, 9_986),
        (Measure.ON_TIME, 1_500, 14, 14, 10_000, 9_824),
        (Measure.CLAIM_RATE, 1_500, 0, 1_000, 0, 2),
    ]
    assert (score.leader_id, score.total_centi, score.tier) == (facts.leader_id, 9_341, Tier.GOLD)


def test_between_worst_and_target_points_grow_evenly() -> None:
    """Pickups: (850 + 48.5) / 1050 = 85.57 % of 80–99 %: 5.864 of 20. On time: (7 + 2.7) / 17 = 57.06 % of 50–95 %.

    Claims: (5 + 0.3) / 1150 = 0.461 %, of 1.0–0.1 %: 8.986 of 15.
    """
    facts = make_facts(picked_pieces=850, on_time_handovers=7, leader_fault_claims=5)
    score = rules.score(facts, DEFAULT_POLICY)
    assert part(score, Measure.PICKUP_RATE).points_centi == 586
    assert part(score, Measure.ON_TIME).points_centi == 235
    assert part(score, Measure.CLAIM_RATE).points_centi == 899
    bad = rules.score(make_facts(picked_pieces=100, on_time_handovers=0, leader_fault_claims=90), DEFAULT_POLICY)
    assert [part(bad, m).points_centi for m in (Measure.PICKUP_RATE, Measure.ON_TIME, Measure.CLAIM_RATE)] == [0, 0, 0]


def test_a_newcomer_gets_what_is_usual() -> None:
    nothing = dict.fromkeys(
        ("orders", "buyers", "repeat_buyers", "due_pieces", "picked_pieces", "handovers", "on_time_handovers"), 0
    )
    score = rules.score(make_facts(households=0, **nothing), DEFAULT_POLICY)
    assert [(p.rate_bps, p.shrunk_bps) for p in score.parts] == [
        (0, 1_000), (0, 3_000), (0, 9_700), (0, 9_000), (0, 10),
    ]  # fmt: skip
    assert (score.total_centi, score.tier) == (1_000 + 1_250 + 1_789 + 1_333 + 1_500, Tier.BRONZE)


def test_one_late_handover_of_one_weighs_less_than_ten_of_ten() -> None:
    one = rules.score(make_facts(handovers=1, on_time_handovers=0), DEFAULT_POLICY)
    ten = rules.score(make_facts(handovers=10, on_time_handovers=0), DEFAULT_POLICY)
    assert part(one, Measure.ON_TIME).shrunk_bps == 6_750
    assert part(ten, Measure.ON_TIME).shrunk_bps == 2_077
    assert part(one, Measure.ON_TIME).points_centi > part(ten, Measure.ON_TIME).points_centi


@pytest.mark.parametrize(
    ("total", "tier"),
    [
        (10_000, Tier.GOLD), (8_500, Tier.GOLD), (8_499, Tier.SILVER), (7_000, Tier.SILVER), (6_999, Tier.BRONZE),
        (5_500, Tier.BRONZE), (5_499, Tier.WARNING), (0, Tier.WARNING),
    ],
)  # fmt: skip
def test_tiers_begin_at_their_threshold(total: int, tier: Tier) -> None:
    assert rules.tier_of(total) is tier


def test_equal_totals_share_a_place() -> None:
    assert rules.ranks([70, 90, 70, 60]) == [2, 1, 2, 4]
    assert rules.ranks([]) == []


FACTS = st.builds(
    LeaderFacts, leader_id=st.just(new_id()), households=st.integers(0, 2_000), orders=st.integers(0, 5_000),
    sales_cents=st.integers(0, 10**9), buyers=st.integers(0, 2_000), new_buyers=st.integers(0, 100),
    repeat_buyers=st.integers(0, 2_000), due_pieces=st.integers(0, 50_000), picked_pieces=st.integers(0, 50_000),
    handovers=st.integers(0, 60), on_time_handovers=st.integers(0, 60), claims=st.integers(0, 500),
    leader_fault_claims=st.integers(0, 500),
)  # fmt: skip


@given(facts=FACTS)
def test_parts_stay_within_their_points_and_add_up(facts: LeaderFacts) -> None:
    score = rules.score(facts, DEFAULT_POLICY)
    assert sum(p.points_centi for p in score.parts) == score.total_centi
    assert all(0 <= p.points_centi <= 100 * p.points_max for p in score.parts)
    assert 0 <= score.total_centi <= 10_000


@given(n=st.integers(0, 500), more=st.integers(1, 500), d=st.integers(0, 1_000))
def test_a_higher_rate_never_earns_less_and_never_more_where_lower_is_better(n: int, more: int, d: int) -> None:
    for weight, rises in (
        (Weight(measure=Measure.ON_TIME, points=100, target_bps=9_000, worst_bps=1_000, prior_bps=5_000, prior_n=4), 1),
        (Weight(measure=Measure.ON_TIME, points=100, target_bps=100, worst_bps=900, prior_bps=500, prior_n=4), -1),
    ):
        policy = Policy(version=9, weights=(weight,))
        low, high = (rules.score(make_facts(on_time_handovers=k, handovers=d), policy) for k in (n, n + more))
        assert (high.total_centi - low.total_centi) * rises >= 0
        assert Fraction(low.total_centi, 100) <= 100
