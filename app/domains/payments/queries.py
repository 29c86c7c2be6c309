"""Reads of the payments room."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domains.payments.models import BalanceEntryRow, BalanceRow, Hold, PayerRow, Payment, Refund
from app.domains.payments.values import (
    BACKING,
    OPEN,
    BalanceEntry,
    BalanceSum,
    Held,
    Method,
    Payer,
    PaymentCard,
    PaymentFilter,
    PaymentStatus,
    RefundCard,
    RefundFilter,
    RefundStatus,
)
from app.infra.bulk import one_of
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_HELD = Payment.status == PaymentStatus.AUTHORISED
#: Held, and nothing of it is being taken yet.
IS_HELD = _HELD & (Payment.capture_cents == 0)
#: What can still be given back, or released, of a payment that stands behind its order.
LEFT_CENTS = case(
    (IS_HELD, Payment.amount_cents - Payment.released_cents),
    (_HELD, Payment.capture_cents - Payment.refunded_cents),
    else_=Payment.received_cents - Payment.refunded_cents,
)
_LEAD = aliased(Payment)
#: The balance's part of a payment that is not made yet.
IS_LOOSE = _HELD & select(_LEAD.id).where(_LEAD.id == Payment.part_of, _LEAD.status.in_(OPEN)).exists()
#: A card's hold that the bank let go before all of it was taken or released.
_DROPPED = and_(
    Payment.method == Method.CARD, Payment.status.in_([PaymentStatus.FAILED, PaymentStatus.CANCELLED]),
    Payment.capture_by.is_not(None), Payment.released_cents < Payment.amount_cents,
)  # fmt: skip
#: A refund, and of its payment: currency, the provider's name, hub, resident, order number, status.
RefundRow: TypeAlias = Row[Refund, str, str | None, UUID, UUID, str, PaymentStatus]
#: Built once: every pickup asks it.
_CASH_DUE = select(Payment).where(
    Payment.order_id == bindparam("order_id"), Payment.method == Method.CASH,
    Payment.status == PaymentStatus.AUTHORISED, Payment.capture_cents == 0,
    Payment.amount_cents > Payment.released_cents,
)  # fmt: skip


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
        part_cents=row.part_cents or 0,
        part_of=row.part_of,
        source_ref=row.source_ref,
        customer_ref=row.customer_ref,
        released_cents=row.released_cents or 0,
        capture_cents=row.capture_cents or 0,
        capture_by=row.capture_by,
        holder_id=row.holder_id,
    )


def get_payment(session: Session, payment_id: UUID) -> PaymentCard:
    """One payment; raises NotFound."""
    row = session.get(Payment, payment_id)
    if row is None:
        raise NotFound("payment")
    return card_of(row)


def payment_of_order(session: Session, order_id: UUID) -> PaymentCard | None:
    """The payment that tells most of an order: one that was kept, else an open one, else one that was returned.

    Among equals the first that paid, else the newest attempt. A part from the balance tells nothing of its own.
    """
    paid = Payment.status.in_(BACKING)
    held = and_(Payment.status == PaymentStatus.AUTHORISED, Payment.amount_cents > Payment.released_cents)
    kept = or_(held, Payment.received_cents > Payment.refunded_cents)
    standing = case((kept, 0), (Payment.status.in_(OPEN), 1), (paid, 2), else_=3)
    row = session.scalar(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.part_of.is_(None))
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
        Payment.order_id == one_of(order_ids), Payment.status.in_(BACKING)
    )
    return {row.order_id: row.currency for row in session.execute(rows)}


def left_where_dropped(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Of those of some orders whose card's hold the bank let go: what is left of their other payments."""
    rows = session.execute(
        select(
            Payment.order_id,
            func.coalesce(func.sum(LEFT_CENTS).filter(Payment.status.in_(BACKING), ~IS_LOOSE), 0),
        )
        .where(Payment.order_id == one_of(order_ids))
        .group_by(Payment.order_id)
        .having(func.bool_or(_DROPPED))
    )
    return {order_id: int(cents) for order_id, cents in rows}


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
    return refund_card(found)


def lock_refund(session: Session, refund_id: UUID) -> RefundRow:
    """A refund's row, held until the transaction ends, with what its payment tells of it; raises NotFound."""
    again = {"populate_existing": True}
    found = session.execute(_LOCKED_REFUND, {"refund_id": refund_id}, execution_options=again).one_or_none()
    if found is None:
        raise NotFound("refund")
    return found


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


