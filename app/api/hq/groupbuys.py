"""Rounds and their stations, for schedulers and other programs of HQ."""

from typing import Any
from uuid import UUID

from app.api.schemas.groupbuys import AskStationIn, RoundOut, RoundsIn, StationAskedOut, options_of
from app.api.wire import FOREIGN, ApiBlueprint, page_ask
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries
from app.domains.groupbuys.errors import StationTooEarly
from app.domains.groupbuys.values import Round, Station
from app.flows.stations import ask_station
from app.kernel.actors import HQ_ROLES
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page, PageAsk
from app.web.context import read, transact

blueprint = ApiBlueprint("hq_rounds", "Rounds", "/hq/rounds", roles=HQ_ROLES)
_STATION = {
    "in": "path", "name": "station", "required": True,
    "schema": {"type": "string", "enum": [station.value for station in Station]},
}  # fmt: skip


@blueprint.get("")
@blueprint.gives_page(RoundOut, refuses=(*FOREIGN, Invalid))
@blueprint.asks(RoundsIn)
def rounds(asked: dict[str, Any]) -> Page[Round]:
    """Rounds with the progress of their stations, newest first; of one hub, or all."""
    return read(_rounds, asked["hub"], page_ask(asked))


@blueprint.get("/<uuid:group_buy_id>")
@blueprint.gives(RoundOut, refuses=FOREIGN)
def one_round(group_buy_id: UUID) -> Round:
    """One round with the progress of its stations."""
    return read(queries.get_round, group_buy_id)


@blueprint.post("/<uuid:group_buy_id>/stations/<station>", parameters=[_STATION])
@blueprint.gives(StationAskedOut, 202, refuses=(*FOREIGN, StationTooEarly, Invalid))
@blueprint.takes(AskStationIn)
def start(asked: dict[str, Any], group_buy_id: UUID, station: str) -> dict[str, Any]:
    """Start a station in the worker; whose desk it is decides who may. Asking twice is harmless."""
    if station not in {known.value for known in Station}:
        raise NotFound(what="station")
    wanted = Station(station)
    if unknown := options_of(wanted, asked):
        raise Invalid(field=unknown[0], reason="is not an option of this station")
    return {
        "group_buy_id": group_buy_id, "station": wanted, "queued": transact(ask_station, group_buy_id, wanted, asked),
    }  # fmt: skip


def _rounds(session: Any, hub_code: str | None, ask: PageAsk) -> Page[Round]:
    hub = communities.find_hub_by_code(session, hub_code) if hub_code is not None else None
    if hub_code is not None and hub is None:
        raise NotFound(what="hub")
    return queries.rounds(session, ask, hub.id if hub else None)
