"""A leader's money: weekly statements, withdrawals, and where they go."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.api.schemas.base import PageIn
from app.api.schemas.payouts import (
    AskPayoutIn,
    DetailsIn,
    DetailsOut,
    MoneyOut,
    PayoutDetailOut,
    PayoutOut,
    WeekOut,
    WeekSheetOut,
)
from app.api.wire import FOREIGN, KEYED, ApiBlueprint, page_ask
from app.domains.communities import queries as communities
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.payouts import queries
from app.domains.payouts.errors import AboveAvailable, BalanceChanged, BelowMinimum, DetailsMissing
from app.domains.payouts.service import details, payouts as room
from app.domains.payouts.values import AskPayout, Details, DetailsCard, PayeeKind, PayoutCard, PayoutFilter
from app.domains.statements.queries import weeks as statements
from app.domains.statements.values import WeekCard
from app.kernel.actors import Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page
from app.web.context import actor_id, read, transact

blueprint = ApiBlueprint("leader_money", "Leader", "/leader", roles={Role.LEADER})


@blueprint.get("/money")
@blueprint.gives(MoneyOut, refuses=FOREIGN)
def money() -> dict[str, Any]:
    """What may be withdrawn now, what not yet, and by which rules."""
    return read(_money, actor_id())


@blueprint.post("/money/details")
@blueprint.gives(DetailsOut, refuses=(*FOREIGN, Invalid))
@blueprint.takes(DetailsIn)
def save_details(asked: dict[str, Any]) -> DetailsCard:
    """Say where the money goes; changed details pause payouts for some days."""
    hub_id = read(communities.get_leader, actor_id()).hub_id
    return transact(details.save_own, hub_id, Details(**asked))


@blueprint.post("/payouts")
@blueprint.gives(PayoutOut, refuses=(
    *FOREIGN, *KEYED, Invalid, BelowMinimum, AboveAvailable, BalanceChanged, DetailsMissing,
))  # fmt: skip
@blueprint.keyed
@blueprint.takes(AskPayoutIn)
def ask_payout(asked: dict[str, Any], key: str) -> PayoutCard:
    """Withdraw from the available balance; it comes back if the withdrawal is rejected or fails."""
    return transact(room.ask, AskPayout(**asked, idempotency_key=key))


@blueprint.get("/payouts")
@blueprint.gives_page(PayoutOut)
@blueprint.asks(PageIn)
def payouts(asked: dict[str, Any]) -> Page[PayoutCard]:
    """The leader's withdrawals, newest first."""
    return read(queries.payouts, PayoutFilter(payee_id=actor_id()), page_ask(asked))


@blueprint.get("/payouts/<uuid:payout_id>")
@blueprint.gives(PayoutDetailOut, refuses=FOREIGN)
def payout(payout_id: UUID) -> dict[str, Any]:
    """One withdrawal with its steps."""
    card = read(queries.get_payout, payout_id)
    if card.payee_id != actor_id():
        raise NotFound("payout")
    return {**asdict(card), "net_cents": card.net_cents, "steps": read(queries.events_of, payout_id)}


@blueprint.get("/weeks")
@blueprint.gives_page(WeekOut)
@blueprint.asks(PageIn)
def weeks(asked: dict[str, Any]) -> Page[WeekCard]:
    """Closed weeks, newest first."""
    return read(statements.weeks, page_ask(asked), actor_id())


@blueprint.get("/weeks/<uuid:week_id>")
@blueprint.gives(WeekSheetOut, refuses=FOREIGN)
def week(week_id: UUID) -> dict[str, Any]:
    """One closed week, line by line."""
    sheet = read(statements.get_week, week_id)
    if sheet.leader_id != actor_id() or sheet.card is None:
        raise NotFound("statement")
    sums = [{"kind": kind, "amount_cents": cents} for kind, cents in sheet.sums.items()]
    return {
        "no": sheet.card.no, "week_on": sheet.week_on, "currency": sheet.currency, "sums": sums, "lines": sheet.lines,
        "opening_cents": sheet.opening_cents, "closing_cents": sheet.closing_cents,
        "net_sales_cents": sheet.net_sales_cents, "effective_bps": sheet.effective_bps,
    }  # fmt: skip


def _money(session: Any, leader_id: UUID) -> dict[str, Any]:
    card = communities.get_leader(session, leader_id)
    hub = communities.get_hub(session, card.hub_id)
    policy = queries.policy_of(session, hub.id)

    def held(account: LedgerAccount) -> int:
        return sum(b.amount_cents for b in ledger.balances(session, account, leader_id) if b.currency == hub.currency)

    return {
        "currency": hub.currency, "frozen_cents": -held(LedgerAccount.LEADER_FROZEN),
        "available_cents": queries.available_cents(session, PayeeKind.LEADER, leader_id, None, hub.currency),
        "transit_cents": -held(LedgerAccount.PAYOUT_TRANSIT), "cash_cents": held(LedgerAccount.LEADER_CASH),
        "min_cents": policy.min_cents, "fee_cents": policy.fee_cents,
        "details": queries.details_of(session, leader_id),
    }  # fmt: skip
