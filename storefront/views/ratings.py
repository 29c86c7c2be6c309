"""What residents say of a pickup, and what everybody may know of how a leader serves."""

from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.domains.ratings import queries
from app.domains.ratings.rules import can_rate, open_until
from app.domains.ratings.service.ratings import rate as give
from app.domains.ratings.values import GiveRating, RateableOrder, RatingCard, Tag
from app.flows.service_record import service_record as record_of
from app.kernel.errors import DomainError, Invalid, NotFound
from app.kernel.paging import PageAsk, decode_cursor
from app.web.context import actor_id, now, read, transact
from app.web.say import say
from storefront.doors import mine, shop
from storefront.receipts import own_order
from storefront.words import certificate_word, gettext as _, tag_word

#: Where the browser's session keeps the orders that somebody does not want to rate.
_LATER = "rate-later"
_MOST_KEPT = 10


@shop.get("/leaders/<uuid:leader_id>")
def service_record(leader_id: UUID) -> ResponseReturnValue:
    """A leader's public record and what residents say of her; names are cut to a letter."""
    cursor = request.args.get("cursor")
    ask = PageAsk(10, decode_cursor(cursor) if cursor else None)
    return render_template(
        "storefront/service_record.html", record=read(record_of, leader_id, now()), paper=certificate_word,
        page=read(queries.ratings_of_leader, leader_id, ask),
    )  # fmt: skip


@mine.get("/orders/<uuid:order_id>/rating")
def rating(order_id: UUID) -> ResponseReturnValue:
    """The form, with what she said before."""
    own_order(order_id)
    order, said = read(queries.get_rateable, order_id), read(queries.rating_of_order, order_id)
    if not can_rate(order, now()):
        flash(_("This order cannot be rated, or not any more."), "info")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    return _page(order, said, _typed(said), {})


@mine.post("/orders/<uuid:order_id>/rating")
def rate(order_id: UUID) -> ResponseReturnValue:
    """Rate, or change the rating while that is possible; what was typed stays when something is wrong."""
    own_order(order_id)
    typed: dict[str, object] = {**request.form.to_dict(), "tags": request.form.getlist("tags")}
    stars = {name: _stars(typed.get(name)) for name in ("leader_stars", "goods_stars")}
    errors = {name: _("Please choose the stars.") for name, value in stars.items() if not value}
    if not errors:
        tags = tuple(tag for tag in Tag if tag.value in request.form.getlist("tags"))
        wish = GiveRating(order_id=order_id, tags=tags, text=str(typed.get("text", "")).strip(), **stars)
        try:
            transact(give, wish)
        except DomainError as refusal:
            errors[refusal.field if isinstance(refusal, Invalid) else ""] = say(refusal)
        else:
            flash(_("Thank you! Your rating helps your neighbours and your leader."), "success")
            return redirect(url_for("mine.order", order_id=order_id), 303)
    order = read(queries.get_rateable, order_id)
    return _page(order, read(queries.rating_of_order, order_id), typed, errors), 422


@mine.post("/orders/<uuid:order_id>/rating/later")
def rate_later(order_id: UUID) -> ResponseReturnValue:
    """She does not want to be asked about this order again."""
    own_order(order_id)
    kept = [one for one in session.get(_LATER, []) if one != str(order_id)]
    session[_LATER] = [*kept, str(order_id)][-_MOST_KEPT:]
    return redirect(url_for("mine.orders"), 303)


def to_ask() -> RateableOrder | None:
    """The order about which the signed-in resident may be asked kindly, once; None when there is none."""
    order = read(queries.to_rate, actor_id(), now())
    return None if order is None or str(order.order_id) in session.get(_LATER, []) else order


def rating_of(order_id: UUID) -> tuple[RatingCard | None, bool]:
    """What was said of an order, and whether something can be said now."""
    said = read(queries.rating_of_order, order_id)
    try:
        return said, can_rate(read(queries.get_rateable, order_id), now())
    except NotFound:
        return said, False


def _stars(text: object) -> int:
    return int(text) if isinstance(text, str) and text in {"1", "2", "3", "4", "5"} else 0


def _typed(said: RatingCard | None) -> dict[str, object]:
    if said is None:
        return {"tags": []}
    return {
        "leader_stars": str(said.leader_stars), "goods_stars": str(said.goods_stars), "text": said.text,
        "tags": [tag.value for tag in said.tags],
    }  # fmt: skip


def _page(order: RateableOrder, said: RatingCard | None, typed: dict[str, object], errors: dict[str, str]) -> str:
    return render_template(
        "storefront/rating.html", order=order, said=said, typed=typed, errors=errors, until=open_until(order),
        tags=[(tag.value, tag_word(tag)) for tag in Tag],
    )  # fmt: skip
