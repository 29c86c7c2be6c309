"""Many hands at one order: what is due is handed out once, with the race shown first without the guard."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.domains.ledger.models import Journal
from app.domains.ledger.values import JournalKind
from app.domains.logistics import queries
from app.domains.logistics.errors import AboveDue, AlreadyPickedUp, PickupVoid
from app.domains.logistics.models import Pickup, PickupEventLine, PickupLine
from app.domains.logistics.service import pickups
from app.domains.logistics.values.handover import CountLine
from app.domains.logistics.values.pickup import PickLine, RecordPickup
from app.domains.orders.models import LineCut
from app.domains.payments.models import Refund
from app.flows.handover import count_handover
from app.flows.pickup import hand_out
from app.flows.settlement import refund_batch
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from tests.factories.communities import leader
from tests.factories.kept import kept
from tests.factories.logistics import PaidRound, code_of, make_dispatched, make_paid_round, make_ready, picked_of
from tests.patience import SECONDS

Call = Callable[..., Any]
MANY = 20


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    made = make_paid_round(run, read)
    make_ready(run, read, made)
    return made


@pytest.fixture
def as_leader(database: Database, round_: PaidRound) -> Call:
    return lambda use_case, *args: database.transact(leader(round_.leader()), use_case, *args)


def at_once(work: Callable[[int], Any], number: int = MANY) -> tuple[list[Any], Counter[str]]:
    """Run `work(0..number-1)` in threads that start together; results, and refusals by name."""
    results: list[Any] = []
    refusals: Counter[str] = Counter()
    start = threading.Barrier(number)

    def one(n: int) -> None:
        start.wait(SECONDS)
        try:
            results.append(work(n))
        except (AlreadyPickedUp, AboveDue, PickupVoid) as refusal:
            refusals[type(refusal).__name__] += 1

    threads = [threading.Thread(target=one, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return results, refusals


def handed_out(read: Call) -> int:
    return int(read(lambda s: s.scalar(select(func.coalesce(func.sum(PickupEventLine.qty), 0)))))


def test_without_the_guard_one_order_is_handed_out_many_times(
    read: Call, as_leader: Call, round_: PaidRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read, look, write - as one would write it without thinking: everybody sees goods, everybody takes them."""
    everybody_has_looked = threading.Barrier(MANY)

    def find_unlocked(uow: UnitOfWork, wish: RecordPickup) -> Pickup | None:
        return uow.session.scalar(queries.candidates(round_.leader(), wish.code, wish.event_key).limit(1))

    def take_unguarded(
        uow: UnitOfWork, pickup_id: UUID, lines: dict[UUID, tuple[int, int]], picks: Sequence[PickLine]
    ) -> None:
        everybody_has_looked.wait(SECONDS)
        for pick in sorted(picks, key=lambda p: p.order_line_id):
            here = update(PickupLine).filter_by(order_line_id=pick.order_line_id)
            uow.session.execute(here.values(picked_qty=lines[pick.order_line_id][1] + pick.qty))

    monkeypatch.setattr(pickups, "_find", find_unlocked)
    monkeypatch.setattr(pickups, "_take", take_unguarded)
    code = code_of(read, round_.orders[0])
    done, _ = at_once(lambda n: as_leader(pickups.record, RecordPickup(code=code, event_key=f"k{n}")))
    assert len(done) == MANY
    assert handed_out(read) == 3 * MANY


def test_twenty_with_one_code_get_it_once(read: Call, as_leader: Call, round_: PaidRound) -> None:
    code = code_of(read, round_.orders[0])
    done, refused = at_once(lambda n: hand_out(as_leader, RecordPickup(code=code, event_key=f"k{n}")))
    assert ([d.is_new for d in done], refused) == ([True], {"AlreadyPickedUp": MANY - 1})
    assert handed_out(read) == 3
    journals = select(func.count(Journal.id)).where(Journal.kind == JournalKind.GOODS_PICKED_UP)
    assert read(lambda s: s.scalar(journals)) == 1


def test_one_sync_sent_twenty_times_hands_out_once(read: Call, as_leader: Call, round_: PaidRound) -> None:
    wish = RecordPickup(code=code_of(read, round_.orders[0]), event_key="phone-1")
    done, refused = at_once(lambda _: hand_out(as_leader, wish))
    assert (len(done), refused) == (MANY, {})
    assert sum(d.is_new for d in done) == 1
    assert len({d.event_id for d in done}) == 1
    assert handed_out(read) == 3


def test_parts_add_up_to_what_is_due(read: Call, as_leader: Call, round_: PaidRound) -> None:
    """Three milks, twenty hands that want one each: three get one."""
    order = round_.orders[2]
    milk = next(line for line in order.lines if line.qty == 3)
    one = (PickLine(order_line_id=milk.id, qty=1),)
    code = code_of(read, order)
    done, refused = at_once(lambda n: hand_out(as_leader, RecordPickup(code=code, event_key=f"k{n}", lines=one)))
    assert (len(done), refused) == (3, {"AboveDue": MANY - 3})
    assert read(picked_of, [milk.id]) == {milk.id: 3}


def test_handing_out_and_giving_up_at_once_lose_nothing(
    run: Call, read: Call, as_leader: Call, round_: PaidRound
) -> None:
    """Every piece is either handed out or refunded, whoever comes first."""
    codes = [code_of(read, round_.orders[n]) for n in (0, 2)]

    def work(n: int) -> Any:
        if n % 4 == 3:
            return run(refund_batch, round_.id)
        return hand_out(as_leader, RecordPickup(code=codes[n % 2], event_key=f"k{n}"))

    at_once(work)
    run(refund_batch, round_.id)
    given_up = int(read(lambda s: s.scalar(select(func.coalesce(func.sum(LineCut.qty), 0)))))
    assert handed_out(read) + given_up == 11
    assert read(queries.unclaimed, round_.id) == []


def test_an_order_opened_by_many_gets_one_pickup(run: Call, read: Call, round_: PaidRound) -> None:
    fresh = [replace(order, id=new_id()) for order in round_.orders]
    done, _ = at_once(lambda _: run(pickups.open_pickups, fresh))
    assert (len(done), sum(done)) == (MANY, 4)
    assert read(lambda s: s.scalar(select(func.count(Pickup.id)))) == 8


def test_a_handover_counted_by_many_is_counted_once(run: Call, read: Call, database: Database) -> None:
    round_ = make_paid_round(run, read)
    make_dispatched(run, read, round_)
    card = next(c for c in read(queries.handovers_of_round, round_.id) if c.pickup_point_id == round_.point())
    lines = [CountLine(sku_id=round_.sku["DY001"], short_qty=2)]
    who: Actor = leader(round_.leader())
    done, _ = at_once(lambda _: database.transact(who, count_handover, card.id, lines), 8)
    assert len(done) == 8
    assert read(lambda s: s.scalar(select(func.sum(Refund.amount_cents)))) == 1_180
    assert read(lambda s: s.scalar(select(func.count(Journal.id)).where(Journal.kind == JournalKind.HUB_CHARGED))) == 1
