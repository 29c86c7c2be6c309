"""A plan for a whole city: read, search outside of any transaction, keep a draft; carry out, take back in batches."""

import time
from collections import Counter
from uuid import UUID

from app.domains.communities import queries
from app.domains.communities.errors import CityTooFull, TooFewResidents
from app.domains.communities.rules import bound_residents
from app.domains.communities.rules.city_plan import CityPlan, Household, OnRound, Stand, plan_city
from app.domains.communities.service import city_plans
from app.domains.communities.values.city_plans import CityPlanCard, PlannedLoad, PlannedMove, PlanningHome, SolvedPlan
from app.domains.communities.values.ground import PickupPlace
from app.infra.uow import Run

#: Residents whom one transaction moves.
BATCH = 500


def solve(run: Run, read: Run, plan_id: UUID) -> None:
    """Find the plan that HQ asked for.

    A city with too little room, or too few for every leader's least number, ends with how much is missing, and where.
    May be repeated: a search whose worker died begins anew, one that has ended is left alone.
    """
    if not run(city_plans.begin, plan_id):
        return
    card: CityPlanCard = read(queries.city_plan, plan_id)
    places = [place for place in read(queries.places, card.hub_id) if place.leader_id]
    homes: list[PlanningHome] = read(queries.homes_to_plan, card.hub_id)
    serving = {place.pickup_point_id for place in places}
    bound = bound_residents(homes, read(queries.home_locks, card.hub_id))
    bound = {resident_id: point_id for resident_id, point_id in bound.items() if point_id in serving}
    households = [_household(home, serving, card, bound.get(home.resident_id)) for home in homes]
    stands = [_stand(place, card) for place in places]
    before = Counter(home.pickup_point_id for home in homes)
    try:
        tell = _teller(run, plan_id)
        plan = plan_city(households, stands, float(card.sticky_m), tell, some_may_lose=card.some_may_lose)
    except (CityTooFull, TooFewResidents) as refusal:
        run(city_plans.fail, plan_id, str(refusal), _loads(places, card, before, before + Counter(dict(refusal.where))))
        return
    loads = _loads(places, card, before, Counter(plan.stand_of.values()))
    run(city_plans.save_solution, plan_id, _solved(homes, plan, loads, bound))


def carry_out(run: Run, plan_id: UUID) -> None:
    """Apply a plan, batch by batch; a killed worker's next one goes on where it was."""
    while run(city_plans.apply_some, plan_id, BATCH):
        pass


def take_back(run: Run, plan_id: UUID) -> None:
    """Take a plan back, batch by batch; a killed worker's next one goes on where it was."""
    while run(city_plans.undo_some, plan_id, BATCH):
        pass


def _household(home: PlanningHome, serving: set[UUID], card: CityPlanCard, only: UUID | None) -> Household:
    """A locked pair first; who chose for herself stays if HQ wants it so, and who never said where she lives too."""
    now = home.pickup_point_id if home.pickup_point_id in serving else None
    stays = not home.is_known or (card.keep_wishes and home.is_wish)
    return Household(home.resident_id, home.place, now, stays, only)


def _stand(place: PickupPlace, card: CityPlanCard) -> Stand:
    room = min(place.capacity_orders, card.most)
    return Stand(place.pickup_point_id, place.place, room, place.reach_m, min(card.least, room))


def _teller(run: Run, plan_id: UUID) -> OnRound:
    """Writes each round of the search down, for the page that waits."""
    began, rounds = time.perf_counter(), list[tuple[int, int, int]]()

    def tell(metres: float, left: int) -> None:
        rounds.append((round(1000 * (time.perf_counter() - began)), round(metres), left))
        run(city_plans.note_rounds, plan_id, rounds)

    return tell


def _loads(
    places: list[PickupPlace], card: CityPlanCard, before: Counter[UUID], after: Counter[UUID]
) -> list[PlannedLoad]:
    return [
        PlannedLoad(
            pickup_point_id=p.pickup_point_id, leader_id=p.leader_id, room=min(p.capacity_orders, card.most),
            before=before[p.pickup_point_id], after=after[p.pickup_point_id],
        )
        for p in places
        if p.leader_id
    ]  # fmt: skip


def _solved(homes: list[PlanningHome], plan: CityPlan, loads: list[PlannedLoad], bound: dict[UUID, UUID]) -> SolvedPlan:
    by_resident = {home.resident_id: home for home in homes}
    moves = [
        PlannedMove(
            resident_id=move.household_id, home_id=by_resident[move.household_id].home_id,
            from_point_id=by_resident[move.household_id].pickup_point_id, to_point_id=move.new,
            before_m=None if move.before_m is None else round(move.before_m), after_m=round(move.after_m),
            is_locked=move.household_id in bound,
        )
        for move in plan.moves
    ]  # fmt: skip
    return SolvedPlan(
        moves=moves, loads=loads, residents=len(homes), before_m=round(plan.before_m), after_m=round(plan.after_m),
        is_relaxed=plan.is_relaxed, locked=len(bound),
    )  # fmt: skip
