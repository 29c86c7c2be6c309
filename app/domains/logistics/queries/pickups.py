"""Pickups, their codes and what was handed out."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.logistics.models import (
    Pickup,
    PickupEvent,
    PickupEventLine,
    PickupLine,
)
from app.domains.logistics.queries.columns import POINT_TEXTS, SKU_TEXTS
from app.domains.logistics.queries.leaders import served_point
from app.domains.logistics.values.pickup import (
    OPEN_PICKUPS,
    OpenPickup,
    PickedLine,
    PickupCard,
    PickupLineCard,
    PickupNotice,
    PickupState,
    WaitingGoods,
)
from app.domains.orders.models import Order, OrderLine
from app.domains.orders.values import OrderStatus
from app.domains.supply.models import Lot, StockMovement
from app.domains.supply.values import MovementKind
from app.infra import search
from app.infra.bulk import any_of, one_of


def pickups_of_leader(session: Session, leader_id: UUID, pickup_on: date, text: str = "") -> list[PickupCard]:
    """Orders of a day at the point that a leader serves, those still to be handed out first.

    `text` matches the order number, the name or the end of the phone number.
    """
    wanted = and_(Pickup.pickup_point_id == served_point(leader_id), Pickup.pickup_on == pickup_on)
    if text:
        wanted = and_(
            wanted,
            or_(
                Order.no.icontains(text, autoescape=True),
                search.holds(Account.search_key, text),
                search.is_phone(Account.phone, text),
            ),
        )
    return _pickups(session, wanted)


def waiting_of_leader(session: Session, leader_id: UUID, before: date) -> list[PickupCard]:
    """Orders of days before `before` whose goods still wait at the point that a leader serves."""
    here = Pickup.pickup_point_id == served_point(leader_id)
    return _pickups(session, and_(here, Pickup.state.in_(OPEN_PICKUPS), Pickup.pickup_on < before))


def find_pickup_of_leader(session: Session, leader_id: UUID, pickup_id: UUID) -> PickupCard | None:
    """One pickup at the point that a leader serves; None for any other."""
    here = Pickup.pickup_point_id == served_point(leader_id)
    return next(iter(_pickups(session, and_(here, Pickup.id == pickup_id))), None)


def pickup_of_order(session: Session, order_id: UUID) -> PickupCard | None:
    """How far an order is handed out; None before it was paid. Callers compare the owner."""
    return next(iter(_pickups(session, Pickup.order_id == order_id)), None)


#: Built once: every pickup asks it.
_FROZEN = (
    select(Sku.code, Sku.name)
    .join(PickupLine, PickupLine.sku_id == Sku.id)
    .where(
        PickupLine.order_line_id == any_of("line_ids"),
        exists().where(
            StockMovement.cause_id == bindparam("group_buy_id"), StockMovement.kind == MovementKind.SORTED,
            StockMovement.sku_id == PickupLine.sku_id, Lot.id == StockMovement.lot_id, Lot.frozen_at.is_not(None),
        ),
    )
    .distinct()
    .order_by(Sku.code)
)  # fmt: skip


def frozen_among(session: Session, group_buy_id: UUID, line_ids: Collection[UUID]) -> list[str]:
    """Goods on these lines of a round of which a recalled lot went to the tables, by SKU code and name."""
    found = session.execute(_FROZEN, {"group_buy_id": group_buy_id, "line_ids": list(line_ids)})
    return [f"{code} {name}" for code, name in found]


def open_pickups(session: Session, leader_id: UUID, days: tuple[date, date] | None = None) -> list[OpenPickup]:
    """What a leader has still to hand out, of some pickup days or all, with the pieces that lie at her door."""
    wanted = open_pickup_rows().where(Pickup.leader_id == leader_id)
    if days:
        wanted = wanted.where(Pickup.pickup_on.between(*days))
    return read_open_pickups(session, wanted)


def open_pickups_at(session: Session, pickup_point_id: UUID) -> list[OpenPickup]:
    """What is still to be handed out at a point, whoever is to do it."""
    return read_open_pickups(session, open_pickup_rows().where(Pickup.pickup_point_id == pickup_point_id))


def open_pickup_rows() -> Select[*tuple[Any, ...]]:
    """Pickups of orders that are still to be fetched, with the pieces that lie there for them."""
    lies = select(func.sum(PickupLine.due_qty - PickupLine.picked_qty)).where(PickupLine.pickup_id == Pickup.id)
    return (
        select(
            Pickup.id, Pickup.order_id, Pickup.resident_id, Pickup.group_buy_id, Pickup.pickup_point_id,
            Pickup.leader_id, Pickup.pickup_on, Pickup.code, Pickup.state,
            func.coalesce(lies.scalar_subquery(), 0).label("pieces"),
        )
        .where(Pickup.state.in_([PickupState.EXPECTED, *OPEN_PICKUPS])).order_by(Pickup.id)
    )  # fmt: skip


def read_open_pickups(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[OpenPickup]:
    """Rows of `open_pickup_rows`."""
    return [OpenPickup(**{**row, "pieces": int(row["pieces"])}) for row in session.execute(wanted).mappings()]


def goods_of_pickups(session: Session, pickup_ids: Collection[UUID]) -> list[WaitingGoods]:
    """What still lies at a door for some pickups, added up by SKU and by who hands it out now."""
    left = PickupLine.due_qty - PickupLine.picked_qty
    rows = session.execute(
        select(
            Pickup.leader_id, PickupLine.sku_id, Sku.code.label("sku_code"), *SKU_TEXTS, func.sum(left).label("qty"),
            func.count(Pickup.id.distinct()).label("orders"),
        )
        .join(Pickup, Pickup.id == PickupLine.pickup_id).join(Sku, Sku.id == PickupLine.sku_id)
        .where(Pickup.id.in_(pickup_ids), Pickup.state.in_(OPEN_PICKUPS), left > 0)
        .group_by(Pickup.leader_id, PickupLine.sku_id, Sku.code, Sku.zone, *SKU_TEXTS)
        .order_by(Pickup.leader_id, Sku.zone, Sku.code)
    )  # fmt: skip
    return [WaitingGoods(**{**row, "qty": int(row["qty"])}) for row in rows.mappings()]


def states_by_order(session: Session, order_ids: Collection[UUID]) -> dict[UUID, PickupState]:
    """How far orders are handed out, in one statement; orders without a pickup are missing."""
    wanted = select(Pickup.order_id, Pickup.state).where(Pickup.order_id.in_(order_ids))
    return dict(session.execute(wanted).all())


def pickup_code_of_order(session: Session, order_id: UUID, resident_id: UUID) -> str | None:
    """The code that opens a resident's own order; None for anybody else and once nothing is left to fetch."""
    return session.scalar(
        select(Pickup.code).where(
            Pickup.order_id == order_id,
            Pickup.resident_id == resident_id,
            Pickup.state.in_([PickupState.EXPECTED, *OPEN_PICKUPS]),
        )
    )


