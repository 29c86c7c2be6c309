"""Handover: one count, and in the same transaction refunds, charges and orders that can be fetched."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.groupbuys.values import Station
from app.domains.ledger.models import Journal, PostingRow
from app.domains.ledger.values import JournalKind, LedgerAccount
from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyCounted, CountAboveExpected, HandoversOpen
from app.domains.logistics.values.handover import CountLine, Fault, HandoverCard, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.orders.models import LineCut, OrderLine
from app.domains.orders.values import CutReason
from app.domains.payments.models import Refund
from app.flows.handover import count_handover, handover_station
from app.flows.station import StationRun
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from tests.factories.communities import leader
from tests.factories.kept import kept
from tests.factories.logistics import PaidRound, make_dispatched, make_paid_round

Call = Callable[..., Any]
HUB_PAYS = [
    (JournalKind.HUB_CHARGED, LedgerAccount.HUB_LOSS, 1_800),
    (JournalKind.HUB_CHARGED, LedgerAccount.GOODS, -1_800),
]


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    made = make_paid_round(run, read)
    make_dispatched(run, read, made)
    return made


def handover_of(read: Call, round_: PaidRound, point: str = "P001") -> HandoverCard:
    found: list[HandoverCard] = read(queries.handovers_of_round, round_.id)
    return next(card for card in found if card.pickup_point_id == round_.point(point))


def cuts(read: Call) -> list[tuple[UUID, UUID, int, int, CutReason]]:
    wanted = (
        select(LineCut.order_id, OrderLine.sku_id, LineCut.qty, LineCut.amount_cents, LineCut.reason)
        .join(OrderLine, OrderLine.id == LineCut.line_id)
        .order_by(LineCut.order_id, OrderLine.sku_id, LineCut.reason)
    )
    return [tuple(row) for row in read(lambda s: s.execute(wanted).all())]


def charges(read: Call) -> list[tuple[JournalKind, LedgerAccount, UUID | None, int]]:
    wanted = (
        select(Journal.kind, PostingRow.account, PostingRow.owner_id, PostingRow.amount_cents)
        .join(PostingRow, PostingRow.journal_id == Journal.id)
        .where(Journal.kind.in_([JournalKind.SUPPLIER_CHARGED, JournalKind.HUB_CHARGED]))
        .order_by(Journal.kind, PostingRow.amount_cents.desc())
    )
    return [tuple(row) for row in read(lambda s: s.execute(wanted).all())]


def states(read: Call, round_: PaidRound) -> list[PickupState]:
    return [read(queries.pickup_of_order, order.id).state for order in round_.orders]


def test_a_complete_handover_makes_the_orders_of_its_point_ready(
    database: Database, read: Call, round_: PaidRound
) -> None:
    card = handover_of(read, round_)
    done = database.transact(leader(round_.leader()), count_handover, card.id, ())
    assert (done.state, done.counted_at) == (HandoverState.COUNTED, database.clock.now())
    ready, waiting = PickupState.READY, PickupState.EXPECTED
    assert states(read, round_) == [ready, waiting, ready, waiting]
    pickup = read(queries.pickup_of_order, round_.orders[0].id)
    assert [(line.sku_name_en, line.due_qty, line.picked_qty) for line in pickup.lines] == [
        ("Gannan navel oranges", 2, 0), ("Gannan navel oranges", 1, 0),
    ]  # fmt: skip
    assert cuts(read) == []
    assert charges(read) == []


def test_who_paid_last_loses_first_and_gets_the_money_back(database: Database, read: Call, round_: PaidRound) -> None:
    card = handover_of(read, round_)
    lines = [CountLine(sku_id=round_.sku["DY001"], short_qty=2, damaged_qty=1, fault=Fault.SUPPLIER, note="漏")]
    done = database.transact(leader(round_.leader()), count_handover, card.id, lines)
    milk = next(line for line in done.lines if line.sku_code == "DY001")
    assert (milk.expected_qty, milk.short_qty, milk.damaged_qty, milk.good_qty, milk.fault, milk.note) == (
        4, 2, 1, 1, Fault.SUPPLIER, "漏",
    )  # fmt: skip
    last = round_.orders[2]
    assert cuts(read) == [
        (last.id, round_.sku["DY001"], 1, 590, CutReason.HANDOVER_DAMAGED),
        (last.id, round_.sku["DY001"], 2, 1_180, CutReason.HANDOVER_SHORT),
    ]
    assert read(lambda s: s.scalar(select(func.sum(Refund.amount_cents)).filter_by(order_id=last.id))) == 1_770
    pickup = read(queries.pickup_of_order, last.id)
    assert [line.due_qty for line in pickup.lines] == [1]  # the dumplings; all three milks are gone
    assert charges(read)[0][:2] == (JournalKind.SUPPLIER_CHARGED, LedgerAccount.SUPPLIER_PAYABLE)
    assert [c[3] for c in charges(read)] == [1_350, -1_350]


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [(Fault.HUB, HUB_PAYS), (Fault.CARRIER, HUB_PAYS), (Fault.LEADER, [])],
)
def test_whose_fault_it_is_decides_who_is_charged(
    database: Database, read: Call, round_: PaidRound, fault: Fault, wanted: list[Any]
) -> None:
    card = handover_of(read, round_)
    lines = [CountLine(sku_id=round_.sku["FZ001"], damaged_qty=1, fault=fault)]
    database.transact(leader(round_.leader()), count_handover, card.id, lines)
    found = charges(read)
    assert [(kind, account, cents) for kind, account, _, cents in found] == wanted
    assert [owner for _, account, owner, _ in found if account is LedgerAccount.HUB_LOSS] == [round_.hub_id] * bool(
        wanted
    )
    assert [(qty, amount) for _, _, qty, amount, _ in cuts(read)] == [(1, 2_500)]


def test_an_order_that_lost_everything_is_void(database: Database, read: Call, round_: PaidRound) -> None:
    card = handover_of(read, round_, "P002")
    lines = [CountLine(sku_id=round_.sku["FR001"], short_qty=2)]
    database.transact(leader(round_.leader("L002")), count_handover, card.id, lines)
    ready, expected, void = PickupState.READY, PickupState.EXPECTED, PickupState.VOID
    assert states(read, round_) == [expected, void, expected, ready]
    assert read(queries.pickup_code_of_order, round_.orders[1].id, round_.orders[1].resident_id) is None


def test_the_same_count_again_changes_nothing_and_another_is_refused(
    database: Database, read: Call, round_: PaidRound
) -> None:
    card, who = handover_of(read, round_), leader(round_.leader())
    lines = [CountLine(sku_id=round_.sku["DY001"], short_qty=1)]
    done = database.transact(who, count_handover, card.id, lines)
    before = cuts(read)
    assert database.transact(who, count_handover, card.id, lines) == done
    for other in ((), [CountLine(sku_id=round_.sku["DY001"], short_qty=2)]):
        with pytest.raises(AlreadyCounted):
            database.transact(who, count_handover, card.id, other)
    assert cuts(read) == before
    assert len(charges(read)) == 2


def test_impossible_counts_are_refused_and_nothing_is_counted(
    database: Database, read: Call, round_: PaidRound
) -> None:
    card, who, milk = handover_of(read, round_), leader(round_.leader()), round_.sku["DY001"]
    with pytest.raises(CountAboveExpected) as refusal:
        database.transact(who, count_handover, card.id, [CountLine(sku_id=milk, short_qty=3, damaged_qty=2)])
    assert refusal.value.detail() == {"sku_id": milk, "expected_qty": 4}
    with pytest.raises(CountAboveExpected):
        database.transact(who, count_handover, card.id, [CountLine(sku_id=new_id(), short_qty=1)])
    for wrong in (
        [CountLine(sku_id=milk, short_qty=-1)],
        [CountLine(sku_id=milk), CountLine(sku_id=milk, short_qty=1)],
    ):
        with pytest.raises(Invalid):
            database.transact(who, count_handover, card.id, wrong)
    assert handover_of(read, round_).state is HandoverState.EXPECTED
    assert set(states(read, round_)) == {PickupState.EXPECTED}


def test_only_the_leader_of_the_point_or_the_warehouse_may_count(
    database: Database, read: Call, round_: PaidRound
) -> None:
    card = handover_of(read, round_)
    for who in (leader(round_.leader("L002")), leader(new_id())):
        with pytest.raises(NotFound):
            database.transact(who, count_handover, card.id, ())
    for role in (Role.RESIDENT, Role.HQ_FINANCE):
        with pytest.raises(Forbidden):
            database.transact(Actor("x", role, new_id()), count_handover, card.id, ())
    assert handover_of(read, round_).state is HandoverState.EXPECTED
    database.transact(Actor("night", Role.HQ_WAREHOUSE, new_id()), count_handover, card.id, ())
    assert handover_of(read, round_).state is HandoverState.COUNTED


def test_a_leader_sees_the_handovers_of_her_point(read: Call, round_: PaidRound) -> None:
    card = handover_of(read, round_)
    assert read(queries.handovers_of_leader, round_.leader()) == [card]
    assert read(queries.handovers_of_leader, round_.leader(), card.pickup_on) == [card]
    assert read(queries.handovers_of_leader, new_id()) == []
    assert read(queries.get_handover, card.id) == card
    with pytest.raises(NotFound):
        read(queries.get_handover, new_id())


def test_the_station_counts_what_is_open_only_when_told_to(run: Call, read: Call, round_: PaidRound) -> None:
    st = StationRun(run, read, round_.id, Station.HANDOVER)
    run(count_handover, handover_of(read, round_).id, ())
    with pytest.raises(HandoversOpen) as refusal:
        handover_station(st, {})
    assert refusal.value.detail() == {"open": 1, "total": 2}
    assert handover_station(st, {"as_expected": True}) == "2 handovers counted"
    assert set(states(read, round_)) == {PickupState.READY}
    assert handover_station(st, {}) == "2 handovers counted"
