"""The sorters' night: shelves, tasks, puts, and errors that leaders found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.catalogue.values import Zone
from app.domains.logistics.values.tasks import ShortReason, TaskKind, TaskState
from app.infra.db import Base
from app.kernel.ids import new_id


class Shelf(Base):
    """Where a hub keeps a SKU, e.g. "A-03"; `walk` is the shelf with padded numbers, so that A-10 follows A-9."""

    __tablename__ = "logistics_shelf"
    hub_id: Mapped[UUID] = mapped_column(primary_key=True)
    sku_id: Mapped[UUID] = mapped_column(primary_key=True)
    shelf: Mapped[str]
    walk: Mapped[str]


class SortTask(Base):
    """One SKU for a run of neighbouring slots (a bay) of a round: what one sorter takes at a time."""

    __tablename__ = "logistics_sort_task"
    __table_args__ = (
        CheckConstraint("(state IN ('claimed', 'paused')) = (lease_until IS NOT NULL)", name="held_with_lease"),
        CheckConstraint("lease_until IS NULL OR worker_id IS NOT NULL", name="held_by_somebody"),
        Index("uq_logistics_sort_task_first", "group_buy_id", "sku_id", "bay", unique=True,
              postgresql_where=text("kind = 'put'")),
        Index("uq_logistics_sort_task_correction", "group_buy_id", "sku_id", "bay", unique=True,
              postgresql_where=text("kind = 'correction' AND state <> 'done'")),
        Index(None, "group_buy_id", "zone", "state"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    group_buy_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    zone: Mapped[Zone]
    sku_id: Mapped[UUID]
    bay: Mapped[int]
    kind: Mapped[TaskKind]
    state: Mapped[TaskState]
    #: Who holds it, or who did it.
    worker_id: Mapped[UUID | None]
    worker: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[datetime | None]
    #: Until then nobody else gets it; every put and a pause move it.
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class SortPut(Base):
    """Pieces of one SKU for one sheet: planned, and what was put. Negative pieces are taken out again."""

    __tablename__ = "logistics_sort_put"
    __table_args__ = (
        CheckConstraint("qty <> 0", name="not_zero"),
        CheckConstraint("(put_at IS NULL) = (put_qty IS NULL)", name="put_or_open"),
        CheckConstraint("put_qty BETWEEN least(qty, 0) AND greatest(qty, 0)", name="put_within"),
        CheckConstraint("(coalesce(put_qty, qty) <> qty) = (short_reason IS NOT NULL)", name="short_with_reason"),
        CheckConstraint("moved_qty = 0 OR moved_qty = qty - put_qty", name="moved_is_short"),
        Index("ix_logistics_sort_put_open", "sheet_id", postgresql_where=text("put_at IS NULL")),
        Index(None, "sheet_id", "sku_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sort_task.id"), index=True)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_sheet.id"))
    sku_id: Mapped[UUID]
    qty: Mapped[int]
    put_qty: Mapped[int | None]
    short_reason: Mapped[ShortReason | None]
    #: Short pieces that a later task looks for again, or that were given up and refunded.
    moved_qty: Mapped[int] = mapped_column(default=0)
    #: The crate that was scanned to confirm, or empty.
    crate_code: Mapped[str] = mapped_column(default="")
    put_at: Mapped[datetime | None]
    #: Empty where a whole sheet was ticked off instead of sorting by phone.
    put_by_id: Mapped[UUID | None]
    put_by: Mapped[str | None]


class SortError(Base):
    """Pieces that a leader missed because of the hub's sorting, told to whoever had put them."""

    __tablename__ = "logistics_sort_error"
    __table_args__ = (CheckConstraint("qty > 0", name="qty_positive"), Index(None, "hub_id", "at"))
    handover_line_id: Mapped[UUID] = mapped_column(ForeignKey("logistics_handover_line.id"), primary_key=True)
    hub_id: Mapped[UUID]
    put_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistics_sort_put.id"))
    sorter_id: Mapped[UUID | None]
    sorter: Mapped[str]
    zone: Mapped[Zone]
    qty: Mapped[int]
    at: Mapped[datetime]


class LeftUnweighed(Base):
    """HQ's word that lines of a round which nobody weighed keep the price at which they were ordered."""

    __tablename__ = "logistics_left_unweighed"
    group_buy_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Lines that were not weighed when it was said.
    lines: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]
