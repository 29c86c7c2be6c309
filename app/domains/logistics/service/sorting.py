"""Sorting sheets and crates: what goes to which pickup point, by temperature zone."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    and_,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    union,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AlreadyDispatched, NothingToSort
from app.domains.logistics.models import Crate, Handover, Sheet, SheetChange, SheetLine, SortPut
from app.domains.logistics.service import scales, slots, task_plan
from app.domains.logistics.values.sorting import SheetsMade, SheetState, SheetToPack
from app.infra.bulk import insert_rows
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def make_sheets(uow: UnitOfWork, group_buy_id: UUID) -> SheetsMade:
    """Make the sheets of a round from the demand that is still due, with their crates, slots and tasks.

    May be repeated, and is the one way in which a late change reaches the tables: a sheet whose lines stayed as they
    were keeps its crates and state; one that changed gets a new version, and what it changed is noted for the delta
    sheet; one without pieces keeps its number and nothing else. What lies in crates already is corrected by tasks.
    Afterwards the pieces on sheets equal the due demand, SKU by SKU. The number of statements does not depend on the
    size of the round. Raises AlreadyDispatched once the trucks have left, NothingToSort when nothing is due.
    """
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if uow.session.scalar(select(Handover.id).filter_by(group_buy_id=group_buy_id).limit(1)):
        raise AlreadyDispatched
    created = _add_missing_sheets(uow, group_buy_id)
    changed = _changed_sheets(uow, group_buy_id)
    again = [sheet_id for sheet_id in changed if sheet_id not in created]
    _note_changes(uow, group_buy_id, again)
    removed = _rewrite_lines(uow, group_buy_id, changed)
    if again:
        uow.session.execute(
            update(Sheet)
            .where(Sheet.id.in_(again))
            .values(version=Sheet.version + 1, state=SheetState.WAITING, sorted_by=None, sorted_at=None)
        )
    _make_crates(uow, changed)
    slots.number_slots(uow, group_buy_id)
    task_plan.plan_tasks(uow, group_buy_id)
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
        literal(1), literal(SheetState.WAITING, Sheet.__table__.c.state.type), literal(""), literal(0),
    ).group_by(wanted.c.hub_id, wanted.c.pickup_point_id, wanted.c.zone)  # fmt: skip
    columns = ["id", "group_buy_id", "hub_id", "pickup_point_id", "zone", "version", "state", "slot", "slot_no"]
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


def _note_changes(uow: UnitOfWork, group_buy_id: UUID, sheet_ids: Sequence[UUID]) -> None:
    """Keep what the coming version of these sheets changes, SKU by SKU, for their delta sheets."""
    if not sheet_ids:
        return
    wanted = _wanted_by_sheet(group_buy_id).where(Sheet.id.in_(sheet_ids)).subquery("wanted")
    old = (
        select(SheetLine.sheet_id, SheetLine.sku_id, SheetLine.qty)
        .where(SheetLine.sheet_id.in_(sheet_ids)).subquery("old")
    )  # fmt: skip
    before, after = func.coalesce(old.c.qty, 0), func.coalesce(wanted.c.qty, 0)
    both = old.join(wanted, and_(old.c.sheet_id == wanted.c.sheet_id, old.c.sku_id == wanted.c.sku_id), full=True)
    sheet_id = func.coalesce(old.c.sheet_id, wanted.c.sheet_id)
    rows = (
        select(sheet_id, Sheet.version + 1, func.coalesce(old.c.sku_id, wanted.c.sku_id), before, after,
               literal(uow.now, SheetChange.__table__.c.at.type))
        .select_from(both.join(Sheet, Sheet.id == sheet_id)).where(before != after)
    )  # fmt: skip
    columns = ["sheet_id", "version", "sku_id", "before_qty", "after_qty", "at"]
    uow.session.execute(insert(SheetChange).from_select(columns, rows))


def _rewrite_lines(uow: UnitOfWork, group_buy_id: UUID, changed: Sequence[UUID]) -> list[UUID]:
    """Put the wanted lines on the changed sheets; returns the sheets that hold nothing any more."""
    if not changed:
        return []
    uow.session.execute(delete(SheetLine).where(SheetLine.sheet_id.in_(changed)))
    rows = _wanted_by_sheet(group_buy_id).where(Sheet.id.in_(changed))
    uow.session.execute(insert(SheetLine).from_select(["sheet_id", "sku_id", "qty"], rows))
    filled = select(SheetLine.sheet_id).where(SheetLine.sheet_id.in_(changed)).distinct()
    return sorted(set(changed) - set(uow.session.scalars(filled)))


def _make_crates(uow: UnitOfWork, sheet_ids: Sequence[UUID]) -> None:
    """As many crates as the changed sheets need; labels that are printed stay good, closed crates are open again."""
    if not sheet_ids:
        return
    needed = {
        sheet.id: (sheet, len(rules.pack(sheet.lines))) for sheet in queries.sheets_to_pack(uow.session, sheet_ids)
    }
    crates = uow.session.execute(select(Crate.id, Crate.sheet_id, Crate.seq).where(Crate.sheet_id.in_(sheet_ids))).all()
    gone = [crate.id for crate in crates if crate.seq > (needed[crate.sheet_id][1] if crate.sheet_id in needed else 0)]
    if gone:
        uow.session.execute(delete(Crate).where(Crate.id.in_(gone)))
    uow.session.execute(update(Crate).where(Crate.sheet_id.in_(sheet_ids)).values(closed_at=None, closed_by=None))
    there = {(crate.sheet_id, crate.seq) for crate in crates}
    more = [
        {"id": new_id(), "sheet_id": sheet.id, "seq": seq, "code": _code(sheet, seq)}
        for sheet, number in needed.values()
        for seq in range(1, number + 1)
        if (sheet.id, seq) not in there
    ]
    insert_rows(uow.session, Crate, more)


def _code(sheet: SheetToPack, seq: int) -> str:
    return rules.crate_code(sheet.round_on, sheet.pickup_point_code, sheet.zone, seq)


def finish_sheet(uow: UnitOfWork, sheet_id: UUID) -> None:
    """Note that one sheet's crates are filled and checked; repeatable. Raises NotFound, LinesUnweighed."""
    uow.require(Permission.LOGISTICS_SORT)
    group_buy_id = uow.session.scalar(select(Sheet.group_buy_id).where(Sheet.id == sheet_id))
    if group_buy_id is None:
        raise NotFound("sheet")
    scales.check_weighed(uow, group_buy_id, sheet_id)
    _finish(uow, group_buy_id, Sheet.id == sheet_id)


