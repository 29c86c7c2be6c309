"""What bringing a round cost: a journal for each tour as it was driven."""

from app.domains.groupbuys.values import GroupBuyCard
from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.routes import PlanState
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def book_delivery(uow: UnitOfWork, card: GroupBuyCard) -> int:
    """Book the tours of a round as they were driven in the end, after breakdowns too; how many were new.

    Cost of delivery against what we owe the hub for it. A tour without cost has no journal. Safe to repeat.
    """
    uow.require(Permission.LEDGER_POST)
    plan = logistics.current_plan(uow.session, card.id)
    if plan is None or plan.state is not PlanState.DISPATCHED:
        return 0
    return journals.post_many(
        uow,
        [
            PostJournal(
                kind=JournalKind.DELIVERY_BOOKED, cause_id=tour.id, hub_id=card.hub_id, currency=card.currency,
                postings=(
                    Posting(LedgerAccount.DELIVERY_COST, tour.cost_cents, card.hub_id),
                    Posting(LedgerAccount.HUB_PAYABLE, -tour.cost_cents, card.hub_id),
                ),
            )
            for tour in plan.routes
            if tour.cost_cents
        ],
    )  # fmt: skip
