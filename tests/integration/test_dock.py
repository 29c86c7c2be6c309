"""The dock: several people's counts add up, surplus and differences end in money, and a slip can be taken back."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.catalogue.values import Zone
from app.domains.ledger.models import Journal, PostingRow as Posting
from app.domains.ledger.values import LedgerAccount
from app.domains.supply import queries
from app.domains.supply.errors import GoodsReleased, LineCounted, NotYourLastCount, OverDelivered
from app.domains.supply.models import ReceiptLine, StockMovement
from app.domains.supply.queries import dock, lots
from app.domains.supply.service import differences, receiving, stock, undoing
from app.domains.supply.values import PurchaseStatus, ReceiveLine, Want
from app.domains.supply.values.dock import Surplus
from app.infra.idempotency import KeyReused
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import make_city
from tests.factories.supply import make_purchase_orders, make_terms, supplier_input, terms_input
from tests.patience import SECONDS

Call = Callable[..., Any]
ROUND, DAY = UUID(int=700), date(2026, 11, 21)
CHEN, LI, WU = (Actor(name, Role.HQ_WAREHOUSE, new_id()) for name in ("Chen", "Li", "Wu"))
COST = 100


class Dock:
    """Twenty oranges and ten dumplings of one supplier, one a pack, 1.00 and 19.00 a piece, no minimum."""

    def __init__(self, run: Call, read: Call, database: Database) -> None:
        self.read, self.database, self.run = read, database, run
        self.hub_id = make_city(run).hub_id
        self.sku = make_skus(run, sku_input("FR001"), sku_input("FZ001", zone=Zone.FROZEN))
        make_terms(
            run,
            terms_input("FR001", pack_size=1, min_packs=0, cost_cents=COST),
            terms_input("FZ001", pack_size=1, min_packs=0, cost_cents=1_900),
            suppliers=(supplier_input(min_order_cents=0),),
        )
        wants = {self.sku["FR001"]: 20, self.sku["FZ001"]: 10}
        self.line = make_purchase_orders(run, self.hub_id, ROUND, wants, DAY)
        self.order_id = read(queries.purchase_orders, PageAsk(), group_buy_id=ROUND).rows[0].id

    def count(self, who: Actor, qty: int, sku: str = "FR001", **other: Any) -> UUID:
        wish = ReceiveLine(purchase_line_id=self.line[sku], received_qty=qty, **({"is_final": False} | other))
        receipt: UUID = self.database.transact(who, receiving.count_line, wish)
        return receipt

    def at(self, sku: str = "FR001") -> tuple[int, int, bool]:
        """(good, rejected, complete) of a line."""
        line = self.read(dock.get_line, self.line[sku])
        return line.received_qty, line.rejected_qty, line.is_counted

    def status(self) -> PurchaseStatus:
        status: PurchaseStatus = self.read(queries.get_purchase_order, self.order_id).status
        return status

    def owed(self) -> int:
        """What we owe the supplier by the ledger, in cents."""
        with self.database.engine.connect() as connection:
            wanted = select(func.sum(Posting.amount_cents)).where(Posting.account == LedgerAccount.SUPPLIER_PAYABLE)
            return -int(connection.scalar(wanted) or 0)

    def journals(self) -> list[tuple[str, int]]:
        """(kind, cents against the supplier's account) of everything but the goods themselves, by kind."""
        wanted = (
            select(Journal.kind, Posting.amount_cents)
            .join(Posting, Posting.journal_id == Journal.id)
            .where(Posting.account == LedgerAccount.SUPPLIER_PAYABLE, Journal.kind != "goods_received")
            .order_by(Journal.kind, Posting.amount_cents)
        )
        with self.database.engine.connect() as connection:
            return [(kind.value, cents) for kind, cents in connection.execute(wanted)]

    def here(self) -> int:
        with self.database.engine.connect() as connection:
            return int(connection.scalar(select(func.sum(StockMovement.qty))) or 0)


@pytest.fixture
def at(run: Call, read: Call, database: Database) -> Dock:
    return Dock(run, read, database)


def test_three_people_at_once_count_one_line_and_their_counts_add_up(at: Dock) -> None:
    start = threading.Barrier(3)

    def counting(who: Actor, parts: list[int]) -> None:
        start.wait(SECONDS)
        for part in parts:
            at.count(who, part)

    work = [(CHEN, [3, 2]), (LI, [4]), (WU, [1, 5])]
    threads = [threading.Thread(target=counting, args=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert at.at() == (15, 0, False)
    assert at.status() is PurchaseStatus.PARTLY_RECEIVED
    counts = at.read(dock.counts, at.order_id)
    by_person = {name: sum(c.received_qty for c in counts if c.received_by == name) for name in ("Chen", "Li", "Wu")}
    assert by_person == {"Chen": 5, "Li": 4, "Wu": 6}
    assert len(counts) == 5
    assert (at.here(), at.owed()) == (15, 15 * COST)
    assert at.read(dock.get_delivery, at.order_id).people == 3


def test_a_double_tap_counts_once_and_another_count_needs_another_key(at: Dock) -> None:
    first = at.count(CHEN, 6, idempotency_key="tap-1")
    assert at.count(CHEN, 6, idempotency_key="tap-1") == first
    with pytest.raises(KeyReused):
        at.count(CHEN, 7, idempotency_key="tap-1")
    assert at.count(LI, 6, idempotency_key="tap-1") != first
    assert at.at() == (12, 0, False)


def test_a_line_stays_open_until_somebody_says_it_is_complete_or_the_delivery_is_closed(at: Dock) -> None:
    at.count(CHEN, 6)
    at.count(LI, 9, "FZ001", is_final=True)
    assert (at.at(), at.at("FZ001")) == ((6, 0, False), (9, 0, True))
    with pytest.raises(LineCounted):
        at.count(LI, 1, "FZ001")
    assert at.database.transact(CHEN, receiving.close_delivery, at.order_id) == 1
    assert at.database.transact(CHEN, receiving.close_delivery, at.order_id) == 0
    assert (at.at(), at.status()) == ((6, 0, True), PurchaseStatus.RECEIVED)


def test_surplus_is_asked_about_and_taken_in_or_sent_back(at: Dock) -> None:
    at.count(CHEN, 18)
    with pytest.raises(OverDelivered) as refusal:
        at.count(CHEN, 5)
    assert refusal.value.room_qty == 2
    assert at.at() == (18, 0, False)
    at.count(CHEN, 5, surplus=Surplus.TO_STOCK)
    assert (at.at(), at.here(), at.owed()) == ((23, 0, True), 23, 23 * COST)
    at.count(LI, 12, "FZ001", surplus=Surplus.SEND_BACK)
    assert at.at("FZ001") == (10, 2, True)
    (sent_back,) = at.read(dock.counts, at.order_id, at.line["FZ001"])
    assert (sent_back.received_qty, sent_back.rejected_qty, sent_back.reject_reason) == (10, 2, "over-delivered")


def test_billed_beyond_the_good_pieces_is_charged_and_goods_beyond_the_bill_are_credited(at: Dock) -> None:
    at.count(CHEN, 16, rejected_qty=4, reject_reason="mould", billed_qty=20, is_final=True)
    at.count(LI, 10, "FZ001", billed_qty=9)
    found = [(d.sku_code, d.kind.value, d.qty, d.amount_cents) for d in at.read(lots.differences, at.order_id)]
    assert found == [("FR001", "charge", 4, 400), ("FZ001", "credit", 1, 1_900)]
    assert at.journals() == [
        ("supplier_billed", -400), ("supplier_billed", 1_900), ("supplier_charged", 400), ("supplier_credited", -1_900),
    ]  # fmt: skip
    assert at.owed() == 16 * COST + 10 * 1_900


def test_a_bill_that_comes_later_or_is_corrected_settles_only_what_is_not_settled_yet(at: Dock) -> None:
    at.count(CHEN, 18, is_final=True)
    line = at.line["FR001"]
    assert at.database.transact(CHEN, differences.write_bill, at.order_id, {line: 20}) == 1
    assert at.database.transact(CHEN, differences.write_bill, at.order_id, {line: 20}) == 0
    assert at.database.transact(CHEN, differences.write_bill, at.order_id, {line: 17}) == 1
    found = [(d.kind.value, d.qty) for d in at.read(lots.differences, at.order_id)]
    assert found == [("charge", 2), ("credit", 3)]
    assert at.owed() == 18 * COST


def test_ones_own_last_count_is_taken_back_by_a_row_the_other_way_round(at: Dock) -> None:
    at.count(CHEN, 5)
    slip = at.count(CHEN, 15)
    other = at.count(LI, 10, "FZ001")
    assert at.status() is PurchaseStatus.RECEIVED
    with pytest.raises(NotYourLastCount):
        at.database.transact(CHEN, undoing.take_back, other)
    at.database.transact(CHEN, undoing.take_back, slip)
    assert (at.at(), at.status()) == ((5, 0, False), PurchaseStatus.PARTLY_RECEIVED)
    assert (at.here(), at.owed()) == (15, 5 * COST + 10 * 1_900)
    with pytest.raises(NotYourLastCount):
        at.database.transact(CHEN, undoing.take_back, slip)
    with at.database.engine.connect() as connection:
        rows = connection.execute(select(ReceiptLine.received_qty, ReceiptLine.reverses_id).order_by(ReceiptLine.id))
        assert [tuple(row) for row in rows] == [(5, None), (15, None), (10, None), (-15, slip)]
    at.count(CHEN, 15)
    assert (at.at(), at.status()) == ((20, 0, True), PurchaseStatus.RECEIVED)


def test_nothing_is_counted_or_taken_back_once_the_goods_are_on_the_tables(at: Dock) -> None:
    mine = at.count(CHEN, 12, is_final=True)
    at.count(CHEN, 10, "FZ001")
    at.run(stock.book_sorted, ROUND, [Want(sku_id=at.sku["FR001"], qty=7)])
    for call in (
        lambda: at.count(CHEN, 1, surplus=Surplus.TO_STOCK),
        lambda: at.database.transact(CHEN, undoing.take_back, at.read(dock.last_count_of, at.order_id, CHEN.id)),
    ):
        with pytest.raises(GoodsReleased):
            call()
    assert (at.at(), at.here(), mine != CHEN.id) == ((12, 0, True), 15, True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"temperature_dc": -120}, "temperature_note"),
        ({"temperature_dc": 900}, "temperature"),
        ({"rejected_qty": 1}, "reject_reason"),
        ({"rejected_qty": -1, "reject_reason": "x"}, "qty"),
        ({"billed_qty": -3}, "qty"),
    ],
)
def test_what_a_count_must_not_hide(at: Dock, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        at.count(CHEN, 5, "FZ001", **wrong)
    assert refusal.value.field == field
    assert (at.at("FZ001"), at.here()) == ((0, 0, False), 0)


def test_warm_goods_are_taken_in_with_a_reason_and_cold_ones_without(at: Dock) -> None:
    at.count(CHEN, 3, "FZ001", temperature_dc=-120, temperature_note="door open, core at -17")
    at.count(CHEN, 2, "FZ001", temperature_dc=-180)
    rows = [(c.temperature_dc, c.temperature_note) for c in at.read(dock.counts, at.order_id)]
    assert rows == [(-180, ""), (-120, "door open, core at -17")]


def test_a_line_is_found_by_its_bar_code_and_a_delivery_by_its_number(at: Dock) -> None:
    found = at.read(dock.find_lines, [at.order_id], at.read(dock.get_line, at.line["FR001"]).barcode)
    assert at.line["FR001"] in {line.id for line in found}
    assert [line.id for line in at.read(dock.find_lines, [at.order_id], "fz001")] == [at.line["FZ001"]]
    number = at.read(dock.get_delivery, at.order_id).no
    assert at.read(dock.find_delivery, at.hub_id, number.lower()) == at.order_id
    assert at.read(dock.find_delivery, at.hub_id, "PO-0") is None
    assert [one.no for one in at.read(dock.deliveries, at.hub_id, DAY)] == [number]
    assert at.read(dock.deliveries, at.hub_id, date(2026, 11, 20)) == []


def test_a_leader_can_do_none_of_it(at: Dock) -> None:
    leader = Actor("leader", Role.LEADER, new_id())
    mine = at.count(CHEN, 5)
    for call in (
        lambda: at.count(leader, 1),
        lambda: at.database.transact(leader, undoing.take_back, mine),
        lambda: at.database.transact(leader, receiving.close_delivery, at.order_id),
        lambda: at.database.transact(leader, differences.write_bill, at.order_id, {at.line["FR001"]: 1}),
    ):
        with pytest.raises(Forbidden):
            call()
    assert at.at() == (5, 0, False)
