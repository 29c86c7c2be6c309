"""How news of a payment is weighed, when to look again, and which payment a refund is taken from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.values import IntendRefund, PaymentStatus, ProviderState

#: News of a lower rank than what is known is old news.
RANK = {status: rank for rank, status in enumerate(PaymentStatus)}
#: The first look at a payment nobody told us about, and the shortest pause between two.
FIRST_LOOK = timedelta(minutes=2)
#: Providers forget idempotency keys after a day; an intent that never arrived is given up before.
KEY_LIFE = timedelta(hours=23)


@dataclass(frozen=True, slots=True)
class Pot:
    """A payment that succeeded and what can still be returned of it."""

    payment_id: UUID
    order_id: UUID
    left_cents: int


def is_news(known: PaymentStatus, told: PaymentStatus) -> bool:
    """Ranks only rise: nothing that is told late can take back what is known."""
    return RANK[told] > RANK[known]


def next_look(created_at: datetime, now: datetime) -> datetime:
    """Pauses double with age (2, 2, 4, 8 … minutes), so an hour of waiting costs six looks."""
    return now + max(FIRST_LOOK, now - created_at)


def wrong_sum(amount_cents: int, state: ProviderState) -> str | None:
    """What is wrong with the sum that a provider took; None when nothing is."""
    if state.status is not PaymentStatus.SUCCEEDED or state.amount_received_cents == amount_cents:
        return None
    return f"received {state.amount_received_cents} of {amount_cents}"


def draw(pots: Sequence[Pot], wishes: Sequence[IntendRefund]) -> list[tuple[IntendRefund, UUID]]:
    """The payment each refund is taken from: the one it names, else its order's first that has enough left.

    `pots` come in the order in which they were paid. Raises RefundTooHigh when a wish fits nowhere.
    """
    left = {pot.payment_id: pot.left_cents for pot in pots}
    of_order: dict[UUID, list[UUID]] = {}
    for pot in pots:
        of_order.setdefault(pot.order_id, []).append(pot.payment_id)
    drawn = []
    for wish in wishes:
        own = [payment_id for payment_id in of_order.get(wish.order_id, []) if wish.payment_id in {None, payment_id}]
        fitting = [payment_id for payment_id in own if left[payment_id] >= wish.amount_cents]
        if not fitting or wish.amount_cents <= 0:
            most = max((left[payment_id] for payment_id in own), default=0)
            raise RefundTooHigh(order_id=wish.order_id, wanted_cents=wish.amount_cents, left_cents=most)
        left[fitting[0]] -= wish.amount_cents
        drawn.append((wish, fitting[0]))
    return drawn
