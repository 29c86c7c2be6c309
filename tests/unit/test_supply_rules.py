"""Packs, minimums, counts at the dock, and which lot goes first."""

from datetime import date
from uuid import UUID

import pytest

from app.domains.catalogue.values import Zone
from app.domains.supply import rules
from app.domains.supply.errors import LineCounted, OverDelivered, StockMissing, SupplierMissing
from app.domains.supply.rules import dock
from app.domains.supply.values import ExpectedLine, LotInHand, ReceiveLine, Terms, Want
from app.kernel.changes import RowFault
from app.kernel.errors import Invalid
from app.kernel.reasons import Reason
from tests.factories.supply import supplier_input, terms_input

APPLE, PEAR, MILK = UUID(int=1), UUID(int=2), UUID(int=3)
FARM, DAIRY = UUID(int=11), UUID(int=12)
TERMS = {
    APPLE: Terms(sku_id=APPLE, supplier_id=FARM, supplier_code="S02", cost_cents=500, pack_size=8, min_packs=2),
    PEAR: Terms(sku_id=PEAR, supplier_id=FARM, supplier_code="S02", cost_cents=300, pack_size=10, min_packs=0),
    MILK: Terms(sku_id=MILK, supplier_id=DAIRY, supplier_code="S01", cost_cents=450, pack_size=12, min_packs=0),
}


def expected(**other: object) -> ExpectedLine:
    fields: dict[str, object] = {
        "id": UUID(int=21), "purchase_order_id": UUID(int=22), "purchase_order_no": "PO-LJ-261121-01",
        "hub_id": UUID(int=23), "currency": "CNY", "supplier_id": FARM, "sku_id": APPLE, "sku_code": "FR001",
        "shelf_days": 10, "deliver_on": date(2026, 11, 21), "cost_cents": 500, "ordered_qty": 16, "received_qty": 0,
        "rejected_qty": 0, "is_counted": False, "billed_qty": None, "zone": Zone.AMBIENT, "group_buy_id": None,
    }  # fmt: skip
    return ExpectedLine(**(fields | other))


def count(received: int, **other: object) -> ReceiveLine:
    return ReceiveLine(purchase_line_id=UUID(int=21), received_qty=received, **other)


@pytest.mark.parametrize(
    ("wanted", "pack_size", "min_packs", "packs"),
    [(0, 8, 2, 0), (1, 8, 2, 2), (16, 8, 2, 2), (17, 8, 2, 3), (17, 8, 0, 3), (1, 1, 0, 1), (24, 8, 0, 3)],
)
def test_packs_cover_what_is_wanted_and_the_minimum(wanted: int, pack_size: int, min_packs: int, packs: int) -> None:
    assert rules.packs_for(wanted, pack_size, min_packs) == packs


def test_a_plan_goes_by_supplier_code_and_leaves_out_what_nobody_wants() -> None:
    plan = rules.plan_purchase([Want(sku_id=APPLE, qty=17), Want(sku_id=PEAR, qty=0), Want(sku_id=MILK, qty=5)], TERMS)
    assert list(plan) == [DAIRY, FARM]
    assert [
        (p.sku_id, p.wanted_qty, p.packs, p.ordered_qty, p.cost_cents) for lines in plan.values() for p in lines
    ] == [
        (MILK, 5, 1, 12, 450),
        (APPLE, 17, 3, 24, 500),
    ]
    assert rules.goods_cents(plan[FARM]) == 12_000


def test_a_plan_names_every_sku_without_a_supplier() -> None:
    stranger = UUID(int=99)
    with pytest.raises(SupplierMissing) as refusal:
        rules.plan_purchase([Want(sku_id=stranger, qty=1), Want(sku_id=APPLE, qty=1)], TERMS)
    assert refusal.value.sku_ids == [stranger]


@pytest.mark.parametrize(("minimum", "goods", "top_up"), [(60_000, 52_000, 8_000), (60_000, 60_000, 0), (0, 5, 0)])
def test_top_up_reaches_the_minimum_and_no_more(minimum: int, goods: int, top_up: int) -> None:
    assert rules.top_up_cents(minimum, goods) == top_up


