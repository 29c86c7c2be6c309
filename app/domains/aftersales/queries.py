"""Reads of the aftersales room; nothing here writes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.aftersales import rules
from app.domains.aftersales.models import Claim
from app.domains.aftersales.values import ClaimableLine, ClaimCard, ClaimOption, ClaimStatus
from app.domains.catalogue.models import Category, Sku
from app.domains.logistics.models import PickupEvent, PickupEventLine, PickupLine
from app.domains.orders.models import Order, OrderLine
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def claims(
    session: Session, ask: PageAsk, status: ClaimStatus | None = None, hub_id: UUID | None = None
) -> Page[ClaimCard]:
    """Claims for the desk: open ones with the nearest deadline first, others newest first."""
    conditions: list[ColumnElement[bool]] = []
    if status is not None:
        conditions.append(Claim.status == status)
    if hub_id is not None:
        conditions.append(Claim.hub_id == hub_id)
    return _page(session, ask, conditions, oldest_first=status is ClaimStatus.OPEN)


def claims_of_resident(
    session: Session, resident_id: UUID, ask: PageAsk, order_id: UUID | None = None
) -> Page[ClaimCard]:
    """A resident's claims, newest first; of one order, or of all."""
    conditions = [Claim.resident_id == resident_id]
    if order_id is not None:
        conditions.append(Claim.order_id == order_id)
    return _page(session, ask, conditions)


def get_claim(session: Session, claim_id: UUID) -> ClaimCard:
    """One claim; raises NotFound. Callers compare the owner."""
    found = _cards(session, _CARD.where(Claim.id == claim_id))
    if not found:
        raise NotFound("claim")
    return found[0]


def claims_by_line(session: Session, order_line_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Claims about order lines, oldest first; lines that nobody complained about are missing."""
    found: dict[UUID, list[UUID]] = {}
    wanted = select(Claim.order_line_id, Claim.id).where(Claim.order_line_id.in_(order_line_ids)).order_by(Claim.id)
    for line_id, claim_id in session.execute(wanted):
        found.setdefault(line_id, []).append(claim_id)
    return found


def open_and_late(session: Session, now: datetime, hub_id: UUID | None = None) -> tuple[int, int]:
    """How many claims wait for a decision, and how many of them are past their time."""
    wanted = select(func.count(Claim.id), func.count(Claim.id).filter(Claim.due_at < now)).where(
        Claim.status == ClaimStatus.OPEN
    )
    if hub_id is not None:
        wanted = wanted.where(Claim.hub_id == hub_id)
    waiting, late = session.execute(wanted).one()
    return waiting, late


def claimable_line(session: Session, order_line_id: UUID) -> ClaimableLine:
    """One order line as far as claims go; raises NotFound. Callers compare the owner."""
    found = _claimable(session, OrderLine.id == order_line_id)
    if not found:
        raise NotFound("order_line")
    return found[0]


def claim_options(session: Session, order_id: UUID, now: datetime) -> dict[UUID, ClaimOption]:
    """What can be claimed of an order at `now`, by line; lines with nothing left to claim are missing."""
    lines = _claimable(session, OrderLine.order_id == order_id)
    return {line.order_line_id: found for line in lines if (found := rules.option(line, now))}


def _claimable(session: Session, condition: ColumnElement[bool]) -> list[ClaimableLine]:
    picked_at = (
        select(func.max(PickupEvent.at))
        .join(PickupEventLine, PickupEventLine.event_id == PickupEvent.id)
        .where(PickupEvent.pickup_id == PickupLine.pickup_id, PickupEventLine.order_line_id == OrderLine.id)
        .scalar_subquery()
    )
    of_line = Claim.order_line_id == OrderLine.id
    claimed = select(func.coalesce(func.sum(Claim.qty), 0)).where(of_line, Claim.status != ClaimStatus.REJECTED)
    asked = select(func.coalesce(func.sum(Claim.claimed_cents), 0)).where(of_line, Claim.status == ClaimStatus.OPEN)
    paid = func.greatest(
        OrderLine.qty * OrderLine.unit_price_cents - OrderLine.refunded_cents - asked.scalar_subquery(), 0
    )
    rows = session.execute(
        select(
            OrderLine.id.label("order_line_id"), OrderLine.order_id, OrderLine.group_buy_id, OrderLine.sku_id,
            OrderLine.resident_id, Order.leader_id, Order.hub_id, Order.currency, OrderLine.final_price_cents,
            paid.label("left_cents"), func.coalesce(PickupLine.picked_qty, 0).label("picked_qty"),
            picked_at.label("picked_at"), claimed.scalar_subquery().label("claimed_qty"), Category.claim_hours,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .join(Category, Category.id == Sku.category_id)
        .outerjoin(PickupLine, PickupLine.order_line_id == OrderLine.id)
        .where(condition)
        .order_by(OrderLine.id)
    )  # fmt: skip
    return [ClaimableLine(**{**row, "left_cents": int(row["left_cents"])}) for row in rows.mappings()]


_CARD: Select[*tuple[Any, ...]] = (
    select(
        Claim.id, Claim.order_id, Order.no.label("order_no"), Claim.order_line_id, Claim.sku_id,
        Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"), Claim.resident_id,
        Account.name.label("resident_name"), Claim.leader_id, Claim.hub_id, Claim.kind, Claim.qty, Claim.text,
        Claim.status, Claim.claimed_cents, Claim.refunded_cents, Claim.fault, Claim.reason, Claim.filed_at,
        Claim.due_at, Claim.decided_at, Claim.decided_by,
    )
    .join(Order, Order.id == Claim.order_id)
    .join(Sku, Sku.id == Claim.sku_id)
    .join(Account, Account.id == Claim.resident_id)
)  # fmt: skip


def _page(
    session: Session, ask: PageAsk, conditions: list[ColumnElement[bool]], *, oldest_first: bool = False
) -> Page[ClaimCard]:
    wanted = _CARD.where(and_(True, *conditions)).limit(ask.limit + 1)
    wanted = wanted.order_by(Claim.id if oldest_first else Claim.id.desc())
    if ask.after:
        wanted = wanted.where(Claim.id > ask.after if oldest_first else Claim.id < ask.after)
    rows = _cards(session, wanted)
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def _cards(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[ClaimCard]:
    return [ClaimCard(**row) for row in session.execute(wanted).mappings()]
