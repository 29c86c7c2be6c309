"""The ledger: balanced, append-only, one journal per cause, two statements whatever the number."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from app.domains.ledger import queries
from app.domains.ledger.errors import Unbalanced
from app.domains.ledger.service import journals
from app.domains.ledger.values import Balance, JournalFilter, JournalKind, LedgerAccount, Posting
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from tests.conftest import START
from tests.factories.ledger import HUB, make_journal

Call = Callable[..., Any]
CLEARING, DEFERRED = LedgerAccount.PROVIDER_CLEARING, LedgerAccount.DEFERRED_SALES


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_one_statement_for_a_thousand_journals(run: Call, read: Call, statements: list[str]) -> None:
    wishes = [make_journal(cents) for cents in range(1, 1_001)]
    assert run(journals.post_many, wishes) == 1_000
    assert len(statements) == 1
    assert read(queries.balances) == [
        Balance(account=DEFERRED, owner_id=HUB, currency="CNY", amount_cents=-500_500),
        Balance(account=CLEARING, owner_id=HUB, currency="CNY", amount_cents=500_500),
    ]


def test_a_cause_is_posted_once(run: Call, read: Call) -> None:
    first, second = make_journal(700), make_journal(40)
    assert run(journals.post_many, [first, second, first]) == 2
    assert run(journals.post_many, [second, make_journal(2), replace(first, hub_id=new_id())]) == 1
    assert run(journals.post, first) is None
    [clearing] = read(queries.balances, CLEARING, HUB)
    assert clearing.amount_cents == 742
    assert read(queries.balances, CLEARING, new_id()) == []


def test_nothing_to_post(run: Call, statements: list[str]) -> None:
    assert run(journals.post_many, []) == 0
    assert statements == []


def test_one_unbalanced_journal_posts_none(run: Call, read: Call) -> None:
    good = make_journal(5)
    bad = replace(good, cause_id=new_id(), postings=(Posting(CLEARING, 5), Posting(DEFERRED, -4)))
    with pytest.raises(Unbalanced) as refusal:
        run(journals.post_many, [good, bad])
    assert refusal.value.sum_cents == 1
    with pytest.raises(Unbalanced):
        run(journals.post, replace(good, postings=()))
    assert read(queries.balances) == []


def test_sides_of_nothing_are_left_out(run: Call, read: Call) -> None:
    wish = make_journal(9)
    run(journals.post, replace(wish, postings=(*wish.postings, Posting(LedgerAccount.REFUNDS, 0))))
    [card] = read(queries.journals, JournalFilter(), PageAsk()).rows
    assert card.postings == wish.postings
    assert (card.kind, card.cause_id, card.hub_id, card.at) == (JournalKind.PAYMENT_CAPTURED, wish.cause_id, HUB, START)


def test_a_resident_posts_nothing(database: Database, read: Call) -> None:
    resident = Actor("Mei", Role.RESIDENT, new_id())
    with pytest.raises(Forbidden):
        database.transact(resident, journals.post, make_journal())
    assert read(queries.balances) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_posting SET amount_cents = amount_cents",
        "DELETE FROM ledger_posting",
        "UPDATE ledger_journal SET currency = 'EUR'",
        "DELETE FROM ledger_journal",
    ],
)
def test_the_database_refuses_any_change(run: Call, database: Database, change: str) -> None:
    run(journals.post, make_journal())
    with pytest.raises(IntegrityError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(change))


def test_the_database_refuses_an_unbalanced_journal(run: Call, database: Database, read: Call) -> None:
    run(journals.post, make_journal(100))
    one_sided = text(
        "INSERT INTO ledger_posting (journal_id, account, amount_cents) SELECT id, 'sales', 1 FROM ledger_journal"
    )
    with pytest.raises(IntegrityError, match="does not balance"), database.engine.begin() as connection:
        connection.execute(one_sided)
    assert {row.amount_cents for row in read(queries.balances)} == {100, -100}


def test_the_book_is_read_page_by_page(run: Call, read: Call, clock: SetClock) -> None:
    payment = make_journal(300)
    refund = make_journal(-100, JournalKind.REFUND_PAID)
    elsewhere = make_journal(50, hub_id=new_id())
    run(journals.post, payment)
    clock.move_to(START + timedelta(hours=1))
    run(journals.post_many, [refund])
    run(journals.post_many, [elsewhere])

    def causes(**wanted: Any) -> list[Any]:
        return [card.cause_id for card in read(queries.journals, JournalFilter(**wanted), PageAsk()).rows]

    everything = [elsewhere.cause_id, refund.cause_id, payment.cause_id]
    assert causes() == everything
    assert causes(hub_id=HUB) == everything[1:]
    assert causes(kind=JournalKind.REFUND_PAID) == [refund.cause_id]
    assert causes(cause_id=payment.cause_id) == [payment.cause_id]
    assert causes(account=CLEARING, owner_id=HUB) == everything[1:]
    assert causes(account=LedgerAccount.SALES) == []
    assert causes(since=START + timedelta(minutes=1)) == everything[:2]
    assert causes(until=START + timedelta(minutes=1)) == everything[2:]
    assert [row.amount_cents for row in read(queries.balances, CLEARING, hub_id=HUB)] == [200]

    page = read(queries.journals, JournalFilter(), PageAsk(limit=2))
    assert [card.cause_id for card in page.rows] == everything[:2]
    assert page.next_cursor is not None
    rest = read(queries.journals, JournalFilter(), PageAsk(2, decode_cursor(page.next_cursor)))
    assert ([card.cause_id for card in rest.rows], rest.next_cursor) == (everything[2:], None)
