"""Sorting sheets and crates: they hold exactly what is due, and a second run changes only what changed."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyDispatched, NothingToSort
from app.domains.logistics.models import Crate, Demand, Sheet, SheetLine
from app.domains.logistics.service import sorting
from app.domains.logistics.values.sorting import SheetsMade, SheetState
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id
from tests.factories.logistics import make_dispatched, make_paid_round

Call = Callable[..., Any]


def set_due(uow: UnitOfWork, group_buy_id: object, sku_id: object, point_id: object, qty: int) -> None:
    which = (Demand.group_buy_id == group_buy_id, Demand.sku_id == sku_id, Demand.pickup_point_id == point_id)
    uow.session.execute(update(Demand).where(*which).values(due_qty=qty))


def test_sheets_hold_what_is_due_by_point_and_zone(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    made = run(sorting.make_sheets, round_.id)
    assert made == SheetsMade(sheets=5, created=5, changed=0, removed=0, crates=5, pieces=11)
    cards = read(queries.sheets, round_.id)
    assert [(c.pickup_point_code, c.zone, c.pieces, c.crates, c.weight_g, c.volume_ml, c.version) for c in cards] == [
        ("P001", Zone.AMBIENT, 2, 1, 5_000, 10_400, 1),
        ("P001", Zone.CHILLED, 4, 1, 4_000, 4_400, 1),
        ("P001", Zone.FROZEN, 1, 1, 800, 1_500, 1),
        ("P002", Zone.AMBIENT, 2, 1, 5_000, 10_400, 1),
        ("P002", Zone.FROZEN, 2, 1, 1_600, 3_000, 1),
    ]
    labels = read(queries.crate_labels, round_.id)
    assert [label.code for label in labels] == [
        "261120-P001-A01", "261120-P001-C01", "261120-P001-F01", "261120-P002-A01", "261120-P002-F01",
    ]  # fmt: skip
    lines = read(queries.sheet_lines, [cards[1].id])[cards[1].id]
    assert [(line.sku_code, line.qty) for line in lines] == [("DY001", 4)]


def test_the_pieces_on_sheets_equal_the_due_demand(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    run(sorting.make_sheets, round_.id)

    def totals(session: Any) -> list[tuple[Any, ...]]:
        sheets = select(SheetLine.sku_id, func.sum(SheetLine.qty)).group_by(SheetLine.sku_id).order_by(SheetLine.sku_id)
        demand = select(Demand.sku_id, func.sum(Demand.due_qty)).group_by(Demand.sku_id).order_by(Demand.sku_id)
        return [session.execute(sheets).all(), session.execute(demand).all()]

    sheets, demand = read(totals)
    assert sheets == demand
    assert sum(qty for _, qty in sheets) == 11


def test_a_second_run_changes_nothing(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    run(sorting.make_sheets, round_.id)
    run(sorting.finish_all, round_.id)
    before, labels = read(queries.sheets, round_.id), read(queries.crate_labels, round_.id)
    assert run(sorting.make_sheets, round_.id) == SheetsMade(
        sheets=5, created=0, changed=0, removed=0, crates=5, pieces=11
    )
    assert read(queries.sheets, round_.id) == before
    assert read(queries.crate_labels, round_.id) == labels


def test_changed_demand_makes_a_new_version_of_its_sheet_alone(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    run(sorting.make_sheets, round_.id)
    run(sorting.finish_all, round_.id)
    run(set_due, round_.id, round_.sku["DY001"], round_.point("P001"), 1)
    run(set_due, round_.id, round_.sku["FZ001"], round_.point("P002"), 0)
    made = run(sorting.make_sheets, round_.id)
    assert made == SheetsMade(sheets=4, created=0, changed=1, removed=1, crates=4, pieces=6)
    cards = read(queries.sheets, round_.id)
    assert [(c.pickup_point_code, c.zone, c.pieces, c.version, c.state) for c in cards] == [
        ("P001", Zone.AMBIENT, 2, 1, SheetState.SORTED),
        ("P001", Zone.CHILLED, 1, 2, SheetState.WAITING),
        ("P001", Zone.FROZEN, 1, 1, SheetState.SORTED),
        ("P002", Zone.AMBIENT, 2, 1, SheetState.SORTED),
    ]


def test_many_pieces_fill_many_crates(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read, [{"FR001": 9}, {"FR001": 1}, {"FR001": 6}])
    made = run(sorting.make_sheets, round_.id)
    # A crate takes six bags of 2.5 kg: 15 kg and 31.2 of 34 litres. 15 bags for P001, 1 for P002.
    assert (made.sheets, made.crates, made.pieces) == (2, 4, 16)
    assert [label.code for label in read(queries.crate_labels, round_.id)] == [
        "261120-P001-A01", "261120-P001-A02", "261120-P001-A03", "261120-P002-A01",
    ]  # fmt: skip


def test_sheets_are_finished_one_by_one_or_all(run: Call, read: Call, database: Database) -> None:
    round_ = make_paid_round(run, read)
    run(sorting.make_sheets, round_.id)
    first = read(queries.sheets, round_.id)[0]
    database.transact(Actor("夜班", Role.HQ_WAREHOUSE, new_id()), sorting.finish_sheet, first.id)
    run(sorting.finish_sheet, first.id)
    rows = read(lambda s: s.execute(select(Sheet.state, Sheet.sorted_by).where(Sheet.id == first.id)).one())
    assert tuple(rows) == (SheetState.SORTED, "夜班")
    assert run(sorting.finish_all, round_.id) == 4
    assert run(sorting.finish_all, round_.id) == 0
    with pytest.raises(NotFound):
        run(sorting.finish_sheet, new_id())


def test_after_dispatch_sheets_stand(run: Call, read: Call) -> None:
    round_ = make_paid_round(run, read)
    make_dispatched(run, read, round_)
    with pytest.raises(AlreadyDispatched):
        run(sorting.make_sheets, round_.id)


def test_nothing_due_is_a_refusal_and_leaves_no_sheet(run: Call, read: Call) -> None:
    with pytest.raises(NothingToSort):
        run(sorting.make_sheets, new_id())


def test_without_the_right_nothing_happens(run: Call, read: Call, database: Database) -> None:
    round_ = make_paid_round(run, read)
    with pytest.raises(Forbidden):
        database.transact(Actor("buyer", Role.HQ_BUYER, new_id()), sorting.make_sheets, round_.id)
    assert read(queries.sheets, round_.id) == []
    assert read(lambda s: s.scalar(select(func.count(Crate.id)))) == 0
