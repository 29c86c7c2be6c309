"""On which days a pickup point rests, and what an editor was shown."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta

from app.domains.communities.values.ground import NeighbourhoodInput, PickupPointInput, Rest

#: So far a next open day is looked for.
YEAR_DAYS = 366


def rest_of(on: date, weekdays: str, rests: Iterable[Rest]) -> str | None:
    """Why a pickup point rests on a day: the dated rest's reason, empty for a weekly one; None = it hands out."""
    dated = next((rest.reason for rest in rests if rest.from_on <= on <= rest.until_on), None)
    if dated is not None:
        return dated
    return "" if str(on.isoweekday()) in weekdays else None


def next_open(after: date, weekdays: str, rests: Sequence[Rest]) -> date | None:
    """The first day after `after` on which a pickup point hands out; None when there is none within a year."""
    days = (after + timedelta(days=n) for n in range(1, YEAR_DAYS + 1))
    return next((day for day in days if rest_of(day, weekdays, rests) is None), None)


def fingerprint(row: NeighbourhoodInput | PickupPointInput) -> str:
    """A short name of everything that an editor was shown: another one means that somebody has saved meanwhile."""
    told = json.dumps(asdict(row), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
