"""Receiving: count what came, share out what is missing, and let what is due go to the sorting tables."""

from typing import Any
from uuid import UUID

from app.domains.logistics import queries as logistics
from app.domains.logistics.rules import share_out
from app.domains.logistics.service import demand, pickups
from app.domains.logistics.values.sorting import SharePolicy, ShareWish
from app.domains.orders import queries as orders
from app.domains.orders.values import CutLine, CutReason
from app.domains.supply import queries as supply
from app.domains.supply.errors import LinesUncounted
from app.domains.supply.service import receiving, stock
from app.domains.supply.values import PurchaseLineCard, ReceiveLine, SupplyOfSku, Want
from app.flows.purchasing import decide_due
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid


def count(uow: UnitOfWork, line: ReceiveLine) -> None:
    """Take in one count at the dock. Raises NotFound, LineCounted, OverDelivered, Invalid."""
    uow.require(Permission.SUPPLY_RECEIVE)
    receiving.count_line(uow, line)


def receive_station(st: StationRun, options: dict[str, Any]) -> str:
    """Close receiving: every line counted, shortages shared out and refunded, what is due booked out to sorting.

    Options: `as_ordered` True counts what is still expected as delivered in full; `policy` (a SharePolicy) says how a
    shortage is shared out. Returns what the board shows. Raises LinesUncounted naming orders and SKUs,
    Invalid for an unknown policy.
    """
    policy = _policy(options)
    decide_due(st.run, st.read, st.group_buy_id)
    if options.get("as_ordered"):
        st.run(receiving.count_as_ordered, st.group_buy_id)
    waiting: list[PurchaseLineCard] = st.read(supply.purchase_lines, group_buy_id=st.group_buy_id, uncounted=True)
    if waiting:
        raise LinesUncounted(lines=[f"{line.purchase_order_no} {line.sku_code}" for line in waiting])
    came: list[SupplyOfSku] = st.read(supply.supply_of_round, st.group_buy_id)
    short = [sku for sku in came if sku.received_qty < sku.wanted_qty]
    missing = 0
    for done, sku in enumerate(short):
        st.progress(done, len(short) + 1, f"{len(short)} SKUs short")
        missing += st.run(share_out_shortage, st.group_buy_id, sku.sku_id, policy)
    sorted_out = st.run(release_to_sorting, st.group_buy_id)
    return f"{len(came)} lines counted, {len(short)} SKUs short, {missing} pieces refunded, {sorted_out} pieces to sort"


def _policy(options: dict[str, Any]) -> SharePolicy:
    wanted = options.get("policy") or SharePolicy.FIRST_COME
    if wanted not in list(SharePolicy):
        raise Invalid(field="policy", reason="must be one of " + ", ".join(SharePolicy))
    return SharePolicy(wanted)


def share_out_shortage(uow: UnitOfWork, group_buy_id: UUID, sku_id: UUID, policy: SharePolicy) -> int:
    """Share out what came of one SKU among those who paid, first payer first in the queue; refund what is missing.

    Returns the pieces cut. One SKU is one transaction, so the shares are decided and applied together; afterwards
    the lines want no more than what came, and repeating cuts nothing.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.lock(f"shortages of {group_buy_id}")
    came = sum(s.received_qty for s in supply.supply_of_round(uow.session, group_buy_id) if s.sku_id == sku_id)
    lines = orders.open_lines(uow.session, group_buy_id, sku_ids=[sku_id])
    price = {line.line_id: line.final_price_cents for line in lines}
    wishes = [ShareWish(line_id=line.line_id, qty=line.effective_qty, rank=rank) for rank, line in enumerate(lines)]
    cuts = [
        CutLine(line_id=share.line_id, qty=less, amount_cents=less * price[share.line_id], reason=CutReason.SHORTAGE,
                cause_id=group_buy_id)
        for share in share_out(policy, wishes, came)
        if (less := share.wanted_qty - share.given_qty) > 0
    ]  # fmt: skip
    cut_and_refund(uow.as_system("receive"), cuts)
    return sum(cut.qty for cut in cuts)


def release_to_sorting(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Lower the demand to what the lines still have and book that much out of stock, once; the rest is surplus.

    Orders that lost everything have no pickup to wait for any more.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    if supply.is_sorted_out(uow.session, group_buy_id):
        return 0
    demand.lower_due(uow.as_system("receive"), group_buy_id)
    pickups.void_empty(uow.as_system("receive"), group_buy_id)
    due = [Want(sku_id=d.sku_id, qty=d.due_qty) for d in logistics.demand_cards(uow.session, group_buy_id)]
    return stock.book_sorted(uow, group_buy_id, due)
