"""Station sort: sheets and crates from the demand; receiving has released the goods to the sorting tables before.

What sorters do not find is looked for again or given up: then it is refunded at once, not only at the handover.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import NothingToSort
from app.domains.logistics.service import demand, pickups, scales, sorting, tasks
from app.domains.logistics.values.handover import Fault
from app.domains.logistics.values.sorting import SharePolicy, ShareWish, SheetsMade
from app.domains.logistics.values.tasks import GivenUp
from app.domains.orders import queries as orders
from app.domains.orders.service import lines as order_lines
from app.domains.orders.values import CutLine, CutReason, OpenLine
from app.flows.charges import Loss, charge_losses
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def sort_station(st: StationRun, options: dict[str, Any]) -> str:
    """Make sheets and crates. Option `finish`: mark every sheet as sorted, where nobody ticks them off one by one.

    What sorters had reported as short is refunded then.
    Lines sold by weight that nobody weighed are a refusal then; option `unweighed`: they keep their price as ordered.
    A round in which nothing is due has no sheets, and goes on to its end.
    """
    with suppress(NothingToSort):
        made: SheetsMade = st.run(sorting.make_sheets, st.group_buy_id)
        st.progress(0, made.sheets, f"{made.sheets} sheets, {made.crates} crates")
    if options.get("unweighed"):
        st.run(scales.leave_unweighed, st.group_buy_id)
    if options.get("finish"):
        st.run(sorting.finish_all, st.group_buy_id)
        st.run(give_up_short, st.group_buy_id)
    totals = st.read(queries.sheet_totals, st.group_buy_id)
    st.progress(totals.sheets - totals.waiting, totals.sheets)
    waiting = f", {totals.waiting} to be sorted" if totals.waiting else ""
    return f"{totals.sheets} sheets, {totals.crates} crates, {totals.pieces} pieces{waiting}"


def give_up_short(uow: UnitOfWork, group_buy_id: UUID, put_ids: Collection[UUID] | None = None) -> int:
    """Give up pieces that sorters did not find, all of a round or those of these puts, and refund them at once.

    Who paid last loses first, the hub bears the cost. The pieces leave the demand and the sheets, so that nobody
    expects them at the handover and nothing is refunded twice; a second call finds nothing. Returns the pieces.
    Raises AlreadyDispatched once the trucks have left: from then on the leader's count decides.
    """
    uow.require(Permission.LOGISTICS_SORT)
    known = [card.put_id for card in queries.short_cards(uow.session, group_buy_id)]
    wanted = known if put_ids is None else [put_id for put_id in known if put_id in put_ids]
    given_up = tasks.give_up(uow, group_buy_id, wanted) if wanted else []
    if not given_up:
        return 0
    system = uow.as_system("sorting")
    skus = list({one.sku_id for one in given_up})
    order_lines.hold_goods(system, group_buy_id, skus)
    lines = orders.open_lines(uow.session, group_buy_id, sku_ids=skus)
    cut_and_refund(system, _cuts(given_up, lines))
    card = groupbuys.get_group_buy(uow.session, group_buy_id)
    losses = [Loss(cause_id=one.put_id, sku_id=one.sku_id, qty=one.qty, fault=Fault.HUB) for one in given_up]
    charge_losses(system, group_buy_id, card.hub_id, card.currency, losses)
    demand.lower_due(system, group_buy_id)
    pickups.void_empty(system, group_buy_id)
    with suppress(NothingToSort):
        sorting.make_sheets(uow, group_buy_id)
    return sum(one.qty for one in given_up)


def _cuts(given_up: Sequence[GivenUp], lines: Sequence[OpenLine]) -> list[CutLine]:
    """Which lines of the point lose how many pieces by each put; `lines` come in the order of payment."""
    left = {line.line_id: line.effective_qty for line in lines}
    cuts = []
    for one in given_up:
        here = [ln for ln in lines if (ln.pickup_point_id, ln.sku_id) == (one.pickup_point_id, one.sku_id)]
        wishes = [ShareWish(line_id=ln.line_id, qty=left[ln.line_id], rank=rank) for rank, ln in enumerate(here)]
        good = max(0, sum(wish.qty for wish in wishes) - one.qty)
        for line, share in zip(here, rules.share_out(SharePolicy.FIRST_COME, wishes, good), strict=True):
            qty = share.wanted_qty - share.given_qty
            left[line.line_id] -= qty
            if qty:
                cuts.append(
                    CutLine(line_id=line.line_id, qty=qty, amount_cents=qty * line.final_price_cents,
                            reason=CutReason.SORT_SHORT, cause_id=one.put_id)
                )  # fmt: skip
    return cuts
