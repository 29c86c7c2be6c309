"""How news of a payment is weighed, when to look again, and which payment a refund is taken from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.values import IntendRefund, Method, PaymentStatus, ProviderState

#: News of a lower rank than what is known is old news.
RANK = {status: rank for rank, status in enumerate(PaymentStatus)}
#: The first look at a payment nobody told us about, and the shortest pause between two.
FIRST_LOOK = timedelta(minutes=2)
#: Providers forget idempotency keys after a day; an intent that never arrived is given up before.
KEY_LIFE = timedelta(hours=23)
#: Banks let an authorisation go after seven days (docs.stripe.com/payments/place-a-hold-on-a-payment-method).
CAPTURE_WITHIN = timedelta(days=6)
#: So many orders promised in cash may stay unfetched, within such a time, before the next one is paid ahead.
CASH_MISSES = 2
CASH_REMEMBERED = timedelta(days=90)
#: How often an amount that is held in the house is looked after.
HOLD_LOOK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pot:
    """A payment that stands behind an order and what can still be returned of it."""

    payment_id: UUID
    order_id: UUID
    left_cents: int
    #: Only held so far: what goes back is simply not taken.
    is_held: bool = False
    #: The balance's part of a payment that is not made yet: it stands behind nothing and is drawn from by name only.
    is_loose: bool = False


def is_news(known: PaymentStatus, told: PaymentStatus) -> bool:
    """Ranks only rise: nothing that is told late can take back what is known."""
    return RANK[told] > RANK[known]


def next_look(created_at: datetime, now: datetime) -> datetime:
    """Pauses double with age (2, 2, 4, 8 … minutes), so an hour of waiting costs six looks."""
    return now + max(FIRST_LOOK, now - created_at)


def look_at_held(method: str, now: datetime) -> tuple[datetime, datetime | None]:
    """When a held amount is looked at next, and by when it must be taken: a bank forgets, the house does not."""
    if method == Method.CARD:
        return now + CAPTURE_WITHIN, now + CAPTURE_WITHIN
    return now + HOLD_LOOK, None


def wrong_sum(due_cents: int, state: ProviderState) -> str | None:
    """What is wrong with the sum that a provider took or holds; None when nothing is."""
    if state.status is PaymentStatus.AUTHORISED and state.amount_held_cents != due_cents:
        return f"held {state.amount_held_cents} of {due_cents}"
    if state.status is PaymentStatus.SUCCEEDED and state.amount_received_cents != due_cents:
        return f"received {state.amount_received_cents} of {due_cents}"
    return None


def takes_both(total_cents: int, balance_cents: int, *, use_balance: bool) -> tuple[int, int]:
    """How a total is split: what the chosen way pays, and what the balance pays beside it or alone."""
    part = min(total_cents, balance_cents) if use_balance else 0
    return total_cents - part, part


def draw(pots: Sequence[Pot], wishes: Sequence[IntendRefund]) -> list[tuple[IntendRefund, UUID, int]]:
    """Which payments each refund is taken from, and how much of each.

    The one it names; else the first of its order that has enough left; else several, one after the other; loose ones
    only where they are named. `pots` come in the order in which they are drawn from. Raises RefundTooHigh when all of
    them together have not enough.
    """
    left = {pot.payment_id: pot.left_cents for pot in pots}
    loose = {pot.payment_id for pot in pots if pot.is_loose}
    of_order: dict[UUID, list[UUID]] = {}
    for pot in pots:
        of_order.setdefault(pot.order_id, []).append(pot.payment_id)
    drawn = []
    for wish in wishes:
        own = [
            payment_id
            for payment_id in of_order.get(wish.order_id, [])
            if (payment_id not in loose if wish.payment_id is None else payment_id == wish.payment_id)
        ]
        most = sum(left[payment_id] for payment_id in own)
        if wish.amount_cents <= 0 or most < wish.amount_cents:
            raise RefundTooHigh(order_id=wish.order_id, wanted_cents=wish.amount_cents, left_cents=most)
        fitting = [payment_id for payment_id in own if left[payment_id] >= wish.amount_cents][:1]
        wanted = wish.amount_cents
        for payment_id in fitting or own:
            cents = min(wanted, left[payment_id])
            left[payment_id] -= cents
            wanted -= cents
            if cents:
                drawn.append((wish, payment_id, cents))
    return drawn
