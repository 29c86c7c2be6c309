"""Slots of the sorting wall, and shelves: where pieces go to, and where they come from."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, column, delete, func, select, update, values
from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import SortingBegun
from app.domains.logistics.models import Sheet, Shelf, SortPut, SortTask
from app.domains.logistics.service import task_plan
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid

#: Longest name of a shelf.
SHELF_CHARS = 20


def number_slots(uow: UnitOfWork, group_buy_id: UUID) -> bool:
    """Give every sheet of a round its slot: route and stop where tours are planned, else the points' order by code.

    Slots stand once goods lie in them or sheets are printed; a point that comes later gets the next number.
    Returns whether a sheet moved to another number.
    """
    uow.require(Permission.LOGISTICS_SORT)
    points = list(
        uow.session.scalars(select(Sheet.pickup_point_id).where(Sheet.group_buy_id == group_buy_id).distinct())
    )
    stands = has_begun(uow, group_buy_id)
    known = _known_slots(uow, group_buy_id) if stands else {}
    stops = queries.stop_places(uow.session, group_buy_id)
    codes = {p: place.pickup_point_code for p, place in communities.places_by_id(uow.session, points).items()}
    last = max((no for no, _ in known.values()), default=0)
    far = (1_000_000, 1_000_000)
    newcomers = sorted((p for p in points if p not in known), key=lambda p: (stops.get(p, far), codes[p]))
    slots = known | {
        point: (number, rules.slot_label(number, *stops.get(point, (None, None))))
        for number, point in enumerate(newcomers, last + 1)
    }
    return _write(uow, group_buy_id, slots)


def renumber(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Number the slots anew, after tours were planned; the tasks follow. Raises SortingBegun once goods lie there."""
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if has_begun(uow, group_buy_id):
        raise SortingBegun
    if number_slots(uow, group_buy_id):
        _plan_anew(uow, group_buy_id)


def follow_routes(uow: UnitOfWork, group_buy_id: UUID) -> bool:
    """Let the slots follow the tours if nobody has begun to sort; whether they did. For the flow that plans tours."""
    uow.require(Permission.LOGISTICS_ROUTE)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if has_begun(uow, group_buy_id):
        return False
    if number_slots(uow, group_buy_id):
        _plan_anew(uow, group_buy_id)
    return True


def has_begun(uow: UnitOfWork, group_buy_id: UUID) -> bool:
    """Whether a task of the round was ever taken, a put done, or a sheet printed."""
    uow.require(Permission.LOGISTICS_SORT)
    taken = select(SortTask.id).where(SortTask.group_buy_id == group_buy_id, SortTask.claimed_at.is_not(None))
    put = (
        select(SortPut.id).join(Sheet, Sheet.id == SortPut.sheet_id)
        .where(Sheet.group_buy_id == group_buy_id, SortPut.put_at.is_not(None))
    )  # fmt: skip
    printed = select(Sheet.id).where(Sheet.group_buy_id == group_buy_id, Sheet.printed_at.is_not(None))
    return bool(uow.session.scalar(select(taken.exists() | put.exists() | printed.exists())))


def _known_slots(uow: UnitOfWork, group_buy_id: UUID) -> dict[UUID, tuple[int, str]]:
    rows = uow.session.execute(
        select(Sheet.pickup_point_id, func.max(Sheet.slot_no), func.max(Sheet.slot))
        .where(Sheet.group_buy_id == group_buy_id, Sheet.slot_no > 0)
        .group_by(Sheet.pickup_point_id)
    )
    return {point: (number, label) for point, number, label in rows}


def _write(uow: UnitOfWork, group_buy_id: UUID, slots: Mapping[UUID, tuple[int, str]]) -> bool:
    if not slots:
        return False
    wanted = values(column("point", Uuid), column("number", Integer), column("label", String), name="wanted").data(
        [(point, number, label) for point, (number, label) in slots.items()]
    )
    here = (Sheet.group_buy_id == group_buy_id, Sheet.pickup_point_id == wanted.c.point)
    quiet = {"synchronize_session": False}
    moved = uow.session.scalars(
        update(Sheet).where(*here, Sheet.slot_no != wanted.c.number)
        .values(slot_no=wanted.c.number, slot=wanted.c.label).returning(Sheet.id).execution_options(**quiet)
    ).all()  # fmt: skip
    uow.session.execute(
        update(Sheet).where(*here, Sheet.slot != wanted.c.label)
        .values(slot=wanted.c.label).execution_options(**quiet)
    )  # fmt: skip
    return bool(moved)


def _plan_anew(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Nothing is put yet, so the tasks may be thrown away and made again for the new bays."""
    of_round = select(SortTask.id).where(SortTask.group_buy_id == group_buy_id)
    uow.session.execute(
        delete(SortPut).where(SortPut.task_id.in_(of_round)).execution_options(synchronize_session=False)
    )
    uow.session.execute(
        delete(SortTask).where(SortTask.group_buy_id == group_buy_id).execution_options(synchronize_session=False)
    )
    task_plan.plan_tasks(uow, group_buy_id)


def save_shelves(uow: UnitOfWork, hub_id: UUID, shelves: Mapping[UUID, str]) -> int:
    """Say on which shelves a hub keeps SKUs; an empty name forgets the shelf. Returns how many were given.

    May be repeated. Raises Invalid for a name that is too long.
    """
    uow.require(Permission.LOGISTICS_SORT)
    names = {sku_id: " ".join(name.split()) for sku_id, name in shelves.items()}
    if any(len(name) > SHELF_CHARS for name in names.values()):
        raise Invalid(field="shelf", reason="has more than 20 characters")
    _forget(uow, hub_id, [sku_id for sku_id, name in names.items() if not name])
    given = [
        {"hub_id": hub_id, "sku_id": sku_id, "shelf": name, "walk": rules.walk_key(name)}
        for sku_id, name in sorted(names.items())
        if name
    ]
    if given:
        fresh = insert(Shelf)
        fresh = fresh.on_conflict_do_update(
            index_elements=["hub_id", "sku_id"],
            set_={"shelf": fresh.excluded.shelf, "walk": fresh.excluded.walk},
        )
        uow.session.execute(fresh, given)
    uow.audit("logistics.save_shelves", hub_id, None, {"shelves": len(given)})
    return len(given)


def _forget(uow: UnitOfWork, hub_id: UUID, sku_ids: Sequence[UUID]) -> None:
    if sku_ids:
        uow.session.execute(delete(Shelf).where(Shelf.hub_id == hub_id, Shelf.sku_id.in_(sku_ids)))
