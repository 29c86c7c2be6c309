"""Sorting sheets and crates: what goes to which pickup point, by temperature zone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, select, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AlreadyDispatched, NothingToSort
from app.domains.logistics.models import Crate, Handover, Sheet, SheetLine
from app.domains.logistics.values.sorting import SheetsMade, SheetState, SheetToPack
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def make_sheets(uow: UnitOfWork, group_buy_id: UUID) -> SheetsMade:
    """Make the sheets of a round from the demand that is still due, with their crates.

    May be repeated: a sheet whose lines stayed as they were keeps its crates and state; one that changed gets a new
    version, new crates and must be sorted again; one without pieces goes. Afterwards the pieces on sheets equal the
    due demand, SKU by SKU. The number of statements does not depend on the size of the round.
    Raises AlreadyDispatched once the trucks have left, NothingToSort when nothing is due.
    """
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if uow.session.scalar(select(Handover.id).filter_by(group_buy_id=group_buy_id).limit(1)):
        raise AlreadyDispatched
    created = _add_missing_sheets(uow, group_buy_id)
    changed = _changed_sheets(uow, group_buy_id)
    removed = _rewrite_lines(uow, group_buy_id, changed)
    again = [sheet_id for sheet_id in changed if sheet_id not in created]
    if again:
        uow.session.execute(
            update(Sheet)
            .where(Sheet.id.in_(again))
            .values(version=Sheet.version + 1, state=SheetState.WAITING, sorted_by=None, sorted_at=None)
        )
    _make_crates(uow, changed)
    totals = queries.sheet_totals(uow.session, group_buy_id)
    if not totals.sheets:
        raise NothingToSort
    return SheetsMade(
        sheets=totals.sheets,
        created=len(created),
        changed=len(set(again) - set(removed)),
        removed=len(removed),
        crates=totals.crates,
        pieces=totals.pieces,
    )


def _add_missing_sheets(uow: UnitOfWork, group_buy_id: UUID) -> set[UUID]:
    wanted = queries.wanted_lines(group_buy_id).subquery()
    rows = select(
        func.gen_random_uuid(), literal(group_buy_id), wanted.c.hub_id, wanted.c.pickup_point_id, wanted.c.zone,
        literal(1), literal(SheetState.WAITING, Sheet.__table__.c.state.type),
    ).group_by(wanted.c.hub_id, wanted.c.pickup_point_id, wanted.c.zone)  # fmt: skip
    columns = ["id", "group_buy_id", "hub_id", "pickup_point_id", "zone", "version", "state"]
    fresh = upsert(Sheet).from_select(columns, rows, include_defaults=False).on_conflict_do_nothing()
    return set(uow.session.scalars(fresh.returning(Sheet.id)))


def _changed_sheets(uow: UnitOfWork, group_buy_id: UUID) -> list[UUID]:
    """Sheets whose lines differ from what is wanted, in either direction."""
    wanted = _wanted_by_sheet(group_buy_id)
    standing = (
        select(SheetLine.sheet_id, SheetLine.sku_id, SheetLine.qty)
        .join(Sheet, Sheet.id == SheetLine.sheet_id)
        .where(Sheet.group_buy_id == group_buy_id)
    )
    difference = union(wanted.except_(standing), standing.except_(wanted)).subquery()
    return list(uow.session.scalars(select(difference.c.sheet_id).distinct().order_by(difference.c.sheet_id)))


def _wanted_by_sheet(group_buy_id: UUID) -> Select[UUID, UUID, int]:
    wanted = queries.wanted_lines(group_buy_id).subquery()
    return (
        select(Sheet.id.label("sheet_id"), wanted.c.sku_id, wanted.c.due_qty.label("qty"))
        .join(wanted, (wanted.c.pickup_point_id == Sheet.pickup_point_id) & (wanted.c.zone == Sheet.zone))
        .where(Sheet.group_buy_id == group_buy_id)
    )


def _rewrite_lines(uow: UnitOfWork, group_buy_id: UUID, changed: Sequence[UUID]) -> list[UUID]:
    """Put the wanted lines on the changed sheets, take their crates away; returns the sheets that went."""
    if not changed:
        return []
    uow.session.execute(delete(SheetLine).where(SheetLine.sheet_id.in_(changed)))
    uow.session.execute(delete(Crate).where(Crate.sheet_id.in_(changed)))
    rows = _wanted_by_sheet(group_buy_id).where(Sheet.id.in_(changed))
    uow.session.execute(insert(SheetLine).from_select(["sheet_id", "sku_id", "qty"], rows))
    empty = delete(Sheet).where(
        Sheet.id.in_(changed), ~select(SheetLine).where(SheetLine.sheet_id == Sheet.id).exists()
    )
    return list(uow.session.scalars(empty.returning(Sheet.id)))


def _make_crates(uow: UnitOfWork, sheet_ids: Sequence[UUID]) -> None:
    crates = []
    for sheet in queries.sheets_to_pack(uow.session, sheet_ids):
        packed = rules.pack(sheet.lines)
        crates += [
            {"id": new_id(), "sheet_id": sheet.id, "seq": seq, "code": _code(sheet, seq)}
            for seq in range(1, len(packed) + 1)
        ]
    if crates:
        uow.session.execute(insert(Crate), crates)


def _code(sheet: SheetToPack, seq: int) -> str:
    return rules.crate_code(sheet.round_on, sheet.pickup_point_code, sheet.zone, seq)


def finish_sheet(uow: UnitOfWork, sheet_id: UUID) -> None:
    """Note that one sheet's crates are filled and checked. Repeating changes nothing. Raises NotFound."""
    uow.require(Permission.LOGISTICS_SORT)
    done = _finish(uow, Sheet.id == sheet_id)
    if not done and uow.session.get(Sheet, sheet_id) is None:
        raise NotFound("sheet")


def finish_all(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Note that all sheets of a round are sorted; returns how many were still waiting."""
    uow.require(Permission.LOGISTICS_SORT)
    return len(_finish(uow, Sheet.group_buy_id == group_buy_id))


def _finish(uow: UnitOfWork, which: ColumnElement[bool]) -> list[UUID]:
    finish = (
        update(Sheet)
        .where(which, Sheet.state == SheetState.WAITING)
        .values(state=SheetState.SORTED, sorted_by=uow.actor.name, sorted_at=uow.now)
    )
    return list(uow.session.scalars(finish.returning(Sheet.id)))
