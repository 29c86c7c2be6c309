"""Giving, answering and hiding ratings."""

from uuid import UUID

from sqlalchemy import select

from app.domains.ratings import queries, rules
from app.domains.ratings.errors import AlreadyAnswered
from app.domains.ratings.events import RatingAnswered
from app.domains.ratings.models import Rating
from app.domains.ratings.values import GiveRating, HideWords
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id


def rate(uow: UnitOfWork, wish: GiveRating) -> UUID:
    """Rate an own order that was fetched, once; while it can be rated the rating may be changed. Returns its id.

    May be repeated. What was hidden stays hidden when words are changed: HQ looks at them again.
    Raises NotFound for a foreign order, NothingToRate, RatingTooLate, OwnRating, Invalid.
    """
    uow.require(Permission.RATINGS_GIVE)
    order = queries.get_rateable(uow.session, wish.order_id)
    if order.resident_id != uow.actor.id:
        raise NotFound("order")
    rules.check_rating(wish, order, uow.now)
    said = {"leader_stars": wish.leader_stars, "goods_stars": wish.goods_stars, "text": wish.text.strip(),
            "tags": sorted({tag.value for tag in wish.tags})}  # fmt: skip
    found = uow.session.scalar(select(Rating).where(Rating.order_id == wish.order_id).with_for_update())
    if found is None:
        rating_id = new_id()
        uow.session.add(
            Rating(id=rating_id, order_id=order.order_id, resident_id=order.resident_id, leader_id=order.leader_id,
                   hub_id=order.hub_id, pickup_on=order.pickup_on, given_at=uow.now, **said)
        )  # fmt: skip
        uow.audit("ratings.rate", rating_id, None, said)
        return rating_id
    before = {name: getattr(found, name) for name in said}
    if before != said:
        for name, value in said.items():
            setattr(found, name, value)
        found.changed_at = uow.now
        uow.audit("ratings.change", found.id, before, said)
    return found.id


def answer(uow: UnitOfWork, rating_id: UUID, text: str) -> None:
    """Answer a rating about oneself, once; it cannot be taken back, and the rating stays.

    Raises NotFound for another's, AlreadyAnswered, Invalid.
    """
    uow.require(Permission.RATINGS_ANSWER)
    rating = _held(uow, rating_id)
    if rating.leader_id != uow.actor.id:
        raise NotFound("rating")
    words = text.strip()
    rules.check_words("answer", words, rules.MAX_ANSWER, needed=True)
    if rating.answered_at is not None:
        raise AlreadyAnswered
    rating.answer, rating.answered_at = words, uow.now
    uow.audit("ratings.answer", rating.id, None, {"answer": words})
    no = queries.get_rating(uow.session, rating.id).order_no
    uow.emit(RatingAnswered(rating.id, rating.order_id, no, rating.resident_id, rating.leader_id))


def hide_words(uow: UnitOfWork, wish: HideWords) -> None:
    """Hide words that break a rule, and the answer to them; the stars stay counted. Repeating changes nothing.

    Raises NotFound; Invalid when there are no words.
    """
    uow.require(Permission.RATINGS_MODERATE)
    rating = _held(uow, wish.rating_id)
    rules.check_words("note", wish.note, rules.MAX_ANSWER)
    if not rating.text:
        raise Invalid(field="", reason="There are no words to hide.")
    if rating.hidden_at is not None:
        return
    rating.hidden_at, rating.hidden_by, rating.hidden_reason = uow.now, uow.actor.name, wish.reason
    uow.audit("ratings.hide", rating.id, {"text": rating.text}, {"reason": wish.reason.value, "note": wish.note})


def show_words(uow: UnitOfWork, rating_id: UUID) -> None:
    """Show hidden words again, when they were hidden by mistake; repeating changes nothing. Raises NotFound."""
    uow.require(Permission.RATINGS_MODERATE)
    rating = _held(uow, rating_id)
    if rating.hidden_at is None:
        return
    before = {"reason": rating.hidden_reason.value if rating.hidden_reason else ""}
    rating.hidden_at = rating.hidden_by = rating.hidden_reason = None
    uow.audit("ratings.show", rating.id, before, None)


def _held(uow: UnitOfWork, rating_id: UUID) -> Rating:
    rating = uow.session.scalar(select(Rating).where(Rating.id == rating_id).with_for_update())
    if rating is None:
        raise NotFound("rating")
    return rating
