"""Many short SKUs at once: the columns do what a plain loop does, and what is set by hand and protected holds."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, strategies as st

from app.domains.logistics.rules import share_out
from app.domains.logistics.rules.allocation import Whole, allocate, overset
from app.domains.logistics.values.shortage import Claims
from app.domains.logistics.values.sorting import SharePolicy, ShareWish

POLICIES = st.sampled_from(SharePolicy)
#: (SKU, wish, protected, set by hand or None, pickup point) of each line; SKUs 0 to 3, points 0 to 2.
LINES = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(1, 9), st.booleans(), st.one_of(st.none(), st.integers(0, 9)), st.integers(0, 2)
    ),
    max_size=40,
).map(lambda lines: sorted(lines, key=lambda line: line[0]))  # fmt: skip
SUPPLY = st.lists(st.integers(0, 60), min_size=4, max_size=4)
#: Pieces that pickup point 0 is to get of SKU 0; None for the policy's choice.
QUOTA = st.one_of(st.none(), st.integers(0, 30))
Line = tuple[int, int, bool, int | None, int]


def column(values: Iterable[int]) -> Whole:
    return np.array(list(values), dtype=np.int64)


def claims(lines: Sequence[Line], supply: list[int], quota: int | None = None) -> Claims:
    has_quota = [0 if quota is not None and sku == 0 and point == 0 else -1 for sku, _, _, _, point in lines]
    return Claims(
        sku=column(line[0] for line in lines),
        qty=column(line[1] for line in lines),
        is_protected=np.array([line[2] for line in lines], dtype=np.bool_),
        fixed=column(-1 if line[3] is None else line[3] for line in lines),
        quota=column(has_quota),
        supply=column(supply),
        quota_qty=column([] if quota is None else [quota]),
    )


def plain(policy: SharePolicy, wanted: list[int], supply: int) -> list[int]:
    """The policies as one would do them by hand, piece by piece: what the columns are held against."""
    given, left = [0] * len(wanted), max(0, min(supply, sum(wanted)))
    if policy is SharePolicy.FIRST_COME:
        for n, qty in enumerate(wanted):
            given[n] = min(qty, left)
            left -= given[n]
    elif policy is SharePolicy.SPREAD:
        while left:
            for n, qty in enumerate(wanted):
                if left and given[n] < qty and given[n] == min(g for g, q in zip(given, wanted, strict=True) if g < q):
                    given[n], left = given[n] + 1, left - 1
    elif wanted:
        given = pro_rata(wanted, left)
    return given


def pro_rata(wanted: list[int], total: int) -> list[int]:
    whole = sum(wanted)
    given = [total * qty // whole for qty in wanted]
    order = sorted(range(len(wanted)), key=lambda n: (-(total * wanted[n] % whole), n))
    for n in order[: total - sum(given)]:
        given[n] += 1
    return given


@given(POLICIES, LINES, SUPPLY)
def test_without_protection_each_sku_is_shared_out_as_by_hand(
    policy: SharePolicy, lines: list[Line], supply: list[int]
) -> None:
    free = [(sku, qty, False, None, point) for sku, qty, _, _, point in lines]
    found = allocate(policy, claims(free, supply)).tolist()
    for sku, pieces in enumerate(supply):
        mine = [n for n, line in enumerate(free) if line[0] == sku]
        assert [found[n] for n in mine] == plain(policy, [free[n][1] for n in mine], pieces)


@given(POLICIES, st.lists(st.integers(1, 9), max_size=20), st.integers(-2, 99))
def test_one_sku_alone_is_shared_out_the_same_way(policy: SharePolicy, wanted: list[int], supply: int) -> None:
    wishes = [ShareWish(line_id=UUID(int=n + 1), qty=qty, rank=n) for n, qty in enumerate(wanted)]
    assert [share.given_qty for share in share_out(policy, wishes, supply)] == plain(policy, wanted, supply)


@given(POLICIES, LINES, SUPPLY, QUOTA)
def test_pieces_are_conserved_whatever_is_protected_or_set_by_hand(
    policy: SharePolicy, lines: list[Line], supply: list[int], quota: int | None
) -> None:
    wanted = claims(lines, supply, quota)
    given = allocate(policy, wanted)
    too_much = overset(wanted)
    assert bool(np.all((given >= 0) & (given <= wanted.qty)))
    for sku, pieces in enumerate(supply):
        mine = wanted.sku == sku
        total, wish = int(given[mine].sum()), int(wanted.qty[mine].sum())
        if too_much[sku]:
            assert total > pieces
        else:
            assert total <= min(pieces, wish)
            if not any(line[3] is not None for line in lines) and quota is None:
                assert total == min(pieces, wish)


@given(POLICIES, LINES, SUPPLY, QUOTA)
def test_what_is_set_for_an_order_stays_under_every_policy(
    policy: SharePolicy, lines: list[Line], supply: list[int], quota: int | None
) -> None:
    given = allocate(policy, claims(lines, supply, quota)).tolist()
    for line, got in zip(lines, given, strict=True):
        assert line[3] is None or got == min(line[3], line[1])


@given(POLICIES, LINES, SUPPLY)
def test_protected_lines_get_what_they_would_get_alone(
    policy: SharePolicy, lines: list[Line], supply: list[int]
) -> None:
    mixed = [(sku, qty, spared, None, point) for sku, qty, spared, _, point in lines]
    spared = [line for line in mixed if line[2]]
    together = allocate(policy, claims(mixed, supply)).tolist()
    alone = allocate(policy, claims(spared, supply)).tolist()
    assert [got for line, got in zip(mixed, together, strict=True) if line[2]] == alone


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (SharePolicy.FIRST_COME, [3, 0, 1, 3]),
        (SharePolicy.PRO_RATA, [2, 1, 1, 3]),
        (SharePolicy.SPREAD, [2, 1, 1, 3]),
    ],
)
def test_a_pickup_point_gets_exactly_what_was_set_for_it(policy: SharePolicy, expected: list[int]) -> None:
    """SKU 0 brings seven: point 0 is given four of the six that its lines want, one order at point 1 has its three."""
    lines: list[Line] = [(0, 3, False, None, 0), (0, 2, False, None, 0), (0, 1, False, 1, 0), (0, 4, False, 3, 1)]
    assert allocate(policy, claims(lines, [7, 0, 0, 0], quota=4)).tolist() == expected


def test_more_set_by_hand_than_came_is_told() -> None:
    lines: list[Line] = [(0, 5, False, 4, 0), (1, 5, False, 4, 0)]
    assert overset(claims(lines, [3, 4, 0, 0])).tolist() == [True, False, False, False]
