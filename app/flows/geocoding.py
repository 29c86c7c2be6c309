"""An address becomes places: kept answers first; else the geocoder is asked between two transactions, never in one."""

from typing import Any

from app.domains.communities.service import addresses
from app.domains.communities.values.ground import FoundPlace
from app.infra.uow import Run


def find_address(run: Run, geocoder: Any, text: str, per_minute: int) -> list[FoundPlace]:
    """Places for an address, the best first. A lost answer leaves only the note that it was asked.

    Raises TooMany, Invalid, GeocoderSilent.
    """
    kept: list[FoundPlace] | None = run(addresses.ask, geocoder.name, text, per_minute)
    if kept is not None:
        return kept
    places: list[FoundPlace] = geocoder.find(addresses.normal(text))
    run(addresses.keep, geocoder.name, text, places)
    return places
