"""Handover: what the truck brings to each leader, and her one count of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import GroupBuyCard
from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyCounted, CountAboveExpected, NoPlan, PointWithoutLeader, TruckAwaited
from app.domains.logistics.events import HandoverCounted
from app.domains.logistics.models import Handover, HandoverLine, Sheet, SheetLine
from app.domains.logistics.service import sort_errors
from app.domains.logistics.values.handover import CountLine, Difference, Fault, HandoverCount, HandoverState
from app.domains.logistics.values.routes import PlanState, StopCard
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id


def expect(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Let every pickup point on the dispatched plan expect what its sheets hold; returns how many points.

    Repeating changes nothing. The leader is the one who serves the point now, or stands in there on that day; where its
    crates come on several trucks, the planned arrival is the last one's.
    Raises NoPlan before dispatch, PointWithoutLeader where nobody serves.
    """
    uow.require(Permission.LOGISTICS_DISPATCH)
    plan = queries.current_plan(uow.session, group_buy_id)
    if plan is None or plan.state is not PlanState.DISPATCHED:
        raise NoPlan
    stops: dict[UUID, list[StopCard]] = defaultdict(list)
    for stop in (stop for route in plan.routes for stop in route.stops):
        stops[stop.pickup_point_id].append(stop)
    card = groupbuys.get_group_buy(uow.session, group_buy_id)
    takers = _takers(uow, card, stops.keys())
    rows = [
        {
            "id": new_id(), "group_buy_id": group_buy_id, "hub_id": card.hub_id, "pickup_point_id": point_id,
            "leader_id": takers[point_id], "pickup_on": card.pickup_on, "state": HandoverState.EXPECTED,
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

    Only the leader who serves the point today, or to whom it was handed on, or HQ, may count; for others the handover
    does not exist. A count is final: the same one again returns the same result, another one raises AlreadyCounted. A
    leader counts what is there: as long as a driver's page says that a truck is still to come, only HQ may.
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


def hand_on(uow: UnitOfWork, handover_ids: Collection[UUID], leader_id: UUID) -> None:
    """Let another leader count trucks that have not come, wherever she hands out herself."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    going = update(Handover).where(Handover.id.in_(handover_ids)).values(leader_id=leader_id)
    uow.session.execute(going.execution_options(synchronize_session=False))


def hold_expected(
    uow: UnitOfWork,
    leader_id: UUID | None,
    days: tuple[date, date] | None = None,
    point_id: UUID | None = None,
) -> list[UUID]:
    """Hold the handovers that nobody counted yet: of a leader or all, of some days or all, at a point or anywhere."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    wanted = select(Handover.id).where(Handover.state == HandoverState.EXPECTED).order_by(Handover.id)
    if leader_id:
        wanted = wanted.where(Handover.leader_id == leader_id)
    if point_id:
        wanted = wanted.where(Handover.pickup_point_id == point_id)
    if days:
        wanted = wanted.where(Handover.pickup_on.between(*days))
    return list(uow.session.scalars(wanted.with_for_update()))


def still_expected(uow: UnitOfWork, handover_ids: Collection[UUID]) -> list[UUID]:
    """Hold those of some handovers that nobody has counted yet."""
    uow.require(Permission.LOGISTICS_PLAN_PICKUPS)
    wanted = select(Handover.id).where(Handover.id.in_(handover_ids), Handover.state == HandoverState.EXPECTED)
    return list(uow.session.scalars(wanted.order_by(Handover.id).with_for_update()))


def _takers(uow: UnitOfWork, card: GroupBuyCard, point_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who takes the goods of a round at each point: who serves it, or stands in on that day.

    Where nobody serves any more it is the leader to whom most of its orders went. Raises PointWithoutLeader.
    """
    places = communities.places_by_id(uow.session, point_ids)
    takers = {id_: place.leader_id for id_, place in places.items() if place.leader_id is not None}
    deputies = communities.deputies_on(uow.session, takers.values(), card.pickup_on)
    takers = {id_: deputies.get(leader_id, leader_id) for id_, leader_id in takers.items()}
    heirs = queries.heirs_of_points(uow.session, card.id, places.keys() - takers.keys())
    takers |= heirs
    lonely = sorted(place.pickup_point_code for id_, place in places.items() if id_ not in takers)
    if lonely:
        raise PointWithoutLeader(pickup_points=lonely)
    return takers


def _may_count(uow: UnitOfWork, handover: Handover) -> bool:
    return uow.actor.role is not Role.LEADER or queries.takes_handover(uow.session, uow.actor.id, handover.id)


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
