"""Plans for a whole city: asked for, found by the worker, looked at, carried out in batches, taken back."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from app.domains.communities import queries
from app.domains.communities.errors import PlanUnderWay
from app.domains.communities.events import HomesMoved
from app.domains.communities.models import CityPlanRow, HomeRow, Leader, PickupPoint, PlannedMoveRow
from app.domains.communities.values import SERVING, HomeReason
from app.domains.communities.values.city_plans import (
    CITY_PLAN_MOVES,
    OPEN_PLANS,
    AskCityPlan,
    CityPlanState,
    PlannedLoad,
    PlannedMoveState,
    SolvedPlan,
)
from app.domains.communities.values.ground import PickupPlace
from app.infra.bulk import insert_rows, one_of
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.states import check_move

#: Bounds of what HQ may ask: metres that a move must save, residents of one leader.
MOST_STICKY_M, MOST_ROOM = 5_000, 5_000
LONGEST_NOTE = 4_000


def ask_plan(uow: UnitOfWork, wish: AskCityPlan) -> UUID:
    """Let the worker look for a plan for a hub's residents. Nothing changes for anybody before HQ applies it.

    Raises Invalid, NotFound, PlanUnderWay.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    queries.get_hub(uow.session, wish.hub_id)
    for field, value, least, most in (
        ("sticky_m", wish.sticky_m, 0, MOST_STICKY_M), ("most", wish.most, 1, MOST_ROOM),
        ("least", wish.least, 0, wish.most),
    ):  # fmt: skip
        if not least <= value <= most:
            raise Invalid(field=field, reason=Reason.TOO_SMALL if value < least else Reason.TOO_LARGE)
    uow.lock(f"communities.city_plan:{wish.hub_id}")
    under_way = select(CityPlanRow.id).where(CityPlanRow.hub_id == wish.hub_id, CityPlanRow.state.in_(OPEN_PLANS))
    if uow.session.scalar(under_way) is not None:
        raise PlanUnderWay
    plan = CityPlanRow(
        id=new_id(), **asdict(wish), state=CityPlanState.WAITING, asked_by=uow.actor.name, asked_at=uow.now, note="",
        rounds=[], residents=0, before_m=0, after_m=0, is_relaxed=False, loads=[],
    )  # fmt: skip
    uow.session.add(plan)
    uow.defer(Job("solve_city_plan", {"plan_id": str(plan.id)}))
    return plan.id


def ask_again(uow: UnitOfWork, plan_id: UUID) -> UUID:
    """Drop a draft and look for another plan with the same wishes and the pairs that are locked by now.

    Raises NotFound, WrongState.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    drop(uow, plan_id)
    plan = _held(uow, plan_id)
    uow.session.flush()
    return ask_plan(
        uow,
        AskCityPlan(
            hub_id=plan.hub_id, sticky_m=plan.sticky_m, most=plan.most, keep_wishes=plan.keep_wishes, least=plan.least,
            some_may_lose=plan.some_may_lose,
        ),
    )  # fmt: skip


def begin(uow: UnitOfWork, plan_id: UUID) -> bool:
    """The worker begins, or begins again after a crash; False when there is nothing to do any more."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    plan = _held(uow, plan_id)
    if plan.state not in {CityPlanState.WAITING, CityPlanState.SOLVING}:
        return False
    plan.state, plan.rounds = CityPlanState.SOLVING, []
    return True


def note_rounds(uow: UnitOfWork, plan_id: UUID, rounds: Sequence[tuple[int, int, int]]) -> None:
    """Keep how far the search is: all rounds so far as (milliseconds, metres, residents without a seat)."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    noted = update(CityPlanRow).where(CityPlanRow.id == plan_id, CityPlanRow.state == CityPlanState.SOLVING)
    uow.session.execute(noted.values(rounds=[list(one) for one in rounds]))


def save_solution(uow: UnitOfWork, plan_id: UUID, solved: SolvedPlan) -> None:
    """The search is over: keep who would move, for HQ to look at. A plan that is no longer searched stays as it is."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    plan = _held(uow, plan_id)
    if plan.state is not CityPlanState.SOLVING:
        return
    plan.state, plan.solved_at, plan.loads = CityPlanState.DRAFT, uow.now, _json(solved.loads)
    plan.residents, plan.is_relaxed, plan.locked = solved.residents, solved.is_relaxed, solved.locked
    plan.before_m, plan.after_m = solved.before_m, solved.after_m
    rows = [
        {
            "resident_id": one.resident_id, "home_id": one.home_id, "from_point_id": one.from_point_id,
            "to_point_id": one.to_point_id, "before_m": one.before_m, "after_m": one.after_m,
            "is_locked": one.is_locked,
        }
        for one in solved.moves
    ]  # fmt: skip
    uow.session.flush()
    insert_rows(uow.session, PlannedMoveRow, rows, {"plan_id": plan_id, "state": PlannedMoveState.PLANNED})


