"""The price after the scale: never more than ordered, never more than its grams, at most a cent a piece less."""

from hypothesis import given, strategies as st

from app.domains.orders import rules

GRAMS = st.integers(1, 100_000)
QTY = st.integers(1, 99)
ESTIMATE = st.integers(1, 20_000)
CENTS = st.integers(1, 100_000)


@given(GRAMS, QTY, ESTIMATE, CENTS)
def test_never_more_than_ordered_nor_than_the_grams_are_worth(grams: int, qty: int, estimate: int, most: int) -> None:
    price = rules.weighed_price_cents(grams, qty, estimate, most)
    assert 0 <= price <= most
    # In whole numbers: price × qty ≤ grams × most ÷ estimate.
    assert price * qty * estimate <= grams * most
    assert price == most or (price + 1) * qty * estimate > grams * most


@given(GRAMS, QTY, ESTIMATE, CENTS)
def test_the_estimated_weight_costs_what_was_ordered_and_more_costs_the_same(
    more: int, qty: int, estimate: int, most: int
) -> None:
    assert rules.weighed_price_cents(qty * estimate, qty, estimate, most) == most
    assert rules.weighed_price_cents(qty * estimate + more, qty, estimate, most) == most


@given(GRAMS, GRAMS, QTY, ESTIMATE, CENTS)
def test_a_heavier_line_is_never_cheaper(grams: int, more: int, qty: int, estimate: int, most: int) -> None:
    assert rules.weighed_price_cents(grams, qty, estimate, most) <= rules.weighed_price_cents(
        grams + more, qty, estimate, most
    )
