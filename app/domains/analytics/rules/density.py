"""What the density of a hub's tours costs: cost per order against orders per stop and stops per tour.

The thought is that of continuous approximation (Daganzo, Logistics Systems Analysis, 4th ed., chapter 4): a tour's cost
is mostly the way out and the hop from stop to stop, so more orders at a stop and more stops on a tour make each order
cheaper - until trucks are full and the next order needs another one.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from app.domains.analytics.values import Band, Curve, CurvePoint, TourFact

#: Lower ends of the bands of orders per stop and of stops per tour.
ORDERS_PER_STOP = (0, 2, 4, 6, 8, 12, 16, 24)
STOPS_PER_TOUR = (1, 4, 7, 10, 15, 20, 30)
#: Tours that a band needs before it is compared with others.
LEAST_TOURS = 3


def by_orders_per_stop(tours: Sequence[TourFact]) -> list[Band]:
    """Tours in bands of orders per stop, the thin ones first; empty bands are left out."""
    return _bands(tours, ORDERS_PER_STOP, lambda t: t.orders / t.stops)


def by_stops_per_tour(tours: Sequence[TourFact]) -> list[Band]:
    """Tours in bands of stops, the short ones first; empty bands are left out."""
    return _bands(tours, STOPS_PER_TOUR, lambda t: t.stops)


def cheapest(bands: Sequence[Band]) -> Band | None:
    """The band whose orders cost least to bring, among those with enough tours; None when fewer than two have."""
    able = [band for band in bands if band.tours >= LEAST_TOURS and band.orders]
    return min(able, key=lambda band: band.cents_per_order) if len(able) > 1 else None


def curve(measured: Sequence[tuple[int, int, int]]) -> Curve:
    """The cost of bringing more and more orders, from (percent of today, orders, cost in cents), and where it turns.

    Each point's marginal cost is that of an order more since the point before. `rises_at` is the first point whose
    marginal cost is above the one before by more than a tenth: from there on another truck must be paid. None when the
    marginal cost only falls.
    """
    points: list[CurvePoint] = []
    last: tuple[int, int] | None = None
    for percent, orders, cents in sorted(measured):
        more = orders - last[0] if last else 0
        marginal = (cents - last[1]) / more if last and more else None
        points.append(CurvePoint(percent=percent, orders=orders, cost_cents=cents, marginal_cents=marginal))
        last = orders, cents
    known = [p for p in points if p.marginal_cents is not None]
    rises = (
        after
        for before, after in pairwise(known)
        if (after.marginal_cents or 0) > max(before.marginal_cents or 0, 0) * 1.1
    )
    return Curve(points=tuple(points), rises_at=next(rises, None))


def _bands(tours: Sequence[TourFact], lows: Sequence[int], measure: Callable[[TourFact], float]) -> list[Band]:
    bands = []
    for low, high in zip(lows, [*lows[1:], None], strict=True):
        inside = [t for t in tours if low <= measure(t) and (high is None or measure(t) < high)]
        if inside:
            bands.append(
                Band(
                    low=low, high=high, tours=len(inside), stops=sum(t.stops for t in inside),
                    orders=sum(t.orders for t in inside), cost_cents=sum(t.cost_cents for t in inside),
                )
            )  # fmt: skip
    return bands
