"""Reads of the payments room."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select
from sqlalchemy.orm import Session

from app.domains.payments.models import Payment, Refund
from app.domains.payments.values import (
    OPEN,
    PaymentCard,
    PaymentFilter,
    PaymentStatus,
    RefundCard,
    RefundFilter,
    RefundStatus,
)
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def card_of(row: Payment) -> PaymentCard:
    """A payment's row as a frozen card."""
    return PaymentCard(
        id=row.id,
        order_id=row.order_id,
        order_no=row.order_no,
        hub_id=row.hub_id,
        resident_id=row.resident_id,
        amount_cents=row.amount_cents,
        received_cents=row.received_cents,
        refunded_cents=row.refunded_cents,
        currency=row.currency,
        method=row.method,
        return_url=row.return_url,
        status=row.status,
        provider_ref=row.provider_ref,
        redirect_url=row.redirect_url,
        failure=row.failure,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )


def get_payment(session: Session, payment_id: UUID) -> PaymentCard:
    """One payment; raises NotFound."""
    row = session.get(Payment, payment_id)
    if row is None:
        raise NotFound("payment")
    return card_of(row)


def payment_of_order(session: Session, order_id: UUID) -> PaymentCard | None:
    """The payment that tells most of an order: one that was kept, else an open one, else one that was returned.

    Among equals the first that paid, else the newest attempt.
    """
    paid = Payment.status == PaymentStatus.SUCCEEDED
    kept = and_(paid, Payment.received_cents > Payment.refunded_cents)
    standing = case((kept, 0), (Payment.status.in_(OPEN), 1), (paid, 2), else_=3)
    row = session.scalar(
        select(Payment)
        .where(Payment.order_id == order_id)
        .order_by(standing, case((paid, Payment.settled_at)), case((paid, Payment.id)), Payment.id.desc())
        .limit(1)
    )
    return None if row is None else card_of(row)


def find_by_ref(session: Session, ref: str) -> PaymentCard | None:
    """The payment that the provider calls `ref`."""
    row = session.scalar(select(Payment).where(Payment.provider_ref == ref))
    return None if row is None else card_of(row)


def currencies_of_orders(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The currency in which each of some orders was paid."""
    rows = select(Payment.order_id, Payment.currency).where(
        Payment.order_id.in_(order_ids), Payment.status == PaymentStatus.SUCCEEDED
    )
    return {row.order_id: row.currency for row in session.execute(rows)}


def payments(session: Session, wanted: PaymentFilter, ask: PageAsk) -> Page[PaymentCard]:
    """Payments, newest first."""
    query = select(Payment).order_by(Payment.id.desc()).limit(ask.limit + 1)
    if wanted.hub_id is not None:
        query = query.where(Payment.hub_id == wanted.hub_id)
    if wanted.status is not None:
        query = query.where(Payment.status == wanted.status)
    if wanted.order_no is not None:
        query = query.where(Payment.order_no == wanted.order_no)
    if ask.after is not None:
        query = query.where(Payment.id < ask.after)
    cards = [card_of(row) for row in session.scalars(query)]
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def get_refund(session: Session, refund_id: UUID) -> RefundCard:
    """One refund; raises NotFound."""
    found = session.execute(_refunds().where(Refund.id == refund_id)).one_or_none()
    if found is None:
        raise NotFound("refund")
    return _refund_card(found)


def refunds_of_order(session: Session, order_id: UUID) -> list[RefundCard]:
    """What goes or went back of an order, oldest first."""
    return _refund_cards(session, _refunds().where(Refund.order_id == order_id).order_by(Refund.id))


def refunds_by_id(session: Session, refund_ids: Sequence[UUID]) -> list[RefundCard]:
    """Some refunds, oldest first."""
    return _refund_cards(session, _refunds().where(Refund.id.in_(refund_ids)).order_by(Refund.id))


def open_refunds(session: Session, before: datetime) -> list[RefundCard]:
    """Refunds intended before an instant that have not arrived, failed ones too, oldest first, at most 500."""
    return _refund_cards(session, _refunds().where(*_late(before)).order_by(Refund.id).limit(500))


def count_open_refunds(session: Session, before: datetime) -> int:
    """How many refunds were intended before an instant and have not arrived, failed ones too."""
    return session.scalar(select(func.count(Refund.id)).where(*_late(before))) or 0


def _late(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return Refund.status.in_([RefundStatus.INTENDED, RefundStatus.FAILED]), Refund.created_at < before


def refunds(session: Session, wanted: RefundFilter, ask: PageAsk) -> Page[RefundCard]:
    """Refunds, newest first."""
    query = _refunds().order_by(Refund.id.desc()).limit(ask.limit + 1)
    if wanted.hub_id is not None:
        query = query.where(Payment.hub_id == wanted.hub_id)
    if wanted.status is not None:
        query = query.where(Refund.status == wanted.status)
    if wanted.kind is not None:
        query = query.where(Refund.kind == wanted.kind)
    if ask.after is not None:
        query = query.where(Refund.id < ask.after)
    cards = _refund_cards(session, query)
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def _refunds() -> Select[Refund, str, str | None, UUID]:
    return select(Refund, Payment.currency, Payment.provider_ref, Payment.hub_id).join(
        Payment, Payment.id == Refund.payment_id
    )


def _refund_cards(session: Session, query: Select[Refund, str, str | None, UUID]) -> list[RefundCard]:
    return [_refund_card(row) for row in session.execute(query)]


def _refund_card(found: Row[Refund, str, str | None, UUID]) -> RefundCard:
    row, currency, payment_ref, hub_id = found
    return RefundCard(
        id=row.id,
        payment_id=row.payment_id,
        order_id=row.order_id,
        cause_id=row.cause_id,
        amount_cents=row.amount_cents,
        currency=currency,
        reason=row.reason,
        kind=row.kind,
        status=row.status,
        provider_ref=row.provider_ref,
        payment_ref=payment_ref,
        failure=row.failure,
        attempt=row.attempt,
        tries=row.tries,
        hub_id=hub_id,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )
