"""What leaders get from the truck."""

from collections import defaultdict
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.logistics.models import DriverLink, Handover, HandoverLine, Route, RoutePlan, Stop
from app.domains.logistics.queries.columns import SKU_TEXTS
from app.domains.logistics.queries.leaders import takes
from app.domains.logistics.values.handover import HandoverCard, HandoverLineCard, HandoverRefunds
from app.domains.logistics.values.routes import PlanState
from app.domains.orders.models import LineCut
from app.kernel.errors import NotFound


def handovers_of_leader(session: Session, leader_id: UUID, pickup_on: date | None = None) -> list[HandoverCard]:
    """Handovers that a leader takes, newest first; of one day, or the last thirty."""
    wanted = takes(leader_id)
    return _handovers(session, wanted if pickup_on is None else and_(wanted, Handover.pickup_on == pickup_on), limit=30)


def handovers_of_round(session: Session, group_buy_id: UUID) -> list[HandoverCard]:
    """All handovers of a round."""
    return _handovers(session, Handover.group_buy_id == group_buy_id)


def get_handover(session: Session, handover_id: UUID) -> HandoverCard:
    """One handover; raises NotFound. Callers compare the owner."""
    found = _handovers(session, Handover.id == handover_id)
    if not found:
        raise NotFound("handover")
    return found[0]


def handover_refunds(session: Session, handover_id: UUID) -> HandoverRefunds:
    """How many orders lost how many pieces, and how much money, by the differences of one handover."""
    row = session.execute(
        select(
            func.count(LineCut.order_id.distinct()), func.coalesce(func.sum(LineCut.qty), 0),
            func.coalesce(func.sum(LineCut.amount_cents), 0),
        )
        .join(HandoverLine, HandoverLine.id == LineCut.cause_id)
        .where(HandoverLine.handover_id == handover_id)
    ).one()  # fmt: skip
    return HandoverRefunds(orders=row[0], pieces=int(row[1]), amount_cents=int(row[2]))


def open_handovers(session: Session, group_buy_id: UUID) -> list[UUID]:
    """Handovers of a round that nobody has counted, in the order of their planned arrival."""
    wanted = select(Handover.id).where(Handover.group_buy_id == group_buy_id, Handover.counted_at.is_(None))
    return list(session.scalars(wanted.order_by(Handover.planned_at, Handover.id)))


def truck_awaited(session: Session, group_buy_id: UUID, pickup_point_id: UUID, now: datetime) -> bool:
    """Whether a driver who has a page open is still to report that he is at this point with goods of the round.

    Where drivers have no page nobody reports, and nothing is awaited.
    """
    reports = and_(
        DriverLink.group_buy_id == RoutePlan.group_buy_id, DriverLink.vehicle_id == Route.vehicle_id,
        DriverLink.withdrawn_at.is_(None), DriverLink.expires_at > now,
    )  # fmt: skip
    coming = (
        select(Stop.id)
        .join(Route, Route.id == Stop.route_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .join(DriverLink, reports)
        .where(
            RoutePlan.group_buy_id == group_buy_id, RoutePlan.state == PlanState.DISPATCHED,
            Stop.pickup_point_id == pickup_point_id, Stop.arrived_at.is_(None),
        )
    )  # fmt: skip
    return session.scalar(coming.limit(1)) is not None


def _handovers(session: Session, condition: ColumnElement[bool], limit: int | None = None) -> list[HandoverCard]:
    rows = session.execute(
        select(Handover, PickupPoint.name).join(PickupPoint, PickupPoint.id == Handover.pickup_point_id)
        .where(condition).order_by(Handover.pickup_on.desc(), Handover.planned_at, Handover.id).limit(limit)
    ).all()  # fmt: skip
    lines: dict[UUID, list[HandoverLineCard]] = defaultdict(list)
    cards = session.execute(
        select(
            HandoverLine.handover_id, HandoverLine.id, HandoverLine.sku_id, Sku.code.label("sku_code"), *SKU_TEXTS,
            Sku.picture, HandoverLine.expected_qty, HandoverLine.short_qty, HandoverLine.damaged_qty,
            HandoverLine.fault, HandoverLine.note,
        )
        .join(Sku, Sku.id == HandoverLine.sku_id).where(HandoverLine.handover_id.in_([h.id for h, _ in rows]))
        .order_by(Sku.zone, Sku.code)
    )  # fmt: skip
    for row in cards.mappings():
        fields = dict(row)
        lines[fields.pop("handover_id")].append(HandoverLineCard(**fields))
    return [
        HandoverCard(
            id=h.id, group_buy_id=h.group_buy_id, pickup_point_id=h.pickup_point_id, pickup_point_name=name,
            leader_id=h.leader_id, pickup_on=h.pickup_on, state=h.state, crates=h.crates, planned_at=h.planned_at,
            counted_at=h.counted_at, lines=tuple(lines[h.id]),
        )
        for h, name in rows
    ]  # fmt: skip
