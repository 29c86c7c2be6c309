"""The sorting queue: a sorter takes a task, puts piece by piece, pauses, gives it back - and nothing is put twice."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AlreadyDispatched, AlreadyPut, PutChanged, TaskTaken, WrongCrate
from app.domains.logistics.models import Crate, Handover, Sheet, SortPut, SortTask
from app.domains.logistics.service import task_plan
from app.domains.logistics.values.sorting import SheetState
from app.domains.logistics.values.tasks import GivenUp, Put, PutDone, TaskCard, TaskState
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound

HELD = (TaskState.CLAIMED, TaskState.PAUSED)


def claim(uow: UnitOfWork, group_buy_id: UUID, zone: Zone) -> TaskCard | None:
    """Give the sorter her task of a zone: the one she holds, else the next that nobody holds; None when all is done.

    Corrections come first, then shelf order. Two sorters never get the same task: rows that somebody else is taking
    are skipped. A task whose lease has run out is free again. May be repeated.
    """
    uow.require(Permission.LOGISTICS_SORT)
    worker_id = _worker(uow)
    task_id = _held(uow, group_buy_id, zone, worker_id) or _next_free(uow, group_buy_id, zone)
    if task_id is None:
        return None
    uow.session.execute(
        update(SortTask)
        .where(SortTask.id == task_id)
        .values(
            state=TaskState.CLAIMED, worker_id=worker_id, worker=uow.actor.name,
            claimed_at=func.coalesce(SortTask.claimed_at, uow.now), lease_until=uow.now + rules.LEASE,
        )
    )  # fmt: skip
    return queries.get_task(uow.session, task_id)


def _worker(uow: UnitOfWork) -> UUID:
    """Who sorts must be somebody, so that a lease and an error have an owner."""
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.LOGISTICS_SORT.value)
    return uow.actor.id


def _held(uow: UnitOfWork, group_buy_id: UUID, zone: Zone, worker_id: UUID) -> UUID | None:
    """The task that the sorter holds, the one touched last first; her second device waits here for the first."""
    return uow.session.scalar(
        select(SortTask.id)
        .where(SortTask.group_buy_id == group_buy_id, SortTask.zone == zone, SortTask.state.in_(HELD),
               SortTask.worker_id == worker_id)
        .order_by(SortTask.lease_until.desc(), SortTask.id).limit(1).with_for_update()
    )  # fmt: skip


def _next_free(uow: UnitOfWork, group_buy_id: UUID, zone: Zone) -> UUID | None:
    free = queries.free_tasks(group_buy_id, zone, uow.now)
    return uow.session.scalar(free.limit(1).with_for_update(of=SortTask, skip_locked=True))


def put(uow: UnitOfWork, wish: Put) -> PutDone:
    """Note that the pieces of one put lie in their crate, or how many were short and why; exactly once.

    A post that comes again with its key changes nothing. The last put of a task finishes it, the last one of a sheet
    makes the sheet sorted. Raises NotFound, TaskTaken when somebody else holds the task now, AlreadyPut, PutChanged
    with the new number, WrongCrate, Invalid.
    """
    uow.require(Permission.LOGISTICS_SORT)
    worker_id = _worker(uow)
    task_id = queries.task_of_put(uow.session, wish.put_id)
    if task_id is None:
        raise NotFound("put")
    if _seen_before(uow, "sort.put", wish.key, wish.put_id, (wish.seen_qty, wish.short_qty, wish.reason)):
        return _told(uow, wish.put_id, task_id)
    task = uow.session.scalars(select(SortTask).filter_by(id=task_id).with_for_update()).one()
    if task.worker_id != worker_id or task.state is TaskState.OPEN:
        raise TaskTaken(worker=task.worker)
    row = _lock_put(uow, wish.put_id)
    if row.put_at is not None:
        raise AlreadyPut(worker=row.put_by or "")
    if row.qty != wish.seen_qty:
        raise PutChanged(qty=row.qty)
    crate_code = _checked_crate(uow, row.sheet_id, wish.crate_code)
    row.put_qty, row.crate_code = _put_qty(row.qty, wish), crate_code
    row.short_reason = wish.reason if wish.short_qty else None
    row.put_at, row.put_by_id, row.put_by = uow.now, worker_id, uow.actor.name
    task.state, task.lease_until = TaskState.CLAIMED, uow.now + rules.LEASE
    uow.session.flush()
    _finish(uow, task, row.sheet_id)
    return _told(uow, wish.put_id, task_id)


def _seen_before(uow: UnitOfWork, action: str, key: str, put_id: UUID, request: object) -> bool:
    """Whether this very post was taken in before; a twin that is under way is waited for. Raises KeyReused."""
    if not 8 <= len(key) <= 80:
        raise Invalid(field="key", reason="must have 8 to 80 characters")
    print_ = idempotency.fingerprint([put_id, request])
    row = IdempotencyKey(
        account_id=_worker(uow), action=action, key=key, fingerprint=print_, result_id=put_id, at=uow.now
    )  # fmt: skip
    return idempotency.claim(uow.session, row) is not None


def _hold(uow: UnitOfWork, task_id: UUID, worker_id: UUID) -> SortTask:
    """The task, locked, if it is still this sorter's: nobody has taken it even if its lease ran out meanwhile."""
    task = uow.session.scalars(select(SortTask).filter_by(id=task_id).with_for_update()).one()
    if task.worker_id != worker_id or task.state not in HELD:
        raise TaskTaken(worker=task.worker)
    task.state = TaskState.CLAIMED
    return task


