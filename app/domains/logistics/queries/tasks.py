"""The sorting queue: one task for a phone, progress for the hub, pieces that were short, errors by sorter."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.catalogue.values import Zone
from app.domains.communities.models import PickupPoint
from app.domains.logistics import rules
from app.domains.logistics.models import Crate, Sheet, Shelf, SortError, SortPut, SortTask
from app.domains.logistics.queries.columns import POINT_TEXTS, SKU_TEXTS
from app.domains.logistics.values.tasks import (
    PutCard,
    ShortCard,
    SorterErrors,
    SorterProgress,
    SortProgress,
    TaskCard,
    TaskKind,
    TaskState,
    ZoneProgress,
)
from app.kernel.errors import NotFound

HELD = (TaskState.CLAIMED, TaskState.PAUSED)


def get_task(session: Session, task_id: UUID) -> TaskCard:
    """One task with its puts in slot order; raises NotFound."""
    row = (
        session.execute(
            select(
                SortTask.id, SortTask.group_buy_id, SortTask.zone, SortTask.kind, SortTask.state, SortTask.bay,
                SortTask.sku_id, Sku.code.label("sku_code"), *SKU_TEXTS, Sku.picture,
                func.coalesce(Shelf.shelf, "").label("shelf"), SortTask.worker_id, SortTask.worker,
                SortTask.lease_until,
            )
            .join(Sku, Sku.id == SortTask.sku_id)
            .outerjoin(Shelf, and_(Shelf.hub_id == SortTask.hub_id, Shelf.sku_id == SortTask.sku_id))
            .where(SortTask.id == task_id)
        )
        .mappings()
        .first()
    )  # fmt: skip
    if row is None:
        raise NotFound("task")
    return TaskCard(**row, puts=_puts(session, task_id))


def _puts(session: Session, task_id: UUID) -> tuple[PutCard, ...]:
    codes = (
        select(func.array_agg(aggregate_order_by(Crate.code, Crate.seq)))
        .where(Crate.sheet_id == SortPut.sheet_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(SortPut.id, Sheet.slot, *POINT_TEXTS, SortPut.qty, SortPut.put_qty, SortPut.short_reason,
               codes.label("crates"))
        .join(Sheet, Sheet.id == SortPut.sheet_id).join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .where(SortPut.task_id == task_id).order_by(Sheet.slot_no, SortPut.id)
    )  # fmt: skip
    return tuple(PutCard(**(dict(row) | {"crates": tuple(row["crates"] or ())})) for row in rows.mappings())


def free_tasks(group_buy_id: UUID, zone: Zone, now: datetime) -> Select[UUID]:
    """Tasks of a zone that nobody holds, as a statement to lock from: corrections first, then the walk by shelf."""
    free = or_(SortTask.state == TaskState.OPEN, and_(SortTask.state.in_(HELD), SortTask.lease_until <= now))
    return (
        select(SortTask.id).join(Sku, Sku.id == SortTask.sku_id)
        .outerjoin(Shelf, and_(Shelf.hub_id == SortTask.hub_id, Shelf.sku_id == SortTask.sku_id))
        .where(SortTask.group_buy_id == group_buy_id, SortTask.zone == zone, free)
        .order_by(case((SortTask.kind == TaskKind.CORRECTION, 0), else_=1), Shelf.walk.asc().nulls_last(), Sku.code,
                  SortTask.bay, SortTask.id)
    )  # fmt: skip


def task_of_put(session: Session, put_id: UUID) -> UUID | None:
    """The task that a put belongs to; None when the plan dropped the put."""
    return session.scalar(select(SortPut.task_id).where(SortPut.id == put_id))


def last_put_of(session: Session, group_buy_id: UUID, worker_id: UUID) -> UUID | None:
    """What this sorter put last in a round: the one thing she may want to take back."""
    return session.scalar(
        select(SortPut.id).join(SortTask, SortTask.id == SortPut.task_id)
        .where(SortTask.group_buy_id == group_buy_id, SortPut.put_by_id == worker_id, SortPut.put_at.is_not(None))
        .order_by(SortPut.put_at.desc(), SortPut.id.desc()).limit(1)
    )  # fmt: skip


def sort_progress(session: Session, group_buy_id: UUID, now: datetime) -> SortProgress:
    """How far the sorting of a round is, by zone and by person, and how fast it goes; in two statements."""
    sorters = _sorters(session, group_buy_id, now)
    return SortProgress(
        zones=_zones(session, group_buy_id, now), sorters=sorters,
        puts_per_hour=sum(sorter.puts_per_hour for sorter in sorters),
    )  # fmt: skip


def _zones(session: Session, group_buy_id: UUID, now: datetime) -> tuple[ZoneProgress, ...]:
    tasks = func.count(SortTask.id.distinct())
    held = and_(SortTask.state.in_(HELD), SortTask.lease_until > now)
    still_open = SortTask.state != TaskState.DONE
    rows = session.execute(
        select(
            SortTask.zone, tasks.label("tasks"), tasks.filter(still_open).label("open_tasks"),
            tasks.filter(held).label("claimed_tasks"),
            tasks.filter(still_open, SortTask.kind == TaskKind.CORRECTION).label("corrections"),
            func.count(SortPut.id).label("puts"),
            func.count(SortPut.id).filter(SortPut.put_at.is_(None)).label("open_puts"),
            func.coalesce(func.sum(SortPut.qty - SortPut.moved_qty), 0).label("pieces"),
            func.coalesce(func.sum(SortPut.put_qty), 0).label("put_pieces"),
        )
        .join(SortPut, SortPut.task_id == SortTask.id)
        .where(SortTask.group_buy_id == group_buy_id).group_by(SortTask.zone).order_by(SortTask.zone)
    )  # fmt: skip
    return tuple(ZoneProgress(**row) for row in rows.mappings())


def _sorters(session: Session, group_buy_id: UUID, now: datetime) -> tuple[SorterProgress, ...]:
    """Whoever put something in this round or holds a task of it, by name."""
    done = (
        select(
            SortPut.put_by_id.label("worker_id"), func.max(SortPut.put_by).label("worker"),
            func.count(SortPut.id).label("puts"), func.sum(func.abs(SortPut.put_qty)).label("pieces"),
            func.count(SortPut.id).filter(SortPut.put_at > now - rules.PACE).label("recent"),
        )
        .join(SortTask, SortTask.id == SortPut.task_id)
        .where(SortTask.group_buy_id == group_buy_id, SortPut.put_by_id.is_not(None))
        .group_by(SortPut.put_by_id).subquery("done")
    )  # fmt: skip
    held = (
        select(SortTask.worker_id, SortTask.worker, SortTask.zone, SortTask.state, SortTask.bay, SortTask.lease_until,
               Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"))
        .join(Sku, Sku.id == SortTask.sku_id)
        .where(SortTask.group_buy_id == group_buy_id, SortTask.state.in_(HELD), SortTask.lease_until > now)
        .ext(distinct_on(SortTask.worker_id)).order_by(SortTask.worker_id, SortTask.lease_until.desc()).subquery("held")
    )  # fmt: skip
    name = func.coalesce(held.c.worker, done.c.worker).label("worker")
    rows = session.execute(
        select(
            name, held.c.zone, held.c.state, func.coalesce(held.c.sku_name, "").label("sku_name"),
            func.coalesce(held.c.sku_name_en, "").label("sku_name_en"), func.coalesce(held.c.bay, 0).label("bay"),
            held.c.lease_until, func.coalesce(done.c.puts, 0).label("puts"),
            func.coalesce(done.c.pieces, 0).label("pieces"),
            (func.coalesce(done.c.recent, 0) * 4).label("puts_per_hour"),
        )
        .select_from(done.join(held, held.c.worker_id == done.c.worker_id, full=True)).order_by(name)
    )  # fmt: skip
    return tuple(SorterProgress(**row) for row in rows.mappings())


def short_cards(session: Session, group_buy_id: UUID) -> list[ShortCard]:
    """Pieces that sorters did not find and that nobody looks for again, the latest first."""
    rows = session.execute(
        select(
            SortPut.id.label("put_id"), Sheet.slot, POINT_TEXTS[1], Sku.code.label("sku_code"), *SKU_TEXTS[:2],
            Sheet.zone, _missing().label("qty"), SortPut.short_reason.label("reason"),
            func.coalesce(SortPut.put_by, "").label("put_by"), SortPut.put_at,
        )
        .join(Sheet, Sheet.id == SortPut.sheet_id).join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .join(Sku, Sku.id == SortPut.sku_id)
        .where(Sheet.group_buy_id == group_buy_id, _missing() > 0).order_by(SortPut.put_at.desc(), SortPut.id)
    )  # fmt: skip
    return [ShortCard(**row) for row in rows.mappings()]


def _missing() -> ColumnElement[int]:
    """Pieces of a put that were neither put nor are looked for again; 0 where nothing was short or it was taken out."""
    return case((SortPut.qty > 0, SortPut.qty - SortPut.moved_qty - SortPut.put_qty), else_=0)


def sorter_errors(session: Session, hub_id: UUID, since: datetime) -> list[SorterErrors]:
    """Pieces that leaders missed through sorting and pieces put since then, by sorter and zone, worst first."""
    put: dict[tuple[str, Zone], int] = {
        (row.sorter or "", row.zone): int(row.qty)
        for row in session.execute(
            select(SortPut.put_by.label("sorter"), SortTask.zone,
                   func.sum(func.abs(SortPut.put_qty)).label("qty"))
            .join(SortTask, SortTask.id == SortPut.task_id)
            .where(SortTask.hub_id == hub_id, SortPut.put_at >= since, SortPut.put_by_id.is_not(None))
            .group_by(SortPut.put_by, SortTask.zone)
        )
    }  # fmt: skip
    wrong: dict[tuple[str, Zone], int] = {
        (row.sorter, row.zone): int(row.qty)
        for row in session.execute(
            select(SortError.sorter, SortError.zone, func.sum(SortError.qty).label("qty"))
            .where(SortError.hub_id == hub_id, SortError.at >= since)
            .group_by(SortError.sorter, SortError.zone)
        )
    }
    cards = [
        SorterErrors(sorter=key[0], zone=key[1], error_qty=wrong.get(key, 0), put_qty=put.get(key, 0))
        for key in put.keys() | wrong.keys()
    ]
    return sorted(cards, key=lambda c: (-(c.per_thousand or 0), -c.error_qty, c.sorter, c.zone))
