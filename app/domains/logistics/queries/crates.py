"""Crates: labels with their slots, which are closed, which stand empty at pickup points; and the shelves of a hub."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Subquery, and_, func, select, union_all
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.logistics.models import Crate, CrateReturn, Demand, Handover, Route, RoutePlan, Sheet, Shelf, Stop
from app.domains.logistics.queries.columns import POINT_TEXTS, SKU_TEXTS
from app.domains.logistics.values.handover import HandoverState
from app.domains.logistics.values.night import CrateCard, EmptiesCard, ShelfCard
from app.domains.logistics.values.routes import PlanState


def crate_cards(session: Session, group_buy_id: UUID) -> list[CrateCard]:
    """All crates of a round in slot order, for labels and for the desk that closes them."""
    return _crates(session, Sheet.group_buy_id == group_buy_id)


def find_crate(session: Session, group_buy_id: UUID, code: str) -> CrateCard | None:
    """One crate of a round by the code on its label."""
    found = _crates(session, and_(Sheet.group_buy_id == group_buy_id, Crate.code == code))
    return found[0] if found else None


def _crates(session: Session, condition: ColumnElement[bool]) -> list[CrateCard]:
    rows = session.execute(
        select(Crate.code, Crate.seq, Crate.sheet_id, Sheet.pickup_point_id, *POINT_TEXTS, Sheet.zone, Sheet.slot,
               Crate.closed_at, Crate.closed_by)
        .join(Sheet, Sheet.id == Crate.sheet_id).join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .where(condition).order_by(Sheet.slot_no, PickupPoint.code, Sheet.zone, Crate.seq)
    )  # fmt: skip
    return [CrateCard(**row) for row in rows.mappings()]


def empties(
    session: Session, hub_id: UUID, *, points: Sequence[UUID] | None = None, without_round: UUID | None = None
) -> list[EmptiesCard]:
    """Crates that stand at the pickup points of a hub, most first; points without any are left out.

    Crates of counted handovers, less what came back with any truck. `without_round` leaves out what that round itself
    brought or took, which is what a truck of it finds on arrival.
    """
    brought = (
        select(
            Handover.pickup_point_id, func.sum(Handover.crates).label("qty"), func.min(Handover.pickup_on).label("on"),
        )
        .where(Handover.hub_id == hub_id, Handover.state == HandoverState.COUNTED)
        .group_by(Handover.pickup_point_id)
    )  # fmt: skip
    taken = _taken(hub_id).subquery("taken")
    back = select(taken.c.pickup_point_id, func.sum(taken.c.qty).label("qty")).group_by(taken.c.pickup_point_id)
    if without_round is not None:
        brought = brought.where(Handover.group_buy_id != without_round)
        back = back.where(taken.c.group_buy_id != without_round)
    return _standing(session, brought.subquery("brought"), back.subquery("back"), points)


def _taken(hub_id: UUID) -> CompoundSelect[UUID, UUID, int]:
    """Crates taken back by round and point: as hub or leader noted, else as the driver did at the door."""
    noted = select(CrateReturn.group_buy_id, CrateReturn.pickup_point_id, CrateReturn.qty).where(
        CrateReturn.hub_id == hub_id
    )
    same = and_(
        CrateReturn.group_buy_id == RoutePlan.group_buy_id, CrateReturn.pickup_point_id == Stop.pickup_point_id
    )  # fmt: skip
    driven = (
        select(RoutePlan.group_buy_id, Stop.pickup_point_id, Stop.empties_qty)
        .join(Route, Route.plan_id == RoutePlan.id).join(Stop, Stop.route_id == Route.id)
        .where(RoutePlan.hub_id == hub_id, RoutePlan.state != PlanState.REPLACED, Stop.empties_qty.is_not(None),
               ~select(CrateReturn.qty).where(same).exists())
    )  # fmt: skip
    return union_all(noted, driven)


def _standing(session: Session, brought: Subquery, back: Subquery, points: Sequence[UUID] | None) -> list[EmptiesCard]:
    there = brought.c.qty - func.coalesce(back.c.qty, 0)
    rows = (
        select(
            PickupPoint.id.label("pickup_point_id"), *POINT_TEXTS, brought.c.qty.label("brought"),
            func.coalesce(back.c.qty, 0).label("returned"), brought.c.on.label("since"),
        )
        .join(brought, brought.c.pickup_point_id == PickupPoint.id)
        .outerjoin(back, back.c.pickup_point_id == PickupPoint.id)
        .where(there > 0).order_by(there.desc(), PickupPoint.code)
    )  # fmt: skip
    if points is not None:
        rows = rows.where(PickupPoint.id.in_(points))
    return [EmptiesCard(**row) for row in session.execute(rows).mappings()]


def empties_of_round(session: Session, group_buy_id: UUID) -> dict[UUID, int]:
    """Empty crates that the trucks of a round find at its pickup points, from earlier rounds."""
    found = session.execute(
        select(Sheet.hub_id, Sheet.pickup_point_id).where(Sheet.group_buy_id == group_buy_id).distinct()
    ).all()
    if not found:
        return {}
    points = [point for _, point in found]
    cards = empties(session, found[0].hub_id, points=points, without_round=group_buy_id)
    return {card.pickup_point_id: card.there for card in cards}


def empties_at(session: Session, group_buy_id: UUID, pickup_point_id: UUID, hub_id: UUID) -> tuple[int, int | None]:
    """Empty crates that a round's truck finds at one point, and how many it took; None when nobody said yet."""
    cards = empties(session, hub_id, points=[pickup_point_id], without_round=group_buy_id)
    rows = _taken(hub_id).subquery("taken")
    taken = session.scalar(
        select(func.sum(rows.c.qty)).where(
            rows.c.group_buy_id == group_buy_id, rows.c.pickup_point_id == pickup_point_id
        )
    )
    return (cards[0].there if cards else 0), taken


def shelves_of_round(session: Session, group_buy_id: UUID) -> list[ShelfCard]:
    """The SKUs of a round with the shelves on which the hub keeps them, in walking order."""
    rows = session.execute(
        select(Sku.id.label("sku_id"), Sku.code.label("sku_code"), *SKU_TEXTS[:2], Sku.zone,
               func.coalesce(Shelf.shelf, "").label("shelf"))
        .select_from(Demand).join(Sku, Sku.id == Demand.sku_id)
        .outerjoin(Shelf, and_(Shelf.hub_id == Demand.hub_id, Shelf.sku_id == Demand.sku_id))
        .where(Demand.group_buy_id == group_buy_id).group_by(Sku.id, Shelf.shelf, Shelf.walk)
        .order_by(Sku.zone, Shelf.walk.asc().nulls_last(), Sku.code)
    )  # fmt: skip
    return [ShelfCard(**row) for row in rows.mappings()]
