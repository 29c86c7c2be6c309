from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from app.domains.analytics.rules import forecast as rules
from app.domains.analytics.values import Observed

FRIDAY = date(2026, 11, 20)
SKU = UUID(int=1)


def rounds(*qtys: int, sku_id: UUID = SKU, every: int = 7, last: date = FRIDAY) -> list[Observed]:
    """So many pieces in rounds that end on `last`, oldest first."""
    first = last - timedelta(days=every * (len(qtys) - 1))
    return [Observed(sku_id=sku_id, on=first + timedelta(days=every * n), qty=q) for n, q in enumerate(qtys)]


def test_baseline_repeats_the_last_same_weekday() -> None:
    mixed = [*rounds(5, 9), Observed(sku_id=SKU, on=FRIDAY + timedelta(days=1), qty=40)]
    assert rules.seasonal_naive(mixed, FRIDAY + timedelta(days=7)) == 9
    assert rules.seasonal_naive(mixed, FRIDAY + timedelta(days=8)) == 40
    assert rules.seasonal_naive(mixed, FRIDAY + timedelta(days=3)) == 40  # no Monday yet: the last round


def test_level_is_smoothed_by_hand() -> None:
    # 10, then 10 + 0.3 * (20 - 10) = 13, then 13 + 0.3 * (30 - 13) = 18.1
    assert rules.smoothed(rounds(10, 20, 30), FRIDAY + timedelta(days=7), {4: 1.0}) == pytest.approx(18.1)
    # The weekday's factor is taken out and put back.
    assert rules.smoothed(rounds(10, 20, 30), FRIDAY + timedelta(days=7), {4: 2.0}) == pytest.approx(18.1)
    assert rules.smoothed(rounds(10, 20, 30), FRIDAY + timedelta(days=8), {4: 1.0, 5: 1.5}) == pytest.approx(27.15)


def test_weekday_factors_are_pulled_to_one() -> None:
    saturdays = rounds(30, 30, last=FRIDAY + timedelta(days=1))
    # Mean 20; Fridays 10 -> raw 0.5, Saturdays raw 1.5; two rounds each against a pull of two.
    assert rules.weekday_factors([*rounds(10, 10), *saturdays]) == {4: pytest.approx(0.75), 5: pytest.approx(1.25)}
    assert rules.weekday_factors(rounds(0, 0)) == {4: 1.0}


def test_noise_around_a_level_is_won_by_the_model_and_a_trend_by_the_baseline() -> None:
    noisy = rules.outlook(rounds(10, 20, 10, 20, 10, 20, 10, 20, 10), FRIDAY + timedelta(days=7)).forecasts[0]
    assert noisy.tested is not None
    assert (noisy.tested.rounds, noisy.tested.baseline_error) == (8, 10.0)
    assert noisy.tested.model_error < 10
    assert noisy.uses_model
    assert noisy.expected_qty == int(noisy.model + 0.5)
    rising = rules.outlook(rounds(10, 20, 30, 40, 50), FRIDAY + timedelta(days=7)).forecasts[0]
    assert not rising.uses_model
    assert (rising.expected_qty, rising.baseline) == (50, 50.0)


def test_too_little_history_is_not_judged() -> None:
    young = rules.outlook(rounds(4, 6, 8), FRIDAY + timedelta(days=7)).forecasts[0]
    assert young.tested is None
    assert (young.uses_model, young.expected_qty) == (False, 8)
    assert rules.outlook([], FRIDAY).forecasts == ()
    assert rules.outlook(rounds(0, 0, 0, 0, 0), FRIDAY + timedelta(days=7)).baseline_share is None


def test_nothing_of_the_day_itself_or_later_is_known() -> None:
    past = rounds(3, 4, 5, 6, 7)
    future = [Observed(sku_id=SKU, on=FRIDAY + timedelta(days=d), qty=999) for d in (7, 14)]
    assert rules.outlook([*past, *future], FRIDAY + timedelta(days=7)) == rules.outlook(
        past, FRIDAY + timedelta(days=7)
    )


def test_shares_are_errors_over_pieces_of_all_skus() -> None:
    other = uuid4()
    seen = rules.outlook([*rounds(10, 12), *rounds(4, 2, sku_id=other)], FRIDAY + timedelta(days=7))
    # One round each can be foretold: 12 against 10, 2 against 4: 4 pieces of 14.
    assert seen.baseline_share == pytest.approx(4 / 14)
