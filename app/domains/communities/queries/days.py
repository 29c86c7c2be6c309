"""On which days pickup points hand out, and how much they take."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.communities import rules
from app.domains.communities.models import PickupPoint, PointRest
from app.domains.communities.values.ground import PointDay, PointDays, Rest
from app.kernel.errors import NotFound

_LIMITS = [getattr(PickupPoint, name) for name in PointDays.__dataclass_fields__]


def point_day(session: Session, pickup_point_id: UUID, on: date) -> PointDay:
    """What a pickup point takes on one day, with one statement. Raises NotFound."""
    dated = (
        select(func.jsonb_agg(func.jsonb_build_array(
            PointRest.id, PointRest.from_on, PointRest.until_on, PointRest.reason
        )))
        .where(PointRest.pickup_point_id == PickupPoint.id, PointRest.until_on >= on)
        .correlate(PickupPoint).scalar_subquery()
    )  # fmt: skip
    row = session.execute(select(*_LIMITS, dated.label("rests")).where(PickupPoint.id == pickup_point_id)).first()
    if row is None:
        raise NotFound(what="pickup_point")
    rests = [_rest(*one) for one in row.rests or ()]
    days = PointDays(**{name: getattr(row, name) for name in PointDays.__dataclass_fields__})
    reason = rules.rest_of(on, days.rest_weekdays, rests)
    if reason is None:
        return PointDay(pickup_point_id=pickup_point_id, on=on, days=days, rests=False)
    return PointDay(
        pickup_point_id=pickup_point_id, on=on, days=days, rests=True, reason=reason,
        next_on=rules.next_open(on, days.rest_weekdays, rests),
    )  # fmt: skip


def point_days(session: Session, ids: list[UUID]) -> dict[UUID, PointDays]:
    """Day limits and weekly rest by pickup point."""
    rows = session.execute(select(PickupPoint.id, *_LIMITS).where(PickupPoint.id.in_(ids))).mappings()
    return {row["id"]: PointDays(**{name: row[name] for name in PointDays.__dataclass_fields__}) for row in rows}


def rests(session: Session, pickup_point_id: UUID, since: date) -> list[Rest]:
    """A pickup point's dated rests that end on `since` or later, the earliest first."""
    rows = session.execute(
        select(PointRest.id, PointRest.from_on, PointRest.until_on, PointRest.reason)
        .where(PointRest.pickup_point_id == pickup_point_id, PointRest.until_on >= since)
        .order_by(PointRest.from_on)
    )
    return [Rest(**row._mapping) for row in rows]


def _rest(id_: Any, from_on: str, until_on: str, reason: str) -> Rest:
    return Rest(
        id=UUID(id_), from_on=date.fromisoformat(from_on), until_on=date.fromisoformat(until_on), reason=reason
    )  # fmt: skip
