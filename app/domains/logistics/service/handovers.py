"""Handover: what the truck brings to each leader, and her one count of it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyCounted, CountAboveExpected, NoPlan, PointWithoutLeader, TruckAwaited
from app.domains.logistics.events import HandoverCounted
from app.domains.logistics.models import Handover, HandoverLine, Pickup, Sheet, SheetLine
from app.domains.logistics.service import sort_errors
from app.domains.logistics.values.handover import CountLine, Difference, Fault, HandoverCount, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.logistics.values.routes import PlanState, StopCard
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id


def expect(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Let every pickup point on the dispatched plan expect what its sheets hold; returns how many points.

    Repeating changes nothing. The leader is the one who serves the point now; where its crates come on several trucks,
    the planned arrival is the last one's.
    Raises NoPlan before dispatch, PointWithoutLeader where nobody serves.
    """
    uow.require(Permission.LOGISTICS_DISPATCH)
    plan = queries.current_plan(uow.session, group_buy_id)
    if plan is None or plan.state is not PlanState.DISPATCHED:
        raise NoPlan
    stops: dict[UUID, list[StopCard]] = defaultdict(list)
    for stop in (stop for route in plan.routes for stop in route.stops):
        stops[stop.pickup_point_id].append(stop)
    places = communities.places_by_id(uow.session, stops.keys())
    lonely = sorted(p.pickup_point_code for p in places.values() if p.leader_id is None)
    if lonely:
        raise PointWithoutLeader(pickup_points=lonely)
    card = groupbuys.get_group_buy(uow.session, group_buy_id)
    rows = [
        {
            "id": new_id(), "group_buy_id": group_buy_id, "hub_id": card.hub_id, "pickup_point_id": point_id,
            "leader_id": places[point_id].leader_id, "pickup_on": card.pickup_on, "state": HandoverState.EXPECTED,
            "crates": sum(stop.crates for stop in calls), "planned_at": max(stop.arrive_at for stop in calls),
        }
        for point_id, calls in stops.items()
    ]  # fmt: skip
    uow.session.execute(insert(Handover).on_conflict_do_nothing(), rows)
    same_point = and_(Sheet.group_buy_id == Handover.group_buy_id, Sheet.pickup_point_id == Handover.pickup_point_id)
    lines = (
        select(
            func.gen_random_uuid(), Handover.id, SheetLine.sku_id, func.sum(SheetLine.qty), literal(0), literal(0),
            literal(""),
        )
        .select_from(Handover).join(Sheet, same_point)
        .join(SheetLine, SheetLine.sheet_id == Sheet.id)
        .where(Handover.group_buy_id == group_buy_id).group_by(Handover.id, SheetLine.sku_id)
    )  # fmt: skip
    columns = ["id", "handover_id", "sku_id", "expected_qty", "short_qty", "damaged_qty", "note"]
    uow.session.execute(
        insert(HandoverLine).from_select(columns, lines, include_defaults=False).on_conflict_do_nothing()
    )
    return len(stops)


def count(uow: UnitOfWork, handover_id: UUID, counted: Sequence[CountLine]) -> HandoverCount:
    """Take a leader's count: what is missing or damaged, and whose fault; everything not named is complete.

    Only the leader who serves the point today, or HQ, may count; for others the handover does not exist. A count is
    final: the same one again returns the same result, another one raises AlreadyCounted. A leader counts what is there:
    as long as a driver's page says that a truck is still to come, only HQ may.
    Raises NotFound, TruckAwaited, CountAboveExpected, Invalid for a SKU named twice or a negative number.
    """
    uow.require(Permission.LOGISTICS_HAND_OVER)
    handover = uow.session.scalar(select(Handover).filter_by(id=handover_id).with_for_update())
    if handover is None or not _may_count(uow, handover):
        raise NotFound("handover")
    lines = {line.sku_id: line for line in uow.session.scalars(select(HandoverLine).filter_by(handover_id=handover_id))}
    real = _check(lines, counted)
    was_open = handover.state is HandoverState.EXPECTED
    if was_open:
        _check_arrived(uow, handover)
        _write(uow, handover, lines, real)
    elif not _same(lines, real):
        raise AlreadyCounted(handover_id=handover_id)
    return HandoverCount(
        handover_id=handover.id,
        group_buy_id=handover.group_buy_id,
        hub_id=handover.hub_id,
        pickup_point_id=handover.pickup_point_id,
        differences=tuple(_difference(lines[c.sku_id], c) for c in real),
        is_new=was_open,
    )


