"""Pure decisions of the aftersales room."""

from datetime import datetime, timedelta

from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, NotPickedUp
from app.domains.aftersales.values import ClaimableLine, ClaimOption, DecideClaim, FileClaim
from app.kernel.errors import Invalid

#: HQ decides within a day.
DECIDE_WITHIN = timedelta(hours=24)
MAX_TEXT = 500


def left_qty(line: ClaimableLine) -> int:
    """Pieces that can still be claimed: handed out, and in no claim that was not rejected."""
    return max(0, line.picked_qty - line.claimed_qty)


def claim_until(line: ClaimableLine) -> datetime | None:
    """The last moment at which a line can be claimed; None while nothing was handed out."""
    return line.picked_at + timedelta(hours=line.claim_hours) if line.picked_at else None


def option(line: ClaimableLine, now: datetime) -> ClaimOption | None:
    """What can still be claimed of a line at `now`; None when nothing can."""
    until, left = claim_until(line), left_qty(line)
    if until is None or now > until or not left:
        return None
    return ClaimOption(order_line_id=line.order_line_id, left_qty=left, until=until)


def check_claim(wish: FileClaim, line: ClaimableLine, now: datetime) -> None:
    """Refuse a claim on goods that were not handed out, too late, or for more pieces than are left to claim.

    The last minute of the window still counts. Raises NotPickedUp, ClaimTooLate, AboveClaimable, Invalid.
    """
    if wish.qty < 1:
        raise Invalid(field="qty", reason="must be at least 1")
    if len(wish.text) > MAX_TEXT:
        raise Invalid(field="text", reason=f"must have at most {MAX_TEXT} characters")
    until = claim_until(line)
    if until is None:
        raise NotPickedUp(order_line_id=line.order_line_id)
    if now > until:
        raise ClaimTooLate(until=until)
    if wish.qty > left_qty(line) or not line.left_cents:
        raise AboveClaimable(order_line_id=line.order_line_id, left=left_qty(line) if line.left_cents else 0)


def claimed_cents(qty: int, line: ClaimableLine) -> int:
    """What a full refund of claimed pieces is: the final price, but never more than is left of what was paid."""
    return min(qty * line.final_price_cents, line.left_cents)


def refund_cents(wish: DecideClaim, claimed: int) -> int:
    """What a decision gives back: nothing when rejected, the amount named, or all that was claimed.

    Raises Invalid for an amount outside 1 … claimed, an amount beside a rejection, or a decision without a reason.
    """
    if not wish.reason.strip():
        raise Invalid(field="reason", reason="must not be empty")
    if not wish.approve:
        if wish.amount_cents:
            raise Invalid(field="amount_cents", reason="a rejected claim gives nothing back")
        return 0
    amount = claimed if wish.amount_cents is None else wish.amount_cents
    if not 0 < amount <= claimed:
        raise Invalid(field="amount_cents", reason=f"must be between 1 and {claimed}")
    return amount
