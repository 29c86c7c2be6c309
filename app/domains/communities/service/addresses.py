"""Looking up addresses: what was answered before is kept, and nobody outside is asked more often than agreed."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities.models import GeocodeRow
from app.domains.communities.values.ground import FoundPlace
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import TooMany
from app.kernel.ids import new_id
from app.kernel.words import one_line

LONGEST_QUERY = 120
#: Maps change; an answer that is older is asked for again.
KEPT_FOR = timedelta(days=180)
MINUTE = timedelta(minutes=1)


def ask(uow: UnitOfWork, provider: str, text: str, per_minute: int) -> list[FoundPlace] | None:
    """The kept answer to an address, or None after noting that it will be asked for now.

    Raises TooMany when the provider was asked `per_minute` times within a minute, by whichever process; Invalid.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    query = normal(text)
    uow.lock(f"communities.geocode:{provider}")
    row = uow.session.scalar(select(GeocodeRow).filter_by(provider=provider, query=query))
    if row and row.answer and row.answered_at and row.answered_at > uow.now - KEPT_FOR:
        return [FoundPlace(**one) for one in row.answer["places"]]
    recent = select(func.count(GeocodeRow.id), func.min(GeocodeRow.asked_at)).where(
        GeocodeRow.provider == provider, GeocodeRow.asked_at > uow.now - MINUTE
    )
    number, first = uow.session.execute(recent).one()
    if number >= per_minute:
        raise TooMany(retry_after_s=max(1, int((first + MINUTE - uow.now).total_seconds())))
    noted = insert(GeocodeRow).values(id=new_id(), provider=provider, query=query, asked_at=uow.now)
    uow.session.execute(
        noted.on_conflict_do_update(index_elements=["provider", "query"], set_={"asked_at": uow.now})
    )  # fmt: skip
    return None


def keep(uow: UnitOfWork, provider: str, text: str, places: list[FoundPlace]) -> None:
    """Keep an answer, also an empty one. May be repeated."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = uow.session.scalars(select(GeocodeRow).filter_by(provider=provider, query=normal(text))).one()
    row.answer = {"places": [_told(place) for place in places]}
    row.answered_at = uow.now


def normal(text: str) -> str:
    """An address as it is asked and kept. Raises Invalid for an empty or overlong one."""
    return one_line("address", " ".join(text.lower().split()), LONGEST_QUERY)


def _told(place: FoundPlace) -> dict[str, Any]:
    return {"name": place.name, "lat": place.lat, "lon": place.lon}
