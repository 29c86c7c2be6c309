"""Sharing out a shortage: nothing is lost, nobody gets more than she wants, each policy is fair in its own way."""

from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from app.domains.logistics.rules import share_out
from app.domains.logistics.values.sorting import SharePolicy, ShareWish

WISHES = st.lists(st.integers(1, 9), max_size=30).map(
    lambda qtys: [ShareWish(line_id=UUID(int=i), qty=qty, rank=len(qtys) - i) for i, qty in enumerate(qtys)]
)
POLICIES = st.sampled_from(SharePolicy)


def wish(number: int, qty: int, rank: int) -> ShareWish:
    return ShareWish(line_id=UUID(int=number), qty=qty, rank=rank)


def parts(policy: SharePolicy, wishes: list[ShareWish], supply: int) -> list[int]:
    return [s.given_qty for s in share_out(policy, wishes, supply)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (SharePolicy.FIRST_COME, [1, 4, 0, 2]),  # ranks 2, 0, 3, 1
        (SharePolicy.PRO_RATA, [2, 3, 1, 1]),  # exact parts 2.1, 2.8, 0.7, 1.4: pieces over go to .8, then .7
        (SharePolicy.SPREAD, [2, 2, 1, 2]),
    ],
)
def test_seven_pieces_for_ten(policy: SharePolicy, expected: list[int]) -> None:
    wishes = [wish(1, 3, 2), wish(2, 4, 0), wish(3, 1, 3), wish(4, 2, 1)]
    shares = share_out(policy, wishes, 7)
    assert [s.given_qty for s in shares] == expected
    assert [(s.line_id, s.wanted_qty) for s in shares] == [(w.line_id, w.qty) for w in wishes]


@pytest.mark.parametrize("policy", [SharePolicy.PRO_RATA, SharePolicy.SPREAD])
def test_ties_go_to_the_lower_rank_then_to_the_lower_id(policy: SharePolicy) -> None:
    assert parts(policy, [wish(3, 1, 1), wish(2, 1, 0), wish(1, 1, 1)], 1) == [0, 1, 0]
    assert parts(policy, [wish(3, 1, 1), wish(2, 1, 0), wish(1, 1, 1)], 2) == [0, 1, 1]


@given(POLICIES, WISHES, st.integers(-3, 300))
def test_pieces_are_conserved_and_wishes_are_bounds(policy: SharePolicy, wishes: list[ShareWish], supply: int) -> None:
    shares = share_out(policy, wishes, supply)
    assert sum(s.given_qty for s in shares) == max(0, min(supply, sum(w.qty for w in wishes)))
    assert all(0 <= s.given_qty <= s.wanted_qty for s in shares)
    assert [s.line_id for s in shares] == [w.line_id for w in wishes]


@given(POLICIES, WISHES, st.integers(0, 300), st.randoms(use_true_random=False))
def test_the_order_in_which_wishes_are_told_does_not_matter(policy, wishes, supply, random) -> None:
    mixed = list(wishes)
    random.shuffle(mixed)
    assert {s.line_id: s for s in share_out(policy, mixed, supply)} == {
        s.line_id: s for s in share_out(policy, wishes, supply)
    }


@given(st.sampled_from([SharePolicy.FIRST_COME, SharePolicy.SPREAD]), WISHES, st.integers(0, 300))
def test_one_piece_more_takes_from_nobody(policy: SharePolicy, wishes: list[ShareWish], supply: int) -> None:
    """Proportional shares in whole pieces cannot promise this (the Alabama paradox): see its own bound below."""
    less, more = parts(policy, wishes, supply), parts(policy, wishes, supply + 1)
    assert all(a <= b for a, b in zip(less, more, strict=True))


@given(WISHES.filter(bool), st.integers(0, 300))
def test_pro_rata_is_within_one_piece_of_the_exact_part(wishes: list[ShareWish], supply: int) -> None:
    whole = sum(w.qty for w in wishes)
    supply = min(supply, whole)
    for w, part in zip(wishes, parts(SharePolicy.PRO_RATA, wishes, supply), strict=True):
        assert abs(part * whole - supply * w.qty) < whole


@given(WISHES, st.integers(0, 300))
def test_first_come_gives_to_no_later_line_while_an_earlier_one_waits(wishes: list[ShareWish], supply: int) -> None:
    by_rank = sorted(zip(wishes, parts(SharePolicy.FIRST_COME, wishes, supply), strict=True), key=lambda p: p[0].rank)
    short = [w.rank for w, part in by_rank if part < w.qty]
    assert all(part == 0 for w, part in by_rank if short and w.rank > short[0])


@given(WISHES, st.integers(0, 300))
def test_spread_gives_nobody_two_more_than_somebody_who_still_waits(wishes: list[ShareWish], supply: int) -> None:
    given_to = list(zip(wishes, parts(SharePolicy.SPREAD, wishes, supply), strict=True))
    waiting = [part for w, part in given_to if part < w.qty]
    assert not waiting or max(part for _, part in given_to) <= min(waiting) + 1
