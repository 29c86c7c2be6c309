"""Pure decisions about purchase orders: minimums and what to do below them, answers, amendments, proposals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from app.domains.supply.values.purchasing import (
    AnswerLine,
    DraftLine,
    ExtraPacks,
    SheetLine,
    SupplierAnswer,
)
from app.kernel.errors import Invalid, NotFound

# --- below a minimum ----------------------------------------------------------------------------------------------


def goods_of(lines: Iterable[DraftLine]) -> int:
    """What an order's packs cost, in minor units."""
    return sum(line.goods_cents for line in lines)


def raised_lines(lines: Iterable[DraftLine]) -> list[DraftLine]:
    """Lines of which more packs are ordered than the wish asks for, because of their own minimum."""
    return [line for line in lines if line.packs > line.needed_packs]


def is_below(lines: Sequence[DraftLine], min_order_cents: int) -> bool:
    """Whether an order is below a minimum of its supplier: in value, or in packs of one of its lines."""
    return goods_of(lines) < min_order_cents or bool(raised_lines(lines))


def lines_to_drop(lines: Sequence[DraftLine], min_order_cents: int) -> list[DraftLine]:
    """Which lines go when an order below its minimum is dropped.

    Lines below their own minimum of packs go alone where the others still reach the order's value; else all go.
    """
    if goods_of(lines) >= min_order_cents:
        raised = {line.line_id for line in raised_lines(lines)}
        rest = [line for line in lines if line.line_id not in raised]
        if raised and rest and goods_of(rest) >= min_order_cents:
            return [line for line in lines if line.line_id in raised]
    return list(lines)


def top_up(lines: Sequence[DraftLine], min_order_cents: int) -> list[ExtraPacks]:
    """Packs to add so that an order reaches its supplier's minimum value; none where it does, or where nothing costs.

    The surplus follows the demand: each pack goes to the line whose pieces cover its wish the least, and the last one
    is the cheapest pack that closes the gap. Ties go to the lower SKU id. Steps are bounded by the order's own packs.
    """
    paying = sorted((line for line in lines if line.pack_cents and line.packs), key=lambda line: line.sku_id)
    gap = min_order_cents - goods_of(lines)
    if gap <= 0 or not paying:
        return []
    whole, gap = divmod(gap, goods_of(paying))
    extra = {line.line_id: whole * line.packs for line in paying}

    def cover(line: DraftLine) -> float:
        return (line.packs + extra[line.line_id]) * line.pack_size / (line.wanted_qty or 1)

    while gap > 0:
        closing = [line for line in paying if line.pack_cents >= gap]
        chosen = min(closing, key=lambda line: line.pack_cents) if closing else min(paying, key=cover)
        extra[chosen.line_id] += 1
        gap -= chosen.pack_cents
    return [
        ExtraPacks(
            line_id=line.line_id, sku_id=line.sku_id, packs=packs, qty=packs * line.pack_size,
            cents=packs * line.pack_cents,
        )
        for line in paying
        if (packs := extra[line.line_id])
    ]  # fmt: skip


def with_extra(lines: Iterable[DraftLine], extra: Iterable[ExtraPacks]) -> list[DraftLine]:
    """The lines with the packs of a top-up."""
    more = {one.line_id: one.packs for one in extra}
    return [replace(line, packs=line.packs + more.get(line.line_id, 0)) for line in lines]


# --- the supplier's answer ----------------------------------------------------------------------------------------


def checked_answer(ordered: Sequence[SheetLine], answered: Iterable[AnswerLine]) -> dict[UUID, AnswerLine]:
    """A supplier's answer for every line; lines that were not named come as ordered.

    Packs go only down: nobody asked for more, so more could not be paid. A line that loses all its packs needs a
    reason. Raises NotFound for a line of another order, Invalid.
    """
    packs = {line.line_id: line.packs for line in ordered}
    given = {line.line_id: AnswerLine(line_id=line.line_id, packs=line.packs) for line in ordered}
    for one in answered:
        if one.line_id not in packs:
            raise NotFound("purchase_line")
        if not 0 <= one.packs <= packs[one.line_id]:
            raise Invalid(field="packs", reason="must lie between 0 and the packs that were ordered")
        if one.packs == 0 and packs[one.line_id] and not one.reason.strip():
            raise Invalid(field="reason", reason="say why nothing of this line will come")
        given[one.line_id] = replace(one, reason=one.reason.strip())
    return given


def kind_of_answer(ordered: Sequence[SheetLine], answer: Mapping[UUID, AnswerLine]) -> SupplierAnswer:
    """What an answer amounts to."""
    if all(answer[line.line_id].packs == line.packs for line in ordered):
        return SupplierAnswer.FULL
    return SupplierAnswer.CHANGED if any(one.packs for one in answer.values()) else SupplierAnswer.REJECTED


def link_ends_at(deliver_on: date) -> datetime:
    """When a supplier's link stops to open: two days after the delivery, at midnight UTC."""
    return datetime.combine(deliver_on + timedelta(days=3), time(), UTC)


# --- amendments ---------------------------------------------------------------------------------------------------


def checked_amendment(lines: Sequence[DraftLine], packs: Mapping[UUID, int]) -> dict[UUID, int]:
    """The new packs of the lines that an amendment really changes, by line id.

    Raises NotFound for a line of another order, Invalid when packs rise or nothing changes: more is a new order.
    """
    old = {line.line_id: line.packs for line in lines}
    for line_id, wished in packs.items():
        if line_id not in old:
            raise NotFound("purchase_line")
        if not 0 <= wished <= old[line_id]:
            raise Invalid(field="packs", reason="a sent order can only be made smaller")
    changed = {line_id: wished for line_id, wished in packs.items() if wished != old[line_id]}
    if not changed:
        raise Invalid(field="packs", reason="nothing was changed")
    return changed


# --- pre-buy ------------------------------------------------------------------------------------------------------


def proposed_packs(needed_qty: int, pack_size: int, min_packs: int) -> int:
    """Whole packs that cover what is still needed: none when nothing is, else never fewer than the line's minimum."""
    return max(-(-needed_qty // pack_size), min_packs) if needed_qty > 0 else 0
