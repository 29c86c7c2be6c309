"""Who bears lost goods, and how much: the one home of charges for what residents did not get or could not eat."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.logistics.values.handover import Fault
from app.domains.supply import queries as supply
from app.domains.supply.values import GoodsCost
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Pieces of one SKU that were lost; `cause_id` is the handover line or the claim that tells of it."""

    cause_id: UUID
    sku_id: UUID
    qty: int
    fault: Fault


def charge_losses(uow: UnitOfWork, group_buy_id: UUID, hub_id: UUID, currency: str, losses: Sequence[Loss]) -> None:
    """Book lost goods to whoever is at fault, at the cost that was agreed when they were ordered, never today's.

    A leader's fault is not charged; it shows in her scorecard. Carriers work for the hub. Goods that nobody ever
    ordered have no cost and charge nobody. Safe to repeat: a cause is booked once.
    """
    uow.require(Permission.LEDGER_POST)
    borne = [loss for loss in losses if loss.fault is not Fault.LEADER]
    costs = supply.goods_costs(uow.session, group_buy_id, hub_id, {loss.sku_id for loss in borne})
    wanted = [
        PostJournal(kind=kind, cause_id=loss.cause_id, hub_id=hub_id, currency=currency, postings=postings)
        for loss in borne
        for cost in (costs.get(loss.sku_id),)
        if cost and cost.cost_cents and loss.qty
        for kind, postings in (_booking(loss, cost, hub_id),)
    ]
    journals.post_many(uow, wanted)


def _booking(loss: Loss, cost: GoodsCost, hub_id: UUID) -> tuple[JournalKind, tuple[Posting, Posting]]:
    """The kind of journal and its two sides: who bears the loss, and goods that cost us nothing after all."""
    cents = cost.cost_cents * loss.qty
    goods = Posting(LedgerAccount.GOODS, -cents)
    if loss.fault is Fault.SUPPLIER:
        return JournalKind.SUPPLIER_CHARGED, (Posting(LedgerAccount.SUPPLIER_PAYABLE, cents, cost.supplier_id), goods)
    return JournalKind.HUB_CHARGED, (Posting(LedgerAccount.HUB_LOSS, cents, hub_id), goods)
