"""Giving money back: one refund per cause, never more than was received, called for only after the commit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select, text

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.payments import queries, rules
from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.models import PayerRow, Payment, Refund
from app.domains.payments.values import (
    BACKING,
    OWN_METHODS,
    IntendRefund,
    PaymentStatus,
    RefundCard,
    RefundKind,
    RefundState,
    RefundStatus,
    Route,
)
from app.infra.bulk import insert_rows, one_of
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id
from app.kernel.states import check_move

_BOOK = text(
    """
    UPDATE payments_payment SET refunded_cents = refunded_cents + wish.cents
    FROM (SELECT payment_id, sum(cents) AS cents
          FROM unnest(CAST(:payments AS uuid[]), CAST(:cents AS bigint[])) AS one (payment_id, cents)
          GROUP BY payment_id) AS wish
    WHERE payments_payment.id = wish.payment_id AND status IN ('succeeded', 'authorised')
      AND refunded_cents + wish.cents <= greatest(received_cents, capture_cents)
    RETURNING payments_payment.id
    """
)
#: What is only held goes back by not being taken. Returns the payments of which nothing is left to be taken.
_RELEASE = text(
    """
    UPDATE payments_payment SET released_cents = released_cents + wish.cents
    FROM (SELECT payment_id, sum(cents) AS cents
          FROM unnest(CAST(:payments AS uuid[]), CAST(:cents AS bigint[])) AS one (payment_id, cents)
          GROUP BY payment_id) AS wish
    WHERE payments_payment.id = wish.payment_id AND status = 'authorised' AND capture_cents = 0
    RETURNING payments_payment.id, released_cents = amount_cents
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
    """Write down what goes back, all or nothing, with eight statements whatever the number; how many were new.

    A cause that has a refund already changes nothing, so intending may be repeated. What was only held is released at
    once; the rest goes the way the resident chose, and the worker executes it.
    Raises RefundTooHigh when an order's payments have not that much left.
    """
    uow.require(Permission.PAYMENTS_REFUND)
    if not wishes:
        return 0
    pots = _lock_pots(uow, {wish.order_id for wish in wishes})
    by_cause = {wish.cause_id: wish for wish in wishes}
    known = set(uow.session.scalars(select(Refund.cause_id).where(Refund.cause_id == one_of(by_cause))))
    drawn = rules.draw(list(pots), [wish for cause_id, wish in by_cause.items() if cause_id not in known])
    if not drawn:
        return 0
    routes = _routes(uow, pots, drawn)
    rows = [_row(uow, *one, route) for one, route in zip(drawn, routes, strict=True)]
    same = {"attempt": 0, "tries": 0, "created_at": uow.now, "next_try_at": rules.next_look(uow.now, uow.now)}
    insert_rows(uow.session, Refund, rows, same)
    _book(uow, [row for row in rows if row["route"] is not Route.RELEASE])
    _release(uow, [row for row in rows if row["route"] is Route.RELEASE])
    return len({wish.cause_id for wish, _, _ in drawn})


