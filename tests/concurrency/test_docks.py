"""Two docks, one delivery: pieces are counted once, and the order is completed once."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.supply import queries
from app.domains.supply.errors import LineCounted, NotYourLastCount, OverDelivered
from app.domains.supply.models import StockMovement
from app.domains.supply.queries import dock
from app.domains.supply.service import receiving, stock, undoing
from app.domains.supply.service.purchasing import send_purchase_orders
from app.domains.supply.values import PurchaseStatus, ReceiveLine, Want
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import make_city
from tests.factories.supply import make_purchase_orders, make_terms, supplier_input, terms_input
from tests.patience import SECONDS

Call = Callable[..., Any]
ROUND, DAY = UUID(int=500), date(2026, 11, 21)


@pytest.fixture
def skus(run: Call) -> dict[str, UUID]:
    made = make_skus(run, *(sku_input(f"FR{n:03}") for n in range(1, 9)))
    rows = [terms_input(f"FR{n:03}", pack_size=1, min_packs=0, cost_cents=100) for n in range(1, 9)]
    make_terms(run, *rows, suppliers=(supplier_input(min_order_cents=20_000),))
    return made


@pytest.fixture
def hub_id(run: Call) -> UUID:
    return make_city(run).hub_id


def at_once(*calls: Callable[[], Any]) -> tuple[int, list[DomainError]]:
    """Run calls in threads that start together; how many succeeded, and what refused the others."""
    start, done, refused = threading.Barrier(len(calls)), [], []

    def one(call: Callable[[], Any]) -> None:
        start.wait(SECONDS)
        try:
            call()
            done.append(1)
        except DomainError as refusal:
            refused.append(refusal)

    threads = [threading.Thread(target=one, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return len(done), refused


def pieces(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.scalar(select(func.sum(StockMovement.qty))) or 0)


def owed(read: Call) -> int:
    return -int(sum(b.amount_cents for b in read(ledger.balances, LedgerAccount.SUPPLIER_PAYABLE)))


def test_a_double_tap_counts_once(run: Call, database: Database, hub_id: UUID, skus: dict[str, UUID]) -> None:
    line = make_purchase_orders(run, hub_id, ROUND, {skus["FR001"]: 10}, DAY)["FR001"]
    count = ReceiveLine(purchase_line_id=line, received_qty=9)
    done, refused = at_once(*[lambda: run(receiving.count_line, count)] * 6)
    assert (done, [type(r) for r in refused]) == (1, [LineCounted] * 5)
    assert pieces(database) == 9


def test_partial_counts_never_pass_the_order(
    run: Call, database: Database, hub_id: UUID, skus: dict[str, UUID]
) -> None:
    line = make_purchase_orders(run, hub_id, ROUND, {skus["FR001"]: 10}, DAY)["FR001"]
    count = ReceiveLine(purchase_line_id=line, received_qty=3, is_final=False)
    done, refused = at_once(*[lambda: run(receiving.count_line, count)] * 6)
    assert (done, {type(r) for r in refused}) == (3, {OverDelivered})
    assert pieces(database) == 9


def test_the_last_two_lines_at_once_complete_the_order_once(
    run: Call, read: Call, database: Database, hub_id: UUID, skus: dict[str, UUID]
) -> None:
    lines = make_purchase_orders(run, hub_id, ROUND, dict.fromkeys(skus.values(), 10), DAY)
    calls = [
        lambda line=line: run(receiving.count_line, ReceiveLine(purchase_line_id=line, received_qty=10))
        for line in lines.values()
    ]
    assert at_once(*calls) == (8, [])
    (order,) = read(queries.purchase_orders, PageAsk(), group_buy_id=ROUND).rows
    assert (order.status, order.received_qty, order.top_up_cents) == (PurchaseStatus.RECEIVED, 80, 12_000)
    assert owed(read) == 20_000


def test_purchase_orders_are_sent_once_and_numbers_never_clash(
    run: Call, read: Call, hub_id: UUID, skus: dict[str, UUID]
) -> None:
    wants = [Want(sku_id=sku_id, qty=1) for sku_id in skus.values()]
    rounds = [UUID(int=600 + n % 3) for n in range(9)]
    calls = [lambda id_=id_: run(send_purchase_orders, hub_id, id_, DAY, wants) for id_ in rounds]
    assert at_once(*calls) == (9, [])
    sent = read(queries.purchase_orders, PageAsk(), hub_id=hub_id).rows
    assert sorted(o.no for o in sent) == ["PO-LJ-E-261121-01", "PO-LJ-E-261121-02", "PO-LJ-E-261121-03"]
    assert {o.group_buy_id for o in sent} == set(rounds)


def test_goods_leave_for_the_tables_once(run: Call, database: Database, hub_id: UUID, skus: dict[str, UUID]) -> None:
    line = make_purchase_orders(run, hub_id, ROUND, {skus["FR001"]: 10}, DAY)["FR001"]
    run(receiving.count_line, ReceiveLine(purchase_line_id=line, received_qty=10))
    due = [Want(sku_id=skus["FR001"], qty=4)]
    assert at_once(*[lambda: run(stock.book_sorted, ROUND, due)] * 5) == (5, [])
    assert pieces(database) == 6


def test_two_receivers_of_one_line_never_pass_the_order_and_every_piece_has_its_row(
    run: Call, read: Call, database: Database, hub_id: UUID, skus: dict[str, UUID]
) -> None:
    """Twenty counts of one piece by two people at once, on a line of fifteen: five are asked about, none is lost."""
    line = make_purchase_orders(run, hub_id, ROUND, {skus["FR001"]: 15}, DAY)["FR001"]
    people = [Actor(name, Role.HQ_WAREHOUSE, new_id()) for name in ("Chen", "Li")]
    calls = [
        lambda who=people[n % 2], n=n: database.transact(
            who, receiving.count_line,
            ReceiveLine(purchase_line_id=line, received_qty=1, is_final=False, idempotency_key=f"tap-{n}"),
        )
        for n in range(20)
    ]  # fmt: skip
    done, refused = at_once(*calls)
    assert (done, {type(refusal) for refusal in refused}) == (15, {LineCounted})
    (order,) = read(queries.purchase_orders, PageAsk(), group_buy_id=ROUND).rows
    counts = read(dock.counts, order.id)
    assert (sum(count.received_qty for count in counts), len(counts), pieces(database)) == (15, 15, 15)
    assert {count.received_by for count in counts} == {"Chen", "Li"}


def test_a_double_tap_of_take_back_takes_back_one_count(
    run: Call, database: Database, hub_id: UUID, skus: dict[str, UUID]
) -> None:
    line = make_purchase_orders(run, hub_id, ROUND, {skus["FR001"]: 15}, DAY)["FR001"]
    chen = Actor("Chen", Role.HQ_WAREHOUSE, new_id())
    count = ReceiveLine(purchase_line_id=line, received_qty=4, is_final=False)
    for _ in range(2):
        last = database.transact(chen, receiving.count_line, count)
    done, refused = at_once(*[lambda: database.transact(chen, undoing.take_back, last)] * 5)
    assert (done, [type(refusal) for refusal in refused], pieces(database)) == (1, [NotYourLastCount] * 4, 4)
