"""The sorting queue with exact numbers: puts, shorts, undo, corrections after a late change, errors at the door."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import (
    AlreadyDispatched,
    AlreadyPut,
    CrateNotFilled,
    PutChanged,
    SheetsOpen,
    SortingBegun,
    TaskTaken,
    TooManyEmpties,
    WrongCrate,
)
from app.domains.logistics.models import Demand, Handover, SortPut, Stop
from app.domains.logistics.service import crates, routes, slots, sorting, tasks
from app.domains.logistics.values.handover import CountLine, Fault, HandoverState
from app.domains.logistics.values.sorting import SheetCard, SheetState
from app.domains.logistics.values.tasks import ShortReason, SorterErrors, TaskCard, TaskKind, TaskState
from app.flows.handover import count_handover
from app.flows.routing import plan_routes
from app.infra.clock import SetClock
from app.infra.idempotency import KeyReused
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from tests.conftest import START
from tests.factories.kept import kept
from tests.factories.logistics import QUICK, PaidRound, make_paid_round
from tests.factories.sorting import Sorter, sorter

Call = Callable[..., Any]


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    """P001: 2 oranges, 4 milk, 1 dumplings. P002: 2 oranges, 2 dumplings."""
    made = make_paid_round(run, read)
    run(sorting.make_sheets, made.id)
    return made


@pytest.fixture
def person(database: Database) -> Sorter:
    return sorter(database)


def claimed(person: Sorter, round_: PaidRound, zone: Zone = Zone.AMBIENT) -> TaskCard:
    task = person.claim(round_.id, zone)
    assert task is not None
    return task


def set_due(uow: UnitOfWork, round_: PaidRound, sku: str, point: str, qty: int) -> None:
    which = (Demand.group_buy_id == round_.id, Demand.sku_id == round_.sku[sku])
    uow.session.execute(update(Demand).where(*which, Demand.pickup_point_id == round_.point(point)).values(due_qty=qty))


def change(run: Call, round_: PaidRound, sku: str, point: str, qty: int) -> None:
    """A late change: the demand falls, and the sheets are made again."""
    run(set_due, round_, sku, point, qty)
    run(sorting.make_sheets, round_.id)


def state_of(read: Call, round_: PaidRound, point: str, zone: Zone) -> SheetState:
    cards: list[SheetCard] = read(queries.sheets, round_.id)
    return next(c.state for c in cards if (c.pickup_point_code, c.zone) == (point, zone))


def test_a_task_is_one_sku_along_the_slots(round_: PaidRound, person: Sorter) -> None:
    task = claimed(person, round_)
    assert (task.sku_code, task.zone, task.kind, task.state, task.pieces, task.bay) == (
        "FR001", Zone.AMBIENT, TaskKind.PUT, TaskState.CLAIMED, 4, 1,
    )  # fmt: skip
    assert [(p.slot, p.pickup_point_code, p.qty, p.put_qty, p.crates) for p in task.puts] == [
        ("001", "P001", 2, None, ("261120-P001-A01",)), ("002", "P002", 2, None, ("261120-P002-A01",)),
    ]  # fmt: skip
    assert task.lease_until == START + rules.LEASE
    assert claimed(person, round_).id == task.id


def test_the_last_put_finishes_task_and_sheet(round_: PaidRound, person: Sorter, read: Call) -> None:
    task = claimed(person, round_)
    first = person.put(task.puts[0].id, 2)
    assert (first.task_done, first.left_in_task) == (False, 1)
    assert state_of(read, round_, "P001", Zone.AMBIENT) is SheetState.SORTED
    assert state_of(read, round_, "P002", Zone.AMBIENT) is SheetState.WAITING
    assert person.put(task.puts[1].id, 2).task_done
    assert person.claim(round_.id, Zone.AMBIENT) is None
    assert person.drain(round_.id, Zone.CHILLED) == 1
    assert person.drain(round_.id, Zone.FROZEN) == 1
    assert read(queries.sheet_totals, round_.id).waiting == 0


def test_a_post_that_comes_again_changes_nothing(round_: PaidRound, person: Sorter, read: Call) -> None:
    task = claimed(person, round_)
    key = "a-press-of-the-button"
    assert person.put(task.puts[0].id, 2, key=key) == person.put(task.puts[0].id, 2, key=key)
    with pytest.raises(KeyReused):
        person.put(task.puts[0].id, 2, 1, ShortReason.NOT_FOUND, key=key)
    with pytest.raises(AlreadyPut) as refused:
        person.put(task.puts[0].id, 2)
    assert refused.value.worker == "小王"
    with pytest.raises(Invalid):
        person.put(task.puts[1].id, 2, key="short")
    assert read(queries.get_task, task.id).puts[1].put_qty is None


def test_short_pieces_need_a_reason_and_can_be_searched_again(
    round_: PaidRound, person: Sorter, run: Call, read: Call
) -> None:
    task = claimed(person, round_, Zone.CHILLED)
    for short, reason in ((1, None), (5, ShortReason.NOT_FOUND), (-1, ShortReason.NOT_FOUND)):
        with pytest.raises(Invalid):
            person.put(task.puts[0].id, 4, short, reason)
    person.put(task.puts[0].id, 4, 3, ShortReason.DAMAGED)
    short = read(queries.short_cards, round_.id)
    assert [(s.slot, s.sku_code, s.qty, s.reason, s.put_by) for s in short] == [
        ("001", "DY001", 3, ShortReason.DAMAGED, "小王")
    ]
    assert state_of(read, round_, "P001", Zone.CHILLED) is SheetState.SORTED
    assert run(tasks.search_again, round_.id, [short[0].put_id]) == 3
    assert run(tasks.search_again, round_.id, [short[0].put_id]) == 0
    assert read(queries.short_cards, round_.id) == []
    assert state_of(read, round_, "P001", Zone.CHILLED) is SheetState.WAITING
    again = claimed(person, round_, Zone.CHILLED)
    assert (again.kind, again.pieces, again.id != task.id) == (TaskKind.CORRECTION, 3, True)
    person.finish(again)
    assert state_of(read, round_, "P001", Zone.CHILLED) is SheetState.SORTED
    # Nothing is left to correct: making the sheets again finds everything as it should be.
    run(sorting.make_sheets, round_.id)
    assert person.claim(round_.id, Zone.CHILLED) is None


def test_undo_gives_the_put_back_to_its_sorter(round_: PaidRound, person: Sorter, read: Call) -> None:
    task = claimed(person, round_, Zone.CHILLED)
    put = task.puts[0]
    person.put(put.id, 4)
    assert read(queries.last_put_of, round_.id, person.actor.id) == put.id
    stranger = sorter(person.database, "somebody else")
    with pytest.raises(NotFound):
        stranger.database.transact(stranger.actor, tasks.undo, put.id, "undo-by-another")
    back = person.database.transact(person.actor, tasks.undo, put.id, "undo-once")
    assert (back.task_id, back.task_done, back.left_in_task) == (task.id, False, 1)
    assert state_of(read, round_, "P001", Zone.CHILLED) is SheetState.WAITING
    assert claimed(person, round_, Zone.CHILLED).id == task.id
    person.put(put.id, 4)
    # The same undo, sent again by a phone that had lost the answer, does not undo the second put.
    person.database.transact(person.actor, tasks.undo, put.id, "undo-once")
    assert state_of(read, round_, "P001", Zone.CHILLED) is SheetState.SORTED


def test_a_pause_keeps_a_task_and_putting_back_frees_it(
    round_: PaidRound, person: Sorter, database: Database, clock: SetClock
) -> None:
    other = sorter(database, "other")
    task = claimed(person, round_)
    person.put(task.puts[0].id, 2)
    database.transact(person.actor, tasks.pause, task.id)
    clock.move_to(START + rules.PAUSE - timedelta(seconds=1))
    assert other.claim(round_.id) is None
    clock.move_to(START + rules.PAUSE)
    taken = claimed(other, round_)
    assert (taken.id, [p.put_qty for p in taken.puts]) == (task.id, [2, None])
    with pytest.raises(TaskTaken) as refused:
        person.put(task.puts[1].id, 2)
    assert refused.value.worker == "other"
    with pytest.raises(TaskTaken):
        database.transact(person.actor, tasks.put_back, task.id)
    database.transact(other.actor, tasks.put_back, task.id)
    assert claimed(person, round_).id == task.id


def test_the_scanned_crate_must_be_the_right_one(round_: PaidRound, person: Sorter, read: Call) -> None:
    task = claimed(person, round_)
    with pytest.raises(WrongCrate) as refused:
        person.put(task.puts[0].id, 2, crate="261120-P002-A01")
    assert refused.value.right == ["261120-P001-A01"]
    person.put(task.puts[0].id, 2, crate=" 261120-p001-a01 ")
    assert read(lambda s: s.scalar(select(SortPut.crate_code).filter_by(id=task.puts[0].id))) == "261120-P001-A01"


def test_a_change_before_the_put_renews_its_number(round_: PaidRound, person: Sorter, run: Call, read: Call) -> None:
    task = claimed(person, round_)
    change(run, round_, "FR001", "P002", 1)
    with pytest.raises(PutChanged) as refused:
        person.put(task.puts[1].id, 2)
    assert refused.value.qty == 1
    person.put(task.puts[0].id, 2)
    change(run, round_, "FR001", "P002", 0)
    # The only open put is gone, so the task is done and the emptied sheet waits for nobody.
    assert read(queries.get_task, task.id).state is TaskState.DONE
    with pytest.raises(NotFound):
        person.put(task.puts[1].id, 1)
    totals = read(queries.sheet_totals, round_.id)
    assert (totals.sheets, totals.waiting, totals.pieces) == (4, 3, 9)


def test_a_change_after_the_put_is_a_correction_in_both_directions(
    round_: PaidRound, person: Sorter, run: Call, read: Call
) -> None:
    person.drain(round_.id, Zone.CHILLED)
    change(run, round_, "DY001", "P001", 1)
    out = claimed(person, round_, Zone.CHILLED)
    assert (out.kind, [p.qty for p in out.puts]) == (TaskKind.CORRECTION, [-3])
    change(run, round_, "DY001", "P001", 3)
    out = claimed(person, round_, Zone.CHILLED)
    assert [p.qty for p in out.puts] == [-1]
    person.finish(out)
    change(run, round_, "DY001", "P001", 4)
    more = claimed(person, round_, Zone.CHILLED)
    assert [p.qty for p in more.puts] == [1]
    change(run, round_, "DY001", "P001", 3)  # and back again: nothing is to be done
    assert person.claim(round_.id, Zone.CHILLED) is None
    assert state_of(read, round_, "P001", Zone.CHILLED) is SheetState.SORTED
    lies_there = read(lambda s: sum(s.scalars(select(SortPut.put_qty).where(SortPut.sku_id == round_.sku["DY001"]))))
    assert lies_there == 3


def test_a_sheet_that_lost_everything_must_be_emptied_before_the_trucks_leave(
    round_: PaidRound, person: Sorter, run: Call, read: Call
) -> None:
    for zone in Zone:
        person.drain(round_.id, zone)
    change(run, round_, "FZ001", "P002", 0)
    totals = read(queries.sheet_totals, round_.id)
    assert (totals.sheets, totals.waiting) == (4, 1)
    plan_routes(run, read, round_.id, QUICK)
    with pytest.raises(SheetsOpen):
        run(routes.dispatch, round_.id)
    out = claimed(person, round_, Zone.FROZEN)
    assert [(p.pickup_point_code, p.qty, p.crates) for p in out.puts] == [("P002", -2, ())]
    person.finish(out)
    assert run(routes.dispatch, round_.id) == 2
    with pytest.raises(AlreadyDispatched):
        person.database.transact(person.actor, tasks.undo, out.puts[0].id, "too-late-now")


def test_corrections_come_first_then_the_walk_by_shelf(run: Call, read: Call, database: Database) -> None:
    made = make_paid_round(run, read, [{"FR001": 1}, {"FR001": 1}])
    run(sorting.make_sheets, made.id)
    assert [c.sku_code for c in read(queries.shelves_of_round, made.id)] == ["FR001"]
    assert run(slots.save_shelves, made.hub_id, {made.sku["FR001"]: "  a-12 "}) == 1
    task = sorter(database).claim(made.id)
    assert task is not None
    assert task.shelf == "a-12"
    with pytest.raises(Invalid):
        run(slots.save_shelves, made.hub_id, {made.sku["FR001"]: "x" * 21})
    assert run(slots.save_shelves, made.hub_id, {made.sku["FR001"]: ""}) == 0
    assert [c.shelf for c in read(queries.shelves_of_round, made.id)] == [""]


def test_slots_follow_the_routes_until_somebody_begins(
    round_: PaidRound, person: Sorter, run: Call, read: Call
) -> None:
    assert [c.slot for c in read(queries.sheets, round_.id)] == ["001", "001", "001", "002", "002"]
    plan_routes(run, read, round_.id, QUICK)
    stops = read(queries.stop_places, round_.id)
    expected = {point: f"{no}-{seq:02d}" for point, (no, seq) in stops.items()}
    assert {c.pickup_point_id: c.slot for c in read(queries.sheets, round_.id)} == expected
    run(slots.renumber, round_.id)
    assert {c.pickup_point_id: c.slot for c in read(queries.sheets, round_.id)} == expected
    task = claimed(person, round_)
    assert {p.slot for p in task.puts} == set(expected.values())
    plan_routes(run, read, round_.id, QUICK)  # too late for the slots, and no hindrance for the plan
    assert {c.pickup_point_id: c.slot for c in read(queries.sheets, round_.id)} == expected
    with pytest.raises(SortingBegun):
        run(slots.renumber, round_.id)


def test_progress_counts_zones_and_people(
    round_: PaidRound, person: Sorter, read: Call, database: Database, clock: SetClock
) -> None:
    other = sorter(database, "other")
    claimed(other, round_, Zone.FROZEN)
    person.put(claimed(person, round_).puts[0].id, 2)
    found = read(queries.sort_progress, round_.id, START)
    assert [(z.zone, z.tasks, z.open_tasks, z.claimed_tasks, z.puts, z.open_puts, z.pieces, z.put_pieces)
            for z in found.zones] == [
        (Zone.AMBIENT, 1, 1, 1, 2, 1, 4, 2), (Zone.CHILLED, 1, 1, 0, 1, 1, 4, 0), (Zone.FROZEN, 1, 1, 1, 2, 2, 3, 0),
    ]  # fmt: skip
    assert [(s.worker, s.zone, s.puts, s.pieces, s.puts_per_hour) for s in found.sorters] == [
        ("other", Zone.FROZEN, 0, 0, 0), ("小王", Zone.AMBIENT, 1, 2, 4),
    ]  # fmt: skip
    assert (found.open_puts, found.puts_per_hour, found.minutes_left) == (4, 4, 60)
    clock.move_to(START + rules.PACE)
    assert read(queries.sort_progress, round_.id, clock.now()).minutes_left is None


def test_a_crate_closes_when_its_sheet_is_put(round_: PaidRound, person: Sorter, run: Call, read: Call) -> None:
    code = "261120-P001-C01"
    with pytest.raises(CrateNotFilled) as refused:
        run(crates.close, round_.id, code)
    assert refused.value.open == 1
    person.drain(round_.id, Zone.CHILLED)
    assert run(crates.close, round_.id, code) is True
    assert run(crates.close, round_.id, code) is False
    with pytest.raises(NotFound):
        run(crates.close, round_.id, "261120-P009-C01")
    change(run, round_, "DY001", "P001", 3)
    card = read(queries.find_crate, round_.id, code)
    assert card.closed_at is None  # its contents changed, so it is open again


def handed(run: Call, read: Call, round_: PaidRound, person: Sorter) -> None:
    for zone in Zone:
        person.drain(round_.id, zone)
    plan_routes(run, read, round_.id, QUICK)
    run(routes.dispatch, round_.id)


def test_what_the_leader_misses_is_told_to_who_put_it(
    round_: PaidRound, person: Sorter, run: Call, read: Call, database: Database
) -> None:
    other = sorter(database, "other")
    other.drain(round_.id, Zone.FROZEN)
    task = claimed(person, round_, Zone.CHILLED)
    person.put(task.puts[0].id, 4, 1, ShortReason.NOT_FOUND)
    handed(run, read, round_, person)
    card = next(h for h in read(queries.handovers_of_round, round_.id) if h.pickup_point_id == round_.point())
    counted = [
        CountLine(sku_id=round_.sku["FR001"], short_qty=2, fault=Fault.HUB),
        CountLine(sku_id=round_.sku["DY001"], short_qty=2, fault=Fault.HUB),  # one of them was declared
        CountLine(sku_id=round_.sku["FZ001"], short_qty=1, fault=Fault.SUPPLIER),
    ]
    run(count_handover, card.id, counted)
    assert read(queries.sorter_errors, round_.hub_id, START) == [
        SorterErrors(sorter="小王", zone=Zone.AMBIENT, error_qty=2, put_qty=4),
        SorterErrors(sorter="小王", zone=Zone.CHILLED, error_qty=1, put_qty=3),
        SorterErrors(sorter="other", zone=Zone.FROZEN, error_qty=0, put_qty=3),
    ]
    assert read(queries.sorter_errors, round_.hub_id, START)[0].per_thousand == 500


def test_empties_are_what_was_brought_less_what_came_back(
    round_: PaidRound, person: Sorter, run: Call, read: Call, database: Database
) -> None:
    handed(run, read, round_, person)
    for handover_id in read(queries.open_handovers, round_.id):
        run(count_handover, handover_id, ())
    cards = read(queries.empties, round_.hub_id)
    assert [(c.pickup_point_code, c.brought, c.returned, c.there) for c in cards] == [
        ("P001", 3, 0, 3), ("P002", 2, 0, 2),
    ]  # fmt: skip
    # The truck of this very round finds nothing: what it brings is full.
    assert read(queries.empties_of_round, round_.id) == {}
    own = next(h for h in read(queries.handovers_of_round, round_.id) if h.pickup_point_id == round_.point())
    with pytest.raises(TooManyEmpties) as refused:
        run(crates.take_empties, own.id, 1)
    assert refused.value.there == 0
    run(earlier_round, round_, 4)
    assert read(queries.night_plan, round_.id).empties == 4
    assert read(queries.empties_of_round, round_.id) == {round_.point(): 4}
    # The driver noted one at the door; what the leader says afterwards counts instead.
    run(drivers_note, round_, 1)
    assert read(queries.empties_at, round_.id, round_.point(), round_.hub_id) == (4, 1)
    assert read(queries.empties, round_.hub_id)[0].there == 6
    with pytest.raises(NotFound):
        database.transact(Actor("L002", Role.LEADER, round_.leader("L002")), crates.take_empties, own.id, 0)
    leader = Actor("L001", Role.LEADER, round_.leader("L001"))
    assert database.transact(leader, crates.take_empties, own.id, 3) == 1
    assert database.transact(leader, crates.take_empties, own.id, 3) == 1
    with pytest.raises(TooManyEmpties):
        database.transact(leader, crates.take_empties, own.id, 5)
    cards = read(queries.empties, round_.hub_id)
    assert [(c.pickup_point_code, c.brought, c.returned, c.there) for c in cards] == [
        ("P001", 7, 3, 4), ("P002", 2, 0, 2),
    ]  # fmt: skip


def earlier_round(uow: UnitOfWork, round_: PaidRound, crates_then: int) -> None:
    """The round of the day before brought crates to P001, and they still stand there."""
    uow.session.add(
        Handover(group_buy_id=new_id(), hub_id=round_.hub_id, pickup_point_id=round_.point(), crates=crates_then,
                 leader_id=round_.leader("L001"), pickup_on=START.date(), state=HandoverState.COUNTED,
                 planned_at=START)
    )  # fmt: skip


def drivers_note(uow: UnitOfWork, round_: PaidRound, qty: int) -> None:
    uow.session.execute(update(Stop).where(Stop.pickup_point_id == round_.point()).values(empties_qty=qty))


def test_who_may_not_sort_changes_nothing(round_: PaidRound, database: Database, read: Call, run: Call) -> None:
    buyer = Actor("buyer", Role.HQ_BUYER, new_id())
    with pytest.raises(Forbidden):
        database.transact(buyer, tasks.claim, round_.id, Zone.AMBIENT)
    with pytest.raises(Forbidden):
        run(tasks.claim, round_.id, Zone.AMBIENT)  # a program has no hands
    assert read(queries.sort_progress, round_.id, START).zones[0].claimed_tasks == 0