def _book(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    booked = set(uow.session.scalars(_BOOK, _sums(rows))) if rows else set()
    for row in rows:
        if row["payment_id"] not in booked:
            raise RefundTooHigh(order_id=row["order_id"], wanted_cents=row["amount_cents"], left_cents=0)
        _defer(uow, row["id"], row["payment_id"])


def _release(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    done = uow.session.execute(_RELEASE, _sums(rows)).all() if rows else []
    for payment_id, is_empty in done:
        if is_empty:
            uow.defer(Job("capture_payment", {"payment_id": str(payment_id)}))
    told = [(row["id"], None, {"amount_cents": row["amount_cents"], "reason": row["reason"]}) for row in rows]
    uow.audit_many("payments.release", told)


def _sums(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {"payments": [row["payment_id"] for row in rows], "cents": [row["amount_cents"] for row in rows]}


def _lock_pots(uow: UnitOfWork, order_ids: set[UUID]) -> dict[rules.Pot, tuple[str, UUID]]:
    """What is left of the orders' payments, with method and payer; locked in one order by everybody.

    What is only held comes first: nothing moves and nothing is lost when it is not taken.
    """
    rows = uow.session.execute(
        select(
            Payment.id, Payment.order_id, queries.LEFT_CENTS, queries.IS_HELD, Payment.method, Payment.resident_id,
            Payment.settled_at, queries.IS_LOOSE,
        )
        .where(Payment.order_id == one_of(order_ids), Payment.status.in_(BACKING))
        .order_by(Payment.id)
        .with_for_update()
    ).all()  # fmt: skip
    ordered = sorted(rows, key=lambda row: (not row[3], row[6], row[0]))
    return {rules.Pot(row[0], row[1], row[2], is_held=row[3], is_loose=row[7]): (row[4], row[5]) for row in ordered}


def _routes(
    uow: UnitOfWork, pots: dict[rules.Pot, tuple[str, UUID]], drawn: list[tuple[IntendRefund, UUID, int]]
) -> list[Route]:
    """Which way each goes: not taken at all; to the balance if it came from it, in cash, or by her choice; else back.

    Money that should never have come (`payment_id` is named) goes back to where it came from.
    """
    of_payment = {pot.payment_id: (pot, method, payer) for pot, (method, payer) in pots.items()}
    payers = {of_payment[payment_id][2] for _, payment_id, _ in drawn}
    chosen = set(
        uow.session.scalars(
            select(PayerRow.resident_id).where(
                PayerRow.resident_id == one_of(payers), PayerRow.refunds_to == Route.BALANCE
            )
        )
    )  # fmt: skip
    routes = []
    for wish, payment_id, _ in drawn:
        pot, method, payer = of_payment[payment_id]
        if pot.is_held:
            routes.append(Route.RELEASE)
        elif method in OWN_METHODS or (payer in chosen and wish.payment_id is None):
            routes.append(Route.BALANCE)
        else:
            routes.append(Route.SOURCE)
    return routes


def _row(uow: UnitOfWork, wish: IntendRefund, payment_id: UUID, cents: int, route: Route) -> dict[str, Any]:
    is_done = route is Route.RELEASE
    return {
        "id": new_id(),
        "payment_id": payment_id,
        "order_id": wish.order_id,
        "cause_id": wish.cause_id,
        "amount_cents": cents,
        "reason": wish.reason,
        "kind": wish.kind,
        "route": route,
        "status": RefundStatus.SUCCEEDED if is_done else RefundStatus.INTENDED,
        "settled_at": uow.now if is_done else None,
    }


def wake(uow: UnitOfWork, payment_id: UUID) -> None:
    """Have refunds executed that waited for their payment to be taken."""
    uow.require(Permission.PAYMENTS_RECORD)
    waiting = select(Refund.id).where(Refund.payment_id == payment_id, Refund.status == RefundStatus.INTENDED)
    for refund_id in uow.session.scalars(waiting.order_by(Refund.id)):
        _defer(uow, refund_id, payment_id)


def begin(uow: UnitOfWork, refund_id: UUID) -> RefundCard | None:
    """Count a call to the provider before it is made; None when there is none to make. Raises NotFound.

    A refund of money that is about to be taken waits until it was.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    found = queries.lock_refund(uow.session, refund_id)
    row: Refund = found.Refund
    if row.status is not RefundStatus.INTENDED or found.payment_status is not PaymentStatus.SUCCEEDED:
        return None
    row.tries += 1
    return queries.refund_card(found)


def record_refund(uow: UnitOfWork, refund_id: UUID, state: RefundState) -> RefundCard:
    """Write down what the provider says of a refund, with its journal. Safe to repeat and in any order.

    News that bears the key of an earlier attempt changes nothing: HQ has ordered the refund anew since. Money
    that the payer's bank sent back makes the refund FAILED and is posted the other way round; HQ orders it again with
    `retry`. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    found = queries.lock_refund(uow.session, refund_id)
    row: Refund = found.Refund
    known = queries.refund_card(found)
    if state.refund_key not in {None, known.key}:
        return known
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
    card = queries.refund_card(found)
    if before is not RefundStatus.SUCCEEDED and card.status is RefundStatus.SUCCEEDED:
        journals.post(uow, _journal(card, JournalKind.REFUND_PAID, 1))
    elif before is RefundStatus.SUCCEEDED and card.status is RefundStatus.FAILED:
        journals.post(uow, _journal(card, JournalKind.REFUND_RETURNED, -1))
    return card


def retry(uow: UnitOfWork, refund_id: UUID) -> RefundCard:
    """Order a failed refund again, with a new key at the provider. Raises NotFound, WrongState unless it failed."""
    uow.require(Permission.PAYMENTS_REFUND)
    found = queries.lock_refund(uow.session, refund_id)
    row: Refund = found.Refund
    check_move("refund", _AGAIN, row.status, RefundStatus.INTENDED)
    uow.audit("payments.retry_refund", row.id, {"failure": row.failure}, {"attempt": row.attempt + 1})
    row.status, row.failure, row.settled_at, row.provider_ref = RefundStatus.INTENDED, None, None, None
    row.attempt, row.tries = row.attempt + 1, 0
    row.next_try_at = rules.next_look(uow.now, uow.now)
    _defer(uow, row.id, row.payment_id)
    return queries.refund_card(found)


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
    money = (
        Posting(LedgerAccount.RESIDENT_BALANCE, -amount, refund.resident_id)
        if refund.route is Route.BALANCE
        else Posting(LedgerAccount.PROVIDER_CLEARING, -amount)
    )
    return PostJournal(
        kind=kind,
        cause_id=refund.id if refund.attempt == 0 else uuid5(refund.id, str(refund.attempt)),
        hub_id=refund.hub_id,
        currency=refund.currency,
        postings=(Posting(against, amount), money),
    )


def _defer(uow: UnitOfWork, refund_id: object, payment_id: object) -> None:
    uow.defer(Job("execute_refund", {"refund_id": str(refund_id)}, lock=f"payment:{payment_id}"))