def fail(uow: UnitOfWork, plan_id: UUID, note: str, short: Sequence[PlannedLoad]) -> None:
    """There is no such plan: why, and at which points residents would be without a seat (`after` − `before`)."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    plan = _held(uow, plan_id)
    if plan.state is not CityPlanState.SOLVING:
        return
    plan.state, plan.note, plan.finished_at = CityPlanState.FAILED, note[:LONGEST_NOTE], uow.now
    plan.loads = _json(short)


def drop(uow: UnitOfWork, plan_id: UUID) -> None:
    """HQ does not want a plan, or its search any more; nobody moves.

    Raises NotFound, WrongState once it is being applied.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    plan = _held(uow, plan_id)
    check_move("city_plan", CITY_PLAN_MOVES, plan.state, CityPlanState.DROPPED)
    plan.state, plan.finished_at = CityPlanState.DROPPED, uow.now
    uow.session.execute(delete(PlannedMoveRow).where(PlannedMoveRow.plan_id == plan_id))


def ask_apply(uow: UnitOfWork, plan_id: UUID) -> None:
    """Let the worker carry a plan out, batch by batch. Raises NotFound, WrongState (only a draft can be applied)."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    _go(uow, plan_id, CityPlanState.APPLYING, "apply_city_plan")


def ask_undo(uow: UnitOfWork, plan_id: UUID) -> None:
    """Let the worker take a plan back for those who are still where it sent them. Raises NotFound, WrongState."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    _go(uow, plan_id, CityPlanState.UNDOING, "undo_city_plan")


def apply_some(uow: UnitOfWork, plan_id: UUID, limit: int) -> int:
    """Move up to `limit` residents, each with a new dated home; how many were looked at, 0 when the plan is applied.

    Who moved by herself meanwhile, or whose new place has no leader or no room any more, stays and counts as stale.
    Orders already placed keep their pickup point. Everybody who moved is told. May be repeated.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    plan = _held(uow, plan_id)
    if plan.state is not CityPlanState.APPLYING:
        return 0
    moves = _next_moves(uow, plan_id, PlannedMoveState.PLANNED, limit)
    if not moves:
        return _finish(uow, plan, CityPlanState.APPLIED)
    places = _hold(uow, {move.to_point_id for move in moves})
    full = _surplus(uow, moves, places, forward=True)
    able = [m for m in moves if places[m.to_point_id].leader_id and m.resident_id not in full]
    old = _end_homes(uow, [move.home_id for move in able])
    rows = [
        _home(uow, old[move.home_id], places[move.to_point_id], places[move.to_point_id].leader_id)
        | {"reason": HomeReason.PLANNED, "distance_m": move.after_m if old[move.home_id].lat is not None else None}
        for move in able
        if move.home_id in old
    ]
    return _put_down(uow, plan_id, moves, rows, forward=True)


def undo_some(uow: UnitOfWork, plan_id: UUID, limit: int) -> int:
    """Bring up to `limit` residents back to where they were; how many were looked at, 0 when all is taken back.

    Who has moved on since, or whose old place has no leader or no room any more, stays. May be repeated.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    plan = _held(uow, plan_id)
    if plan.state is not CityPlanState.UNDOING:
        return 0
    moves = _next_moves(uow, plan_id, PlannedMoveState.MOVED, limit)
    if not moves:
        return _finish(uow, plan, CityPlanState.UNDONE)
    places = _hold(uow, {move.from_point_id for move in moves})
    full = _surplus(uow, moves, places, forward=False)
    able = [m for m in moves if places[m.from_point_id].leader_id and m.resident_id not in full]
    ended = _end_homes(uow, [move.new_home_id for move in able if move.new_home_id])
    once = {h.id: h for h in uow.session.scalars(select(HomeRow).where(HomeRow.id == one_of(m.home_id for m in able)))}
    leaders = select(Leader.id, Leader.pickup_point_id).where(Leader.status.in_(SERVING))
    serving = {(leader_id, point_id) for leader_id, point_id in uow.session.execute(leaders)}
    rows = []
    for move in able:
        if move.new_home_id in ended:
            before, place = once[move.home_id], places[move.from_point_id]
            leader = before.leader_id if (before.leader_id, place.pickup_point_id) in serving else place.leader_id
            rows.append(_home(uow, before, place, leader) | {"reason": before.reason, "distance_m": before.distance_m})
    return _put_down(uow, plan_id, moves, rows, forward=False)


def _held(uow: UnitOfWork, plan_id: UUID) -> CityPlanRow:
    plan = uow.session.get(CityPlanRow, plan_id, with_for_update=True)
    if plan is None:
        raise NotFound(what="city_plan")
    return plan


def _go(uow: UnitOfWork, plan_id: UUID, state: CityPlanState, task: str) -> None:
    plan = _held(uow, plan_id)
    check_move("city_plan", CITY_PLAN_MOVES, plan.state, state)
    before, plan.state = plan.state, state
    uow.audit("communities.city_plan", plan_id, {"state": before.value}, {"state": state.value})
    uow.defer(Job(task, {"plan_id": str(plan_id)}, lock=f"city_plan:{plan.hub_id}"))


