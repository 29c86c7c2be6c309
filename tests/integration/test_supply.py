"""Buying and receiving: whole packs, minimums, one order per round and supplier, counts that cannot happen twice."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.communities.models import HubRow
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import Balance, LedgerAccount
from app.domains.supply import queries
from app.domains.supply.errors import LineCounted, OverDelivered, StockMissing, SupplierMissing
from app.domains.supply.models import Lot, ReceiptLine, StockMovement
from app.domains.supply.service import receiving, stock
from app.domains.supply.service.purchasing import send_purchase_orders
from app.domains.supply.service.terms import save_suppliers, save_terms
from app.domains.supply.values import (
    CountRow,
    MovementKind,
    PurchaseOrderCard,
    PurchaseStatus,
    ReceiveLine,
    SupplyOfSku,
    Want,
)
from app.infra.audit import AuditRow
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.changes import Changes, InvalidRows, RowChange, RowFault
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.reasons import Reason
from tests.conftest import START
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.supply import make_purchase_orders, make_terms, supplier_input, terms_input

Call = Callable[..., Any]
ROUND, NEXT_ROUND = UUID(int=500), UUID(int=501)
DAY = date(2026, 11, 21)
ALL = PageAsk(limit=100)


@pytest.fixture
def hub(run: Call) -> UUID:
    hub_id = new_id()

    def use_case(uow: UnitOfWork) -> None:
        uow.session.add(
            HubRow(id=hub_id, code="LJ01", name="滨江仓", name_en="Riverside", lat=30.1, lon=120.2,
                   timezone="Asia/Shanghai", currency="CNY", cutoff=START.time())
        )  # fmt: skip

    run(use_case)
    return hub_id


@pytest.fixture
def skus(run: Call) -> dict[str, UUID]:
    """Oranges 16.20 in packs of 8 (min 2) and pears 3.00 singly from S01 (minimum 600.00); milk 4.50 × 12 from S02."""
    made = make_skus(run, sku_input("FR001"), sku_input("FR002"), sku_input("DY001"))
    make_terms(
        run,
        terms_input("FR001"),
        terms_input("FR002", cost_cents=300, pack_size=1, min_packs=0),
        terms_input("DY001", "S02", cost_cents=450, pack_size=12, min_packs=0),
        suppliers=(supplier_input("S01"), supplier_input("S02", min_order_cents=0)),
    )
    return made


@pytest.fixture
def lines(run: Call, hub: UUID, skus: dict[str, UUID]) -> dict[str, UUID]:
    """Line ids of a round that wants 17 oranges, 5 pears and 20 milk: 24 + 5 + 24 pieces are ordered."""
    wants = {skus["FR001"]: 17, skus["FR002"]: 5, skus["DY001"]: 20}
    return make_purchase_orders(run, hub, ROUND, wants, DAY)


def orders(read: Call, group_buy_id: UUID = ROUND) -> dict[str, PurchaseOrderCard]:
    return {o.no: o for o in read(queries.purchase_orders, ALL, group_buy_id=group_buy_id).rows}


def pieces(read: Call, hub_id: UUID) -> dict[str, int]:
    return {s.lot_code: s.qty for s in read(queries.stock, hub_id)}


def owed(read: Call) -> int:
    debts: list[Balance] = read(ledger.balances, LedgerAccount.SUPPLIER_PAYABLE)
    return -sum(b.amount_cents for b in debts)


def rows(database: Database, model: type[Any]) -> int:
    with database.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(model)) or 0)


# --- suppliers and terms ------------------------------------------------------------------------------------------


def test_saving_terms_again_changes_nothing_and_a_change_is_noted(run: Call, read: Call, skus: dict[str, UUID]) -> None:
    supplier_ids = {s.code: s.id for s in read(queries.suppliers)}
    assert {s.code: s.sku_count for s in read(queries.suppliers)} == {"S01": 2, "S02": 1}
    assert run(save_terms, [terms_input("FR001")]) == Changes(unchanged=1)
    assert run(save_suppliers, [supplier_input()]) == Changes(unchanged=1)
    assert run(
        save_terms, [terms_input("FR001", "S02", cost_cents=1_500), terms_input("FR002", pack_size=4)]
    ) == Changes(
        updated=2,
        details=(
            RowChange(
                "FR001",
                {"supplier_id": str(supplier_ids["S01"]), "cost_cents": 1_620},
                {"supplier_id": str(supplier_ids["S02"]), "cost_cents": 1_500},
            ),
            RowChange(
                "FR002",
                {"cost_cents": 300, "pack_size": 1, "min_packs": 0},
                {"cost_cents": 1_620, "pack_size": 4, "min_packs": 2},
            ),
        ),
    )
    terms = read(queries.terms_by_sku, [skus["FR001"]])[skus["FR001"]]
    assert (terms.supplier_code, terms.cost_cents, terms.pack_size, terms.min_packs) == ("S02", 1_500, 8, 2)


def test_unknown_codes_and_repeated_skus_are_refused(run: Call, read: Call, skus: dict[str, UUID]) -> None:
    with pytest.raises(InvalidRows) as refusal:
        run(save_terms, [terms_input("FR009", "S09"), terms_input("FR001", cost_cents=1)])
    assert refusal.value.faults == [
        RowFault("FR009", "sku", Reason.UNKNOWN, "FR009"),
        RowFault("FR009", "supplier", Reason.UNKNOWN, "S09"),
    ]
    with pytest.raises(InvalidRows) as refusal:
        run(save_terms, [terms_input("FR001", cost_cents=1), terms_input("FR001", cost_cents=2)])
    assert refusal.value.faults == [RowFault("FR001", "sku", Reason.TWICE, "FR001")]
    assert read(queries.terms_by_sku)[skus["FR001"]].cost_cents == 1_620


# --- buying -------------------------------------------------------------------------------------------------------


def test_one_order_per_supplier_in_whole_packs_with_the_minimum_topped_up(
    read: Call, hub: UUID, lines: dict[str, UUID]
) -> None:
    found = orders(read)
    assert sorted(found) == ["PO-LJ01-261121-01", "PO-LJ01-261121-02"]
    fruit, milk = found["PO-LJ01-261121-01"], found["PO-LJ01-261121-02"]
    assert (fruit.lines, fruit.ordered_qty, fruit.top_up_cents, fruit.total_cents) == (2, 29, 19_620, 60_000)
    assert (milk.lines, milk.ordered_qty, milk.top_up_cents, milk.total_cents) == (1, 24, 0, 10_800)
    assert (milk.status, milk.deliver_on, milk.currency, milk.hub_id) == (PurchaseStatus.SENT, DAY, "CNY", hub)
    cards = {c.sku_code: c for c in read(queries.purchase_lines, group_buy_id=ROUND)}
    assert {c: (x.wanted_qty, x.packs, x.ordered_qty) for c, x in cards.items()} == {
        "FR001": (17, 3, 24),
        "FR002": (5, 5, 5),
        "DY001": (20, 2, 24),
    }
    assert {c: x.id for c, x in cards.items()} == lines


def test_sending_again_changes_nothing(run: Call, read: Call, hub: UUID, skus: dict[str, UUID], lines: object) -> None:
    before, cards = orders(read), read(queries.purchase_lines, group_buy_id=ROUND)
    sent = run(send_purchase_orders, hub, ROUND, DAY, [Want(sku_id=skus["FR001"], qty=999)])
    assert sorted(sent) == sorted(o.id for o in before.values())
    assert (orders(read), read(queries.purchase_lines, group_buy_id=ROUND)) == (before, cards)


def test_a_second_round_of_the_day_counts_on(
    run: Call, read: Call, hub: UUID, skus: dict[str, UUID], lines: object
) -> None:
    make_purchase_orders(run, hub, NEXT_ROUND, {skus["DY001"]: 1}, DAY)
    assert list(orders(read, NEXT_ROUND)) == ["PO-LJ01-261121-03"]


def test_nothing_wanted_sends_nothing_and_a_sku_without_supplier_sends_nothing_at_all(
    run: Call, read: Call, hub: UUID, skus: dict[str, UUID]
) -> None:
    assert run(send_purchase_orders, hub, ROUND, DAY, []) == []
    stranger = new_id()
    with pytest.raises(SupplierMissing) as refusal:
        run(send_purchase_orders, hub, ROUND, DAY, [Want(sku_id=skus["FR001"], qty=1), Want(sku_id=stranger, qty=1)])
    assert refusal.value.sku_ids == [stranger]
    assert orders(read) == {}


def test_a_changed_cost_does_not_touch_an_order_that_was_sent(run: Call, read: Call, lines: dict[str, UUID]) -> None:
    run(save_terms, [terms_input("DY001", "S02", cost_cents=999, pack_size=5)])
    milk = read(queries.purchase_lines, group_buy_id=ROUND)[-1]
    assert (milk.sku_code, milk.cost_cents, milk.pack_size) == ("DY001", 450, 12)


def test_purchase_orders_come_in_pages(run: Call, read: Call, hub: UUID, skus: dict[str, UUID], lines: object) -> None:
    first = read(queries.purchase_orders, PageAsk(limit=1), hub_id=hub)
    assert first.next_cursor
    second = read(queries.purchase_orders, PageAsk(limit=1, after=decode_cursor(first.next_cursor)), hub_id=hub)
    assert [o.no for o in first.rows + second.rows] == ["PO-LJ01-261121-02", "PO-LJ01-261121-01"]
    assert second.next_cursor is None
    assert read(queries.get_purchase_order, first.rows[0].id) == first.rows[0]
    with pytest.raises(NotFound):
        read(queries.get_purchase_order, new_id())


# --- counting -----------------------------------------------------------------------------------------------------


def count(line_id: UUID, received: int, **other: Any) -> ReceiveLine:
    return ReceiveLine(purchase_line_id=line_id, received_qty=received, **other)


def test_a_count_becomes_a_lot_in_stock_and_a_claim_of_the_supplier(
    run: Call, read: Call, database: Database, hub: UUID, lines: dict[str, UUID]
) -> None:
    run(receiving.count_line, count(lines["DY001"], 20, rejected_qty=4, reject_reason="burst"))
    (lot,) = read(queries.stock, hub)
    assert (lot.sku_code, lot.lot_code, lot.qty) == ("DY001", "PO-LJ01-261121-02-DY001", 20)
    assert lot.expires_on == date(2026, 12, 1)
    assert owed(read) == 9_000
    milk = orders(read)["PO-LJ01-261121-02"]
    assert (milk.status, milk.received_qty, milk.rejected_qty) == (PurchaseStatus.RECEIVED, 20, 4)
    (receipt,) = read(queries.receipts, milk.id)
    assert (receipt.sku_code, receipt.received_qty, receipt.rejected_qty) == ("DY001", 20, 4)
    assert (receipt.reject_reason, receipt.received_by, receipt.received_at) == ("burst", "test", START)
    with database.engine.connect() as connection:
        noted = connection.execute(select(AuditRow.before, AuditRow.after).filter_by(action="supply.receive")).all()
    assert noted == [
        ({"received_qty": 0, "rejected_qty": 0, "is_counted": False},
         {"received_qty": 20, "rejected_qty": 4, "is_counted": True}),
    ]  # fmt: skip


def test_partial_counts_in_several_lots(run: Call, read: Call, hub: UUID, lines: dict[str, UUID]) -> None:
    line = lines["FR001"]
    run(receiving.count_line, count(line, 8, lot_code="A", expires_on=date(2026, 11, 28), is_final=False))
    assert orders(read)["PO-LJ01-261121-01"].status is PurchaseStatus.PARTLY_RECEIVED
    run(receiving.count_line, count(line, 3, lot_code="A", is_final=False))
    with pytest.raises(Invalid):
        run(receiving.count_line, count(line, 1, lot_code="A", expires_on=date(2026, 11, 29), is_final=False))
    run(receiving.count_line, count(line, 6, lot_code="B"))
    assert pieces(read, hub) == {"A": 11, "B": 6}
    with pytest.raises(LineCounted):
        run(receiving.count_line, count(line, 1))
    assert owed(read) == 17 * 1_620
    supply = {s.sku_id: s for s in read(queries.supply_of_round, ROUND)}
    card = next(c for c in read(queries.purchase_lines, group_buy_id=ROUND) if c.id == line)
    assert supply[card.sku_id] == SupplyOfSku(sku_id=card.sku_id, wanted_qty=17, received_qty=17, is_counted=True)


def test_a_refused_count_leaves_no_trace(run: Call, read: Call, database: Database, lines: dict[str, UUID]) -> None:
    with pytest.raises(OverDelivered) as refusal:
        run(receiving.count_lines, [count(lines["FR001"], 24), count(lines["DY001"], 25)])
    assert refusal.value.detail() == {"purchase_order_no": "PO-LJ01-261121-02", "sku_code": "DY001", "room_qty": 24}
    with pytest.raises(NotFound):
        run(receiving.count_lines, [count(lines["FR001"], 24), count(new_id(), 1)])
    resident = Actor("resident", Role.RESIDENT, new_id())
    with pytest.raises(Forbidden):
        database.transact(resident, receiving.count_line, count(lines["FR001"], 24))
    assert (rows(database, ReceiptLine), rows(database, Lot), rows(database, StockMovement), owed(read)) == (0, 0, 0, 0)


def test_the_warehouse_may_count(database: Database, read: Call, lines: dict[str, UUID]) -> None:
    database.transact(Actor("Chen", Role.HQ_WAREHOUSE, new_id()), receiving.count_line, count(lines["DY001"], 24))
    assert read(queries.receipts, orders(read)["PO-LJ01-261121-02"].id)[0].received_by == "Chen"
    assert owed(read) == 10_800


def test_the_top_up_is_billed_once_when_the_order_is_complete(run: Call, read: Call, lines: dict[str, UUID]) -> None:
    run(receiving.count_line, count(lines["FR001"], 24))
    assert owed(read) == 38_880
    run(receiving.count_line, count(lines["FR002"], 0))
    assert owed(read) == 38_880 + 19_620
    goods = read(ledger.balances, LedgerAccount.GOODS)
    assert [b.amount_cents for b in goods] == [58_500]


def test_the_rest_as_ordered_completes_the_round_and_repeats_harmlessly(
    run: Call, read: Call, database: Database, hub: UUID, lines: dict[str, UUID]
) -> None:
    run(receiving.count_line, count(lines["FR001"], 10, rejected_qty=4, reject_reason="mould", is_final=False))
    run(receiving.count_line, count(lines["FR002"], 2))
    assert run(receiving.count_as_ordered, ROUND) == 2
    assert pieces(read, hub) == {
        "PO-LJ01-261121-01-FR001": 20,
        "PO-LJ01-261121-01-FR002": 2,
        "PO-LJ01-261121-02-DY001": 24,
    }
    assert {o.status for o in orders(read).values()} == {PurchaseStatus.RECEIVED}
    before = rows(database, ReceiptLine)
    assert run(receiving.count_as_ordered, ROUND) == 0
    assert rows(database, ReceiptLine) == before == 4


def test_a_count_sheet_is_taken_whole_or_not_at_all(run: Call, read: Call, hub: UUID, lines: dict[str, UUID]) -> None:
    fruit, milk = "PO-LJ01-261121-01", "PO-LJ01-261121-02"
    sheet = [
        CountRow(po=fruit, sku="FR001", received=8, lot="A"),
        CountRow(po=milk, sku="DY001", received=22, rejected=2, reason="burst"),
        CountRow(po=fruit, sku="FR001", received=8, lot="B", expires=date(2026, 11, 24)),
    ]
    with pytest.raises(InvalidRows) as refusal:
        run(receiving.count_from_rows, [*sheet, CountRow(po=milk, sku="FR001", received=1)])
    assert refusal.value.faults == [RowFault(f"{milk} FR001", "sku", Reason.UNKNOWN, "FR001")]
    assert pieces(read, hub) == {}
    assert run(receiving.count_from_rows, sheet) == 3
    assert pieces(read, hub) == {"A": 8, "B": 8, "PO-LJ01-261121-02-DY001": 22}
    still_expected = read(queries.purchase_lines, group_buy_id=ROUND, uncounted=True)
    assert [c.sku_code for c in still_expected] == ["FR002"]
    with pytest.raises(LineCounted):
        run(receiving.count_from_rows, sheet)


# --- sorting ------------------------------------------------------------------------------------------------------


def test_what_is_due_leaves_once_first_expired_first_and_the_rest_is_surplus(
    run: Call, read: Call, database: Database, hub: UUID, skus: dict[str, UUID], lines: dict[str, UUID]
) -> None:
    run(receiving.count_line, count(lines["FR001"], 16, lot_code="late", is_final=False))
    run(receiving.count_line, count(lines["FR001"], 8, lot_code="soon", expires_on=date(2026, 11, 23)))
    run(receiving.count_as_ordered, ROUND)
    due = [Want(sku_id=skus["FR001"], qty=17), Want(sku_id=skus["DY001"], qty=24)]
    assert run(stock.book_sorted, ROUND, due) == 41
    assert pieces(read, hub) == {"late": 7, "PO-LJ01-261121-01-FR002": 5}
    assert run(stock.book_sorted, ROUND, due) == 0
    with database.engine.connect() as connection:
        out = select(func.sum(StockMovement.qty)).where(StockMovement.kind == MovementKind.SORTED)
        assert connection.scalar(out) == -41


def test_more_than_was_received_cannot_leave(
    run: Call, read: Call, skus: dict[str, UUID], lines: dict[str, UUID]
) -> None:
    run(receiving.count_line, count(lines["DY001"], 3))
    with pytest.raises(StockMissing) as refusal:
        run(stock.book_sorted, ROUND, [Want(sku_id=skus["DY001"], qty=4)])
    assert refusal.value.detail() == {"sku_id": skus["DY001"], "wanted": 4, "here": 3}
    assert not read(queries.is_sorted_out, ROUND)