def finish_all(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Note that all sheets of a round are sorted as planned; returns how many were still waiting.

    Raises LinesUnweighed.
    """
    uow.require(Permission.LOGISTICS_SORT)
    scales.check_weighed(uow, group_buy_id)
    return len(_finish(uow, group_buy_id, Sheet.group_buy_id == group_buy_id))


def _finish(uow: UnitOfWork, group_buy_id: UUID, which: ColumnElement[bool]) -> list[UUID]:
    """Tick sheets off as a whole: their open puts count as put by nobody in particular, their crates are closed."""
    uow.lock(f"logistics.sort:{group_buy_id}")
    finish = (
        update(Sheet)
        .where(which, Sheet.state == SheetState.WAITING)
        .values(state=SheetState.SORTED, sorted_by=uow.actor.name, sorted_at=uow.now)
    )
    done = list(uow.session.scalars(finish.returning(Sheet.id)))
    if done:
        uow.session.execute(
            update(SortPut)
            .where(SortPut.sheet_id.in_(done), SortPut.put_at.is_(None))
            .values(put_at=uow.now, put_qty=SortPut.qty, put_by=uow.actor.name)
            .execution_options(synchronize_session=False)
        )
        task_plan.settle(uow, group_buy_id)
        uow.session.execute(
            update(Crate)
            .where(Crate.sheet_id.in_(done), Crate.closed_at.is_(None))
            .values(closed_at=uow.now, closed_by=uow.actor.name)
        )
    return done


def mark_printed(uow: UnitOfWork, group_buy_id: UUID, sheet_ids: Sequence[UUID] | None = None) -> int:
    """Note that sheets (all of the round, or these) are on paper as they stand; returns how many.

    From now on a change makes a delta sheet, until that one is printed too. Call it when the paper is made.
    """
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    which = Sheet.group_buy_id == group_buy_id
    if sheet_ids is not None:
        which = and_(which, Sheet.id.in_(sheet_ids))
    printed = update(Sheet).where(which).values(printed_at=uow.now, printed_version=Sheet.version)
    return len(uow.session.scalars(printed.returning(Sheet.id)).all())


def mark_printed_as(uow: UnitOfWork, group_buy_id: UUID, versions: Mapping[UUID, int]) -> int:
    """Note that sheets were printed in the versions that somebody had on the screen; returns how many.

    A sheet that changed since then keeps that change for its delta sheet. A print older than the last one counts not.
    """
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if not versions:
        return 0
    seen = values(column("sheet_id", Uuid), column("version", Integer), name="seen").data(list(versions.items()))
    printed = (
        update(Sheet)
        .where(Sheet.group_buy_id == group_buy_id, Sheet.id == seen.c.sheet_id, Sheet.version >= seen.c.version,
               func.coalesce(Sheet.printed_version, 0) <= seen.c.version)
        .values(printed_at=uow.now, printed_version=seen.c.version).returning(Sheet.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return len(uow.session.scalars(printed).all())
