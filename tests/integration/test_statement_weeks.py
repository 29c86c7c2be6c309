"""Leaders' weeks: balances are the ledger's, every deduction has its line, reading one reads only its own."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.aftersales.values import ClaimFault, ClaimKind, DecideClaim, FileClaim
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.orders import queries as orders
from app.domains.payouts.service import details, payouts
from app.domains.payouts.values import AskPayout, Details, PayoutWay, Policy
from app.domains.settlement.service import commission
from app.domains.statements.errors import NotTheLedger
from app.domains.statements.queries import weeks as queries
from app.domains.statements.service import weeks
from app.domains.statements.values import LineKind
from app.flows.claims import decide_claim, file_claim
from app.infra.services import Services
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.worker.tasks import close_weeks
from tests.factories.aftersales import make_evidence
from tests.factories.kept import kept
from tests.factories.settlement import move_clock, pick_up, run_to, statements_of
from tests.factories.world import World, make_world

Call = Callable[..., Any]
WEEK = date(2026, 11, 16)
#: 200 other weeks of the leader, each with 100 lines.
OTHER_WEEKS = (
    """
    INSERT INTO statements_week (id, no, year, serial, leader_id, hub_id, currency, week_on, opening_cents,
                                 closing_cents, closed_at)
    SELECT gen_random_uuid(), no || '-' || n, 2000, n, leader_id, hub_id, currency, week_on - 7 * n, 0, 0, closed_at
    FROM statements_week, generate_series(1, 200) n WHERE id = :week
    """,
    """
    INSERT INTO statements_week_line (week_id, journal_id, journal_kind, cause_id, at, amount_cents)
    SELECT id, gen_random_uuid(), 'commission_changed', gen_random_uuid(), closed_at, 1
    FROM statements_week, generate_series(1, 100) WHERE id <> :week
    """,
    "ANALYZE statements_week_line",
)


def owed(world: World, leader: str = "L901") -> int:
    """What the ledger owes a leader."""
    accounts = (LedgerAccount.LEADER_FROZEN, LedgerAccount.LEADER_PAYABLE, LedgerAccount.LEADER_CASH)
    read = world.services.database.read
    found = [b for account in accounts for b in read(ledger.balances, account, world.leaders[leader])]
    return -sum(balance.amount_cents for balance in found)


@pytest.fixture
@kept
def world(services: Services) -> World:
    """L901 hands out orange 2 (398 of commission), rice 1 (210) and dumplings 2 (250) on Saturday."""
    made = make_world(services, residents=3)
    bought = made.buy(0, orange=2, rice=1), made.buy(2, dumplings=2)
    run_to(made, Station.DISPATCH)
    move_clock(made, hours=29)
    run_to(made, Station.HANDOVER)
    for order_id in bought:
        pick_up(made, order_id)
    return made


def claim(world: World, number: int, amount_cents: int, fault: ClaimFault) -> None:
    """A resident complains about one piece of her first line; HQ gives some money back."""
    services = world.services
    order = services.database.read(orders.orders_of_resident, world.residents[number], PageAsk(1)).rows[0]
    lines = services.database.read(orders.get_order, order.id).lines
    wish = FileClaim(order_line_id=lines[0].id, kind=ClaimKind.DAMAGED, qty=1, text="x", idempotency_key="c1")
    filed = services.database.transact(world.resident(number), file_claim, wish)
    if fault is ClaimFault.LEADER:
        make_evidence(world, filed.id)
    verdict = DecideClaim(claim_id=filed.id, approve=True, fault=fault, reason="bruised", amount_cents=amount_cents)
    services.database.transact(Actor.system("test"), decide_claim, verdict)


def test_a_week_leads_from_the_ledger_to_the_ledger(world: World, run: Call, read: Call) -> None:
    claim(world, 2, 1_000, ClaimFault.SUPPLIER)
    before = read(queries.running_week, world.leaders["L901"], world.services.database.clock.now())
    move_clock(world, days=3)
    close_weeks(world.services)
    close_weeks(world.services)  # repeating closes nothing
    card = read(queries.weeks, PageAsk(), world.leaders["L901"]).rows[0]
    sheet = read(queries.get_week, card.id)
    assert (card.no, card.week_on, card.opening_cents) == ("WS-LJ-T-2026-000001", WEEK, 0)
    assert card.closing_cents == owed(world) == sum(line.amount_cents for line in sheet.lines)
    assert sheet.lines == before.lines
    assert sheet.sums == before.sums
    assert sheet.sums[LineKind.EARNED] == 398 + 210 + 250
    assert sheet.net_sales_cents == 3_980 + 6_990 + 5_000  # the supplier's fault costs her nothing
    assert [line for line in sheet.lines if line.kind is LineKind.TAKEN_BACK] == []
    assert len(read(queries.weeks, PageAsk()).rows) == 1


def test_withdrawals_stand_with_their_fee_and_come_back(world: World, run: Call, read: Call) -> None:
    run(details.save_policy, world.hub_id, Policy(min_cents=200, fee_cents=50))
    leader = world.leader()
    database = world.services.database
    move_clock(world, days=3)
    run(commission.release_due)
    bank = Details(way=PayoutWay.BANK_FILE, holder="团长901", bank_name="中国银行", account_no="6216610000001234")
    database.transact(leader, details.save_own, world.hub_id, bank)
    available = -read(ledger.balances, LedgerAccount.LEADER_PAYABLE, leader.id)[0].amount_cents
    wish = AskPayout(amount_cents=300, shown_cents=available, idempotency_key="w1")
    card = database.transact(leader, payouts.ask, wish)
    sheet = read(queries.running_week, leader.id, database.clock.now())
    assert [(line.kind, line.amount_cents, line.payout_no) for line in sheet.lines if line.payout_no] == [
        (LineKind.PAID_OUT, -250, card.no),
        (LineKind.FEE, -50, card.no),
    ]
    assert sheet.closing_cents == owed(world)


def test_the_next_week_opens_where_the_last_one_closed(world: World, read: Call) -> None:
    move_clock(world, hours=40)  # Monday morning
    close_weeks(world.services)
    claim(world, 2, 1_000, ClaimFault.LEADER)
    move_clock(world, days=7)
    close_weeks(world.services)
    second, first = read(queries.weeks, PageAsk(), world.leaders["L901"]).rows
    assert (first.opening_cents, first.closing_cents) == (0, 398 + 210 + 250)
    assert (second.no, second.opening_cents) == ("WS-LJ-T-2026-000002", first.closing_cents)
    assert second.closing_cents == owed(world) < first.closing_cents


def test_a_week_whose_lines_do_not_add_up_is_not_closed(
    world: World, run: Call, read: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "balances_before", lambda *_: {(world.leaders["L901"], "CNY"): 1})
    move_clock(world, days=3)
    with pytest.raises(NotTheLedger):
        run(weeks.close_week, world.hub_id, WEEK)
    assert read(queries.weeks, PageAsk()).rows == []


def test_reading_a_week_reads_its_own_lines_only(world: World, read: Call) -> None:
    move_clock(world, days=3)
    close_weeks(world.services)
    card = read(queries.weeks, PageAsk(), world.leaders["L901"]).rows[0]
    with statements_of(world) as seen:
        sheet = read(queries.get_week, card.id)
    asked = [one for one in seen if one.startswith("SELECT")]
    assert len(sheet.lines) == 3
    assert len(asked) == 2
    assert not any("ledger_posting" in one or "ledger_journal" in one for one in asked)


def test_a_week_grows_only_with_its_own_lines(world: World, read: Call) -> None:
    """With 20,000 lines of other weeks beside it as few statements read its 3 lines, each in index and table."""
    move_clock(world, days=3)
    close_weeks(world.services)
    card = read(queries.weeks, PageAsk(), world.leaders["L901"]).rows[0]
    assert reading(world, card.id) == (2, 3)
    with world.services.database.engine.begin() as connection:
        for statement in OTHER_WEEKS:
            connection.execute(text(statement), {"week": card.id})
    statements, rows = reading(world, card.id)
    assert (statements, rows <= 2 * 3) == (2, True)


def test_the_week_under_way_reads_nothing_older(world: World, read: Call) -> None:
    """Its opening is the balance less what moved since Monday: no sum over all that ever was."""
    with statements_of(world) as seen:
        sheet = read(queries.running_week, world.leaders["L901"], world.services.database.clock.now())
    assert (sheet.opening_cents, sheet.closing_cents, len(sheet.lines)) == (0, owed(world), 3)
    assert [one for one in seen if "ledger_journal.at <" in one] == []


def reading(world: World, week_id: UUID) -> tuple[int, int]:
    """How many statements reading a week takes, and how many rows of lines they read."""
    rows = text(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
        " WHERE relname = 'statements_week_line'"
    )
    with world.services.database._sessions() as session:
        before = session.scalar(rows)  # what the connection read a moment ago is counted for a while
        with statements_of(world) as seen:
            queries.get_week(session, week_id)
        many = len([one for one in seen if one.startswith("SELECT")])
        return many, int(session.scalar(rows) - before)


def test_each_hub_numbers_its_weeks_without_a_gap(world: World, run: Call, read: Call) -> None:
    """A week of another hub takes no number of this one's series, and a new year begins anew."""
    move_clock(world, days=3)
    with world.services.database.engine.begin() as connection:
        connection.execute(text(
            "INSERT INTO statements_week (id, no, year, serial, leader_id, hub_id, currency, week_on, opening_cents,"
            " closing_cents, closed_at) SELECT gen_random_uuid(), 'WS-X-' || n, 2026, n, gen_random_uuid(),"
            " CAST(:other AS uuid), 'CNY', '2026-11-16', 0, 0, now() FROM generate_series(1, 5) n"
        ), {"other": str(new_id())})  # fmt: skip
    close_weeks(world.services)
    assert [card.no for card in read(queries.weeks, PageAsk(), None, world.hub_id).rows] == ["WS-LJ-T-2026-000001"]
    assert (read(queries.last_serial, world.hub_id, 2026), read(queries.last_serial, world.hub_id, 2027)) == (1, 0)
