"""Recalling a lot: freeze it, give the money back, tell everybody whom it reached - together or step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from app.domains.logistics.errors import NothingToSort
from app.domains.logistics.queries import recalls as reached, sheet_totals
from app.domains.logistics.service import demand, pickups, recalls as stops, sorting
from app.domains.logistics.values.recall import RecalledLine
from app.domains.orders.service import lines as order_lines
from app.domains.orders.values import CutLine, CutReason
from app.domains.payments.values import RefundKind
from app.domains.settlement.service import commission, tax
from app.domains.supply.events import LotRecalled
from app.domains.supply.queries import lots
from app.domains.supply.service import recalls
from app.flows.refund import cut_and_refund
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: Lines that one round of statements cuts.
BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallLot:
    """Recall a lot. `also_possible` takes in lines of rounds that several lots served, where nobody knows which."""

    lot_id: UUID
    reason: str
    refund: bool = True
    notify: bool = True
    also_possible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallDone:
    """What a recall did: lines reached, lines refunded now, and cents that go back."""

    lines: int
    refunded_lines: int
    refunded_cents: int


def recall_lot(uow: UnitOfWork, wish: RecallLot) -> RecallDone:
    """Freeze a lot and, as wished, refund and notify at once. Raises NotFound, Invalid, RecallStands."""
    uow.require(Permission.SUPPLY_RECALL)
    recalls.freeze(uow, wish.lot_id, wish.reason)
    uow.session.flush()
    done = refund(uow, wish.lot_id, also_possible=wish.also_possible) if wish.refund else _nothing(uow, wish.lot_id)
    if wish.notify:
        notify(uow, wish.lot_id)
    return done


def _nothing(uow: UnitOfWork, lot_id: UUID) -> RecallDone:
    card = lots.get_recall_card(uow.session, lot_id)
    lines = reached.lines_of_lot(uow.session, lot_id, card.sku_id)
    return RecallDone(lines=len(lines), refunded_lines=0, refunded_cents=0)


def notify(uow: UnitOfWork, lot_id: UUID) -> None:
    """Tell every resident and leader whom a recalled lot reached or may have reached, once. Raises NotFound."""
    uow.require(Permission.SUPPLY_RECALL)
    card = lots.get_recall_card(uow.session, lot_id)
    if card.recall_id is not None:
        uow.emit(LotRecalled(card.recall_id, lot_id, card.sku_id))


def undo(uow: UnitOfWork, lot_id: UUID) -> None:
    """Let a frozen lot go again, while nobody was refunded. Raises NotFound, RecallFinal."""
    uow.require(Permission.SUPPLY_RECALL)
    recalls.unfreeze(uow, lot_id)


def refund(uow: UnitOfWork, lot_id: UUID, *, also_possible: bool = True) -> RecallDone:
    """Give the money back for every piece of a recalled lot, fetched or not; what is not fetched leaves the round.

    May be repeated: what was given back stays given back, what reached nobody yet is taken in. The leader's commission
    on pieces that were fetched stays hers: the fault is not. Raises NotFound for a lot that is not recalled.
    """
    uow.require(Permission.SUPPLY_RECALL)
    card = lots.get_recall_card(uow.session, lot_id)
    recall_id = recalls.mark_refunded(uow, lot_id)
    system = uow.as_system("recall")
    everything = reached.lines_of_lot(uow.session, lot_id, card.sku_id)
    stops.lock_pickups(system, {line.order_id for line in everything})
    order_lines.hold(system, {line.line_id for line in everything})
    lines = [
        line for line in reached.lines_of_lot(uow.session, lot_id, card.sku_id)
        if (line.is_certain or also_possible) and line.refundable_cents + _waiting(line) > 0
    ]  # fmt: skip
    waiting, fetched = _cuts(recall_id, lines)
    for start in range(0, len(waiting), BATCH):
        cut_and_refund(system, waiting[start : start + BATCH], RefundKind.BEFORE_PICKUP)
    for start in range(0, len(fetched), BATCH):
        some = fetched[start : start + BATCH]
        cut_and_refund(system, some, RefundKind.AFTER_PICKUP)
        line_ids = [cut.line_id for cut in some]
        commission.hold_lines(system, line_ids)
        tax.book_lines(system, some[0].cause_id, line_ids)
    stops.stop_lines(system, [cut.line_id for cut in waiting])
    _take_off_sheets(system, {line.group_buy_id for line in lines})
    cents = sum(cut.amount_cents for cut in (*waiting, *fetched))
    uow.audit("supply.recall_refund", lot_id, None, {"lines": len(lines), "amount_cents": cents, "lot": card.lot_code})
    return RecallDone(lines=len(everything), refunded_lines=len(lines), refunded_cents=cents)


def _waiting(line: RecalledLine) -> int:
    """Pieces that the resident has not fetched and that this recall has not taken yet."""
    return max(0, line.left_qty - line.picked_qty)


def _cuts(recall_id: UUID, lines: Sequence[RecalledLine]) -> tuple[list[CutLine], list[CutLine]]:
    """Pieces that nobody has fetched go with their money; for those fetched only the money comes back."""
    waiting, fetched = [], []
    for line in lines:
        rest = _waiting(line)
        cents = min(rest * line.final_price_cents, line.refundable_cents)
        if rest:
            waiting.append(
                CutLine(line_id=line.line_id, qty=rest, amount_cents=cents, reason=CutReason.RECALL, cause_id=recall_id)
            )
        if line.picked_qty and line.refundable_cents > cents:
            fetched.append(
                CutLine(
                    line_id=line.line_id, qty=0, amount_cents=line.refundable_cents - cents, reason=CutReason.RECALL,
                    cause_id=uuid5(recall_id, "fetched"),
                )
            )  # fmt: skip
    return waiting, fetched


def _take_off_sheets(uow: UnitOfWork, group_buy_ids: set[UUID]) -> None:
    """Rounds whose trucks are still here sort without the recalled pieces; sheets that were made are made anew."""
    for group_buy_id in sorted(group_buy_ids):
        if reached.is_dispatched(uow.session, group_buy_id):
            continue
        demand.lower_due(uow, group_buy_id)
        pickups.void_empty(uow, group_buy_id)
        if sheet_totals(uow.session, group_buy_id).sheets:
            try:
                sorting.make_sheets(uow, group_buy_id)
            except NothingToSort:
                continue
