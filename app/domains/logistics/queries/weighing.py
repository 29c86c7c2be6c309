"""What is to be weighed in a round, and how far that is."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.logistics.models import LeftUnweighed, Pickup, Sheet
from app.domains.logistics.values.weighing import ScaleLine, ScalePoint
from app.domains.orders.models import Order, OrderLine, Weighing
from app.domains.orders.values import OrderStatus

_DUE = OrderLine.qty - OrderLine.cut_qty


def _lines(group_buy_id: UUID, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Paid lines of SKUs sold by weight with pieces still due, whose sheet has been made."""
    return (
        select(*columns)
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .join(PickupPoint, PickupPoint.id == OrderLine.pickup_point_id)
        .join(
            Sheet,
            (Sheet.group_buy_id == OrderLine.group_buy_id)
            & (Sheet.pickup_point_id == OrderLine.pickup_point_id)
            & (Sheet.zone == Sku.zone),
        )
        .outerjoin(Weighing, Weighing.line_id == OrderLine.id)
        .where(
            OrderLine.group_buy_id == group_buy_id,
            Order.status == OrderStatus.PAID,
            _DUE > 0,
            func.coalesce(Weighing.estimate_g, Sku.estimate_g) > 0,
        )
    )


def scale_points(session: Session, group_buy_id: UUID) -> list[ScalePoint]:
    """Pickup points that get goods by weight, by code, with how many lines are weighed; empty before the sorting."""
    wanted = _lines(
        group_buy_id, PickupPoint.id.label("pickup_point_id"), PickupPoint.code, PickupPoint.name,
        func.count(OrderLine.id).label("lines"), func.count(Weighing.line_id).label("weighed"),
    )  # fmt: skip
    return [
        ScalePoint(**row)
        for row in session.execute(wanted.group_by(PickupPoint.id).order_by(PickupPoint.code)).mappings()
    ]


def scale_lines(
    session: Session, group_buy_id: UUID, pickup_point_id: UUID | None = None, line_ids: Collection[UUID] | None = None
) -> list[ScaleLine]:
    """The lines to weigh, of one pickup point, of those named, or all, by point, SKU and order."""
    wanted = (
        _lines(
            group_buy_id, OrderLine.id.label("line_id"), OrderLine.order_id, Order.no.label("order_no"),
            Account.name.label("resident_name"), OrderLine.pickup_point_id, PickupPoint.code.label("pickup_point_code"),
            PickupPoint.name.label("pickup_point_name"), OrderLine.sku_id, Sku.code.label("sku_code"),
            Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"), _DUE.label("due_qty"),
            func.coalesce(Weighing.estimate_g, Sku.estimate_g).label("estimate_g"), OrderLine.final_price_cents,
            func.coalesce(Weighing.most_cents, OrderLine.final_price_cents).label("most_cents"), Weighing.weight_g,
            Pickup.state.label("pickup_state"),
        )
        .join(Account, Account.id == OrderLine.resident_id)
        .join(Pickup, Pickup.order_id == OrderLine.order_id)
        .order_by(PickupPoint.code, Sku.code, Order.no)
    )  # fmt: skip
    if pickup_point_id is not None:
        wanted = wanted.where(OrderLine.pickup_point_id == pickup_point_id)
    if line_ids is not None:
        wanted = wanted.where(OrderLine.id.in_(line_ids))
    return [ScaleLine(**row) for row in session.execute(wanted).mappings()]


def unweighed(session: Session, group_buy_id: UUID, sheet_id: UUID | None = None) -> list[str]:
    """Lines of a round, or of one sheet, that nobody has weighed: pickup point and SKU of each.

    None where HQ has said that they keep their price as ordered.
    """
    said = select(LeftUnweighed.group_buy_id).where(LeftUnweighed.group_buy_id == group_buy_id)
    wanted = _lines(group_buy_id, PickupPoint.code, Sku.code).where(Weighing.line_id.is_(None), ~said.exists())
    if sheet_id is not None:
        wanted = wanted.where(Sheet.id == sheet_id)
    rows = session.execute(wanted.order_by(PickupPoint.code, Sku.code))
    return [f"{point} {sku}" for point, sku in rows]
