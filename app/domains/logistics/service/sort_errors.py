"""Errors of sorting: what a leader misses through the hub's fault is told to whoever had put it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import RowMapping, and_, case, func, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.logistics.models import Handover, Sheet, SortError, SortPut
from app.domains.logistics.values.handover import CountLine, Fault
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def attribute(uow: UnitOfWork, handover: Handover, line_ids: Mapping[UUID, UUID], counted: Sequence[CountLine]) -> None:
    """Note the missing pieces that are the hub's fault, with the sorter who put the SKU for this point last.

    Pieces that sorting itself had declared short are no error of the sorter. Damage is not counted: it may have
    happened anywhere. `line_ids` gives the handover line of a SKU. Written once, in the count's own transaction.
    """
    uow.require(Permission.LOGISTICS_HAND_OVER)
    missing = {c.sku_id: c.short_qty for c in counted if c.fault is Fault.HUB and c.short_qty}
    if not missing:
        return
    known = _puts(uow, handover, list(missing))
    rows = []
    for sku_id, qty in missing.items():
        if sku_id not in known:
            continue
        put = known[sku_id]
        if qty > put["declared"]:
            rows.append(
                {"handover_line_id": line_ids[sku_id], "hub_id": handover.hub_id, "put_id": put["id"],
                 "sorter_id": put["put_by_id"], "sorter": (put["put_by"] or "") if put["put_by_id"] else "",
                 "zone": put["zone"], "qty": qty - int(put["declared"]), "at": uow.now}
            )  # fmt: skip
    if rows:
        uow.session.execute(insert(SortError).on_conflict_do_nothing(), rows)


def _puts(uow: UnitOfWork, handover: Handover, sku_ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    """By SKU: the last put for this point, and how many pieces sorting had declared short."""
    here = and_(
        Sheet.group_buy_id == handover.group_buy_id, Sheet.pickup_point_id == handover.pickup_point_id,
        SortPut.sku_id.in_(sku_ids), SortPut.put_at.is_not(None),
    )  # fmt: skip
    short = case((SortPut.qty > 0, SortPut.qty - SortPut.moved_qty - SortPut.put_qty), else_=0)
    rows = uow.session.execute(
        select(SortPut.id, SortPut.sku_id, SortPut.put_by_id, SortPut.put_by, Sheet.zone,
               func.sum(short).over(partition_by=SortPut.sku_id).label("declared"))
        .join(Sheet, Sheet.id == SortPut.sheet_id).where(here)
        .order_by(SortPut.sku_id, SortPut.put_at, SortPut.id)
    )  # fmt: skip
    return {row["sku_id"]: row for row in rows.mappings()}
