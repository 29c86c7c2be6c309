"""How somebody wishes to pay, and what is written down for it before anybody is asked for money."""

from dataclasses import dataclass
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.orders import queries as orders
from app.domains.orders.service import orders as orders_service
from app.domains.orders.values import OrderHead, OrderStatus
from app.domains.payments import queries, rules
from app.domains.payments.errors import BalanceShort, CashMissed, CashNotTaken, NoSuchCard
from app.domains.payments.service import payments
from app.domains.payments.values import IntendPayment, Method, PaymentCard
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission, Role
from app.kernel.errors import NotFound
from app.kernel.states import WrongState


@dataclass(frozen=True, slots=True, kw_only=True)
class PayWish:
    """How somebody wishes to pay; `use_balance` takes what the balance has first, and the rest this way."""

    method: str = Method.ALIPAY
    use_balance: bool = False
    #: The kept card, as the provider calls it.
    card_ref: str | None = None
    #: So many orders promised in cash and not fetched make this one be paid ahead; 0 = no limit.
    cash_misses: int = rules.CASH_MISSES


#: What is asked for where nothing else is said.
ALIPAY = PayWish()


def intend(uow: UnitOfWork, order_id: UUID, return_url: str, wished: PayWish, key: str | None) -> PaymentCard:
    """Write down that an order's total shall be collected, in the way that was wished; see `payment.start_payment`."""
    uow.require(Permission.PAYMENTS_START)
    order = orders_service.lock(uow.as_system("payment"), order_id)
    if uow.actor.role is not Role.SYSTEM and order.resident_id != uow.actor.id:
        raise NotFound("order")
    if key is not None and uow.actor.id is not None:
        _claim(uow, uow.actor.id, key, [str(order_id), return_url, wished.method, *_besides(wished)])
    if order.status is OrderStatus.PAID and (paid := queries.payment_of_order(uow.session, order_id)):
        return paid
    if order.status is not OrderStatus.PLACED or order.pay_by <= uow.now:
        raise WrongState(what="order", state=order.status.value, wanted=OrderStatus.PAID.value)
    return payments.intend(uow, _wish(uow, order, return_url, wished))


def _wish(uow: UnitOfWork, order: OrderHead, return_url: str, wished: PayWish) -> IntendPayment:
    """How the order's total is collected: by the balance alone, or this way with a part from the balance or without."""
    if wished.method == Method.CASH:
        _check_cash(uow, order, wished.cash_misses)
    customer_ref = _customer(uow, order, wished) if wished.method == Method.CARD else None
    use = wished.use_balance or wished.method == Method.BALANCE
    has = _spendable(uow, order, wished) if use else 0
    rest, part = rules.takes_both(order.total_cents, has, use_balance=use)
    if rest and wished.method == Method.BALANCE:
        raise BalanceShort(wanted_cents=order.total_cents)
    is_card = wished.method == Method.CARD and rest > 0
    return IntendPayment(
        order_id=order.id,
        order_no=order.no,
        hub_id=order.hub_id,
        resident_id=order.resident_id,
        amount_cents=rest or part,
        currency=order.currency,
        method=wished.method if rest else Method.BALANCE,
        return_url=return_url,
        part_cents=part if rest else 0,
        source_ref=wished.card_ref if is_card else None,
        customer_ref=customer_ref if is_card else None,
    )


def _customer(uow: UnitOfWork, order: OrderHead, wished: PayWish) -> str:
    """As whom the provider knows her who pays with a kept card. Raises NoSuchCard."""
    payer = queries.payer(uow.session, order.resident_id)
    if not (wished.card_ref and payer.customer_ref):
        raise NoSuchCard
    return payer.customer_ref


def _spendable(uow: UnitOfWork, order: OrderHead, wished: PayWish) -> int:
    """What her balance can pay of this order, an open payment of the same wish included."""
    return _held_for(uow, order, wished) or queries.balance_of(uow.session, order.resident_id, order.currency)


def _check_cash(uow: UnitOfWork, order: OrderHead, most: int) -> None:
    """Cash is a promise: the leader takes it, and the resident has kept hers. Raises CashNotTaken, CashMissed."""
    if not communities.takes_cash(uow.session, order.leader_id):
        raise CashNotTaken
    misses = orders.cash_missed(uow.session, order.resident_id, uow.now - rules.CASH_REMEMBERED)
    if most and misses >= most:
        raise CashMissed(misses=misses)


def _held_for(uow: UnitOfWork, order: OrderHead, wished: PayWish) -> int:
    """What an open payment of just this wish takes from the balance: asked for again, it goes on with that."""
    card_ref = wished.card_ref if wished.method == Method.CARD else None
    for card in queries.open_payments(uow.session, order.id):
        is_same = card.part_cents and (card.method, card.source_ref) == (wished.method, card_ref)
        if card.covers_cents == order.total_cents and (is_same or card.method == Method.BALANCE):
            return card.part_cents or card.amount_cents
    return 0


def _besides(wished: PayWish) -> list[str]:
    return [part for part in ("balance" if wished.use_balance else "", wished.card_ref or "") if part]


def _claim(uow: UnitOfWork, payer_id: UUID, key: str, request: list[str]) -> None:
    """Keep the payer's key for this request. A repetition goes on: an order's open payment is continued anyway."""
    wanted = IdempotencyKey(
        account_id=payer_id, action="payments.start", key=key, fingerprint=idempotency.fingerprint(request),
        result_id=UUID(request[0]), at=uow.now,
    )  # fmt: skip
    idempotency.claim(uow.session, wanted)
