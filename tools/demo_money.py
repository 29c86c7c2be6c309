"""The money of the made-up weeks, told as the night would have told it: the provider's days, leaders' weeks, payouts.

The payment double books by the real clock while the weeks were lived by a moved one; so what it booked is dated back to
the moments at which the payments and refunds were made, before the days are compared.
"""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.service.products import set_taxes
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.ledger import queries as ledger
from app.domains.payouts import queries
from app.domains.payouts.service import batches, details, payouts
from app.domains.payouts.values import AskPayout, Details, PayeeKind, PayoutCard, PayoutFilter, PayoutWay
from app.domains.receipts.service import papers, sellers
from app.domains.receipts.values import Buyer, Seller
from app.domains.scoring.values import Tier
from app.domains.settlement.service import rates
from app.domains.settlement.values.rates import AnnounceRates, RateRule
from app.domains.statements.rules import monday_of
from app.domains.statements.service import weeks
from app.flows import books, reconciliation
from app.flows.payouts import take_answer
from app.infra.services import Services
from app.infra.uow import Run
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from app.worker.tasks import release_commission, run_due

#: When every payment and refund was made, by the provider's name of it.
_MADE = """
    SELECT provider_ref, settled_at FROM payments_payment WHERE provider_ref LIKE 'pi_%' AND settled_at IS NOT NULL
    UNION ALL
    SELECT provider_ref, settled_at FROM payments_refund WHERE provider_ref LIKE 're_%' AND settled_at IS NOT NULL
"""
#: Leaders of a hub who have most to withdraw, and residents with a receipt: complaints first, for their credit notes.
_LEADERS = """
    SELECT p.owner_id FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
    WHERE p.account = 'leader_payable' AND j.hub_id = :hub GROUP BY 1 ORDER BY sum(p.amount_cents), 1 LIMIT :most
"""
_ORDERS = """
    SELECT o.id, o.resident_id FROM orders_order o
    WHERE o.hub_id = :hub AND o.status = 'paid' AND o.refunded_cents < o.total_cents
    ORDER BY EXISTS (SELECT FROM orders_line_cut c WHERE c.order_id = o.id AND c.reason = 'claim') DESC, o.no DESC
    LIMIT :most
"""
LEADERS, ORDERS = 3, 4
#: Who sells, and the tax on what farms bring; everything else has the full rate.
SELLER = Seller(name="临江邻里商贸有限公司（演示）", tax_no="91350200MA0DEMO00X", address="临江市东渡区鹭洲大道1号")
FARM, FARM_BPS, FULL_BPS = frozenset({"fruit", "vegetable", "egg_dairy", "meat", "seafood", "grain_oil"}), 900, 1_300


def date_back(state: Path, url: str) -> int:
    """Give the double's bookings the moments of what they belong to; how many. The double must not run."""
    with psycopg.connect(url) as house:
        made = {ref: int(at.timestamp()) for ref, at in house.execute(_MADE).fetchall()}
    base = sqlite3.connect(state)
    try:
        rows = [(seq, json.loads(body)) for seq, body in base.execute("SELECT seq, body FROM objects")]
        intents = {body["id"]: body.get("payment_intent") for _, body in rows if body["object"] == "charge"}
        written = []
        for seq, body in rows:
            if body["object"] == "balance_transaction":
                at = made.get(intents.get(body["source"]) or body["source"])
                if at is not None:
                    told = json.dumps(body | {"created": at, "available_on": at}, ensure_ascii=False)
                    written.append((told.encode(), seq))
        with base:
            base.executemany("UPDATE objects SET body = ? WHERE seq = ?", written)
    finally:
        base.close()
    return len(written)


