"""The driver's day by a link: where he is, what he took along, who took the goods, and what went wrong."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domains.logistics import queries
from app.domains.logistics.errors import LinkEnded, NoPlan
from app.domains.logistics.models import DriverLink, Handover, Route, RoutePlan, Stop
from app.domains.logistics.values.routes import PlanState
from app.domains.logistics.values.tours import DriverLinkCard
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.words import one_line

#: A link opens its truck's tours until this long after the earliest departure of the day.
LINK_LIVES = timedelta(hours=31)
#: More than a truck could carry is a slip of the finger.
MOST_EMPTIES = 2_000
LONGEST_WORDS = 300


def issue_link(uow: UnitOfWork, group_buy_id: UUID, vehicle_id: UUID) -> UUID:
    """A driver's link to one truck's tours of one round, valid to noon of the day after; the same one when asked again.

    Raises NotFound for a truck without a tour in the current plan.
    """
    uow.require(Permission.LOGISTICS_DISPATCH)
    plan = queries.current_plan(uow.session, group_buy_id)
    if plan is None or vehicle_id not in {route.vehicle_id for route in plan.routes}:
        raise NotFound("route")
    link_id = new_id()
    expires = queries.first_departure(uow.session, group_buy_id) + LINK_LIVES
    made = insert(DriverLink).values(
        id=link_id, group_buy_id=group_buy_id, vehicle_id=vehicle_id, issued_at=uow.now, issued_by=uow.actor.name,
        expires_at=expires,
    )  # fmt: skip
    fresh = uow.session.scalar(made.on_conflict_do_nothing().returning(DriverLink.id))
    if fresh is None:
        return queries.links_of_round(uow.session, group_buy_id)[vehicle_id].id
    uow.audit("logistics.issue_driver_link", link_id, None, {"vehicle": str(vehicle_id), "round": str(group_buy_id)})
    return link_id


def withdraw_link(uow: UnitOfWork, link_id: UUID) -> None:
    """End a driver's link at once; repeating changes nothing. Raises NotFound."""
    uow.require(Permission.LOGISTICS_DISPATCH)
    if queries.driver_link(uow.session, link_id) is None:
        raise NotFound("driver_link")
    ended = update(DriverLink).where(DriverLink.id == link_id, DriverLink.withdrawn_at.is_(None))
    if uow.session.scalar(ended.values(withdrawn_at=uow.now).returning(DriverLink.id)):
        uow.audit("logistics.withdraw_driver_link", link_id, None, {"withdrawn": True})


def arrive(uow: UnitOfWork, link_id: UUID, pickup_point_id: UUID, first_crate: int) -> datetime:
    """The driver is at a stop; the first report counts. Raises LinkEnded, NoPlan before the truck left, NotFound."""
    uow.require(Permission.LOGISTICS_DRIVE)
    stop = _stop(uow, link_id, pickup_point_id, first_crate)
    if stop.arrived_at is None:
        note_arrival(uow.session, stop, uow.now)
    return stop.arrived_at or uow.now


def note_arrival(session: Session, stop: Stop, now: datetime) -> None:
    """Write an arrival down, and with the handover: a leader is on time by when the truck was really there."""
    stop.arrived_at = now
    session.flush()
    plan = select(RoutePlan.group_buy_id).join(Route, Route.plan_id == RoutePlan.id).where(Route.id == stop.route_id)
    here = (Handover.group_buy_id == plan.scalar_subquery(), Handover.pickup_point_id == stop.pickup_point_id)
    latest = func.greatest(Handover.arrived_at, now)
    session.execute(update(Handover).where(*here).values(arrived_at=latest))


def hand_over(
    uow: UnitOfWork, link_id: UUID, pickup_point_id: UUID, first_crate: int, handed_to: str, empties_qty: int
) -> datetime:
    """The goods are given to somebody, empty crates taken along; the first time counts, the rest may be corrected.

    A stop that is handed over was reached. Raises Invalid, LinkEnded, NoPlan, NotFound.
    """
    uow.require(Permission.LOGISTICS_DRIVE)
    stop = _stop(uow, link_id, pickup_point_id, first_crate)
    name = one_line("handed_to", handed_to, LONGEST_WORDS)
    if not 0 <= empties_qty <= MOST_EMPTIES:
        raise Invalid(field="empties_qty", reason=Reason.TOO_SMALL if empties_qty < 0 else Reason.TOO_LARGE)
    if stop.arrived_at is None:
        note_arrival(uow.session, stop, uow.now)
    before = {"handed_to": stop.handed_to, "empties": stop.empties_qty}
    stop.handed_at = stop.handed_at or uow.now
    stop.handed_to, stop.empties_qty = name, empties_qty
    _audit(uow, "logistics.hand_over_stop", stop, before, {"handed_to": name, "empties": empties_qty})
    return stop.handed_at


def report_problem(uow: UnitOfWork, link_id: UUID, pickup_point_id: UUID, first_crate: int, problem: str) -> None:
    """What went wrong at a stop, in the driver's words; empty words take it back. The first time stays."""
    uow.require(Permission.LOGISTICS_DRIVE)
    stop = _stop(uow, link_id, pickup_point_id, first_crate)
    words = one_line("problem", problem, LONGEST_WORDS, needed=False)
    before = {"problem": stop.problem}
    stop.problem = words
    stop.problem_at = (stop.problem_at or uow.now) if words else None
    _audit(uow, "logistics.report_stop_problem", stop, before, {"problem": words})


def _audit(uow: UnitOfWork, action: str, stop: Stop, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if before != after:
        uow.audit(action, stop.id, dict(before), dict(after))


def valid_link(uow: UnitOfWork, link_id: UUID) -> DriverLinkCard:
    """A link that still opens something; raises LinkEnded."""
    uow.require(Permission.LOGISTICS_DRIVE)
    link = queries.driver_link(uow.session, link_id)
    if link is None or link.withdrawn_at is not None or link.expires_at <= uow.now:
        raise LinkEnded(what="driver_link")
    return link


def _stop(uow: UnitOfWork, link_id: UUID, pickup_point_id: UUID, first_crate: int) -> Stop:
    """A stop of the link's own truck in the plan that counts now, and does so until the transaction ends.

    Of another truck it does not exist.
    """
    link = valid_link(uow, link_id)
    uow.lock(f"logistics.plan:{link.group_buy_id}")
    found = uow.session.execute(
        select(Stop, RoutePlan.state)
        .join(Route, Route.id == Stop.route_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .where(
            RoutePlan.group_buy_id == link.group_buy_id, RoutePlan.state != PlanState.REPLACED,
            Route.vehicle_id == link.vehicle_id, Stop.pickup_point_id == pickup_point_id,
            Stop.first_crate == first_crate,
        )
    ).first()  # fmt: skip
    if found is None:
        raise NotFound("stop")
    stop, state = found
    if state is not PlanState.DISPATCHED:
        raise NoPlan
    return stop
