"""Where one can pick up."""

from typing import Any

from app.api.schemas.communities import PickupPointsIn, PlaceOut
from app.api.wire import ApiBlueprint, page_ask
from app.domains.communities import queries
from app.domains.communities.values import PickupPlace
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page, PageAsk, page_of
from app.web.context import read

blueprint = ApiBlueprint("pickup_points", "Pickup points")


@blueprint.get("/pickup-points")
@blueprint.gives_page(PlaceOut, refuses=(NotFound, Invalid), tagged=True)
@blueprint.asks(PickupPointsIn)
def pickup_points(asked: dict[str, Any]) -> Page[PickupPlace]:
    """Pickup points by code; of one hub, or with a text in name, address, neighbourhood or code."""
    return read(_found, asked["hub"], asked["text"], page_ask(asked))


def _found(session: Any, hub_code: str | None, text: str, ask: PageAsk) -> Page[PickupPlace]:
    hub = queries.find_hub_by_code(session, hub_code) if hub_code is not None else None
    if hub_code is not None and hub is None:
        raise NotFound(what="hub")
    rows = [place for place in queries.places(session, hub.id if hub else None) if _holds(place, text.lower())]
    if ask.after:
        seen = [place.pickup_point_id for place in rows]
        rows = rows[seen.index(ask.after) + 1 :] if ask.after in seen else []
    last = rows[ask.limit - 1].pickup_point_id if len(rows) > ask.limit else None
    return page_of(rows[: ask.limit + 1], ask.limit, last)


def _holds(place: PickupPlace, text: str) -> bool:
    words = (
        place.pickup_point_code, place.pickup_point_name, place.address, place.neighbourhood_code,
        place.neighbourhood_name, place.neighbourhood_name_en,
    )  # fmt: skip
    return any(text in word.lower() for word in words)
