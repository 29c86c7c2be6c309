"""Ratings of orders of the small world."""

from typing import Any
from uuid import UUID

from app.domains.groupbuys.values import Station
from app.domains.ratings.service.ratings import rate
from app.domains.ratings.values import GiveRating, Tag
from tests.factories.kept import kept
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World


@kept
def make_fetched(world: World, number: int = 0) -> UUID:
    """An order of a resident of N901 (0, 2, …) that she fetched just now."""
    order_id = world.buy(number, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id)
    return order_id


def make_rating(world: World, order_id: UUID, number: int = 0, **said: Any) -> UUID:
    """Let a resident rate an order: five stars for both and nothing more, unless `said` says otherwise."""
    wish = GiveRating(order_id=order_id, **({"leader_stars": 5, "goods_stars": 5, "tags": (Tag.FRIENDLY,)} | said))
    return world.services.database.transact(world.resident(number), rate, wish)
