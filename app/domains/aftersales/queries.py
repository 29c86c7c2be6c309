"""Reads of the aftersales room; nothing here writes."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.aftersales import rules
from app.domains.aftersales.models import Alert, Claim, Note, Photo, PolicyRow
from app.domains.aftersales.values import (
    AlertCard,
    ClaimableLine,
    ClaimCard,
    ClaimOption,
    ClaimPolicy,
    ClaimStatus,
    History,
    NoteCard,
    NoteKind,
    PolicyCard,
)
from app.domains.catalogue.models import Category, Sku
from app.domains.logistics.models import PickupEvent, PickupEventLine, PickupLine
from app.domains.orders.models import Order, OrderLine
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


class Whose(StrEnum):
    """Which claims of the desk: those in one's own hand, or those that nobody took."""

    MINE = "mine"
    NOBODYS = "nobodys"


def claims(
    session: Session, ask: PageAsk, status: ClaimStatus | None = None, hub_id: UUID | None = None,
    owner: tuple[Whose, UUID | None] | None = None,
) -> Page[ClaimCard]:  # fmt: skip
    """Claims for the desk: open ones with the nearest deadline first (so those past it lead), others newest first."""
    conditions: list[ColumnElement[bool]] = []
    if status is not None:
        conditions.append(Claim.status == status)
    if hub_id is not None:
        conditions.append(Claim.hub_id == hub_id)
    if owner is not None:
        conditions.append(Claim.owner_id.is_(None) if owner[0] is Whose.NOBODYS else Claim.owner_id == owner[1])
    return _page(session, ask, conditions, due_first=status is ClaimStatus.OPEN)


def claims_of_leader(
    session: Session, leader_id: UUID, ask: PageAsk, status: ClaimStatus | None = None
) -> Page[ClaimCard]:
    """Claims about what a leader handed out, newest first; open ones with the nearest deadline first."""
    conditions: list[ColumnElement[bool]] = [Claim.leader_id == leader_id]
    if status is not None:
        conditions.append(Claim.status == status)
    return _page(session, ask, conditions, due_first=status is ClaimStatus.OPEN)


def evidence_wanted(session: Session, leader_id: UUID, now: datetime) -> int:
    """How many open claims wait for a leader's side, and still may have it."""
    heard = select(Note.id).where(Note.claim_id == Claim.id, Note.kind == NoteKind.EVIDENCE).exists()
    wanted = select(func.count(Claim.id)).where(
        Claim.leader_id == leader_id, Claim.status == ClaimStatus.OPEN, Claim.evidence_due_at >= now, ~heard
    )
    return session.scalar(wanted) or 0


def notes(session: Session, claim_id: UUID) -> list[NoteCard]:
    """What was added to a claim, oldest first."""
    rows = session.scalars(select(Note).where(Note.claim_id == claim_id).order_by(Note.at, Note.id))
    return [
        NoteCard(claim_id=row.claim_id, kind=row.kind, by_id=row.by_id, by_name=row.by_name, text=row.text,
                 photos=tuple(row.photos), at=row.at)
        for row in rows
    ]  # fmt: skip


def has_photo(session: Session, claim_id: UUID, key: str) -> bool:
    """Whether a picture lies beside a claim. Callers ask first whether the claim concerns who looks."""
    lying = select(Note.id).where(Note.claim_id == claim_id, Note.photos.contains([key])).limit(1)
    return session.scalar(lying) is not None


def is_about_leader(session: Session, leader_id: UUID, key: str) -> bool:
    """Whether a picture lies beside a claim about what this leader handed out."""
    lying = select(Note.id).join(Claim, Claim.id == Note.claim_id)
    lying = lying.where(Claim.leader_id == leader_id, Note.photos.contains([key])).limit(1)
    return session.scalar(lying) is not None


def own_photos(session: Session, account_id: UUID, keys: Collection[str]) -> set[str]:
    """Those of the keys that this account uploaded."""
    return set(session.scalars(select(Photo.key).where(Photo.account_id == account_id, Photo.key.in_(keys))))


def photos_since(session: Session, account_id: UUID, since: datetime) -> int:
    """How many pictures an account uploaded since then."""
    return session.scalar(select(func.count()).where(Photo.account_id == account_id, Photo.at >= since)) or 0


