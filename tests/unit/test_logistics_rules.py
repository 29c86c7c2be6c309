"""Rules of crates, fleets, plans and pickups, value by value."""

from datetime import date, time
from uuid import UUID

import pytest

from app.domains.catalogue.values import Zone
from app.domains.logistics import rules
from app.domains.logistics.errors import NotEnoughTrucks, PlanWrong, StopTooBig
from app.domains.logistics.values.pickup import PickupState
from app.domains.logistics.values.routes import LoadLine
from app.domains.logistics.values.sorting import PackedCrate, PackLine
from tests.factories.logistics import stop, tour, vehicle

A, B = UUID(int=1), UUID(int=2)


def line(sku: UUID, qty: int, volume_ml: int = 5_000, weight_g: int = 2_000) -> PackLine:
    return PackLine(sku_id=sku, qty=qty, volume_ml=volume_ml, weight_g=weight_g)


def test_pieces_fill_crates_in_shelf_order() -> None:
    # Six pieces of 5 litres stay under 34 litres, the seventh does not; the next SKU fills the second crate up.
    assert rules.pack([line(A, 8), line(B, 2, 10_000, 100)]) == [
        PackedCrate(contents=((A, 6),), volume_ml=30_000, weight_g=12_000),
        PackedCrate(contents=((A, 2), (B, 2)), volume_ml=30_000, weight_g=4_200),
    ]


def test_weight_ends_a_crate_before_its_volume() -> None:
    assert [c.contents for c in rules.pack([line(A, 4, 1_000, 5_000)])] == [((A, 3),), ((A, 1),)]


def test_a_piece_bigger_than_a_crate_travels_alone() -> None:
    crates = rules.pack([line(A, 1), line(B, 2, 50_000, 3_000), line(A, 1)])
    assert [c.contents for c in crates] == [((A, 1),), ((B, 1),), ((B, 1),), ((A, 1),)]


def test_nothing_needs_no_crate() -> None:
    assert rules.pack([]) == []


@pytest.mark.parametrize(
    ("zone", "seq", "code"),
    [
        (Zone.AMBIENT, 1, "261120-P001-A01"),
        (Zone.CHILLED, 12, "261120-P001-C12"),
        (Zone.FROZEN, 100, "261120-P001-F100"),
    ],
)
def test_crate_codes_say_day_point_zone_and_number(zone: Zone, seq: int, code: str) -> None:
    assert rules.crate_code(date(2026, 11, 20), "P001", zone, seq) == code


def test_a_crate_takes_its_whole_room_and_its_own_weight() -> None:
    assert rules.stop_volume_ml(3) == 120_000
    assert rules.stop_weight_g(20_000, 3) == 25_400
    assert rules.service_s(3) == 300
    assert rules.seconds_after_departure(time(6, 30, 5)) == 5_405


def test_cost_is_fixed_plus_kilometres_rounded_half_up() -> None:
    truck = vehicle(fixed_cost_cents=9_000, cost_per_km_cents=181)
    assert [rules.route_cost_cents(truck, m) for m in (0, 1_000, 2, 3, 12_345)] == [9_000, 9_181, 9_000, 9_001, 11_234]


def test_a_fleet_that_is_too_small_says_by_how_much() -> None:
    trucks = [vehicle(capacity_ml=400_000, capacity_g=100_000)] * 2
    with pytest.raises(NotEnoughTrucks) as refusal:
        rules.check_fleet(trucks, [stop(8), stop(8), stop(8)])
    assert refusal.value.detail() == {"trucks": 2, "missing_ml": 160_000, "missing_g": 83_200}
    rules.check_fleet(trucks, [stop(8), stop(8)])


def test_no_truck_at_all_names_the_whole_load() -> None:
    with pytest.raises(NotEnoughTrucks) as refusal:
        rules.check_fleet([], [stop(1)])
    assert refusal.value.detail() == {"trucks": 0, "missing_ml": 40_000, "missing_g": 11_800}


def test_a_stop_above_every_truck_is_named() -> None:
    big = stop(11)
    with pytest.raises(StopTooBig) as refusal:
        rules.check_fleet([vehicle(capacity_ml=400_000), vehicle(capacity_g=1)], [stop(1), big])
    assert refusal.value.pickup_point_id == big.pickup_point_id


def test_a_plan_that_keeps_every_rule_passes() -> None:
    one, two, truck, other = stop(5), stop(5), vehicle(capacity_ml=400_000), vehicle()
    rules.check_plan([tour(truck, one, two)], [one, two], [truck, other])
    rules.check_plan([tour(truck, one), tour(other, two)], [one, two], [truck, other])


def test_a_plan_that_breaks_a_rule_names_it() -> None:
    one, two, truck, small = stop(5), stop(6), vehicle(), vehicle(capacity_ml=400_000)
    wrong = {
        "above_capacity": [tour(small, one, two)],
        "double_stop": [tour(truck, one, two, one)],
        "unknown_stop": [tour(truck, one, two, stop())],
        "missing_stop": [tour(truck, one)],
    }
    for problem, routes in wrong.items():
        with pytest.raises(PlanWrong) as refusal:
            rules.check_plan(routes, [one, two], [truck, small])
        assert refusal.value.problem == problem
    with pytest.raises(PlanWrong) as refusal:
        rules.check_plan([tour(truck, one), tour(truck, two)], [one, two], [truck, small])
    assert (refusal.value.problem, refusal.value.subject_id) == ("above_capacity", truck.id)


def test_the_last_stop_is_loaded_first() -> None:
    crates = [
        LoadLine(position=0, stop_seq=seq, pickup_point_name=f"P{seq}", crate_code=code, zone=Zone.AMBIENT)
        for seq, code in ((1, "a1"), (2, "b1"), (1, "a2"), (3, "c1"))
    ]
    assert [(c.position, c.crate_code) for c in rules.load_order(crates)] == [
        (1, "c1"),
        (2, "b1"),
        (3, "a2"),
        (4, "a1"),
    ]


def test_losses_are_short_first_then_damaged() -> None:
    assert rules.split_loss([0, 2, 3], 3) == [(0, 0), (2, 0), (1, 2)]
    assert rules.split_loss([2], 0) == [(0, 2)]


def test_a_pickup_is_done_when_every_line_is() -> None:
    assert rules.state_after([(2, 2), (1, 1)]) is PickupState.DONE
    assert rules.state_after([(2, 2), (1, 0)]) is PickupState.PARTLY
