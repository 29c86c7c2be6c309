"""Collecting money: the wish is written first, the provider is called after the commit, its answer is recorded."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.payments import queries, rules
from app.domains.payments.errors import CashDue
from app.domains.payments.models import Payment, SeenEvent
from app.domains.payments.values import (
    BACKING,
    OPEN,
    IntendPayment,
    Method,
    PaymentCard,
    PaymentStatus,
    ProviderEvent,
    ProviderState,
    Recorded,
)
from app.infra.bulk import one_of
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def intend(uow: UnitOfWork, wish: IntendPayment) -> PaymentCard:
    """Write down that an order's total shall be collected; its id will be the key at the provider.

    Safe to repeat: an open payment of the same order, sum and method is returned. Open ones of another sum or method
    are cancelled by the worker. The caller holds the order's row, so that two beginners make one payment.
    Raises NotFound when a resident pays for somebody else's order.
    """
    uow.require(Permission.PAYMENTS_START)
    _check_own(uow, wish.resident_id)
    standing = uow.session.scalars(
        select(Payment)
        .where(Payment.order_id == wish.order_id, Payment.status.in_(OPEN), Payment.part_of.is_(None))
        .order_by(Payment.id)
    ).all()
    asked = (wish.amount_cents, wish.part_cents, wish.currency, wish.method, wish.source_ref)
    same = [
        row for row in standing if (row.amount_cents, row.part_cents, row.currency, row.method, row.source_ref) == asked
    ]
    for row in standing:
        if row not in same[:1]:
            uow.defer(Job("cancel_payment", {"payment_id": str(row.id)}))
    return queries.card_of(same[0]) if same else _write_both(uow, wish)


def _write_both(uow: UnitOfWork, wish: IntendPayment) -> PaymentCard:
    """The payment, and beside it the part that is taken from the balance."""
    card = queries.card_of(_write(uow, wish))
    if wish.part_cents:
        part = replace(
            wish, amount_cents=wish.part_cents, part_cents=0, part_of=card.id, method=Method.BALANCE, source_ref=None,
            customer_ref=None,
        )  # fmt: skip
        _write(uow, part)
    return card


def give_up(uow: UnitOfWork, order_ids: Collection[UUID], keep_cents: int | None = None) -> None:
    """Have the worker cancel the open payments of orders, but for those that cover `keep_cents`. May be repeated."""
    uow.require(Permission.PAYMENTS_START)
    standing = (
        select(Payment.id)
        .where(Payment.order_id == one_of(order_ids), Payment.status.in_(OPEN), Payment.part_of.is_(None))
        .order_by(Payment.id)
    )
    if keep_cents is not None:
        standing = standing.where(Payment.amount_cents + Payment.part_cents != keep_cents)
    for payment_id in uow.session.scalars(standing):
        uow.defer(Job("cancel_payment", {"payment_id": str(payment_id)}))


def _write(uow: UnitOfWork, wish: IntendPayment) -> Payment:
    row = Payment(
        id=new_id(),
        order_id=wish.order_id,
        order_no=wish.order_no,
        hub_id=wish.hub_id,
        resident_id=wish.resident_id,
        amount_cents=wish.amount_cents,
        received_cents=0,
        refunded_cents=0,
        currency=wish.currency,
        method=wish.method,
        return_url=wish.return_url,
        status=PaymentStatus.INTENDED,
        created_at=uow.now,
        next_look_at=rules.next_look(uow.now, uow.now),
        part_cents=wish.part_cents,
        part_of=wish.part_of,
        source_ref=wish.source_ref,
        customer_ref=wish.customer_ref,
        released_cents=0,
        capture_cents=0,
    )
    uow.session.add(row)
    uow.session.flush()
    return row


def get_own(uow: UnitOfWork, payment_id: UUID) -> PaymentCard:
    """A payment of the acting resident; raises NotFound for anybody else's. Programs see every one."""
    uow.require(Permission.PAYMENTS_START)
    card = queries.get_payment(uow.session, payment_id)
    _check_own(uow, card.resident_id)
    return card


def record_state(uow: UnitOfWork, payment_id: UUID, state: ProviderState) -> Recorded:
    """Write down what the provider says. Safe to repeat and in any order: what is known only rises in rank.

    The row stays locked, so exactly one caller is told that the payment was taken, or stands behind its order. Another
    sum than the one due is kept as the payment's failure. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, payment_id)
    if not rules.is_news(row.status, state.status):
        return Recorded(payment=queries.card_of(row))
    was, due = row.status, queries.card_of(row).due_cents
    row.provider_ref = state.ref
    row.redirect_url = state.redirect_url if state.status is PaymentStatus.WAITING else None
    row.received_cents = state.amount_received_cents if state.status is PaymentStatus.SUCCEEDED else 0
    if state.status is PaymentStatus.AUTHORISED:
        row.next_look_at, row.capture_by = rules.look_at_held(row.method, uow.now)
    _move(uow, row, state.status, rules.wrong_sum(due, state) or state.failure)
    return Recorded(
        payment=queries.card_of(row),
        is_taken=row.status is PaymentStatus.SUCCEEDED,
        is_backing=row.status in BACKING and was not in BACKING,
        is_ended=was in OPEN and row.status in {PaymentStatus.FAILED, PaymentStatus.CANCELLED},
    )


def begin_capture(uow: UnitOfWork, payment_id: UUID) -> PaymentCard:
    """Fix what of a held amount is taken, before the provider is asked to: from now on nothing is released of it.

    Safe to repeat: the sum stays. Changes nothing unless the payment is held. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, payment_id)
    if row.status is PaymentStatus.AUTHORISED and row.capture_cents == 0:
        row.capture_cents = row.amount_cents - row.released_cents
        row.next_look_at = rules.next_look(uow.now, uow.now)
    return queries.card_of(row)


