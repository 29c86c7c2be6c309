"""A city of our own for the planner: stops around a hub in clusters, made from a seed, never the same as a real one."""

import random
from dataclasses import dataclass
from datetime import time
from uuid import UUID

from app.domains.logistics import rules
from app.domains.logistics.gateways import shaping, solver
from app.domains.logistics.values.problem import Problem
from app.domains.logistics.values.routes import Ground, RouteRulesCard, StopDemand, VehicleCard
from app.infra.distance import StraightLines
from app.kernel.geo import Point

HUB = Point(30.30, 115.10)
#: Deliveries in the morning, before noon, after noon, and twice the whole day.
WINDOWS = ((6, 9), (8, 11), (11, 14), (6, 16), (6, 16))


@dataclass(frozen=True, slots=True)
class BenchCity:
    """Stops, trucks, and the ground between them."""

    stops: list[StopDemand]
    trucks: list[VehicleCard]
    ground: Ground

    @property
    def problem(self) -> Problem:
        """What the engine is given."""
        return shaping.problem_of(shaping.Yard(self.ground, self.trucks, RouteRulesCard(whole_truck_pct=0)), self.stops)


def city(stops: int, *, with_windows: bool, seed: int = 11) -> BenchCity:
    """So many stops of 3 to 30 crates in clusters within 15 km of a hub, and enough vans of 187 crates for them."""
    dice = random.Random(seed)
    centres = [(dice.gauss(0, 0.07), dice.gauss(0, 0.08)) for _ in range(12)]
    found = []
    for n in range(stops):
        north, east = dice.choice(centres)
        crates = dice.randint(3, 30)
        opens, closes = dice.choice(WINDOWS) if with_windows else (6, 16)
        found.append(
            StopDemand(
                pickup_point_id=UUID(int=n + 1),
                place=Point(HUB.lat + north + dice.gauss(0, 0.012), HUB.lon + east + dice.gauss(0, 0.014)),
                volume_ml=rules.stop_volume_ml(crates), weight_g=rules.stop_weight_g(crates * 6_000, crates),
                crates=crates, opens=time(opens), closes=time(closes),
            )
        )  # fmt: skip
    trucks = [
        VehicleCard(
            id=UUID(int=10_000 + n), hub_id=UUID(int=1), code=f"V{n}", name=f"V{n}", capacity_ml=7_500_000,
            capacity_g=1_400_000, cost_per_km_cents=180, fixed_cost_cents=9_000, active=True,
        )
        for n in range(2 + sum(s.crates for s in found) // 120)
    ]  # fmt: skip
    return BenchCity(found, trucks, solver.ground_of(HUB, found, StraightLines()))
