"""Station route: read, solve outside of any transaction, save in one."""

from typing import Any
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries
from app.domains.logistics.errors import NothingToSort
from app.domains.logistics.gateways import solver
from app.domains.logistics.gateways.solver import OnBest
from app.domains.logistics.service import routes
from app.domains.logistics.values.routes import PlanCard, SolverBudget
from app.flows.station import StationRun
from app.infra.uow import Run
from app.kernel.money import format_cents


def plan_routes(run: Run, read: Run, group_buy_id: UUID, budget: SolverBudget, on_best: OnBest | None = None) -> UUID:
    """Plan the tours of a round with the hub's trucks; returns the new plan, which replaces the one before.

    The solver runs between two transactions; when the sheets change meanwhile, saving refuses what no longer fits.
    Raises NothingToSort, NotEnoughTrucks, StopTooBig, PlanWrong, AlreadyDispatched.
    """
    card = read(groupbuys.get_group_buy, group_buy_id)
    hub = read(communities.get_hub, card.hub_id)
    stops = read(queries.stops_of_round, group_buy_id)
    if not stops:
        raise NothingToSort
    trucks = read(queries.vehicles, card.hub_id, only_active=True)
    tours = solver.solve(hub.place, stops, trucks, budget, on_best)
    plan_id: UUID = run(routes.save_plan, group_buy_id, tours)
    return plan_id


def route_station(st: StationRun, options: dict[str, Any]) -> str:
    """Plan the tours. Options: `seconds` for the solver (5); `iterations` and `seed` for the same plan each time.

    Without a sheet there is nothing to plan.
    """
    iterations = options.get("iterations")
    seconds = options.get("seconds") or (None if iterations else 5.0)
    budget = SolverBudget(seconds=seconds, iterations=iterations, seed=int(options.get("seed") or 1))
    currency = st.read(groupbuys.get_group_buy, st.group_buy_id).currency
    best: list[int] = []

    def tell(cost_cents: int) -> None:
        """Show a better plan at once, but not more often than the first and every tenth."""
        best.append(cost_cents)
        if len(best) % 10 == 1:
            st.progress(0, 1, f"{format_cents(cost_cents, currency)} {currency}")

    try:
        plan_routes(st.run, st.read, st.group_buy_id, budget, tell)
    except NothingToSort:
        return f"0 trucks, 0 stops, 0.0 km, {format_cents(0, currency)} {currency}"
    plan: PlanCard = st.read(queries.current_plan, st.group_buy_id)
    st.progress(1, 1)
    stops, km = sum(len(r.stops) for r in plan.routes), plan.distance_m / 1000
    return (
        f"{len(plan.routes)} trucks, {stops} stops, {km:.1f} km, {format_cents(plan.cost_cents, currency)} {currency}"
    )
