"""The indexed city of this process: built once, and anew when the ground has changed since."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.domains.communities import queries, rules
from app.domains.communities.values.ground import PickupPlace
from app.infra.distance import geodesic_m


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """All pickup points by id, and the index that finds the one for a place."""

    places: dict[UUID, PickupPlace]
    city: rules.CityMap


class _Shelf:
    """Keeps the last atlas with its stamp. Threads may build one at the same time; each gets a right one."""

    def __init__(self) -> None:
        self._kept: tuple[UUID, Atlas] | None = None

    def get(self, session: Session) -> Atlas:
        """The atlas of the present ground; asking costs one row as long as nothing changed."""
        stamp, kept = queries.ground_stamp(session), self._kept
        if kept is not None and kept[0] == stamp:
            return kept[1]
        atlas = _build(session)
        if stamp is not None:
            self._kept = (stamp, atlas)
        return atlas


def _build(session: Session) -> Atlas:
    places = {place.pickup_point_id: place for place in queries.places(session)}
    sites = [
        rules.Site(p.pickup_point_id, p.neighbourhood_id, p.place, p.reach_m, p.leader_id) for p in places.values()
    ]
    return Atlas(places, rules.CityMap(queries.geometries(session), sites, geodesic_m))


#: The stamp is read before the ground: an atlas may be newer than its stamp, and is then built once more, never older.
#: A stamp is a random number that belongs to one change, also while it is not committed, so no two databases and no
#: transaction that is rolled back can be mistaken for each other.
atlas_of = _Shelf().get
