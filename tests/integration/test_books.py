"""Checkpoints of balances, closed months, corrections."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.domains.ledger import queries
from app.domains.ledger.errors import AlreadyReversed, FollowsRow, MonthBeforeOpen, MonthNotOver
from app.domains.ledger.service import checkpoints, journals, reversals
from app.domains.ledger.values import JournalFilter, JournalKind, LedgerAccount, PeriodSumCard, Posting, ReverseJournal
from app.flows import books
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.conftest import START
from tests.factories.communities import make_city
from tests.factories.ledger import HUB, make_compared, make_journal

Call = Callable[..., Any]
A, K = LedgerAccount, JournalKind


def sums(read: Call, *args: Any) -> dict[tuple[str, Any], int]:
    return {(row.account.value, row.owner_id): row.amount_cents for row in read(queries.balances, *args)}


def marks(read: Call) -> int:
    upto: int = read(queries.checkpoint)
    return upto


def test_reading_is_the_same_before_and_after_a_checkpoint(run: Call, read: Call) -> None:
    leader, other = new_id(), new_id()
    wish = make_journal(700, K.COMMISSION_CHANGED)
    earned = replace(wish, postings=(Posting(A.COMMISSION, 700, leader), Posting(A.LEADER_PAYABLE, -700, leader)))
    run(journals.post_many, [earned, make_journal(40), replace(make_journal(5), hub_id=other)])
    before = sums(read)
    assert books.take_checkpoint(run, read) == 6
    assert sums(read) == before
    assert sums(read, A.LEADER_PAYABLE, leader) == {("leader_payable", leader): -700}
    run(journals.post_many, [replace(earned, cause_id=new_id()), make_journal(2)])
    assert sums(read, A.LEADER_PAYABLE, leader) == {("leader_payable", leader): -1_400}
    assert sums(read, A.PROVIDER_CLEARING, None, other) == {("provider_clearing", HUB): 5}
    assert (books.take_checkpoint(run, read), books.take_checkpoint(run, read)) == (4, 0)
    assert sums(read, A.LEADER_PAYABLE, leader) == {("leader_payable", leader): -1_400}
    assert run(checkpoints.rebuild) == 0


def test_a_posting_that_commits_late_is_not_lost(run: Call, read: Call, database: Database) -> None:
    """The older posting is still invisible when the newer one is seen: no mark is set above it until it has ended."""
    with database.engine.connect() as late:
        late.execute(
            text("INSERT INTO ledger_journal (id, kind, cause_id, hub_id, currency, at) VALUES"
                 " ('00000000-0000-0000-0000-00000000000a', 'provider_fee', gen_random_uuid(), :hub, 'CNY', now())"),
            {"hub": HUB},
        )  # fmt: skip
        late.execute(
            text("INSERT INTO ledger_posting (journal_id, account, amount_cents) VALUES"
                 " ('00000000-0000-0000-0000-00000000000a', 'fees', 9),"
                 " ('00000000-0000-0000-0000-00000000000a', 'provider_clearing', -9)")
        )  # fmt: skip
        run(journals.post, make_journal(100))
        assert books.take_checkpoint(run, read, looks=2, pause_s=0.01) is None
        assert marks(read) == 0
        late.commit()
    assert books.take_checkpoint(run, read) == 4
    run(journals.post, make_journal(1))
    assert sums(read, A.FEES) == {("fees", None): 9}
    assert sums(read, A.DEFERRED_SALES) == {("deferred_sales", HUB): -101}
    assert run(checkpoints.rebuild) == 0


def test_rebuilding_puts_right_what_is_wrong(run: Call, read: Call, database: Database) -> None:
    run(journals.post, make_journal(300))
    books.take_checkpoint(run, read)
    right = sums(read)
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE ledger_balance SET amount_cents = amount_cents + 7 WHERE account = 'deferred_sales'")
        )
        connection.execute(text("DELETE FROM ledger_balance WHERE account = 'provider_clearing'"))
        connection.execute(
            text("INSERT INTO ledger_balance (account, owner_id, hub_id, currency, amount_cents)"
                 " VALUES ('sales', NULL, :hub, 'CNY', -1)"), {"hub": HUB},
        )  # fmt: skip
    assert run(checkpoints.rebuild) == 3
    assert {key: cents for key, cents in sums(read).items() if cents} == right
    assert run(checkpoints.rebuild) == 0


@pytest.fixture
def as_finance(database: Database) -> Call:
    actor = Actor("Fang", Role.HQ_FINANCE)
    return lambda use_case, *args: database.transact(actor, use_case, *args)


@pytest.fixture
def as_service(database: Database) -> Call:
    actor = Actor("Sun", Role.HQ_SERVICE)
    return lambda use_case, *args: database.transact(actor, use_case, *args)


@pytest.fixture
def hub_id(run: Call) -> Any:
    return make_city(run).hub_id


def test_a_closed_month_takes_no_postings(
    run: Call, read: Call, as_finance: Call, clock: SetClock, hub_id: Any, database: Database
) -> None:
    month = START.date().replace(day=1)
    run(journals.post, replace(make_journal(500), hub_id=hub_id))
    with pytest.raises(MonthNotOver):
        as_finance(books.close_month, hub_id, month)
    clock.move_to(START + timedelta(days=20))
    run(journals.post, replace(make_journal(60), hub_id=hub_id))
    following = (month + timedelta(days=32)).replace(day=1)
    clock.move_to(START + timedelta(days=60))
    with pytest.raises(MonthBeforeOpen) as refused:
        as_finance(books.close_month, hub_id, following)
    assert refused.value.month == month
    make_compared(run, START.date(), date(2026, 12, 31))
    card = as_finance(books.close_month, hub_id, month)
    assert (card.month, card.closed_at) == (month, clock.now())
    assert as_finance(books.close_month, hub_id, month) == card
    assert read(queries.period_sums, card.id) == [
        PeriodSumCard(account=A.DEFERRED_SALES, currency="CNY", opening_cents=0, moved_cents=-500),
        PeriodSumCard(account=A.PROVIDER_CLEARING, currency="CNY", opening_cents=0, moved_cents=500),
    ]
    next_one = as_finance(books.close_month, hub_id, following)
    assert [(s.opening_cents, s.moved_cents, s.closing_cents) for s in read(queries.period_sums, next_one.id)] == [
        (-500, -60, -560), (500, 60, 560),
    ]  # fmt: skip
    for at, goes in ((card.starts_at, False), (card.ends_at - timedelta(seconds=1), False), (next_one.ends_at, True)):
        clock.move_to(at)
        if goes:
            run(journals.post, replace(make_journal(1), hub_id=hub_id))
        else:
            with pytest.raises(IntegrityError, match=r"the period .* is closed"):
                run(journals.post, replace(make_journal(1), hub_id=hub_id))
            run(journals.post, make_journal(1))  # another hub's month is its own
    for sql in ("UPDATE ledger_period SET ends_at = now()", "DELETE FROM ledger_period_sum"):
        with pytest.raises(IntegrityError, match="append-only"), database.engine.begin() as connection:
            connection.execute(text(sql))


def test_only_finance_closes(run: Call, as_service: Call, hub_id: Any) -> None:
    with pytest.raises(Forbidden):
        as_service(books.close_month, hub_id, START.date())


def test_bounds_of_a_month_follow_the_wall_clock() -> None:
    assert books.bounds(date(2026, 12, 5), "Asia/Shanghai") == (
        datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC),
    )  # fmt: skip
    assert books.bounds(date(2026, 3, 1), "Europe/Berlin") == (
        datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC),
    )  # fmt: skip


def fee(cents: int) -> Any:
    wish = make_journal(cents, K.PROVIDER_FEE)
    return replace(wish, postings=(Posting(A.FEES, cents), Posting(A.PROVIDER_CLEARING, -cents)))


def test_a_journal_is_reversed_once_with_a_reason(run: Call, read: Call, as_finance: Call) -> None:
    run(journals.post, fee(88))
    [wrong] = read(queries.journals, JournalFilter(), PageAsk(10)).rows
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(Invalid):
            as_finance(reversals.reverse, ReverseJournal(journal_id=wrong.id, reason=reason))
    back = as_finance(reversals.reverse, ReverseJournal(journal_id=wrong.id, reason=" typed twice ", instead_cents=80))
    assert (back.kind, back.cause_id, back.note) == (K.REVERSED, wrong.id, "typed twice")
    assert back.postings == (Posting(A.FEES, -88), Posting(A.PROVIDER_CLEARING, 88))
    anew = read(queries.answers_to, wrong.id)[1]
    assert (anew.kind, anew.postings) == (K.CORRECTED, (Posting(A.FEES, 80), Posting(A.PROVIDER_CLEARING, -80)))
    assert sums(read) == {("fees", None): 80, ("provider_clearing", None): -80}
    with pytest.raises(AlreadyReversed):
        as_finance(reversals.reverse, ReverseJournal(journal_id=wrong.id, reason="again"))
    with pytest.raises(FollowsRow):
        as_finance(reversals.reverse, ReverseJournal(journal_id=back.id, reason="no"))
    as_finance(reversals.reverse, ReverseJournal(journal_id=anew.id, reason="not due at all"))
    assert sums(read) == {("fees", None): 0, ("provider_clearing", None): 0}


def test_what_follows_a_row_is_not_reversed_by_hand(run: Call, read: Call, as_finance: Call, as_service: Call) -> None:
    run(journals.post_many, [make_journal(100), fee(3)])
    by_kind = {card.kind: card.id for card in read(queries.journals, JournalFilter(), PageAsk(10)).rows}
    with pytest.raises(FollowsRow):
        as_finance(reversals.reverse, ReverseJournal(journal_id=by_kind[K.PAYMENT_CAPTURED], reason="x"))
    for cents in (0, -5):
        with pytest.raises(Invalid):
            as_finance(
                reversals.reverse, ReverseJournal(journal_id=by_kind[K.PROVIDER_FEE], reason="x", instead_cents=cents)
            )
    with pytest.raises(Forbidden):
        as_service(reversals.reverse, ReverseJournal(journal_id=by_kind[K.PROVIDER_FEE], reason="x"))
    assert len(read(queries.journals, JournalFilter(), PageAsk(10)).rows) == 2