def _finish(uow: UnitOfWork, plan: CityPlanRow, state: CityPlanState) -> int:
    counted = select(PlannedMoveRow.state, func.count()).filter_by(plan_id=plan.id).group_by(PlannedMoveRow.state)
    after = {moved.value: number for moved, number in uow.session.execute(counted)}
    uow.audit("communities.city_plan", plan.id, {"state": plan.state.value}, {"state": state.value, **after})
    plan.state, plan.finished_at = state, uow.now
    return 0


def _next_moves(uow: UnitOfWork, plan_id: UUID, state: PlannedMoveState, limit: int) -> list[PlannedMoveRow]:
    wanted = select(PlannedMoveRow).filter_by(plan_id=plan_id, state=state).order_by(PlannedMoveRow.resident_id)
    return list(uow.session.scalars(wanted.limit(limit)))


def _hold(uow: UnitOfWork, point_ids: Collection[UUID]) -> dict[UUID, PickupPlace]:
    """Pickup points with who serves there, held to the end of the transaction so that nobody else takes seats."""
    held = select(PickupPoint.id).where(PickupPoint.id == one_of(point_ids)).order_by(PickupPoint.id)
    uow.session.execute(held.with_for_update(key_share=True)).all()
    return queries.places_by_id(uow.session, point_ids)


def _surplus(
    uow: UnitOfWork, moves: Sequence[PlannedMoveRow], places: Mapping[UUID, PickupPlace], *, forward: bool
) -> set[UUID]:
    """Residents of this batch for whom a point has no room any more, once all moves that are still due are made.

    Seats that others of the plan will leave count as free: else two full points could never exchange anybody.
    """
    move = PlannedMoveRow
    goes_to, comes_from = (move.to_point_id, move.from_point_id) if forward else (move.from_point_id, move.to_point_id)
    home = move.home_id if forward else move.new_home_id
    due = PlannedMoveState.PLANNED if forward else PlannedMoveState.MOVED
    counted = (
        select(goes_to, comes_from, func.count())
        .join(HomeRow, HomeRow.id == home)
        .where(move.plan_id == moves[0].plan_id, move.state == due, HomeRow.until_at.is_(None))
        .group_by(goes_to, comes_from)
    )
    change = dict.fromkeys(places, 0)
    for new, old, number in uow.session.execute(counted):
        change[new] = change.get(new, 0) + number
        change[old] = change.get(old, 0) - number
    loads = queries.residents_by_point(uow.session, ids=places.keys())
    above = {id_: loads.get(id_, 0) + change[id_] - place.capacity_orders for id_, place in places.items()}
    surplus = set()
    for one in reversed(moves):
        point = one.to_point_id if forward else one.from_point_id
        if above[point] > 0:
            above[point] -= 1
            surplus.add(one.resident_id)
    return surplus


def _end_homes(uow: UnitOfWork, home_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """End these homes where they are still open; a resident who moves herself at this instant wins or is seen."""
    ended: Any = (
        update(HomeRow).where(HomeRow.id == one_of(home_ids), HomeRow.until_at.is_(None)).values(until_at=uow.now)
        .returning(HomeRow.id, HomeRow.resident_id, HomeRow.lat, HomeRow.lon)
    )  # fmt: skip
    return {home.id: home for home in uow.session.execute(ended)}


def _home(uow: UnitOfWork, before: Any, place: PickupPlace, leader_id: UUID | None) -> dict[str, Any]:
    return {
        "id": new_id(), "resident_id": before.resident_id, "hub_id": place.hub_id,
        "neighbourhood_id": place.neighbourhood_id, "pickup_point_id": place.pickup_point_id, "leader_id": leader_id,
        "lat": before.lat, "lon": before.lon, "from_at": uow.now, "until_at": None,
    }  # fmt: skip


def _put_down(
    uow: UnitOfWork, plan_id: UUID, moves: Sequence[PlannedMoveRow], rows: list[dict[str, Any]], *, forward: bool
) -> int:
    """Begin the new homes, note what became of each move, and let everybody who moved be told."""
    insert_rows(uow.session, HomeRow, rows)
    begun = {row["resident_id"]: row["id"] for row in rows}
    done, left = (
        (PlannedMoveState.MOVED, PlannedMoveState.STALE)
        if forward
        else (PlannedMoveState.BACK, PlannedMoveState.STAYED)
    )
    for move in moves:
        home_id = begun.get(move.resident_id)
        move.state = done if home_id else left
        if forward:
            move.new_home_id = home_id
        else:
            move.back_home_id = home_id
    after = {done.value: len(rows), left.value: len(moves) - len(rows)}
    uow.audit("communities.move_homes", plan_id, None, after)
    if rows:
        uow.emit(HomesMoved(plan_id, uow.now))
    return len(moves)


def _json(loads: Sequence[PlannedLoad]) -> list[Any]:
    found: list[Any] = json.loads(json.dumps([asdict(load) for load in loads], default=str))
    return found
