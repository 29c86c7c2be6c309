"""Keeping hubs, neighbourhoods and pickup points."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from app.domains.communities import rules
from app.domains.communities.models import HubRow, Neighbourhood, PickupPoint
from app.domains.communities.values.ground import HubInput, NeighbourhoodInput, PickupPointInput
from app.infra.uow import UnitOfWork
from app.infra.upsert import How, save_rows
from app.kernel.actors import Permission
from app.kernel.changes import Changes, InvalidRows, RowFault
from app.kernel.reasons import Reason


def save_hubs(uow: UnitOfWork, rows: Sequence[HubInput]) -> Changes:
    """Create or update hubs by code; may be repeated. Raises InvalidRows."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    _refuse(rules.faults_of_hubs(rows))
    how = How(key="code", action="communities.save_hub")
    return save_rows(uow, HubRow, [asdict(row) for row in rows], how).changes


def save_neighbourhoods(uow: UnitOfWork, rows: Sequence[NeighbourhoodInput]) -> Changes:
    """Create or update neighbourhoods by code; may be repeated. A neighbourhood keeps its hub. Raises InvalidRows.

    Residents stay where they are when a polygon is drawn anew; only newcomers are placed by the new shape.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    hubs = dict(uow.session.execute(select(HubRow.code, HubRow.id)).all())
    _refuse(rules.faults_of_neighbourhoods(rows, hubs))
    wanted = []
    for row in rows:
        middle = rules.centre(row.geometry)
        wanted.append({
            "code": row.code, "hub_id": hubs[row.hub], "name": row.name, "name_en": row.name_en,
            "households": row.households, "geometry": row.geometry, "lat": middle.lat, "lon": middle.lon,
        })  # fmt: skip
    return _save(uow, Neighbourhood, wanted, "communities.save_neighbourhood", fixed=("hub_id", "hub"))


def save_pickup_points(uow: UnitOfWork, rows: Sequence[PickupPointInput]) -> Changes:
    """Create or update pickup points by code; may be repeated. A point keeps its neighbourhood. Raises InvalidRows.

    Lowering the capacity sends nobody away; the point only takes no newcomers. All rows give `days`, or none does.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    found = uow.session.execute(select(Neighbourhood.code, Neighbourhood.id, Neighbourhood.hub_id))
    hoods = {code: (hood_id, hub_id) for code, hood_id, hub_id in found}
    _refuse(rules.faults_of_points(rows, hoods))
    wanted = []
    for row in rows:
        fields = asdict(row)
        hood_id, hub_id = hoods[fields.pop("neighbourhood")]
        days = fields.pop("days") or {}
        wanted.append({**fields, **days, "neighbourhood_id": hood_id, "hub_id": hub_id})
    return _save(uow, PickupPoint, wanted, "communities.save_pickup_point", fixed=("neighbourhood_id", "neighbourhood"))


def _refuse(faults: list[RowFault]) -> None:
    if faults:
        raise InvalidRows(faults=faults)


def _save(uow: UnitOfWork, model: Any, wanted: list[dict[str, Any]], action: str, *, fixed: tuple[str, str]) -> Changes:
    """Save, and refuse when the column `fixed[0]` (called `fixed[1]` outside) of a known row would change."""
    changes = save_rows(uow, model, wanted, How(key="code", action=action)).changes
    moved = [change.key for change in changes.details if change.before and fixed[0] in change.before]
    _refuse([RowFault(key, fixed[1], Reason.FIXED) for key in moved])
    return changes