def find_pickup_by_code(session: Session, leader_id: UUID, code: str) -> PickupCard | None:
    """The order that a code would open at the point that a leader serves, to be shown before it is handed out.

    Doors must go through `flows.pickup.look_up`, which counts wrong tries.
    """
    found = session.scalar(candidates(leader_id, code, event_key="").limit(1))
    return next(iter(_pickups(session, Pickup.id == found.id)), None) if found else None


def candidates(leader_id: UUID, code: str, event_key: str) -> Select[Pickup]:
    """Pickups at a leader's point that a code may mean: one with this event first, then open ones, then the latest."""
    seen = exists().where(PickupEvent.pickup_id == Pickup.id, PickupEvent.event_key == event_key)
    return (
        select(Pickup)
        .where(Pickup.pickup_point_id == served_point(leader_id), Pickup.code == code)
        .order_by(seen.desc(), case((Pickup.state.in_(OPEN_PICKUPS), 0), else_=1), Pickup.pickup_on.desc())
    )


def unclaimed(session: Session, group_buy_id: UUID) -> list[PickupCard]:
    """Orders of a round whose goods wait at their pickup points."""
    return _pickups(session, and_(Pickup.group_buy_id == group_buy_id, Pickup.state.in_(OPEN_PICKUPS)))


def pickups_of_round(session: Session, group_buy_id: UUID) -> list[PickupCard]:
    """All orders of a round at their pickup points; those whose goods have not come yet with what was paid."""
    return with_paid_lines(session, _pickups(session, Pickup.group_buy_id == group_buy_id))


def with_paid_lines(session: Session, cards: list[PickupCard]) -> list[PickupCard]:
    """The same pickups; one whose goods have not come, and so has no lines, gets what its order still is due."""
    waiting = [card.order_id for card in cards if card.state is PickupState.EXPECTED]
    due = OrderLine.qty - OrderLine.cut_qty
    rows = session.execute(
        select(
            OrderLine.order_id, OrderLine.id.label("order_line_id"), OrderLine.sku_id, *SKU_TEXTS, Sku.picture,
            due.label("due_qty"), literal(0).label("picked_qty"),
        )
        .join(Order, Order.id == OrderLine.order_id).join(Sku, Sku.id == OrderLine.sku_id)
        .where(OrderLine.order_id == one_of(waiting), Order.status == OrderStatus.PAID, due > 0)
        .order_by(Sku.zone, Sku.code)
    )  # fmt: skip
    lines: dict[UUID, list[PickupLineCard]] = defaultdict(list)
    for row in rows.mappings():
        fields = dict(row)
        lines[fields.pop("order_id")].append(PickupLineCard(**fields))
    return [replace(card, lines=tuple(lines[card.order_id])) if card.order_id in lines else card for card in cards]


