"""Pick, load and deliver are one plan, and what changes after a print stands on a delta sheet: exact numbers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from app.documents.layout import Blank, Note, Signed
from app.documents.making import make
from app.domains.catalogue.values import Zone
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import NightPlanDisagrees, SortingBegun
from app.domains.logistics.models import Stop
from app.domains.logistics.service import slots, sorting
from app.domains.logistics.values.night import NightPlan
from app.flows import documents
from app.flows.routing import plan_routes
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.conftest import START
from tests.factories.logistics import QUICK, PaidRound, make_paid_round
from tests.factories.pdf import pages_of
from tests.integration.test_logistics_tasks import change, earlier_round

Call = Callable[..., Any]


@pytest.fixture
def round_(run: Call, read: Call) -> PaidRound:
    """P001: 2 oranges, 4 milk, 1 dumplings. P002: 2 oranges, 2 dumplings."""
    made = make_paid_round(run, read)
    run(sorting.make_sheets, made.id)
    return made


def test_before_routes_there_is_one_list_in_slot_order(round_: PaidRound, read: Call) -> None:
    plan: NightPlan = read(queries.night_plan, round_.id)
    assert (plan.plan_version, plan.pieces, plan.crates, plan.empties) == (None, 11, 5, 0)
    assert plan.stamp.startswith("R0·S1·")
    assert [(r.line.zone, r.line.sku_code, r.line.qty, r.slots) for r in plan.pick] == [
        (Zone.AMBIENT, "FR001", 4, 2), (Zone.CHILLED, "DY001", 4, 1), (Zone.FROZEN, "FZ001", 3, 2),
    ]  # fmt: skip
    assert [(r.no, [(s.slot, s.pieces, len(s.crates)) for s in r.stops]) for r in plan.deliver] == [
        (None, [("001", 7, 3), ("002", 4, 2)])
    ]
    assert [s.slot for s in plan.load[0].stops] == ["002", "001"]


def test_the_three_prints_agree_and_load_is_deliver_backwards(round_: PaidRound, run: Call, read: Call) -> None:
    plan_routes(run, read, round_.id, QUICK)
    plan: NightPlan = read(queries.night_plan, round_.id)
    assert plan.plan_version == 1
    for load, deliver in zip(plan.load, plan.deliver, strict=True):
        assert [s.seq for s in deliver.stops] == list(range(1, len(deliver.stops) + 1))
        assert [s.pickup_point_id for s in load.stops] == [s.pickup_point_id for s in reversed(deliver.stops)]
        assert (load.crates, load.no, load.vehicle) == (deliver.crates, deliver.no, deliver.vehicle)
    assert sum(route.crates for route in plan.load) == 5
    first = next(s for r in plan.load for s in r.stops if s.pickup_point_id == round_.point())
    assert first.crates == ("261120-P001-F01", "261120-P001-C01", "261120-P001-A01")


def test_pick_walks_the_shelves(run: Call, read: Call) -> None:
    made = make_paid_round(run, read)
    run(sorting.make_sheets, made.id)
    run(slots.save_shelves, made.hub_id, {made.sku["FR001"]: "A-10"})
    assert [row.line.shelf for row in read(queries.night_plan, made.id).pick] == ["A-10", "", ""]
    assert sorted(["B-1", "A-10", "", "A-9", "a-2"], key=rules.walk_order) == ["a-2", "A-9", "A-10", "B-1", ""]


def test_totals_that_differ_are_refused(round_: PaidRound, read: Call) -> None:
    plan: NightPlan = read(queries.night_plan, round_.id)
    sheets, _ = read(queries.night._snapshot, round_.id)
    queries.check_night_plan(plan, sheets)
    less = replace(plan.pick[0], line=replace(plan.pick[0].line, qty=3))
    with pytest.raises(NightPlanDisagrees) as refused:
        queries.check_night_plan(replace(plan, pick=(less, *plan.pick[1:])), sheets)
    assert refused.value.problem == "pick FR001: 3, sheets: 4"
    stops = plan.load[0].stops
    lost = replace(plan.load[0], stops=(replace(stops[0], crates=stops[0].crates[1:]), *stops[1:]))
    with pytest.raises(NightPlanDisagrees) as refused:
        queries.check_night_plan(replace(plan, load=(lost,)), sheets)
    assert refused.value.problem == "load: 4 crates, sheets: 5"
    with pytest.raises(NightPlanDisagrees) as refused:
        queries.check_night_plan(replace(plan, deliver=(replace(plan.deliver[0], stops=stops[1:]),)), sheets)
    assert refused.value.problem == "deliver FR001: 2, sheets: 4"


def test_every_change_of_a_sheet_or_of_the_routes_changes_the_stamp(round_: PaidRound, run: Call, read: Call) -> None:
    stamps = [read(queries.night_plan, round_.id).stamp]
    assert read(queries.night_plan, round_.id).stamp == stamps[0]
    change(run, round_, "DY001", "P001", 3)
    stamps.append(read(queries.night_plan, round_.id).stamp)
    plan_routes(run, read, round_.id, QUICK)
    stamps.append(read(queries.night_plan, round_.id).stamp)
    change(run, round_, "FZ001", "P002", 1)  # another sheet reaches version 2: only the hash can tell
    stamps.append(read(queries.night_plan, round_.id).stamp)
    assert [stamp[:6] for stamp in stamps] == ["R0·S1·", "R0·S2·", "R1·S2·", "R1·S2·"]
    assert len(set(stamps)) == 4


def test_a_point_without_a_tour_stands_on_a_list_of_its_own(run: Call, read: Call) -> None:
    made = make_paid_round(run, read, [{"FR001": 1}, {"DY001": 1}])
    run(sorting.make_sheets, made.id)
    change(run, made, "DY001", "P002", 0)
    plan_routes(run, read, made.id, QUICK)
    assert read(queries.night_plan, made.id).without_tour == 0
    change(run, made, "DY001", "P002", 1)
    plan: NightPlan = read(queries.night_plan, made.id)
    assert [(r.no, [s.pickup_point_code for s in r.stops]) for r in plan.deliver] == [(1, ["P001"]), (None, ["P002"])]
    assert plan.without_tour == 1


def test_a_point_that_two_trucks_serve_is_loaded_crate_by_crate(run: Call, read: Call) -> None:
    made = make_paid_round(run, read, [{"FR001": 9, "DY001": 2}])
    run(sorting.make_sheets, made.id)
    plan_routes(run, read, made.id, QUICK)

    def split(uow: UnitOfWork) -> None:
        stop = uow.session.scalars(select(Stop)).one()
        stop.crates = 1
        other = {"seq": 2, "first_crate": 1, "crates": 2}
        kept = ("route_id", "pickup_point_id", "arrive_at", "leave_at", "leg_m", "volume_ml", "weight_g")
        uow.session.add(Stop(**{name: getattr(stop, name) for name in kept}, **other))

    run(split)
    run(earlier_round, made, 3)
    plan: NightPlan = read(queries.night_plan, made.id)
    assert [(s.seq, s.crates, [(ln.sku_code, ln.qty) for ln in s.lines], s.empties) for s in plan.deliver[0].stops] == [
        (1, ("261120-P001-A01",), [("FR001", 6)], 3),
        (2, ("261120-P001-A02", "261120-P001-C01"), [("FR001", 3), ("DY001", 2)], 0),
    ]
    assert (plan.pieces, plan.crates, plan.empties, plan.without_tour) == (11, 3, 3, 0)
    assert read(queries.stop_places, made.id) == {made.point(): (1, 1)}


def test_a_delta_sheet_lists_only_what_changed_since_the_print(round_: PaidRound, run: Call, read: Call) -> None:
    change(run, round_, "DY001", "P001", 3)
    assert read(queries.delta_sheets, round_.id) == []  # nothing was on paper yet
    assert run(sorting.mark_printed, round_.id) == 5
    change(run, round_, "DY001", "P001", 2)
    change(run, round_, "DY001", "P001", 1)
    change(run, round_, "FZ001", "P002", 0)
    change(run, round_, "FR001", "P002", 1)
    change(run, round_, "FR001", "P002", 2)  # back to what is printed: no line
    found = read(queries.delta_sheets, round_.id)
    assert [(d.pickup_point_code, d.zone, d.printed_version, d.version) for d in found] == [
        ("P001", Zone.CHILLED, 2, 4), ("P002", Zone.FROZEN, 1, 2),
    ]  # fmt: skip
    assert [[(ln.sku_code, ln.before_qty, ln.after_qty, ln.change_qty) for ln in d.lines] for d in found] == [
        [("DY001", 3, 1, -2)], [("FZ001", 2, 0, -2)],
    ]  # fmt: skip
    run(sorting.mark_printed, round_.id, [found[0].sheet_id])
    assert [d.pickup_point_code for d in read(queries.delta_sheets, round_.id)] == ["P002"]


def test_a_print_of_delta_sheets_leaves_alone_what_was_never_printed(
    round_: PaidRound, run: Call, read: Call, database: Database
) -> None:
    first, *_others = read(queries.sheets, round_.id)
    run(sorting.mark_printed, round_.id, [first.id])
    change(run, round_, "FR001", first.pickup_point_code, 1)
    person = Actor("Rui", Role.HQ_WAREHOUSE, new_id())
    run_as = partial(database.transact, person)
    documents.print_now(run_as, documents.Print(kind="delta-sheet", group_buy_id=round_.id))
    assert read(queries.delta_sheets, round_.id) == []
    versions = {s.id: s.printed_version for s in read(queries.sheets, round_.id) if s.printed_version}
    assert versions == {first.id: 2}


def test_a_delta_sheet_says_what_is_left_and_which_labels_count(run: Call, read: Call, database: Database) -> None:
    made = make_paid_round(run, read, [{"FR001": 9, "DY001": 2}, {"FR001": 1}])
    run(sorting.make_sheets, made.id)
    run(sorting.mark_printed, made.id)
    change(run, made, "FR001", "P001", 4)
    change(run, made, "DY001", "P001", 0)
    wanted = documents.Print(kind="delta-sheet", group_buy_id=made.id, locale="en")
    fruit, milk = read(documents.describe, wanted, START)[1]
    assert (fruit.title, fruit.version, [(fact.label, fact.value) for fact in fruit.facts[-2:]]) == (
        "Delta sheet · Ambient", 2, [("Pieces now", 4), ("Crates now", 1)],
    )  # fmt: skip
    assert fruit.table().rows == [("FR001", fruit.table().rows[0][1], 9, 4, Signed(-5), Blank.BOX)]
    assert fruit.blocks[-1] == Note("Crates that count now: 261120-P001-A01. Take labels of any other crate off.")
    assert [fact.value for fact in milk.facts[-2:]] == [0, 0]
    assert milk.blocks[-1] == Note("Nothing is left here: take all crates of this sheet away, with their labels.")
    said = [text for page in pages_of(make(*read(documents.describe, wanted, START)).content) for text in page]
    assert ("–5" in said, "–2" in said, "□" in "".join(said)) == (True, True, False)


def test_printed_slots_stand_and_a_new_point_gets_the_next_number(run: Call, read: Call) -> None:
    made = make_paid_round(run, read, [{"FR001": 1}, {"DY001": 1}])
    run(sorting.make_sheets, made.id)
    change(run, made, "FR001", "P001", 0)
    run(sorting.mark_printed, made.id)
    with pytest.raises(SortingBegun):
        run(slots.renumber, made.id)
    change(run, made, "FR001", "P001", 1)
    assert [(c.pickup_point_code, c.slot, c.version) for c in read(queries.sheets, made.id)] == [
        ("P001", "001", 3), ("P002", "002", 1),
    ]  # fmt: skip


def test_labels_that_are_printed_stay_good(run: Call, read: Call) -> None:
    made = make_paid_round(run, read, [{"FR001": 9}, {"FR001": 1}])
    run(sorting.make_sheets, made.id)
    before = {c.code for c in read(queries.crate_cards, made.id)}
    change(run, made, "FR001", "P001", 4)
    after = {c.code for c in read(queries.crate_cards, made.id)}
    assert before - after == {"261120-P001-A02"}
    assert after == {"261120-P001-A01", "261120-P002-A01"}


def test_no_night_without_sheets(read: Call) -> None:
    plan = read(queries.night_plan, new_id())
    assert (plan.pieces, plan.crates, plan.pick, plan.load, plan.deliver) == (0, 0, (), (), ())
