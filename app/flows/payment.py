"""Money in and back: write the intent, commit, call the provider, record its answer. A crash between two steps is safe.

Every call carries the payment's or refund's own key, so calling again after a crash charges and refunds nothing twice;
`poll_open` does that for whatever was left open, and webhooks tell the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.domains.payments import queries, rules
from app.domains.payments.gateways.provider import PaymentProvider, ProviderRefused, ProviderUnreachable
from app.domains.payments.service import payments, refunds
from app.domains.payments.values import (
    Method,
    PaymentCard,
    PaymentStatus,
    ProviderEvent,
    ProviderState,
    RefundCard,
    RefundState,
    RefundStatus,
)
from app.domains.payouts import queries as payout_queries
from app.domains.payouts.service import payouts
from app.flows import checkout
from app.flows.pay_wish import ALIPAY, PayWish, intend
from app.flows.ways import way_back, way_of
from app.infra import log
from app.infra.events import Job
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound

LOG = log.get("linli.payment")
T = TypeVar("T")


def start_payment(
    run: Run,
    provider: PaymentProvider,
    order_id: UUID,
    return_url: str,
    wish: PayWish = ALIPAY,
    key: str | None = None,
) -> PaymentCard:
    """Begin to collect an order's total and return where the payer approves (`redirect_url`).

    Safe to repeat: an open payment is continued, a paid order's payment is returned. INTENDED comes back when the
    provider does not answer (try again; the worker does too), FAILED when it refused. A `key` stands for one request:
    it is kept with the payment, and refused for another order, method or address.
    Raises NotFound for somebody else's order, WrongState for one that no longer waits for money, KeyReused,
    CashNotTaken, CashMissed, NoSuchCard.
    """
    card: PaymentCard = run(intend, order_id, return_url, wish, key)
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
    return _settle_own(run, card.id, way_of(run, provider, card).look_up(card.provider_ref))


def cancel_payment(run: Run, provider: PaymentProvider, payment_id: UUID) -> PaymentCard:
    """Give up a payment that nobody wants any more; one that was made meanwhile is honoured or refunded as ever.

    Safe to repeat. Raises ProviderUnreachable.
    """
    card: PaymentCard = run(payments.get_own, payment_id)
    if card.is_open and card.provider_ref is None:
        return _abandon(run, provider, card)
    card = sync_payment(run, provider, payment_id)
    if not card.is_open or card.provider_ref is None:
        return card
    return _settle_own(run, card.id, way_of(run, provider, card).cancel(card.provider_ref))


def _abandon(run: Run, provider: PaymentProvider, card: PaymentCard) -> PaymentCard:
    """Learn with its own key whether the provider took it on, and let it go before it stands behind the order.

    A kept card would else be charged by our very asking, for a way to pay that she left or an order that lapsed.
    """
    way = way_of(run, provider, card)
    try:
        state = way.start(card)
    except ProviderRefused as refusal:
        failed: PaymentCard = run(_record_refusal, card.id, str(refusal))
        return failed
    if state.status in {PaymentStatus.WAITING, PaymentStatus.AUTHORISED}:
        gone: PaymentCard = run(_close, card.id, PaymentStatus.CANCELLED, "given up")
        if gone.status is not PaymentStatus.CANCELLED:
            return gone
        state = way.cancel(state.ref)
    return _settle_own(run, card.id, state)


def capture_payment(run: Run, provider: PaymentProvider, payment_id: UUID) -> PaymentCard:
    """Take what is due of a held payment; one of which nothing is due any more is let go.

    Safe to repeat; the sum is written down before the provider is asked. Raises ProviderUnreachable, and
    ProviderRefused when the provider holds nothing any more: then HQ must look.
    """
    card: PaymentCard = run(payments.begin_capture, payment_id)
    if card.status is not PaymentStatus.AUTHORISED or card.provider_ref is None:
        return card
    way = way_of(run, provider, card)
    try:
        state = way.capture(card.provider_ref, card.due_cents) if card.due_cents else way.cancel(card.provider_ref)
    except ProviderRefused:
        LOG.exception("held money cannot be taken", payment_id=str(card.id))
        state = way.look_up(card.provider_ref)
    return _settle_own(run, card.id, state)


def settle_payment(uow: UnitOfWork, payment_id: UUID, state: ProviderState) -> PaymentCard:
    """Record news of a payment and all that follows from it, together: journal, paid order - or everything goes back.

    Safe to repeat and in any order; money is booked when it is taken, once. A sum other than the one asked for pays
    nothing and goes back whole. Raises NotFound.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    recorded = payments.record_state(uow, payment_id, state)
    card = recorded.payment
    if recorded.is_taken and card.received_cents:
        journals.post(uow, _captured(card))
        refunds.wake(uow, card.id)
    if recorded.is_ended:
        _end(uow, card)
    elif recorded.is_backing and (card.received_cents or card.status is PaymentStatus.AUTHORISED):
        _back(uow, card, state)
    elif recorded.is_taken and card.received_cents > card.due_cents:
        over = replace(checkout.whole_refund(card, "wrong_sum"), amount_cents=card.received_cents - card.due_cents)
        refunds.intend_refunds(uow, [over])
    return queries.get_payment(uow.session, payment_id)


