"""Pure decisions of the ratings room."""

from datetime import datetime, timedelta

from app.domains.ratings.errors import NothingToRate, OwnRating, RatingTooLate
from app.domains.ratings.values import GiveRating, RateableOrder, Stars, Tag
from app.kernel.errors import Invalid

#: An order can be rated, and its rating changed, for so long after its last pickup.
WINDOW = timedelta(days=7)
MOST_STARS = 5
MAX_TEXT = 300
MAX_ANSWER = 300
#: Fewer ratings say nothing about anybody; no average is shown.
LEAST_SHOWN = 5
#: The public average looks back so far.
LOOK_BACK = timedelta(days=180)
#: Tags that say the opposite; nobody means both.
OPPOSITES = (
    (Tag.FRIENDLY, Tag.UNFRIENDLY), (Tag.QUICK, Tag.LONG_WAIT), (Tag.WELL_KEPT, Tag.BADLY_KEPT),
    (Tag.FRESH, Tag.NOT_FRESH),
)  # fmt: skip


def open_until(order: RateableOrder) -> datetime | None:
    """The last moment for a rating; None while nothing was handed out."""
    return order.picked_at + WINDOW if order.picked_at else None


def can_rate(order: RateableOrder, now: datetime) -> bool:
    """Whether an order can be rated, or its rating changed, at `now`."""
    until = open_until(order)
    return until is not None and now <= until and not order.is_leaders_own


def check_rating(wish: GiveRating, order: RateableOrder, now: datetime) -> None:
    """Refuse a rating before the pickup, after its time, or of oneself. The last minute still counts.

    Raises NothingToRate, RatingTooLate, OwnRating, Invalid.
    """
    until = open_until(order)
    if until is None:
        raise NothingToRate
    if now > until:
        raise RatingTooLate(until=until)
    if order.is_leaders_own:
        raise OwnRating
    for field in ("leader_stars", "goods_stars"):
        if not 1 <= getattr(wish, field) <= MOST_STARS:
            raise Invalid(field=field, reason=f"must be between 1 and {MOST_STARS}")
    if any(good in wish.tags and bad in wish.tags for good, bad in OPPOSITES):
        raise Invalid(field="tags", reason="two of them contradict each other")
    check_words("text", wish.text, MAX_TEXT)


def check_words(field: str, text: str, most: int, *, needed: bool = False) -> None:
    """Refuse too long a text, and none where one is needed."""
    if len(text) > most:
        raise Invalid(field=field, reason=f"must have at most {most} characters")
    if needed and not text:
        raise Invalid(field=field, reason="must not be empty")


def average_tenths(stars: Stars) -> int | None:
    """Average stars for the leader in tenths, halves rounded up; None below five ratings, which would tell nothing."""
    if stars.number < LEAST_SHOWN:
        return None
    return (stars.leader_stars * 20 + stars.number) // (2 * stars.number)
