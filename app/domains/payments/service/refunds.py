"""Giving money back: one refund per cause, never more than was received, called for only after the commit."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlalchemy import insert, select, text

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.payments import queries, rules
from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.models import Payment, Refund
from app.domains.payments.values import (
    IntendRefund,
    PaymentStatus,
    RefundCard,
    RefundKind,
    RefundState,
    RefundStatus,
)
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move

_BOOK = text(
    """
    UPDATE payments_payment SET refunded_cents = refunded_cents + wish.cents
    FROM (SELECT payment_id, sum(cents) AS cents
          FROM unnest(CAST(:payments AS uuid[]), CAST(:cents AS bigint[])) AS one (payment_id, cents)
          GROUP BY payment_id) AS wish
    WHERE payments_payment.id = wish.payment_id AND status = 'succeeded'
      AND refunded_cents + wish.cents <= received_cents
    RETURNING payments_payment.id
    """
)
#: News of a refund only moves it along these arrows; a bank may send back what had been paid.
_MOVES = {
    RefundStatus.INTENDED: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset[RefundStatus](),
}
_AGAIN = {RefundStatus.FAILED: frozenset({RefundStatus.INTENDED})}


def intend_refunds(uow: UnitOfWork, wishes: Sequence[IntendRefund]) -> int:
    """Write down what goes back, all or nothing, with five statements whatever the number; how many were new.

    A cause that has a refund already changes nothing, so intending may be repeated. The worker executes them.
    Raises RefundTooHigh when an order's payments have not that much left.
    """
    uow.require(Permission.PAYMENTS_REFUND)
    if not wishes:
        return 0
    pots = _lock_pots(uow, {wish.order_id for wish in wishes})
    by_cause = {wish.cause_id: wish for wish in wishes}
    known = set(uow.session.scalars(select(Refund.cause_id).where(Refund.cause_id.in_(by_cause))))
    drawn = rules.draw(pots, [wish for cause_id, wish in by_cause.items() if cause_id not in known])
    if not drawn:
        return 0
    rows = [_row(uow, wish, payment_id) for wish, payment_id in drawn]
    uow.session.execute(insert(Refund), rows)
    booked = uow.session.scalars(
        _BOOK, {"payments": [row["payment_id"] for row in rows], "cents": [row["amount_cents"] for row in rows]}
    )
    if missing := {payment_id for _, payment_id in drawn} - set(booked):
        wish = next(wish for wish, payment_id in drawn if payment_id in missing)
        raise RefundTooHigh(order_id=wish.order_id, wanted_cents=wish.amount_cents, left_cents=0)
    for row in rows:
        _defer(uow, row["id"], row["payment_id"])
    return len(rows)


def _lock_pots(uow: UnitOfWork, order_ids: set[UUID]) -> list[rules.Pot]:
    """What is left of the orders' payments, locked in one order by everybody."""
    rows = uow.session.execute(
        select(Payment.id, Payment.order_id, Payment.received_cents - Payment.refunded_cents, Payment.settled_at)
        .where(Payment.order_id.in_(order_ids), Payment.status == PaymentStatus.SUCCEEDED)
        .order_by(Payment.id)
        .with_for_update()
    ).all()
    return [rules.Pot(row[0], row[1], row[2]) for row in sorted(rows, key=lambda row: (row[3], row[0]))]


def _row(uow: UnitOfWork, wish: IntendRefund, payment_id: UUID) -> dict[str, object]:
    return {
        "id": new_id(),
        "payment_id": payment_id,
        "order_id": wish.order_id,
        "cause_id": wish.cause_id,
        "amount_cents": wish.amount_cents,
        "reason": wish.reason,
        "kind": wish.kind,
        "status": RefundStatus.INTENDED,
        "attempt": 0,
        "tries": 0,
        "created_at": uow.now,
        "next_try_at": rules.next_look(uow.now, uow.now),
    }


def begin(uow: UnitOfWork, refund_id: UUID) -> RefundCard | None:
    """Count a call to the provider before it is made; None when the refund is not open any more. Raises NotFound."""
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, refund_id)
    if row.status is not RefundStatus.INTENDED:
        return None
    row.tries += 1
    uow.session.flush()
    return queries.get_refund(uow.session, refund_id)


