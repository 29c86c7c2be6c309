"""From sheets to tasks: what is on the sheets and not planned yet becomes puts; what lies too much is taken out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Row, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import array

from app.domains.catalogue.values import Zone
from app.domains.logistics import rules
from app.domains.logistics.models import Sheet, SheetLine, SortPut, SortTask
from app.domains.logistics.values.sorting import SheetState
from app.domains.logistics.values.tasks import TaskKind, TaskState
from app.infra.bulk import insert_rows
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

#: A sheet and a SKU.
Place = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class _SheetRow:
    id: UUID
    hub_id: UUID
    zone: Zone
    state: SheetState
    slot_no: int


@dataclass(slots=True)
class _Plan:
    """Rows to write; built in memory, written in a few statements whatever the size of the round."""

    tasks: list[dict[str, object]] = field(default_factory=list)
    puts: list[dict[str, object]] = field(default_factory=list)
    resized: list[dict[str, object]] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)


def plan_tasks(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Make the tasks of a round agree with its sheets; the caller holds the round's sorting lock.

    A put that nobody has done yet gets its new number. What was put already is never rewritten: the difference becomes
    a correction task, in which a negative number is taken out again. Repeating changes nothing.
    """
    uow.require(Permission.LOGISTICS_SORT)
    sheets = _lock_sheets(uow, group_buy_id)
    puts = _lock_puts(uow, group_buy_id)
    planned: dict[Place, int] = defaultdict(int)
    still_open: dict[Place, Row[UUID, UUID, UUID, int, int, bool, TaskKind]] = {}
    for put in puts:
        planned[put.sheet_id, put.sku_id] += put.qty - put.moved_qty
        if put.is_open:
            still_open[put.sheet_id, put.sku_id] = put
    wanted = _wanted(uow, group_buy_id)
    touched = {sheet_id for sheet_id, _ in planned}
    plan, boxes = _Plan(), _Boxes(uow, group_buy_id)
    for place in sorted(wanted.keys() | planned.keys(), key=lambda p: (sheets[p[0]].slot_no, p)):
        sheet = sheets[place[0]]
        more = wanted.get(place, 0) - planned.get(place, 0)
        if not more or (sheet.state is SheetState.SORTED and sheet.id not in touched):
            continue
        if place in still_open:
            _resize(plan, still_open[place], more)
        else:
            task_id = boxes.find(plan, sheet, place[1], is_correction=planned.get(place, 0) != 0)
            plan.puts.append(
                {"id": new_id(), "task_id": task_id, "sheet_id": sheet.id, "sku_id": place[1], "qty": more}
            )
    _write(uow, plan)
    settle(uow, group_buy_id)


def _lock_sheets(uow: UnitOfWork, group_buy_id: UUID) -> dict[UUID, _SheetRow]:
    """Lock the sheets before the puts, as every sorter does, so that nobody waits in a circle."""
    rows = uow.session.execute(
        select(Sheet.id, Sheet.hub_id, Sheet.zone, Sheet.state, Sheet.slot_no)
        .where(Sheet.group_buy_id == group_buy_id).order_by(Sheet.id).with_for_update()
    )  # fmt: skip
    return {row.id: _SheetRow(*row) for row in rows}


def _lock_puts(uow: UnitOfWork, group_buy_id: UUID) -> list[Row[UUID, UUID, UUID, int, int, bool, TaskKind]]:
    return list(
        uow.session.execute(
            select(SortPut.id, SortPut.sheet_id, SortPut.sku_id, SortPut.qty, SortPut.moved_qty,
                   SortPut.put_at.is_(None).label("is_open"), SortTask.kind)
            .join(SortTask, SortTask.id == SortPut.task_id)
            .where(SortTask.group_buy_id == group_buy_id)
            .order_by(SortPut.id).with_for_update(of=SortPut)
        )
    )  # fmt: skip


def _wanted(uow: UnitOfWork, group_buy_id: UUID) -> dict[Place, int]:
    rows = uow.session.execute(
        select(SheetLine.sheet_id, SheetLine.sku_id, SheetLine.qty)
        .join(Sheet, Sheet.id == SheetLine.sheet_id)
        .where(Sheet.group_buy_id == group_buy_id)
    )
    return {(row.sheet_id, row.sku_id): row.qty for row in rows}


