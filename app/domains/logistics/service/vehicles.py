"""The trucks of a hub."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select, update

from app.domains.logistics.models import Vehicle
from app.domains.logistics.values.routes import VehicleInput
from app.infra.uow import UnitOfWork
from app.infra.upsert import How, save_rows
from app.kernel.actors import Permission
from app.kernel.changes import Changes, InvalidRows, RowFault
from app.kernel.errors import NotFound
from app.kernel.reasons import Reason

#: Largest numbers that a column or a sum over a fleet can hold; far above any truck.
MOST = 2_000_000_000
#: What a truck's numbers may be. One that comes back more often than this never leaves the dock's queue.
_BOUNDS = {
    "capacity_ml": (1, MOST), "capacity_g": (1, MOST), "cost_per_km_cents": (0, MOST), "fixed_cost_cents": (0, MOST),
    "cost_per_stop_cents": (0, MOST), "max_tours": (1, 9),
}  # fmt: skip


def save_vehicles(uow: UnitOfWork, hub_id: UUID, rows: Sequence[VehicleInput]) -> Changes:
    """Create or update trucks of a hub by their code; trucks that are not named stay as they are.

    Capacity in ml and g, costs in cents of the hub's currency. Raises InvalidRows with every fault and saves nothing
    then; a code that another hub uses is one.
    """
    uow.require(Permission.LOGISTICS_ROUTE)
    faults = [fault for row in rows for fault in _faults(row)]
    codes = [row.code for row in rows]
    elsewhere = uow.session.scalars(select(Vehicle.code).where(Vehicle.code.in_(codes), Vehicle.hub_id != hub_id))
    faults += [RowFault(code, "code", Reason.TAKEN, code) for code in elsewhere]
    if faults:
        raise InvalidRows(faults=faults)
    wanted = [{**asdict(row), "hub_id": hub_id, "active": True} for row in rows]
    return save_rows(uow, Vehicle, wanted, How(key="code", action="logistics.save_vehicle")).changes


def retire(uow: UnitOfWork, vehicle_id: UUID) -> None:
    """Plan no more tours for a truck; its past tours stay. Repeating changes nothing. Raises NotFound."""
    uow.require(Permission.LOGISTICS_ROUTE)
    gone = uow.session.scalar(update(Vehicle).filter_by(id=vehicle_id).values(active=False).returning(Vehicle.code))
    if gone is None:
        raise NotFound("vehicle")
    uow.audit("logistics.retire_vehicle", vehicle_id, None, {"code": gone, "active": False})


def _faults(row: VehicleInput) -> list[RowFault]:
    found = [] if row.code.strip() else [RowFault(row.code, "code", Reason.MISSING)]
    for name, (least, most) in _BOUNDS.items():
        value = getattr(row, name)
        if not least <= value <= most:
            reason = Reason.TOO_SMALL if value < least else Reason.TOO_LARGE
            found.append(RowFault(row.code, name, reason, str(value)))
    if not (row.carries_ambient or row.carries_chilled or row.carries_frozen):
        found.append(RowFault(row.code, "carries_ambient", Reason.MISSING))
    if row.shift_from >= row.shift_until:
        found.append(RowFault(row.code, "shift_until", Reason.TOO_SMALL, f"{row.shift_until:%H:%M}"))
    return found
