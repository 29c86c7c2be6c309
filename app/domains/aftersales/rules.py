"""Pure decisions of the aftersales room."""

from collections.abc import Collection
from datetime import datetime, timedelta

from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, LeaderNotHeard, NotPickedUp
from app.domains.aftersales.values import (
    ClaimableLine,
    ClaimFault,
    ClaimKind,
    ClaimOption,
    ClaimPolicy,
    DecideClaim,
    FileClaim,
    History,
    Screening,
)
from app.kernel.errors import Invalid

#: Version 1: up to 20.00 with a photo, two claims free and one line in ten after that, over a quarter of a year.
DEFAULT_POLICY = ClaimPolicy(
    version=1, auto_limit_cents=2_000, free_claims=2, share_bps=1_000, history_days=90, evidence_hours=12,
    decide_hours=24, alert_residents=3,
)  # fmt: skip
#: Smallest and largest value of each number of a policy.
POLICY_BOUNDS = {
    "auto_limit_cents": (0, 100_000), "free_claims": (0, 100), "share_bps": (0, 10_000), "history_days": (1, 366),
    "evidence_hours": (1, 72), "decide_hours": (1, 168), "alert_residents": (2, 1_000),
}  # fmt: skip
#: Whom the policy presumes at fault when it approves by itself: never the leader, who was not heard.
PRESUMED = {
    ClaimKind.QUALITY: ClaimFault.SUPPLIER,
    ClaimKind.DAMAGED: ClaimFault.HUB,
    ClaimKind.WRONG: ClaimFault.HUB,
    ClaimKind.MISSING: ClaimFault.HUB,
}
MAX_TEXT = 500
#: Photos in one message.
MAX_PHOTOS = 4
#: Photos that one person uploads in 24 hours.
PHOTOS_A_DAY = 40
#: Messages of one person to one claim.
MAX_MESSAGES = 10


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
    check_words(wish.text, wish.photos)
    until = claim_until(line)
    if until is None:
        raise NotPickedUp(order_line_id=line.order_line_id)
    if now > until:
        raise ClaimTooLate(until=until)
    if wish.qty > left_qty(line) or not line.left_cents:
        raise AboveClaimable(order_line_id=line.order_line_id, left=left_qty(line) if line.left_cents else 0)


def check_words(text: str, photos: Collection[str]) -> None:
    """Refuse too long a text and too many photos."""
    if len(text) > MAX_TEXT:
        raise Invalid(field="text", reason=f"must have at most {MAX_TEXT} characters")
    if len(photos) > MAX_PHOTOS:
        raise Invalid(field="photos", reason=f"at most {MAX_PHOTOS} photos")


def screen(policy: ClaimPolicy, kind: ClaimKind, cents: int, photos: int, history: History) -> Screening:
    """Whether a claim is approved at once, else the first reason why a person decides.

    It passes with a photo, up to the limit, and while the resident's earlier claims stay below the free number or
    below the policy's share of what she picked up, whichever is more. Missing pieces never pass: no photo shows them.
    """
    if kind is ClaimKind.MISSING:
        return Screening.MISSING_PIECES
    if not photos:
        return Screening.NO_PHOTO
    if cents > policy.auto_limit_cents:
        return Screening.ABOVE_LIMIT
    if history.claims >= max(policy.free_claims, history.picked_lines * policy.share_bps // 10_000):
        return Screening.MANY_CLAIMS
    return Screening.PASSED


def check_policy(policy: ClaimPolicy) -> None:
    """Refuse a number outside its bounds, or a decision that would be due before the leader was heard."""
    for name, (least, most) in POLICY_BOUNDS.items():
        if not least <= getattr(policy, name) <= most:
            raise Invalid(field=name, reason=f"must be between {least} and {most}")
    if policy.evidence_hours > policy.decide_hours:
        raise Invalid(field="evidence_hours", reason="must not be more than the hours for the decision")


def check_heard(wish: DecideClaim, heard: bool, evidence_due_at: datetime, now: datetime) -> None:
    """Refuse to lay a claim to a leader who has not told her side and still may. Raises LeaderNotHeard."""
    if wish.approve and wish.fault is ClaimFault.LEADER and not heard and now <= evidence_due_at:
        raise LeaderNotHeard(until=evidence_due_at)


def claimed_cents(qty: int, line: ClaimableLine) -> int:
    """What a full refund of claimed pieces is: the final price, but never more than is left of what was paid."""
    return min(qty * line.final_price_cents, line.left_cents)


def refund_cents(wish: DecideClaim, claimed: int) -> int:
    """What a decision gives back: nothing when rejected, the amount named, or all that was claimed.

    Raises Invalid for an amount outside 1 … claimed, an amount beside a rejection, or a decision without a reason.
    """
    if not wish.reason.strip() and not wish.by_policy:
        raise Invalid(field="reason", reason="must not be empty")
    if not wish.approve:
        if wish.amount_cents:
            raise Invalid(field="amount_cents", reason="a rejected claim gives nothing back")
        return 0
    amount = claimed if wish.amount_cents is None else wish.amount_cents
    if not 0 < amount <= claimed:
        raise Invalid(field="amount_cents", reason=f"must be between 1 and {claimed}")
    return amount
