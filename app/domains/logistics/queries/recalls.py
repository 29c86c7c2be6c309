"""From a lot to everybody whom it reached, and from a resident back to her lots."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.domains.accounts.models import Account
from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.groupbuys.models import GroupBuy
from app.domains.logistics.models import Handover, Pickup, PickupLine
from app.domains.logistics.values.recall import LotGot, RecalledLine
from app.domains.orders.models import LineCut, Order, OrderLine
from app.domains.orders.values import CutReason, OrderStatus
from app.domains.supply.models import Lot, StockMovement
from app.domains.supply.queries import lots
from app.domains.supply.values import MovementKind


def lines_of_lot(session: Session, lot_id: UUID, sku_id: UUID) -> list[RecalledLine]:
    """Every paid line that got, or may have got, pieces of a lot; by round, pickup point and order."""
    rounds = lots.rounds_of_lot(session, lot_id)
    if not rounds:
        return []
    rows = session.execute(
        _reached(OrderLine.sku_id == sku_id, OrderLine.group_buy_id.in_(rounds)).order_by(
            GroupBuy.round_on.desc(), PickupPoint.code, Order.no
        )
    ).mappings()
    return [_line(dict(row), is_certain=rounds[row["group_buy_id"]]) for row in rows]


def _sum_of_cuts(reason: CutReason, what: Any) -> ColumnElement[int]:
    found = select(func.coalesce(func.sum(what), 0)).where(LineCut.line_id == OrderLine.id, LineCut.reason == reason)
    return found.scalar_subquery()


def _reached(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    leader = aliased(Account)
    left = OrderLine.qty - OrderLine.cut_qty
    recalled = _sum_of_cuts(CutReason.RECALL, LineCut.qty)
    return (
        select(
            OrderLine.id.label("line_id"), OrderLine.order_id, Order.no.label("order_no"), OrderLine.group_buy_id,
            GroupBuy.code.label("group_buy_code"), Order.resident_id, Account.name.label("resident_name"),
            func.coalesce(func.right(Account.phone, 4), "").label("phone_tail"), Order.leader_id,
            func.coalesce(leader.name, "").label("leader_name"), OrderLine.pickup_point_id,
            PickupPoint.code.label("pickup_point_code"), PickupPoint.name.label("pickup_point_name"),
            Pickup.state.label("pickup_state"), left.label("left_qty"), recalled.label("recalled_qty"),
            func.coalesce(PickupLine.picked_qty, 0).label("picked_qty"), OrderLine.unit_price_cents,
            OrderLine.final_price_cents, OrderLine.refunded_cents.label("line_refunded_cents"), OrderLine.qty,
            _sum_of_cuts(CutReason.CLAIM, LineCut.amount_cents).label("claimed_cents"),
            _sum_of_cuts(CutReason.RECALL, LineCut.amount_cents).label("refunded_cents"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(GroupBuy, GroupBuy.id == OrderLine.group_buy_id)
        .join(Account, Account.id == Order.resident_id)
        .join(PickupPoint, PickupPoint.id == OrderLine.pickup_point_id)
        .outerjoin(leader, leader.id == Order.leader_id)
        .outerjoin(Pickup, Pickup.order_id == Order.id)
        .outerjoin(PickupLine, PickupLine.order_line_id == OrderLine.id)
        .where(Order.status == OrderStatus.PAID, left + recalled > 0, *conditions)
    )  # fmt: skip


def _line(row: dict[str, Any], *, is_certain: bool) -> RecalledLine:
    """`refundable`: pieces left at the price paid, less what claims and this recall gave back, within what is left."""
    ordered, left, recalled = row.pop("qty"), row["left_qty"], int(row.pop("recalled_qty"))
    refunded, claimed = row.pop("line_refunded_cents"), int(row.pop("claimed_cents"))
    given_back = int(row["refunded_cents"])
    # A recall's money for pieces that were fetched leaves the pieces; for those that were not it takes them.
    owed = (left + recalled) * row["final_price_cents"] - claimed - given_back
    most = ordered * row["unit_price_cents"] - refunded
    row["refunded_cents"] = given_back
    return RecalledLine(**row, qty=left + recalled, is_certain=is_certain, refundable_cents=max(0, min(owed, most)))


def is_dispatched(session: Session, group_buy_id: UUID) -> bool:
    """True when the trucks of a round have left, so that its sheets cannot change any more."""
    return session.scalar(select(Handover.id).filter_by(group_buy_id=group_buy_id).limit(1)) is not None


def lots_of_resident(session: Session, resident_id: UUID, limit: int = 200) -> list[LotGot]:
    """Every lot that a resident got, or may have got, newest first."""
    others = (
        select(
            StockMovement.cause_id, StockMovement.sku_id, func.count(StockMovement.lot_id.distinct()).label("number")
        )
        .where(StockMovement.kind == MovementKind.SORTED)
        .group_by(StockMovement.cause_id, StockMovement.sku_id)
        .subquery()
    )
    sorted_in = and_(
        StockMovement.kind == MovementKind.SORTED, StockMovement.cause_id == OrderLine.group_buy_id,
        StockMovement.sku_id == OrderLine.sku_id,
    )  # fmt: skip
    rows = session.execute(
        select(
            Lot.id.label("lot_id"), Lot.code.label("lot_code"), Sku.code.label("sku_code"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), OrderLine.order_id, Order.no.label("order_no"),
            GroupBuy.code.label("group_buy_code"), (others.c.number == 1).label("is_certain"),
            Lot.frozen_at.is_not(None).label("is_frozen"),
        )
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(StockMovement, sorted_in)
        .join(
            others,
            and_(others.c.cause_id == StockMovement.cause_id, others.c.sku_id == StockMovement.sku_id),
        )
        .join(Lot, Lot.id == StockMovement.lot_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .join(GroupBuy, GroupBuy.id == OrderLine.group_buy_id)
        .where(
            Order.resident_id == resident_id, Order.status == OrderStatus.PAID,
            OrderLine.qty - OrderLine.cut_qty + _sum_of_cuts(CutReason.RECALL, LineCut.qty) > 0,
        )
        .order_by(Order.id.desc(), Sku.code, Lot.id)
        .limit(limit)
    )  # fmt: skip
    return [LotGot(**row) for row in rows.mappings()]
