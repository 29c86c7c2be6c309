from datetime import date, time
from uuid import UUID, uuid4

import pytest

from app.domains.analytics.rules import density as rules
from app.domains.analytics.values import TourFact
from app.domains.catalogue.values import Zone
from app.domains.logistics.values.routes import StopDemand
from app.flows.density import scaled
from app.kernel.geo import Point

ROUND = UUID(int=1)


def tour(stops: int, orders: int, cents: int, no: int = 1) -> TourFact:
    return TourFact(
        group_buy_id=ROUND, round_on=date(2026, 11, 20), route_no=no, vehicle_code="V1", stops=stops, orders=orders,
        distance_m=10_000, cost_cents=cents,
    )  # fmt: skip


def test_bands_add_up_and_leave_out_empty_ones() -> None:
    bands = rules.by_orders_per_stop([tour(10, 10, 9_000), tour(10, 19, 9_500), tour(5, 30, 9_900)])
    assert [(b.low, b.high, b.tours, b.orders, b.cost_cents) for b in bands] == [
        (0, 2, 2, 29, 18_500), (6, 8, 1, 30, 9_900),
    ]  # fmt: skip
    assert bands[0].cents_per_order == pytest.approx(18_500 / 29)
    assert [b.low for b in rules.by_stops_per_tour([tour(4, 1, 1), tour(31, 1, 1)])] == [4, 30]


def test_cheapest_needs_two_bands_with_three_tours() -> None:
    thin = [tour(10, 10, 9_000)] * 3
    dense = [tour(5, 30, 9_900)] * 3
    assert rules.cheapest(rules.by_orders_per_stop(thin)) is None
    assert rules.cheapest(rules.by_orders_per_stop([*thin, *dense[:2]])) is None
    best = rules.cheapest(rules.by_orders_per_stop([*thin, *dense]))
    assert best is not None
    assert (best.low, best.cents_per_order) == (6, 330.0)


def test_curve_marks_where_another_truck_is_paid() -> None:
    # An order more costs 20, then 10, then 60 (a truck), then 10.
    measured = [(100, 100, 10_000), (125, 150, 11_000), (150, 200, 11_500), (175, 250, 14_500), (200, 300, 15_000)]
    found = rules.curve(list(reversed(measured)))
    assert [p.marginal_cents for p in found.points] == [None, 20.0, 10.0, 60.0, 10.0]
    assert found.rises_at is found.points[3]
    assert rules.curve(measured[:3]).rises_at is None
    assert rules.curve([]).points == ()


def test_a_stop_grows_by_whole_crates_of_its_kinds() -> None:
    loads = ((Zone.AMBIENT, 4_000), (Zone.CHILLED, 3_000), (Zone.FROZEN, 2_000))
    stop = StopDemand(
        pickup_point_id=uuid4(), place=Point(30.0, 115.0), volume_ml=3 * 50_000, weight_g=9_000, crates=3,
        opens=time(5), closes=time(12), crate_loads=loads,
    )  # fmt: skip
    more = scaled(stop, 150)
    assert (more.crates, more.volume_ml, more.weight_g) == (5, 250_000, 9_000 + 7_000)
    assert [zone for zone, _ in more.crate_loads] == [
        Zone.AMBIENT, Zone.CHILLED, Zone.FROZEN, Zone.AMBIENT, Zone.CHILLED,
    ]  # fmt: skip
    less = scaled(stop, 10)
    assert (less.crates, less.volume_ml, less.weight_g) == (1, 50_000, 4_000)
