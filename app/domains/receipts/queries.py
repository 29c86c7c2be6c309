"""Reads of the receipts room; nothing here writes."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domains.catalogue.models import Sku
from app.domains.orders.models import LineCut, OrderLine
from app.domains.payments.models import Payment, Refund
from app.domains.payments.values import PaymentStatus, RefundStatus, Route
from app.domains.receipts.models import Paper, SellerRow
from app.domains.receipts.values import CreditedLine, PaperCard, PaperFilter, PaperKind, Seller
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_ORIGINALS = (PaperKind.RECEIPT, PaperKind.INVOICE)


def paid_cents(session: Session, order_id: UUID) -> int:
    """What was taken for an order by all payments that succeeded, without what should never have come."""
    taken = select(func.coalesce(func.sum(Payment.received_cents), 0)).where(
        Payment.order_id == order_id, Payment.status == PaymentStatus.SUCCEEDED
    )
    wrong = select(func.coalesce(func.sum(Refund.amount_cents), 0)).where(
        Refund.order_id == order_id, Refund.route != Route.RELEASE, Refund.cause_id == Refund.payment_id
    )
    return int(session.scalar(taken) or 0) - int(session.scalar(wrong) or 0)


def is_held(session: Session, order_id: UUID) -> bool:
    """Whether money for an order is only held as yet: what is taken of it is known later."""
    held = select(Payment.id).where(
        Payment.order_id == order_id, Payment.status == PaymentStatus.AUTHORISED,
        Payment.amount_cents > Payment.released_cents,
    )  # fmt: skip
    return bool(session.scalar(select(held.exists())))


def pay_methods(session: Session, order_id: UUID) -> list[str]:
    """By which ways an order was paid, in the order of payment."""
    rows = session.scalars(
        select(Payment.method)
        .where(Payment.order_id == order_id, Payment.status == PaymentStatus.SUCCEEDED)
        .order_by(Payment.settled_at, Payment.id)
    )
    return list(dict.fromkeys(rows))


def original_of(session: Session, order_id: UUID) -> PaperCard | None:
    """The receipt or invoice of an order."""
    row = session.execute(_cards(Paper.order_id == order_id, Paper.kind.in_(_ORIGINALS))).mappings().first()
    return PaperCard(**row) if row else None


def papers_of_order(session: Session, order_id: UUID) -> list[PaperCard]:
    """Everything made out for an order, the receipt first."""
    rows = session.execute(_cards(Paper.order_id == order_id).order_by(Paper.id)).mappings()
    return [PaperCard(**row) for row in rows]


def get_paper(session: Session, paper_id: UUID) -> PaperCard:
    """One paper; raises NotFound. Callers compare the resident."""
    row = session.execute(_cards(Paper.id == paper_id)).mappings().first()
    if row is None:
        raise NotFound("receipt")
    return PaperCard(**row)


def papers(session: Session, wanted: PaperFilter, ask: PageAsk) -> Page[PaperCard]:
    """Papers, newest first."""
    query = _cards(*_conditions(wanted)).order_by(Paper.id.desc()).limit(ask.limit + 1)
    if ask.after is not None:
        query = query.where(Paper.id < ask.after)
    cards = [PaperCard(**row) for row in session.execute(query).mappings()]
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def uncredited(session: Session, order_id: UUID) -> list[tuple[UUID, int, str]]:
    """Refunds of an order that arrived and have no credit note: id, amount, reason; oldest first."""
    rows = session.execute(
        select(Refund.id, Refund.amount_cents, Refund.reason)
        .where(Refund.order_id == order_id, *_of_the_price(), ~_credited())
        .order_by(Refund.settled_at, Refund.id)
    )
    return [(row.id, row.amount_cents, row.reason) for row in rows]


def orders_to_credit(session: Session, limit: int) -> list[UUID]:
    """Orders with a receipt, a refund that arrived without a credit note, and something left to credit."""
    credited = (
        select(func.coalesce(func.sum(_NOTE.total_cents), 0)).where(_NOTE.credits_id == Paper.id).scalar_subquery()
    )
    rows = session.scalars(
        select(Paper.order_id)
        .join(Refund, Refund.order_id == Paper.order_id)
        .where(
            Paper.kind.in_(_ORIGINALS), *_of_the_price(), ~_credited(), Paper.total_cents > credited,
        )
        .distinct()
        .limit(limit)
    )  # fmt: skip
    return list(rows)


def seller_of(session: Session, hub_id: UUID) -> Seller:
    """Who sells at a hub; empty while nobody has said."""
    row = session.get(SellerRow, hub_id)
    return Seller(name=row.name, tax_no=row.tax_no, address=row.address) if row else Seller()


def credited_lines(session: Session, refund_ids: Collection[UUID]) -> dict[UUID, CreditedLine]:
    """What some refunds are for, by refund: the order line that was cut. One of a whole payment is for no line."""
    rows = session.execute(
        select(
            Refund.id.label("refund_id"), Sku.name, Sku.name_en, Sku.spec, Sku.spec_en, LineCut.qty, OrderLine.tax_bps
        )
        .join(LineCut, LineCut.id == Refund.cause_id)
        .join(OrderLine, OrderLine.id == LineCut.line_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(Refund.id.in_(refund_ids))
    )
    return {row["refund_id"]: CreditedLine(**row) for row in rows.mappings()}


def credited_cents(session: Session, paper_id: UUID) -> int:
    """What credit notes took back of a receipt."""
    return int(session.scalar(select(func.sum(Paper.total_cents)).where(Paper.credits_id == paper_id)) or 0)


_NOTE = aliased(Paper)


def _of_the_price() -> tuple[ColumnElement[bool], ...]:
    """Refunds of what a receipt speaks of: what was only released, or should never have come, is on no receipt."""
    return (
        Refund.status == RefundStatus.SUCCEEDED, Refund.route != Route.RELEASE, Refund.cause_id != Refund.payment_id
    )  # fmt: skip


def _credited() -> ColumnElement[bool]:
    return exists().where(_NOTE.refund_id == Refund.id)


def _conditions(wanted: PaperFilter) -> list[ColumnElement[bool]]:
    equal = {
        Paper.hub_id: wanted.hub_id, Paper.kind: wanted.kind, Paper.order_id: wanted.order_id,
        Paper.resident_id: wanted.resident_id,
    }  # fmt: skip
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.text:
        conditions.append(
            or_(
                Paper.no.icontains(wanted.text, autoescape=True),
                Paper.order_no.icontains(wanted.text, autoescape=True),
                Paper.buyer_title.icontains(wanted.text, autoescape=True),
            )
        )
    if wanted.since is not None:
        conditions.append(Paper.issued_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Paper.issued_at < wanted.until)
    return conditions


def _cards(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    original = aliased(Paper)
    return (
        select(
            Paper.id, Paper.kind, Paper.no, Paper.hub_id, Paper.order_id, Paper.order_no, Paper.resident_id,
            Paper.credits_id, original.no.label("credits_no"), Paper.currency, Paper.total_cents, Paper.buyer_title,
            Paper.issued_at, Paper.issued_by, Paper.facts,
        )
        .outerjoin(original, original.id == Paper.credits_id)
        .where(and_(True, *conditions))
    )  # fmt: skip
