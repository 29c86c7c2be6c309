"""Receiving: count what came, share out what is missing, and let what is due go to the sorting tables."""

from typing import Any
from uuid import UUID

import numpy as np

from app.domains.catalogue import queries as catalogue
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import TooMuchSet
from app.domains.logistics.queries import shortages
from app.domains.logistics.rules import allocation
from app.domains.logistics.service import demand, pickups
from app.domains.logistics.values.shortage import Protect, ShortLines
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.orders.values import CutLine, CutReason
from app.domains.supply import queries as supply
from app.domains.supply.service import receiving, stock
from app.domains.supply.values import ReceiveLine, Want
from app.flows.purchasing import decide_due
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id

#: Lines that one round of statements cuts; what the database is sent at once stays small, the transaction is one.
BATCH = 5_000


def count(uow: UnitOfWork, line: ReceiveLine) -> UUID:
    """Take in one count at the dock; its receipt's id. Raises NotFound, LineCounted, OverDelivered, Invalid."""
    uow.require(Permission.SUPPLY_RECEIVE)
    return receiving.count_line(uow, line)


def receive_station(st: StationRun, options: dict[str, Any]) -> str:
    """Close receiving: every line counted, shortages shared out and refunded, what is due booked out to sorting.

    Options: `as_ordered` True counts what is still expected as delivered in full; `policy` (a SharePolicy) says how a
    shortage is shared out and `protect` (a Protect) whose lines it spares. Returns what the board shows.
    Raises LinesUncounted naming orders and SKUs, TooMuchSet, Invalid for an unknown policy.
    """
    policy, protect = _policy(options), _protect(options)
    decide_due(st.run, st.read, st.group_buy_id)
    if options.get("as_ordered"):
        st.run(receiving.count_as_ordered, st.group_buy_id)
    st.run(receiving.hold_counted, st.group_buy_id)
    lines = len(st.read(supply.supply_of_round, st.group_buy_id))
    st.progress(0, 2, f"{lines} lines counted")
    short, missing = st.run(share_out_shortages, st.group_buy_id, policy, protect)
    st.progress(1, 2, f"{short} SKUs short")
    sorted_out = st.run(release_to_sorting, st.group_buy_id)
    return f"{lines} lines counted, {short} SKUs short, {missing} pieces refunded, {sorted_out} pieces to sort"


def _policy(options: dict[str, Any]) -> SharePolicy:
    wanted = options.get("policy") or SharePolicy.FIRST_COME
    if wanted not in list(SharePolicy):
        raise Invalid(field="policy", reason="must be one of " + ", ".join(SharePolicy))
    return SharePolicy(wanted)


def _protect(options: dict[str, Any]) -> Protect:
    wanted = options.get("protect") or Protect.NOBODY
    if wanted not in list(Protect):
        raise Invalid(field="protect", reason="must be one of " + ", ".join(Protect))
    return Protect(wanted)


def share_out_shortages(
    uow: UnitOfWork, group_buy_id: UUID, policy: SharePolicy, protect: Protect = Protect.NOBODY
) -> tuple[int, int]:
    """Share out what came of every short SKU among those who paid; refund what is missing, and tell who misses it.

    All SKUs are one transaction: what was previewed is what is applied. Quantities set by hand stay as they are.
    Returns (short SKUs, pieces cut). Afterwards the lines want no more than what came, and repeating cuts nothing; once
    the goods are on the tables nothing is short any more. Raises LinesUncounted, TooMuchSet naming SKUs.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.lock(f"shortages of {group_buy_id}")
    if supply.is_sorted_out(uow.session, group_buy_id):
        return 0, 0
    receiving.hold_counted(uow, group_buy_id)
    found = shortages.short_lines(uow.session, group_buy_id, protect)
    if not found.sku_ids:
        return 0, 0
    _refuse_overset(uow, found)
    given = allocation.allocate(policy, found.claims)
    cuts = _cuts(found, given)
    for start in range(0, len(cuts), BATCH):
        cut_and_refund(uow.as_system("receive"), cuts[start : start + BATCH])
    missing = sum(cut.qty for cut in cuts)
    after = {"policy": policy.value, "protect": protect.value, "skus": len(found.sku_ids), "pieces": missing}
    uow.audit("logistics.share_out", group_buy_id, None, after)
    return len(found.sku_ids), missing


def _refuse_overset(uow: UnitOfWork, found: ShortLines) -> None:
    """Raise TooMuchSet naming the SKUs of which more is set by hand than came."""
    too_much = [found.sku_ids[n] for n in np.flatnonzero(allocation.overset(found.claims))]
    if too_much:
        cards = catalogue.sku_cards(uow.session, too_much)
        raise TooMuchSet(skus=sorted(card.code for card in cards.values()))


def _cuts(found: ShortLines, given: allocation.Whole) -> list[CutLine]:
    """What every line loses. The cause is this very allocation: a line may be short again by a later one."""
    less = found.claims.qty - given
    cause_id = new_id()
    return [
        CutLine(
            line_id=found.line_ids[n], qty=int(less[n]), amount_cents=int(less[n] * found.price_cents[n]),
            reason=CutReason.SHORTAGE, cause_id=cause_id,
        )
        for n in np.flatnonzero(less)
    ]  # fmt: skip


def release_to_sorting(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Lower the demand to what the lines still have and book that much out of stock, once; the rest is surplus.

    Orders that lost everything have no pickup to wait for any more.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    if supply.is_sorted_out(uow.session, group_buy_id):
        return 0
    receiving.hold_counted(uow, group_buy_id)
    demand.lower_due(uow.as_system("receive"), group_buy_id)
    pickups.void_empty(uow.as_system("receive"), group_buy_id)
    due = [Want(sku_id=d.sku_id, qty=d.due_qty) for d in logistics.demand_cards(uow.session, group_buy_id)]
    return stock.book_sorted(uow, group_buy_id, due)
