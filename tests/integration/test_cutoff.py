"""The cut-off: what it decides, that it adds up, that it may be killed anywhere, and how many statements it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, func, select, text

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import CutoffNotReached, GroupBuyClosed
from app.domains.groupbuys.values import GroupBuyStatus, Station, StepState
from app.domains.logistics import queries as logistics
from app.domains.logistics.models import Demand
from app.domains.logistics.service import demand
from app.domains.orders import queries as orders
from app.domains.orders.models import LineCut, Order, OrderLine
from app.domains.orders.values import CutLine, CutReason, OrderItem, OrderStatus, PlaceOrder
from app.domains.payments.models import Refund
from app.domains.payments.values import PaymentStatus, ProviderState
from app.domains.supply import queries as supply
from app.flows import checkout, cutoff
from app.flows.payment import settle_payment, start_payment
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.flows.stations import run_station
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import City, make_city, make_home, make_resident, resident
from tests.factories.provider import ApprovingProvider
from tests.factories.rounds import CUTOFF, make_group_buy, make_orders, offer_input, offers_by_sku
from tests.factories.supply import make_terms, terms_input

Call = Callable[..., Any]


@dataclass(frozen=True)
class Round:
    """A group-buy of oranges 19.90 (18.90 from 10, 17.90 from 30), pears 9.90 (at least 6) and milk 5.90."""

    id: UUID
    points: list[UUID]
    orange: UUID
    pear: UUID
    milk: UUID


def plan_round(run: Call, read: Call, city: City, sku: dict[str, UUID], round_on: date = date(2026, 11, 20)) -> Round:
    id_ = make_group_buy(
        run,
        city.hub_id,
        offer_input(sku["FR001"], 1_990, (10, 1_890), (30, 1_790)),
        offer_input(sku["FR002"], 990, min_group_qty=6),
        offer_input(sku["DY001"], 590),
        round_on=round_on,
    )
    offer = offers_by_sku(read, id_)
    orange, pear, milk = offer[sku["FR001"]], offer[sku["FR002"]], offer[sku["DY001"]]
    return Round(id_, list(city.points.values()), orange, pear, milk)


@pytest.fixture
def city(run: Call) -> City:
    return make_city(run)


@pytest.fixture
def sku(run: Call) -> dict[str, UUID]:
    made = make_skus(run, sku_input("FR001"), sku_input("FR002"), sku_input("DY001"))
    make_terms(
        run,
        terms_input("FR001"),
        terms_input("FR002", cost_cents=300, pack_size=10, min_packs=0),
        terms_input("DY001", cost_cents=450, pack_size=12, min_packs=0),
    )
    return made


@pytest.fixture
def round_(run: Call, read: Call, city: City, sku: dict[str, UUID]) -> Round:
    return plan_round(run, read, city, sku)


@pytest.fixture
def after_cutoff(clock: SetClock) -> None:
    clock.move_to(CUTOFF)


def station(run: Call, read: Call, round_: Round, **options: Any) -> str:
    return cutoff.cutoff_station(StationRun(run, read, round_.id, Station.CUTOFF), options)


def note(*numbers: int) -> str:
    words = "orders lapsed", "offers withdrawn", "prices lowered", "pieces wanted", "purchase orders"
    return ", ".join(f"{number} {what}" for number, what in zip(numbers, words, strict=True))


def wanted(read: Call, round_: Round) -> dict[str, int]:
    return {card.sku_code: card.wanted_qty for card in read(logistics.demand_cards, round_.id)}


def table(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    with database.engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(select(*columns)))


def test_prices_fall_small_offers_go_and_the_rest_is_bought(
    run: Call, read: Call, database: Database, round_: Round, after_cutoff: None
) -> None:
    baskets = [{round_.orange: 7, round_.pear: 2}, {round_.orange: 5}, {round_.milk: 3, round_.pear: 3}]
    first, second, third = make_orders(run, round_.id, baskets, round_.points)
    assert station(run, read, round_) == note(0, 1, 1, 15, 1)
    assert read(groupbuys.get_group_buy, round_.id).status is GroupBuyStatus.CLOSED
    assert {o.id for o in read(groupbuys.offer_cards, round_.id) if o.is_cancelled} == {round_.pear}
    assert table(database, LineCut.order_id, LineCut.reason, LineCut.qty, LineCut.amount_cents) == sorted(
        [
            (first, CutReason.BELOW_MINIMUM, 2, 1_980),
            (first, CutReason.PRICE_BREAK, 0, 700),
            (second, CutReason.PRICE_BREAK, 0, 500),
            (third, CutReason.BELOW_MINIMUM, 3, 2_970),
        ]
    )
    refunds = select(Refund.order_id, func.sum(Refund.amount_cents)).group_by(Refund.order_id)
    with database.engine.connect() as connection:
        assert dict(connection.execute(refunds).all()) == {first: 2_680, second: 500, third: 2_970}
    lines = table(database, OrderLine.offer_id, OrderLine.final_price_cents, OrderLine.qty - OrderLine.cut_qty)
    assert lines == sorted(
        [(round_.orange, 1_890, 7), (round_.orange, 1_890, 5), (round_.pear, 990, 0), (round_.pear, 990, 0),
         (round_.milk, 590, 3)]
    )  # fmt: skip
    assert wanted(read, round_) == {"FR001": 12, "DY001": 3}
    (order,) = read(supply.purchase_orders, PageAsk(), group_buy_id=round_.id).rows
    assert (order.no, order.ordered_qty, order.top_up_cents) == (
        "PO-LJ-E-261121-01",
        28,
        60_000 - 16 * 1_620 - 12 * 450,
    )


def test_the_lowest_break_reached_counts_and_an_exact_minimum_is_enough(
    run: Call, read: Call, database: Database, round_: Round, after_cutoff: None
) -> None:
    make_orders(run, round_.id, [{round_.orange: 10, round_.pear: 2}] * 3, round_.points)
    assert station(run, read, round_) == note(0, 0, 1, 36, 1)
    assert table(database, LineCut.reason, LineCut.amount_cents) == [(CutReason.PRICE_BREAK, 2_000)] * 3


def test_unpaid_orders_lapse_and_do_not_count(
    run: Call, read: Call, database: Database, round_: Round, after_cutoff: None
) -> None:
    make_orders(run, round_.id, [{round_.orange: 9, round_.milk: 1}], round_.points)
    make_orders(run, round_.id, [{round_.orange: 1}, {round_.pear: 6}], round_.points, paid=False)
    assert station(run, read, round_) == note(2, 1, 0, 10, 1)
    assert table(database, Order.status) == [(OrderStatus.LAPSED,), (OrderStatus.LAPSED,), (OrderStatus.PAID,)]
    assert table(database, LineCut.id) == []
    assert {o.id: o.sold_qty for o in read(groupbuys.offer_cards, round_.id)} == {
        round_.orange: 9,
        round_.pear: 0,
        round_.milk: 1,
    }


def test_an_empty_round_buys_nothing(run: Call, read: Call, round_: Round, after_cutoff: None) -> None:
    assert station(run, read, round_) == note(0, 1, 0, 0, 0)
    assert wanted(read, round_) == {}


def test_nobody_closes_before_the_time_unless_on_purpose(run: Call, read: Call, round_: Round) -> None:
    with pytest.raises(CutoffNotReached):
        station(run, read, round_)
    assert read(groupbuys.get_group_buy, round_.id).status is GroupBuyStatus.OPEN
    station(run, read, round_, early=True)
    assert read(groupbuys.get_group_buy, round_.id).status is GroupBuyStatus.CLOSED


def test_running_it_again_changes_nothing(
    run: Call, read: Call, database: Database, round_: Round, after_cutoff: None
) -> None:
    make_orders(run, round_.id, [{round_.orange: 10, round_.pear: 1}, {round_.milk: 2}], round_.points)
    station(run, read, round_)
    before = [table(database, *model.__table__.columns) for model in (LineCut, Refund, OrderLine, Demand)]
    bought = read(supply.purchase_lines, group_buy_id=round_.id)
    assert station(run, read, round_) == note(0, 0, 0, 12, 1)
    assert [table(database, *model.__table__.columns) for model in (LineCut, Refund, OrderLine, Demand)] == before
    assert read(supply.purchase_lines, group_buy_id=round_.id) == bought


class Killed(Exception):
    """The machine stopped."""


def test_killed_after_any_transaction_it_ends_the_same(
    run: Call, read: Call, database: Database, round_: Round, after_cutoff: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutoff, "BATCH", 2)
    make_orders(run, round_.id, [{round_.orange: 4, round_.pear: 1}] * 5, round_.points)
    make_orders(run, round_.id, [{round_.milk: 1}] * 3, round_.points, paid=False)
    for survives in range(40):
        left = [survives]

        def fragile(use_case: Any, *args: Any, left: list[int] = left, **kwargs: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return run(use_case, *args, **kwargs)

        try:
            station(fragile, read, round_)
            break
        except Killed:
            continue
    else:
        pytest.fail("never finished")
    assert survives > 5
    assert table(database, LineCut.reason, LineCut.qty, LineCut.amount_cents) == sorted(
        [(CutReason.BELOW_MINIMUM, 1, 990)] * 5 + [(CutReason.PRICE_BREAK, 0, 400)] * 5
    )
    assert [row[0] for row in table(database, Refund.amount_cents)] == [400] * 5 + [990] * 5
    assert wanted(read, round_) == {"FR001": 20}


def test_a_resident_may_not_run_its_parts(database: Database, round_: Round) -> None:
    actor = Actor("resident", Role.RESIDENT, new_id())
    for part in (
        cutoff.lapse_batch,
        cutoff.decide_offers,
        cutoff.settle_prices,
        cutoff.freeze_demand,
        cutoff.buy,
    ):
        with pytest.raises(Forbidden):
            database.transact(actor, part, round_.id)
    with pytest.raises(Forbidden):
        database.transact(actor, cutoff.cut_batch, [])


def test_the_merchandiser_may(database: Database, read: Call, round_: Round, after_cutoff: None) -> None:
    actor = Actor("Mei", Role.HQ_MERCHANDISER, new_id())
    made = make_orders(
        lambda *a: database.transact(Actor.system("test"), *a), round_.id, [{round_.pear: 1}], round_.points
    )

    def run_as(use_case: Any, *args: Any, **kwargs: Any) -> Any:
        return database.transact(actor, use_case, *args, **kwargs)

    assert station(run_as, read, round_) == note(0, 1, 0, 0, 0)
    assert read(orders.cuts_of_order, made[0])[0].amount_cents == 990


# --- money that is on its way -------------------------------------------------------------------------------------


def test_money_that_comes_after_the_cut_off_goes_back_and_the_order_stays_lapsed(
    run: Call, read: Call, database: Database, clock: SetClock, round_: Round
) -> None:
    resident_id = make_resident(run)
    make_home(run, resident_id, round_.points[0])

    def as_resident(use_case: Any, *args: Any, **kwargs: Any) -> Any:
        return database.transact(resident(resident_id), use_case, *args, **kwargs)

    clock.move_to(CUTOFF - timedelta(minutes=5))
    basket = PlaceOrder(group_buy_id=round_.id, items=(OrderItem(offer_id=round_.milk, qty=2),), idempotency_key="k1")
    order = as_resident(checkout.place, basket)
    waiting = start_payment(as_resident, ApprovingProvider(at_once=False), order.id, "http://localhost/back")
    assert (waiting.status, waiting.amount_cents) == (PaymentStatus.WAITING, 1_180)
    assert waiting.provider_ref
    clock.move_to(CUTOFF)
    with pytest.raises(GroupBuyClosed):
        as_resident(checkout.place, PlaceOrder(group_buy_id=round_.id, items=basket.items, idempotency_key="k2"))
    assert station(run, read, round_) == note(1, 1, 0, 0, 0)
    state = ProviderState(ref=waiting.provider_ref, status=PaymentStatus.SUCCEEDED, amount_received_cents=1_180)
    run(settle_payment, waiting.id, state)
    assert read(orders.get_order, order.id).status is OrderStatus.LAPSED
    assert table(database, Refund.cause_id, Refund.amount_cents) == [(waiting.id, 1_180)]
    assert wanted(read, round_) == {}


# --- the size of the round ----------------------------------------------------------------------------------------


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def see(conn: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", see)


@pytest.mark.parametrize("number", [10, 300])
def test_demand_takes_as_many_statements_for_300_orders_as_for_10_and_adds_up(
    run: Call, read: Call, database: Database, round_: Round, number: int
) -> None:
    points = [new_id() for _ in range(7)]
    baskets = [{round_.orange: 1 + i % 3, round_.pear: 1, round_.milk: i % 2 + 1} for i in range(number)]
    make_orders(run, round_.id, baskets, points)
    with counted(database) as statements:
        rows = run(demand.aggregate, round_.id)
    assert (rows, len(statements)) == (21, 6)  # lock, look, set aside, insert, drop, count
    ordered = {
        code: sum(basket[offer] for basket in baskets)
        for code, offer in (("FR001", round_.orange), ("FR002", round_.pear), ("DY001", round_.milk))
    }
    assert wanted(read, round_) == ordered
    by_point = {(row.pickup_point_id, row.sku_id): row.qty for row in read(orders.demand, round_.id)}
    frozen = table(database, Demand.pickup_point_id, Demand.sku_id, Demand.wanted_qty, Demand.due_qty)
    assert {(point, sku): qty for point, sku, qty, _ in frozen} == by_point
    assert all(due == qty for _, _, qty, due in frozen)
    with counted(database) as statements:
        assert run(demand.aggregate, round_.id) == 21
    assert len(statements) == 2


def test_refunds_of_400_lines_take_as_many_statements_as_of_2_and_are_as_exact(
    run: Call, read: Call, database: Database, round_: Round
) -> None:
    numbers = []
    for number in (2, 400):
        ids = set(make_orders(run, round_.id, [{round_.orange: 2}] * number, round_.points))
        lines = [line for line in read(orders.open_lines, round_.id) if line.order_id in ids]
        cuts = [
            CutLine(line_id=line.line_id, qty=1, amount_cents=1_990, reason=CutReason.SHORTAGE, cause_id=round_.id)
            for line in lines
        ]
        with counted(database) as statements:
            made = run(cut_and_refund, cuts)
        numbers.append(len(statements))
        assert [cut.is_new for cut in made] == [True] * number
    assert numbers[0] == numbers[1]
    assert [cut.is_new for cut in run(cut_and_refund, [*cuts[:2], cuts[0]])] == [False] * 3
    with database.engine.connect() as connection:
        refunds = connection.execute(select(Refund.amount_cents, func.count()).group_by(Refund.amount_cents)).all()
        owed = select(Order.refunded_cents, Order.total_cents, func.count()).group_by(
            Order.refunded_cents, Order.total_cents
        )
        told = text(
            "SELECT task_name, count(*), count(DISTINCT args), count(lock) FROM procrastinate_jobs"
            " WHERE task_name = 'execute_refund' OR args->>'topic' = 'orders.lines_cut' GROUP BY 1"
        )
        assert refunds == [(1_990, 402)]
        assert connection.execute(owed).all() == [(1_990, 3_980, 402)]
        assert sorted(connection.execute(told).all()) == [("deliver", 402, 402, 0), ("execute_refund", 402, 402, 402)]


def test_a_cause_that_stands_twice_in_one_batch_cuts_once(
    run: Call, read: Call, database: Database, round_: Round
) -> None:
    make_orders(run, round_.id, [{round_.orange: 2}], round_.points)
    [line] = read(orders.open_lines, round_.id)
    twice = [
        CutLine(line_id=line.line_id, qty=1, amount_cents=1_990, reason=CutReason.SHORTAGE, cause_id=round_.id)
    ] * 2
    made = run(cut_and_refund, twice)
    assert [cut.is_new for cut in made] == [True, False]
    assert [(row[0], row[1]) for row in table(database, OrderLine.cut_qty, OrderLine.refunded_cents)] == [(1, 1_990)]
    assert table(database, LineCut.id, LineCut.qty) == [(made[0].id, 1)]


def test_a_whole_cut_off_takes_as_many_statements_for_300_orders_as_for_10(
    run: Call, read: Call, database: Database, city: City, sku: dict[str, UUID], clock: SetClock
) -> None:
    numbers = []
    for day, number in ((20, 10), (21, 300)):
        round_ = plan_round(run, read, city, sku, date(2026, 11, day))
        make_orders(run, round_.id, [{round_.orange: 1, round_.milk: 1}] * number, round_.points)
        make_orders(run, round_.id, [{round_.pear: 1}] * 5, round_.points)
        make_orders(run, round_.id, [{round_.milk: 1}] * (number // 2), round_.points, paid=False)
        clock.move_to(CUTOFF + timedelta(days=day - 20))
        with counted(database) as statements:
            station(run, read, round_)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


def test_each_batch_of_lapsing_orders_costs_the_same_and_counts_nothing(
    run: Call, read: Call, database: Database, round_: Round, after_cutoff: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two a batch: 2 orders are one batch, 12 are six; no batch looks at the orders that are not its own."""
    monkeypatch.setattr(cutoff, "BATCH", 2)
    make_orders(run, round_.id, [{round_.orange: 1}] * 40, round_.points)
    numbers = []
    for number in (2, 12):
        make_orders(run, round_.id, [{round_.milk: 1}] * number, round_.points, paid=False)
        with counted(database) as statements:
            assert cutoff._lapse_all(StationRun(run, read, round_.id, Station.CUTOFF)) == number
        numbers.append(len(statements))
        assert [s for s in statements if "count(" in s and "orders_order" in s] == []
    last_look = 1  # the look itself
    assert numbers[1] - last_look == 6 * (numbers[0] - last_look)


def test_unpaid_orders_of_a_round_are_found_by_their_index(
    run: Call, read: Call, database: Database, round_: Round
) -> None:
    make_orders(run, round_.id, [{round_.orange: 1}] * 500, round_.points)
    assert read(orders.has_unpaid, round_.id) is False
    make_orders(run, round_.id, [{round_.milk: 1}], round_.points, paid=False)
    assert read(orders.has_unpaid, round_.id) is True
    wanted = "SELECT id FROM orders_order WHERE status = 'placed' AND group_buy_id = %s ORDER BY id LIMIT 500"
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE orders_order")
        plan = [row[0] for row in connection.exec_driver_sql("EXPLAIN " + wanted, (round_.id,))]
    assert "ix_orders_order_round_unpaid" in " ".join(plan)


def test_the_board_shows_what_was_done(run: Call, read: Call, round_: Round, after_cutoff: None) -> None:
    run_station(run, read, round_.id, Station.OPEN, {})
    assert run_station(run, read, round_.id, Station.CUTOFF, {}) == note(0, 1, 0, 0, 0)
    step = read(groupbuys.get_round, round_.id).step(Station.CUTOFF)
    assert (step.state, step.note) == (StepState.DONE, note(0, 1, 0, 0, 0))