def _lock_put(uow: UnitOfWork, put_id: UUID) -> SortPut:
    """Sheet first, then put: everybody locks in this order, and two last puts of a sheet see each other."""
    sheet_id = uow.session.scalar(select(SortPut.sheet_id).filter_by(id=put_id))
    uow.session.execute(select(Sheet.id).where(Sheet.id == sheet_id).with_for_update())
    row = uow.session.scalar(
        select(SortPut).filter_by(id=put_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("put")
    return row


def _put_qty(qty: int, wish: Put) -> int:
    if not 0 <= wish.short_qty <= abs(qty):
        raise Invalid(field="short_qty", reason="must be between 0 and the number to put")
    if wish.short_qty and wish.reason is None:
        raise Invalid(field="reason", reason="say why pieces are short")
    return qty - wish.short_qty if qty > 0 else qty + wish.short_qty


def _checked_crate(uow: UnitOfWork, sheet_id: UUID, code: str) -> str:
    if not code:
        return ""
    right = list(uow.session.scalars(select(Crate.code).where(Crate.sheet_id == sheet_id).order_by(Crate.seq)))
    if code.strip().upper() not in right:
        raise WrongCrate(right=right)
    return code.strip().upper()


def _finish(uow: UnitOfWork, task: SortTask, sheet_id: UUID) -> None:
    quiet = {"synchronize_session": False}
    if not uow.session.scalar(select(func.count()).where(SortPut.task_id == task.id, SortPut.put_at.is_(None))):
        task.state, task.lease_until, task.done_at = TaskState.DONE, None, uow.now
        uow.session.flush()
    here = select(SortPut.id).where(SortPut.sheet_id == sheet_id, SortPut.put_at.is_(None))
    uow.session.execute(
        update(Sheet)
        .where(Sheet.id == sheet_id, Sheet.state == SheetState.WAITING, ~here.exists())
        .values(state=SheetState.SORTED, sorted_by=uow.actor.name, sorted_at=uow.now)
        .execution_options(**quiet)
    )


def _told(uow: UnitOfWork, put_id: UUID, task_id: UUID) -> PutDone:
    left = uow.session.scalar(select(func.count()).where(SortPut.task_id == task_id, SortPut.put_at.is_(None))) or 0
    return PutDone(put_id=put_id, task_id=task_id, task_done=not left, left_in_task=left)


def undo(uow: UnitOfWork, put_id: UUID, key: str) -> PutDone:
    """Take back a put of one's own: its task is the sorter's again and its sheet waits.

    May be repeated with its key. Raises NotFound for a put that is not hers or not done, AlreadyDispatched, TaskTaken
    when somebody else holds the task by now.
    """
    uow.require(Permission.LOGISTICS_SORT)
    worker_id = _worker(uow)
    found = uow.session.execute(
        select(SortTask.id, SortTask.group_buy_id).join(SortPut, SortPut.task_id == SortTask.id)
        .where(SortPut.id == put_id)
    ).first()  # fmt: skip
    if found is None:
        raise NotFound("put")
    if _seen_before(uow, "sort.undo", key, put_id, "undo"):
        return _told(uow, put_id, found.id)
    uow.lock(f"logistics.sort:{found.group_buy_id}")
    if uow.session.scalar(select(Handover.id).filter_by(group_buy_id=found.group_buy_id).limit(1)):
        raise AlreadyDispatched
    task = uow.session.scalars(select(SortTask).filter_by(id=found.id).with_for_update()).one()
    if task.state in HELD and task.worker_id != worker_id:
        raise TaskTaken(worker=task.worker)
    row = _lock_put(uow, put_id)
    if row.put_by_id != worker_id or row.moved_qty:
        raise NotFound("put")
    row.put_at, row.put_qty, row.short_reason, row.put_by_id, row.put_by, row.crate_code = (
        None,
        None,
        None,
        None,
        None,
        "",
    )
    task.state, task.worker_id, task.worker, task.done_at = TaskState.CLAIMED, worker_id, uow.actor.name, None
    task.lease_until = uow.now + rules.LEASE + timedelta(seconds=1)  # before any other task that she holds
    uow.session.flush()
    _wait_again(uow, row.sheet_id)
    return _told(uow, put_id, task.id)


def _wait_again(uow: UnitOfWork, sheet_id: UUID) -> None:
    uow.session.execute(
        update(Sheet)
        .where(Sheet.id == sheet_id)
        .values(state=SheetState.WAITING, sorted_by=None, sorted_at=None)
        .execution_options(synchronize_session=False)
    )
    uow.session.execute(update(Crate).where(Crate.sheet_id == sheet_id).values(closed_at=None, closed_by=None))


def pause(uow: UnitOfWork, task_id: UUID) -> None:
    """Keep a task through a break: nobody else gets it for half an hour. Raises NotFound, TaskTaken."""
    uow.require(Permission.LOGISTICS_SORT)
    task = _own(uow, task_id)
    task.state, task.lease_until = TaskState.PAUSED, uow.now + rules.PAUSE


def put_back(uow: UnitOfWork, task_id: UUID) -> None:
    """Give a task back to the queue; what was put stays put. Raises NotFound, TaskTaken."""
    uow.require(Permission.LOGISTICS_SORT)
    task = _own(uow, task_id)
    task.state, task.lease_until, task.worker_id, task.worker = TaskState.OPEN, None, None, ""


def _own(uow: UnitOfWork, task_id: UUID) -> SortTask:
    if uow.session.get(SortTask, task_id) is None:
        raise NotFound("task")
    return _hold(uow, task_id, _worker(uow))


def search_again(uow: UnitOfWork, group_buy_id: UUID, put_ids: Sequence[UUID]) -> int:
    """Let pieces that were short be looked for again: they become correction tasks. Returns the pieces.

    What is being looked for already is left out, so it may be repeated. Raises AlreadyDispatched.
    """
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if uow.session.scalar(select(Handover.id).filter_by(group_buy_id=group_buy_id).limit(1)):
        raise AlreadyDispatched
    of_round = select(SortTask.id).where(SortTask.group_buy_id == group_buy_id)
    moved = uow.session.execute(
        update(SortPut)
        .where(SortPut.id.in_(put_ids), SortPut.task_id.in_(of_round), SortPut.moved_qty == 0, SortPut.qty > 0,
               SortPut.put_qty < SortPut.qty)
        .values(moved_qty=SortPut.qty - SortPut.put_qty).returning(SortPut.sheet_id, SortPut.moved_qty)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    if moved:
        sheets = {row.sheet_id for row in moved}
        uow.session.execute(
            update(Sheet).where(Sheet.id.in_(sheets))
            .values(state=SheetState.WAITING, sorted_by=None, sorted_at=None)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        task_plan.plan_tasks(uow, group_buy_id)
        uow.audit("logistics.search_again", group_buy_id, None, {"pieces": sum(row.moved_qty for row in moved)})
    return sum(row.moved_qty for row in moved)


def give_up(uow: UnitOfWork, group_buy_id: UUID, put_ids: Sequence[UUID]) -> list[GivenUp]:
    """Look no longer for pieces that were short: the sheets need not hold them any more.

    What is being looked for again or was given up before is left out, so it may be repeated. The caller takes the
    pieces off the demand. Raises AlreadyDispatched.
    """
    uow.require(Permission.LOGISTICS_SORT)
    uow.lock(f"logistics.sort:{group_buy_id}")
    if uow.session.scalar(select(Handover.id).filter_by(group_buy_id=group_buy_id).limit(1)):
        raise AlreadyDispatched
    given_up = uow.session.execute(
        update(SortPut)
        .where(SortPut.id.in_(put_ids), SortPut.sheet_id == Sheet.id, Sheet.group_buy_id == group_buy_id,
               SortPut.moved_qty == 0, SortPut.qty > 0, SortPut.put_qty < SortPut.qty)
        .values(moved_qty=SortPut.qty - SortPut.put_qty)
        .returning(SortPut.id, Sheet.pickup_point_id, SortPut.sku_id, SortPut.moved_qty)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    found = [GivenUp(put_id=row[0], pickup_point_id=row[1], sku_id=row[2], qty=row[3]) for row in given_up]
    if found:
        uow.audit("logistics.give_up_short", group_buy_id, None, {"pieces": sum(one.qty for one in found)})
    return sorted(found, key=lambda one: one.put_id)
