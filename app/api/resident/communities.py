"""Where one can pick up."""

from typing import Any

from app.api.schemas.communities import PickupPointsIn, PlaceOut
from app.api.wire import ApiBlueprint, page_ask
from app.domains.communities import queries
from app.domains.communities.values.ground import PickupPlace, PlaceFilter
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page, PageAsk
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
    wanted = PlaceFilter(hub_id=hub.id if hub else None, text=text)
    return queries.places_page(session, wanted, ask)
