"""The cut-off: nobody orders any more, everybody who paid knows what she gets at which price, suppliers are asked.

Every step is a transaction or a row of batches, each harmless to repeat: a killed cut-off is simply started again.
What it decides depends only on paid pieces, which nothing changes between the closing and the frozen demand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys, rules as groupbuy_rules
from app.domains.groupbuys.service import plans
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import demand
from app.domains.orders import queries as orders
from app.domains.orders.service import cuts
from app.domains.orders.values import CutLine, CutReason, OpenLine, Wished
from app.domains.supply.values import Want
from app.flows import boxes, checkout
from app.flows.purchasing import Bought, buy_for_round
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: Orders or lines in one transaction: large enough that statements do not count, small enough that locks are short.
BATCH = 500
CUTS = 5_000
STEPS = 6


def cutoff_station(st: StationRun, options: dict[str, Any]) -> str:
    """Run the cut-off of one round; `early` True closes before its time on purpose.

    Returns what the board shows. Raises CutoffNotReached, SupplierMissing.
    """
    st.run(plans.close, st.group_buy_id, early=bool(options.get("early")))
    lapsed = _lapse_all(st)
    st.progress(2, STEPS, f"{lapsed} orders lapsed")
    withdrawn = packs = lowered = 0
    if not st.read(logistics.demand_cards, st.group_buy_id):
        decided: Decided = st.run(decide_offers, st.group_buy_id)
        withdrawn, lowered = len(decided.withdrawn), len(decided.prices)
        _refund_withdrawn(st, decided.withdrawn)
        st.progress(3, STEPS, f"{withdrawn} offers withdrawn")
        packs = boxes.fill_boxes(st)
        _grant_price_breaks(st, decided.prices)
        st.progress(4, STEPS, f"{lowered} prices lowered")
        st.run(freeze_demand, st.group_buy_id)
    pieces = sum(card.wanted_qty for card in st.read(logistics.demand_cards, st.group_buy_id))
    st.progress(5, STEPS, f"{pieces} pieces wanted")
    bought: Bought = st.run(buy, st.group_buy_id)
    return (
        f"{lapsed} orders lapsed, {withdrawn} offers withdrawn, {f'{packs} boxes filled, ' if packs else ''}"
        f"{lowered} prices lowered, "
        f"{pieces} pieces wanted, {_bought(bought)}"
    )


def _bought(bought: Bought) -> str:
    parts = [f"{bought.from_stock_qty} pieces from stock"] if bought.from_stock_qty else []
    parts.append(f"{len(bought.order_ids)} purchase orders")
    parts += [f"{bought.waiting} waiting for a decision"] if bought.waiting else []
    return ", ".join(parts)


# --- unpaid orders ------------------------------------------------------------------------------------------------


def _lapse_all(st: StationRun) -> int:
    """Lapse every unpaid order of the round; money that comes for one of them later is returned by checkout.

    Whether any is left is one look into an index: a batch costs the same however large the round is. Its own count
    would not tell, since an order that is paid while the batch waits for it makes the batch smaller.
    """
    lapsed = 0
    while st.read(orders.has_unpaid, st.group_buy_id):
        lapsed += st.run(lapse_batch, st.group_buy_id)
        st.progress(1, STEPS, f"{lapsed} orders lapsed")
    return lapsed


def lapse_batch(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Lapse up to a batch of unpaid orders of a closed round; returns how many."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    return checkout.lapse(uow.as_system("cutoff"), BATCH, group_buy_id)


# --- what becomes of the offers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decided:
    """Offers that are not delivered, and the prices below the base price that the group reached, by offer."""

    withdrawn: list[UUID]
    prices: dict[UUID, int]


def decide_offers(uow: UnitOfWork, group_buy_id: UUID) -> Decided:
    """Cancel, all at once, offers whose paid pieces do not reach their minimum or fill no box; price the others.

    An offer that was cancelled before counts as withdrawn, so an interrupted refund goes on where it stopped. The price
    goes by what is ordered for the group: where boxes are filled, neither what was only tolerated nor what goes back.
    One pass over the lines, and over those only of offers with a minimum, boxes or price breaks.
    """
    uow.require(Permission.GROUPBUYS_CLOSE)
    offers = groupbuys.offer_cards(uow.session, group_buy_id)
    asked = [o for o in offers if not o.is_cancelled and (o.min_group_qty or o.pack_size > 1 or o.breaks)]
    wished = orders.wished_by_offer(uow.session, group_buy_id, [o.id for o in asked])
    ordered = {o.id: boxes.order_qty(o, wished.get(o.id, Wished(0, 0))) for o in asked}
    small = [o.id for o in asked if ordered[o.id] == 0 and (o.min_group_qty or o.id in wished)]
    if small:
        plans.cancel_offers(uow.as_system("cutoff"), small)
    prices = {
        offer.id: price
        for offer in asked
        if offer.id not in small
        for price in (groupbuy_rules.price_at(offer.base_price_cents, offer.breaks, ordered[offer.id]),)
        if price < offer.base_price_cents
    }
    return Decided(small + [o.id for o in offers if o.is_cancelled], prices)


def _refund_withdrawn(st: StationRun, withdrawn: Sequence[UUID]) -> None:
    """Refund the lines of withdrawn offers in full."""
    lines: list[OpenLine] = st.read(orders.open_lines, st.group_buy_id, offer_ids=withdrawn) if withdrawn else []
    _cut_in_batches(
        st,
        [
            CutLine(
                line_id=line.line_id,
                qty=line.effective_qty,
                amount_cents=line.effective_qty * line.unit_price_cents,
                reason=CutReason.BELOW_MINIMUM,
                cause_id=st.group_buy_id,
            )
            for line in lines
        ],
    )


def _grant_price_breaks(st: StationRun, prices: dict[UUID, int]) -> None:
    """Give everybody the price that the group reached, refunding the difference."""
    st.run(settle_prices, prices)
    lines: list[OpenLine] = st.read(orders.open_lines, st.group_buy_id, offer_ids=list(prices)) if prices else []
    _cut_in_batches(
        st,
        [
            CutLine(line_id=line.line_id, qty=0, amount_cents=line.effective_qty * less, reason=CutReason.PRICE_BREAK,
                    cause_id=st.group_buy_id)
            for line in lines
            if (less := line.unit_price_cents - prices[line.offer_id]) > 0
        ],
    )  # fmt: skip


def settle_prices(uow: UnitOfWork, prices: dict[UUID, int]) -> None:
    """Write the final prices of offers on their paid lines; repeatable."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    cuts.set_final_prices(uow.as_system("cutoff"), prices)


def _cut_in_batches(st: StationRun, wanted: Sequence[CutLine]) -> None:
    for start in range(0, len(wanted), CUTS):
        st.run(cut_batch, wanted[start : start + CUTS])


def cut_batch(uow: UnitOfWork, wanted: Sequence[CutLine]) -> None:
    """Cut one batch of lines and intend their refunds."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    cut_and_refund(uow.as_system("cutoff"), wanted)


# --- demand and purchase orders -----------------------------------------------------------------------------------


def freeze_demand(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Add up what every pickup point wants of every SKU, once; returns the number of rows."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    return demand.aggregate(uow.as_system("cutoff"), group_buy_id)


def buy(uow: UnitOfWork, group_buy_id: UUID) -> Bought:
    """Take free stock and order the rest of the demand; what was ordered already stays. Raises SupplierMissing."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    group_buy = groupbuys.get_group_buy(uow.session, group_buy_id)
    wants = [Want(sku_id=d.sku_id, qty=d.wanted_qty) for d in logistics.demand_cards(uow.session, group_buy_id)]
    return buy_for_round(uow.as_system("cutoff"), group_buy.hub_id, group_buy.id, group_buy.pickup_on, wants)