def current_policy(session: Session) -> PolicyCard:
    """The policy by which claims are screened now; version 1 stands in the rules."""
    found = policies(session, 1)
    return found[0] if found else PolicyCard(policy=rules.DEFAULT_POLICY, at=None, by="")


def policies(session: Session, limit: int = 20) -> list[PolicyCard]:
    """Policies that were adopted, newest first."""
    names = ClaimPolicy.__dataclass_fields__
    return [
        PolicyCard(policy=ClaimPolicy(**{name: getattr(row, name) for name in names}), at=row.at, by=row.by)
        for row in session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(limit))
    ]


def history(session: Session, resident_id: UUID, since: datetime) -> History:
    """A resident's claims and the lines handed out to her since then."""
    filed = select(func.count(Claim.id)).where(Claim.resident_id == resident_id, Claim.filed_at >= since)
    picked = (
        select(func.count(PickupEventLine.order_line_id.distinct()))
        .join(PickupEvent, PickupEvent.id == PickupEventLine.event_id)
        .join(OrderLine, OrderLine.id == PickupEventLine.order_line_id)
        .where(OrderLine.resident_id == resident_id, PickupEvent.at >= since)
    )
    return History(claims=session.scalar(filed) or 0, picked_lines=session.scalar(picked) or 0)


def complaining(session: Session, group_buy_id: UUID, sku_id: UUID) -> int:
    """How many residents complain about a SKU of a round; rejected claims do not count."""
    wanted = select(func.count(Claim.resident_id.distinct())).where(
        Claim.group_buy_id == group_buy_id, Claim.sku_id == sku_id, Claim.status != ClaimStatus.REJECTED
    )
    return session.scalar(wanted) or 0


def alerts(session: Session, hub_id: UUID | None = None, *, unseen: bool = True) -> list[AlertCard]:
    """SKUs of rounds about which several residents complain, newest first; those that nobody laid aside, or all."""
    standing = and_(
        Claim.group_buy_id == Alert.group_buy_id, Claim.sku_id == Alert.sku_id, Claim.status != ClaimStatus.REJECTED
    )
    wanted = (
        select(
            Alert.id, Alert.hub_id, Alert.group_buy_id, Alert.sku_id, Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), func.count(Claim.resident_id.distinct()).label("residents"),
            func.count(Claim.id).label("claims"), func.coalesce(func.sum(Claim.qty), 0).label("pieces"),
            Alert.raised_at, Alert.seen_at, Alert.seen_by,
        )
        .join(Sku, Sku.id == Alert.sku_id)
        .outerjoin(Claim, standing)
        .group_by(Alert.id, Sku.id)
        .order_by(Alert.raised_at.desc(), Alert.id)
        .limit(50)
    )  # fmt: skip
    if hub_id is not None:
        wanted = wanted.where(Alert.hub_id == hub_id)
    if unseen:
        wanted = wanted.where(Alert.seen_at.is_(None))
    return [AlertCard(**{**row, "pieces": int(row["pieces"])}) for row in session.execute(wanted).mappings()]


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
        Claim.due_at, Claim.decided_at, Claim.decided_by, Claim.group_buy_id, Claim.evidence_due_at, Claim.screening,
        Claim.policy_version, Claim.owner_id, Claim.owner_name,
    )
    .join(Order, Order.id == Claim.order_id)
    .join(Sku, Sku.id == Claim.sku_id)
    .join(Account, Account.id == Claim.resident_id)
)  # fmt: skip


def _page(
    session: Session, ask: PageAsk, conditions: list[ColumnElement[bool]], *, due_first: bool = False
) -> Page[ClaimCard]:
    wanted = _CARD.where(and_(True, *conditions)).limit(ask.limit + 1)
    wanted = wanted.order_by(Claim.due_at, Claim.id) if due_first else wanted.order_by(Claim.id.desc())
    if ask.after and due_first:
        last = select(Claim.due_at).where(Claim.id == ask.after).scalar_subquery()
        wanted = wanted.where(tuple_(Claim.due_at, Claim.id) > tuple_(last, ask.after))
    elif ask.after:
        wanted = wanted.where(Claim.id < ask.after)
    rows = _cards(session, wanted)
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def _cards(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[ClaimCard]:
    return [ClaimCard(**row) for row in session.execute(wanted).mappings()]