def part_of(session: Session, payment: PaymentCard) -> PaymentCard | None:
    """The balance's part of a payment; most have none, and cost no statement."""
    if not payment.part_cents:
        return None
    row = session.scalar(select(Payment).where(Payment.part_of == payment.id))
    return None if row is None else card_of(row)


def open_payments(session: Session, order_id: UUID) -> list[PaymentCard]:
    """An order's payments that may still be made, without parts from the balance, oldest first."""
    rows = select(Payment).where(Payment.order_id == order_id, Payment.status.in_(OPEN), Payment.part_of.is_(None))
    return [card_of(row) for row in session.scalars(rows.order_by(Payment.id))]


def cash_due(session: Session, order_id: UUID) -> PaymentCard | None:
    """The payment in cash that the leader has still to collect for an order."""
    row = session.scalar(_CASH_DUE, {"order_id": order_id})
    return None if row is None else card_of(row)


def cash_due_of_orders(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What is still to be collected in cash, order by order."""
    waits = and_(Payment.method == Method.CASH, Payment.status == PaymentStatus.AUTHORISED, Payment.capture_cents == 0)
    rows = select(Payment.order_id, Payment.amount_cents - Payment.released_cents).where(
        Payment.order_id.in_(order_ids), waits, Payment.amount_cents > Payment.released_cents
    )
    return dict(session.execute(rows).all())


def get_hold(session: Session, hold_id: UUID) -> Held:
    """Money held in the house for a payment; raises NotFound."""
    row = session.get(Hold, hold_id, populate_existing=True)
    if row is None:
        raise NotFound("hold")
    return Held(
        ref=f"{row.keeper}_{row.id.hex}", amount_cents=row.amount_cents, taken_cents=row.taken_cents,
        returned_cents=row.returned_cents, status=row.status,
    )  # fmt: skip


def balance_of(session: Session, resident_id: UUID, currency: str) -> int:
    """What a resident may spend of her balance, in minor units."""
    row = session.get(BalanceRow, (resident_id, currency), populate_existing=True)
    return 0 if row is None else row.cents


def balances(session: Session, resident_id: UUID) -> list[BalanceSum]:
    """A resident's balances by currency, those at 0 too."""
    rows = select(BalanceRow).where(BalanceRow.resident_id == resident_id).order_by(BalanceRow.currency)
    return [BalanceSum(currency=row.currency, cents=row.cents) for row in session.scalars(rows)]


def balance_entries(session: Session, resident_id: UUID, ask: PageAsk) -> Page[BalanceEntry]:
    """What changed a resident's balance, newest first."""
    query = select(BalanceEntryRow).where(BalanceEntryRow.resident_id == resident_id)
    if ask.after is not None:
        query = query.where(BalanceEntryRow.id < ask.after)
    rows = session.scalars(query.order_by(BalanceEntryRow.id.desc()).limit(ask.limit + 1))
    entries = [
        BalanceEntry(
            id=row.id, kind=row.kind, currency=row.currency, amount_cents=row.amount_cents, order_id=row.order_id,
            order_no=row.order_no, at=row.at,
        )
        for row in rows
    ]  # fmt: skip
    return page_of(entries, ask.limit, entries[ask.limit - 1].id if len(entries) > ask.limit else None)


def payer(session: Session, resident_id: UUID) -> Payer:
    """What a resident has settled about paying; the usual where she has settled nothing."""
    row = session.get(PayerRow, resident_id, populate_existing=True)
    if row is None:
        return Payer(resident_id=resident_id)
    return Payer(resident_id=resident_id, refunds_to=row.refunds_to, customer_ref=row.customer_ref)


def _refunds() -> Select[Refund, str, str | None, UUID, UUID, str, PaymentStatus]:
    return select(
        Refund, Payment.currency, Payment.provider_ref, Payment.hub_id, Payment.resident_id, Payment.order_no,
        Payment.status.label("payment_status"),
    ).join(Payment, Payment.id == Refund.payment_id)  # fmt: skip


#: Built once: every refund asks it twice.
_LOCKED_REFUND = _refunds().where(Refund.id == bindparam("refund_id")).with_for_update(of=Refund)


def _refund_cards(
    session: Session, query: Select[Refund, str, str | None, UUID, UUID, str, PaymentStatus]
) -> list[RefundCard]:
    return [refund_card(row) for row in session.execute(query)]


def refund_card(found: RefundRow) -> RefundCard:
    """A refund's row as a frozen card."""
    row, currency, payment_ref, hub_id, resident_id, order_no, _status = found
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
        route=row.route,
        resident_id=resident_id,
        order_no=order_no,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )
