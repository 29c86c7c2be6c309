"""Reads of the orders room; nothing here writes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, cast, exists, func, literal_column, select
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.catalogue.models import Sku
from app.domains.communities.models import HubRow
from app.domains.groupbuys.values import WishStep
from app.domains.orders.models import LineCut, Order, OrderLine, Weighing, WishRow
from app.domains.orders.values import (
    BoxLine,
    Cut,
    CutReason,
    DemandRow,
    LineCard,
    OpenLine,
    OrderCard,
    OrderFilter,
    OrderStatus,
    PointLoad,
    SalesDay,
    Wished,
)
from app.domains.payments.models import Payment
from app.domains.payments.values import Method
from app.infra import search
from app.infra.bulk import one_of
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_EFFECTIVE = OrderLine.qty - OrderLine.cut_qty
#: Written out, not as a parameter, so that the planner sees that the index of unpaid orders serves.
UNPAID = Order.status == literal_column("'placed'")
_ORDER = (
    select(Order, Account.name.label("resident_name"), func.right(Account.phone, 4).label("phone_tail"))
    .join(Account, Account.id == Order.resident_id)
)  # fmt: skip

_LINE = select(
    OrderLine.id, OrderLine.order_id, OrderLine.offer_id, OrderLine.sku_id, Sku.code.label("sku_code"),
    Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"), Sku.spec, Sku.spec_en, Sku.picture,
    OrderLine.qty, OrderLine.cut_qty, OrderLine.unit_price_cents, OrderLine.final_price_cents,
    OrderLine.refunded_cents, OrderLine.commission_bps, OrderLine.wanted_qty, OrderLine.tolerance_qty,
    OrderLine.given_qty, Sku.estimate_g, Weighing.weight_g, OrderLine.tax_bps,
).join(Sku, Sku.id == OrderLine.sku_id).outerjoin(Weighing, Weighing.line_id == OrderLine.id)  # fmt: skip
#: Built once: every pickup asks it.
_PRICES = (
    select(OrderLine.id, OrderLine.final_price_cents, Order.currency)
    .join(Order, Order.id == OrderLine.order_id)
    .where(OrderLine.order_id == bindparam("order_id"))
)
#: Built once: every order asks it.
_HELD = (
    select(OrderLine.offer_id, func.sum(_EFFECTIVE).label("qty"))
    .join(Order, Order.id == OrderLine.order_id)
    .where(
        OrderLine.resident_id == bindparam("resident_id"),
        OrderLine.offer_id.in_(bindparam("offer_ids", expanding=True)),
        Order.status.in_([OrderStatus.PLACED, OrderStatus.PAID]),
    )
    .group_by(OrderLine.offer_id)
)


def get_order(session: Session, order_id: UUID) -> OrderCard:
    """One order with its lines; raises NotFound. Callers compare the owner."""
    found = _cards(session, _ORDER.where(Order.id == order_id))
    if not found:
        raise NotFound("order")
    return found[0]


def final_prices(session: Session, order_id: UUID) -> tuple[str, dict[UUID, int]]:
    """An order's currency, and what one piece of each of its lines costs in the end, in minor units."""
    rows = session.execute(_PRICES, {"order_id": order_id}).all()
    return rows[0].currency, {row.id: row.final_price_cents for row in rows}


def orders_of_resident(session: Session, resident_id: UUID, ask: PageAsk) -> Page[OrderCard]:
    """A resident's orders, newest first."""
    return _page(session, ask, Order.resident_id == resident_id)


def orders_of_round(
    session: Session, group_buy_id: UUID, ask: PageAsk, status: OrderStatus | None = None, text: str = ""
) -> Page[OrderCard]:
    """Orders of a round, newest first; `text` matches the order number or the end of the phone number."""
    wanted: list[ColumnElement[bool]] = [Order.group_buy_id == group_buy_id]
    if status:
        wanted.append(Order.status == status)
    if text:
        wanted.append(Order.no.icontains(text, autoescape=True) | search.is_phone(Account.phone, text))
    return _page(session, ask, and_(*wanted))


def search_orders(session: Session, ask: PageAsk, wanted: OrderFilter) -> Page[OrderCard]:
    """Orders of all rounds for HQ, newest first; the text matches the number, the name or the end of the phone."""
    equal = {
        Order.hub_id: wanted.hub_id, Order.group_buy_id: wanted.group_buy_id, Order.status: wanted.status,
        Order.leader_id: wanted.leader_id,
    }  # fmt: skip
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.text:
        conditions.append(
            Order.no.icontains(wanted.text, autoescape=True)
            | search.holds(Account.search_key, wanted.text)
            | search.is_phone(Account.phone, wanted.text)
        )
    return _page(session, ask, and_(True, *conditions))


def orders_of_leader(
    session: Session, leader_id: UUID, ask: PageAsk, group_buy_id: UUID | None = None, text: str = ""
) -> Page[OrderCard]:
    """Orders that a leader hands out, newest first; `text` matches the number, the name or the phone's tail."""
    wanted: list[ColumnElement[bool]] = [Order.leader_id == leader_id]
    if group_buy_id:
        wanted.append(Order.group_buy_id == group_buy_id)
    if text:
        wanted.append(
            Order.no.icontains(text, autoescape=True)
            | search.holds(Account.search_key, text)
            | search.is_phone(Account.phone, text)
        )
    return _page(session, ask, and_(*wanted))


def unpaid_of_leader(session: Session, leader_id: UUID) -> list[tuple[UUID, UUID]]:
    """Orders at a leader that wait for payment, each with its resident."""
    wanted = select(Order.id, Order.resident_id).where(UNPAID, Order.leader_id == leader_id).order_by(Order.id)
    return [(order_id, resident_id) for order_id, resident_id in session.execute(wanted)]


def _page(session: Session, ask: PageAsk, condition: ColumnElement[bool]) -> Page[OrderCard]:
    wanted = _ORDER.where(condition).order_by(Order.id.desc()).limit(ask.limit + 1)
    if ask.after:
        wanted = wanted.where(Order.id < ask.after)
    rows = _cards(session, wanted)
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def _cards(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[OrderCard]:
    """Orders with their lines, in two statements whatever their number."""
    rows = session.execute(wanted).all()
    lines: dict[UUID, list[LineCard]] = defaultdict(list)
    for line in _lines(session, OrderLine.order_id.in_([row.Order.id for row in rows])):
        lines[line.order_id].append(line)
    return [
        OrderCard(
            id=o.id, no=o.no, status=o.status, resident_id=o.resident_id, resident_name=row.resident_name,
            phone_tail=row.phone_tail or "", hub_id=o.hub_id, group_buy_id=o.group_buy_id,
            neighbourhood_id=o.neighbourhood_id, pickup_point_id=o.pickup_point_id, leader_id=o.leader_id,
            pickup_on=o.pickup_on, currency=o.currency, total_cents=o.total_cents, refunded_cents=o.refunded_cents,
            note=o.note, placed_at=o.placed_at, pay_by=o.pay_by, paid_at=o.paid_at, ended_at=o.ended_at,
            lines=tuple(lines[o.id]),
        )
        for row in rows
        for o in (row.Order,)
    ]  # fmt: skip


def lines_by_id(session: Session, line_ids: Sequence[UUID]) -> dict[UUID, LineCard]:
    """Lines by id."""
    return {line.id: line for line in _lines(session, OrderLine.id.in_(line_ids))}


def _lines(session: Session, condition: ColumnElement[bool]) -> list[LineCard]:
    rows = session.execute(_LINE.where(condition).order_by(OrderLine.order_id, Sku.code))
    return [LineCard(**row._mapping) for row in rows]


def effective_demand(group_buy_id: UUID) -> Select[UUID, UUID, UUID, UUID, int]:
    """Paid pieces still due by pickup point and SKU, as one statement that others may insert from."""
    return (
        select(
            OrderLine.group_buy_id, OrderLine.pickup_point_id, OrderLine.sku_id, Order.hub_id,
            func.sum(_EFFECTIVE).label("qty"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID, _EFFECTIVE > 0)
        .group_by(OrderLine.group_buy_id, OrderLine.pickup_point_id, OrderLine.sku_id, Order.hub_id)
    )  # fmt: skip


def demand(session: Session, group_buy_id: UUID) -> list[DemandRow]:
    """Paid pieces still due by pickup point and SKU: one statement, whatever the number of orders."""
    rows = session.execute(effective_demand(group_buy_id))
    return [DemandRow(pickup_point_id=r.pickup_point_id, sku_id=r.sku_id, qty=r.qty) for r in rows]


def wished_by_offer(session: Session, group_buy_id: UUID, offer_ids: Sequence[UUID]) -> dict[UUID, Wished]:
    """What the paid lines of some offers wish: pieces wanted in any case, and pieces tolerated to fill a box.

    Cuts that fill boxes do not change it, so a cut-off that starts again decides the same. Offers that nobody wishes
    are left out. One pass over the round's lines, none where no offer is named.
    """
    if not offer_ids:
        return {}
    wanted = (
        select(
            OrderLine.offer_id, func.sum(func.coalesce(OrderLine.wanted_qty, _EFFECTIVE)).label("wanted_qty"),
            func.sum(OrderLine.tolerance_qty).label("tolerance_qty"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID,
            OrderLine.offer_id == one_of(offer_ids),
        )
        .group_by(OrderLine.offer_id)
    )  # fmt: skip
    wished = {r.offer_id: Wished(r.wanted_qty, r.tolerance_qty) for r in session.execute(wanted)}
    return {offer_id: wish for offer_id, wish in wished.items() if wish.wanted_qty + wish.tolerance_qty > 0}


def box_lines(session: Session, group_buy_id: UUID, offer_ids: Sequence[UUID]) -> list[BoxLine]:
    """The paid lines of offers in full boxes with their wishes, by line id: two statements, whatever the number."""
    of_round = (
        select(
            OrderLine.id, OrderLine.order_id, OrderLine.offer_id, OrderLine.wanted_qty, OrderLine.tolerance_qty,
            OrderLine.unit_price_cents,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID,
            OrderLine.offer_id.in_(offer_ids), OrderLine.wanted_qty.is_not(None),
        )
    )  # fmt: skip
    lines = of_round.subquery()
    own = (lines.c.order_id == WishRow.order_id) & (lines.c.offer_id == WishRow.offer_id)
    journal = select(
        WishRow.id, lines.c.id.label("line_id"), WishRow.at, WishRow.wanted_delta, WishRow.tolerance_delta
    ).join(lines, own)
    steps: dict[UUID, list[WishStep]] = defaultdict(list)
    for row in session.execute(journal):
        steps[row.line_id].append(WishStep(**row._mapping))
    return [
        BoxLine(
            line_id=row.id, offer_id=row.offer_id, wanted_qty=row.wanted_qty, tolerance_qty=row.tolerance_qty,
            unit_price_cents=row.unit_price_cents, steps=tuple(steps[row.id]),
        )
        for row in session.execute(of_round.order_by(OrderLine.id))
    ]  # fmt: skip


def scale_terms(line_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """Paid lines with their estimate, price and what the scale said before, by id."""
    return (
        select(
            OrderLine.id, _EFFECTIVE.label("due_qty"), OrderLine.final_price_cents, Sku.estimate_g, Weighing.weight_g,
            Weighing.price_cents, Weighing.estimate_g.label("weighed_estimate_g"), Weighing.most_cents, Weighing.qty,
        )
        .join(Order, Order.id == OrderLine.order_id).join(Sku, Sku.id == OrderLine.sku_id)
        .outerjoin(Weighing, Weighing.line_id == OrderLine.id)
        .where(OrderLine.id.in_(line_ids), Order.status == OrderStatus.PAID)
        .order_by(OrderLine.id)
    )  # fmt: skip


def open_lines(
    session: Session,
    group_buy_id: UUID,
    sku_ids: Sequence[UUID] | None = None,
    pickup_point_id: UUID | None = None,
    offer_ids: Sequence[UUID] | None = None,
) -> list[OpenLine]:
    """Paid lines with pieces still due, in the order in which they were paid."""
    wanted = (
        select(
            OrderLine.id.label("line_id"), OrderLine.order_id, OrderLine.offer_id, OrderLine.sku_id,
            OrderLine.pickup_point_id, OrderLine.resident_id, _EFFECTIVE.label("effective_qty"),
            OrderLine.unit_price_cents, OrderLine.final_price_cents, Order.paid_at,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID, _EFFECTIVE > 0)
        .order_by(Order.paid_at, OrderLine.id)
    )  # fmt: skip
    if sku_ids is not None:
        wanted = wanted.where(OrderLine.sku_id.in_(sku_ids))
    if offer_ids is not None:
        wanted = wanted.where(OrderLine.offer_id == one_of(offer_ids))
    if pickup_point_id is not None:
        wanted = wanted.where(OrderLine.pickup_point_id == pickup_point_id)
    return [OpenLine(**row._mapping) for row in session.execute(wanted)]


def cuts_of_order(session: Session, order_id: UUID, cause_id: UUID | None = None) -> list[Cut]:
    """Everything that was taken off an order, oldest first; with `cause_id` what that one cause took off."""
    wanted = (
        select(LineCut, OrderLine.sku_id, OrderLine.resident_id, Order.paid_at)
        .join(OrderLine, OrderLine.id == LineCut.line_id)
        .join(Order, Order.id == LineCut.order_id)
        .where(LineCut.order_id == order_id)
        .order_by(LineCut.at, LineCut.id)
    )
    if cause_id is not None:
        wanted = wanted.where(LineCut.cause_id == cause_id)
    return [
        Cut(
            id=r.LineCut.id, line_id=r.LineCut.line_id, order_id=order_id, sku_id=r.sku_id, resident_id=r.resident_id,
            qty=r.LineCut.qty, amount_cents=r.LineCut.amount_cents, reason=r.LineCut.reason,
            is_paid=r.paid_at is not None, is_new=False,
        )
        for r in session.execute(wanted)
    ]  # fmt: skip


def qty_of_resident(session: Session, resident_id: UUID, offer_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Pieces of offers that a resident holds in orders that are placed or paid."""
    rows = session.execute(_HELD, {"resident_id": resident_id, "offer_ids": offer_ids})
    return {r.offer_id: r.qty for r in rows}


def round_totals(session: Session, group_buy_id: UUID) -> dict[OrderStatus, tuple[int, int]]:
    """(orders, net cents) of a round by status."""
    wanted = (
        select(Order.status, func.count(Order.id), func.sum(Order.total_cents - Order.refunded_cents))
        .where(Order.group_buy_id == group_buy_id)
        .group_by(Order.status)
    )
    return {status: (number, int(cents)) for status, number, cents in session.execute(wanted)}


def paid_orders(session: Session, group_buy_id: UUID) -> list[UUID]:
    """The paid orders of a round."""
    return list(session.scalars(select(Order.id).filter_by(group_buy_id=group_buy_id, status=OrderStatus.PAID)))


def has_unpaid(session: Session, group_buy_id: UUID) -> bool:
    """Whether a round has an order that waits for payment; one look into an index."""
    return bool(session.scalar(select(exists().where(Order.group_buy_id == group_buy_id, UNPAID))))


def sales_by_day(session: Session, since: datetime, hub_id: UUID | None = None) -> list[SalesDay]:
    """Paid orders by the local day of their hub, net of what was taken off them; days without any are missing."""
    day = cast(func.timezone(HubRow.timezone, Order.paid_at), Date)
    wanted = (
        select(
            day.label("on_date"), func.count(Order.id).label("orders"),
            func.sum(Order.total_cents - Order.refunded_cents).label("net_cents"),
            func.count(Order.leader_id.distinct()).label("leaders"),
        )
        .join(HubRow, HubRow.id == Order.hub_id)
        .where(Order.status == OrderStatus.PAID, Order.paid_at >= since)
        .group_by(day)
        .order_by(day)
    )  # fmt: skip
    if hub_id is not None:
        wanted = wanted.where(Order.hub_id == hub_id)
    return [SalesDay(**{**row, "net_cents": int(row["net_cents"])}) for row in session.execute(wanted).mappings()]


def point_load(session: Session, pickup_point_id: UUID, on: date, order_id: UUID) -> PointLoad:
    """Orders of a pickup point for a day by zone ("" = all), with goods still due; `order_id` counts in any case.

    Unpaid orders hold their place until they lapse, as they hold their pieces.
    """
    stands = Order.status.in_([OrderStatus.PLACED, OrderStatus.PAID]) | (Order.id == order_id)
    found = session.execute(
        select(Sku.zone, func.array_agg(Order.id.distinct()).label("ids"))
        .select_from(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(Order.pickup_point_id == pickup_point_id, Order.pickup_on == on, stands, _EFFECTIVE > 0)
        .group_by(Sku.zone)
    )
    by_zone = {zone.value: set(ids) for zone, ids in found}
    by_zone[""] = set().union(*by_zone.values())
    return PointLoad(
        orders={zone: len(ids) for zone, ids in by_zone.items()},
        own_zones=frozenset(zone for zone, ids in by_zone.items() if order_id in ids),
    )


def cash_missed(session: Session, resident_id: UUID, since: datetime) -> int:
    """How many orders placed since an instant a resident had promised to pay in cash, and fetched nothing of."""
    left_behind = exists().where(LineCut.order_id == Order.id, LineCut.reason == CutReason.UNCLAIMED)
    promised = exists().where(
        Payment.order_id == Order.id, Payment.method == Method.CASH, Payment.capture_cents == 0,
        Payment.released_cents == Payment.amount_cents,
    )  # fmt: skip
    wanted = select(func.count(Order.id)).where(
        Order.resident_id == resident_id, Order.placed_at >= since, left_behind, promised
    )
    return session.scalar(wanted) or 0


def buyers_by_neighbourhood(session: Session, ids: Sequence[UUID], since: datetime) -> dict[UUID, int]:
    """How many different residents of each neighbourhood placed a paid order since then; none are left out."""
    counted = (
        select(Order.neighbourhood_id, func.count(Order.resident_id.distinct()))
        .where(Order.neighbourhood_id.in_(ids), Order.status == OrderStatus.PAID, Order.placed_at >= since)
        .group_by(Order.neighbourhood_id)
    )
    return dict(session.execute(counted).all())


def orders_by_day(session: Session, pickup_point_id: UUID, since: date) -> dict[date, int]:
    """Orders that stand at a pickup point by pickup day, from a day on."""
    counted = (
        select(Order.pickup_on, func.count(Order.id))
        .where(Order.pickup_point_id == pickup_point_id, Order.pickup_on >= since)
        .where(Order.status.in_([OrderStatus.PLACED, OrderStatus.PAID]))
        .group_by(Order.pickup_on).order_by(Order.pickup_on)
    )  # fmt: skip
    return dict(session.execute(counted).all())
