"""What if: a round's tours planned again with other demand or fewer trucks, for comparison only. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from uuid import UUID

from app.domains.analytics import queries as analytics
from app.domains.analytics.rules import density
from app.domains.analytics.values import Curve, Scene, WhatIf
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import NothingToSort
from app.domains.logistics.gateways import solver
from app.domains.logistics.values.routes import Ground, SolverBudget, StopDemand, VehicleCard
from app.infra.distance import StraightLines
from app.infra.uow import Run
from app.kernel.errors import Invalid

#: Shares of today's demand for which the curve is measured, in percent.
SHARES = (50, 100, 150, 200, 300, 400, 600, 800, 1000)
#: Fewer iterations for more stops: a whole curve stays within seconds.
WORK = 12_000


class Ghost:
    """One round's stops, trucks and roads, read once, to plan as often as wanted. Raises NothingToSort, NotFound."""

    def __init__(self, read: Run, group_buy_id: UUID) -> None:
        card = read(groupbuys.get_group_buy, group_buy_id)
        self.stops: Sequence[StopDemand] = read(queries.stops_of_round, group_buy_id)
        if not self.stops:
            raise NothingToSort
        self.trucks: Sequence[VehicleCard] = read(queries.vehicles, card.hub_id, only_active=True)
        self.orders: Mapping[UUID, int] = read(analytics.orders_by_point, group_buy_id)
        depot = read(communities.get_hub, card.hub_id).place
        self.ground: Ground = solver.ground_of(depot, self.stops, StraightLines())

    def play(self, percents: Mapping[UUID, int], fewer_trucks: int = 0) -> Scene:
        """Plan with points' demand at so many percent (100 where not named), without the most expensive trucks.

        The same budget and seed each time, so that scenes may be compared. Raises NotEnoughTrucks, Invalid.
        """
        if not 0 <= fewer_trucks < len(self.trucks):
            raise Invalid(field="fewer_trucks", reason=f"from 0 to {len(self.trucks) - 1}")
        by_cost = sorted(self.trucks, key=lambda t: (t.fixed_cost_cents, t.code))
        trucks = by_cost[: len(by_cost) - fewer_trucks]
        stops = [scaled(stop, percents.get(stop.pickup_point_id, 100)) for stop in self.stops]
        budget = SolverBudget(seconds=None, iterations=max(60, WORK // len(stops)), seed=1)
        found = solver.plan(self.ground, stops, trucks, budget)
        truck_of = {t.id: t for t in trucks}
        return Scene(
            orders=sum(-(-n * percents.get(point, 100) // 100) for point, n in self.orders.items()),
            stops=len(stops), tours=len(found.routes), distance_m=sum(r.distance_m for r in found.routes),
            cost_cents=sum(
                rules.route_cost_cents(truck_of[r.vehicle_id], r.distance_m, len(r.stops), r.trip)
                for r in found.routes
            ),
            left_crates=sum(u.crates for u in found.unplanned),
        )  # fmt: skip


def scaled(stop: StopDemand, percent: int) -> StopDemand:
    """A stop with so many percent of its crates, at least one, of the same kinds."""
    crates = max(1, -(-stop.crates * percent // 100))
    loads = tuple(islice(cycle(stop.crate_loads), crates)) if stop.crate_loads else ()
    grams = sum(g for _, g in loads) if loads else stop.weight_g * crates // stop.crates
    return replace(
        stop, crates=crates, crate_loads=loads, weight_g=grams, volume_ml=stop.volume_ml // stop.crates * crates
    )


def compare(read: Run, group_buy_id: UUID, change: WhatIf) -> tuple[Scene, Scene]:
    """The round as it is and with the change, planned in the same way.

    Raises NothingToSort before there are sheets, NotEnoughTrucks, Invalid.
    """
    ghost = Ghost(read, group_buy_id)
    return ghost.play({}), ghost.play(dict.fromkeys(change.doubled, 200), change.fewer_trucks)


def growth_curve(read: Run, group_buy_id: UUID) -> Curve:
    """The round's cost when all its points grow alike, up to what the trucks can carry.

    Raises NothingToSort before there are sheets.
    """
    ghost, measured = Ghost(read, group_buy_id), []
    for share in SHARES:
        scene = ghost.play(dict.fromkeys(ghost.orders, share))
        if scene.left_crates:
            break
        measured.append((share, scene.orders, scene.cost_cents))
    return density.curve(measured)