def _resize(plan: _Plan, put: Row[UUID, UUID, UUID, int, int, bool, TaskKind], more: int) -> None:
    if put.qty + more:
        plan.resized.append({"id": put.id, "qty": put.qty + more})
    else:
        plan.dropped.append(put.id)


class _Boxes:
    """Finds the task into which a put belongs, or begins one: per SKU, bay and kind."""

    def __init__(self, uow: UnitOfWork, group_buy_id: UUID) -> None:
        self.group_buy_id = group_buy_id
        rows = uow.session.execute(
            select(SortTask.id, SortTask.sku_id, SortTask.bay, SortTask.kind, SortTask.state)
            .where(SortTask.group_buy_id == group_buy_id)
        )  # fmt: skip
        self.known: dict[tuple[UUID, int, TaskKind], UUID] = {}
        self.finished: set[tuple[UUID, int]] = set()
        for row in rows:
            if row.state is not TaskState.DONE:
                self.known[row.sku_id, row.bay, row.kind] = row.id
            elif row.kind is TaskKind.PUT:
                self.finished.add((row.sku_id, row.bay))

    def find(self, plan: _Plan, sheet: _SheetRow, sku_id: UUID, *, is_correction: bool) -> UUID:
        """The open task of this SKU in the sheet's bay; a first task that is done is not opened again."""
        bay = rules.bay_of(sheet.slot_no)
        late = is_correction or (sku_id, bay) in self.finished
        kind = TaskKind.CORRECTION if late else TaskKind.PUT
        if (sku_id, bay, kind) not in self.known:
            task_id = self.known[sku_id, bay, kind] = new_id()
            plan.tasks.append(
                {"id": task_id, "group_buy_id": self.group_buy_id, "hub_id": sheet.hub_id, "zone": sheet.zone,
                 "sku_id": sku_id, "bay": bay, "kind": kind, "state": TaskState.OPEN}
            )  # fmt: skip
        return self.known[sku_id, bay, kind]


def _write(uow: UnitOfWork, plan: _Plan) -> None:
    insert_rows(uow.session, SortTask, plan.tasks)
    insert_rows(uow.session, SortPut, plan.puts)
    if plan.resized:
        uow.session.execute(update(SortPut), plan.resized)
    if plan.dropped:
        uow.session.execute(
            delete(SortPut).where(SortPut.id.in_(plan.dropped)).execution_options(synchronize_session=False)
        )


def settle(uow: UnitOfWork, group_buy_id: UUID, sheet_ids: Iterable[UUID] | None = None) -> None:
    """Draw the consequences: tasks without an open put are done or gone, sheets without one are sorted.

    With `sheet_ids` only these sheets are looked at. A sheet that was never sorted by tasks stays as it is.
    """
    uow.require(Permission.LOGISTICS_SORT)
    of_round = SortTask.group_buy_id == group_buy_id
    any_put = select(SortPut.id).where(SortPut.task_id == SortTask.id)
    open_put = any_put.where(SortPut.put_at.is_(None))
    quiet = {"synchronize_session": False}
    uow.session.execute(delete(SortTask).where(of_round, ~any_put.exists()).execution_options(**quiet))
    uow.session.execute(
        update(SortTask)
        .where(of_round, SortTask.state != TaskState.DONE, ~open_put.exists())
        .values(state=TaskState.DONE, lease_until=None, done_at=uow.now).execution_options(**quiet)
    )  # fmt: skip
    put_here = select(SortPut.id).where(SortPut.sheet_id == Sheet.id)
    line_here = select(SheetLine.sku_id).where(SheetLine.sheet_id == Sheet.id)
    which = and_(
        Sheet.group_buy_id == group_buy_id, Sheet.state == SheetState.WAITING,
        ~put_here.where(SortPut.put_at.is_(None)).exists(), or_(put_here.exists(), ~line_here.exists()),
    )  # fmt: skip
    if sheet_ids is not None:
        which = and_(which, Sheet.id == array(list(sheet_ids)).any())
    uow.session.execute(
        update(Sheet).where(which)
        .values(state=SheetState.SORTED, sorted_by=uow.actor.name, sorted_at=uow.now).execution_options(**quiet)
    )  # fmt: skip
