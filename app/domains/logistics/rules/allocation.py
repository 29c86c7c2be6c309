"""Sharing out many short SKUs at once, on columns: what a loop over lines would do, for 100,000 of them in one go."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.domains.logistics.values.shortage import Claims
from app.domains.logistics.values.sorting import SharePolicy

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


def allocate(policy: SharePolicy, claims: Claims) -> Whole:
    """Pieces that each line gets. Per SKU they add up to min(supply, sum of wishes) unless too much is set by hand.

    First come the quantities set by hand: an order gets its own, never more than it wants; a pickup point's lines get
    the rest of what the point was given. Then protected lines are served as if the others were not there, then the
    others from what is left, each time by the policy:
    FIRST_COME in the order of the queue; PRO_RATA in proportion, whole pieces by largest remainder (Hamilton);
    SPREAD everyone one before anyone two. Ties go to the earlier line.
    """
    given = np.where(claims.fixed >= 0, np.minimum(claims.fixed, claims.qty), 0)
    quota_left = np.maximum(claims.quota_qty - _sums(claims.quota, given, len(claims.quota_qty)), 0)
    in_quota = (claims.quota >= 0) & (claims.fixed < 0)
    given += _in_tiers(policy, claims, in_quota, claims.quota, quota_left)
    left = np.maximum(claims.supply - _sums(claims.sku, given, len(claims.supply)), 0)
    free = (claims.quota < 0) & (claims.fixed < 0)
    given += _in_tiers(policy, claims, free, claims.sku, left)
    return given


def overset(claims: Claims) -> Flags:
    """SKUs of which more is set by hand than there is."""
    nothing_else = np.where((claims.fixed >= 0) | (claims.quota >= 0), claims.qty, 0)
    only_set = Claims(
        sku=claims.sku, qty=nothing_else, is_protected=claims.is_protected, fixed=claims.fixed, quota=claims.quota,
        supply=np.zeros_like(claims.supply), quota_qty=claims.quota_qty,
    )  # fmt: skip
    given = allocate(SharePolicy.FIRST_COME, only_set)
    return _sums(claims.sku, given, len(claims.supply)) > claims.supply


def _sums(groups: Whole, values: Whole, number: int) -> Whole:
    """The values added up by group; lines of group -1 are left out."""
    total = np.zeros(number, dtype=np.int64)
    inside = groups >= 0
    np.add.at(total, groups[inside], values[inside])
    return total


def _in_tiers(policy: SharePolicy, claims: Claims, which: Flags, groups: Whole, supply: Whole) -> Whole:
    """Serve the protected lines of `which`, then the others from what they leave."""
    given = np.zeros_like(claims.qty)
    for tier in (which & claims.is_protected, which & ~claims.is_protected):
        places = np.flatnonzero(tier)
        if len(places):
            given[places] = divide(policy, groups[places], claims.qty[places], supply)
            supply = supply - _sums(groups[places], given[places], len(supply))
    return given


def divide(policy: SharePolicy, groups: Whole, wanted: Whole, supply: Whole) -> Whole:
    """Share each group's supply out among its lines, which stand in the order of the queue within their group."""
    order = np.argsort(groups, kind="stable")
    present, inverse = np.unique(groups[order], return_inverse=True)
    starts = np.searchsorted(inverse, np.arange(len(present)))
    sorted_wanted = wanted[order]
    totals = np.add.reduceat(sorted_wanted, starts)
    here = np.clip(supply[present], 0, totals)
    given = np.empty_like(wanted)
    given[order] = _DIVIDERS[policy](inverse, starts, sorted_wanted, here)
    return given


def _first_come(group: Whole, starts: Whole, wanted: Whole, supply: Whole) -> Whole:
    before = np.cumsum(wanted) - wanted
    ahead = before - before[starts][group]
    return np.clip(supply[group] - ahead, 0, wanted)


def _pro_rata(group: Whole, starts: Whole, wanted: Whole, supply: Whole) -> Whole:
    totals = np.maximum(np.add.reduceat(wanted, starts), 1)
    exact = wanted * supply[group]
    given, remainder = exact // totals[group], exact % totals[group]
    left = supply - np.add.reduceat(given, starts)
    by_remainder = np.lexsort((np.arange(len(wanted)), -remainder, group))
    rank = np.arange(len(wanted)) - starts[group]
    given[by_remainder] += rank < left[group]
    return given


def _spread(group: Whole, starts: Whole, wanted: Whole, supply: Whole) -> Whole:
    level, above = np.zeros_like(supply), np.maximum.reduceat(wanted, starts) + 1
    while np.any(above - level > 1):  # the highest level at which a group can give everybody min(wish, level)
        middle = (level + above) // 2
        fits = np.add.reduceat(np.minimum(wanted, middle[group]), starts) <= supply
        level, above = np.where(fits, middle, level), np.where(fits, above, middle)
    given = np.minimum(wanted, level[group])
    left = supply - np.add.reduceat(given, starts)
    waits = (wanted > level[group]).astype(np.int64)
    before = np.cumsum(waits) - waits
    ahead = before - before[starts][group]
    return given + (waits.astype(bool) & (ahead < left[group]))


_DIVIDERS: dict[SharePolicy, Callable[[Whole, Whole, Whole, Whole], Whole]] = {
    SharePolicy.FIRST_COME: _first_come,
    SharePolicy.PRO_RATA: _pro_rata,
    SharePolicy.SPREAD: _spread,
}
