"""Which residents the locked pairs bind."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from app.domains.communities.values.city_plans import HomeLock, PlanningHome
from app.kernel.geo import arc_bounds, ecef


def bound_residents(homes: Sequence[PlanningHome], locks: Sequence[HomeLock]) -> dict[UUID, UUID]:
    """The pickup point of every resident whom a lock binds.

    Her own lock goes before those of a place; of several places in whose circle she lives the nearest counts, of
    equally near ones the first in the order given. Who never said where she lives is bound by her own lock only.
    """
    own = {lock.resident_id: lock.pickup_point_id for lock in locks if lock.resident_id}
    known = [home for home in homes if home.is_known and home.resident_id not in own]
    circles = [(lock, lock.place) for lock in locks if lock.place]
    bound = {home.resident_id: own[home.resident_id] for home in homes if home.resident_id in own}
    if not known or not circles:
        return bound
    xyz = ecef([home.place for home in known])
    best = np.full(len(known), np.inf)
    chosen = np.full(len(known), -1)
    for number, (lock, place) in enumerate(circles):
        ways = arc_bounds(np.sqrt(((xyz - ecef([place])) ** 2).sum(axis=1)))[1]
        nearer = (ways <= lock.within_m) & (ways < best)
        best[nearer], chosen[nearer] = ways[nearer], number
    for at in np.flatnonzero(chosen >= 0).tolist():
        bound[known[at].resident_id] = circles[chosen[at]][0].pickup_point_id
    return bound
