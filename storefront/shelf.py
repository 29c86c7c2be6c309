"""What changes rarely, kept in the process for half a minute: hubs, pickup points and product texts. Never counters."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app

from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.values import SkuCard
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub, PickupPlace, PointDay

T = TypeVar("T")
SECONDS = 30.0
_PLACE = "linli-storefront"


def hubs(session: Any) -> dict[UUID, Hub]:
    """All hubs by id, in the order of their codes."""
    return _kept(("hubs",), lambda: {hub.id: hub for hub in communities.hubs(session)})


def place(session: Any, pickup_point_id: UUID) -> PickupPlace | None:
    """A pickup point with who serves there; None for an unknown one."""
    return _kept(
        ("place", pickup_point_id), lambda: communities.places_by_id(session, [pickup_point_id]).get(pickup_point_id)
    )


def point_day(session: Any, pickup_point_id: UUID, on: date) -> PointDay | None:
    """Whether a pickup point hands out on a day; orders ask for themselves."""
    return _kept(("day", pickup_point_id, on), lambda: communities.point_day(session, pickup_point_id, on))


def skus(session: Any, group_buy_id: UUID, sku_ids: frozenset[UUID]) -> dict[UUID, SkuCard]:
    """The products of a group-buy by id."""
    return _kept(("skus", group_buy_id, sku_ids), lambda: catalogue.sku_cards(session, sku_ids))


def _kept(key: tuple[Any, ...], load: Callable[[], T]) -> T:
    """The value read at most SECONDS ago, else a fresh one; nothing found is not remembered."""
    known: dict[tuple[Any, ...], tuple[float, Any]] = current_app.extensions.setdefault(_PLACE, {})
    now = time.monotonic()
    at, value = known.get(key, (0.0, None))
    if value and now - at < SECONDS:
        found: T = value
        return found
    fresh = load()
    if len(known) > 4000:
        known.clear()
    known[key] = (now, fresh)
    return fresh
