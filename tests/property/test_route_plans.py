"""Whatever is to be delivered by whatever trucks: never above capacity, every crate on one tour or listed."""

from collections import Counter
from datetime import time
from uuid import UUID

from hypothesis import given, settings, strategies as st

from app.domains.catalogue.values import Zone
from app.domains.logistics import rules
from app.domains.logistics.gateways import solver
from app.domains.logistics.values.routes import RouteRulesCard, SolverBudget, StopDemand, VehicleCard
from app.infra.distance import StraightLines
from app.kernel.geo import Point

DEPOT = Point(30.30, 115.10)
ZONES = st.lists(st.sampled_from(Zone), min_size=1, max_size=24).map(sorted)


@st.composite
def stops(draw: st.DrawFn) -> list[StopDemand]:
    found = []
    for n in range(draw(st.integers(1, 6))):
        loads = tuple((zone, draw(st.integers(2_000, 15_000))) for zone in draw(ZONES))
        opens = draw(st.integers(6, 12))
        found.append(
            StopDemand(
                pickup_point_id=UUID(int=n + 1), crates=len(loads), volume_ml=rules.stop_volume_ml(len(loads)),
                weight_g=sum(g for _, g in loads), crate_loads=loads, opens=time(opens),
                closes=time(opens + draw(st.integers(1, 4))), neighbourhood_id=UUID(int=900 + n % 3),
                place=Point(30.30 + draw(st.integers(-20, 20)) / 100, 115.10 + draw(st.integers(-20, 20)) / 100),
            )
        )  # fmt: skip
    return found


@st.composite
def trucks(draw: st.DrawFn) -> list[VehicleCard]:
    return [
        VehicleCard(
            id=UUID(int=10_000 + n), hub_id=UUID(int=1), code=f"V{n}", name=f"V{n}", active=True,
            capacity_ml=40_000 * draw(st.integers(1, 30)), capacity_g=draw(st.integers(15_000, 300_000)),
            cost_per_km_cents=draw(st.integers(0, 400)), fixed_cost_cents=draw(st.integers(0, 20_000)),
            cost_per_stop_cents=draw(st.integers(0, 500)), carries_ambient=True, carries_chilled=draw(st.booleans()),
            carries_frozen=draw(st.booleans()), max_tours=draw(st.integers(1, 3)),
            shift_until=time(draw(st.integers(9, 20))),
        )
        for n in range(draw(st.integers(1, 3)))
    ]  # fmt: skip


@settings(max_examples=40)
@given(stops(), trucks(), st.sampled_from([0, 60, 100]))
def test_never_above_capacity_and_every_crate_once_or_listed(
    wanted: list[StopDemand], fleet: list[VehicleCard], percent: int
) -> None:
    ground = solver.ground_of(DEPOT, wanted, StraightLines())
    budget = SolverBudget(seconds=None, iterations=30)
    found = solver.plan(ground, wanted, fleet, budget, RouteRulesCard(whole_truck_pct=percent))
    by_id, cards = {s.pickup_point_id: s for s in wanted}, {t.id: t for t in fleet}
    crates: Counter[tuple[UUID, int]] = Counter()
    for route in found.routes:
        truck, load, weight = cards[route.vehicle_id], 0, 0
        for call in route.stops:
            here = range(call.first_crate, call.first_crate + (call.crates or 0))
            loads = [by_id[call.pickup_point_id].crate_loads[n] for n in here]
            assert {zone for zone, _ in loads} <= truck.zones
            load, weight = load + len(loads), weight + sum(g for _, g in loads)
            crates.update((call.pickup_point_id, n) for n in here)
            window = by_id[call.pickup_point_id]
            assert rules.seconds_after_departure(window.opens) <= call.arrive_s
            assert call.arrive_s <= rules.seconds_after_departure(window.closes)
        assert (load * rules.CRATE_ML, weight) == (route.volume_ml, route.weight_g)
        assert load * rules.CRATE_ML <= truck.capacity_ml
        assert weight <= truck.capacity_g
        assert 1 <= route.trip <= truck.max_tours
        assert (route.back_s or 0) <= rules.seconds_after_departure(truck.shift_until)
    for left in found.unplanned:
        crates.update((left.pickup_point_id, n) for n in range(left.first_crate, left.first_crate + left.crates))
    assert crates == Counter({(s.pickup_point_id, n): 1 for s in wanted for n in range(s.crates)})