def tell(services: Services) -> None:
    """Compare the days, close the weeks, free commission, pay some leaders, make out receipts, announce rates."""
    database, now = services.database, services.database.clock.now()
    finance = _finance(services)
    run: Run = partial(database.transact, finance)
    system: Run = partial(database.transact, Actor.system("demo"))
    hubs = database.read(communities.hubs)
    first = min(at for hub in hubs if (at := database.read(ledger.first_journal_at, hub.id)))
    day = first.astimezone(UTC).date()
    while day < now.astimezone(UTC).date():
        reconciliation.reconcile(system, services.provider, day)
        day += timedelta(days=1)
    release_commission(services)
    for hub in hubs:
        week_on = monday_of(first.date())
        while week_on + timedelta(days=8) < now.date():
            system(weeks.close_week, hub.id, week_on)
            week_on += timedelta(days=7)
        _pay_leaders(services, run, hub)
        run(sellers.save, hub.id, SELLER)
        for order_id, resident_id in _rows(services, _ORDERS, hub=hub.id, most=ORDERS):
            database.transact(Actor("demo", Role.RESIDENT, resident_id), papers.issue_own, order_id, Buyer())
    shelves = database.read(catalogue.categories)
    run(set_taxes, {one.id: FARM_BPS if one.code in FARM else FULL_BPS for one in shelves})
    run(rates.announce, _rates(now))
    run_due(services)
    books.take_checkpoint(system, database.read)


def _pay_leaders(services: Services, run: Run, hub: Hub) -> None:
    """All but the last of some leaders are paid through a file for the bank; the last one waits to be approved."""
    asked = [_ask(services, hub, row[0]) for row in _rows(services, _LEADERS, hub=hub.id, most=LEADERS)]
    paid = [card for card in asked[:-1] if card]
    if not paid:
        return
    for card in paid:
        run(payouts.approve, card.id)
    run_due(services)
    batch = run(batches.make, hub.id)
    found = services.database.read(queries.payouts, PayoutFilter(batch_id=batch.id), PageAsk(100)).rows
    lines = "".join(f"{card.no},成功,{batch.no}-{n}\n" for n, card in enumerate(found, start=1))
    take_answer(run, batch.id, "answer.csv", f"付款编号,结果,银行流水号\n{lines}".encode())
    run_due(services)


def _ask(services: Services, hub: Hub, leader_id: UUID) -> PayoutCard | None:
    """A leader says where her money goes, and asks for most of what is available."""
    database = services.database
    leader = database.read(communities.get_leader, leader_id)
    available = database.read(queries.available_cents, PayeeKind.LEADER, leader_id, None, hub.currency)
    amount = available * 4 // 5 // 100 * 100
    if amount < database.read(queries.policy_of, hub.id).min_cents:
        return None
    actor = Actor(leader.name, Role.LEADER, leader_id)
    account_no = f"6217{leader_id.int % 10**15:015}"
    where = Details(way=PayoutWay.BANK_FILE, holder=leader.name, bank_name="临江农商银行", account_no=account_no)
    database.transact(actor, details.save_own, hub.id, where)
    wish = AskPayout(amount_cents=amount, shown_cents=available, idempotency_key=f"demo {leader_id}")
    card: PayoutCard = database.transact(actor, payouts.ask, wish)
    return card


def _rates(now: datetime) -> AnnounceRates:
    """6 % for all, a point more for gold and less for leaders on warning, at least 0.10 for what is handed out."""
    rules = tuple(
        RateRule(category_id=None, tier=tier, leader_kind=None, rate_bps=bps)
        for tier, bps in ((None, 600), (Tier.GOLD, 700), (Tier.WARNING, 500))
    )
    return AnnounceRates(valid_from=now + timedelta(days=9), min_line_cents=10, note="下月起按等级计佣", rules=rules)


def _finance(services: Services) -> Actor:
    id_, name = _rows(services, "SELECT id, name FROM accounts_account WHERE role = :role", role=Role.HQ_FINANCE.value)[
        0
    ]
    return Actor(name, Role.HQ_FINANCE, id_)


def _rows(services: Services, statement: str, **asked: Any) -> list[Any]:
    def ask(session: Session) -> list[Any]:
        return list(session.execute(text(statement), asked))

    found: list[Any] = services.database.read(ask)
    return found
