"""Pickup by code: once, at the right point, with the sale and the commission, and without room for guessing."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, update

from app.domains.groupbuys.values import Station
from app.domains.ledger.models import Journal, PostingRow
from app.domains.ledger.values import JournalKind, LedgerAccount
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import (
    AboveDue,
    AlreadyPickedUp,
    CodesExhausted,
    NotReady,
    PickupVoid,
    WrongCode,
)
from app.domains.logistics.models import Pickup, PickupEvent, PickupLine
from app.domains.logistics.service import pickups
from app.domains.logistics.values.pickup import PickLine, PickupState, RecordPickup
from app.domains.settlement.models import CommissionEntry
from app.flows.handover import count_handover
from app.flows.pickup import hand_out, look_up, remind_station
from app.flows.station import StationRun
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, TooMany
from app.kernel.ids import new_id
from tests.database import Sweeper
from tests.factories.communities import leader
from tests.factories.kept import kept, now_at
from tests.factories.logistics import PaidRound, code_of, make_dispatched, make_paid_round, make_ready, picked_of

Call = Callable[..., Any]


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    made = make_paid_round(run, read)
    make_ready(run, read, made)
    return made


@pytest.fixture
def as_leader(database: Database, round_: PaidRound) -> Call:
    """Run a use-case as the leader of P001."""
    return lambda use_case, *args: database.transact(leader(round_.leader()), use_case, *args)


def wrong(read: Call, round_: PaidRound, number: int = 0) -> str:
    """A code that no order of the round has."""
    known = {code_of(read, order) for order in round_.orders}
    return [c for c in (f"{n:06d}" for n in range(40)) if c not in known][number]


def sales(read: Call) -> list[tuple[LedgerAccount, int]]:
    wanted = (
        select(PostingRow.account, PostingRow.amount_cents)
        .join(Journal, Journal.id == PostingRow.journal_id)
        .where(Journal.kind == JournalKind.GOODS_PICKED_UP)
        .order_by(PostingRow.id)
    )
    return [tuple(row) for row in read(lambda s: s.execute(wanted).all())]


# --- opening --------------------------------------------------------------------------------------------------------


def test_every_paid_order_has_a_code_of_its_own(read: Call, round_: PaidRound) -> None:
    codes = [code_of(read, order) for order in round_.orders]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    for order, code in zip(round_.orders, codes, strict=True):
        assert read(queries.pickup_code_of_order, order.id, order.resident_id) == code
        assert read(queries.pickup_code_of_order, order.id, new_id()) is None


def test_opening_again_keeps_the_code(run: Call, read: Call, round_: PaidRound) -> None:
    before = [code_of(read, order) for order in round_.orders]
    assert run(pickups.open_pickups, round_.orders) == 0
    assert [code_of(read, order) for order in round_.orders] == before


def test_a_round_may_have_more_orders_than_a_statement_has_parameters(
    read: Call, round_: PaidRound, database: Database
) -> None:
    """A statement takes 65,535 of them: those that read a round have as many for none as for all orders."""

    def parameters(round_id: UUID) -> list[int]:
        seen: list[int] = []
        note = lambda *call: seen.append(len(call[3]))  # noqa: E731  the same object must be taken off again
        event.listen(database.engine, "before_cursor_execute", note)
        read(queries.pickups_of_round, round_id)
        event.remove(database.engine, "before_cursor_execute", note)
        return seen

    assert len(read(queries.pickups_of_round, round_.id)) > 1
    assert parameters(round_.id) == parameters(new_id())


def test_clashing_codes_are_drawn_again(run: Call, read: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    now_at.forget()
    drawn = iter(["111111", "111111", "111111", "111111", "111111", "111111", "222222", "333333"])
    monkeypatch.setattr(pickups, "random_digits", lambda _: next(drawn))
    round_ = make_paid_round(run, read)
    # P001 and P002 may both have 111111; their second orders clash with it twice and then get another one.
    assert Counter(code_of(read, order) for order in round_.orders) == {"111111": 2, "222222": 1, "333333": 1}


def test_a_full_pickup_point_is_a_refusal(run: Call, read: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    now_at.forget()
    monkeypatch.setattr(pickups, "random_digits", lambda _: "111111")
    with pytest.raises(CodesExhausted):
        make_paid_round(run, read)


def test_a_code_of_last_week_is_not_given_out_again(
    run: Call, read: Call, round_: PaidRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = round_.orders[0]
    drawn = iter([code_of(read, old), "424242"])
    monkeypatch.setattr(pickups, "random_digits", lambda _: next(drawn))
    fields = {name: getattr(old, name) for name in type(old).__dataclass_fields__}
    tomorrow = type(old)(**fields | {"id": new_id(), "pickup_on": old.pickup_on + timedelta(days=1)})
    assert run(pickups.open_pickups, [tomorrow]) == 1
    assert code_of(read, tomorrow) == "424242"


# --- handing out ----------------------------------------------------------------------------------------------------


def test_a_code_hands_out_all_that_is_due_with_sale_and_commission(
    as_leader: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    order = round_.orders[0]
    done = hand_out(as_leader, RecordPickup(code=code_of(read, order), event_key="k1"))
    assert (done.order_id, done.order_no, done.leader_id, done.state, done.is_new) == (
        order.id, order.no, round_.leader(), PickupState.DONE, True,
    )  # fmt: skip
    assert sorted((p.qty, p.picked_qty) for p in done.picked) == [(1, 1), (2, 2)]
    assert sales(read) == [(LedgerAccount.DEFERRED_SALES, 4_570), (LedgerAccount.SALES, -4_570)]
    entries = read(lambda s: s.execute(select(CommissionEntry.amount_cents, CommissionEntry.net_cents)).all())
    assert sorted(tuple(e) for e in entries) == [(30, 590), (199, 3_980)]  # 5 %, rounded half up a line
    card = read(queries.pickup_of_order, order.id)
    assert (card.state, card.picked_at) == (PickupState.DONE, clock.now())
    assert read(picked_of, [line.id for line in order.lines]) == {line.id: line.qty for line in order.lines}


def test_the_same_event_again_returns_the_first_result(as_leader: Call, read: Call, round_: PaidRound) -> None:
    wish = RecordPickup(code=code_of(read, round_.orders[0]), event_key="k1")
    first = hand_out(as_leader, wish)
    again = hand_out(as_leader, wish)
    assert (again.event_id, again.picked, again.is_new) == (first.event_id, first.picked, False)
    assert len(sales(read)) == 2
    with pytest.raises(AlreadyPickedUp):
        hand_out(as_leader, RecordPickup(code=wish.code, event_key="k2"))
    assert read(lambda s: s.scalar(select(func.count(PickupEvent.id)))) == 1


def test_an_order_may_be_fetched_in_parts(as_leader: Call, read: Call, round_: PaidRound) -> None:
    order = round_.orders[0]
    code = code_of(read, order)
    oranges, milk = sorted(order.lines, key=lambda line: -line.qty)
    one = (PickLine(order_line_id=oranges.id, qty=1),)
    part = hand_out(as_leader, RecordPickup(code=code, event_key="k1", lines=one))
    assert (part.state, [(p.qty, p.picked_qty) for p in part.picked]) == (PickupState.PARTLY, [(1, 1)])
    with pytest.raises(AboveDue) as refusal:
        hand_out(as_leader, RecordPickup(code=code, event_key="k2", lines=(PickLine(order_line_id=oranges.id, qty=2),)))
    assert refusal.value.detail() == {"order_line_id": oranges.id, "left_qty": 1}
    rest = hand_out(as_leader, RecordPickup(code=code, event_key="k3"))
    assert (rest.state, {p.order_line_id: (p.qty, p.picked_qty) for p in rest.picked}) == (
        PickupState.DONE, {oranges.id: (1, 2), milk.id: (1, 1)},
    )  # fmt: skip
    assert [cents for _, cents in sales(read)] == [1_990, -1_990, 2_580, -2_580]


@pytest.mark.parametrize("lines", [(), ((0, 1),), ((1, 1), (1, 1))])
def test_picks_must_name_each_line_once_with_a_piece(
    as_leader: Call, read: Call, round_: PaidRound, lines: tuple[tuple[int, int], ...]
) -> None:
    order = round_.orders[0]
    picks = tuple(PickLine(order_line_id=order.lines[0].id, qty=qty) for qty, _ in lines)
    with pytest.raises(Invalid):
        hand_out(as_leader, RecordPickup(code=code_of(read, order), event_key="k", lines=picks))
    assert read(queries.pickup_of_order, order.id).state is PickupState.READY


def test_a_line_of_another_order_is_not_handed_out(as_leader: Call, read: Call, round_: PaidRound) -> None:
    order, other = round_.orders[0], round_.orders[2]
    foreign = (PickLine(order_line_id=other.lines[0].id, qty=1),)
    with pytest.raises(AboveDue):
        hand_out(as_leader, RecordPickup(code=code_of(read, order), event_key="k", lines=foreign))
    assert read(queries.pickup_of_order, other.id).lines[0].picked_qty == 0


def test_a_chosen_entry_of_the_list_needs_its_own_code(as_leader: Call, read: Call, round_: PaidRound) -> None:
    order, other = round_.orders[0], round_.orders[2]
    chosen = read(queries.pickup_of_order, order.id).id
    with pytest.raises(WrongCode):
        hand_out(as_leader, RecordPickup(code=code_of(read, other), event_key="k", pickup_id=chosen))
    assert hand_out(as_leader, RecordPickup(code=code_of(read, order), event_key="k", pickup_id=chosen)).is_new


def test_goods_that_have_not_come_are_not_handed_out(run: Call, read: Call, database: Database) -> None:
    round_ = make_paid_round(run, read)
    make_dispatched(run, read, round_)

    def run_leader(use_case: Any, *args: Any) -> Any:
        return database.transact(leader(round_.leader()), use_case, *args)

    with pytest.raises(NotReady):
        hand_out(run_leader, RecordPickup(code=code_of(read, round_.orders[0]), event_key="k"))
    run(pickups.void, round_.orders[0].id)
    with pytest.raises(PickupVoid):
        hand_out(run_leader, RecordPickup(code=code_of(read, round_.orders[0]), event_key="k"))


# --- whose code, and guessing ---------------------------------------------------------------------------------------


def test_a_code_of_another_point_is_a_wrong_code(run: Call, as_leader: Call, read: Call, round_: PaidRound) -> None:
    here = {code_of(read, round_.orders[n]) for n in (0, 2)}
    elsewhere = next(code for code in ("111111", "222222", "333333") if code not in here)
    other = update(Pickup).where(Pickup.order_id == round_.orders[1].id).values(code=elsewhere)
    run(lambda uow: uow.session.execute(other))
    with pytest.raises(WrongCode) as refusal:
        hand_out(as_leader, RecordPickup(code=elsewhere, event_key="k"))
    assert refusal.value.left == 9
    assert read(queries.pickup_of_order, round_.orders[1].id).state is PickupState.READY


def test_ten_wrong_codes_close_the_door_for_ten_minutes(
    as_leader: Call, read: Call, round_: PaidRound, clock: SetClock
) -> None:
    left = []
    for n in range(rules.WRONG_TRIES):
        with pytest.raises(WrongCode) as refusal:
            hand_out(as_leader, RecordPickup(code=wrong(read, round_, n), event_key="k"))
        left.append(refusal.value.left)
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    right = RecordPickup(code=code_of(read, round_.orders[0]), event_key="k")
    with pytest.raises(TooMany) as waiting:
        hand_out(as_leader, right)
    assert waiting.value.retry_after_s == 600
    with pytest.raises(TooMany):
        look_up(as_leader, right.code)
    clock.move_to(clock.now() + timedelta(minutes=10))
    assert hand_out(as_leader, right).is_new


def test_looking_a_code_up_shows_the_order_and_counts_wrong_ones(
    as_leader: Call, read: Call, round_: PaidRound
) -> None:
    order = round_.orders[0]
    card = look_up(as_leader, code_of(read, order))
    assert (card.order_no, card.resident_name, card.phone_tail) == (order.no, "居民1", "0001")
    with pytest.raises(WrongCode) as refusal:
        look_up(as_leader, wrong(read, round_))
    assert refusal.value.left == 9
    with pytest.raises(WrongCode) as refusal:
        hand_out(as_leader, RecordPickup(code=wrong(read, round_), event_key="k"))
    assert refusal.value.left == 8


def test_without_the_right_nothing_happens(database: Database, read: Call, round_: PaidRound) -> None:
    wish = RecordPickup(code=code_of(read, round_.orders[0]), event_key="k")
    for role in (Role.RESIDENT, Role.HQ_WAREHOUSE):
        with pytest.raises(Forbidden):
            hand_out(lambda use, *a, r=role: database.transact(Actor("x", r, new_id()), use, *a), wish)
    with pytest.raises(WrongCode):  # a leader without a point opens nothing
        hand_out(lambda use, *a: database.transact(leader(new_id()), use, *a), wish)
    assert sales(read) == []


# --- lists, reminders, what nobody fetched --------------------------------------------------------------------------


def test_a_leader_finds_orders_by_name_number_and_phone(read: Call, round_: PaidRound) -> None:
    def found(text: str = "", who: str = "L001") -> list[str]:
        cards = read(queries.pickups_of_leader, round_.leader(who), round_.orders[0].pickup_on, text)
        return [card.resident_name for card in cards]

    assert found() == ["居民1", "居民3"]
    assert found("0003") == ["居民3"]
    assert found("居民1") == ["居民1"]
    assert found(round_.orders[2].no) == ["居民3"]
    assert found("%") == []
    assert found(who="L002") == ["居民2", "居民4"]
    assert read(queries.pickups_of_leader, round_.leader(), round_.orders[0].pickup_on - timedelta(days=1)) == []


def test_who_has_not_fetched_is_reminded_once(run: Call, read: Call, as_leader: Call, round_: PaidRound) -> None:
    hand_out(as_leader, RecordPickup(code=code_of(read, round_.orders[0]), event_key="k"))
    st = StationRun(run, read, round_.id, Station.REMIND)
    assert remind_station(st, {}) == "3 residents reminded"
    assert remind_station(st, {}) == "0 residents reminded"
    assert {n.order_id for n in read(queries.pickup_notices, round_.id)} == {o.id for o in round_.orders[1:]}
    (notice,) = read(queries.pickup_notices, round_.id, round_.point("P001"))
    assert (notice.order_id, notice.pieces, notice.code) == (
        round_.orders[2].id, 4, code_of(read, round_.orders[2]),
    )  # fmt: skip


def test_what_nobody_fetched_is_closed_once_and_opens_no_more(
    run: Call, read: Call, as_leader: Call, round_: PaidRound
) -> None:
    partly, fetched, untouched = round_.orders[0], round_.orders[2], round_.orders[3]
    one = (PickLine(order_line_id=next(line.id for line in partly.lines if line.qty == 2), qty=1),)
    hand_out(as_leader, RecordPickup(code=code_of(read, partly), event_key="a", lines=one))
    hand_out(as_leader, RecordPickup(code=code_of(read, fetched), event_key="b"))
    assert {card.order_id for card in read(queries.unclaimed, round_.id)} == {
        o.id for n, o in enumerate(round_.orders) if n != 2
    }
    rest = run(pickups.void_unclaimed, round_.id)
    assert Counter((line.order_id, line.qty) for line in rest) == {
        (partly.id, 1): 2, (round_.orders[1].id, 1): 1, (untouched.id, 1): 1, (untouched.id, 2): 1,
    }  # fmt: skip
    states = [read(queries.pickup_of_order, order.id).state for order in round_.orders]
    assert states == [PickupState.DONE, PickupState.VOID, PickupState.DONE, PickupState.VOID]
    assert run(pickups.void_unclaimed, round_.id) == []
    assert read(lambda s: s.scalar(select(func.sum(PickupLine.due_qty - PickupLine.picked_qty)))) == 0
    with pytest.raises(AlreadyPickedUp):
        hand_out(as_leader, RecordPickup(code=code_of(read, partly), event_key="c"))


def test_making_ready_takes_no_more_statements_for_more_orders(
    run: Call, read: Call, database: Database, sweeper: Sweeper
) -> None:
    counts = []
    for number in (2, 40):
        now_at.empty(sweeper)
        round_ = make_paid_round(run, read, [{"FR001": 1}] * number)
        make_dispatched(run, read, round_)
        (first, _) = read(queries.open_handovers, round_.id)
        seen: list[str] = []

        def note(*args: Any, seen: list[str] = seen) -> None:
            seen.append(args[2])

        event.listen(database.engine, "before_cursor_execute", note)
        run(count_handover, first, ())
        read(queries.pickups_of_leader, round_.leader(), round_.orders[0].pickup_on)
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(seen))
        assert read(lambda s: s.scalar(select(func.count(Pickup.id)).filter_by(state=PickupState.READY))) == number // 2
    assert counts[0] == counts[1]
