"""Day limits and rest days of pickup points."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.domains.communities import queries
from app.domains.communities.rules import fingerprint
from app.domains.communities.service.ground import add_rest, edit_point
from app.domains.communities.values.ground import AddRest, EditPoint, PointDays
from app.infra.uow import UnitOfWork

Run = Callable[..., Any]


def set_days(run: Run, pickup_point_id: UUID, **days: Any) -> None:
    """Give a pickup point day limits (day_orders=3, day_frozen=1 …) and a weekly rest (rest_weekdays="67")."""

    def use_case(uow: UnitOfWork) -> None:
        now = queries.point_input(uow.session, pickup_point_id)
        row = replace(now, days=PointDays(**days))
        edit_point(uow, EditPoint(row=row, seen=fingerprint(now), given={}))

    run(use_case)


def make_rest(
    run: Run, pickup_point_id: UUID, from_on: date, until_on: date | None = None, reason: str = "盘点"
) -> UUID:
    """Close a pickup point for some days."""
    wish = AddRest(pickup_point_id=pickup_point_id, from_on=from_on, until_on=until_on or from_on, reason=reason)
    made: UUID = run(add_rest, wish)
    return made
