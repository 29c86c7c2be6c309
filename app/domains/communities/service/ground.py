"""HQ draws neighbourhoods, places pickup points and gives them rest days; nobody overwrites what she has not seen."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.domains.communities import queries, rules
from app.domains.communities.errors import ChangedMeanwhile
from app.domains.communities.models import HubRow, Neighbourhood, PickupPoint, PointRest
from app.domains.communities.service.places import save_neighbourhoods, save_pickup_points
from app.domains.communities.values.ground import AddRest, EditNeighbourhood, EditPoint
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.changes import InvalidRows, RowFault
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.words import one_line

LONGEST_REASON = 80
LONGEST_REST_DAYS = 366


def edit_neighbourhood(uow: UnitOfWork, wish: EditNeighbourhood) -> UUID:
    """Save one neighbourhood as drawn; residents stay where they are, newcomers go by the new shape.

    Raises InvalidRows, ChangedMeanwhile (it is not as the editor saw it), NotFound.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    code = wish.row.code
    known = _locked(uow, Neighbourhood, code)
    _refuse_stale(
        code, wish.seen, rules.fingerprint(queries.neighbourhood_input(uow.session, known)) if known else None
    )
    save_neighbourhoods(uow, [wish.row])
    return known or uow.session.scalars(select(Neighbourhood.id).filter_by(code=code)).one()


def edit_point(uow: UnitOfWork, wish: EditPoint) -> UUID:
    """Save one pickup point with its day limits and weekly rest; what was typed for its place is noted.

    Orders and residents above a lowered limit stay. Raises InvalidRows, ChangedMeanwhile, NotFound.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    code = wish.row.code
    known = _locked(uow, PickupPoint, code)
    before = queries.point_input(uow.session, known) if known else None
    _refuse_stale(code, wish.seen, rules.fingerprint(before) if before else None)
    save_pickup_points(uow, [wish.row])
    point_id = known or uow.session.scalars(select(PickupPoint.id).filter_by(code=code)).one()
    if before is None or (before.lat, before.lon) != (wish.row.lat, wish.row.lon):
        uow.audit("communities.place_point", point_id, None, wish.given)
    return point_id


def add_rest(uow: UnitOfWork, wish: AddRest) -> UUID:
    """Close a pickup point for some days; orders that stand for them stay. Raises NotFound, Invalid."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    reason = one_line("reason", wish.reason, LONGEST_REASON)
    point = uow.session.get(PickupPoint, wish.pickup_point_id, with_for_update={"key_share": True})
    if point is None:
        raise NotFound(what="pickup_point")
    hub = uow.session.get_one(HubRow, point.hub_id)
    _check_span(wish, uow.now.astimezone(ZoneInfo(hub.timezone)).date())
    known = queries.rests(uow.session, point.id, wish.from_on)
    if any(rest.from_on <= wish.until_on for rest in known):
        raise Invalid(field="from_on", reason=Reason.RESTS_ALREADY)
    row = PointRest(
        id=new_id(), pickup_point_id=point.id, from_on=wish.from_on, until_on=wish.until_on, reason=reason,
        created_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    uow.audit("communities.add_rest", point.id, None, _told(row))
    return row.id


def drop_rest(uow: UnitOfWork, rest_id: UUID) -> UUID:
    """Open a pickup point again on the days of a dated rest; returns the point. Raises NotFound."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = uow.session.get(PointRest, rest_id, with_for_update=True)
    if row is None:
        raise NotFound(what="rest")
    uow.session.delete(row)
    uow.audit("communities.drop_rest", row.pickup_point_id, _told(row), None)
    return row.pickup_point_id


def _locked(uow: UnitOfWork, model: Any, code: str) -> UUID | None:
    """The row of a code, held to the end of the transaction; two who make the same new one wait for each other."""
    uow.lock(f"{model.__tablename__}:{code}")
    found: UUID | None = uow.session.scalar(select(model.id).where(model.code == code).with_for_update(key_share=True))
    return found


def _refuse_stale(code: str, seen: str | None, now: str | None) -> None:
    if seen is None and now is not None:
        raise InvalidRows(faults=[RowFault(code, "code", Reason.TAKEN, code)])
    if seen is not None and now is None:
        raise NotFound(what="code")
    if seen != now:
        raise ChangedMeanwhile


def _check_span(wish: AddRest, today: date) -> None:
    if wish.until_on < wish.from_on:
        raise Invalid(field="until_on", reason=Reason.ENDS_EARLY)
    if wish.until_on < today:
        raise Invalid(field="until_on", reason=Reason.IS_PAST)
    if (wish.until_on - wish.from_on).days >= LONGEST_REST_DAYS:
        raise Invalid(field="until_on", reason=Reason.TOO_LONG_REST)


def _told(row: PointRest) -> dict[str, Any]:
    return {"from_on": row.from_on.isoformat(), "until_on": row.until_on.isoformat(), "reason": row.reason}
