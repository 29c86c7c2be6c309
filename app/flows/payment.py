"""Money in and back: write the intent, commit, call the provider, record its answer. A crash between two steps is safe.

Every call carries the payment's or refund's own key, so calling again after a crash charges and refunds nothing twice;
`poll_open` does that for whatever was left open, and webhooks tell the rest.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.orders import queries as orders
from app.domains.orders.service import orders as orders_service
from app.domains.orders.values import OrderStatus
from app.domains.payments import queries, rules
from app.domains.payments.gateways.provider import PaymentProvider, ProviderRefused, ProviderUnreachable
from app.domains.payments.service import payments, refunds
from app.domains.payments.values import (
    IntendPayment,
    IntendRefund,
    PaymentCard,
    PaymentStatus,
    ProviderEvent,
    ProviderState,
    RefundCard,
    RefundState,
    RefundStatus,
)
from app.flows import checkout
from app.infra import idempotency, log
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import NotFound
from app.kernel.states import WrongState

LOG = log.get("linli.payment")
T = TypeVar("T")


def start_payment(
    run: Run, provider: PaymentProvider, order_id: UUID, return_url: str, method: str = "alipay", key: str | None = None
) -> PaymentCard:
    """Begin to collect an order's total and return where the payer approves (`redirect_url`).

    Safe to repeat: an open payment is continued, a paid order's payment is returned. INTENDED comes back when the
    provider does not answer (try again; the worker does too), FAILED when it refused. A `key` stands for one request:
    it is kept with the payment, and refused for another order, method or address.
    Raises NotFound for somebody else's order, WrongState for one that no longer waits for money, KeyReused.
    """
    card: PaymentCard = run(_intend, order_id, return_url, method, key)
    return _ask(run, provider, card) if card.status is PaymentStatus.INTENDED else card


def sync_payment(run: Run, provider: PaymentProvider, payment_id: UUID) -> PaymentCard:
    """Ask the provider how a payment stands and draw the consequences; used when a payer comes back.

    Safe to repeat. Raises NotFound for somebody else's payment, ProviderUnreachable, ProviderRefused.
    """
    card: PaymentCard = run(payments.get_own, payment_id)
    if not card.is_open:
        return card
    if card.provider_ref is None:
        return _ask(run, provider, card)
    return _settle_own(run, card.id, provider.look_up(card.provider_ref))


def cancel_payment(run: Run, provider: PaymentProvider, payment_id: UUID) -> PaymentCard:
    """Give up a payment that nobody wants any more; one that was made meanwhile is honoured or refunded as ever.

    Safe to repeat. Raises ProviderUnreachable.
    """
    card = sync_payment(run, provider, payment_id)
    if not card.is_open or card.provider_ref is None:
        return card
    return _settle_own(run, card.id, provider.cancel(card.provider_ref))


def settle_payment(uow: UnitOfWork, payment_id: UUID, state: ProviderState) -> PaymentCard:
    """Record news of a payment and all that follows from it, together: journal, paid order - or everything goes back.

    Safe to repeat and in any order; money is booked when the payment becomes paid, once. A sum other than the one asked
    for pays nothing and is refunded whole. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    recorded = payments.record_state(uow, payment_id, state)
    card = recorded.payment
    if not recorded.is_news or card.received_cents == 0:
        return card
    journals.post(uow, _captured(card))
    if card.received_cents == card.amount_cents:
        checkout.order_paid(uow, card)
    else:
        everything = IntendRefund(
            order_id=card.order_id,
            cause_id=card.id,
            amount_cents=card.received_cents,
            reason="wrong_sum",
            payment_id=card.id,
        )
        refunds.intend_refunds(uow, [everything])
    return queries.get_payment(uow.session, payment_id)


def handle_event(run: Run, provider: PaymentProvider, body: bytes, signature: str) -> bool:
    """Act on a webhook; True when it changed something now, False for a twin or a kind that is not ours.

    Raises BadSignature, and whatever keeps the work from being done: the door then asks the provider to send it again.
    """
    event = provider.read_event(body, signature)
    if event.payment is None and event.refund is None:
        LOG.info("webhook ignored", event_id=event.id, kind=event.kind)
        return False
    acted: bool = run(_settle_event, event)
    return acted


def execute_refund(run: Run, provider: PaymentProvider, refund_id: UUID) -> RefundCard | None:
    """Send an intended refund to the provider and record its answer; None when it had its answer already.

    Safe to repeat. A refusal makes it FAILED for HQ to look at. Raises ProviderUnreachable, NotFound.
    """
    refund: RefundCard | None = run(refunds.begin, refund_id)
    if refund is None:
        return None
    try:
        state = provider.refund(refund) if refund.provider_ref is None else provider.look_up_refund(refund.provider_ref)
    except ProviderRefused as refusal:
        state = RefundState(ref=refund.provider_ref or "", status=RefundStatus.FAILED, failure=str(refusal))
    recorded: RefundCard = run(refunds.record_refund, refund_id, state, refund.attempt)
    return recorded


def poll_open(run: Run, provider: PaymentProvider, limit: int = 100) -> int:
    """Finish what was left open: ask about payments, cancel those of closed orders, try refunds again; how many.

    One that fails holds back no other; its error is raised at the end. An unreachable provider ends the round.
    """
    waiting: Sequence[PaymentCard] = run(payments.take_due_looks, limit)
    going_back: Sequence[RefundCard] = run(refunds.take_due_tries, limit)
    failures = [
        *_each(waiting, lambda card: _look(run, provider, card)),
        *_each(going_back, lambda refund: execute_refund(run, provider, refund.id)),
    ]
    if failures:
        raise failures[0]
    return len(waiting) + len(going_back)