def record_refund(uow: UnitOfWork, refund_id: UUID, state: RefundState, attempt: int | None = None) -> RefundCard:
    """Write down what the provider says of a refund, with its journal. Safe to repeat and in any order.

    News that names an earlier `attempt` than the present one changes nothing: HQ has ordered the refund anew since.

    Money that the payer's bank sent back makes the refund FAILED and is posted the other way round; HQ orders it
    again with `retry`. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, refund_id)
    if attempt is not None and attempt != row.attempt:
        return queries.get_refund(uow.session, refund_id)
    before = row.status
    if before is RefundStatus.INTENDED:
        row.provider_ref = state.ref or row.provider_ref
    if state.status in _MOVES[before]:
        row.status, row.failure, row.settled_at = state.status, state.failure, uow.now
        uow.audit(
            "payments.record_refund",
            row.id,
            {"status": before.value},
            {"status": row.status.value, "amount_cents": row.amount_cents, "failure": row.failure},
        )
    uow.session.flush()
    card = queries.get_refund(uow.session, refund_id)
    if before is not RefundStatus.SUCCEEDED and card.status is RefundStatus.SUCCEEDED:
        journals.post(uow, _journal(card, JournalKind.REFUND_PAID, 1))
    elif before is RefundStatus.SUCCEEDED and card.status is RefundStatus.FAILED:
        journals.post(uow, _journal(card, JournalKind.REFUND_RETURNED, -1))
    return card


def retry(uow: UnitOfWork, refund_id: UUID) -> RefundCard:
    """Order a failed refund again, with a new key at the provider. Raises NotFound, WrongState unless it failed."""
    uow.require(Permission.PAYMENTS_REFUND)
    row = _locked(uow, refund_id)
    check_move("refund", _AGAIN, row.status, RefundStatus.INTENDED)
    uow.audit("payments.retry_refund", row.id, {"failure": row.failure}, {"attempt": row.attempt + 1})
    row.status, row.failure, row.settled_at, row.provider_ref = RefundStatus.INTENDED, None, None, None
    row.attempt, row.tries = row.attempt + 1, 0
    row.next_try_at = rules.next_look(uow.now, uow.now)
    _defer(uow, row.id, row.payment_id)
    uow.session.flush()
    return queries.get_refund(uow.session, refund_id)


def take_due_tries(uow: UnitOfWork, limit: int) -> list[RefundCard]:
    """Up to `limit` refunds that are still under way, for the caller to try again or ask about; the pauses double."""
    uow.require(Permission.PAYMENTS_RECORD)
    rows = uow.session.scalars(
        select(Refund)
        .where(Refund.status == RefundStatus.INTENDED, Refund.next_try_at <= uow.now)
        .order_by(Refund.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.next_try_at = rules.next_look(row.created_at, uow.now)
    uow.session.flush()
    return queries.refunds_by_id(uow.session, [row.id for row in rows])


def refund_of_state(uow: UnitOfWork, state: RefundState) -> RefundCard | None:
    """The refund that news speaks of; None when it is not ours, or of an earlier attempt.

    Raises NotFound for news that names an id of ours which we do not have.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    if state.refund_key is None:
        return None
    card = queries.get_refund(uow.session, UUID(state.refund_key[:36]))
    return card if card.key == state.refund_key else None


def _journal(refund: RefundCard, kind: JournalKind, sign: int) -> PostJournal:
    after = refund.kind is RefundKind.AFTER_PICKUP
    against = LedgerAccount.REFUNDS if after else LedgerAccount.DEFERRED_SALES
    amount = sign * refund.amount_cents
    return PostJournal(
        kind=kind,
        cause_id=refund.id if refund.attempt == 0 else uuid5(refund.id, str(refund.attempt)),
        hub_id=refund.hub_id,
        currency=refund.currency,
        postings=(Posting(against, amount), Posting(LedgerAccount.PROVIDER_CLEARING, -amount)),
    )


def _defer(uow: UnitOfWork, refund_id: object, payment_id: object) -> None:
    uow.defer(Job("execute_refund", {"refund_id": str(refund_id)}, lock=f"payment:{payment_id}"))


def _locked(uow: UnitOfWork, refund_id: UUID) -> Refund:
    row = uow.session.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("refund")
    return row