def collect_cash(uow: UnitOfWork, order_id: UUID, leader_id: UUID, cents: int | None) -> PaymentCard | None:
    """The leader confirms at the pickup that she has collected just what is due; None where nothing is.

    From then on she owes it. Raises CashDue when she has confirmed nothing, or another sum.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    due = queries.cash_due(uow.session, order_id)
    if due is None:
        return None
    row = _locked(uow, due.id)
    left = row.amount_cents - row.released_cents
    if cents != left:
        raise CashDue(cents=left, currency=row.currency)
    row.holder_id, row.capture_cents = leader_id, left
    row.next_look_at = rules.next_look(uow.now, uow.now)
    uow.audit("payments.collect", row.id, None, {"cents": left, "leader_id": str(leader_id)})
    uow.defer(Job("capture_payment", {"payment_id": str(row.id)}))
    return queries.card_of(row)


def capture_held(uow: UnitOfWork, order_ids: Sequence[UUID]) -> int:
    """Have the worker take what cards hold for some orders, for what is due will not fall any more; how many."""
    uow.require(Permission.PAYMENTS_RECORD)
    held = select(Payment.id).where(
        Payment.order_id == one_of(order_ids), Payment.status == PaymentStatus.AUTHORISED, Payment.method == Method.CARD
    )
    ids = uow.session.scalars(held.order_by(Payment.id)).all()
    for payment_id in ids:
        uow.defer(Job("capture_payment", {"payment_id": str(payment_id)}))
    return len(ids)


def record_end(uow: UnitOfWork, payment_id: UUID, status: PaymentStatus, reason: str) -> PaymentCard:
    """Close a payment that the provider never took on: FAILED when it refused, CANCELLED when it was given up.

    Changes nothing once it stands behind its order, or has ended. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, payment_id)
    if row.status in OPEN:
        row.redirect_url = None
        _move(uow, row, status, reason)
    return queries.card_of(row)


def take_due_looks(uow: UnitOfWork, limit: int) -> list[PaymentCard]:
    """Up to `limit` payments, open or held, that nobody told us about for a while, for the caller to ask the provider.

    Their next look is put off, so that several workers never ask about the same one and the pauses double.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    rows = uow.session.scalars(
        select(Payment)
        .where(Payment.status.in_([*OPEN, PaymentStatus.AUTHORISED]), Payment.next_look_at <= uow.now)
        .order_by(Payment.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.next_look_at = rules.next_look(row.created_at, uow.now)
    return [queries.card_of(row) for row in rows]


def payment_of_state(uow: UnitOfWork, state: ProviderState) -> PaymentCard | None:
    """The payment that news speaks of, by the provider's id or by ours; None when it is not one of ours.

    Raises NotFound for news that names an id of ours which we do not have: it must come again, not be dropped.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    known = queries.find_by_ref(uow.session, state.ref)
    if known is not None or state.payment_id is None:
        return known
    return queries.get_payment(uow.session, state.payment_id)


def first_sight(uow: UnitOfWork, event: ProviderEvent) -> bool:
    """True exactly once per webhook event; a twin waits here until the first one has committed."""
    uow.require(Permission.PAYMENTS_RECORD)
    seen = insert(SeenEvent).values(id=event.id, kind=event.kind, seen_at=uow.now).on_conflict_do_nothing()
    return uow.session.scalar(seen.returning(SeenEvent.id)) is not None


def forget_events(uow: UnitOfWork, before: datetime, limit: int) -> int:
    """Forget up to `limit` webhook events seen before an instant; the provider repeats none after three days."""
    uow.require(Permission.PAYMENTS_RECORD)
    old = select(SeenEvent.id).where(SeenEvent.seen_at < before).order_by(SeenEvent.seen_at).limit(limit)
    gone = delete(SeenEvent).where(SeenEvent.id.in_(old)).returning(SeenEvent.id)
    return len(uow.session.scalars(gone).all())


def _move(uow: UnitOfWork, row: Payment, status: PaymentStatus, failure: str | None) -> None:
    before = row.status
    row.status, row.failure = status, failure
    if status in OPEN:
        return
    row.settled_at = uow.now
    uow.audit(
        "payments.record",
        row.id,
        {"status": before.value},
        {"status": status.value, "received_cents": row.received_cents, "failure": failure},
    )


def _locked(uow: UnitOfWork, payment_id: UUID) -> Payment:
    row = uow.session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("payment")
    return row


def _check_own(uow: UnitOfWork, resident_id: UUID) -> None:
    if uow.actor.role is not Role.SYSTEM and uow.actor.id != resident_id:
        raise NotFound("payment")
