"""What is wrong with a hub's map: ground claimed twice, ground that nobody claims, people and points outside."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import NeighbourhoodCard, PickupPlace
from app.infra.areas import Common, area_m2, outside, overlaps, pockets


@dataclass(frozen=True, slots=True)
class GroundReport:
    """The findings on one hub's map. Residents are only counted, by the neighbourhood that serves them."""

    cards: dict[UUID, NeighbourhoodCard]
    area_m2: int
    overlaps: list[Common]
    pockets: list[Common]
    residents: int
    residents_outside: dict[UUID, int]
    points_outside: list[PickupPlace]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.overlaps or self.pockets or self.residents_outside or self.points_outside)


def check_ground(session: Any, hub_id: UUID) -> GroundReport:
    """Compare a hub's polygons with each other, with its residents' places and with its pickup points.

    A pickup point counts as outside where its own neighbourhood has a polygon that does not hold it.
    """
    cards = {card.id: card for card in communities.neighbourhood_cards(session, hub_id)}
    shapes = {id_: card.geometry for id_, card in cards.items()}
    homes = communities.resident_places(session, hub_id)
    lost = outside(shapes, [place for _, place in homes])
    points = [
        place
        for place in communities.places(session, hub_id)
        if shapes[place.neighbourhood_id]["type"] != "Point"
        and outside({0: shapes[place.neighbourhood_id]}, [place.place])
    ]
    return GroundReport(
        cards=cards, area_m2=sum(area_m2(one) for one in shapes.values()), overlaps=overlaps(shapes),
        pockets=pockets(shapes), residents=len(homes), residents_outside=dict(Counter(homes[n][0] for n in lost)),
        points_outside=points,
    )  # fmt: skip
