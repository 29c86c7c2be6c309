"""How many pieces a round will want: a plain repetition, a smoothed level, and which of the two has earned trust.

Baseline: the seasonal naive forecast - the quantity of the last round on the same weekday (Hyndman and Athanasopoulos,
Forecasting: Principles and Practice, 3rd ed., section 5.2). Model: simple exponential smoothing (ibid., section 8.1) of
quantities freed of the weekday, times the weekday again. Both are tested one round ahead, each time knowing only what
was known before (ibid., section 5.10).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from app.domains.analytics.values import Forecast, Observed, Outlook, Tested

#: Weight of the newest round in the level.
SMOOTHING = 0.3
#: Rounds back over which both ways are tested, and how many of them a SKU needs for a verdict.
TEST_ROUNDS, LEAST_TESTS = 8, 3
#: A weekday's factor is pulled towards 1 as if so many average rounds had been seen on it.
PULL = 2
#: Rounds of history that a forecast shows.
SHOWN = 12


def outlook(observed: Iterable[Observed], on: date) -> Outlook:
    """Forecast every SKU that was offered before `on`; rounds on that day or later are not looked at."""
    rows = sorted((o for o in observed if o.on < on), key=lambda o: o.on)
    by_sku: dict[UUID, list[Observed]] = defaultdict(list)
    for row in rows:
        by_sku[row.sku_id].append(row)
    factors = weekday_factors(rows)
    misses = _test(rows)
    forecasts = []
    for sku_id, history in by_sku.items():
        tested = _verdict(misses.get(sku_id, []))
        baseline, model = seasonal_naive(history, on), smoothed(history, on, factors)
        chosen = model if tested is not None and tested.model_is_better else baseline
        forecasts.append(
            Forecast(
                sku_id=sku_id, on=on, baseline=baseline, model=model, tested=tested, expected_qty=int(chosen + 0.5),
                history=tuple(history[-SHOWN:]),
            )
        )  # fmt: skip
    every = [miss for found in misses.values() for miss in found]
    wanted = sum(actual for actual, _, _ in every)
    return Outlook(
        on=on, forecasts=tuple(forecasts),
        baseline_share=sum(abs(a - b) for a, b, _ in every) / wanted if wanted else None,
        model_share=sum(abs(a - m) for a, _, m in every) / wanted if wanted else None,
    )  # fmt: skip


def seasonal_naive(history: Sequence[Observed], on: date) -> float:
    """The quantity of the last round on the same weekday; of the last round when there was none. History ascends."""
    same = [o.qty for o in history if o.on.weekday() == on.weekday()]
    return float(same[-1] if same else history[-1].qty)


def smoothed(history: Sequence[Observed], on: date, factors: dict[int, float]) -> float:
    """The smoothed level times the weekday's factor. History ascends."""
    levels = [o.qty / factors[o.on.weekday()] for o in history]
    level = levels[0]
    for value in levels[1:]:
        level += SMOOTHING * (value - level)
    return level * factors.get(on.weekday(), 1.0)


def weekday_factors(rows: Iterable[Observed]) -> dict[int, float]:
    """How a weekday's pieces per offered SKU compare with all days', pulled towards 1 where few rounds are known."""
    pieces: dict[int, list[int]] = defaultdict(list)
    days: dict[int, set[date]] = defaultdict(set)
    for row in rows:
        pieces[row.on.weekday()].append(row.qty)
        days[row.on.weekday()].add(row.on)
    number = sum(len(found) for found in pieces.values())
    mean = sum(sum(found) for found in pieces.values()) / number if number else 0.0
    if not mean:
        return dict.fromkeys(pieces, 1.0)
    return {
        weekday: (len(days[weekday]) * (sum(found) / len(found)) / mean + PULL) / (len(days[weekday]) + PULL)
        for weekday, found in pieces.items()
    }


def _test(rows: Sequence[Observed]) -> dict[UUID, list[tuple[int, float, float]]]:
    """(what came, baseline, model) of each SKU in the last rounds, each foretold from the rounds before it."""
    misses: dict[UUID, list[tuple[int, float, float]]] = defaultdict(list)
    for day in sorted({row.on for row in rows})[1:][-TEST_ROUNDS:]:
        before: dict[UUID, list[Observed]] = defaultdict(list)
        known = [row for row in rows if row.on < day]
        for row in known:
            before[row.sku_id].append(row)
        factors = weekday_factors(known)
        for row in rows:
            if row.on == day and (history := before.get(row.sku_id)):
                misses[row.sku_id].append((row.qty, seasonal_naive(history, day), smoothed(history, day, factors)))
    return misses


def _verdict(misses: Sequence[tuple[int, float, float]]) -> Tested | None:
    if len(misses) < LEAST_TESTS:
        return None
    return Tested(
        rounds=len(misses),
        baseline_error=sum(abs(a - b) for a, b, _ in misses) / len(misses),
        model_error=sum(abs(a - m) for a, _, m in misses) / len(misses),
    )
