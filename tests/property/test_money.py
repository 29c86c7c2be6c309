"""Shares of money, amounts as text."""

from hypothesis import given, strategies as st

from app.kernel import money


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(sum))
def test_shares_add_up_and_are_within_one_unit_of_fair(total: int, weights: list[int]) -> None:
    parts = money.share(total, weights)
    assert sum(parts) == total
    assert all(abs(p * sum(weights) - total * w) < sum(weights) for p, w in zip(parts, weights, strict=True))


@given(st.integers(0, 10**12), st.sampled_from(["CNY", "USD", "JPY"]))
def test_an_amount_survives_being_written_and_read(cents: int, currency: str) -> None:
    assert money.parse_cents(money.format_cents(cents, currency), currency) == cents


@given(st.integers(0, 10**9), st.integers(0, 3000))
def test_a_rate_is_rounded_half_up_to_a_whole_cent(cents: int, bps: int) -> None:
    exact = cents * bps
    assert 10_000 * money.at_rate(cents, bps) - exact in range(-4_999, 5_001)