def test_numbers_and_marks_can_be_read_aloud() -> None:
    assert rules.purchase_no("LJ01", date(2026, 11, 21), 3) == "PO-LJ01-261121-03"
    assert dock.lot_code(expected(), " ") == "PO-LJ-261121-01-FR001"
    assert dock.lot_code(expected(), " A7 ") == "A7"
    assert dock.expiry(expected(), None) == date(2026, 12, 1)
    assert dock.expiry(expected(), date(2026, 11, 25)) == date(2026, 11, 25)


def test_partial_counts_add_up_until_the_line_is_complete() -> None:
    line = dock.after_count(expected(), count(6, is_final=False))
    assert (line.received_qty, line.is_counted) == (6, False)
    line = dock.after_count(line, count(7, rejected_qty=2, reject_reason="bruised"))
    assert (line.received_qty, line.rejected_qty, line.is_counted) == (13, 2, True)
    with pytest.raises(LineCounted) as refusal:
        dock.after_count(line, count(1))
    assert refusal.value.detail() == {"purchase_order_no": "PO-LJ-261121-01", "sku_code": "FR001"}


def test_a_line_that_came_in_full_is_complete() -> None:
    assert dock.after_count(expected(), count(16, is_final=False)).is_counted


def test_more_good_pieces_than_ordered_are_refused_with_what_can_be_taken() -> None:
    with pytest.raises(OverDelivered) as refusal:
        dock.after_count(expected(received_qty=10), count(7))
    assert refusal.value.room_qty == 6
    assert dock.after_count(expected(), count(16, rejected_qty=4, reject_reason="too many")).rejected_qty == 4


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (count(-1), "qty"),
        (count(0, rejected_qty=-1), "qty"),
        (count(0, is_final=False), "qty"),
        (count(1, rejected_qty=1, reject_reason=" "), "reject_reason"),
    ],
)
def test_counts_that_cannot_be_meant_are_refused(wrong: ReceiveLine, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        dock.after_count(expected(), wrong)
    assert refusal.value.field == field


def test_nothing_came_is_a_count() -> None:
    line = dock.after_count(expected(), count(0))
    assert (line.received_qty, line.is_counted) == (0, True)


@pytest.mark.parametrize(("received", "rejected", "rest"), [(0, 0, 16), (6, 2, 8), (10, 9, 0)])
def test_the_rest_as_ordered(received: int, rejected: int, rest: int) -> None:
    assert dock.rest_as_ordered(expected(received_qty=received, rejected_qty=rejected)) == count(rest)


def lot(number: int, sku_id: UUID, qty: int, expires_on: date | None) -> LotInHand:
    return LotInHand(lot_id=UUID(int=number), hub_id=UUID(int=23), sku_id=sku_id, expires_on=expires_on, qty=qty)


def test_first_expired_goes_first_and_undated_last() -> None:
    undated, late = lot(1, APPLE, 9, None), lot(2, APPLE, 5, date(2026, 12, 2))
    soon, pear = lot(3, APPLE, 4, date(2026, 12, 1)), lot(4, PEAR, 3, None)
    taken = rules.take_first_expiring(
        [undated, late, soon, pear], [Want(sku_id=APPLE, qty=11), Want(sku_id=PEAR, qty=3), Want(sku_id=MILK, qty=0)]
    )
    assert taken == [(soon, 4), (late, 5), (undated, 2), (pear, 3)]


def test_more_than_the_lots_hold_is_refused() -> None:
    with pytest.raises(StockMissing) as refusal:
        rules.take_first_expiring([lot(1, APPLE, 4, None)], [Want(sku_id=APPLE, qty=5)])
    assert refusal.value.detail() == {"sku_id": APPLE, "wanted": 5, "here": 4}


def test_faults_of_files_name_row_and_field() -> None:
    assert rules.faults_of_suppliers([supplier_input(), supplier_input("", lead_days=61)]) == [
        RowFault("", "code", Reason.MISSING),
        RowFault("", "lead_days", Reason.TOO_LARGE, "61"),
    ]
    rows = [terms_input(), terms_input("FR009", "S09", pack_size=0, cost_cents=-1)]
    assert rules.faults_of_terms(rows, {"FR001"}, {"S01"}) == [
        RowFault("FR009", "sku", Reason.UNKNOWN, "FR009"),
        RowFault("FR009", "supplier", Reason.UNKNOWN, "S09"),
        RowFault("FR009", "cost_cents", Reason.TOO_SMALL, "-1"),
        RowFault("FR009", "pack_size", Reason.TOO_SMALL, "0"),
    ]
