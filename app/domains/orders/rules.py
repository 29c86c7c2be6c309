"""Pure decisions of the orders room."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.domains.orders.errors import EmptyBasket
from app.domains.orders.values import NewLine, OrderItem
from app.kernel.errors import Invalid

#: How long an order may stay unpaid before its pieces go back; never beyond the cut-off.
PAY_WITHIN = timedelta(minutes=15)
MAX_ITEMS = 100
MAX_QTY = 999
#: Characters of a note to the leader.
MAX_NOTE = 200


def pay_by(now: datetime, cutoff_at: datetime) -> datetime:
    """When an order placed at `now` lapses if it is not paid."""
    return min(now + PAY_WITHIN, cutoff_at)


def check_items(items: Sequence[OrderItem]) -> None:
    """Refuse a basket that is empty, too long, or names an offer twice; quantities are whole pieces from 1 to 999."""
    if not items:
        raise EmptyBasket
    if len(items) > MAX_ITEMS:
        raise Invalid(field="items", reason=f"at most {MAX_ITEMS} different offers in one order")
    if len({i.offer_id for i in items}) < len(items):
        raise Invalid(field="items", reason="an offer stands in the basket twice")
    if any(not 1 <= i.qty <= MAX_QTY for i in items):
        raise Invalid(field="qty", reason=f"must be between 1 and {MAX_QTY}")
    if any(not 0 <= i.tolerance_qty <= MAX_QTY - i.qty for i in items):
        raise Invalid(field="tolerance_qty", reason=f"must be 0 or more, and with the pieces wanted at most {MAX_QTY}")


def check_note(note: str) -> str:
    """A resident's note to her leader of at most 200 characters; a longer one is refused, never cut."""
    if len(note) > MAX_NOTE:
        raise Invalid(field="note", reason=f"at most {MAX_NOTE} characters")
    return note


def weighed_price_cents(weight_g: int, qty: int, estimate_g: int, most_cents: int) -> int:
    """What a piece costs after the scale: `qty` pieces weigh `weight_g`, one was estimated at `estimate_g` grams.

    `most_cents` is the price of a piece of just that weight, and never exceeded. Otherwise grams × price per gram,
    shared evenly over the pieces and rounded down to the cent per piece, in the payer's favour: so a piece keeps a
    whole price, and a shortage, a claim or the commission of single pieces counts as exactly as for any other goods.
    """
    return min(most_cents, weight_g * most_cents // (qty * estimate_g))


def is_likely_weight(weight_g: int, qty: int, estimate_g: int) -> bool:
    """Whether a weight lies between half and twice what is estimated; outside, somebody must say that it is meant."""
    return qty * estimate_g <= 2 * weight_g and weight_g <= 2 * qty * estimate_g


def total_cents(lines: Iterable[NewLine]) -> int:
    """What an order costs at most: tolerated pieces are paid like wanted ones until the boxes are filled."""
    return sum(line.qty * line.unit_price_cents for line in lines)
