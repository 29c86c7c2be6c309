"""Searches for tours in the worker: asked for, followed, stopped, ended. Hub rules and delivery windows besides."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import time
from uuid import UUID

from sqlalchemy import cast, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyDispatched
from app.domains.logistics.models import DeliveryWindow, PlanRun, RouteRules
from app.domains.logistics.values.routes import OPEN_RUNS, PlanState, RouteRulesCard, RunState, WindowInput
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.infra.upsert import as_json
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason

#: Bounds of a search that a person may ask for, in seconds.
LEAST_S, MOST_S = 1, 600
MOST_SEED = 2_000_000_000
#: Nobody unloads longer than this.
LONGEST_STOP_S = 14_400


def ask_search(uow: UnitOfWork, group_buy_id: UUID, seconds: int, seed: int) -> UUID:
    """Let the worker look for tours of a round; returns the search, or the one that is under way already.

    Raises Invalid for a budget out of bounds, AlreadyDispatched when the trucks have left, NotFound.
    """
    uow.require(Permission.LOGISTICS_ROUTE)
    _check_bounds("seconds", seconds, LEAST_S, MOST_S)
    _check_bounds("seed", seed, 0, MOST_SEED)
    uow.lock(f"logistics.plan:{group_buy_id}")
    groupbuys.get_group_buy(uow.session, group_buy_id)
    plan = queries.current_plan(uow.session, group_buy_id)
    if plan and plan.state is PlanState.DISPATCHED:
        raise AlreadyDispatched
    latest = queries.latest_search(uow.session, group_buy_id)
    if latest and latest.is_open:
        return latest.id
    search = PlanRun(
        id=new_id(), group_buy_id=group_buy_id, state=RunState.WAITING, seconds=seconds, seed=seed,
        asked_by=uow.actor.name, asked_at=uow.now, stop_asked=False, curve=[], note="",
    )  # fmt: skip
    uow.session.add(search)
    uow.defer(Job("search_routes", {"search_id": str(search.id)}, lock=f"round:{group_buy_id}"))
    return search.id


def stop_search(uow: UnitOfWork, search_id: UUID) -> None:
    """End a search with the best so far. Repeating changes nothing. Raises NotFound."""
    uow.require(Permission.LOGISTICS_ROUTE)
    asked = update(PlanRun).where(PlanRun.id == search_id).values(stop_asked=True).returning(PlanRun.id)
    if uow.session.scalar(asked) is None:
        raise NotFound("search")


def begin_search(uow: UnitOfWork, search_id: UUID) -> bool:
    """The worker begins, or begins again after a crash; False when the search has ended already."""
    uow.require(Permission.LOGISTICS_ROUTE)
    begun = (
        update(PlanRun).where(PlanRun.id == search_id, PlanRun.state.in_(OPEN_RUNS))
        .values(state=RunState.SEARCHING, began_at=uow.now, curve=cast([], JSONB)).returning(PlanRun.id)
    )  # fmt: skip
    return uow.session.scalar(begun) is not None


def note_cost(uow: UnitOfWork, search_id: UUID, points: Sequence[tuple[int, int]]) -> None:
    """Add better plans to the curve: (milliseconds after the beginning, cost in cents)."""
    uow.require(Permission.LOGISTICS_ROUTE)
    more = PlanRun.curve.op("||")(cast([list(point) for point in points], JSONB))
    uow.session.execute(update(PlanRun).where(PlanRun.id == search_id).values(curve=more))


def end_search(uow: UnitOfWork, search_id: UUID, plan_id: UUID | None, note: str = "") -> None:
    """The search is over: with a plan, or with the reason why there is none. One that has ended stays as it ended."""
    uow.require(Permission.LOGISTICS_ROUTE)
    state = RunState.DONE if plan_id else RunState.FAILED
    ended = {"state": state, "plan_id": plan_id, "note": note[:500], "finished_at": uow.now}
    uow.session.execute(update(PlanRun).where(PlanRun.id == search_id, PlanRun.state.in_(OPEN_RUNS)).values(**ended))


# --- how a hub plans ------------------------------------------------------------------------------------------------


def save_rules(uow: UnitOfWork, hub_id: UUID, wanted: RouteRulesCard) -> None:
    """Decide how a hub plans its tours; saving the same again changes nothing. Raises Invalid, NotFound."""
    uow.require(Permission.LOGISTICS_ROUTE)
    communities.get_hub(uow.session, hub_id)
    for name, least, most in (("whole_truck_pct", 0, 100), ("detour_pct", 100, 300), ("speed_kmh", 5, 120)):
        _check_bounds(name, getattr(wanted, name), least, most)
    _check_hours("dock_opens", wanted.dock_opens, wanted.dock_closes)
    before = queries.route_rules(uow.session, hub_id)
    if before == wanted:
        return
    saving = insert(RouteRules).values(hub_id=hub_id, **asdict(wanted))
    uow.session.execute(saving.on_conflict_do_update(index_elements=["hub_id"], set_=asdict(wanted)))
    uow.audit("logistics.save_route_rules", hub_id, _json(asdict(before)), _json(asdict(wanted)))


def save_window(uow: UnitOfWork, hub_id: UUID, wanted: WindowInput) -> None:
    """Decide when a pickup point of a hub takes deliveries. Raises Invalid, NotFound for a point of another hub."""
    uow.require(Permission.LOGISTICS_ROUTE)
    known = {w.pickup_point_id: w for w in queries.windows_of_hub(uow.session, hub_id)}
    if wanted.pickup_point_id not in known:
        raise NotFound("pickup_point")
    _check_hours("opens", wanted.opens, wanted.closes)
    _check_bounds("service_s", wanted.service_s or 0, 0, LONGEST_STOP_S)
    values = asdict(wanted)
    saving = insert(DeliveryWindow).values(**values).on_conflict_do_update(
        index_elements=["pickup_point_id"], set_={k: v for k, v in values.items() if k != "pickup_point_id"}
    )  # fmt: skip
    uow.session.execute(saving)
    before = {k: v for k, v in asdict(known[wanted.pickup_point_id]).items() if k in values}
    uow.audit("logistics.save_delivery_window", wanted.pickup_point_id, _json(before), _json(values))


def forget_window(uow: UnitOfWork, hub_id: UUID, pickup_point_id: UUID) -> None:
    """Let a pickup point take deliveries in the usual hours again. Repeating changes nothing. Raises NotFound."""
    uow.require(Permission.LOGISTICS_ROUTE)
    known = {w.pickup_point_id: w for w in queries.windows_of_hub(uow.session, hub_id)}
    if pickup_point_id not in known:
        raise NotFound("pickup_point")
    gone = delete(DeliveryWindow).where(DeliveryWindow.pickup_point_id == pickup_point_id)
    if uow.session.scalar(select(DeliveryWindow.pickup_point_id).filter_by(pickup_point_id=pickup_point_id)):
        uow.session.execute(gone)
        uow.audit("logistics.save_delivery_window", pickup_point_id, _json(asdict(known[pickup_point_id])), None)


def _check_bounds(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(field=field, reason=Reason.TOO_SMALL if value < least else Reason.TOO_LARGE)


def _check_hours(field: str, opens: time, closes: time) -> None:
    if opens >= closes:
        raise Invalid(field=field, reason="must be before the end")


def _json(values: dict[str, object]) -> dict[str, object]:
    return {name: as_json(value) for name, value in values.items()}