def _each(found: Sequence[T], act: Callable[[T], object]) -> list[Exception]:
    """Act on one after the other; returns what went wrong."""
    failures: list[Exception] = []
    for one in found:
        try:
            act(one)
        except ProviderUnreachable:
            LOG.warning("provider unreachable, the rest waits")
            break
        except Exception as failure:
            LOG.exception("left open", what=str(one))
            failures.append(failure)
    return failures


def _look(run: Run, provider: PaymentProvider, card: PaymentCard) -> None:
    if card.provider_ref is None and run(_is_stale, card.id):
        run(payments.record_end, card.id, PaymentStatus.CANCELLED, "never reached the provider")
    elif run(_is_wanted, card.order_id, card.amount_cents):
        sync_payment(run, provider, card.id)
    else:
        cancel_payment(run, provider, card.id)


def _ask(run: Run, provider: PaymentProvider, card: PaymentCard) -> PaymentCard:
    """Call for an intended payment; whatever cannot be known now is left to `poll_open`."""
    try:
        state = provider.start(card)
    except ProviderUnreachable:
        LOG.warning("payment left intended", payment_id=str(card.id), exc_info=True)
        return card
    except ProviderRefused as refusal:
        failed: PaymentCard = run(_record_refusal, card.id, str(refusal))
        return failed
    return _settle_own(run, card.id, state)


def _settle_own(run: Run, payment_id: UUID, state: ProviderState) -> PaymentCard:
    card: PaymentCard = run(_settle, payment_id, state)
    return card


def _intend(uow: UnitOfWork, order_id: UUID, return_url: str, method: str, key: str | None) -> PaymentCard:
    uow.require(Permission.PAYMENTS_START)
    order = orders_service.lock(uow.as_system("payment"), order_id)
    if uow.actor.role is not Role.SYSTEM and order.resident_id != uow.actor.id:
        raise NotFound("order")
    if key is not None and uow.actor.id is not None:
        _claim(uow, uow.actor.id, key, [str(order_id), return_url, method])
    if order.status is OrderStatus.PAID and (paid := queries.payment_of_order(uow.session, order_id)):
        return paid
    if order.status is not OrderStatus.PLACED or order.pay_by <= uow.now:
        raise WrongState(what="order", state=order.status.value, wanted=OrderStatus.PAID.value)
    wish = IntendPayment(
        order_id=order.id,
        order_no=order.no,
        hub_id=order.hub_id,
        resident_id=order.resident_id,
        amount_cents=order.total_cents,
        currency=order.currency,
        method=method,
        return_url=return_url,
    )
    return payments.intend(uow, wish)


def _claim(uow: UnitOfWork, payer_id: UUID, key: str, request: list[str]) -> None:
    """Keep the payer's key for this request. A repetition goes on: an order's open payment is continued anyway."""
    wanted = IdempotencyKey(
        account_id=payer_id, action="payments.start", key=key, fingerprint=idempotency.fingerprint(request),
        result_id=UUID(request[0]), at=uow.now,
    )  # fmt: skip
    idempotency.claim(uow.session, wanted)


def _settle(uow: UnitOfWork, payment_id: UUID, state: ProviderState) -> PaymentCard:
    """What the provider told us, not the payer, so it is recorded with the system's rights.

    Whose payment it is was asked before the provider was.
    """
    uow.require(Permission.PAYMENTS_START)
    return settle_payment(uow.as_system("payment"), payment_id, state)


def _record_refusal(uow: UnitOfWork, payment_id: UUID, reason: str) -> PaymentCard:
    uow.require(Permission.PAYMENTS_START)
    payments.get_own(uow, payment_id)
    return payments.record_end(uow.as_system("payment"), payment_id, PaymentStatus.FAILED, reason)


def _settle_event(uow: UnitOfWork, event: ProviderEvent) -> bool:
    uow.require(Permission.PAYMENTS_RECORD)
    if not payments.first_sight(uow, event):
        return False
    if event.payment is not None:
        payment = payments.payment_of_state(uow, event.payment)
        if payment is not None:
            settle_payment(uow, payment.id, event.payment)
            return True
    if event.refund is not None:
        refund = refunds.refund_of_state(uow, event.refund)
        if refund is not None:
            refunds.record_refund(uow, refund.id, event.refund)
            return True
    LOG.warning("webhook of something that is not ours", event_id=event.id, kind=event.kind)
    return False


def _is_wanted(uow: UnitOfWork, order_id: UUID, amount_cents: int) -> bool:
    """Whether an order still waits for just this sum."""
    uow.require(Permission.PAYMENTS_RECORD)
    order = orders.get_order(uow.session, order_id)
    return order.status is OrderStatus.PLACED and order.pay_by > uow.now and order.total_cents == amount_cents


def _is_stale(uow: UnitOfWork, payment_id: UUID) -> bool:
    """Whether the provider may have forgotten the key of a payment that it never confirmed to have taken on."""
    uow.require(Permission.PAYMENTS_RECORD)
    return queries.get_payment(uow.session, payment_id).created_at <= uow.now - rules.KEY_LIFE


def _captured(card: PaymentCard) -> PostJournal:
    return PostJournal(
        kind=JournalKind.PAYMENT_CAPTURED,
        cause_id=card.id,
        hub_id=card.hub_id,
        currency=card.currency,
        postings=(
            Posting(LedgerAccount.PROVIDER_CLEARING, card.received_cents),
            Posting(LedgerAccount.DEFERRED_SALES, -card.received_cents),
        ),
    )