def _back(uow: UnitOfWork, card: PaymentCard, state: ProviderState) -> None:
    """Money has arrived or is held: for its order, as the waiting part of another payment, or it is a wrong sum."""
    if card.part_of is not None:
        if not queries.get_payment(uow.session, card.part_of).is_open:
            refunds.intend_refunds(uow, [checkout.whole_refund(card, "not_used")])
    elif rules.wrong_sum(card.amount_cents, state):
        refunds.intend_refunds(uow, [checkout.whole_refund(card, "wrong_sum")])
        _end(uow, card)
    else:
        checkout.order_paid(uow, card)


def _end(uow: UnitOfWork, card: PaymentCard) -> None:
    """A payment came to nothing: its part of the balance, if one is held, is let go."""
    part = queries.part_of(uow.session, card)
    if part is not None and part.status is PaymentStatus.AUTHORISED:
        refunds.intend_refunds(uow, [checkout.whole_refund(part, "not_used")])


def handle_event(run: Run, provider: PaymentProvider, body: bytes, signature: str) -> bool:
    """Act on a webhook; True when it changed something now, False for a twin or a kind that is not ours.

    Raises BadSignature, and whatever keeps the work from being done: the door then asks the provider to send it again.
    """
    event = provider.read_event(body, signature)
    if not any((event.payment, event.refund, event.payout_id, event.refused_account)):
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
    way = way_back(run, provider, refund)
    try:
        state = way.refund(refund) if refund.provider_ref is None else way.look_up_refund(refund.provider_ref)
    except ProviderRefused as refusal:
        state = RefundState(
            ref=refund.provider_ref or "", status=RefundStatus.FAILED, failure=str(refusal), refund_key=refund.key
        )
    recorded: RefundCard = run(refunds.record_refund, refund_id, state)
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
    if card.status is PaymentStatus.AUTHORISED:
        _look_at_held(run, provider, card)
    elif card.part_of is not None:
        _look_at_part(run, provider, card, card.part_of)
    elif card.provider_ref is None and run(_is_stale, card.id):
        run(_close, card.id, PaymentStatus.CANCELLED, "never reached the provider")
    elif run(_is_wanted, card.order_id, card.covers_cents):
        sync_payment(run, provider, card.id)
    else:
        cancel_payment(run, provider, card.id)


def _look_at_held(run: Run, provider: PaymentProvider, card: PaymentCard) -> None:
    """Take it where taking was begun or where the bank forgets it soon, let it go where nothing is due any more."""
    if card.part_of is not None:
        run(_free_lone_part, card)
    if run(_must_take, card.id):
        capture_payment(run, provider, card.id)