def hand_on(uow: UnitOfWork, pickup_point_id: UUID, leader_id: UUID) -> list[UUID]:
    """Give what is still open at a pickup point to its new leader: trucks to count, orders of which nothing is fetched.

    Returns those orders. An order that was fetched in part stays with the leader who began it.
    """
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    quiet = {"synchronize_session": False}
    uow.session.execute(
        update(Handover)
        .where(Handover.pickup_point_id == pickup_point_id, Handover.state == HandoverState.EXPECTED)
        .values(leader_id=leader_id).execution_options(**quiet)
    )  # fmt: skip
    untouched = (PickupState.EXPECTED, PickupState.READY)
    moved = (
        update(Pickup)
        .where(Pickup.pickup_point_id == pickup_point_id, Pickup.state.in_(untouched), Pickup.leader_id != leader_id)
        .values(leader_id=leader_id).returning(Pickup.order_id).execution_options(**quiet)
    )  # fmt: skip
    return list(uow.session.scalars(moved))


def _may_count(uow: UnitOfWork, handover: Handover) -> bool:
    return uow.actor.role is not Role.LEADER or queries.serves(uow.session, uow.actor.id, handover.pickup_point_id)


def _check_arrived(uow: UnitOfWork, handover: Handover) -> None:
    where = (handover.group_buy_id, handover.pickup_point_id)
    if uow.actor.role is Role.LEADER and queries.truck_awaited(uow.session, *where, uow.now):
        raise TruckAwaited


def _check(lines: dict[UUID, HandoverLine], counted: Sequence[CountLine]) -> list[CountLine]:
    """The counted lines that differ from what was expected, by SKU."""
    if len({c.sku_id for c in counted}) < len(counted):
        raise Invalid(field="lines", reason="a SKU stands twice")
    for c in counted:
        if c.short_qty < 0 or c.damaged_qty < 0:
            raise Invalid(field="lines", reason="a number is negative")
        expected = lines[c.sku_id].expected_qty if c.sku_id in lines else 0
        if c.sku_id not in lines or c.short_qty + c.damaged_qty > expected:
            raise CountAboveExpected(sku_id=c.sku_id, expected_qty=expected)
    return sorted((c for c in counted if c.short_qty + c.damaged_qty), key=lambda c: c.sku_id)


def _same(lines: dict[UUID, HandoverLine], real: Sequence[CountLine]) -> bool:
    before = {(s.sku_id, s.short_qty, s.damaged_qty, s.fault) for s in lines.values() if s.short_qty + s.damaged_qty}
    return before == {(c.sku_id, c.short_qty, c.damaged_qty, c.fault) for c in real}


def _write(uow: UnitOfWork, handover: Handover, lines: dict[UUID, HandoverLine], real: Sequence[CountLine]) -> None:
    handover.state, handover.counted_at, handover.counted_by = HandoverState.COUNTED, uow.now, uow.actor.name
    uow.session.flush()
    if real:
        table = cast("Table", HandoverLine.__table__)
        uow.session.execute(
            update(table).where(table.c.id == bindparam("line_id")),
            [
                {
                    "line_id": lines[c.sku_id].id, "short_qty": c.short_qty, "damaged_qty": c.damaged_qty,
                    "fault": c.fault, "note": c.note,
                }
                for c in real
            ],
        )  # fmt: skip
        differences = [
            {"sku": str(c.sku_id), "short": c.short_qty, "damaged": c.damaged_qty, "fault": c.fault.value} for c in real
        ]
        sort_errors.attribute(uow, handover, {sku_id: line.id for sku_id, line in lines.items()}, real)
        uow.audit("logistics.count_handover", handover.id, None, {"differences": differences})
    uow.emit(
        HandoverCounted(
            handover.id, handover.group_buy_id, handover.hub_id, handover.pickup_point_id, handover.pickup_on
        )
    )


def _difference(line: HandoverLine, counted: CountLine) -> Difference:
    return Difference(
        line_id=line.id,
        sku_id=line.sku_id,
        good_qty=line.expected_qty - counted.short_qty - counted.damaged_qty,
        short_qty=counted.short_qty,
        damaged_qty=counted.damaged_qty,
        fault=Fault(counted.fault),
    )
