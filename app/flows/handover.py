"""Handover: one count, and everything that follows from it in the same transaction - refunds, charges, pickups."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import HandoversOpen
from app.domains.logistics.service import handovers, pickups
from app.domains.logistics.values.handover import CountLine, Difference, HandoverCard, HandoverCount
from app.domains.logistics.values.sorting import SharePolicy, ShareWish
from app.domains.orders import queries as orders
from app.domains.orders.service import lines as order_lines
from app.domains.orders.values import CutLine, CutReason, OpenLine
from app.flows.charges import Loss, charge_losses
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def count_handover(uow: UnitOfWork, handover_id: UUID, lines: Sequence[CountLine]) -> HandoverCard:
    """Take a leader's count of what the truck brought; `lines` names only what is short or damaged.

    Who paid last loses first; each lost piece is refunded at once, and whoever is at fault is charged the goods at
    cost - never the leader for what others did. Then the residents' orders are ready to be fetched.
    The same count again changes nothing. Raises NotFound, AlreadyCounted, CountAboveExpected.
    """
    uow.require(Permission.LOGISTICS_HAND_OVER)
    count = handovers.count(uow, handover_id, lines)
    if count.is_new:
        as_system = uow.as_system("handover")
        if count.differences:
            _refund(as_system, count)
            _charge(as_system, count)
        pickups.make_ready(as_system, count)
    return queries.get_handover(uow.session, handover_id)


def _refund(uow: UnitOfWork, count: HandoverCount) -> None:
    skus = [d.sku_id for d in count.differences]
    order_lines.hold_goods(uow, count.group_buy_id, skus, count.pickup_point_id)
    lines = orders.open_lines(uow.session, count.group_buy_id, sku_ids=skus, pickup_point_id=count.pickup_point_id)
    cuts = [cut for d in count.differences for cut in _cuts(d, [line for line in lines if line.sku_id == d.sku_id])]
    cut_and_refund(uow, cuts)


def _cuts(difference: Difference, lines: Sequence[OpenLine]) -> list[CutLine]:
    """Which lines lose how much of one SKU, divided into short and damaged; `lines` come in the order of payment."""
    wishes = [ShareWish(line_id=line.line_id, qty=line.effective_qty, rank=rank) for rank, line in enumerate(lines)]
    shares = rules.share_out(SharePolicy.FIRST_COME, wishes, difference.good_qty)
    lost = rules.split_loss([s.wanted_qty - s.given_qty for s in shares], difference.short_qty)
    return [
        CutLine(
            line_id=line.line_id,
            qty=qty,
            amount_cents=qty * line.final_price_cents,
            reason=reason,
            cause_id=difference.line_id,
        )
        for line, parts in zip(lines, lost, strict=True)
        for reason, qty in zip((CutReason.HANDOVER_SHORT, CutReason.HANDOVER_DAMAGED), parts, strict=True)
        if qty
    ]


def _charge(uow: UnitOfWork, count: HandoverCount) -> None:
    card = groupbuys.get_group_buy(uow.session, count.group_buy_id)
    losses = [Loss(cause_id=d.line_id, sku_id=d.sku_id, qty=d.lost_qty, fault=d.fault) for d in count.differences]
    charge_losses(uow, card.id, count.hub_id, card.currency, losses)


def handover_station(st: StationRun, options: dict[str, Any]) -> str:
    """Finish the handovers. Option `as_expected`: count every open one as complete; else open ones are a refusal."""
    waiting: list[UUID] = st.read(queries.open_handovers, st.group_buy_id)
    total = len(st.read(queries.handovers_of_round, st.group_buy_id))
    if waiting and not options.get("as_expected"):
        raise HandoversOpen(open=len(waiting), total=total)
    for done, handover_id in enumerate(waiting, total - len(waiting) + 1):
        st.run(count_handover, handover_id, ())
        if done % 20 == 0 or done == total:
            st.progress(done, total)
    return f"{total} handovers counted"