def _free_lone_part(uow: UnitOfWork, part: PaymentCard) -> None:
    """Let a part go whose payment came to nothing in the very moment in which it was held; repeating changes nothing.

    Where a bank dropped a card's hold later, the part stays: it stands behind the order.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    lead = queries.get_payment(uow.session, part.part_of or part.id)
    if lead.status in {PaymentStatus.FAILED, PaymentStatus.CANCELLED} and lead.capture_by is None:
        refunds.intend_refunds(uow, [checkout.whole_refund(part, "not_used")])


def _look_at_part(run: Run, provider: PaymentProvider, card: PaymentCard, lead_id: UUID) -> None:
    """A part follows its payment, which asks for it; only when that is over is it seen to here."""
    if not run(payments.get_own, lead_id).is_open:
        sync_payment(run, provider, card.id)


def _ask(run: Run, provider: PaymentProvider, card: PaymentCard) -> PaymentCard:
    """Call for an intended payment, its part first; whatever cannot be known now is left to `poll_open`."""
    if card.part_cents:
        part: PaymentCard = run(_part, card.id)
        part = _ask(run, provider, part) if part.status is PaymentStatus.INTENDED else part
        if part.status is not PaymentStatus.AUTHORISED:
            gone: PaymentCard = run(_record_refusal, card.id, part.failure or "the balance's part is not held")
            return gone
    try:
        state = way_of(run, provider, card).start(card)
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


def _settle(uow: UnitOfWork, payment_id: UUID, state: ProviderState) -> PaymentCard:
    """What the provider told us, not the payer, so it is recorded with the system's rights.

    Whose payment it is was asked before the provider was.
    """
    uow.require(Permission.PAYMENTS_START)
    return settle_payment(uow.as_system("payment"), payment_id, state)


def _record_refusal(uow: UnitOfWork, payment_id: UUID, reason: str) -> PaymentCard:
    uow.require(Permission.PAYMENTS_START)
    payments.get_own(uow, payment_id)
    return _close(uow.as_system("payment"), payment_id, PaymentStatus.FAILED, reason)


def _close(uow: UnitOfWork, payment_id: UUID, status: PaymentStatus, reason: str) -> PaymentCard:
    uow.require(Permission.PAYMENTS_RECORD)
    card = payments.record_end(uow, payment_id, status, reason)
    if card.status is status:
        _end(uow, card)
    return card


def _part(uow: UnitOfWork, payment_id: UUID) -> PaymentCard:
    """The part of a payment that its payer, or a program, may ask about."""
    uow.require(Permission.PAYMENTS_START)
    part = queries.part_of(uow.session, payments.get_own(uow, payment_id))
    if part is None:
        raise NotFound("payment")
    return part


def _must_take(uow: UnitOfWork, payment_id: UUID) -> bool:
    uow.require(Permission.PAYMENTS_RECORD)
    card = queries.get_payment(uow.session, payment_id)
    is_late = card.capture_by is not None and card.capture_by <= uow.now
    return card.capture_cents > 0 or card.due_cents == 0 or is_late


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
    if event.payout_id is not None:
        found = payout_queries.get_payout(uow.session, event.payout_id)
        uow.defer(Job("sync_payout", {"payout_id": str(found.id)}, lock=f"payout:{found.id}"))
        return True
    if event.refused_account is not None and payouts.note_refusal(uow, event.refused_account):
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
    """The asset that came, or the debt that went, against goods that are still to be handed out."""
    accounts = {
        Method.BALANCE: (LedgerAccount.RESIDENT_BALANCE, card.resident_id),
        Method.CASH: (LedgerAccount.LEADER_CASH, card.holder_id),
    }
    account, owner_id = accounts.get(Method(card.method), (LedgerAccount.PROVIDER_CLEARING, None))
    return PostJournal(
        kind=JournalKind.PAYMENT_CAPTURED,
        cause_id=card.id,
        hub_id=card.hub_id,
        currency=card.currency,
        postings=(
            Posting(account, card.received_cents, owner_id),
            Posting(LedgerAccount.DEFERRED_SALES, -card.received_cents),
        ),
    )
