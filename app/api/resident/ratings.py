"""Rating what one fetched, and what everybody may know of a leader."""

from typing import Any
from uuid import UUID

from app.api.schemas.base import PageIn
from app.api.schemas.ratings import PublicRatingOut, RatingIn, RatingOut, ServiceRecordOut
from app.api.wire import FOREIGN, ApiBlueprint, page_ask
from app.domains.ratings import queries
from app.domains.ratings.errors import NothingToRate, OwnRating, RatingTooLate
from app.domains.ratings.service.ratings import rate as give
from app.domains.ratings.values import GiveRating, RatingCard
from app.flows.service_record import ServiceRecord, service_record
from app.kernel.actors import Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page
from app.web.context import actor_id, now, read, transact

blueprint = ApiBlueprint("ratings", "Ratings", roles={Role.RESIDENT})
everybody = ApiBlueprint("leaders", "Ratings", "/leaders")


@blueprint.put("/orders/<uuid:order_id>/rating")
@blueprint.gives(RatingOut, refuses=(*FOREIGN, NothingToRate, RatingTooLate, OwnRating, Invalid))
@blueprint.takes(RatingIn)
def rate(asked: dict[str, Any], order_id: UUID) -> RatingCard:
    """Rate an own order within a week after its pickup, or change the rating; the same again changes nothing."""
    wish = GiveRating(order_id=order_id, **(asked | {"tags": tuple(asked["tags"])}))
    return read(queries.get_rating, transact(give, wish))


@blueprint.get("/orders/<uuid:order_id>/rating")
@blueprint.gives(RatingOut, refuses=FOREIGN)
def rating(order_id: UUID) -> RatingCard:
    """What one said of an own order, with the leader's answer; 404 before one said something."""
    card = read(queries.rating_of_order, order_id)
    if card is None or card.resident_id != actor_id():
        raise NotFound("rating")
    return card


@everybody.get("/<uuid:leader_id>")
@everybody.gives(ServiceRecordOut, refuses=(NotFound,))
def record(leader_id: UUID) -> ServiceRecord:
    """A leader's public record of service; only of those who serve now."""
    return read(service_record, leader_id, now())


@everybody.get("/<uuid:leader_id>/ratings")
@everybody.gives_page(PublicRatingOut, refuses=(NotFound, Invalid))
@everybody.asks(PageIn)
def ratings(asked: dict[str, Any], leader_id: UUID) -> Page[RatingCard]:
    """What residents say of a leader who serves now, newest first."""
    read(service_record, leader_id, now())
    return read(queries.ratings_of_leader, leader_id, page_ask(asked))
