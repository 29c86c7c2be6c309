"""The last station of a round: goods that nobody fetched, the leaders' facts and statements, and the end of it."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import PickupNotOver
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import GroupBuyCard
from app.domains.logistics.service import pickups
from app.domains.orders import queries as orders
from app.domains.orders.values import CutLine, CutReason
from app.domains.scoring.service import facts
from app.domains.settlement import queries
from app.domains.settlement.service import statements
from app.flows.delivery import book_delivery
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid

#: Pickups that one transaction gives up.
BATCH = 200
RULES = ("refund", "keep")


def settle_station(st: StationRun, options: dict[str, Any]) -> str:
    """Close a round after its pickup; a killed run continues where it was.

    Option `unclaimed`: "refund" (the default) takes what nobody fetched off the orders and pays it back at the final
    price; "keep" leaves it waiting for its residents at the pickup points. Option `early` closes before the pickup day
    is over on purpose. Raises PickupNotOver, Invalid for another word.
    """
    rule = options.get("unclaimed") or "refund"
    if rule not in RULES:
        raise Invalid(field="unclaimed", reason="must be refund or keep")
    card = st.read(groupbuys.get_group_buy, st.group_buy_id)
    if not options.get("early") and not st.run(is_pickup_over, card):
        raise PickupNotOver(pickup_on=card.pickup_on)
    if rule == "refund":
        _refund_unclaimed(st)
    made = st.run(close, st.group_buy_id, rule)
    left = st.read(queries.unclaimed_of_round, st.group_buy_id)
    return (
        f"{left.refunded_pieces} pieces unclaimed and refunded, {left.refunded_orders} orders given up, "
        f"{left.waiting_orders} orders kept waiting, {made} statements"
    )


def is_pickup_over(uow: UnitOfWork, card: GroupBuyCard) -> bool:
    """Whether the pickup day has ended by the hub's clock."""
    uow.require(Permission.SETTLEMENT_CLOSE)
    zone = ZoneInfo(communities.get_hub(uow.session, card.hub_id).timezone)
    return uow.now.astimezone(zone).date() > card.pickup_on


def _refund_unclaimed(st: StationRun) -> None:
    """Batch by batch until nothing waits; each batch is one transaction."""
    total = left = st.read(queries.unclaimed_of_round, st.group_buy_id).waiting_orders
    while left:
        st.run(refund_batch, st.group_buy_id)
        before, left = left, st.read(queries.unclaimed_of_round, st.group_buy_id).waiting_orders
        if left >= before:
            raise RuntimeError(f"{left} pickups of round {st.group_buy_id} cannot be closed")
        st.progress(total - left, total)


def refund_batch(uow: UnitOfWork, group_buy_id: UUID, limit: int = BATCH) -> int:
    """Give up to `limit` waiting orders up: no code opens them any more, their rest is cut and refunded, together.

    A hand-out at the same moment comes either before, and its pieces stay handed out, or is refused.
    Returns how many pieces were taken off. What was handed out already keeps its commission.
    """
    uow.require(Permission.SETTLEMENT_CLOSE)
    system = uow.as_system("settlement")
    rest = pickups.void_unclaimed(system, group_buy_id, limit)
    lines = orders.lines_by_id(uow.session, [line.order_line_id for line in rest])
    cut_and_refund(
        system,
        [
            CutLine(
                line_id=line.order_line_id,
                qty=line.qty,
                amount_cents=line.qty * lines[line.order_line_id].final_price_cents,
                reason=CutReason.UNCLAIMED,
                cause_id=line.pickup_id,
            )
            for line in rest
        ],
    )
    return sum(line.qty for line in rest)


def close(uow: UnitOfWork, group_buy_id: UUID, rule: str) -> int:
    """Book a round's tours, fix its facts and statements, mark it settled; repeating changes nothing.

    Returns the statements. That goods were kept waiting is noted, so that the audit knows why a settled round has open
    lines.
    """
    uow.require(Permission.SETTLEMENT_CLOSE)
    system = uow.as_system("settlement")
    group_buy = groupbuys.get_group_buy(uow.session, group_buy_id)
    book_delivery(system, group_buy)
    facts.rebuild_day(system, group_buy.hub_id, group_buy.pickup_on)
    statements.close_round(system, group_buy_id)
    left = queries.unclaimed_of_round(uow.session, group_buy_id)
    if rule == "keep" and left.waiting_orders:
        uow.audit("settlement.keep_unclaimed", group_buy_id, None, {"orders": left.waiting_orders})
    plans.settle(system, group_buy_id)
    return queries.statements_of_round(uow.session, group_buy_id)