def pickup_notices(
    session: Session,
    group_buy_id: UUID,
    pickup_point_id: UUID | None = None,
    states: Iterable[PickupState] = OPEN_PICKUPS,
) -> list[PickupNotice]:
    """Whom to tell about the goods of a round that wait, with the code; of those that come to one point or of all."""
    pieces = select(func.sum(PickupLine.due_qty - PickupLine.picked_qty)).where(PickupLine.pickup_id == Pickup.id)
    wanted = (
        select(
            Pickup.id.label("pickup_id"), Pickup.order_id, Order.no.label("order_no"), Pickup.resident_id, Pickup.code,
            Pickup.state, POINT_TEXTS[1], func.coalesce(pieces.scalar_subquery(), 0).label("pieces"),
        )
        .join(Order, Order.id == Pickup.order_id).join(PickupPoint, PickupPoint.id == Pickup.pickup_point_id)
        .where(Pickup.group_buy_id == group_buy_id, Pickup.state.in_(list(states))).order_by(Pickup.id)
    )  # fmt: skip
    if pickup_point_id:
        wanted = wanted.where(Pickup.order_id.in_(orders_brought_to(group_buy_id, pickup_point_id)))
    return [PickupNotice(**row) for row in session.execute(wanted).mappings()]


def picked_in_event(session: Session, event_id: UUID) -> tuple[PickedLine, ...]:
    """What one act handed out, with the lines' totals as they are now."""
    rows = session.execute(
        select(PickupEventLine.order_line_id, Pickup.order_id, PickupEventLine.qty, PickupLine.picked_qty)
        .join(PickupLine, PickupLine.order_line_id == PickupEventLine.order_line_id)
        .join(Pickup, Pickup.id == PickupLine.pickup_id)
        .where(PickupEventLine.event_id == event_id).order_by(PickupEventLine.order_line_id)
    )  # fmt: skip
    return tuple(PickedLine(**row) for row in rows.mappings())


def ready_lines(group_buy_id: UUID, pickup_point_id: UUID) -> Select[UUID, UUID, UUID, int]:
    """Paid pieces still due to the expected pickups of one point, as a statement to insert from."""
    due = OrderLine.qty - OrderLine.cut_qty
    return (
        select(OrderLine.id, Pickup.id, OrderLine.sku_id, due)
        .join(Pickup, Pickup.order_id == OrderLine.order_id).join(Order, Order.id == OrderLine.order_id)
        .where(
            Pickup.group_buy_id == group_buy_id, OrderLine.pickup_point_id == pickup_point_id,
            Pickup.state == PickupState.EXPECTED, Order.status == OrderStatus.PAID, due > 0,
        )
    )  # fmt: skip


def orders_brought_to(group_buy_id: UUID, pickup_point_id: UUID) -> Select[UUID]:
    """Orders of a round whose goods the truck brings to a point, wherever they are fetched; a set to compare with."""
    return select(OrderLine.order_id).where(
        OrderLine.group_buy_id == group_buy_id, OrderLine.pickup_point_id == pickup_point_id
    )


def orders_with_goods(group_buy_id: UUID) -> Select[UUID]:
    """Orders of a round that have pieces left, as a set to compare with."""
    return select(OrderLine.order_id).where(OrderLine.group_buy_id == group_buy_id, OrderLine.qty > OrderLine.cut_qty)


def order_no(session: Session, order_id: UUID) -> str:
    """The number of an order."""
    return session.scalars(select(Order.no).where(Order.id == order_id)).one()


def _pickups(session: Session, condition: ColumnElement[bool]) -> list[PickupCard]:
    """Cards with their lines, in two statements whatever their number."""
    rows = session.execute(
        select(Pickup, Order.no, Account.name, func.right(Account.phone, 4))
        .join(Order, Order.id == Pickup.order_id).join(Account, Account.id == Pickup.resident_id).where(condition)
        .order_by(case((Pickup.state.in_(OPEN_PICKUPS), 0), else_=1), func.right(Account.phone, 4), Order.no)
    ).all()  # fmt: skip
    lines: dict[UUID, list[PickupLineCard]] = defaultdict(list)
    cards = session.execute(
        select(
            PickupLine.pickup_id, PickupLine.order_line_id, PickupLine.sku_id, *SKU_TEXTS, Sku.picture,
            PickupLine.due_qty, PickupLine.picked_qty,
        )
        .join(Sku, Sku.id == PickupLine.sku_id).where(PickupLine.pickup_id == one_of(row[0].id for row in rows))
        .order_by(Sku.zone, Sku.code)
    )  # fmt: skip
    for row in cards.mappings():
        fields = dict(row)
        lines[fields.pop("pickup_id")].append(PickupLineCard(**fields))
    return [
        PickupCard(
            id=p.id, order_id=p.order_id, order_no=no, resident_id=p.resident_id, resident_name=name,
            phone_tail=tail or "", pickup_point_id=p.pickup_point_id, leader_id=p.leader_id, pickup_on=p.pickup_on,
            state=p.state, picked_at=p.picked_at, lines=tuple(lines[p.id]),
        )
        for p, no, name, tail in rows
    ]  # fmt: skip
